using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>What a column's cells turned out to be, and the SQL that reads one out of the raw table.</summary>
/// <param name="Sql">An expression over <c>raw</c>; NULL where there is no value.</param>
/// <param name="Filled">Cells that hold anything.</param>
/// <param name="Markers">Filled cells that say that there is no value: N/A, -, ….</param>
/// <param name="Broken">Filled cells that are neither a marker nor what the column holds.</param>
/// <param name="Distinct">Different cells, of a column of text.</param>
internal sealed record TypedColumn(int Index, string Name, TableColumnType Type, string Sql, long Filled, long Markers, long Broken, long Distinct)
{
    /// <summary>The filled cells that are no value.</summary>
    public string WithoutValue => $"c{Index} IS NOT NULL AND ({Sql}) IS NULL";

    /// <summary>Whether decimals are written with a comma.</summary>
    public bool HasDecimalCommas { get; init; }

    /// <summary>Whether day-first and month-first would both read every date.</summary>
    public bool IsAmbiguous { get; init; }
}

/// <summary>
/// Finds out what the cells of each column are, by all of them and not by the first thousand: numbers, yes/no, times, categories or texts.
/// A column of which nine cells in ten are numbers (or times) is one of numbers with broken cells.
/// </summary>
internal static class ColumnTyping
{
    private const double Mostly = 0.9;

    /// <summary>Texts of more different forms are names of single things, not categories.</summary>
    private const int MostGuessedCategories = 1000;

    /// <summary>So few are categories in the smallest table.</summary>
    private const int FewCategories = 20;

    /// <summary>Columns looked at by one statement.</summary>
    private const int Together = 25;

    /// <summary>What programs write where there is no value, in any column.</summary>
    private static readonly string[] Markers = ["NA", "N/A", "#N/A", "NAN", "NULL"];

    /// <summary>What people write there; in a column of texts it may be a name.</summary>
    private static readonly string[] WeakMarkers = ["-", "--", "?", ".", "NONE", "NIL", "MISSING", "N.A.", "#VALUE!", "#DIV/0!", "#REF!", "결측", "없음"];

    private static readonly string[] Yes = ["true", "yes", "y", "예", "참"];
    private static readonly string[] No = ["false", "no", "n", "아니오", "거짓"];
    private static readonly string Marked = List(Markers);
    private static readonly string WeaklyMarked = List([.. Markers, .. WeakMarkers]);
    private static readonly string YesOrNo = List([.. Yes, .. No]);

    /// <summary>How many cells of a column are what. Weak markers count the strong ones too.</summary>
    private sealed record Seen(long Filled, long Markers, long WeakMarkers, long Numbers, long Zeros, long Ones, long YesNo, long Commas);

    public static List<TypedColumn> Of(RawTable table, TableSpec spec)
    {
        var typed = new List<TypedColumn>();
        foreach (var some in table.Columns.Index().Chunk(Together))
        {
            var seen = new Queue<Seen>(Look(table, [.. some.Where(column => column.Item.IsText).Select(column => column.Index)]));
            foreach (var (index, column) in some)
                typed.Add(column.IsText ? OfText(table, spec, index, column, seen.Dequeue()) : Native(table, spec, index, column));
        }
        return typed;
    }

    private static TypedColumn OfText(RawTable table, TableSpec spec, int index, RawColumn column, Seen seen)
    {
        var isNamed = IsOneOf(spec.Categories, column.Name) || Is(spec.Group, column.Name);
        var held = seen.Filled - seen.WeakMarkers;
        TypedColumn As(TableColumnType type, string sql, long values, bool isWeak = true) =>
            new(index, column.Name, type, sql, seen.Filled, isWeak ? seen.WeakMarkers : seen.Markers, Math.Max(0, (isWeak ? held : seen.Filled - seen.Markers) - values), Distinct: 0);
        TypedColumn Words(TableColumnType? type)
        {
            var distinct = DistinctOf(table, Word(index));
            var isCategory = distinct <= MostGuessedCategories && (distinct <= FewCategories || distinct <= held / 2);
            return As(type ?? (isCategory ? TableColumnType.Category : TableColumnType.Text), Word(index), seen.Filled - seen.Markers, isWeak: false) with { Distinct = distinct };
        }

        if (isNamed)
            return Words(TableColumnType.Category);
        if (held == 0)
            return As(TableColumnType.Number, Number(index), 0);
        if (seen.Zeros > 0 && seen.Ones > 0 && seen.Zeros + seen.Ones == held && !Is(spec.Time, column.Name))
            return As(TableColumnType.YesNo, $"({Number(index)}) = 1", held);
        if (seen.Numbers >= Mostly * held)
            return Counted(table, spec, As(TableColumnType.Number, Number(index), seen.Numbers));
        if (table.Delimiter != "," && seen.Commas >= Mostly * held)
            return As(TableColumnType.Number, Number(index, hasCommas: true), seen.Commas) with { HasDecimalCommas = true };
        if (seen.YesNo == held)
            return As(TableColumnType.YesNo, YesNo(index), held);
        if (TimesOf(table, spec, index, held) is var (sql, times, isAmbiguous))
            return As(TableColumnType.Time, sql, times) with { IsAmbiguous = isAmbiguous };
        return Words(null);
    }

