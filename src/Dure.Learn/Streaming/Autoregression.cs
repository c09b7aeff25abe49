using Dure.Kernel;

namespace Dure.Learn;

/// <summary>A value foretold from those before it, <c>x_t = mean + sum a_i (x_(t-i) - mean) + e_t</c>. What charts for independent values watch of
/// a signal that remembers is e: Alwan and Roberts (1988).</summary>
/// <param name="Mean">Mean of the commissioning values.</param>
/// <param name="Coefficients">a_1, a_2, ...; none when the values are independent.</param>
/// <param name="Deviation">Standard deviation of e.</param>
public sealed record Autoregression(double Mean, IReadOnlyList<double> Coefficients, double Deviation)
{
    private const int FewestValues = 20;

    // A spread below this share of the level is rounding noise.
    private const double ConstantShare = 1e-9;

    public int Order => Coefficients.Count;

    /// <summary>Fits by Yule and Walker's equations (Durbin 1960); the order with the lowest BIC (Schwarz 1978) up to <paramref name="highestOrder"/>.</summary>
    /// <param name="values">Healthy values in order of time; missing ones (NaN) count as the mean.</param>
    /// <param name="highestOrder">0 takes the values as independent.</param>
    public static Autoregression Fit(ReadOnlySpan<double> values, int highestOrder = 5)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(highestOrder);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(highestOrder, 50);
        var (mean, known) = MeanOf(values);
        if (known < Math.Max(FewestValues, 4 * highestOrder))
            throw new ProblemException("urn:dure:learn:too-few-rows", $"{known} known values; a chart needs {Math.Max(FewestValues, 4 * highestOrder)}.", "fit of a chart",
                "Record a longer commissioning run.");
        var covariances = Covariances(values, mean, highestOrder);
        if (Math.Sqrt(covariances[0]) <= ConstantShare * Math.Max(1e-3, Math.Abs(mean)))
            throw new ProblemException("urn:dure:learn:nothing-moves", "The signal did not move during commissioning.", "fit of a chart", "Commission while the machine runs, or leave the signal out.");
        var (best, lowest) = (Array.Empty<double>(), known * Math.Log(covariances[0]));
        var variance = covariances[0];
        double[] coefficients = [];
        for (var order = 1; order <= highestOrder; order++)
        {
            var left = covariances[order];
            for (var i = 1; i < order; i++)
                left -= coefficients[i - 1] * covariances[order - i];
            var partial = left / variance;
            var before = coefficients;
            coefficients = [.. before.Select((a, i) => a - partial * before[order - 2 - i]), partial];
            variance *= 1 - partial * partial;
            if (known * Math.Log(variance) + order * Math.Log(known) is var bic && bic < lowest)
                (best, lowest) = (coefficients, bic);
        }
        return new(mean, best, Math.Sqrt(Remaining(values, mean, best)));
    }

    private static (double Mean, int Known) MeanOf(ReadOnlySpan<double> values)
    {
        var (sum, known) = (0.0, 0);
        foreach (var value in values)
            if (double.IsFinite(value))
                (sum, known) = (sum + value, known + 1);
        return (sum / Math.Max(1, known), known);
    }

    private static double[] Covariances(ReadOnlySpan<double> values, double mean, int highest)
    {
        var covariances = new double[highest + 1];
        for (var lag = 0; lag <= highest; lag++)
            for (var i = lag; i < values.Length; i++)
                covariances[lag] += From(values[i], mean) * From(values[i - lag], mean) / values.Length;
        return covariances;
    }

    // Variance of what is left, with the degrees of freedom of mean and coefficients taken off, for the fit has seen these values.
    private static double Remaining(ReadOnlySpan<double> values, double mean, double[] coefficients)
    {
        var (squares, count) = (0.0, 0);
        for (var t = coefficients.Length; t < values.Length; t++)
        {
            var left = From(values[t], mean);
            for (var i = 0; i < coefficients.Length; i++)
                left -= coefficients[i] * From(values[t - 1 - i], mean);
            (squares, count) = (squares + left * left, count + 1);
        }
        return squares / (count - coefficients.Length - 1);
    }

    private static double From(double value, double mean) => double.IsFinite(value) ? value - mean : 0;
}
