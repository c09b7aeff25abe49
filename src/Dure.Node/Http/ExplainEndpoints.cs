using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Fleet;
using Dure.Effects;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Why an alarm was raised, and what a claim rests on.</summary>
internal static class ExplainEndpoints
{
    public static void MapExplain(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/explain", Explain).Needs(Permission.Read).WithTags("Models").WithSummary("Explain a machine's alarm, or a claim.");

    private static async Task<JsonObject> Explain(string subject, ClaimBook claims, Journal journal, AlarmExplainer alarms, CancellationToken cancel, DateTimeOffset? at = null)
    {
        if (claims.Find(subject) is { } claim)
            return Answer(LinesOf(claim, journal));
        if (!AssetId.TryParse(subject, out var asset, out var why))
            throw new ProblemException("urn:dure:node:no-such-subject", why, $"'{subject}'", "Name a machine, as skab/valve1/0, or a claim's id.");
        var explanation = await alarms.Explain(asset, at, cancel);
        return Answer(
        [
            $"{explanation.Asset} at {explanation.Time:yyyy-MM-dd HH:mm:ss} UTC: score {explanation.Score:0.00} (1 is the limit)",
            .. explanation.Parts.Select(part => "  " + part.InWords),
        ]);
    }

    private static JsonObject Answer(IEnumerable<string> lines) => new() { ["lines"] = new JsonArray([.. lines.Select(line => JsonValue.Create(line))]) };

    /// <summary>The claim, then every entry it rests on, newest first; batches and reports, of which there are many, are counted instead.</summary>
    private static IEnumerable<string> LinesOf(RecordedClaim claim, Journal journal)
    {
        yield return $"{claim.Claim.Title}";
        yield return $"  {claim.Claim.Headline}";
        yield return $"  verdict: {claim.Claim.Verdict} ({claim.Claim.VerdictReason})";
        yield return "It rests on:";
        var (open, seen, batches, reports) = (new PriorityQueue<long, long>(), new HashSet<long>(), 0, 0);
        open.Enqueue(claim.Entry.Index, -claim.Entry.Index);
        while (open.TryDequeue(out var index, out _))
        {
            if (!seen.Add(index))
                continue;
            var entry = journal.Entry(index);
            if (entry.Kind == Historian.PlantHistorian.Ingested)
                batches++;
            else if (entry.Kind == DeviceFleet.Reported)
                reports++;
            else
                yield return $"  {entry.Index,6}  {entry.Time:yyyy-MM-dd HH:mm:ss}  {entry.Kind,-18} {entry.Subject}  {entry.Hash.Short}";
            foreach (var cause in Lineage.From(entry).Refs)
                open.Enqueue(cause.Entry, -cause.Entry);
        }
        yield return $"  and {reports} reports of devices and {batches} ingested batches of samples";
    }
}

/// <summary>Runs a machine's exported model over its held-out rows up to a moment, and says which signals make the score.</summary>
internal sealed class AlarmExplainer(ModelRegistry models, DatasetCatalog datasets, DeviceFleet fleet)
{
    public async Task<Explanation> Explain(AssetId asset, DateTimeOffset? at, CancellationToken cancel)
    {
        var model = models.Versions.LastOrDefault(version => version.Machine(asset) is not null)
            ?? throw new ProblemException("urn:dure:node:no-such-subject", "No model is fitted to this machine, and no claim has this id.", $"'{asset}'", "List machines with GET /api/v1/models, claims with GET /api/v1/claims.");
        var time = at ?? fleet.FirstAlarmOf(asset)?.From
            ?? throw new ProblemException("urn:dure:node:no-such-alarm", "No device has raised an alarm here.", $"machine {asset}", "Name a time with --at.");
        await foreach (var frame in datasets.LoadFrames(datasets.Find(model.Manifest.DatasetId), cancel))
        {
            if (frame.Asset == asset)
                return At(model, frame, Micros.Of(time));
        }
        throw new ProblemException("urn:dure:node:no-such-subject", "The model's dataset does not hold this machine.", $"machine {asset}", "Train on a dataset that does.");
    }

    private Explanation At(ModelVersion model, Frame frame, long micros)
    {
        var machine = model.Machine(frame.Asset)!;
        var place = Array.BinarySearch(frame.TimesMicros, micros) is var found && found >= 0 ? found : ~found - 1;
        if (place < frame.TrainRows)
            throw new ProblemException("urn:dure:node:no-such-alarm", $"The machine was still being commissioned at {Micros.Time(micros):O}.", $"machine {frame.Asset}", $"Name a time from {Micros.Time(frame.TimesMicros[frame.TrainRows]):O} on.");
        var scorer = ModelScorer.Open(models, machine);
        for (var row = frame.TrainRows; row <= place; row++)
            scorer.Score(frame.RowMajor(row, 1));
        return scorer.Explain(Micros.Time(frame.TimesMicros[place]));
    }
}
