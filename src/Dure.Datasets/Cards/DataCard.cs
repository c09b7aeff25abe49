using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Dure.Datasets;

/// <summary>What a person wants to know about a version, made from its Croissant manifest and from nothing else.</summary>
public sealed record DataCard
{
    public required string Name { get; init; }
    public required string Title { get; init; }
    public required string Description { get; init; }
    public required string Licence { get; init; }
    public required string Citation { get; init; }
    public required string Sha256 { get; init; }
    public required string Size { get; init; }
    public required long Rows { get; init; }
    public required IReadOnlyList<CardField> Fields { get; init; }
    public required IReadOnlyList<CardPart> Parts { get; init; }

    /// <summary>How the split was declared, in English.</summary>
    public required string Split { get; init; }

    public required QualityReport Quality { get; init; }

    /// <summary>Hashes of the ingested batches the rows come from.</summary>
    public required IReadOnlyList<string> Batches { get; init; }

    /// <summary>What a table's columns are and where it came from; null of a cut of series.</summary>
    public TableFacts? Table { get; init; }

    public static DataCard From(JsonObject croissant)
    {
        var file = croissant["distribution"]![0]!;
        var split = croissant["dure:split"]!;
        return new DataCard
        {
            Name = (string)croissant["name"]!,
            Title = (string)croissant["alternateName"]!,
            Description = (string)croissant["description"]!,
            Licence = (string)croissant["license"]!,
            Citation = (string)croissant["citeAs"]!,
            Sha256 = (string)file["sha256"]!,
            Size = (string)file["contentSize"]!,
            Rows = (long)split["rows"]!,
            Fields = [.. croissant["recordSet"]!.AsArray().Single(set => (string)set!["@id"]! == "rows")!["field"]!.AsArray()
                .Select(field => new CardField((string)field!["name"]!, (string)field["dataType"]!, (string?)field["dure:unit"], (string)field["description"]!))],
            Parts = [.. split["assets"]!.AsArray().Select(part => new CardPart((string)part!["asset"]!, (long)part["rows"]!, (long)part["trainRows"]!,
                (long)part["labelled"]!, (long)part["heldOutLabelled"]!, (string)part["first"]!, (string)part["last"]!))],
            Split = (string)split["kind"]! switch
            {
                "none" => "none of its own",
                "cut-at" => $"rows before {(string)split["time"]!} train, the rest is held out",
                _ => $"the first {(long)split["perAsset"]!} rows of each asset train, the rest is held out",
            },
            Quality = QualityJson.Read(croissant["dure:quality"]!),
            Table = TableManifest.Read(croissant),
            Batches = [.. croissant["dure:lineage"]!["batches"]!.AsArray().Select(batch => (string)batch!)],
        };
    }

    /// <summary>The card as Markdown.</summary>
    public string ToMarkdown(int worstSignals = 10)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {Title}\n\n{Description}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"- Name: `{Name}`\n- Licence: {Licence}\n- Cite as: {Citation}\n- Rows: {Rows}{(Table is null ? $" of {Parts.Count} assets" : "")}\n- File: Parquet, {Size}, sha256 `{Sha256}`\n");
        if (Table is not null)
            TableCard.Append(text, Table, Quality);
        else
            AppendSeries(text, worstSignals);
        return text.ToString();
    }

    private void AppendSeries(StringBuilder text, int worstSignals)
    {
        text.Append(CultureInfo.InvariantCulture, $"- Split by time: {Split}\n\n## Columns\n\n| name | type | unit (UCUM) | what |\n|---|---|---|---|\n");
        foreach (var field in Fields)
            text.Append(CultureInfo.InvariantCulture, $"| {Cell(field.Name)} | {field.Type} | {field.Unit} | {Cell(field.Description)} |\n");
        text.Append("\n## Assets\n\n| asset | rows | train | held out | labelled | labelled, held out | first | last |\n|---|---|---|---|---|---|---|---|\n");
        foreach (var part in Parts)
            text.Append(CultureInfo.InvariantCulture, $"| {part.Asset} | {part.Rows} | {part.TrainRows} | {part.Rows - part.TrainRows} | {part.Labelled} | {part.HeldOutLabelled} | {part.First} | {part.Last} |\n");
        text.Append(CultureInfo.InvariantCulture, $"\n## Quality\n\nWorst signal: {Quality.Score:0.000} of 1. Worst first, {Math.Min(worstSignals, Quality.Signals.Count)} of {Quality.Signals.Count}:\n\n");
        foreach (var signal in Quality.Signals.Take(worstSignals))
            text.Append(CultureInfo.InvariantCulture, $"- `{signal.Asset}/{signal.Signal}` {signal.Score:0.000}: {(signal.Findings.Count == 0 ? "nothing found" : string.Join(" ", signal.Findings.Select(finding => finding.Words)))}\n");
        text.Append(CultureInfo.InvariantCulture, $"\n## Lineage\n\nMade from {Batches.Count} ingested batches:\n\n");
        foreach (var batch in Batches)
            text.Append(CultureInfo.InvariantCulture, $"- `{batch}`\n");
    }

    /// <summary>A text inside a Markdown table.</summary>
    internal static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");
}

/// <summary>A column on the card.</summary>
public sealed record CardField(string Name, string Type, string? Unit, string Description);

/// <summary>An asset on the card.</summary>
public sealed record CardPart(string Asset, long Rows, long TrainRows, long Labelled, long HeldOutLabelled, string First, string Last)
{
    public long HeldOutRows => Rows - TrainRows;
}
