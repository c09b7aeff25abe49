using System.Text.Json.Nodes;

namespace Dure.Datasets;

/// <summary>Tables and previews as the API and the command line give them.</summary>
public static class TableJson
{
    public static JsonObject Describe(TablePreview seen) => new()
    {
        ["file"] = seen.File.Name,
        ["format"] = seen.File.Format,
        ["rows"] = seen.Rows,
        ["columns"] = Columns(seen.Columns),
        ["quality"] = QualityJson.Write(seen.Quality),
        ["broken"] = new JsonArray([.. seen.Broken.Select(line => new JsonObject { ["line"] = line.Line, ["column"] = line.Column, ["what"] = line.What })]),
        ["refusal"] = seen.Refusal is { } refusal ? new JsonObject { ["type"] = refusal.Type, ["what"] = refusal.What, ["where"] = refusal.Where, ["mend"] = refusal.Mend } : null,
    };

    public static JsonArray Columns(IReadOnlyList<TableColumn> columns) => [.. columns.Select(column => (JsonNode)TableManifest.Write(column))];

    /// <summary>The range of numbers or times, or the most frequent names.</summary>
    public static string ValuesOf(TableColumn column) => TableCard.ValuesOf(column);
}
