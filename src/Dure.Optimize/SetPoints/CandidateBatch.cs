using Dure.Optimize.Bayesian;

namespace Dure.Optimize.SetPoints;

/// <summary>Set-points looked at together, with what is expected there: of the objective first, then of each limited quantity.</summary>
internal sealed class CandidateBatch
{
    private readonly SetPointProblem problem;

    public CandidateBatch(OperatingBelief belief, IReadOnlyList<double[]> points, SetPointProblem problem)
    {
        (Points, this.problem) = (points, problem);
        Means = new double[1 + problem.Limits.Count][];
        Deviations = new double[Means.Length][];
        for (var output = 0; output < Means.Length; output++)
            (Means[output], Deviations[output]) = (new double[points.Count], new double[points.Count]);
        belief.Predict(points, Means, Deviations);
    }

    public IReadOnlyList<double[]> Points { get; }

    public int Count => Points.Count;

    public double[][] Means { get; }

    public double[][] Deviations { get; }

    /// <summary>The best expected objective among the first so many.</summary>
    public double BestMean(int first) => Means[0].AsSpan(0, first).ToArray().Max();

    /// <summary>What the objective may be there: its mean and so many deviations.</summary>
    public double Hope(int number, double deviations) => Means[0][number] + deviations * Deviations[0][number];

    /// <summary>Logarithm of the expected improvement over a floor, for each.</summary>
    public double[] LogGains(double floor)
    {
        var gains = new double[Count];
        for (var i = 0; i < gains.Length; i++)
            gains[i] = Acquisition.LogExpectedImprovement(-Means[0][i], Deviations[0][i], -floor);
        return gains;
    }

    /// <summary>Whether every limit is thought to hold, by the mean and so many deviations, and a share of the noise bound to spare.</summary>
    public bool IsThoughtAllowed(int number, double deviations, double reserve)
    {
        for (var limit = 0; limit < problem.Limits.Count; limit++)
        {
            var (its, mean, spread) = (problem.Limits[limit], Means[1 + limit][number], deviations * Deviations[1 + limit][number] + reserve * problem.Limits[limit].NoiseBound);
            if (mean + spread > its.SettledHigh || mean - spread < its.SettledLow)
                return false;
        }
        return true;
    }
}
