using Dure.Kernel.Distributions;

namespace Dure.Optimize.Pareto;

/// <summary>
/// The hypervolume that a trial is expected to add, where each objective is believed to be normal and independent of the others: exact by boxes, with
/// slopes (Yang, Emmerich, Deutz and Bäck 2019). The mean over several fronts is the one with noise (Daulton, Balandat and Bakshy 2021).
/// </summary>
internal sealed class ExpectedHypervolume
{
    private readonly FreeBoxes[] fronts;
    private readonly double[][] gains, byMean, byDeviation;

    /// <param name="fronts">One or several that the front may be.</param>
    public ExpectedHypervolume(IReadOnlyList<FreeBoxes> fronts)
    {
        this.fronts = [.. fronts];
        var directions = fronts[0].Directions;
        var most = fronts.Max(front => front.Levels.Max(levels => levels.Length));
        double[][] rows() => [.. Enumerable.Range(0, directions).Select(_ => new double[most])];
        (gains, byMean, byDeviation) = (rows(), rows(), rows());
    }

    /// <summary>The logarithm of the expectation, and its slopes by means and deviations. Not for several threads at once.</summary>
    public double Log(ReadOnlySpan<double> means, ReadOnlySpan<double> deviations, Span<double> meanSlopes, Span<double> deviationSlopes)
    {
        meanSlopes.Clear();
        deviationSlopes.Clear();
        var sum = 0.0;
        foreach (var front in fronts)
        {
            Levels(front, means, deviations);
            sum += Sum(front, meanSlopes, deviationSlopes);
        }
        if (!(sum > 1e-280))
            return Hopeless(means, deviations, meanSlopes, deviationSlopes);
        for (var direction = 0; direction < meanSlopes.Length; direction++)
            (meanSlopes[direction], deviationSlopes[direction]) = (meanSlopes[direction] / sum, deviationSlopes[direction] / sum);
        return Math.Log(sum / fronts.Length);
    }

    /// <summary>For each level how far above it an objective is expected to be: σ h((μ - level) / σ), and its slopes.</summary>
    private void Levels(FreeBoxes front, ReadOnlySpan<double> means, ReadOnlySpan<double> deviations)
    {
        for (var direction = 0; direction < means.Length; direction++)
        {
            var levels = front.Levels[direction];
            for (var i = 0; i < levels.Length - 1; i++)
            {
                var z = (means[direction] - levels[i]) / deviations[direction];
                var (density, below) = (Normal.Density(z), Normal.Cdf(z));
                gains[direction][i] = deviations[direction] * Math.Max(0, density + z * below);
                (byMean[direction][i], byDeviation[direction][i]) = (below, density);
            }
            (gains[direction][levels.Length - 1], byMean[direction][levels.Length - 1], byDeviation[direction][levels.Length - 1]) = (0, 0, 0);
        }
    }

    private double Sum(FreeBoxes front, Span<double> meanSlopes, Span<double> deviationSlopes)
    {
        var directions = front.Directions;
        Span<double> sides = stackalloc double[directions];
        var sum = 0.0;
        for (var number = 0; number < front.Count; number++)
        {
            var box = front.Box(number);
            var volume = 1.0;
            for (var direction = 0; direction < directions; direction++)
                volume *= sides[direction] = gains[direction][box[2 * direction]] - gains[direction][box[2 * direction + 1]];
            if (!(volume > 0))
                continue;
            sum += volume;
            for (var direction = 0; direction < directions; direction++)
            {
                var others = volume / sides[direction];
                var (low, high) = (box[2 * direction], box[2 * direction + 1]);
                meanSlopes[direction] += others * (byMean[direction][low] - byMean[direction][high]);
                deviationSlopes[direction] += others * (byDeviation[direction][low] - byDeviation[direction][high]);
            }
        }
        return sum;
    }

    /// <summary>Where nothing is to be expected that a number can hold: the further below the front, the worse, so that a search still knows its way.</summary>
    private double Hopeless(ReadOnlySpan<double> means, ReadOnlySpan<double> deviations, Span<double> meanSlopes, Span<double> deviationSlopes)
    {
        var loss = -700.0;
        for (var direction = 0; direction < means.Length; direction++)
        {
            var middle = fronts[0].Levels[direction][^2];
            var z = Math.Min(0, (means[direction] - middle) / deviations[direction]);
            loss -= z * z / 2;
            (meanSlopes[direction], deviationSlopes[direction]) = (-z / deviations[direction], z * z / deviations[direction]);
        }
        return loss;
    }
}
