using System.Text.Json.Nodes;
using Dure.Historian.Watching;

namespace Dure.Datasets;

/// <summary>
/// What the watches found in a version's rows, as it stands in a manifest: the counts of all rows together, the four scores that follow
/// from them, and the newest findings as stretches of time with their evidence. Numbers are rounded so that the same rows give the same bytes.
/// </summary>
internal static class WatchedJson
{
    private const int MostFindings = 20;

    public static JsonObject Write(WatchedQuality watched, string unit)
    {
        var total = watched.Total;
        return new JsonObject
        {
            ["score"] = QualityJson.Round(total.Score),
            ["completeness"] = QualityJson.Round(total.Completeness),
            ["consistency"] = QualityJson.Round(total.Consistency),
            ["timeliness"] = QualityJson.Round(total.Timeliness),
            ["validity"] = QualityJson.Round(total.Validity),
            ["period"] = QualityJson.Round(watched.PeriodSeconds),
            ["from"] = total.StartMicros,
            ["last"] = watched.LastMicros,
            ["samples"] = watched.Samples,
            ["missing"] = total.Missing,
            ["special"] = total.Special,
            ["redundant"] = total.Redundant,
            ["late"] = total.Late,
            ["invalid"] = total.Invalid,
            ["counts"] = new JsonObject(FaultKinds.All.Where(kind => watched.CountOf(kind) > 0).OrderBy(kind => kind.Key(), StringComparer.Ordinal)
                .Select(kind => KeyValuePair.Create(kind.Key(), (JsonNode?)watched.CountOf(kind)))),
            ["findings"] = new JsonArray([.. watched.Findings.TakeLast(MostFindings).Select(found => Write(found, unit))]),
        };
    }

    public static WatchedQuality Read(JsonNode json)
    {
        var total = new QualityWindow(Count(json["from"]), Count(json["samples"]), Count(json["missing"]), Count(json["special"]), Count(json["redundant"]), Count(json["late"]), Count(json["invalid"]));
        var counts = FaultKinds.All.Select(kind => json["counts"]![kind.Key()] is { } count ? Count(count) : 0).ToArray();
        return new WatchedQuality(total.Samples, QualityJson.Number(json["period"]), Count(json["last"]), [total], [.. json["findings"]!.AsArray().Select(ReadFinding).OfType<SignalFinding>()], counts);
    }

    private static JsonObject Write(SignalFinding found, string unit) => new()
    {
        ["kind"] = found.Kind.Key(),
        ["from"] = found.FromMicros,
        ["to"] = found.ToMicros,
        ["count"] = found.Count,
        ["before"] = QualityJson.Round(found.Before),
        ["after"] = QualityJson.Round(found.After),
        ["words"] = found.Evidence(unit),
        ["cause"] = found.Cause(),
        ["mend"] = found.Mend(),
    };

    /// <summary>Null for a kind that this version of the program does not know.</summary>
    private static SignalFinding? ReadFinding(JsonNode? json) => FaultKinds.TryParse((string?)json!["kind"], out var kind)
        ? new SignalFinding(kind, Count(json["from"]), Count(json["to"]), Count(json["count"]), QualityJson.Number(json["before"]), QualityJson.Number(json["after"]))
        : null;

    private static long Count(JsonNode? node) => node is null ? 0 : (long)node;
}