    /// <summary>A column that a Parquet file gives a type.</summary>
    private static TypedColumn Native(RawTable table, TableSpec spec, int index, RawColumn column)
    {
        var cell = $"c{index}";
        if (IsOneOf(spec.Categories, column.Name) || Is(spec.Group, column.Name))
            return Plain(TableColumnType.Category, column.Type == DuckDbType.Double ? $"CASE WHEN {cell} = floor({cell}) AND abs({cell}) < 1e15 THEN {cell}::BIGINT::VARCHAR ELSE {cell}::VARCHAR END" : $"{cell}::VARCHAR");
        if (column.Type == DuckDbType.Boolean)
            return Plain(TableColumnType.YesNo, cell);
        if (column.Type == DuckDbType.Timestamp)
            return Plain(TableColumnType.Time, TimeSql.OfCalendar(cell));
        var counts = table.Counts($"SELECT count({cell}), count(*) FILTER (isnan({cell})), count(*) FILTER (isinf({cell})) FROM raw");
        return Counted(table, spec, new TypedColumn(index, column.Name, TableColumnType.Number, $"CASE WHEN isfinite({cell}) THEN {cell} END", counts[0] - counts[1], 0, counts[2], 0));

        TypedColumn Plain(TableColumnType type, string sql)
        {
            var filled = table.Counts($"SELECT count({cell}), count({sql}) FROM raw");
            return new TypedColumn(index, column.Name, type, sql, filled[0], 0, filled[0] - filled[1], type == TableColumnType.Category ? DistinctOf(table, sql) : 0);
        }
    }

    /// <summary>A column of numbers that is to be the time: dates written as digits, seconds, milli- or microseconds since 1970, or a counter.</summary>
    private static TypedColumn Counted(RawTable table, TableSpec spec, TypedColumn column)
    {
        if (!Is(spec.Time, column.Name))
            return column;
        var edges = table.Counts($"SELECT coalesce(floor(min(greatest(-1e18, least(1e18, {column.Sql})))), 0)::BIGINT, coalesce(ceil(max(greatest(-1e18, least(1e18, {column.Sql})))), 0)::BIGINT FROM raw");
        var sql = (edges[0], edges[1]) switch
        {
            ( >= 19_000_101, <= 21_001_231) or ( >= 19_000_101_000_000, <= 21_001_231_235_959) => TimeSql.Digits(column.Sql),
            ( >= 300_000_000, < 10_000_000_000) => TimeSql.Since1970(column.Sql, 1_000_000),
            ( >= 300_000_000_000, < 10_000_000_000_000) => TimeSql.Since1970(column.Sql, 1000),
            ( >= 300_000_000_000_000, < 10_000_000_000_000_000) => TimeSql.Since1970(column.Sql, 1),
            _ => null,
        };
        return sql is null ? column : column with { Type = TableColumnType.Time, Sql = sql, Broken = column.Broken + (column.Filled - column.Markers - column.Broken) - table.Counts($"SELECT count({sql}) FROM raw")[0] };
    }

