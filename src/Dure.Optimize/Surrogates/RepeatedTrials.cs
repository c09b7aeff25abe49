namespace Dure.Optimize.Surrogates;

/// <summary>
/// Trials of which some were made more than once, each point once: its mean, and the standard error of that, as a Gaussian process takes it for noise
/// known of each value alone. Points that vary more than others so count less.
/// </summary>
public sealed class RepeatedTrials
{
    /// <summary>How many trials' worth the common variance counts in that of a point, of which few repeats tell little.</summary>
    private const double CommonWeight = 4;

    private RepeatedTrials(TrialTable points, double[] means, double[]? standardErrors, int[] repeats) =>
        (Points, Means, StandardErrors, Repeats) = (points, means, standardErrors, repeats);

    /// <summary>Each point once, in the order of first trials.</summary>
    public TrialTable Points { get; }

    public double[] Means { get; }

    /// <summary>In the unit of the values; null where no point was tried twice, so that nothing is known of noise.</summary>
    public double[]? StandardErrors { get; }

    public int[] Repeats { get; }

    /// <param name="values">One for each row, finite.</param>
    public static RepeatedTrials Of(TrialTable trials, ReadOnlySpan<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(values.Length, trials.Count);
        var (groups, points) = (new List<List<double>>(), new TrialTable(trials.Coding, Math.Max(1, trials.Count)));
        for (var row = 0; row < trials.Count; row++)
        {
            var same = Same(points, trials, row);
            if (same == groups.Count)
            {
                var point = new double[trials.Coding.Columns];
                trials.CopyRow(row, point);
                points.Add(point);
                groups.Add([]);
            }
            groups[same].Add(values[row]);
        }
        double[] means = [.. groups.Select(group => group.Average())];
        double[] squares = [.. groups.Select((group, i) => group.Sum(value => (value - means[i]) * (value - means[i])))];
        int[] repeats = [.. groups.Select(group => group.Count)];
        var freedom = repeats.Sum(count => count - 1);
        if (freedom == 0)
            return new RepeatedTrials(points, means, null, repeats);
        var common = squares.Sum() / freedom;
        double[] errors = [.. squares.Select((square, i) => Math.Sqrt((CommonWeight * common + square) / (CommonWeight + repeats[i] - 1) / repeats[i]))];
        return new RepeatedTrials(points, means, errors, repeats);
    }

    private static int Same(TrialTable points, TrialTable trials, int row)
    {
        for (var other = 0; other < points.Count; other++)
        {
            var column = 0;
            while (column < trials.Coding.Columns && points.At(other, column) == trials.At(row, column))
                column++;
            if (column == trials.Coding.Columns)
                return other;
        }
        return points.Count;
    }
}
