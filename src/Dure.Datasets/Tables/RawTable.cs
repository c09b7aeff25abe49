using System.Globalization;
using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>A column of a file before anybody says what it means: its name, and the type its file gives it (VARCHAR in CSV).</summary>
/// <param name="IsNamed">Whether the file names it.</param>
internal sealed record RawColumn(string Name, DuckDbType Type, bool IsNamed = true)
{
    public bool IsText => Type == DuckDbType.Varchar;
}

/// <summary>
/// A file's rows in a database of their own, which spills to a folder where memory is short: the table <c>raw</c> in the order of the file, columns <c>c0</c>, <c>c1</c>, …
/// of the types <see cref="RawColumn"/> says. Nothing is interpreted yet, and all that was left out is told.
/// </summary>
internal sealed class RawTable : IDisposable
{
    /// <summary>A file with more broken lines is none of a table.</summary>
    private const int MostBroken = 10_000;

    private const int MaxName = 200;
    private static readonly DuckDbLimits Limits = new() { MemoryBytes = 512L << 20 };

    private readonly string path;
    private readonly CancellationToken cancel;
    private readonly string folder = Directory.CreateTempSubdirectory("dure-table-").FullName;
    private readonly List<RawColumn> columns = [];
    private readonly List<(string? Column, QualityFinding Finding)> findings = [];
    private readonly CancellationTokenRegistration stop;
    private HashSet<long> brokenAt = [];
    private CsvForm form = new("", "\"", "\"", 0, 0);

    private sealed record CsvForm(string Delimiter, string Quote, string Escape, long Skip, int Columns);

