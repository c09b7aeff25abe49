using System.Globalization;

namespace Dure.Learn.Evaluation;

/// <summary>
/// Targets that follow from several columns by a formula, as active power follows from reactive power and power factor. No single column shows
/// it, and a good learner finds it: a figure near perfect that means nothing. Searched on sampled rows: weighted sums, sums of squares (right
/// triangles), products of powers, and pairs of terms such as (a - b) * c, a / (b + c) or a / tan(acos b).
/// </summary>
internal static class FormulaLeaks
{
    private const int SampleRows = 1500;
    private const int MostColumns = 40;
    private const int LeastValues = 20;
    private const double Keep = 0.6;

    /// <summary>Of the rows that fit best this share of the variance may be left, of a slow series of its changes' variance; noise as one measures it leaves far more.</summary>
    private const double Exact = 1e-5;

    /// <param name="without">Columns that are left out.</param>
    public static IEnumerable<LeakFinding> Of(LeakQuestion sample, IReadOnlySet<string> without, CancellationToken cancel)
    {
        var rows = Enumerable.Range(0, sample.Rows.Count).ToArray();
        new Random(sample.Seed + 1).Shuffle(rows);
        rows = [.. rows.Take(SampleRows).Order()];
        double[] y = [.. rows.Select(row => (double)sample.Rows.Target.Labels[row])];
        if (y.Distinct().Count() < LeastValues)
            yield break;
        // Those that go with the target most, when there are too many to try all.
        var columns = sample.Rows.Features.Columns.Where(column => !column.IsCategorical && !without.Contains(column.Name))
            .Select(column => (column.Name, Values: rows.Select(row => (double)column.Values[row]).ToArray()))
            .Where(column => column.Values.Count(double.IsFinite) > 0.9 * rows.Length && column.Values.Distinct().Count() > 2)
            .OrderByDescending(column => Math.Abs(ColumnStrength.Rank(column.Values, y))).Take(MostColumns).ToArray();
        if (columns.Length == 0)
            yield break;
        // Of a slow series its own past tells nearly all: a formula must tell the changes.
        var rough = ColumnStrength.Roughness(sample);
        var found = Sum(columns, y, rough, value => value, double.IsFinite, "{0} = {1}", "{0}") ??
            Sum(columns, y, rough, value => value * value, double.IsFinite, "{0}² = {1}", "{0}²") ??
            Powers(columns, y, rough) ?? FormulaPairs.Of(columns, y, Math.Sqrt(rough), cancel);
        if (found is { } formula)
            yield return new(LeakKind.Formula, formula.Columns, true, $"The target follows from these columns: {formula.Text}. It holds on {formula.Share:P0} of the sampled rows; a model would find the formula, not the process.",
                "Leave these columns out, or predict them too: they are measured together with the target.");
    }

    /// <summary>A weighted sum of the columns, each seen through a function.</summary>
    private static Formula? Sum((string Name, double[] Values)[] columns, double[] y, double rough, Func<double, double> through, Func<double, bool> allowed, string whole, string term)
    {
        int[] rows = [.. Enumerable.Range(0, y.Length).Where(row => allowed(y[row]) && columns.All(column => allowed(column.Values[row])))];
        if (rows.Length < 0.5 * y.Length)
            return null;
        double[] target = [.. rows.Select(row => through(y[row]))];
        double[][] matrix(int[] chosen) => [.. rows.Select(row => chosen.Select(i => through(columns[i].Values[row])).ToArray())];
        var all = Enumerable.Range(0, columns.Length).ToArray();
        if (TrimmedFit.Of(matrix(all), target, Keep) is not { } fit || !Holds(fit, target, rough))
            return null;
        // One after the other is left out as long as the formula holds without it: what remains is what it needs.
        foreach (var one in all.OrderBy(i => Math.Abs(fit.Weights[i]) * Spread(columns[i].Values)))
        {
            int[] rest = [.. all.Where(i => i != one)];
            if (rest.Length > 0 && TrimmedFit.Of(matrix(rest), target, Keep) is { } fewer && Holds(fewer, target, rough))
                (all, fit) = (rest, fewer);
        }
        // One column that is left was a line through it: the probe of single columns says that.
        if (all.Length < 2)
            return null;
        var parts = all.Select((i, place) => string.Create(CultureInfo.InvariantCulture, $"{fit.Weights[place]:0.####}·") + string.Format(CultureInfo.InvariantCulture, term, columns[i].Name));
        return new([.. all.Select(i => columns[i].Name)], string.Format(CultureInfo.InvariantCulture, whole, "target", string.Join(" + ", parts)), Share(fit, matrix(all), target));
    }

    /// <summary>A product of powers: a sum of logarithms.</summary>
    private static Formula? Powers((string Name, double[] Values)[] columns, double[] y, double rough)
    {
        (string Name, double[] Values)[] positive = [.. columns.Where(column => column.Values.Count(value => value > 0) > 0.9 * y.Length)];
        if (positive.Length < 2 || y.Count(value => value > 0) < 0.6 * y.Length)
            return null;
        return Sum(positive, y, rough, Math.Log, value => value > 0 && double.IsFinite(value), "log {0} = {1}", "log {0}");
    }

    /// <summary>The rows that fit must still say something: they vary about as all do, and take many values.</summary>
    private static bool Holds(TrimmedFit fit, double[] y, double rough) => fit.Unexplained < Exact * rough && IsTelling(y, fit.Kept);

    internal static bool IsTelling(double[] y, int[] kept)
    {
        double[] inside = [.. kept.Select(row => y[row])];
        return Spread(inside) > 0.25 * Spread(y) && inside.Distinct().Count() >= LeastValues;
    }

    internal static double Spread(double[] values)
    {
        var finite = values.Where(double.IsFinite).ToArray();
        var mean = finite.Average();
        return Math.Sqrt(finite.Average(value => (value - mean) * (value - mean)));
    }

    private static double Share(TrimmedFit fit, double[][] rows, double[] y)
    {
        var near = 0.02 * Spread(y);
        return (double)rows.Where((row, i) => Math.Abs(y[i] - TrimmedFit.At(row, fit.Weights)) <= near).Count() / rows.Length;
    }
}

/// <summary>A formula for the target.</summary>
internal sealed record Formula(IReadOnlyList<string> Columns, string Text, double Share);
