using System.Globalization;
using System.Text;

namespace Dure.Datasets;

/// <summary>What a data card says of a table: its columns, what was found, and the file it came from.</summary>
internal static class TableCard
{
    private const int MostFindings = 50;

    public static void Append(StringBuilder text, TableFacts table, QualityReport quality)
    {
        text.Append("\n## Columns\n\n| name | type | role | unit | missing | different | values |\n|---|---|---|---|---|---|---|\n");
        foreach (var column in table.Columns)
            text.Append(CultureInfo.InvariantCulture, $"| {DataCard.Cell(column.Name)} | {column.Type.Key()} | {column.Role.Key()} | {DataCard.Cell(column.Unit)} | {column.Missing} | {column.Distinct} | {DataCard.Cell(ValuesOf(column))} |\n");

        text.Append(CultureInfo.InvariantCulture, $"\n## Quality\n\nMean of the columns: {quality.Score:0.000} of 1.\n\n");
        var found = quality.Columns.SelectMany(column => column.Findings.Select(finding => (column.Column, finding))).ToList();
        foreach (var (column, finding) in found.Take(MostFindings))
            text.Append(CultureInfo.InvariantCulture, $"- {(column is null ? "All rows" : $"`{DataCard.Cell(column)}`")}: {finding.Words}\n");
        if (found.Count == 0)
            text.Append("Nothing was found.\n");
        else if (found.Count > MostFindings)
            text.Append(CultureInfo.InvariantCulture, $"- … and {found.Count - MostFindings} more in the manifest.\n");

        text.Append(CultureInfo.InvariantCulture, $"\n## Lineage\n\nImported from `{DataCard.Cell(table.File.Name)}` ({table.File.Format}, {table.File.Bytes} B), `{table.File.Hash}`.\n");
        if (table.LinesLeftOut > 0)
            text.Append(CultureInfo.InvariantCulture, $"{table.LinesLeftOut} lines were left out.\n");
        if (table.MidnightsMended > 0)
            text.Append(CultureInfo.InvariantCulture, $"{table.MidnightsMended} rows at 00:00 were moved to the day that began.\n");
    }

    /// <summary>The range of numbers or times, or the most frequent names.</summary>
    public static string ValuesOf(TableColumn column) => column switch
    {
        { Numbers: { } numbers } => string.Create(CultureInfo.InvariantCulture, $"{numbers.Min} … {numbers.Max}, median {numbers.Median}"),
        { Times: { } times } => $"{Croissant.Time(times.Start)} … {Croissant.Time(times.End)}",
        _ => string.Join(", ", column.Top.Take(5).Select(top => $"{top.Name} ({top.Rows})")) + (column.Top.Count > 0 && column.Distinct > 5 ? ", …" : ""),
    };
}