    private RawTable(string path, string file, CancellationToken cancel)
    {
        (this.path, File, this.cancel) = (path, file, cancel);
        try
        {
            Db = DuckDb.Open(null, Limits with { TempFolder = folder }); // in memory, spilling: a database on disk would write everything twice and compress it
            stop = cancel.Register(Db.Interrupt);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public DuckDb Db { get; }

    /// <summary>What the person who brought it calls the file.</summary>
    public string File { get; }

    public bool IsParquet { get; private set; }
    public IReadOnlyList<RawColumn> Columns => columns;
    public long Rows { get; private set; }

    /// <summary>The separator of a CSV file's cells.</summary>
    public string Delimiter => form.Delimiter;

    /// <summary>Lines that could not be read.</summary>
    public IReadOnlyList<BrokenLine> Broken { get; private set; } = [];

    /// <summary>What is wrong with the form of the file, by column.</summary>
    public IReadOnlyList<(string? Column, QualityFinding Finding)> Findings => findings;

    /// <summary>A folder that goes with this.</summary>
    public string Folder => folder;

    /// <exception cref="ProblemException">The file is no table, or too large.</exception>
    public static RawTable Load(string path, string file, CancellationToken cancel)
    {
        if (!System.IO.File.Exists(path))
            throw new ProblemException("urn:dure:datasets:no-file", "The file is not there.", file, "Check the path.");
        if (new FileInfo(path).Length is var bytes and > TableFacts.MaxFileBytes)
            throw TooLarge(file, $"It has {bytes:N0} bytes; {TableFacts.MaxFileBytes:N0} are allowed.");
        var table = new RawTable(path, file, cancel);
        try
        {
            table.Guarded(() => table.Load());
            return table;
        }
        catch
        {
            table.Dispose();
            throw;
        }
    }

    /// <summary>Runs statements; what DuckDB says of the file becomes a problem of the file, and a stop a stop.</summary>
    public void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (ProblemException fault) when (fault.Problem.Type.StartsWith("urn:dure:native:duckdb", StringComparison.Ordinal))
        {
            cancel.ThrowIfCancellationRequested();
            throw new ProblemException("urn:dure:datasets:no-table", $"It cannot be read: {FirstLine(fault.Problem.What)}", File, "Check that every row has as many cells as the first line, and quotes come in pairs.", fault);
        }
    }

    /// <summary>One row of a statement's answer, as whole numbers.</summary>
    public long[] Counts(string sql)
    {
        cancel.ThrowIfCancellationRequested();
        using var result = Db.Query(sql);
        var counts = new long[result.Columns.Count];
        while (result.Read(out var chunk))
            using (chunk)
                for (var i = 0; i < counts.Length; i++)
                    counts[i] = chunk.Value(i, 0) is { } value ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : 0;
        return counts;
    }

    /// <summary>The cells of a statement's answer.</summary>
    public List<object?[]> Cells(string sql)
    {
        cancel.ThrowIfCancellationRequested();
        var rows = new List<object?[]>();
        using var result = Db.Query(sql);
        while (result.Read(out var chunk))
            using (chunk)
                for (var row = 0; row < chunk.Rows; row++)
                    rows.Add([.. Enumerable.Range(0, result.Columns.Count).Select(column => chunk.Value(column, row))]);
        return rows;
    }

    /// <summary>Where rows stand, for people: the lines of a CSV file from 1, the rows of a Parquet file from 1.</summary>
    /// <param name="rows">Rising numbers of rows from 0.</param>
    public long[] LinesOf(IReadOnlyList<long> rows) => IsParquet
        ? [.. rows.Select(row => row + 1)]
        : Lines(rows).Rows;

    private (long[] Rows, IReadOnlyDictionary<long, long> Broken) Lines(IReadOnlyList<long> rows) =>
        TableText.LinesOf(path, rows, form.Skip, brokenAt, (byte)form.Quote[0], columns.Count == 1, cancel);

    public void Dispose()
    {
        stop.Dispose();
        Db?.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private void Load()
    {
        IsParquet = TableText.IsParquet(path);
        if (IsParquet)
            LoadParquet();
        else
            LoadCsv();
        Rows = Counts("SELECT count(*) FROM raw")[0];
        if (Rows == 0)
            throw Bad("It holds no row that can be read.", Broken is [var first, ..] ? $"{File}, line {first.Line}" : File, "Give a table with a first line of names and a line for each row.");
        if (Rows > MostRows)
            throw TooLarge(File, $"It has {columns.Count} columns and more than {MostRows:N0} rows; {TableFacts.MaxValues:N0} values (rows times columns) are allowed.");
    }

    private long MostRows => TableFacts.MaxValues / columns.Count;

    private void LoadParquet()
    {
        var source = $"read_parquet({DuckDb.Quoted(DuckDb.PathLiteral(path))})";
        var described = Cells($"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {source})");
        CheckColumns(described.Count);
        var selected = described.Select((column, i) => $"{ParquetCell((string)column[0]!, (string)column[1]!, i)} AS c{i}").ToList();
        NameColumns([.. described.Select(column => (string)column[0]!)]);
        Db.Execute($"CREATE TABLE raw AS SELECT {string.Join(", ", selected)} FROM {source} LIMIT {MostRows + 1}");
    }

    private string ParquetCell(string name, string type, int at)
    {
        var cell = DuckDb.Identifier(name);
        var known = type switch
        {
            "BOOLEAN" => DuckDbType.Boolean,
            "DATE" or "TIMESTAMP" or "TIMESTAMP_S" or "TIMESTAMP_MS" or "TIMESTAMP_NS" or "TIMESTAMP WITH TIME ZONE" => DuckDbType.Timestamp,
            "VARCHAR" or "TIME" or "UUID" => DuckDbType.Varchar,
            _ when type.StartsWith("ENUM", StringComparison.Ordinal) => DuckDbType.Varchar,
            _ when type.EndsWith("INT", StringComparison.Ordinal) || type is "INTEGER" or "UINTEGER" or "FLOAT" or "DOUBLE" || type.StartsWith("DECIMAL", StringComparison.Ordinal) => DuckDbType.Double,
            _ => throw Bad($"The column '{Shown(name)}' holds {Shown(type)}; numbers, texts, yes/no and times can be taken.", $"{File}, column {at + 1}", "Write it as plain columns, or leave it out."),
        };
        columns.Add(new RawColumn(name, known));
        return known switch
        {
            DuckDbType.Boolean => cell,
            DuckDbType.Timestamp when type == "TIMESTAMP WITH TIME ZONE" => $"make_timestamp(epoch_us({cell}))",
            DuckDbType.Timestamp => $"{cell}::TIMESTAMP",
            DuckDbType.Double => $"{cell}::DOUBLE",
            _ => TextCell($"{cell}::VARCHAR"),
        };
    }

    /// <summary>A text without the blanks around it; one that holds nothing else is no value.</summary>
    private static string TextCell(string cell) => $"nullif(trim({cell}), '')";

    private void LoadCsv()
    {
        TableText.Check(path, File, cancel);
        form = Sniff();
        CheckColumns(form.Columns);
        var first = Cells($"SELECT * FROM {Reader(form.Skip, "ignore_errors = true")} LIMIT 1").FirstOrDefault() ?? [];
        var hasHeader = 2 * first.Count(IsValue) <= first.Count(cell => cell is not null);
        for (var i = 0; i < form.Columns; i++)
            columns.Add(new RawColumn("", DuckDbType.Varchar));
        if (form.Skip > 0)
            Tell(null, QualityKinds.SkippedLines, $"{form.Skip} lines stand before the table and are not part of it.", ("lines", form.Skip));
        if (hasHeader)
            form = form with { Skip = form.Skip + LinesIn(first) };
        else
            Tell(null, QualityKinds.NoHeader, "The first line holds values, not names: the columns are numbered.", ("columns", form.Columns));
        NameColumns(hasHeader ? [.. Enumerable.Range(0, form.Columns).Select(i => i < first.Length ? first[i] as string ?? "" : "")] : []);
        Db.Execute($"CREATE TABLE raw AS SELECT {string.Join(", ", columns.Select((_, i) => $"{TextCell($"c{i}")} AS c{i}"))} FROM {Reader(form.Skip, $"store_rejects = true, rejects_limit = {MostBroken}")} LIMIT {MostRows + 1}");
        Broken = BrokenLines();
        if (Broken.Count == MostBroken)
            throw Bad($"At least {MostBroken:N0} of its lines cannot be read.", $"{File}, line {Broken[0].Line}", "Give a table whose rows have as many cells as its first line.");
    }

    /// <summary>The records that DuckDB rejected. It counts records where it says lines: cells may hold line breaks, so the bytes say which line.</summary>
    private List<BrokenLine> BrokenLines()
    {
        var rejected = Cells($"SELECT line_byte_position::BIGINT - 1, min(error_type)::VARCHAR, min(error_message), min(csv_line) FROM reject_errors GROUP BY 1 ORDER BY 1 LIMIT {MostBroken}");
        if (rejected.Count == 0)
            return [];
        brokenAt = [.. rejected.Select(one => (long)one[0]!)];
        var lines = Lines([]).Broken;
        return rejected.ConvertAll(one => new BrokenLine(lines.GetValueOrDefault((long)one[0]!), "", WhatOf((string?)one[1], (string?)one[2]), (string?)one[3] ?? ""));
    }

    private static string WhatOf(string? kind, string? message) => kind switch
    {
        "MISSING COLUMNS" => "it has fewer cells than the others",
        "TOO MANY COLUMNS" => "it has more cells than the others",
        "UNQUOTED VALUE" => "a quote is not closed, or text stands beside one",
        _ => FirstLine(message ?? ""),
    };

    /// <summary>Separator, quotes and where the table starts: found by DuckDB, then said to it, so that nothing is guessed twice.</summary>
    private CsvForm Sniff()
    {
        var found = Sniff("");
        if (found.Columns > 1)
            return found;
        try
        {
            return Sniff(", delim = ' '") is { Columns: > 1, Skip: 0 } spaced ? spaced : found;
        }
        catch (ProblemException)
        {
            cancel.ThrowIfCancellationRequested();
            return found; // one column it is
        }
    }

    private CsvForm Sniff(string said)
    {
        var sniffed = Cells($"SELECT Delimiter, Quote, Escape, SkipRows, len(Columns) FROM sniff_csv({DuckDb.Quoted(DuckDb.PathLiteral(path))}, ignore_errors = true, all_varchar = true, comment = '', sample_size = 20480{said})");
        if (sniffed is not [[string delimiter, var quote, var escape, var skip, var count]])
            throw Bad("No table can be seen in it.", File, "Give a text file of rows with the same number of cells.");
        // Where the first rows hold no quote none is found; later ones may.
        return new CsvForm(delimiter, Sign(quote) ?? "\"", Sign(escape) ?? Sign(quote) ?? "\"", Convert.ToInt64(skip, CultureInfo.InvariantCulture), Convert.ToInt32(count, CultureInfo.InvariantCulture));

        static string? Sign(object? found) => found is string { Length: 1 } sign && sign != "\0" ? sign : null;
    }

    private string Reader(long skip, string faults)
    {
        var names = string.Join(", ", Enumerable.Range(0, form.Columns).Select(i => $"'c{i}': 'VARCHAR'"));
        return $"read_csv({DuckDb.Quoted(DuckDb.PathLiteral(path))}, auto_detect = false, columns = {{{names}}}, delim = {DuckDb.Quoted(form.Delimiter)}, quote = {DuckDb.Quoted(form.Quote)}, "
            + $"escape = {DuckDb.Quoted(form.Escape)}, comment = '', header = false, skip = {skip}, {faults})";
    }

    /// <summary>Gives every column one name of its own, and tells what it had to change.</summary>
    private void NameColumns(IReadOnlyList<string> written)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < columns.Count; i++)
        {
            var raw = i < written.Count ? written[i] : "";
            var name = string.Concat(raw.Trim('\uFEFF', ' ', '\t', '\r', '\n').Select(letter => char.IsControl(letter) ? ' ' : letter));
            var isNamed = name.Length > 0;
            name = isNamed ? name.Length <= MaxName ? name : name[..MaxName] : $"column{i + 1}";
            var own = name;
            for (var n = 2; !taken.Add(own); n++)
                own = $"{name}_{n}";
            columns[i] = columns[i] with { Name = own, IsNamed = isNamed };
            if (!isNamed && written.Count > 0)
                Tell(own, QualityKinds.UnnamedColumn, $"Column {i + 1} has no name in the file: its first line is damaged, or a separator is too many.", ("column", i + 1));
            else if (isNamed && own != name)
                Tell(own, QualityKinds.RenamedColumn, $"The name '{Shown(name)}' stands there more than once; this one is column {i + 1}.", ("column", i + 1));
        }
    }

    private void Tell(string? column, string kind, string words, params ReadOnlySpan<(string Name, double Value)> numbers)
    {
        var named = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in numbers)
            named[name] = value;
        findings.Add((column, new QualityFinding(kind, 0, words, named)));
    }

    private void CheckColumns(int count)
    {
        if (count is 0 or > TableFacts.MaxColumns)
            throw TooLarge(File, $"It has {count} columns; 1 to {TableFacts.MaxColumns} are allowed.");
    }

    private static bool IsValue(object? cell) => cell is string text && double.TryParse(text.Trim().Trim('\uFEFF'), NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private static long LinesIn(object?[] cells) => 1 + cells.OfType<string>().Sum(cell => (long)cell.Count(letter => letter == '\n'));

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:datasets:no-table", what, where, mend);

    private static ProblemException TooLarge(string file, string what) => new("urn:dure:datasets:table-too-large", what, file, "Give fewer rows or columns: one product, one line or one year at a time.");

    internal static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static string FirstLine(string text) => text.Split('\n')[0];
}
