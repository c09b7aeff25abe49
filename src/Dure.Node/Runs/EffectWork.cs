using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Effects;
using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Http;

namespace Dure.Node.Runs;

/// <summary>
/// Compares what a device's alarms did on the held-out rows with what static limits would have done, and writes the claim. The device's
/// alarms are read from its series, as it reported them.
/// </summary>
internal sealed class EffectWork(
    DatasetCatalog datasets, ModelRegistry models, PlantHistorian historian, ClaimBook claims, Journal journal, DeviceRecord devices)
{
    public const string Kind = "effect";

    /// <summary>The plan for a dataset; written into the journal before training, it is the pre-registration.</summary>
    public static EffectPlan PlanFor(DatasetVersion dataset, bool isSimulated) => new()
    {
        Title = $"{dataset.Title}: alarms of a model against static limits",
        Boundary = $"Held-out rows of {dataset.Parts.Count(part => part.HeldOutLabelled > 0 || part.Labelled > 0)} labelled machines of dataset {dataset.Id.Short}",
        Design = (isSimulated ? "simulated machines, not a plant; " : "") + "retrospective, recorded test bed, faults induced and labelled by its makers",
        OutcomeKnownBefore = true, // labels that are already recorded could be looked at before the plan was made
    };

    public async Task<JsonObject> Run(JsonObject request, RunContext context)
    {
        var model = models.Find(Requests.Text(request, "model"));
        var dataset = datasets.Find(model.Manifest.DatasetId);
        var device = devices.Find(Requests.Text(request, "device"));
        var plan = PlanFor(dataset, Requests.FlagOr(request, "simulated", false));

        var machines = new List<MachineAlarms>();
        await foreach (var frame in datasets.LoadFrames(dataset, context.Cancel))
        {
            if (model.Machine(frame.Asset) is null || frame.Labels is null || frame.TrainRows >= frame.Rows)
                continue;
            context.Report((double)machines.Count / model.Manifest.Machines.Count, $"reading the alarms of {frame.Asset}");
            machines.Add(await Compare(frame, context.Cancel));
        }
        context.Report(1, "computing intervals");
        var evidence = new EffectEvidence(machines, $"{model.Name} {model.Version}", model.Manifest.Machines[0].Signals, [dataset.Id, model.Version], SoftwareDigest: null,
            [model.Entry, journal.Entry(dataset.Entry), .. devices.EvidenceOf(device.Id)]);
        var recorded = await claims.Write(plan, evidence, context.Actor, context.Cancel);
        return Describe(recorded, devices.FirstAlarmedAsset(device.Id));
    }

    private async Task<MachineAlarms> Compare(Frame frame, CancellationToken cancel)
    {
        var rows = frame.Rows - frame.TrainRows;
        var times = frame.TimesMicros[frame.TrainRows..];
        var alarms = new Dictionary<long, bool>(rows);
        var range = new TimeRange(Micros.Time(times[0]), Micros.Time(times[^1] + 1));
        await foreach (var block in historian.Read(frame.Asset.Signal(DeviceSignals.Alarm), range, cancel))
        {
            for (var i = 0; i < block.Count; i++)
                alarms[block.TimesMicros.Span[i]] = block.Values.Span[i] > 0.5;
        }
        var treated = new bool[rows];
        for (var i = 0; i < rows; i++)
        {
            treated[i] = alarms.TryGetValue(times[i], out var alarm) ? alarm
                : throw new ProblemException("urn:dure:effects:row-not-scored", $"The device reported nothing for {Micros.Time(times[i]):O}.", $"machine {frame.Asset}", "Let the device score all held-out rows, then measure again.");
        }
        var limits = StaticLimits.Fit(frame.RowMajor(0, frame.TrainRows), frame.SignalNames.Count);
        return new MachineAlarms(frame.Asset.Path, times, frame.Labels![frame.TrainRows..], treated, limits.Alarms(frame.RowMajor(frame.TrainRows, rows)));
    }

    internal static JsonObject Describe(RecordedClaim recorded, AssetId? firstAlarmed) => new()
    {
        ["claim"] = recorded.Claim.ClaimId,
        ["hash"] = Lineage.From(recorded.Entry).Artefacts.First(artefact => artefact.Role == "claim").Hash.ToString(),
        ["entry"] = recorded.Entry.Index,
        ["title"] = recorded.Claim.Title,
        ["verdict"] = recorded.Claim.Verdict.ToString(),
        ["why"] = recorded.Claim.VerdictReason,
        ["headline"] = recorded.Claim.Headline,
        ["firstAlarmedAsset"] = firstAlarmed?.Path ?? "",
        ["lines"] = new JsonArray([.. Lines(recorded.Claim).Select(line => JsonValue.Create(line))]),
        ["findings"] = new JsonArray([.. recorded.Claim.Findings.Select(finding => new JsonObject
        {
            ["metric"] = finding.Metric, ["unit"] = finding.Unit, ["treated"] = Describe(finding.Treated), ["baseline"] = Describe(finding.Baseline),
            ["difference"] = Describe(finding.Difference), ["finding"] = finding.Finding, ["method"] = finding.Method,
        })]),
    };

    private static IEnumerable<string> Lines(Claim claim)
    {
        yield return $"Claim {claim.ClaimId}: {claim.Title}";
        foreach (var finding in claim.Findings)
            yield return finding.DifferenceUnit is { } unit
                ? $"  {finding.Metric,-26} with {Shown(finding.Treated)}, without {Shown(finding.Baseline)} {finding.Unit}, change {Shown(finding.Difference)} {unit}: {finding.Finding}"
                : $"  {finding.Metric,-26} model {Shown(finding.Treated)}, static limits {Shown(finding.Baseline)} {finding.Unit}: {finding.Finding}";
        yield return $"  verdict: {claim.Verdict} ({claim.VerdictReason})";
    }

    private static string Shown(Figure figure) => figure.Estimate is { } estimate ? $"{estimate:0.###} ({figure.CiLow:0.###} to {figure.CiHigh:0.###})" : "unknown";

    private static JsonObject Describe(Figure figure) => new() { ["estimate"] = figure.Estimate, ["low"] = figure.CiLow, ["high"] = figure.CiHigh };
}
