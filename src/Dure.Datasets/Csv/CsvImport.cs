using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>A column found in a CSV file and the type its cells have: VARCHAR, DOUBLE, BIGINT, BOOLEAN, TIMESTAMP, …</summary>
public sealed record CsvColumn(string Name, string Type);

/// <summary>A line that cannot be read as the rest: its number (1 is the first of the file, the header too), column, and why.</summary>
public sealed record BrokenLine(long Line, string Column, string What, string Text);

/// <summary>What a CSV file looks like: its columns, its first rows as text, how many rows can be read, and the broken lines (100 at most).</summary>
public sealed record CsvPreview(string Delimiter, bool HasHeader, IReadOnlyList<CsvColumn> Columns, IReadOnlyList<IReadOnlyList<string?>> Rows, long GoodRows,
    IReadOnlyList<BrokenLine> Broken);

/// <summary>A stretch of a CSV file as columns; cells that are empty are NaN.</summary>
public sealed record CsvBlock(long[] TimesMicros, double[][] Values);

/// <summary>Looks into a CSV file whose form is not known, and reads it, by DuckDB's sniffer and reader.</summary>
public static class CsvImport
{
    private const int MaxBroken = 100;

    /// <summary>A text column of which at least so many cells are numbers (or times) is one of numbers with broken cells.</summary>
    private const double Mostly = 0.9;

    private static readonly DuckDbLimits Limits = new() { MemoryBytes = 256L << 20 };

    /// <summary>Reads the whole file once or twice; memory does not grow with it. Throws a problem when it is no table at all.</summary>
    public static CsvPreview Preview(string path, int rows = 20, CancellationToken cancel = default)
    {
        using var db = Open(path);
        using var stop = cancel.Register(db.Interrupt);
        var (delimiter, hasHeader) = Sniff(db, path);
        var types = DeclaredTypes(db, path);
        var columns = Describe(db, Reader(path, types));
        var good = Counted(db, Reader(path, types, $"store_rejects = true, rejects_limit = {MaxBroken}"), columns);
        var head = Texts(db, $"SELECT COLUMNS(*)::VARCHAR FROM {Reader(path, types)} LIMIT {rows}");
        return new CsvPreview(delimiter, hasHeader, columns, head, good, Broken(db));
    }

    /// <summary>Streams the rows that can be read; the time column must be TIMESTAMP, the others numbers. Times without zone are UTC.</summary>
    public static IEnumerable<CsvBlock> Read(string path, string timeColumn, IReadOnlyList<string> columns, CancellationToken cancel = default)
    {
        using var db = Open(path);
        var numbers = columns.Select(column => $", {DuckDb.Identifier(column)}::DOUBLE");
        using var result = db.Query($"SELECT {DuckDb.Identifier(timeColumn)}::TIMESTAMP{string.Concat(numbers)} FROM {Reader(path, DeclaredTypes(db, path))} WHERE {DuckDb.Identifier(timeColumn)} IS NOT NULL");
        while (result.Read(out var chunk))
        {
            cancel.ThrowIfCancellationRequested();
            using (chunk)
            {
                var values = new double[columns.Count][];
                for (var i = 0; i < values.Length; i++)
                {
                    values[i] = chunk.Doubles(i + 1).ToArray();
                    for (var row = 0; row < chunk.Rows; row++)
                        if (!chunk.IsValid(i + 1, row))
                            values[i][row] = double.NaN;
                }
                yield return new CsvBlock(chunk.Longs(0).ToArray(), values);
            }
        }
    }

    private static DuckDb Open(string path) => File.Exists(path)
        ? DuckDb.Open(null, Limits)
        : throw new ProblemException("urn:dure:datasets:no-file", "The file is not there.", path, "Check the path.");

    private static (string Delimiter, bool HasHeader) Sniff(DuckDb db, string path)
    {
        using var result = db.Query("SELECT Delimiter, HasHeader FROM sniff_csv(?, ignore_errors = true)", path);
        if (!result.Read(out var chunk))
            throw new ProblemException("urn:dure:datasets:no-table", "No table can be seen in the file.", path, "Give a text file of rows with the same number of cells.");
        using (chunk)
            return (chunk.Text(0, 0) ?? "", chunk.Value(1, 0) is true);
    }

    private static string Reader(string path, string types, string faults = "ignore_errors = true") => $"read_csv({DuckDb.Quoted(path)}, {faults}{types})";

    /// <summary>The almost-numeric text columns declared as what they mostly are, as an argument of read_csv.</summary>
    private static string DeclaredTypes(DuckDb db, string path)
    {
        var plain = Reader(path, "");
        var texts = Describe(db, plain).Where(column => column.Type == "VARCHAR").Select(column => column.Name).ToList();
        var declared = texts.Select(name => (Name: name, Type: MostlyIs(db, plain, name))).Where(column => column.Type is not null)
            .Select(column => $"{DuckDb.Quoted(column.Name)}: '{column.Type}'").ToList();
        return declared.Count == 0 ? "" : $", types = {{{string.Join(", ", declared)}}}";
    }

    private static string? MostlyIs(DuckDb db, string reader, string column)
    {
        var name = DuckDb.Identifier(column);
        using var result = db.Query($"SELECT count({name}), count(TRY_CAST({name} AS DOUBLE)), count(TRY_CAST({name} AS TIMESTAMP)) FROM {reader}");
        if (!result.Read(out var chunk))
            return null;
        using (chunk)
        {
            var (cells, numbers, times) = (chunk.Longs(0)[0], chunk.Longs(1)[0], chunk.Longs(2)[0]);
            return cells == 0 ? null : numbers >= Mostly * cells ? "DOUBLE" : times >= Mostly * cells ? "TIMESTAMP" : null;
        }
    }

    private static List<CsvColumn> Describe(DuckDb db, string reader)
    {
        var columns = new List<CsvColumn>();
        foreach (var row in Texts(db, $"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {reader})"))
            columns.Add(new CsvColumn(row[0] ?? "", row[1] ?? ""));
        return columns;
    }

    /// <summary>Counts rows with every column looked at, so that every broken cell is met.</summary>
    private static long Counted(DuckDb db, string reader, IReadOnlyList<CsvColumn> columns)
    {
        var looked = string.Concat(columns.Select(column => $", count({DuckDb.Identifier(column.Name)})"));
        using var result = db.Query($"SELECT count(*){looked} FROM {reader}");
        var rows = 0L;
        while (result.Read(out var chunk)) // to the very end: only then are the broken lines in their table
            using (chunk)
                rows = chunk.Longs(0)[0];
        return rows;
    }

    private static List<BrokenLine> Broken(DuckDb db) =>
        [.. Texts(db, $"SELECT DISTINCT line::VARCHAR, coalesce(column_name, ''), error_message, csv_line, line FROM reject_errors ORDER BY line LIMIT {MaxBroken}", texts: 4)
            .Select(row => new BrokenLine(long.Parse(row[0] ?? "0", System.Globalization.CultureInfo.InvariantCulture), row[1] ?? "", FirstLine(row[2]), row[3] ?? ""))];

    private static string FirstLine(string? text) => (text ?? "").Split('\n')[0];

    private static List<IReadOnlyList<string?>> Texts(DuckDb db, string sql, int? texts = null)
    {
        var rows = new List<IReadOnlyList<string?>>();
        using var result = db.Query(sql);
        while (result.Read(out var chunk))
            using (chunk)
                for (var row = 0; row < chunk.Rows; row++)
                    rows.Add([.. Enumerable.Range(0, texts ?? result.Columns.Count).Select(column => chunk.Text(column, row))]);
        return rows;
    }
}
