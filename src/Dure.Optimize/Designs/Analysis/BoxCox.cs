using Dure.Kernel.Distributions;

namespace Dure.Optimize.Designs.Analysis;

/// <summary>
/// Which power of the response the model follows best: 1 leaves it, 0.5 is the square root, 0 the logarithm, -1 the reciprocal. Box and Cox (1964), eq. 8.
/// </summary>
/// <param name="Best">The most likely power.</param>
/// <param name="Low">Of its interval at 95 %.</param>
/// <param name="Suggested">1 where the interval holds it, for then nothing speaks for a transformation; else the usual power nearest to the best.</param>
public sealed record BoxCox(double Best, double Low, double High, double Suggested)
{
    private const double Most = 3;
    private const int Steps = 120;
    private static readonly double[] Usual = [-2, -1, -0.5, 0, 0.5, 1, 2];

    /// <summary>Of positive responses.</summary>
    public static BoxCox Of(DesignTable table, DesignModel model, ReadOnlySpan<double> responses)
    {
        const string Where = "Box-Cox";
        var values = responses.ToArray();
        if (values.FirstOrDefault(v => !(v > 0)) is var bad && values.Any(v => !(v > 0)))
            throw DesignProblem.Of("responses", $"A response is {bad}.", Where, "Powers are sought for positive responses: add a constant, or leave the response as it is.");
        if (LinearFit.Of(table, model, values) is { Freedom: 0 })
            throw DesignProblem.Of("too-few-runs", "No runs are left to judge the fit by.", Where, "Leave out terms, or add runs.");
        var logMean = values.Average(v => Math.Log(v));
        double Likelihood(double power)
        {
            double[] turned = [.. values.Select(v => Turn(v, power, logMean))];
            return -values.Length / 2.0 * Math.Log(Math.Max(LinearFit.Of(table, model, turned).ResidualSumOfSquares, 1e-300));
        }
        var grid = Enumerable.Range(0, Steps + 1).Select(i => -Most + 2 * Most * i / Steps).ToArray();
        var likelihoods = grid.Select(Likelihood).ToArray();
        var at = Array.IndexOf(likelihoods, likelihoods.Max());
        var best = Peak(Likelihood, grid[Math.Max(0, at - 1)], grid[Math.Min(Steps, at + 1)]);
        var least = Likelihood(best) - Math.Pow(Normal.Quantile(0.975), 2) / 2;
        var (low, high) = (Crossing(Likelihood, least, best, -Most), Crossing(Likelihood, least, best, Most));
        return new(best, low, high, low <= 1 && 1 <= high ? 1 : Usual.MinBy(p => Math.Abs(p - best)));
    }

    /// <summary>Scaled by the geometric mean, so that residuals of different powers compare.</summary>
    private static double Turn(double value, double power, double logMean) =>
        Math.Abs(power) < 1e-9 ? Math.Log(value) * Math.Exp(logMean) : (Math.Pow(value, power) - 1) / (power * Math.Exp((power - 1) * logMean));

    private static double Peak(Func<double, double> likelihood, double low, double high)
    {
        var golden = (Math.Sqrt(5) - 1) / 2;
        for (var i = 0; i < 40; i++)
        {
            var (a, b) = (high - golden * (high - low), low + golden * (high - low));
            (low, high) = likelihood(a) > likelihood(b) ? (low, b) : (a, high);
        }
        return (low + high) / 2;
    }

    private static double Crossing(Func<double, double> likelihood, double least, double inside, double outside)
    {
        if (likelihood(outside) >= least)
            return outside;
        for (var i = 0; i < 50; i++)
        {
            var middle = (inside + outside) / 2;
            (inside, outside) = likelihood(middle) >= least ? (middle, outside) : (inside, middle);
        }
        return inside;
    }
}
