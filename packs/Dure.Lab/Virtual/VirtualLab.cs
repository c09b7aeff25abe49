using System.Text;
using System.Text.Json.Nodes;
using Dure.Devices;
using Dure.Kernel;
using Dure.Kernel.Distributions;
using Dure.Lab.Instruments;

namespace Dure.Lab.Virtual;

/// <summary>
/// A laboratory of which nothing is real: a doser, reactors and an analyser that work on samples known by their barcodes. What they were told stands in a file, so that they
/// outlive the program as real ones do. The same keys, samples and seed give the same results.
/// </summary>
public sealed class VirtualLab : IDisposable
{
    /// <summary>The instruments there are.</summary>
    public const string Doser = "doser", Reactor = "reactor", Analyser = "analyser";

    internal const double NoisePercent = 0.8;

    private readonly Lock door = new();
    private readonly TimeProvider time;
    private readonly FileStream file;
    private readonly Dictionary<string, VirtualRun> runs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<VirtualRun>> samples = new(StringComparer.Ordinal);

    private VirtualLab(FileStream file, TimeProvider time) => (this.file, this.time) = (file, time);

    /// <summary>Opens the laboratory whose runs are kept in a file, or a new one.</summary>
    /// <exception cref="ProblemException">The file is another's, or damaged.</exception>
    public static VirtualLab Open(string path, TimeProvider time)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        var lab = new VirtualLab(file, time);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var end = Array.LastIndexOf(bytes, (byte)'\n') + 1;
        try
        {
            foreach (var line in Encoding.UTF8.GetString(bytes, 0, end).Split('\n', StringSplitOptions.RemoveEmptyEntries))
                lab.Keep(VirtualRun.Read(JsonNode.Parse(line)!.AsObject()));
        }
        catch (Exception wrong) when (wrong is System.Text.Json.JsonException or NullReferenceException or InvalidOperationException or FormatException)
        {
            file.Dispose();
            throw new ProblemException("urn:dure:lab:bad-virtual-lab", "The virtual laboratory's file cannot be read.", path, "Delete it: nothing in it is real.", wrong);
        }
        file.SetLength(end); // a line that a crash cut off
        return lab;
    }

    /// <summary>An instrument of the laboratory.</summary>
    /// <exception cref="ProblemException">There is no such model.</exception>
    public IInstrument Instrument(InstrumentCard card, InstrumentLink.Virtual link) => new VirtualInstrument(this, card.Name, Describe(link.Model), link.Pace);

    public void Dispose() => file.Dispose();

    internal StartAnswer Begin(string instrument, ActionRequest request, double pace)
    {
        lock (door)
        {
            if (runs.ContainsKey(request.Key))
                return new StartAnswer.Accepted(request.Key);
            var now = time.GetUtcNow();
            if (runs.Values.Any(run => run.Instrument == instrument && now < run.Ends))
                return Refused(request, "It is busy.", "Wait until it is idle.");
            var code = ((ActionValue.Text)request.Parameters["barcode"]).Value;
            if (request.Action != "prepare" && !samples.ContainsKey(code))
                return Refused(request, $"There is no vial '{code}' in it.", "Prepare the sample first.");
            var run = new VirtualRun(request.Key, instrument, request.Action, code, request.Parameters, now, now + Duration(request) / pace, IsStopped: false);
            Write(run);
            Keep(run);
            return new StartAnswer.Accepted(request.Key);
        }
    }

    internal ActionStatus Query(string key)
    {
        lock (door)
        {
            if (!runs.TryGetValue(key, out var run))
                return new ActionStatus.NotKnown();
            if (run.IsStopped)
                return new ActionStatus.Failed("It was stopped.");
            return time.GetUtcNow() < run.Ends ? new ActionStatus.Running() : new ActionStatus.Done(Results(run));
        }
    }

    internal InstrumentState State(string instrument)
    {
        lock (door)
            return runs.Values.Any(run => run.Instrument == instrument && !run.IsStopped && time.GetUtcNow() < run.Ends) ? InstrumentState.Busy : InstrumentState.Idle;
    }

    internal void Stop(string instrument)
    {
        lock (door)
        {
            var now = time.GetUtcNow();
            foreach (var run in runs.Values.Where(run => run.Instrument == instrument && now < run.Ends).ToArray())
            {
                var stopped = run with { IsStopped = true, Ends = now };
                Write(stopped);
                Keep(stopped);
            }
        }
    }

    private static StartAnswer.Refused Refused(ActionRequest request, string what, string mend) => new(new Problem("urn:dure:devices:refused", what, $"action {request.Action}", mend));

    private void Keep(VirtualRun run)
    {
        runs[run.Key] = run;
        if (!samples.TryGetValue(run.Barcode, out var steps))
            samples[run.Barcode] = steps = [];
        steps.RemoveAll(one => one.Key == run.Key);
        steps.Add(run);
    }

    private void Write(VirtualRun run) => file.Write(Encoding.UTF8.GetBytes(run.Write().ToJsonString() + "\n"));

    private Dictionary<string, ActionValue> Results(VirtualRun run)
    {
        var results = new Dictionary<string, ActionValue>(StringComparer.Ordinal) { ["barcode"] = new ActionValue.Text(run.Barcode) };
        if (run.Action != "analyse")
            return results;
        var (yield, impurity) = Content(run);
        var random = new Random(unchecked((int)Crc32C.Of(Encoding.UTF8.GetBytes(run.Key))));
        double noisy(double percent) => Math.Round(Math.Clamp(percent + NoisePercent * Normal.Quantile(0.0005 + 0.999 * random.NextDouble()), 0, 100), 2);
        (results["yield"], results["impurity"]) = (new ActionValue.Number(noisy(yield), "%"), new ActionValue.Number(noisy(impurity), "%"));
        return results;
    }

    /// <summary>What the vial holds when it is analysed: as it was prepared, after its last reaction.</summary>
    private (double Yield, double Impurity) Content(VirtualRun analysis)
    {
        var steps = samples[analysis.Barcode];
        var prepared = steps.FindLast(step => step.Action == "prepare");
        var reacted = steps.FindLast(step => step.Action == "react" && !step.IsStopped);
        return prepared is null || reacted is null ? (0, 0) : VirtualCoupling.React(((ActionValue.Text)prepared.Values["solvent"]).Value, prepared.Number("equivalents"), prepared.Number("catalyst"), reacted.Number("temperature"), reacted.Number("time"));
    }

    private static TimeSpan Duration(ActionRequest request) => request.Action switch
    {
        "prepare" => TimeSpan.FromMinutes(3),
        "react" => TimeSpan.FromMinutes(2 + ((ActionValue.Number)request.Parameters["time"]).Value),
        _ => TimeSpan.FromMinutes(6),
    };

    internal static InstrumentDescription Describe(string model)
    {
        var barcode = new FieldDescription("barcode", FieldKind.Text) { MaxTextLength = 64 };
        var action = model switch
        {
            Doser => new ActionDescription("prepare", "Prepare a vial", "Weighs in A, B and the catalyst and adds the solvent.",
                [barcode, new FieldDescription("solvent", FieldKind.Text) { Choices = [.. VirtualCoupling.SolventNames] }, new FieldDescription("equivalents", FieldKind.Number, "", 0.5, 3), new FieldDescription("catalyst", FieldKind.Number, "%", 0.1, 10)], [barcode]),
            Reactor => new ActionDescription("react", "Heat and stir", "Brings the vial to a temperature and holds it.", [barcode, new FieldDescription("temperature", FieldKind.Number, "Cel", 20, 150), new FieldDescription("time", FieldKind.Number, "min", 0.5, 240)], [barcode]),
            Analyser => new ActionDescription("analyse", "Analyse", "Chromatography: how much of A became product, and what else there is.", [barcode], [barcode, new FieldDescription("yield", FieldKind.Number, "%", 0, 100), new FieldDescription("impurity", FieldKind.Number, "%", 0, 100)]),
            _ => throw new ProblemException("urn:dure:lab:bad-instrument", $"There is no virtual '{model}'.", "model", $"Choose {Doser}, {Reactor} or {Analyser}."),
        };
        return new InstrumentDescription(new InstrumentIdentity("Dure", $"virtual {model}", "0", "1"), [action]);
    }
}

