using System.Globalization;
using Dure.Kernel;
using Dure.Native;

namespace Dure.Datasets;

/// <summary>Judges a typed table, column by column and as a whole.</summary>
internal static class TableChecks
{
    /// <summary>Tukey's "far out": beyond the quartiles by three times the distance between them. Tukey (1977), Exploratory Data Analysis, section 2D.</summary>
    private const double FarOut = 3;

    private const int MinForOutliers = 20;

    /// <summary>A larger share of values far out is how a column lies, not a mistake: told, and no loss of quality.</summary>
    private const double MostMistakes = 0.01;

    /// <summary>Fewer rows may all differ by chance.</summary>
    private const int MinForIds = 20;

    /// <summary>Machines did not write files before, and do not from the future; what lies outside is a clock that was not set or a filler.</summary>
    private static readonly DateTimeOffset Earliest = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero), Latest = new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static QualityReport Report(TypedTable table, IReadOnlyList<TableColumn> columns)
    {
        var judged = table.Columns.Zip(columns, (typed, column) => Judge(column.Name, [.. FormOf(table, column.Name), .. OfColumn(table, typed, column)]));
        var kept = columns.Select(column => column.Name).ToHashSet(StringComparer.Ordinal);
        var leftOut = table.Raw.Columns.Index().Where(raw => !kept.Contains(raw.Item.Name)).Select(raw => Judge(raw.Item.Name,
            [Finding(QualityKinds.UnnamedColumn, 0, $"Column {raw.Index + 1} has no name in the file and no cell: it is left out. Its first line is damaged, or a separator is too many.", ("column", raw.Index + 1))]));
        var whole = Judge(null, [.. FormOf(table, null), .. OfRows(table, columns)]);
        return new QualityReport([]) { Columns = [.. judged.Concat(leftOut).Append(whole).OrderBy(one => one.Score).ThenBy(one => one.Column, StringComparer.Ordinal)] };
    }

    private static IEnumerable<QualityFinding> FormOf(TypedTable table, string? column) => table.Raw.Findings.Where(told => told.Column == column).Select(told => told.Finding);

    private static ColumnQuality Judge(string? column, IReadOnlyList<QualityFinding> findings) => new(column,
        TableSummary.Round(findings.Aggregate(1.0, (score, finding) => score * (1 - Math.Clamp(finding.Share, 0, 1)))),
        [.. findings.OrderByDescending(finding => finding.Share).ThenBy(finding => finding.Key, StringComparer.Ordinal)]);

    private static IEnumerable<QualityFinding> OfColumn(TypedTable table, TypedColumn typed, TableColumn column)
    {
        var (rows, filled) = ((double)table.Rows, table.Rows - column.Missing);
        if (column.Missing > 0)
            yield return Finding(QualityKinds.Missing, column.Missing / rows, $"{column.Missing} of {table.Rows} rows have no value.", ("rows", column.Missing), ("of", table.Rows));
        if (typed.Markers > 0)
            yield return Finding(QualityKinds.MixedText, 0, $"{typed.Markers} cells say in words that there is no value ({MarkersOf(table, typed)}); they are taken as missing.", ("cells", typed.Markers));
        if (typed.Broken > 0)
            yield return Finding(QualityKinds.BrokenCells, typed.Broken / rows, $"{typed.Broken} cells are not what the column holds; they were emptied.", ("cells", typed.Broken));
        if (typed.HasDecimalCommas)
            yield return Finding(QualityKinds.DecimalCommas, 0, "Its numbers are written with a decimal comma, and read so.", ("cells", typed.Filled));
        if (typed.IsAmbiguous)
            yield return Finding(QualityKinds.AmbiguousDates, 0, "Its dates can be read with the day first and with the month first; they were read with the day first.", ("cells", typed.Filled));
        if (column.Distinct == 1 && filled > 1)
            yield return Finding(QualityKinds.Constant, 0, "Every row has the same value: nothing can be learnt from it.", ("rows", filled));
        if (LooksLikeId(table, column, filled))
            yield return Finding(QualityKinds.LooksLikeId, 0, "Every row has a number of its own, rising by one: it looks like an identifier, and a model would learn the order of the file.", ("rows", filled));
        if (column is { Numbers: { } numbers, Role: TableRole.Feature or TableRole.Target } && Outliers(table, column.Name, numbers) is { } outliers)
            yield return outliers;
        if (column.Times is not null)
            foreach (var finding in OfTimes(table, column))
                yield return finding;
    }

    private static string MarkersOf(TypedTable table, TypedColumn column) =>
        string.Join(", ", table.Raw.Cells($"SELECT c{column.Index}, count(*) FROM raw WHERE {column.WithoutValue} AND {ColumnTyping.IsMarker(column.Index)} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 3").Select(row => $"'{row[0]}'"));

    private static bool LooksLikeId(TypedTable table, TableColumn column, long filled)
    {
        if (column is not { Role: TableRole.Feature, Numbers: { } numbers } || filled < MinForIds || column.Distinct != filled || numbers.Max - numbers.Min > 2 * filled)
            return false;
        var name = DuckDb.Identifier(column.Name);
        return table.Raw.Counts($"SELECT count(*) FILTER (step <> 1) FROM (SELECT {name} - lag({name}) OVER (ORDER BY rowid) AS step FROM typed)")[0] == 0;
    }

    private static QualityFinding? Outliers(TypedTable table, string column, NumberSummary numbers)
    {
        var reach = FarOut * (numbers.UpperQuartile - numbers.LowerQuartile);
        if (!(reach > 0) || double.IsInfinity(reach) || table.Rows < MinForOutliers)
            return null;
        var (low, high) = (TableSummary.Round(numbers.LowerQuartile - reach), TableSummary.Round(numbers.UpperQuartile + reach));
        if (numbers.Min >= low && numbers.Max <= high)
            return null;
        var name = DuckDb.Identifier(column);
        var count = table.Raw.Counts(string.Create(CultureInfo.InvariantCulture, $"SELECT count(*) FROM typed WHERE {name} < {low:R}::DOUBLE OR {name} > {high:R}::DOUBLE"))[0];
        var share = (double)count / table.Rows;
        return count == 0 ? null : Finding(QualityKinds.Outliers, share <= MostMistakes ? share : 0, $"{count} values are far out: below {Say(low)} or above {Say(high)}, three times the distance between the quartiles beyond them.",
            ("rows", count), ("low", low), ("high", high));
    }

    private static IEnumerable<QualityFinding> OfTimes(TypedTable table, TableColumn column)
    {
        var name = DuckDb.Identifier(column.Name);
        if (column.Times is { } times && (times.Start < Earliest || times.End >= Latest))
        {
            var outside = table.Raw.Counts($"SELECT count(*), arg_min(epoch_us({name}), rowid) FROM typed WHERE {name} < make_timestamp({Micros.Of(Earliest)}) OR {name} >= make_timestamp({Micros.Of(Latest)})");
            yield return Finding(QualityKinds.SuspiciousDates, (double)outside[0] / table.Rows, $"{outside[0]} rows are dated before {Earliest.Year} or from {Latest.Year} on: a clock that was not set, or a filler.", outside[1], ("rows", outside[0]));
        }
        if (column.Role != TableRole.Time)
            yield break;
        var (midnights, firstMidnight) = table.WrongMidnights;
        if (midnights > 0)
            yield return Finding(QualityKinds.WrongMidnights, table.MidnightsMended > 0 ? 0 : (double)midnights / table.Rows,
                $"{midnights} rows at 00:00 carry the day that ended, so time steps back by a day and on again{(table.MidnightsMended > 0 ? "; they were moved to the day that began" : "")}.", firstMidnight, ("rows", midnights));
        var unexplained = midnights - table.MidnightsMended;
        var back = table.Raw.Counts($"SELECT count(*), arg_min(epoch_us(time), row) FROM (SELECT rowid AS row, {name} AS time, lag({name}) OVER ({table.PartitionByGroup}ORDER BY rowid) AS before FROM typed) WHERE time < before");
        if (back[0] > unexplained)
            yield return Finding(QualityKinds.ClockBackward, 0, $"Time goes back {back[0] - unexplained} times from one row to the next: the rows are not in order of time.", back[1], ("times", back[0] - unexplained));
        var group = table.ColumnOf(TableRole.Group) is { } column2 ? DuckDb.Identifier(column2.Name) + ", " : "";
        var repeated = table.Raw.Counts($"SELECT coalesce(sum(n - 1), 0)::BIGINT FROM (SELECT count(*) AS n FROM typed WHERE {name} IS NOT NULL GROUP BY {group}{name} HAVING count(*) > 1)")[0];
        if (repeated > 0)
            yield return Finding(QualityKinds.Duplicates, 0, $"{repeated} rows repeat the time of another{(group.Length > 0 ? " of their group" : "")}.", ("samples", repeated));
    }

    private static IEnumerable<QualityFinding> OfRows(TypedTable table, IReadOnlyList<TableColumn> columns)
    {
        if (table.Raw.Broken.Count > 0)
            yield return Finding(QualityKinds.BrokenLines, (double)table.BrokenLines / (table.BrokenLines + table.Rows),
                $"{table.BrokenLines} lines could not be read and were left out; the first is line {table.Raw.Broken[0].Line}.", ("lines", table.BrokenLines), ("first", table.Raw.Broken[0].Line));
        if (table.RowsWithoutKey > 0)
            yield return Finding(QualityKinds.NoKey, (double)table.RowsWithoutKey / (table.RowsWithoutKey + table.Rows), $"{table.RowsWithoutKey} rows have no time or no group; they were left out.", ("rows", table.RowsWithoutKey));
        var compared = columns.Where(column => column.Role != TableRole.Identifier).Select(column => DuckDb.Identifier(column.Name)).ToList();
        if (compared.Count == 0)
            yield break;
        var repeated = table.Rows - table.Raw.Counts($"SELECT count(DISTINCT hash({string.Join(", ", compared)})) FROM typed")[0];
        if (repeated > 0)
            yield return Finding(QualityKinds.DuplicateRows, (double)repeated / table.Rows, $"{repeated} rows say the same as another row in every column but the identifiers.", ("rows", repeated));
    }

    private static QualityFinding Finding(string kind, double share, string words, params ReadOnlySpan<(string Name, double Value)> numbers) => Finding(kind, share, words, null, numbers);

    private static QualityFinding Finding(string kind, double share, string words, long? atMicros, params ReadOnlySpan<(string Name, double Value)> numbers)
    {
        var named = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var (name, value) in numbers)
            named[name] = value;
        return new QualityFinding(kind, share, words, named, atMicros is { } at ? Micros.Time(at) : null);
    }

    private static string Say(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
