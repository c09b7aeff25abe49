using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>Reads a version's Parquet file into memory as a table.</summary>
internal static class TableLoader
{
    /// <summary>The columns that series have beside their signals (see <see cref="VersionFile"/>).</summary>
    private const string AssetColumn = "asset", TimeColumn = "time", LabelColumn = "label", SplitColumn = "split";

    private static readonly DuckDbLimits Limits = new() { MemoryBytes = 256L << 20 };

    public static DatasetTable Load(string path, DatasetVersion version, CancellationToken cancel)
    {
        var columns = ColumnsOf(version);
        if (version.Rows > TableFacts.MaxValues / Math.Max(1, columns.Count) || version.Rows > int.MaxValue)
            throw new ProblemException("urn:dure:datasets:table-too-large", $"It has {version.Rows:N0} rows of {columns.Count} columns; {TableFacts.MaxValues:N0} values (rows times columns) can be learnt from at once.",
                $"dataset {version.Name}, version {version.Number}", "Cut or import a version with fewer rows or columns.");
        var rows = (int)version.Rows;
        var readers = columns.ConvertAll(column => new ColumnReader(column, rows));
        using var db = DuckDb.Open(null, Limits);
        using var stop = cancel.Register(db.Interrupt);
        try
        {
            var qualities = QualitiesOf(db, path, version);
            using var result = db.Query($"SELECT {string.Join(", ", columns.Select(column => Select(column, qualities)))} FROM read_parquet(?)", DuckDb.PathLiteral(path));
            for (var at = 0; result.Read(out var chunk);)
                using (chunk)
                {
                    cancel.ThrowIfCancellationRequested();
                    if (at + chunk.Rows > rows)
                        throw Damaged(version);
                    for (var i = 0; i < readers.Count; i++)
                        readers[i].Read(chunk, i, at);
                    at += chunk.Rows;
                    if (at == rows)
                        break;
                }
        }
        catch (ProblemException) when (cancel.IsCancellationRequested)
        {
            cancel.ThrowIfCancellationRequested();
        }
        return Table(version, rows, readers);
    }

    private static DatasetTable Table(DatasetVersion version, int rows, List<ColumnReader> readers)
    {
        var (time, group) = (readers.Find(reader => reader.Column.Role == TableRole.Time), readers.Find(reader => reader.Column.Role == TableRole.Group));
        var split = readers.Find(reader => IsSplit(version, reader.Column));
        return new DatasetTable
        {
            Version = version,
            Rows = rows,
            Columns = [.. readers.Where(reader => reader != time && reader != group && reader != split).Select(reader => reader.Take())],
            TimesMicros = time?.Micros,
            Groups = group?.Codes,
            GroupNames = group?.NamesInOrder ?? [],
            IsHeldOut = split is null ? null : HeldOut(split),
        };
    }

    private static bool[] HeldOut(ColumnReader split)
    {
        var heldOut = split.NamesInOrder.ToList().IndexOf(Split.HeldOut);
        return Array.ConvertAll(split.Codes, code => code == heldOut);
    }

    /// <summary>What is read: of a table all but its texts and the times that are not the rows' own; of series asset, time, signals, label and split.</summary>
    private static List<TableColumn> ColumnsOf(DatasetVersion version)
    {
        if (version.Table is { } table)
            return [.. table.Columns.Where(column => column.Role is TableRole.Time or TableRole.Group || column.Type is not (TableColumnType.Text or TableColumnType.Time))];
        List<TableColumn> columns = [Plain(AssetColumn, TableColumnType.Category, TableRole.Group), Plain(TimeColumn, TableColumnType.Time, TableRole.Time)];
        columns.AddRange(version.Columns.Select(column => Plain(column.Name, TableColumnType.Number, TableRole.Feature) with { Unit = column.Unit }));
        if (version.HasLabels)
            columns.Add(Plain(LabelColumn, TableColumnType.YesNo, TableRole.Target));
        columns.Add(Plain(SplitColumn, TableColumnType.Category, TableRole.Identifier));
        return columns;

        static TableColumn Plain(string name, TableColumnType type, TableRole role) => new() { Name = name, Type = type, Role = role, Unit = "", Missing = 0, Distinct = 0 };
    }