    private static (string Sql, long Times, bool IsAmbiguous)? TimesOf(RawTable table, TableSpec spec, int index, long held)
    {
        var (yearFirst, dayFirst, monthFirst) = (TimeSql.YearFirst($"c{index}"), TimeSql.DayFirst($"c{index}"), TimeSql.MonthFirst($"c{index}"));
        if (table.Counts($"SELECT count(*) FROM raw WHERE {TimeSql.LooksLikeTime($"c{index}")}")[0] < Mostly * held)
            return null;
        var counts = table.Counts($"SELECT count({yearFirst}), count({dayFirst}), count({monthFirst}), count(*) FILTER (({dayFirst}) <> ({monthFirst})) FROM raw WHERE {HasValue(index, WeaklyMarked)}");
        if (counts[0] >= Mostly * held)
            return (yearFirst, counts[0], false);
        if (Math.Max(counts[1], counts[2]) < Mostly * held)
            return null;
        var isAmbiguous = counts[1] == counts[2] && counts[3] > 0 && spec.Dates == DateOrder.Shown;
        var isDayFirst = spec.Dates switch { DateOrder.DayFirst => true, DateOrder.MonthFirst => false, _ => counts[1] >= counts[2] };
        return isDayFirst ? (dayFirst, counts[1], isAmbiguous) : (monthFirst, counts[2], isAmbiguous);
    }

    /// <summary>Looks at some columns of text in one pass. A cell is 0 a number, 1 a marker, 2 a weak one, 3 yes or no, 4 something else, NULL empty.</summary>
    private static IEnumerable<Seen> Look(RawTable table, IReadOnlyList<int> columns)
    {
        if (columns.Count == 0)
            return [];
        var texts = columns.Select(i => $"c{i}, TRY_CAST(c{i} AS DOUBLE) AS d{i}");
        var kinds = columns.Select(i => $"c{i}, d{i}, CASE WHEN isfinite(d{i}) THEN 0 WHEN c{i} IS NULL THEN NULL WHEN upper(c{i}) IN ({Marked}) THEN 1 WHEN upper(c{i}) IN ({WeaklyMarked}) THEN 2 "
            + $"WHEN lower(c{i}) IN ({YesOrNo}) THEN 3 ELSE 4 END AS k{i}");
        var commas = (int i) => table.Delimiter == "," ? "0" : $"count(*) FILTER (k{i} = 0 OR (k{i} = 4 AND isfinite(TRY_CAST(replace(c{i}, ',', '.') AS DOUBLE))))";
        var counts = columns.Select(i => $"count(k{i}), count(*) FILTER (k{i} = 1), count(*) FILTER (k{i} IN (1, 2)), count(*) FILTER (k{i} = 0), count(*) FILTER (d{i} = 0), count(*) FILTER (d{i} = 1), "
            + $"count(*) FILTER (k{i} = 3), {commas(i)}");
        return table.Counts($"SELECT {string.Join(", ", counts)} FROM (SELECT {string.Join(", ", kinds)} FROM (SELECT {string.Join(", ", texts)} FROM raw))")
            .Chunk(8).Select(each => new Seen(each[0], each[1], each[2], each[3], each[4], each[5], each[6], each[7]));
    }

    private static long DistinctOf(RawTable table, string sql) => table.Counts($"SELECT count(DISTINCT {sql}) FROM raw")[0];

    private static string HasValue(int index, string markers) => $"c{index} IS NOT NULL AND upper(c{index}) NOT IN ({markers})";

    /// <summary>Whether a filled cell says that there is no value.</summary>
    internal static string IsMarker(int index) => $"upper(c{index}) IN ({WeaklyMarked})";

    /// <summary>A finite number; no marker is one.</summary>
    private static string Number(int index, bool hasCommas = false)
    {
        var number = $"TRY_CAST({(hasCommas ? $"replace(c{index}, ',', '.')" : $"c{index}")} AS DOUBLE)";
        return $"CASE WHEN isfinite({number}) THEN {number} END";
    }

    private static string YesNo(int index) => $"CASE WHEN lower(c{index}) IN ({List(Yes)}) THEN true WHEN lower(c{index}) IN ({List(No)}) THEN false END";

    private static string Word(int index) => $"CASE WHEN {HasValue(index, Marked)} THEN c{index} END";

    private static string List(IEnumerable<string> texts) => string.Join(", ", texts.Select(DuckDb.Quoted));

    internal static bool Is(string? named, string column) => string.Equals(named, column, StringComparison.OrdinalIgnoreCase);

    private static bool IsOneOf(IReadOnlyList<string> named, string column) => named.Contains(column, StringComparer.OrdinalIgnoreCase);
}
