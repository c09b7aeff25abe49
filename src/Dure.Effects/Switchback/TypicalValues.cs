namespace Dure.Effects;

/// <summary>
/// The interval of a common shift of differences whose signs chance has decided. Every test that flips signs accepts just the shifts that lie between two order
/// statistics of the means of all subsets of the differences, so that the interval is the inverted randomisation test and its coverage is
/// exact for any disturbances, however they follow each other. Hartigan (1969), Journal of the American Statistical Association 64, 1303-1317.
/// </summary>
public static class TypicalValues
{
    // All subsets up to here; beyond, as many by chance, which leaves the coverage as it is (Hartigan's theorem 3).
    private const int MaxEnumerated = 14;
    private const int Drawn = 9_999;

    /// <param name="differences">One for each pair, treated less untreated.</param>
    /// <param name="seed">Of the subsets drawn where there are too many for all.</param>
    public static Interval Interval(ReadOnlySpan<double> differences, double level = 0.95, int seed = 1)
    {
        if (differences.Length < SwitchbackDesign.LeastPairs(level))
            throw new Kernel.ProblemException("urn:dure:effects:too-few-blocks", $"There are {differences.Length} differences; {SwitchbackDesign.LeastPairs(level)} are needed for an interval of {level:P0}.", "switchback", "Run more pairs of blocks.");
        var means = differences.Length <= MaxEnumerated ? AllSubsets(differences) : SomeSubsets(differences, seed);
        Array.Sort(means);
        var outside = (int)Math.Floor((means.Length + 1) * (1 - level) / 2 + 1e-9); // order statistics left out on each side
        var sum = 0.0;
        foreach (var difference in differences)
            sum += difference;
        return new(sum / differences.Length, means[outside - 1], means[^outside], level);
    }

    private static double[] AllSubsets(ReadOnlySpan<double> differences)
    {
        // A subset's sum is that of the subset without its lowest member, and that member.
        var sums = new double[1 << differences.Length];
        var means = new double[sums.Length - 1];
        for (var subset = 1; subset < sums.Length; subset++)
        {
            sums[subset] = sums[subset & (subset - 1)] + differences[int.TrailingZeroCount(subset)];
            means[subset - 1] = sums[subset] / int.PopCount(subset);
        }
        return means;
    }

    private static double[] SomeSubsets(ReadOnlySpan<double> differences, int seed)
    {
        var random = new Random(seed);
        var means = new double[Drawn];
        for (var drawn = 0; drawn < Drawn;)
        {
            var (sum, count) = (0.0, 0);
            foreach (var difference in differences)
                if (random.Next(2) == 1)
                    (sum, count) = (sum + difference, count + 1);
            if (count > 0)
                means[drawn++] = sum / count;
        }
        return means;
    }
}
