using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Historian.Watching;
using Dure.Kernel;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>The quality of signals: scores and findings, live or of a stretch of time.</summary>
internal static class QualityEndpoints
{
    private const int MostSignals = 10_000;

    public static void MapSignalQuality(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/signals/quality", Quality).Needs(Permission.Read).WithTags("Signals")
            .WithSummary("Quality scores and findings: of all signals, the worst first, or of one signal, live or of a range.");

    private static async Task<JsonObject> Quality(
        PlantHistorian historian, TimeProvider time, string? signal = null, long? from = null, long? to = null, int limit = 1000, CancellationToken cancel = default)
    {
        var desk = new PlantQuality(historian, time);
        if (signal is null)
            return All(historian, Micros.Of(time.GetUtcNow()), limit);
        var info = historian.Find(SignalId.Parse(signal));
        var quality = from is null && to is null ? await desk.Of(info, cancel) : await desk.Of(info, QueryRange.Of(from, to), cancel);
        var answer = Summary(info, quality ?? WatchedQuality.Empty);
        answer["windows"] = new JsonArray([.. (quality?.Windows ?? []).Select(Window)]);
        answer["findings"] = new JsonArray([.. (quality?.Findings ?? []).Select(found => Finding(found, info.Definition.Unit.Code))]);
        answer["counts"] = new JsonObject((quality is null ? [] : FaultKinds.All).Where(kind => quality!.CountOf(kind) > 0)
            .Select(kind => KeyValuePair.Create(kind.Key(), (JsonNode?)quality!.CountOf(kind))));
        return answer;
    }

    /// <summary>What was seen live, the lowest score first; signals that nobody has sent anything of since they are watched are left out.</summary>
    private static JsonObject All(PlantHistorian historian, long now, int limit)
    {
        if (limit is < 1 or > MostSignals)
            throw new ProblemException("urn:dure:historian:bad-limit", $"{limit} signals cannot be served at once.", "query 'limit'", $"Ask for 1 to {MostSignals:N0}.");
        var watched = historian.Signals.Select(info => (Info: info, Quality: historian.Watch.Snapshot(info.Number, now))).Where(each => each.Quality is not null).ToList();
        var worst = watched.OrderBy(each => each.Quality!.Score).ThenBy(each => each.Info.Id).Take(limit);
        return new JsonObject { ["watched"] = watched.Count, ["signals"] = new JsonArray([.. worst.Select(each => Summary(each.Info, each.Quality!))]) };
    }

    private static JsonObject Summary(SignalInfo info, WatchedQuality quality) => new()
    {
        ["signal"] = info.Id.Path,
        ["unit"] = info.Definition.Unit.Code,
        ["samples"] = quality.Samples,
        ["period"] = quality.PeriodSeconds,
        ["score"] = Rounded(quality.Score),
        ["completeness"] = Rounded(quality.Total.Completeness),
        ["consistency"] = Rounded(quality.Total.Consistency),
        ["timeliness"] = Rounded(quality.Total.Timeliness),
        ["validity"] = Rounded(quality.Total.Validity),
        ["found"] = quality.CountsByKind.Sum(),
        ["worst"] = quality.Worst is { } worst ? Finding(worst, info.Definition.Unit.Code) : null,
    };

    private static JsonObject Window(QualityWindow window) => new()
    {
        ["start"] = window.StartMicros,
        ["samples"] = window.Samples,
        ["missing"] = window.Missing,
        ["special"] = window.Special,
        ["redundant"] = window.Redundant,
        ["late"] = window.Late,
        ["invalid"] = window.Invalid,
        ["score"] = Rounded(window.Score),
    };

    private static JsonObject Finding(SignalFinding found, string unit) => new()
    {
        ["kind"] = found.Kind.Key(),
        ["severity"] = FindingWords.Severity(found.Kind),
        ["from"] = found.FromMicros,
        ["to"] = found.ToMicros,
        ["count"] = found.Count,
        ["evidence"] = found.Evidence(unit),
        ["cause"] = found.Cause(),
        ["mend"] = found.Mend(),
    };

    private static double Rounded(double score) => Math.Round(score, 6);
}