/// <summary>Something a virtual instrument was told to do.</summary>
internal sealed record VirtualRun(string Key, string Instrument, string Action, string Barcode, IReadOnlyDictionary<string, ActionValue> Values, DateTimeOffset Begins, DateTimeOffset Ends, bool IsStopped)
{
    public double Number(string parameter) => ((ActionValue.Number)Values[parameter]).Value;

    public JsonObject Write() => new()
    {
        ["key"] = Key, ["instrument"] = Instrument, ["action"] = Action, ["barcode"] = Barcode, ["values"] = ActionValue.ToJson(Values), ["begins"] = Micros.Of(Begins), ["ends"] = Micros.Of(Ends), ["stopped"] = IsStopped,
    };

    public static VirtualRun Read(JsonObject json)
    {
        string text(string name) => json[name]!.GetValue<string>();
        return new(text("key"), text("instrument"), text("action"), text("barcode"), ActionValue.AllFromJson(json["values"]!.AsObject()), Micros.Time(json["begins"]!.GetValue<long>()), Micros.Time(json["ends"]!.GetValue<long>()), json["stopped"]!.GetValue<bool>());
    }
}

/// <summary>One instrument of the virtual laboratory, with the manners of a real driver.</summary>
internal sealed class VirtualInstrument(VirtualLab lab, string name, InstrumentDescription description, double pace) : IInstrument
{
    public InstrumentDescription Description => description;

    public bool CanAnswerByKey => true;

    public Task<InstrumentState> State(CancellationToken cancel) => Task.FromResult(lab.State(name));

    public Task<StartAnswer> Start(ActionRequest request, CancellationToken cancel) => Task.FromResult(request.Objection(description) is { } objection ? new StartAnswer.Refused(objection) : lab.Begin(name, request, pace));

    public Task<ActionStatus> Query(string key, CancellationToken cancel) => Task.FromResult(lab.Query(key));

    public Task<bool> Stop(bool isEmergency, CancellationToken cancel)
    {
        lab.Stop(name);
        return Task.FromResult(true);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