    private static bool IsSplit(DatasetVersion version, TableColumn column) => version.Table is null && column.Role == TableRole.Identifier;

    /// <summary>A sample of bad quality is no value to learn from.</summary>
    private static string Select(TableColumn column, IReadOnlySet<string> qualities)
    {
        var name = DuckDb.Identifier(column.Name);
        return qualities.Contains(VersionFile.QualityPrefix + column.Name)
            ? $"CASE WHEN {DuckDb.Identifier(VersionFile.QualityPrefix + column.Name)} = {(int)Quality.Bad} THEN NULL ELSE {name} END"
            : name;
    }

    private static HashSet<string> QualitiesOf(DuckDb db, string path, DatasetVersion version)
    {
        if (version.Table is not null)
            return [];
        using var result = db.Query("SELECT * FROM read_parquet(?) LIMIT 0", DuckDb.PathLiteral(path));
        return [.. result.Columns.Select(column => column.Name).Where(name => name.StartsWith(VersionFile.QualityPrefix, StringComparison.Ordinal))];
    }

    private static ProblemException Damaged(DatasetVersion version) =>
        new("urn:dure:datasets:bad-manifest", "Its file has more rows than its manifest says.", $"dataset {version.Name}, version {version.Number}", "Restore both from a copy; their names are their hashes.");

    /// <summary>Gathers one column, chunk by chunk.</summary>
    private sealed class ColumnReader(TableColumn column, int rows)
    {
        private readonly float[] values = IsKey(column) ? [] : new float[rows];
        private readonly Dictionary<string, int> codes = new(StringComparer.Ordinal);
        private readonly List<string> names = [];

        public TableColumn Column => column;
        public long[] Micros { get; } = column.Role == TableRole.Time ? new long[rows] : [];
        public int[] Codes { get; } = IsWord(column) ? new int[rows] : [];
        public IReadOnlyList<string> NamesInOrder => names;

        public void Read(DuckDbChunk chunk, int at, int start)
        {
            switch (column.Type)
            {
                case TableColumnType.Number:
                    var numbers = chunk.Doubles(at);
                    for (var row = 0; row < chunk.Rows; row++)
                        Put(start + row, chunk.IsValid(at, row) ? numbers[row] : double.NaN);
                    break;
                case TableColumnType.YesNo:
                    var bits = chunk.Bytes(at);
                    for (var row = 0; row < chunk.Rows; row++)
                        Put(start + row, !chunk.IsValid(at, row) ? double.NaN : bits[row] != 0 ? 1 : 0);
                    break;
                case TableColumnType.Time:
                    var times = chunk.Longs(at);
                    times.CopyTo(Micros.AsSpan(start));
                    break;
                default:
                    for (var row = 0; row < chunk.Rows; row++)
                        Codes[start + row] = chunk.Text(at, row) is { } name ? CodeOf(name) : -1;
                    break;
            }
        }

        /// <summary>The column, its categories in ordinal order, so that codes do not hang on the order of rows.</summary>
        public DatasetTableColumn Take()
        {
            if (!IsWord(column))
                return new DatasetTableColumn(column.Name, column.Type, column.Role, column.Unit, values, []);
            string[] sorted = [.. names.Order(StringComparer.Ordinal)];
            var places = names.ConvertAll(name => (float)Array.BinarySearch(sorted, name, StringComparer.Ordinal));
            return new DatasetTableColumn(column.Name, column.Type, column.Role, column.Unit, Array.ConvertAll(Codes, code => code < 0 ? float.NaN : places[code]), sorted);
        }

        /// <summary>What single precision cannot hold is missing; nothing a machine measures is that large.</summary>
        private void Put(int row, double value)
        {
            if (column.Role == TableRole.Time)
                Micros[row] = (long)Math.Clamp(value * 1e6, -9e18, 9e18);
            else
                values[row] = Math.Abs(value) <= float.MaxValue ? (float)value : float.NaN;
        }

        private int CodeOf(string name)
        {
            if (codes.TryGetValue(name, out var code))
                return code;
            codes[name] = names.Count;
            names.Add(name);
            return names.Count - 1;
        }

        private static bool IsKey(TableColumn column) => column.Role == TableRole.Time || IsWord(column);

        private static bool IsWord(TableColumn column) => column.Type is TableColumnType.Category or TableColumnType.Text;
    }
}
