using System.Globalization;
using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>Describes the columns of a typed table: what is missing, how numbers lie, which names are frequent.</summary>
internal static class TableSummary
{
    /// <summary>Quartiles are taken of at most so many rows, evenly spaced: memory does not grow with the table.</summary>
    private const long QuartileRows = 1_000_000;

    private const int SignificantDigits = 6;

    public static TableColumn Of(TypedTable table, TypedColumn column)
    {
        var name = DuckDb.Identifier(column.Name);
        var counts = table.Raw.Counts($"SELECT count(*) - count({name}), count(DISTINCT {name}) FROM typed");
        var described = new TableColumn
        {
            Name = column.Name,
            Type = column.Type,
            Role = table.RoleOf(column),
            Unit = UnitOf(column.Name),
            Missing = counts[0],
            Distinct = counts[1],
        };
        if (counts[1] == 0)
            return described;
        return column.Type switch
        {
            TableColumnType.Number => described with { Numbers = NumbersOf(table, name) },
            TableColumnType.Time => described with { Times = TimesOf(table, name) },
            TableColumnType.YesNo => described with { Top = Top(table, $"CASE WHEN {name} THEN 'yes' ELSE 'no' END", name) },
            _ => described with { Top = Top(table, name, name) },
        };
    }

    /// <summary>To the digits a description has, so that it has the same bytes everywhere.</summary>
    public static double Round(double value) =>
        double.Parse(value.ToString($"G{SignificantDigits}", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static NumberSummary NumbersOf(TypedTable table, string name)
    {
        var step = Math.Max(1, (table.Rows + QuartileRows - 1) / QuartileRows);
        var figures = Row(table, $"SELECT min({name}), max({name}), avg({name}), coalesce(stddev_samp({name}), 0) FROM typed");
        var quartiles = Row(table, $"SELECT coalesce(quantile_cont({name}, 0.25), min({name})), coalesce(quantile_cont({name}, 0.5), min({name})), coalesce(quantile_cont({name}, 0.75), min({name})) FROM typed WHERE rowid % {step} = 0");
        if (quartiles.Any(double.IsNaN)) // none of the rows looked at has a value
            quartiles = Row(table, $"SELECT quantile_cont(v, 0.25), quantile_cont(v, 0.5), quantile_cont(v, 0.75) FROM (SELECT {name} AS v FROM typed WHERE {name} IS NOT NULL LIMIT {QuartileRows})");
        return new NumberSummary(Round(figures[0]), Round(quartiles[0]), Round(quartiles[1]), Round(quartiles[2]), Round(figures[1]), Round(figures[2]), Round(figures[3]), Histogram(table, name, figures[0], figures[1]));
    }

    private static long[] Histogram(TypedTable table, string name, double min, double max)
    {
        var bins = new long[NumberSummary.Bins];
        // Halved, so that the width of the widest column is finite too.
        var (low, width) = (Said(min / 2), Said(max / 2 - min / 2));
        var bin = max > min ? $"least({NumberSummary.Bins - 1}, floor(({name} / 2 - ({low})) / ({width}) * {NumberSummary.Bins}))::BIGINT" : "0::BIGINT";
        foreach (var row in table.Raw.Cells($"SELECT {bin}, count(*) FROM typed WHERE {name} IS NOT NULL GROUP BY 1"))
            bins[Math.Clamp((long)row[0]!, 0, NumberSummary.Bins - 1)] += (long)row[1]!;
        return bins;
    }

    private static TimeRange? TimesOf(TypedTable table, string name)
    {
        var edges = table.Raw.Counts($"SELECT min(epoch_us({name})), max(epoch_us({name})) FROM typed");
        return new TimeRange(Micros.Time(edges[0]), Micros.Time(edges[1]));
    }

    private static List<(string Name, long Rows)> Top(TypedTable table, string shown, string name) =>
        [.. table.Raw.Cells($"SELECT {shown}, count(*) FROM typed WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {TableFacts.TopCategories}")
            .Select(row => (RawTable.Shown((string)row[0]!), (long)row[1]!))];

    private static double[] Row(TypedTable table, string sql) => Array.ConvertAll(table.Raw.Cells(sql)[0], value => value is double number ? number : double.NaN);

    /// <summary>What stands in brackets at the end of a name: <c>Torque [Nm]</c>, <c>CO2(tCO2)</c>.</summary>
    private static string UnitOf(string name)
    {
        var open = name.LastIndexOfAny(['[', '(']);
        return open > 0 && name[^1] is ']' or ')' && open < name.Length - 2 ? name[(open + 1)..^1] : "";
    }

    private static string Said(double value) => value.ToString("R", CultureInfo.InvariantCulture) + "::DOUBLE";
}
