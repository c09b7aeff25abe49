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
    public string WithoutValue => $"c{Index} IS NOT NULL AND trim(c{Index}) <> '' AND ({Sql}) IS NULL";

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
    private sealed record Seen(long Filled, long Markers, long WeakMarkers, long Numbers, long Commas, long Zeros, long Ones, long YesNo, long Distinct);

    public static List<TypedColumn> Of(RawTable table, TableSpec spec)
    {
        var typed = new List<TypedColumn>();
        foreach (var some in table.Columns.Index().Chunk(Together))
        {
            var texts = some.Where(column => column.Item.IsText).ToArray();
            var seen = texts.Length == 0 ? [] : table.Counts($"SELECT {string.Join(", ", texts.Select(column => Looks(column.Index)))} FROM raw").Chunk(9).ToArray();
            var next = 0;
            foreach (var (index, column) in some)
                typed.Add(column.IsText ? OfText(table, spec, index, column, SeenOf(seen[next++])) : Native(table, spec, index, column));
        }
        return typed;
    }

    private static TypedColumn OfText(RawTable table, TableSpec spec, int index, RawColumn column, Seen seen)
    {
        var isNamed = IsOneOf(spec.Categories, column.Name) || Is(spec.Group, column.Name);
        var held = seen.Filled - seen.WeakMarkers;
        TypedColumn As(TableColumnType type, string sql, long values, bool isWeak = true) =>
            new(index, column.Name, type, sql, seen.Filled, isWeak ? seen.WeakMarkers : seen.Markers, Math.Max(0, (isWeak ? held : seen.Filled - seen.Markers) - values), seen.Distinct);

        if (isNamed || held == 0)
            return held == 0 && !isNamed ? As(TableColumnType.Number, Number(index), 0) : As(TableColumnType.Category, Word(index), seen.Filled - seen.Markers, isWeak: false);
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
        var isCategory = seen.Distinct <= MostGuessedCategories && (seen.Distinct <= FewCategories || seen.Distinct <= held / 2);
        return As(isCategory ? TableColumnType.Category : TableColumnType.Text, Word(index), seen.Filled - seen.Markers, isWeak: false);
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
            return new TypedColumn(index, column.Name, type, sql, filled[0], 0, filled[0] - filled[1], 0);
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
        var counts = table.Counts($"SELECT count({yearFirst}), count({dayFirst}), count({monthFirst}), count(*) FILTER (({dayFirst}) <> ({monthFirst})) FROM raw WHERE {HasValue(index, WeaklyMarked)}");
        if (counts[0] >= Mostly * held)
            return (yearFirst, counts[0], false);
        if (Math.Max(counts[1], counts[2]) < Mostly * held)
            return null;
        var isAmbiguous = counts[1] == counts[2] && counts[3] > 0 && spec.Dates == DateOrder.Shown;
        var isDayFirst = spec.Dates switch { DateOrder.DayFirst => true, DateOrder.MonthFirst => false, _ => counts[1] >= counts[2] };
        return isDayFirst ? (dayFirst, counts[1], isAmbiguous) : (monthFirst, counts[2], isAmbiguous);
    }

    private static string Looks(int index)
    {
        var (cell, strong, weak) = ($"trim(c{index})", HasValue(index, Marked), HasValue(index, WeaklyMarked));
        var (number, comma) = (FiniteOf(cell), FiniteOf($"replace({cell}, ',', '.')"));
        return $"count(*) FILTER ({cell} <> ''), count(*) FILTER ({cell} <> '' AND NOT ({strong})), count(*) FILTER ({cell} <> '' AND NOT ({weak})), "
            + $"count({number}) FILTER ({weak}), count({comma}) FILTER ({weak}), count(*) FILTER ({weak} AND {number} = 0), count(*) FILTER ({weak} AND {number} = 1), "
            + $"count(*) FILTER ({weak} AND lower({cell}) IN ({List([.. Yes, .. No])})), count(DISTINCT {cell}) FILTER ({strong})";
    }

    private static string HasValue(int index, string markers) => $"trim(c{index}) <> '' AND upper(trim(c{index})) NOT IN ({markers})";

    /// <summary>Whether a filled cell says that there is no value.</summary>
    internal static string IsMarker(int index) => $"upper(trim(c{index})) IN ({WeaklyMarked})";

    private static string Number(int index, bool hasCommas = false)
    {
        var cell = hasCommas ? $"replace(trim(c{index}), ',', '.')" : $"trim(c{index})";
        return $"CASE WHEN {HasValue(index, WeaklyMarked)} THEN {FiniteOf(cell)} END";
    }

    private static string YesNo(int index) => $"CASE WHEN lower(trim(c{index})) IN ({List(Yes)}) THEN true WHEN lower(trim(c{index})) IN ({List(No)}) THEN false END";

    private static string Word(int index) => $"CASE WHEN {HasValue(index, Marked)} THEN trim(c{index}) END";

    private static string FiniteOf(string cell) => $"CASE WHEN isfinite(TRY_CAST({cell} AS DOUBLE)) THEN TRY_CAST({cell} AS DOUBLE) END";

    private static Seen SeenOf(long[] counts) => new(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7], counts[8]);

    private static string List(IEnumerable<string> texts) => string.Join(", ", texts.Select(DuckDb.Quoted));

    internal static bool Is(string? named, string column) => string.Equals(named, column, StringComparison.OrdinalIgnoreCase);

    private static bool IsOneOf(IReadOnlyList<string> named, string column) => named.Contains(column, StringComparer.OrdinalIgnoreCase);
}
