using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>
/// The one description of a version: JSON-LD by MLCommons Croissant 1.0. What Croissant has no word for stands in members
/// of our vocabulary <c>dure:</c>: <c>dure:unit</c> of a field (a UCUM code), <c>dure:split</c> (rows and times per asset),
/// <c>dure:quality</c>, <c>dure:lineage</c> and, of a table, <c>dure:table</c>. Everything else (card, page, export) is made from it.
/// </summary>
public static class Croissant
{
    public const string MediaType = "application/ld+json";
    public const string ParquetMediaType = "application/vnd.apache.parquet";
    private const string File = "data.parquet";
    private const string Rows = "rows";

    internal sealed record Content(DatasetSpec Spec, IReadOnlyList<DatasetColumn> Columns, IReadOnlySet<string> Doubtful, ContentHash Parquet, long ParquetBytes,
        IReadOnlyList<AssetPart> Parts, QualityReport Quality, IReadOnlyList<IngestedBatch> Batches);

    /// <summary>Holds no time of the cut and no entry number, so that the same data and spec give the same bytes.</summary>
    internal static JsonObject Write(Content content)
    {
        var spec = content.Spec;
        var manifest = Head(spec.Name, spec.Title, spec.Description, spec.Licence, spec.Source, content.Parquet, content.ParquetBytes);
        manifest["recordSet"] = new JsonArray(Splits(), RowsOf(content));
        manifest["dure:split"] = SplitOf(content);
        manifest["dure:quality"] = QualityJson.Write(content.Quality);
        manifest["dure:lineage"] = new JsonObject
        {
            ["range"] = spec.Range is { } range ? new JsonArray(Time(range.Start), Time(range.End)) : null,
            ["batches"] = new JsonArray([.. content.Batches.Select(batch => batch.Batch).Distinct().Order().Select(batch => JsonValue.Create(batch.ToString()))]),
        };
        return manifest;
    }

    /// <summary>What every version says: its words and its file.</summary>
    internal static JsonObject Head(string name, string title, string description, string licence, string source, ContentHash parquet, long parquetBytes) => new()
    {
        ["@context"] = CroissantContext.Json(),
        ["@type"] = "sc:Dataset",
        ["conformsTo"] = "http://mlcommons.org/croissant/1.0",
        ["name"] = name,
        ["alternateName"] = title,
        ["description"] = description,
        ["license"] = licence,
        ["citeAs"] = source,
        ["url"] = $"urn:dure:dataset:{name}",
        ["distribution"] = new JsonArray(new JsonObject
        {
            ["@type"] = "cr:FileObject",
            ["@id"] = File,
            ["name"] = File,
            ["contentUrl"] = File,
            ["contentSize"] = $"{parquetBytes.ToString(CultureInfo.InvariantCulture)} B",
            ["encodingFormat"] = ParquetMediaType,
            ["sha256"] = parquet.Hex,
        }),
    };

    internal static JsonObject RecordSet(JsonArray fields) => new() { ["@type"] = "cr:RecordSet", ["@id"] = Rows, ["name"] = Rows, ["field"] = fields };

    /// <summary>The version a manifest describes, as far as the manifest knows it.</summary>
    internal static DatasetVersion Read(JsonObject manifest, ContentHash id, int number, long entry, ContentHash entryHash, DateTimeOffset at, string actor)
    {
        try
        {
            var file = manifest["distribution"]![0]!.AsObject();
            var table = TableManifest.Read(manifest);
            var fields = manifest["recordSet"]!.AsArray().Single(set => (string)set!["@id"]! == Rows)!["field"]!.AsArray();
            return new DatasetVersion
            {
                Id = id,
                Name = (string)manifest["name"]!,
                Title = (string)manifest["alternateName"]!,
                Number = number,
                Parquet = ContentHash.Parse((string)file["sha256"]!),
                ParquetBytes = long.Parse(((string)file["contentSize"]!).Split(' ')[0], CultureInfo.InvariantCulture),
                Rows = (long)manifest["dure:split"]!["rows"]!,
                Columns = [.. fields.Where(field => field!["dure:unit"] is not null)
                    .Select(field => new DatasetColumn((string)field!["name"]!, (string)field["dure:unit"]!, (string)field["description"]!))],
                Table = table,
                HasLabels = table is null && fields.Any(field => (string)field!["@id"]! == $"{Rows}/label"),
                Parts = [.. manifest["dure:split"]!["assets"]!.AsArray().Select(part => PartOf(part!.AsObject()))],
                QualityScore = (double)manifest["dure:quality"]!["score"]!,
                Entry = entry,
                EntryHash = entryHash,
                At = at,
                Actor = actor,
            };
        }
        catch (Exception fault) when (fault is NullReferenceException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new ProblemException("urn:dure:datasets:bad-manifest", "The manifest lacks what a Croissant description by Dure has.", $"manifest {id}",
                "Restore the blob from a copy; its name is its hash.", fault);
        }
    }

