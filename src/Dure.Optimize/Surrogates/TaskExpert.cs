using Dure.Optimize.Gaussian;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// What one earlier campaign says of a new one if their outcomes go together to a given degree: a joint Gaussian process of both, each with the earlier
/// one's kernel, whose correlation across the two is the kernel's times that degree (Bonilla, Chai and Williams 2008, two tasks). The new outcome's level
/// and scale are its own: what is shared is where it is high and low.
/// </summary>
internal sealed class TaskExpert
{
    private const double Jitter = 1e-8;

    /// <summary>Deviation of the new campaign's level around the mean of its values, in deviations of these.</summary>
    private const double LevelSpread = 2;

    /// <summary>Of the logarithm of the scale, around the deviation of the values.</summary>
    private const double LogScaleSpread = 0.8;

    private static readonly double[] LogScales = [-1.4, -1.0, -0.7, -0.4, -0.2, 0, 0.2, 0.4, 0.7, 1.0, 1.4, 1.8];

    private readonly KernelPosterior posterior;
    private readonly double level, scale;

    private readonly ProcessSurrogate source;
    private readonly double degree;

    private TaskExpert(ProcessSurrogate source, double degree, KernelPosterior posterior, (double Level, double Scale, double LogEvidence) found) =>
        (this.source, this.degree, this.posterior, level, scale, LogEvidence) = (source, degree, posterior, found.Level, found.Scale, found.LogEvidence);

    /// <summary>What was learnt from the earlier campaign alone.</summary>
    public ProcessSurrogate Source => source;

    /// <summary>The logarithm of how probable the new campaign's values are after the earlier one's.</summary>
    public double LogEvidence { get; }

    /// <summary>Deviation of the noise, standardised.</summary>
    public double Noise => scale * Math.Sqrt(source.Parameters.Noise);

    /// <param name="degree">How the two outcomes go together: from -1 (one high where the other is low) to 1.</param>
    /// <param name="standard">The new campaign's values, standardised.</param>
    public static TaskExpert Of(ProcessSurrogate source, double degree, TrialTable trials, ReadOnlySpan<double> standard)
    {
        var (before, count) = (source.Trials, source.Trials + trials.Count);
        var both = source.Table.Rows([.. Enumerable.Range(0, before)]);
        var point = new double[trials.Coding.Columns];
        for (var row = 0; row < trials.Count; row++)
        {
            trials.CopyRow(row, point);
            both.Add(point);
        }
        var kernel = new BlendedKernel(source.Kind, both.Coding, source.Parameters);
        var factor = Factor(kernel, both, before, degree, source.Parameters.Noise);
        // Whitened: what is left of the earlier values, of the new ones, and of a level of one.
        var (earlier, newer, one) = (new double[count], new double[count], new double[count]);
        for (var i = 0; i < count; i++)
            (earlier[i], newer[i], one[i]) = i < before ? (source.Standard[i] - source.Parameters.Mean, 0.0, 0.0) : (0.0, standard[i - before], 1.0);
        factor.SolveLower(earlier);
        factor.SolveLower(newer);
        factor.SolveLower(one);
        var (level, scale, logEvidence) = LevelAndScale(factor, before, earlier, newer, one);
        var weights = new double[count];
        for (var i = 0; i < count; i++)
            weights[i] = earlier[i] + (newer[i] - level * one[i]) / scale;
        factor.SolveUpper(weights);
        var scales = new double[count];
        for (var i = 0; i < count; i++)
        {
            scales[i] = i < before ? degree : 1;
            weights[i] *= scales[i];
        }
        return new TaskExpert(source, degree, new KernelPosterior(kernel, both, factor, weights, scales), (level, scale, logEvidence));
    }

    /// <summary>Of the same campaign and degree, for other trials of the new one.</summary>
    public TaskExpert Again(TrialTable trials, ReadOnlySpan<double> standard) => Of(source, degree, trials, standard);

    public TaskExpert Of(ProcessSurrogate other, TrialTable trials, ReadOnlySpan<double> standard) => Of(other, degree, trials, standard);

    /// <summary>In standardised values.</summary>
    public void Predict(TrialTable points, Span<double> means, Span<double> variances)
    {
        posterior.Predict(points, means, variances);
        for (var i = 0; i < points.Count; i++)
            (means[i], variances[i]) = (level + scale * means[i], scale * scale * variances[i]);
    }

    public Belief At(ReadOnlySpan<double> point, Span<double> meanSlopes, Span<double> varianceSlopes)
    {
        var belief = posterior.At(point, meanSlopes, varianceSlopes);
        for (var column = 0; column < point.Length; column++)
            (meanSlopes[column], varianceSlopes[column]) = (scale * meanSlopes[column], scale * scale * varianceSlopes[column]);
        return new Belief(level + scale * belief.Mean, scale * scale * belief.Variance);
    }

    private static Cholesky Factor(BlendedKernel kernel, TrialTable both, int before, double degree, double noise)
    {
        var count = both.Count;
        for (var jitter = Jitter; ; jitter *= 10)
        {
            var matrix = new double[count * count];
            for (var i = 0; i < count; i++)
            {
                for (var j = 0; j < i; j++)
                    matrix[i * count + j] = kernel.At(both, i, both, j) * (i >= before && j < before ? degree : 1);
                matrix[i * count + i] = 1 + noise + jitter;
            }
            if (Cholesky.TryOf(matrix, count, 1) is { } made)
                return made;
            if (jitter > 1)
                throw new ArithmeticException("The points' correlations are no numbers.");
        }
    }

    /// <summary>
    /// The new values are a level plus a scale times what the joint process says. Given the scale the best level is a regression's; of the scale a row of
    /// values is tried. The evidence is summed over them.
    /// </summary>
    private static (double Level, double Scale, double LogEvidence) LevelAndScale(Cholesky factor, int before, ReadOnlySpan<double> earlier, ReadOnlySpan<double> newer, ReadOnlySpan<double> one)
    {
        var count = earlier.Length - before;
        if (count == 0)
            return (0, 1, 0);
        var logDeterminant = 0.0;
        for (var i = before; i < factor.Size; i++)
            logDeterminant += Math.Log(factor.Row(i)[i]);
        var (best, bestLevel, bestScale, sum) = (double.NegativeInfinity, 0.0, 1.0, 0.0);
        var rest = new double[count];
        foreach (var logScale in LogScales)
        {
            var scale = Math.Exp(logScale);
            for (var i = 0; i < count; i++)
                rest[i] = newer[before + i] / scale + earlier[before + i];
            var ones = one[before..];
            var precision = Vectors.Dot(ones, ones) + scale * scale / (LevelSpread * LevelSpread);
            var level = Vectors.Dot(rest, ones) / precision; // in units of the scale
            var misfit = Vectors.Dot(rest, rest) - level * level * precision;
            var log = -misfit / 2 - logDeterminant - count * (logScale + Math.Log(2 * Math.PI) / 2) - Math.Log(precision * LevelSpread * LevelSpread / scale / scale) / 2
                - logScale * logScale / (2 * LogScaleSpread * LogScaleSpread);
            if (log > best)
                (sum, best, bestLevel, bestScale) = (sum * Math.Exp(best - log) + 1, log, level * scale, scale);
            else
                sum += Math.Exp(log - best);
        }
        return (bestLevel, bestScale, best + Math.Log(sum / LogScales.Length));
    }
}
