using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Running;
using Dure.Lab.Safety;
using Dure.Lab.Virtual;
using Dure.Loop;
using Xunit;

namespace Dure.Tests.Lab.Running;

/// <summary>What a laboratory's journal holds, in memory: it outlives a laboratory that is started anew on it.</summary>
internal sealed class TestLedger : ILabLedger, IBenchLedger, IMaterialLedger, IDecisionLedger
{
    private readonly Lock guard = new();
    private readonly List<LabEntry> entries = [];
    private readonly List<BenchEntry> bench = [];
    private readonly List<MaterialEvent> materials = [];
    private readonly List<DecisionRecord> decisions = [];

    public IReadOnlyList<DecisionRecord> Decisions { get { lock (guard) return [.. decisions]; } }

    public IReadOnlyList<LabEntry> Entries { get { lock (guard) return [.. entries]; } }

    public Task<LabEntry> Write(LabEvent happened, string actor, CancellationToken cancel)
    {
        var (kind, body) = LabEventText.Write(happened);
        var read = LabEventText.Read(kind, happened.Campaign, JsonNode.Parse(body.ToJsonString())!.AsObject()); // what a journal would give back
        return Task.FromResult(Add(read, actor));
    }

    IEnumerable<LabEntry> ILabLedger.Read() => Entries;

    public Task<BenchEntry> Write(BenchEvent happened, string actor, CancellationToken cancel)
    {
        lock (guard)
        {
            bench.Add(new BenchEntry(TimeProvider.System.GetUtcNow(), actor, happened));
            return Task.FromResult(bench[^1]);
        }
    }

    IEnumerable<BenchEntry> IBenchLedger.Read()
    {
        lock (guard)
            return [.. bench];
    }

    public Task Write(MaterialEvent happened, string actor, CancellationToken cancel)
    {
        lock (guard)
            materials.Add(happened);
        return Task.CompletedTask;
    }

    public IEnumerable<MaterialEvent> ReadMaterials()
    {
        lock (guard)
            return [.. materials];
    }

    public Task<EntryReference> Decided(DecisionRecord decision, CancellationToken cancel)
    {
        lock (guard)
            decisions.Add(decision);
        if (decision.Decision is Decision.Allowed && StepKey.TryParse(decision.Proposal.Key, out var key))
            Add(new LabEvent.StepIntended(key.Campaign, key, InstrumentCard.NameIn(decision.Proposal.Asset.Path)!), "gate");
        return Task.FromResult(new EntryReference(0, default));
    }

    public Task Acted(EntryReference decision, DecisionRecord record, CancellationToken cancel)
    {
        if (StepKey.TryParse(record.Proposal.Key, out var key))
            Add(new LabEvent.StepAnswered(key.Campaign, key, record.Outcome!.State == ActuationState.Begun, record.Outcome.Words), "gate");
        return Task.CompletedTask;
    }

    private LabEntry Add(LabEvent happened, string actor)
    {
        lock (guard)
        {
            entries.Add(new LabEntry(entries.Count, TimeProvider.System.GetUtcNow(), actor, happened));
            return entries[^1];
        }
    }
}

/// <summary>A laboratory with virtual instruments that are very fast, over a journal and a folder that outlive it.</summary>
internal sealed class TestLaboratory : IAsyncDisposable
{
    public const string Plan = """
        { "version": 1, "name": "coupling", "objective": "more of it", "budget": 12, "seed": 3, "parallel": 2,
          "factors": [ { "name": "temperature", "unit": "K", "low": 300, "high": 390 }, { "name": "time", "unit": "min", "low": 2, "high": 60, "log": true }, { "name": "solvent", "options": ["toluene", "ethanol", "dioxane"] } ],
          "outcomes": [ { "name": "yield", "unit": "%", "aim": "more" }, { "name": "impurity", "unit": "%", "atMost": 8 } ],
          "protocol": [
            { "step": "prepare", "instrument": "doser", "action": "prepare", "seconds": 0.02, "sample": "barcode", "scanned": "barcode", "set": { "solvent": { "factor": "solvent" }, "equivalents": 1.5, "catalyst": { "value": 2, "unit": "%" } } },
            { "step": "react", "instruments": ["reactor-1", "reactor-2"], "action": "react", "seconds": 0.05, "sample": "barcode", "set": { "temperature": { "factor": "temperature" }, "time": { "factor": "time" } } },
            { "step": "analyse", "instrument": "analyser", "action": "analyse", "seconds": 0.02, "sample": "barcode", "scanned": "barcode", "measure": { "yield": "yield", "impurity": "impurity" } } ] }
        """;

