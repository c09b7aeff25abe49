using Dure.Optimize.Gaussian;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.SetPoints;

/// <summary>
/// What is expected of the objective and of each limited quantity: Gaussian processes over the settled points, with the model's answer as their prior mean
/// where there is a model. It chooses where to go and certifies nothing.
/// </summary>
internal sealed class OperatingBelief
{
    /// <summary>Lengths, as shares of the ranges, among which the most probable is taken; with few points one of smooth plants, so that nothing is made of chance.</summary>
    private static readonly double[] Lengths = [0.3, 0.6, 1.2, 2.4];
    private const double CautiousLength = 1.2;
    private const int FewPoints = 8;

    private readonly SetPointProblem problem;
    private readonly SteadyStateModel? model;
    private readonly ProcessSurrogate[] surrogates;

    /// <param name="noises">Standard deviation of the objective's noise, then of each reading's.</param>
    /// <param name="spreads">How far each of them may be thought to vary before anything is known.</param>
    public OperatingBelief(SetPointProblem problem, SteadyStateModel? model, IReadOnlyList<SettledPoint> points, double[] noises, double[] spreads)
    {
        (this.problem, this.model) = (problem, model);
        var (count, outputs) = (points.Count, 1 + problem.Limits.Count);
        var table = new TrialTable(PointCoding.Numbers(problem.SetPoints.Count), count);
        var (unit, predicted, values) = (new double[problem.SetPoints.Count], new double[outputs], new double[outputs][]);
        for (var output = 0; output < outputs; output++)
            values[output] = new double[count];
        for (var i = 0; i < count; i++)
        {
            double[] at = [.. points[i].SetPoints];
            model?.Invoke(at, predicted);
            for (var output = 0; output < outputs; output++)
                values[output][i] = (output == 0 ? points[i].Objective : points[i].Readings[output - 1]) - predicted[output];
            ToUnit(at, unit);
            table.Add(unit);
        }
        surrogates = new ProcessSurrogate[outputs];
        for (var output = 0; output < outputs; output++)
            surrogates[output] = Fit(table, values[output], noises[output], spreads[output]);
    }

    /// <summary>Means and deviations at some points: the objective's first, then each limit's.</summary>
    public void Predict(IReadOnlyList<double[]> points, double[][] means, double[][] deviations)
    {
        var table = new TrialTable(PointCoding.Numbers(problem.SetPoints.Count), points.Count);
        var (unit, predicted) = (new double[problem.SetPoints.Count], new double[surrogates.Length]);
        foreach (var point in points)
        {
            ToUnit(point, unit);
            table.Add(unit);
        }
        for (var output = 0; output < surrogates.Length; output++)
        {
            surrogates[output].Predict(table, means[output], deviations[output]);
            for (var i = 0; i < points.Count; i++)
                deviations[output][i] = Math.Sqrt(deviations[output][i]);
        }
        for (var i = 0; model is not null && i < points.Count; i++)
        {
            model(points[i], predicted);
            for (var output = 0; output < surrogates.Length; output++)
                means[output][i] += predicted[output];
        }
    }

    private void ToUnit(ReadOnlySpan<double> point, Span<double> unit)
    {
        for (var j = 0; j < unit.Length; j++)
            unit[j] = (point[j] - problem.SetPoints[j].Low) / (problem.SetPoints[j].High - problem.SetPoints[j].Low);
    }

    private static ProcessSurrogate Fit(TrialTable table, double[] values, double noise, double spread)
    {
        var mean = values.Average();
        var deviation = Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length - 1));
        var unknown = values.Length < FewPoints / 2 ? 0.2 * Math.Abs(mean) : 0; // with hardly a value its own size is the only scale there is
        var scale = Math.Max(Math.Max(Math.Max(spread, 5 * noise), Math.Max(2 * deviation, unknown)), 1e-12);
        var variance = Math.Max(SurrogateParameters.LeastNoise * 0.01, noise * noise / (scale * scale));
        ProcessSurrogate Of(double length) => ProcessSurrogate.With(
            new SurrogateParameters([.. Enumerable.Repeat(length, table.Coding.Factors)], variance, 0, 0), table, values, Covariance.Rbf, (mean, scale));
        if (values.Length < FewPoints)
            return Of(CautiousLength);
        var priors = new SurrogatePriors();
        return Lengths.Select(Of).MaxBy(one => one.LogProbability(priors).Likelihood)!;
    }
}
