using System.Globalization;
using Dure.Kernel;
using MathNet.Numerics.Distributions;

namespace Dure.Learn.Evaluation;

/// <summary>Whether two models differ, and by how much.</summary>
/// <param name="Difference">The first less the second, with its 95 % interval.</param>
/// <param name="Chance">How probable so large a difference is when there is none; after <see cref="ModelComparison.Holm"/> with all others in mind.</param>
/// <param name="IsDistinguishable">Chance is below 5 %, and the interval does not hold zero.</param>
public sealed record ComparedModels(string First, string Second, string Metric, bool HigherIsBetter, Measured Difference, double Chance, bool IsDistinguishable)
{
    /// <summary>The answer as a person gives it.</summary>
    public string InWords
    {
        get
        {
            var how = string.Create(CultureInfo.InvariantCulture, $"{Metric} differs by {Difference.Value:0.###}, 95 % {Difference.Low:0.###} to {Difference.High:0.###}");
            if (double.IsNaN(Difference.Low) && double.IsNaN(Chance))
                return string.Create(CultureInfo.InvariantCulture, $"cannot be told: {Metric} differs by {Difference.Value:0.###}, and there is too little to say how far that is chance");
            return IsDistinguishable ? $"{(Difference.Value > 0 == HigherIsBetter ? First : Second)} is better: {how}" : $"not distinguishable: {how}";
        }
    }
}

/// <summary>Tests for two models on the same rows, folds or times. A smaller figure alone is no reason to change a model.</summary>
public static class ModelComparison
{
    private const double Level = 0.05;
    private const double Tail = 0.975;

    /// <summary>On the same rows: what differs is drawn again together (Efron and Tibshirani 1993, section 16.4).</summary>
    /// <exception cref="ProblemException">The models were not judged on the same rows.</exception>
    public static ComparedModels Paired(string first, JudgedRows ofFirst, string second, JudgedRows ofSecond, Metric metric, Resampling resampling, int seed, CancellationToken cancel = default)
    {
        resampling.Check(ofFirst.Count);
        if (!ofFirst.Truth.AsSpan().SequenceEqual(ofSecond.Truth))
            throw new ProblemException("urn:dure:learn:bad-comparison", "The models were judged on different rows.", $"'{first}' and '{second}'", "Judge both on the same rows; a comparison on different rows says nothing.");
        var own = ofFirst.OwnWeights();
        double difference(double[] weights) => metric.Of(ofFirst, weights) - metric.Of(ofSecond, weights);
        var found = difference(own);
        var drawn = new double[resampling.IsEnough ? Judging.ResamplesFor(ofFirst.Count) : 0];
        InParallel.For(drawn.Length, draw =>
        {
            var weights = new double[own.Length];
            resampling.Draw(seed, draw, own, weights);
            drawn[draw] = difference(weights);
        }, cancel);
        var finite = drawn.Where(double.IsFinite).ToArray();
        var chance = finite.Length == 0 ? double.NaN : Math.Min(1, 2.0 * (1 + Math.Min(finite.Count(one => one <= 0), finite.Count(one => one >= 0))) / (finite.Length + 1));
        return Answer(first, second, metric.Name, metric.HigherIsBetter, Judging.Between(found, drawn), chance);
    }

    /// <summary>
    /// On the same folds: folds share training rows, so their differences spread less than those of fresh samples; the variance is made larger
    /// for that (Nadeau and Bengio 2003, eq. 9).
    /// </summary>
    /// <param name="ofFirst">The figure of each fold.</param>
    public static ComparedModels OnFolds(string first, IReadOnlyList<double> ofFirst, string second, IReadOnlyList<double> ofSecond, Metric metric, int trainRows, int testRows)
    {
        if (ofFirst.Count != ofSecond.Count || ofFirst.Count < 2)
            throw new ProblemException("urn:dure:learn:bad-comparison", $"There are {ofFirst.Count} and {ofSecond.Count} folds.", $"'{first}' and '{second}'", "Judge both on the same folds, two or more.");
        var differences = ofFirst.Zip(ofSecond, (a, b) => a - b).ToArray();
        var (mean, count) = (differences.Average(), differences.Length);
        var variance = differences.Sum(one => (one - mean) * (one - mean)) / (count - 1);
        return OfStudent(first, second, metric.Name, metric.HigherIsBetter, mean, Math.Sqrt(variance * (1.0 / count + (double)testRows / trainRows)), count - 1);
    }

