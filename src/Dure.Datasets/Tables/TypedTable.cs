using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>
/// A file's rows as typed columns: the table <c>typed</c> in the database of a <see cref="RawTable"/>, columns under their own names
/// (DOUBLE, VARCHAR, BOOLEAN or TIMESTAMP), in the order of the file.
/// </summary>
internal sealed class TypedTable
{
    private const int RowGroup = 122_880;
    private const int ShownCells = 20;

    private readonly RawTable raw;
    private readonly TableSpec spec;

    private TypedTable(RawTable raw, TableSpec spec, IReadOnlyList<TypedColumn> columns) => (this.raw, this.spec, Columns) = (raw, spec, columns);

    public RawTable Raw => raw;

    /// <summary>The columns that are kept: those without a name and without a cell are not.</summary>
    public IReadOnlyList<TypedColumn> Columns { get; }

    public long Rows { get; private set; }

    /// <summary>Lines and cells that cannot be read, the first of each column.</summary>
    public IReadOnlyList<BrokenLine> Broken { get; private set; } = [];

    /// <summary>Rows at 00:00 whose day is the one that ended, and when the first of them is.</summary>
    public (long Rows, long FirstMicros) WrongMidnights { get; private set; }

    /// <exception cref="ProblemException">A column that is named is not there, or cannot have the role.</exception>
    public static TypedTable Of(RawTable raw, TableSpec spec)
    {
        TypedTable? table = null;
        raw.Guarded(() =>
        {
            foreach (var name in spec.Named().Select(named => named.Column).Concat(spec.Categories))
                if (!raw.Columns.Any(column => ColumnTyping.Is(name, column.Name)))
                    throw BadRole(raw, name, $"There is no column '{RawTable.Shown(name)}'.", $"Name one of: {string.Join(", ", raw.Columns.Take(40).Select(column => column.Name))}.");
            var columns = ColumnTyping.Of(raw, spec).Where(column => column.Filled > 0 || raw.Columns[column.Index].IsNamed).ToList();
            if (columns.Count == 0)
                throw new ProblemException("urn:dure:datasets:no-table", "No column has a name or a value.", raw.File, "Give a table with a first line of names and a line for each row.");
            table = new TypedTable(raw, spec, columns);
            table.Fill();
        });
        return table!; // set, or the guard threw
    }

    public TableRole RoleOf(TypedColumn column) =>
        ColumnTyping.Is(TimeName, column.Name) ? TableRole.Time
        : ColumnTyping.Is(spec.Group, column.Name) ? TableRole.Group
        : ColumnTyping.Is(spec.Target, column.Name) ? TableRole.Target
        : IsIdentifier(column) || column.Type is TableColumnType.Text or TableColumnType.Time ? TableRole.Identifier
        : TableRole.Feature;

    public TypedColumn? ColumnOf(TableRole role) => Columns.FirstOrDefault(column => RoleOf(column) == role);

    /// <summary>Refuses what may not become a version.</summary>
    public void Check()
    {
        var time = ColumnOf(TableRole.Time);
        if (time is { IsAmbiguous: true })
            throw BadRole(raw, time.Name, $"Its dates can be read with the day first and with the month first.", "Say which: --dates day-first or --dates month-first.");
        if (time is { Type: not (TableColumnType.Time or TableColumnType.Number) })
            throw BadRole(raw, time.Name, "It cannot be the time: its cells are neither times nor numbers that count.", "Write times as 2026-01-31 12:00:00, or name another column.");
        foreach (var column in Columns)
            if (column.Type == TableColumnType.Category && RoleOf(column) != TableRole.Group && column.Distinct > TableFacts.MaxCategories)
                throw BadRole(raw, column.Name, $"It has {column.Distinct:N0} categories; {TableFacts.MaxCategories:N0} are allowed.", "Name it as an identifier, or write the same thing the same way.");
        if (ColumnOf(TableRole.Target) is { Type: TableColumnType.Text or TableColumnType.Time } target)
            throw BadRole(raw, target.Name, "It cannot be a target: texts and times are no numbers, categories or yes/no.", "Name another column, or take it as categories.");
        if (Broken.Count > 0 && !spec.LeaveOutBroken)
            throw new ProblemException("urn:dure:datasets:broken-lines",
                $"{Count(BrokenLines + RowsWithoutKey, "line")} cannot be taken and {Count(BrokenCells, "cell")} do not fit their column: {string.Join("; ", Broken.Take(5).Select(Say))}{(Broken.Count > 5 ? "; …" : "")}",
                $"{raw.File}, line {Broken[0].Line}{(Broken[0].Column.Length > 0 ? $", column '{Broken[0].Column}'" : "")}",
                "Mend them in the file, take a column with texts as categories, or import with broken lines left out and broken cells empty: the report tells each.");

        static string Count(long n, string what) => $"{n:N0} {what}{(n == 1 ? "" : "s")}";
        static string Say(BrokenLine line) => $"line {line.Line}{(line.Column.Length > 0 ? $", column '{line.Column}'" : "")}: {RawTable.Shown(line.What)}";
    }

    /// <summary>Rows at 00:00 that were moved.</summary>
    public long MidnightsMended { get; private set; }

    /// <summary>Rows that have no time or no group, although a column says it.</summary>
    public long RowsWithoutKey { get; private set; }

    public long BrokenLines => raw.Broken.Select(line => line.Line).Distinct().LongCount();
    public long BrokenCells => Columns.Sum(column => column.Broken);

