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
    private static readonly string DayFirst = Forms("%d{0}%m{0}%Y");
    private static readonly string MonthFirst = Forms("%m{0}%d{0}%Y");
    private const string YearFirst = "['%Y.%m.%d %H:%M:%S.%f', '%Y.%m.%d %H:%M:%S', '%Y.%m.%d %H:%M', '%Y.%m.%d', '%Y/%m/%d %H:%M', '%Y-%m-%d %H:%M', '%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p']";

    private const string HasOffset = "[0-9]:[0-9]{2}([:.][0-9.]+)? ?([zZ]|[+-][0-9]{2}(:?[0-9]{2})?)$";

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
            return Plain(TableColumnType.Category, $"{cell}::VARCHAR");
        if (column.Type == DuckDbType.Boolean)
            return Plain(TableColumnType.YesNo, cell);
        if (column.Type == DuckDbType.Timestamp)
            return Plain(TableColumnType.Time, OfCalendar(cell));
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
        var whole = $"({column.Sql})::BIGINT";
        var sql = (edges[0], edges[1]) switch
        {
            ( >= 19_000_101, <= 21_001_231) => $"try_strptime({whole}::VARCHAR, '%Y%m%d')",
            ( >= 19_000_101_000_000, <= 21_001_231_235_959) => $"try_strptime({whole}::VARCHAR, '%Y%m%d%H%M%S')",
            ( >= 300_000_000, < 10_000_000_000) => $"make_timestamp((({column.Sql}) * 1000000)::BIGINT)",
            ( >= 300_000_000_000, < 10_000_000_000_000) => $"make_timestamp((({column.Sql}) * 1000)::BIGINT)",
            ( >= 300_000_000_000_000, < 10_000_000_000_000_000) => $"make_timestamp({whole})",
            _ => null,
        };
        sql = sql is null ? null : OfCalendar(sql);
        return sql is null ? column : column with { Type = TableColumnType.Time, Sql = sql, Broken = column.Broken + (column.Filled - column.Markers - column.Broken) - table.Counts($"SELECT count({sql}) FROM raw")[0] };
    }

    private static (string Sql, long Times, bool IsAmbiguous)? TimesOf(RawTable table, TableSpec spec, int index, long held)
    {
        var cell = $"regexp_replace(replace(replace(trim(c{index}), '오전', 'AM'), '오후', 'PM'), '([AP]M) ([0-9:]+)$', '\\2 \\1')";
        var plain = $"trim(c{index})";
        // A TIMESTAMP drops an offset; one that is written counts.
        var iso = OfCalendar($"coalesce(CASE WHEN regexp_matches({plain}, {DuckDb.Quoted(HasOffset)}) THEN make_timestamp(epoch_us(TRY_CAST({plain} AS TIMESTAMPTZ))) ELSE TRY_CAST({plain} AS TIMESTAMP) END, try_strptime({cell}, {YearFirst}))");
        var (dayFirst, monthFirst) = ($"try_strptime({cell}, {DayFirst})", $"try_strptime({cell}, {MonthFirst})");
        var counts = table.Counts($"SELECT count({iso}), count({dayFirst}), count({monthFirst}), count(*) FILTER (({dayFirst}) <> ({monthFirst})) FROM raw WHERE {HasValue(index, WeaklyMarked)}");
        if (counts[0] >= Mostly * held)
            return (iso, counts[0], false);
        if (Math.Max(counts[1], counts[2]) < Mostly * held)
            return null;
        var isAmbiguous = counts[1] == counts[2] && counts[3] > 0 && spec.Dates == DateOrder.Shown;
        var isDayFirst = spec.Dates switch { DateOrder.DayFirst => true, DateOrder.MonthFirst => false, _ => counts[1] >= counts[2] };
        return isDayFirst ? (dayFirst, counts[1], isAmbiguous) : (monthFirst, counts[2], isAmbiguous);
    }

    /// <summary>A time of the years 1 to 9999; infinity and what lies outside is none.</summary>
    private static string OfCalendar(string time) => $"CASE WHEN ({time}) BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59' THEN ({time}) END";

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

    private static string Forms(string date) => $"[{string.Join(", ", from sign in new[] { "/", "-", "." }
                                                                      from clock in new[] { " %H:%M:%S.%f", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p", "" }
                                                                      select DuckDb.Quoted(string.Format(null, date, sign) + clock))}]";

    private static string List(IEnumerable<string> texts) => string.Join(", ", texts.Select(DuckDb.Quoted));

    internal static bool Is(string? named, string column) => string.Equals(named, column, StringComparison.OrdinalIgnoreCase);

    private static bool IsOneOf(IReadOnlyList<string> named, string column) => named.Contains(column, StringComparer.OrdinalIgnoreCase);
}