    /// <summary>
    /// Of forecasts: the losses of neighbouring times hang together (Diebold and Mariano 1995; for short series Harvey, Leybourne and Newbold
    /// 1997, eq. 9).
    /// </summary>
    /// <param name="lossOfFirst">The loss at each time, in time, such as the squared error.</param>
    /// <param name="steps">How many steps ahead is forecast.</param>
    public static ComparedModels Forecasts(string first, IReadOnlyList<double> lossOfFirst, string second, IReadOnlyList<double> lossOfSecond, string loss, int steps)
    {
        var count = lossOfFirst.Count;
        if (count != lossOfSecond.Count || steps < 1 || count < 2 * steps + 8)
            throw new ProblemException("urn:dure:learn:bad-comparison", $"There are {count} and {lossOfSecond.Count} losses of forecasts {steps} steps ahead.", $"'{first}' and '{second}'", "Give both at the same times, at least twice as many as steps ahead and eight more.");
        var differences = lossOfFirst.Zip(lossOfSecond, (a, b) => a - b).ToArray();
        var mean = differences.Average();
        var spread = Covariance(differences, mean, 0);
        // Losses of forecasts h steps ahead hang together over h - 1 steps at least. Equal weights as in the source; falling ones where those give no variance.
        var plain = spread + 2 * Enumerable.Range(1, steps - 1).Sum(lag => Covariance(differences, mean, lag));
        var falling = spread + 2 * Enumerable.Range(1, steps - 1).Sum(lag => (1 - (double)lag / steps) * Covariance(differences, mean, lag));
        var (n, h) = ((double)count, (double)steps);
        var small = (n + 1 - 2 * h + h * (h - 1) / n) / n;
        return OfStudent(first, second, loss, false, mean, Math.Sqrt((plain > 0 ? plain : falling) / n / small), count - 1);
    }

    /// <summary>Of many comparisons some come out by chance alone: makes each answer's chance so large that one false answer in all stays below 5 % (Holm 1979).</summary>
    public static IReadOnlyList<ComparedModels> Holm(IReadOnlyList<ComparedModels> comparisons)
    {
        var adjusted = new ComparedModels[comparisons.Count];
        var most = 0.0;
        foreach (var (at, place) in Enumerable.Range(0, comparisons.Count).OrderBy(i => comparisons[i].Chance).Select((at, place) => (at, place)))
        {
            most = Math.Max(most, Math.Min(1, comparisons[at].Chance * (comparisons.Count - place)));
            adjusted[at] = comparisons[at] with { Chance = most, IsDistinguishable = comparisons[at].IsDistinguishable && most < Level };
        }
        return adjusted;
    }

    private static double Covariance(double[] values, double mean, int lag)
    {
        var sum = 0.0;
        for (var i = lag; i < values.Length; i++)
            sum += (values[i] - mean) * (values[i - lag] - mean);
        return sum / values.Length;
    }

    private static ComparedModels OfStudent(string first, string second, string metric, bool rises, double mean, double error, int freedom)
    {
        if (!(error > 0)) // never different, or always by the same
            return Answer(first, second, metric, rises, new(mean, mean, mean), mean == 0 ? 1 : 0);
        var student = new StudentT(0, 1, freedom);
        var half = student.InverseCumulativeDistribution(Tail) * error;
        return Answer(first, second, metric, rises, new(mean, mean - half, mean + half), 2 * student.CumulativeDistribution(-Math.Abs(mean / error)));
    }

    private static ComparedModels Answer(string first, string second, string metric, bool rises, Measured difference, double chance) =>
        new(first, second, metric, rises, difference, chance, chance < Level && (difference.Low > 0 || difference.High < 0));
}