    /// <summary>Leaves out and moves the rows that it was asked to.</summary>
    public void Mend() => raw.Guarded(() =>
    {
        if (spec.LeaveOutBroken && RowsWithoutKey > 0)
        {
            raw.Db.Execute($"DELETE FROM typed WHERE {KeyIsMissing}");
            Rows -= RowsWithoutKey;
        }
        if (spec.MendMidnights && WrongMidnights.Rows > 0 && ColumnOf(TableRole.Time) is { } time)
        {
            raw.Db.Execute($"UPDATE typed SET {DuckDb.Identifier(time.Name)} = {DuckDb.Identifier(time.Name)} + INTERVAL 1 DAY WHERE rowid IN (SELECT row FROM ({Midnights(time)}))");
            MidnightsMended = WrongMidnights.Rows;
        }
    });

    private string KeyIsMissing => string.Join(" OR ", Columns.Where(IsKey).Select(column => $"{DuckDb.Identifier(column.Name)} IS NULL"));

    private bool IsKey(TypedColumn column) => RoleOf(column) is TableRole.Time or TableRole.Group;

    /// <summary>Writes the Parquet file of the version and gives its path; it goes with the raw table.</summary>
    /// <remarks>One thread, a fixed row group and the order of the file: the same rows give the same bytes.</remarks>
    public string Write()
    {
        var path = Path.Combine(raw.Folder, "data.parquet");
        raw.Guarded(() => raw.Db.Execute($"COPY typed TO {DuckDb.Quoted(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {RowGroup})"));
        return path;
    }

    /// <summary>The column that is named, or the only one of times that nobody put aside.</summary>
    private string? TimeName => spec.Time ?? (Columns.Where(column => column.Type == TableColumnType.Time && !IsIdentifier(column)).ToList() is [var only] ? only.Name : null);

    private bool IsIdentifier(TypedColumn column) => spec.Identifiers.Contains(column.Name, StringComparer.OrdinalIgnoreCase);

    private void Fill()
    {
        var selected = Columns.Select(column => $"{column.Sql} AS {DuckDb.Identifier(column.Name)}");
        raw.Db.Execute($"CREATE TABLE typed AS SELECT {string.Join(", ", selected)} FROM raw");
        Rows = raw.Rows;
        Broken = [.. raw.Broken, .. Columns.Where(column => column.Broken > 0).SelectMany(CellsOf)];
        if (Columns.Any(IsKey) && raw.Counts($"SELECT count(*) FROM typed WHERE {KeyIsMissing}")[0] is > 0 and var without)
        {
            RowsWithoutKey = without;
            var rows = raw.Cells($"SELECT rowid FROM typed WHERE {KeyIsMissing} ORDER BY rowid LIMIT {ShownCells}").Select(row => (long)row[0]!).ToList();
            Broken = [.. Broken, .. raw.LinesOf(rows).Select(line => new BrokenLine(line, "", "the row has no time or no group", ""))];
        }
        Broken = [.. Broken.OrderBy(line => line.Line).ThenBy(line => line.Column, StringComparer.Ordinal)];
        if (ColumnOf(TableRole.Time) is { Type: TableColumnType.Time } time && raw.Counts($"SELECT count(*), min(epoch_us(time)) FROM ({Midnights(time)})") is var found)
            WrongMidnights = (found[0], found[1]);
    }

    /// <summary>The first cells that do not fit, by line. Which filled cells are markers is known by their count only: those are passed over by their text.</summary>
    private IEnumerable<BrokenLine> CellsOf(TypedColumn column)
    {
        var isText = raw.Columns[column.Index].IsText;
        var cell = $"c{column.Index}";
        var where = isText ? $"{column.WithoutValue} AND NOT ({ColumnTyping.IsMarker(column.Index)})"
            : $"{cell} IS NOT NULL AND ({column.Sql}) IS NULL{(raw.Columns[column.Index].Type == DuckDbType.Double ? $" AND NOT isnan({cell})" : "")}";
        var cells = raw.Cells($"SELECT rowid, {cell}::VARCHAR FROM raw WHERE {where} ORDER BY rowid LIMIT {ShownCells}");
        var lines = raw.LinesOf([.. cells.Select(cell => (long)cell[0]!)]);
        var wanted = column.Type switch { TableColumnType.Time => "no time", _ => "no number" };
        return cells.Select((cell, i) => new BrokenLine(lines[i], column.Name, $"'{RawTable.Shown((string)cell[1]!)}' is {wanted}", (string)cell[1]!));
    }

    /// <summary>
    /// Rows at 00:00 after which the next one is more than a day later, and before which the last one was later the same day: they carry the
    /// day that ended. In the order of the file, by group.
    /// </summary>
    private string Midnights(TypedColumn time)
    {
        var column = DuckDb.Identifier(time.Name);
        return $"SELECT row, time FROM (SELECT rowid AS row, {column} AS time, lag({column}) OVER within AS before, lead({column}) OVER within AS after FROM typed WINDOW within AS ({PartitionByGroup}ORDER BY rowid)) "
            + "WHERE time = date_trunc('day', time) AND before > time AND before < time + INTERVAL 1 DAY AND (after IS NULL OR after >= time + INTERVAL 1 DAY)";
    }

    /// <summary>For windows over the rows of one group.</summary>
    public string PartitionByGroup => ColumnOf(TableRole.Group) is { } group ? $"PARTITION BY {DuckDb.Identifier(group.Name)} " : "";

    private static ProblemException BadRole(RawTable raw, string column, string what, string mend) => new("urn:dure:datasets:bad-column", what, $"{raw.File}, column '{RawTable.Shown(column)}'", mend);
}