    private readonly VirtualLab lab;

    public TestLaboratory(TestLedger ledger, string folder, Func<VirtualLab, InstrumentCard, InstrumentLink.Virtual, Dure.Devices.IInstrument>? make = null)
    {
        Ledger = ledger;
        lab = VirtualLab.Open(Path.Combine(folder, "virtual.lab"), TimeProvider.System);
        make ??= (all, card, link) => all.Instrument(card, link);
        Bench = new InstrumentBench(ledger, ledger, new DecisionLog(), new InstrumentConnector(folder, (card, link) => make(lab, card, link), TimeProvider.System), Watch, TimeProvider.System);
        Materials = new MaterialStore(ledger, TimeProvider.System);
        Book = CampaignBook.Open(ledger);
        Engine = new LabEngine(Book, Bench, Materials, new LabOptions { LeastPoll = TimeSpan.FromMilliseconds(2), MostPoll = TimeSpan.FromMilliseconds(20), UnknownFor = TimeSpan.FromMilliseconds(300) }, TimeProvider.System, (failure, _) => Failures.Add(failure));
    }

    public TestLedger Ledger { get; }
    public InstrumentBench Bench { get; }
    public CampaignBook Book { get; }
    public MaterialStore Materials { get; }
    public Watch Watch { get; } = new(TimeProvider.System);
    public LabEngine Engine { get; }
    public System.Collections.Concurrent.ConcurrentBag<Exception> Failures { get; } = [];

    public void Start()
    {
        Bench.Start();
        Engine.Start();
    }

    public async Task Furnish(double pace = 60_000)
    {
        foreach (var (name, model, action, values) in new[]
        {
            ("doser", "doser", "prepare", """ "solvent": { "oneOf": ["toluene", "ethanol", "dioxane"] }, "equivalents": { "low": 0.5, "high": 3 }, "catalyst": { "low": 0.1, "high": 10, "unit": "%" } """),
            ("reactor-1", "reactor", "react", """ "temperature": { "low": 20, "high": 120, "unit": "Cel" }, "time": { "low": 1, "high": 120, "unit": "min" } """),
            ("reactor-2", "reactor", "react", """ "temperature": { "low": 20, "high": 120, "unit": "Cel" }, "time": { "low": 1, "high": 120, "unit": "min" } """),
            ("analyser", "analyser", "analyse", ""),
        })
            await Bench.Register(JsonNode.Parse($$"""{ "name": "{{name}}", "driver": "virtual", "model": "{{model}}", "pace": {{pace.ToString(System.Globalization.CultureInfo.InvariantCulture)}}, "allowedBy": "test", "actions": { "{{action}}": { "values": { "barcode": { "label": true }{{(values.Length > 0 ? "," : "")}} {{values}} } } } }""")!.AsObject(), "test", TestContext.Current.CancellationToken);
    }

    public async Task<Campaign> Begin(string plan = Plan, string id = "c1", string owner = "us")
    {
        var cancel = TestContext.Current.CancellationToken;
        await Book.Write(new LabEvent.Drafted(id, JsonNode.Parse(plan)!.AsObject(), owner), "kim", cancel);
        await Book.Write(new LabEvent.Moved(id, CampaignStage.Approved, ""), "kim", cancel);
        return await Book.Write(new LabEvent.Moved(id, CampaignStage.Running, ""), "kim", cancel);
    }

    /// <summary>Waits until a campaign is so.</summary>
    public async Task<Campaign> Until(Func<Campaign, bool> holds, string id = "c1", double seconds = 20)
    {
        var end = TimeProvider.System.GetUtcNow().AddSeconds(seconds);
        while (!holds(Book.Find(id)))
        {
            Assert.True(TimeProvider.System.GetUtcNow() < end, $"It took too long: {Describe(Book.Find(id))} {string.Join("; ", Failures)}");
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
        return Book.Find(id);
    }

    /// <summary>Waits until a trial is kept back for a reason; at first that may be that instruments are not reached yet.</summary>
    public Task<Campaign> UntilKept(int trial, string why) => Until(_ => Engine.Kept("c1", trial)?.Contains(why, StringComparison.Ordinal) == true);

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Bench.DisposeAsync();
        Book.Dispose();
        Materials.Dispose();
        lab.Dispose();
    }

    private static string Describe(Campaign campaign) => $"{campaign.Stage}, {string.Join(", ", campaign.Trials.Select(trial => $"{trial.Number} {trial.Stage} {trial.Why} [{string.Join(" ", trial.Steps.Select(step => $"{step.Key} {step.Stage} {step.Cause}"))}]"))}";
}