    private static JsonObject Splits() => new()
    {
        ["@type"] = "cr:RecordSet",
        ["@id"] = "splits",
        ["name"] = "splits",
        ["dataType"] = "cr:Split",
        ["key"] = new JsonObject { ["@id"] = "splits/name" },
        ["field"] = new JsonArray(new JsonObject { ["@type"] = "cr:Field", ["@id"] = "splits/name", ["name"] = "name", ["dataType"] = "sc:Text" },
            new JsonObject { ["@type"] = "cr:Field", ["@id"] = "splits/url", ["name"] = "url", ["dataType"] = new JsonArray("sc:URL", "cr:Split") }),
        ["data"] = new JsonArray(new JsonObject { ["splits/name"] = Split.Train, ["splits/url"] = "cr:TrainingSplit" },
            new JsonObject { ["splits/name"] = Split.HeldOut, ["splits/url"] = "cr:TestSplit" }),
    };

    private static JsonObject RowsOf(Content content)
    {
        var fields = new JsonArray(
            Field("asset", "sc:Text", "The machine: its path."),
            Field("time", "sc:DateTime", "Time of the row, UTC, microseconds."));
        foreach (var column in content.Columns)
        {
            var field = Field(column.Name, "sc:Float", column.Description);
            field["dure:unit"] = column.Unit;
            fields.Add(field);
            if (content.Doubtful.Contains(column.Name))
                fields.Add(Field(VersionFile.QualityPrefix + column.Name, "sc:Integer", $"Quality of {column.Name}: 0 good, 1 uncertain, 2 bad."));
        }
        if (content.Spec.LabelSignal is { } label)
            fields.Add(Field("label", "sc:Boolean", $"Whether the row is marked as a fault; from the signal {label}."));
        var split = Field("split", "sc:Text", "Whether the row may be learned from.");
        split["references"] = new JsonObject { ["field"] = new JsonObject { ["@id"] = "splits/name" } };
        fields.Add(split);
        return RecordSet(fields);
    }

    internal static JsonObject Field(string column, string type, string description) => new()
    {
        ["@type"] = "cr:Field",
        ["@id"] = $"{Rows}/{column}",
        ["name"] = column,
        ["description"] = description,
        ["dataType"] = type,
        ["source"] = new JsonObject { ["fileObject"] = new JsonObject { ["@id"] = File }, ["extract"] = new JsonObject { ["column"] = column } },
    };

    private static JsonObject SplitOf(Content content)
    {
        var json = content.Spec.Split switch
        {
            Split.CommissioningRows first => new JsonObject { ["kind"] = "commissioning-rows", ["perAsset"] = first.Rows },
            Split.CutAt cut => new JsonObject { ["kind"] = "cut-at", ["time"] = Time(cut.Time) },
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        json["rows"] = content.Parts.Sum(part => part.Rows);
        json["assets"] = new JsonArray([.. content.Parts.Select(part => new JsonObject
        {
            ["asset"] = part.Asset.Path,
            ["rows"] = part.Rows,
            ["trainRows"] = part.TrainRows,
            ["labelled"] = part.Labelled,
            ["heldOutLabelled"] = part.HeldOutLabelled,
            ["first"] = Time(part.First),
            ["heldOutFrom"] = part.HeldOutFrom is { } from ? Time(from) : null,
            ["last"] = Time(part.Last),
        })]);
        return json;
    }

    private static AssetPart PartOf(JsonObject json) => new()
    {
        Asset = AssetId.Parse((string)json["asset"]!),
        Rows = (long)json["rows"]!,
        TrainRows = (long)json["trainRows"]!,
        Labelled = (long)json["labelled"]!,
        HeldOutLabelled = (long)json["heldOutLabelled"]!,
        First = ParseTime((string)json["first"]!),
        HeldOutFrom = (string?)json["heldOutFrom"] is { } from ? ParseTime(from) : null,
        Last = ParseTime((string)json["last"]!),
    };

    internal static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    internal static DateTimeOffset ParseTime(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
