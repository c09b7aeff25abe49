using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>The table of a version whose rows are images: one row each, in the order of their paths. Their files lie beside it, as one zip file.</summary>
internal static class ImageTable
{
    public const string Image = "image", Label = "label", Sha256 = "sha256";

    public static IReadOnlyList<TableColumn> Columns(IReadOnlyList<ImageRow> rows) =>
    [
        Names(Image, TableColumnType.Text, TableRole.Identifier, rows, row => row.Name),
        Names(Label, TableColumnType.Category, TableRole.Target, rows, row => row.Label),
        Numbers("width", rows, row => row.Width),
        Numbers("height", rows, row => row.Height),
        Numbers("channels", rows, row => row.Channels),
        Numbers("bytes", rows, row => row.Bytes),
        Names(Sha256, TableColumnType.Text, TableRole.Identifier, rows, row => row.Hash.Hex),
    ];

    /// <summary>The first rows as texts, column by column.</summary>
    public static IReadOnlyList<IReadOnlyList<string?>> Head(IEnumerable<ImageRow> rows) =>
        [.. rows.Select(row => (IReadOnlyList<string?>)[row.Name, row.Label, $"{row.Width}", $"{row.Height}", $"{row.Channels}", $"{row.Bytes}", row.Hash.Hex])];

    /// <summary>Writes the Parquet file; one thread and a fixed order: the same rows give the same bytes.</summary>
    public static void Write(IReadOnlyList<ImageRow> rows, string path)
    {
        using var db = DuckDb.Open(null, new DuckDbLimits { MemoryBytes = 256L << 20 });
        db.Execute($"CREATE TABLE images({Image} VARCHAR, {Label} VARCHAR, width DOUBLE, height DOUBLE, channels DOUBLE, bytes DOUBLE, {Sha256} VARCHAR)");
        double[] numbers(Func<ImageRow, double> value) => [.. rows.Select(value)];
        using (var appender = db.Append("images", DuckDbType.Varchar, DuckDbType.Varchar, DuckDbType.Double, DuckDbType.Double, DuckDbType.Double, DuckDbType.Double, DuckDbType.Varchar))
        {
            appender.Write(rows.Count, DuckDbColumn.Of([.. rows.Select(row => row.Name)]), DuckDbColumn.Of([.. rows.Select(row => row.Label)]), DuckDbColumn.Of(numbers(row => row.Width)), DuckDbColumn.Of(numbers(row => row.Height)),
                DuckDbColumn.Of(numbers(row => row.Channels)), DuckDbColumn.Of(numbers(row => row.Bytes)), DuckDbColumn.Of([.. rows.Select(row => row.Hash.Hex)]));
            appender.Complete();
        }
        db.Execute($"COPY images TO {DuckDb.Quoted(path)} (FORMAT parquet, COMPRESSION zstd)");
    }

    private static TableColumn Names(string name, TableColumnType type, TableRole role, IReadOnlyList<ImageRow> rows, Func<ImageRow, string> value)
    {
        var counts = rows.CountBy(value).OrderByDescending(one => one.Value).ThenBy(one => one.Key, StringComparer.Ordinal).ToList();
        return new() { Name = name, Type = type, Role = role, Unit = "", Missing = 0, Distinct = counts.Count, Top = type == TableColumnType.Text ? [] : [.. counts.Take(TableFacts.TopCategories).Select(one => (RawTable.Shown(one.Key), (long)one.Value))] };
    }

    private static TableColumn Numbers(string name, IReadOnlyList<ImageRow> rows, Func<ImageRow, double> value)
    {
        double[] sorted = [.. rows.Select(value).Order()];
        return new() { Name = name, Type = TableColumnType.Number, Role = TableRole.Identifier, Unit = "", Missing = 0, Distinct = sorted.Distinct().Count(), Numbers = sorted.Length == 0 ? null : Summary(sorted) };
    }

    private static NumberSummary Summary(double[] sorted)
    {
        var (mean, bins) = (sorted.Average(), new long[NumberSummary.Bins]);
        foreach (var value in sorted)
            bins[sorted[^1] > sorted[0] ? Math.Min(NumberSummary.Bins - 1, (int)((value - sorted[0]) / (sorted[^1] - sorted[0]) * NumberSummary.Bins)) : 0]++;
        double at(double share) => share * (sorted.Length - 1) is var place && (int)place + 1 is var next && next < sorted.Length ? sorted[(int)place] + (place - (int)place) * (sorted[next] - sorted[(int)place]) : sorted[(int)place];
        var deviation = sorted.Length < 2 ? 0 : Math.Sqrt(sorted.Sum(value => (value - mean) * (value - mean)) / (sorted.Length - 1));
        return new(sorted[0], TableSummary.Round(at(0.25)), TableSummary.Round(at(0.5)), TableSummary.Round(at(0.75)), sorted[^1], TableSummary.Round(mean), TableSummary.Round(deviation), bins);
    }
}
