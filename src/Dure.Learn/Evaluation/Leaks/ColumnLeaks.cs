using Dure.Learn.Tables;

namespace Dure.Learn.Evaluation;

/// <summary>Single columns that give the target away.</summary>
internal static class ColumnLeaks
{
    private const double Gives = 0.98;
    private const double Changes = 0.9;

    /// <summary>A rounded target tells less of the target than that, but never contradicts its order.</summary>
    private const double Rounded = 0.3, InOrder = 0.998;


    /// <summary>Of a smooth series the changes have less than this part of the variance.</summary>
    private const double Rough = 0.05;

    private const double Pure = 0.95;
    private const int LeastPure = 8;
    private const double FilledGives = 0.7;
    private const double NumberGoesWith = 0.3;
    private const double GroupGives = 0.9;

    public static IEnumerable<LeakFinding> Of(LeakQuestion sample, LeakQuestion whole, CancellationToken cancel)
    {
        var isSmooth = ColumnStrength.Roughness(sample) < Rough;
        for (var i = 0; i < sample.Rows.Features.Columns.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var column = sample.Rows.Features.Columns[i];
            if ((Number(whole, whole.Rows.Features.Columns[i]) ?? Filled(sample, column) ?? Single(sample, column, isSmooth) ?? NamesGroup(sample, column)) is { } finding)
                yield return finding;
        }
    }

    private static LeakFinding? Single(LeakQuestion sample, FeatureColumn column, bool isSmooth)
    {
        var strength = ColumnStrength.Of(sample, column);
        // Of a smooth series yesterday's value tells most of today's; what gives the target away tells its changes too.
        if (strength > Gives && (!isSmooth || ColumnStrength.OfChanges(sample, column) > Changes))
            return new(LeakKind.SingleColumn, [column.Name], true,
                $"The column alone gives the target ({(sample.Task.IsClassification ? "AUC" : "R2")} {strength:0.000} on rows it was not fitted to): it is the target in another form, or is measured after it.",
                "Leave it out unless it is really known before the target; then there is nothing to learn.");
        if (!sample.Task.IsClassification && !column.IsCategorical && strength > Rounded && ColumnStrength.Concordance(sample, column.Values) is > InOrder and var order)
            return new(LeakKind.SingleColumn, [column.Name], true, $"The column is the target in coarser steps: of pairs of rows that differ in it {order:0.0%} are in the target's order.",
                "Leave it out: it is reckoned from the target.");
        if (sample.Task.IsClassification && PureValue(sample, column.Values) is { } value)
            return new(LeakKind.SingleColumn, [column.Name], true,
                $"Of the {value.Rows} rows where the column is {value.Value} {value.Share:P0} are {sample.Task.Classes[value.Class]}: it is a part of the target, or follows from it.",
                "Leave it out unless it is really known before the target.");
        return null;
    }

    /// <summary>A value of a column with two or three values that nearly always means one, otherwise uncommon, class.</summary>
    private static (float Value, int Rows, int Class, double Share)? PureValue(LeakQuestion sample, float[] values)
    {
        var labels = sample.Rows.Target.Labels;
        var byValue = Enumerable.Range(0, values.Length).GroupBy(row => values[row]).Take(4).ToArray();
        if (byValue.Length is < 2 or > 3)
            return null;
        foreach (var rows in byValue.OrderBy(group => group.Key).Where(group => group.Count() >= LeastPure))
        {
            var most = rows.GroupBy(row => (int)labels[row]).OrderByDescending(group => group.Count()).ThenBy(group => group.Key).First();
            var (share, usual) = ((double)most.Count() / rows.Count(), (double)labels.Count(label => (int)label == most.Key) / labels.Length);
            if (share >= Pure && usual <= 0.5)
                return (rows.Key, rows.Count(), most.Key, share);
        }
        return null;
    }

    private static LeakFinding? Filled(LeakQuestion sample, FeatureColumn column)
    {
        var missing = column.Values.Count(float.IsNaN);
        if (missing < LeastPure || missing > column.Values.Length - LeastPure)
            return null;
        var filled = column with { Values = Array.ConvertAll(column.Values, value => float.IsNaN(value) ? 0f : 1), IsCategorical = true };
        var gives = sample.Task.IsClassification ? PureValue(sample, filled.Values) is not null || ColumnStrength.Of(sample, filled) > Gives : ColumnStrength.Of(sample, filled) > FilledGives;
        return gives ? new(LeakKind.FilledWithTarget, [column.Name], true, "Whether the column is filled tells the target: it is written down when the outcome is known.",
            "Leave it out, or fill it from a source that does not wait for the outcome.") : null;
    }

    private static LeakFinding? Number(LeakQuestion whole, FeatureColumn column)
    {
        var values = column.Values;
        if (column.IsCategorical || Array.Exists(values, value => float.IsNaN(value) || value != MathF.Floor(value)) || values.Max() - values.Min() > 2.0 * values.Length || values.Distinct().Count() != values.Length)
            return null;
        var strength = Math.Abs(ColumnStrength.Order(whole, values));
        return strength < NumberGoesWith ? null : new(LeakKind.Identifier, [column.Name], whole.Known.TimesMicros is null,
            $"The column numbers the rows, and the number goes with the target (rank correlation {strength:0.00}): rows were sorted, or collected one kind after the other.",
            "Leave it out; if it counts something that is known in use, such as cycles, split by time or group.");
    }

    private static LeakFinding? NamesGroup(LeakQuestion sample, FeatureColumn column)
    {
        if (sample.Known.Groups is not { } groups)
            return null;
        var pairs = Enumerable.Range(0, groups.Length).Select(row => (groups[row], column.Values[row])).Distinct().ToArray();
        var (names, values) = (pairs.Select(pair => pair.Item1).Distinct().Count(), pairs.Select(pair => pair.Item2).Distinct().Count());
        if (names < 3 || pairs.Length != names || values != names)
            return null;
        var gives = ColumnStrength.Of(sample, column with { IsCategorical = true, Values = Array.ConvertAll(groups, group => (float)Math.Abs(group % (1 << 24))) });
        return new(LeakKind.NamesGroup, [column.Name], gives > GroupGives, $"The column has a value of its own for each of the {names} groups: the model would learn names instead of what makes machines differ.",
            "Leave it out; a machine that was never seen has none of these values.");
    }
}
