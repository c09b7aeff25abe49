using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>
/// A table's part of the Croissant manifest: the member <c>dure:table</c> with the file it came from, what the import did to it, and each
/// column's type, role and summary.
/// </summary>
internal static class TableManifest
{
    public const string Member = "dure:table";

    /// <summary>What an import made, to be described.</summary>
    internal sealed record Content(TableSpec Spec, TableFacts Table, long Rows, ContentHash Parquet, long ParquetBytes, QualityReport Quality);

    public static JsonObject Write(Content content)
    {
        var (spec, table) = (content.Spec, content.Table);
        var manifest = Croissant.Head(spec.Name, spec.Title, spec.Description, spec.Licence, spec.Source, content.Parquet, content.ParquetBytes);
        manifest["@context"]![Member] = new JsonObject { ["@type"] = "@json" }; // only here: the manifests of series keep the bytes, and so the ids, that they have had
        manifest["recordSet"] = new JsonArray(Croissant.RecordSet([.. table.Columns.Select(FieldOf)]));
        manifest["dure:split"] = new JsonObject { ["kind"] = "none", ["rows"] = content.Rows, ["assets"] = new JsonArray() };
        manifest["dure:quality"] = QualityJson.Write(content.Quality);
        manifest["dure:lineage"] = new JsonObject { ["range"] = null, ["batches"] = new JsonArray(), ["file"] = table.File.Hash.ToString() };
        manifest[Member] = new JsonObject
        {
            ["file"] = new JsonObject { ["name"] = table.File.Name, ["hash"] = table.File.Hash.ToString(), ["bytes"] = table.File.Bytes, ["format"] = table.File.Format },
            ["linesLeftOut"] = table.LinesLeftOut,
            ["midnightsMended"] = table.MidnightsMended,
            ["columns"] = new JsonArray([.. table.Columns.Select(Write)]),
        };
        return manifest;
    }

    /// <summary>Null of a version cut from series.</summary>
    public static TableFacts? Read(JsonObject manifest)
    {
        if (manifest[Member] is not JsonObject table)
            return null;
        var file = table["file"]!;
        return new TableFacts
        {
            File = new TableFile((string)file["name"]!, ContentHash.Parse((string)file["hash"]!), (long)file["bytes"]!, (string)file["format"]!),
            LinesLeftOut = (long)table["linesLeftOut"]!,
            MidnightsMended = (long)table["midnightsMended"]!,
            Columns = [.. table["columns"]!.AsArray().Select(column => ReadColumn(column!))],
        };
    }

    private static JsonObject FieldOf(TableColumn column)
    {
        var field = Croissant.Field(column.Name, column.Type switch
        {
            TableColumnType.Number => "sc:Float",
            TableColumnType.YesNo => "sc:Boolean",
            TableColumnType.Time => "sc:DateTime",
            _ => "sc:Text",
        }, Describe(column));
        field["dure:unit"] = column.Unit;
        return field;
    }

    private static string Describe(TableColumn column) => column.Role switch
    {
        TableRole.Time => "When the row was.",
        TableRole.Group => "Which rows belong together.",
        TableRole.Identifier => "Tells rows apart; not to be learnt from.",
        TableRole.Target => "What is to be predicted.",
        _ => "",
    };

    internal static JsonObject Write(TableColumn column)
    {
        var json = new JsonObject
        {
            ["name"] = column.Name,
            ["type"] = column.Type.Key(),
            ["role"] = column.Role.Key(),
            ["unit"] = column.Unit,
            ["missing"] = column.Missing,
            ["distinct"] = column.Distinct,
        };
        if (column.Numbers is { } numbers)
        {
            json["figures"] = new JsonArray([.. new[] { numbers.Min, numbers.LowerQuartile, numbers.Median, numbers.UpperQuartile, numbers.Max, numbers.Mean, numbers.Deviation }.Select(figure => (JsonNode)figure)]);
            json["histogram"] = new JsonArray([.. numbers.Histogram.Select(rows => (JsonNode)rows)]);
        }
        if (column.Top.Count > 0)
            json["top"] = new JsonArray([.. column.Top.Select(top => new JsonArray(top.Name, top.Rows))]);
        if (column.Times is { } times)
            json["times"] = new JsonArray(Croissant.Time(times.Start), Croissant.Time(times.End));
        return json;
    }

    private static TableColumn ReadColumn(JsonNode json)
    {
        if (!TableWords.TryType((string?)json["type"], out var type) || !TableWords.TryRole((string?)json["role"], out var role))
            throw new FormatException("A column's type or role is not known.");
        return new TableColumn
        {
            Name = (string)json["name"]!,
            Type = type,
            Role = role,
            Unit = (string)json["unit"]!,
            Missing = (long)json["missing"]!,
            Distinct = (long)json["distinct"]!,
            Numbers = json["figures"] is JsonArray figures ? NumbersOf([.. figures.Select(figure => QualityJson.Number(figure))], [.. json["histogram"]!.AsArray().Select(rows => (long)rows!)]) : null,
            Top = json["top"] is JsonArray top ? [.. top.Select(one => ((string)one![0]!, (long)one[1]!))] : [],
            Times = json["times"] is JsonArray times ? new TimeRange(Croissant.ParseTime((string)times[0]!), Croissant.ParseTime((string)times[1]!)) : null,
        };
    }

    private static NumberSummary NumbersOf(double[] figures, long[] histogram) => figures.Length == 7 && histogram.Length == NumberSummary.Bins
        ? new NumberSummary(figures[0], figures[1], figures[2], figures[3], figures[4], figures[5], figures[6], histogram)
        : throw new FormatException("A column's figures are not complete.");
}
