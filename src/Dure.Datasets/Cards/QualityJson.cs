using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>A quality report as it stands in a manifest. Numbers are rounded so that the same report has the same bytes everywhere.</summary>
internal static class QualityJson
{
    public static JsonObject Write(QualityReport report)
    {
        var json = new JsonObject
        {
            ["score"] = Round(report.Score),
            ["signals"] = new JsonArray([.. report.Signals.Select(signal => new JsonObject
            {
                ["asset"] = signal.Asset.Path,
                ["signal"] = signal.Signal,
                ["unit"] = signal.Unit,
                ["samples"] = signal.Samples,
                ["nominalPeriod"] = Round(signal.NominalPeriodSeconds),
                ["score"] = Round(signal.Score),
                ["findings"] = new JsonArray([.. signal.Findings.Select(Write)]),
                ["watched"] = signal.Watched is { } watched ? WatchedJson.Write(watched, signal.Unit) : null,
            })]),
        };
        if (report.Columns.Count > 0)
            json["columns"] = new JsonArray([.. report.Columns.Select(column => new JsonObject
            {
                ["column"] = column.Column,
                ["score"] = Round(column.Score),
                ["findings"] = new JsonArray([.. column.Findings.Select(Write)]),
            })]);
        return json;
    }

    public static QualityReport Read(JsonNode json) => new([.. json["signals"]!.AsArray().Select(signal => new SignalQuality(
        AssetId.Parse((string)signal!["asset"]!), (string)signal["signal"]!, (string)signal["unit"]!, (long)signal["samples"]!,
        Number(signal["nominalPeriod"]), Number(signal["score"]), [.. signal["findings"]!.AsArray().Select(ReadFinding)],
        signal["watched"] is { } watched ? WatchedJson.Read(watched) : null))])
    {
        Columns = json["columns"] is JsonArray columns
            ? [.. columns.Select(column => new ColumnQuality((string?)column!["column"], Number(column["score"]), [.. column["findings"]!.AsArray().Select(ReadFinding)]))]
            : [],
    };

    private static JsonObject Write(QualityFinding finding) => new()
    {
        ["kind"] = finding.Key,
        ["share"] = Round(finding.Share),
        ["words"] = finding.Words,
        ["numbers"] = new JsonObject(finding.Numbers.OrderBy(number => number.Key, StringComparer.Ordinal)
            .Select(number => KeyValuePair.Create(number.Key, (JsonNode?)JsonValue.Create(Round(number.Value))))),
        ["at"] = finding.At is { } at ? Croissant.Time(at) : null,
    };

    private static QualityFinding ReadFinding(JsonNode? json) => new((string)json!["kind"]!, Number(json["share"]), (string)json["words"]!,
        json["numbers"]!.AsObject().ToDictionary(number => number.Key, number => Number(number.Value), StringComparer.Ordinal),
        (string?)json["at"] is { } at ? Croissant.ParseTime(at) : null);

    /// <summary>Six decimals, and no infinity: JSON has none.</summary>
    internal static double Round(double value) => double.IsFinite(value) ? Math.Round(value, 6) + 0.0 : 0;

    internal static double Number(JsonNode? node) => node!.GetValueKind() == System.Text.Json.JsonValueKind.Number ? node.AsValue().GetValue<double>() : 0;
}
