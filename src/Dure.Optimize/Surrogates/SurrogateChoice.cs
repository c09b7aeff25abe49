using Dure.Kernel.Distributions;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// A Gaussian process or a forest: a process as long as there are few trials, which it uses best; from then on whichever foretells the trials left out
/// better, by the mean logarithm of the density it gave them.
/// </summary>
public static class SurrogateChoice
{
    /// <param name="leastTrials">Below so many trials no forest is grown.</param>
    public static ISurrogate Fit(TrialTable trials, ReadOnlySpan<double> values, SurrogateOptions options, ForestOptions? forest = null, int leastTrials = 100, CancellationToken cancel = default)
    {
        var process = ProcessSurrogate.Fit(trials, values, options, cancel: cancel);
        if (trials.Count < leastTrials)
            return process;
        var trees = ForestSurrogate.Fit(trials, values, forest);
        var (left, bagged) = (process.LeaveOneOut(), trees.OutOfBag());
        var lead = 0.0;
        for (var i = 0; i < left.Length; i++)
            if (double.IsFinite(bagged[i].Mean))
                lead += LogDensity(bagged[i].Mean, bagged[i].Variance, values[i]) - LogDensity(left[i].Mean, left[i].Variance, values[i]);
        return lead > 0 ? trees : process;
    }

    private static double LogDensity(double mean, double variance, double value) =>
        -(value - mean) * (value - mean) / (2 * variance) - Math.Log(variance) / 2 - Normal.LogRootTwoPi;
}
