using System.Diagnostics;
using System.Text.Json.Nodes;
using Dure.Datasets.Public;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Cli.Demo;

/// <summary>
/// The chain, told once: each step goes through the same door a user's own would (HTTP, a device process), and a step that did not
/// really happen ends the demonstration with an error.
/// </summary>
internal sealed class DemoStory(
    IRunningNode node, DemoRecordings recordings, string folder, TimeProvider time, Action<double, string>? progress, bool isQuiet) : IDisposable
{
    private const string DeviceName = "edge-1";
    private const string IngestedKind = "ingested";
    private const double ScoreTolerance = 1e-5;
    private readonly List<DemoStep> steps = [];
    private readonly NodeClient client = new(node.Address, node.AdministratorToken);

    public async Task<DemoSummary> Tell(CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        Say($"Data: {recordings.Origin}");

        await Step("1 collect", () => Collect(cancel));
        var dataset = await Step("2 curate", () => Curate(cancel));
        var training = await Step("3 train", () => Train(dataset, cancel));
        var package = await Step("4 package", () => Package(training.Text("model"), cancel));
        var device = new EdgeDevice(client, recordings, folder, DeviceName);
        await Step("5 deploy", () => Deploy(device, package, training.Text("model"), cancel));
        await Step("6 act", () => Act(cancel));
        var claim = await Step("7 measure", () => Measure(training.Text("model"), device.Id, cancel));
        var bundle = await Step("8 prove", () => Prove(claim, cancel));

        using var self = Process.GetCurrentProcess();
        return new DemoSummary(recordings, steps, training, claim, node.Address, node.SignInLink, bundle.Text("file"), claim.Text("firstAlarmedAsset"),
            time.GetElapsedTime(begun), self.PeakWorkingSet64 + device.PeakBytes);
    }

    private async Task<(JsonNode, string Artefact, string Figure)> Collect(CancellationToken cancel)
    {
        await MachineReplay.Register(client, recordings, cancel);
        var sent = await MachineReplay.Send(client, recordings, share => progress?.Invoke(share, "replaying the recordings through the ingest door"), cancel);
        Require(sent.Samples > 0 && sent.Rejected == 0, $"{sent.Samples} samples were taken, {sent.Rejected} refused");
        var head = await client.Get("api/v1/journal/head", cancel);
        return (head, ContentHash.Parse(head.Text("root")).Short, $"{sent.Samples:N0} samples in {sent.Batches} batches, each durable and journaled");
    }

    private async Task<(JsonNode, string, string)> Curate(CancellationToken cancel)
    {
        var request = new JsonObject
        {
            ["name"] = recordings.DatasetName,
            ["title"] = recordings.Title,
            ["description"] = $"{recordings.Origin}. Each recording is one machine.",
            ["licence"] = recordings.Licence,
            ["citation"] = recordings.Citation,
            ["assets"] = new JsonArray([.. recordings.All.Select(recording => JsonValue.Create(recording.Asset.Path))]),
            ["signals"] = new JsonArray([.. Skab.Signals.Select(signal => JsonValue.Create(signal.Name))]),
            ["label"] = Skab.AnomalyColumn,
            ["commissioningRows"] = Skab.CommissioningRows,
            ["simulated"] = recordings.IsSimulated,
        };
        var version = await client.Run("api/v1/datasets", request, progress, cancel);
        var rows = recordings.All.Sum(recording => (long)recording.Rows);
        Require(version.Whole("rows") == rows, $"{version["rows"]} rows stand in the version, {rows} were recorded");
        return (version, ContentHash.Parse(version.Text("version")).Short, $"{rows:N0} rows of {version["assets"]} machines, quality {version.Number("quality"):0.000}, Parquet {version.Whole("bytes") / 1024:N0} KiB");
    }

    private async Task<(JsonNode, string, string)> Train(JsonNode dataset, CancellationToken cancel)
    {
        // What will be compared and how goes into the journal before anything is fitted: the claim's pre-registration.
        await client.Post("api/v1/effects/plans", new JsonObject { ["dataset"] = dataset.Text("version"), ["simulated"] = recordings.IsSimulated }, cancel);
        var request = new JsonObject
        {
            ["dataset"] = dataset.Text("version"),
            ["name"] = recordings.DatasetName + "-anomaly",
            ["reference"] = new JsonArray([.. recordings.FaultFree.Select(recording => JsonValue.Create(recording.Asset.Path))]),
        };
        var result = await client.Run("api/v1/training-runs", request, progress, cancel);
        var chosen = result["leaderboard"]!.AsArray().Single(row => row!["chosen"]?.GetValue<bool>() == true)!;
        return (result, ContentHash.Parse(result.Text("model")).Short, $"{chosen.Text("detector")}: F1 {chosen.Number("f1"):0.000}, FAR {chosen.Number("far"):0.0} %, MAR {chosen.Number("mar"):0.0} %");
    }

    private async Task<(JsonNode, string, string)> Package(string model, CancellationToken cancel)
    {
        var package = await client.Post("api/v1/packages", new JsonObject { ["model"] = model }, cancel);
        return (package, ContentHash.Parse(package.Text("hash")).Short, $"{package["machines"]} machines' ONNX models, {package.Whole("bytes") / 1024:N0} KiB, signed");
    }

    private async Task<(JsonNode, string, string)> Deploy(EdgeDevice device, JsonNode package, string model, CancellationToken cancel)
    {
        await device.Enrol(package.Text("hash"), cancel);
        await device.Run(progress, cancel);
        var comparison = await client.Post("api/v1/score-comparisons", new JsonObject { ["model"] = model, ["device"] = device.Id }, cancel);
        var expected = recordings.Labelled.Sum(recording => Math.Max(0, recording.Rows - Skab.CommissioningRows));
        Require(comparison.Whole("rows") == expected, $"{comparison["rows"]} of {expected} held-out rows were scored by the device");
        Require(comparison.Number("maxDifference") <= ScoreTolerance, $"the device's scores differ from the node's by {comparison.Number("maxDifference"):E1}");
        return (comparison, ContentHash.Parse(comparison.Text("entryHash")).Short,
            $"{comparison.Whole("rows"):N0} rows scored live by dure-edge, {comparison["alarms"]} alarms; largest difference to the node {Shown(comparison.Number("maxDifference"))}");
    }

    private async Task<(JsonNode, string, string)> Act(CancellationToken cancel)
    {
        var decisions = await client.Get("api/v1/decisions", cancel);
        Require(decisions.Whole("total") > 0, "no alarm came to the gate");
        return (decisions, ContentHash.Parse(decisions.Text("lastEntryHash")).Short,
            $"{decisions["total"]} proposals at the gate: {decisions["allowed"]} allowed (simulated pump actuator), {decisions["refused"]} refused");
    }

    private async Task<(JsonNode, string, string)> Measure(string model, string device, CancellationToken cancel)
    {
        var claim = await client.Run("api/v1/effects", new JsonObject { ["model"] = model, ["device"] = device, ["simulated"] = recordings.IsSimulated }, progress, cancel);
        return (claim, ContentHash.Parse(claim.Text("hash")).Short, claim.Text("headline"));
    }

    private async Task<(JsonNode, string, string)> Prove(JsonNode claim, CancellationToken cancel)
    {
        var file = Path.Combine(folder, "claim.json");
        await client.Download($"api/v1/claims/{claim.Text("claim")}/bundle", file, cancel);
        var verdict = ClaimBundle.Verify(await File.ReadAllBytesAsync(file, cancel), trusted: null);
        Require(verdict.IsValid, $"the claim bundle does not verify: {(verdict as BundleVerdict.Invalid)?.Fault}");
        var entries = ((BundleVerdict.Valid)verdict).Bundle.Entries;
        Require(entries.Any(entry => entry.Kind == IngestedKind), "the claim does not reach down to ingested batches");
        var head = await client.Get("api/v1/journal/head", cancel);
        return (new JsonObject { ["file"] = file }, ContentHash.Parse(head.Text("root")).Short, $"claim verified offline through {entries.Count} journal entries, {entries.Count(entry => entry.Kind == IngestedKind)} of them ingested batches");
    }

    public void Dispose() => client.Dispose();

    private async Task<JsonNode> Step(string name, Func<Task<(JsonNode Result, string Artefact, string Figure)>> work)
    {
        var begun = time.GetTimestamp();
        var (result, artefact, figure) = await work();
        ProgressLine.Clear();
        steps.Add(new DemoStep(name, artefact, figure, time.GetElapsedTime(begun)));
        Say($"{name,-10} {figure}");
        return result;
    }

    private static string Shown(double difference) => difference == 0 ? "0 (equal to the last bit)" : $"{difference:E1}";

    private void Say(string line)
    {
        if (!isQuiet)
            Console.WriteLine(recordings.Mark + line);
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new ProblemException("urn:dure:demo:step-failed", $"The step did not do what it should: {otherwise}.", $"step {steps.Count + 1} of the demo", "Run it again with an empty --data folder; if it stays, report it with the output.");
    }
}
