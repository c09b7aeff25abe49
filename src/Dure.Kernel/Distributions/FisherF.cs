namespace Dure.Kernel.Distributions;

/// <summary>Fisher's F distribution, central and non-central.</summary>
public static class FisherF
{
    /// <summary>The probability of exceeding <paramref name="f"/>: the p value of a test. NaN where f is.</summary>
    /// <param name="above">Degrees of freedom of the numerator.</param>
    /// <param name="below">Degrees of freedom of the denominator.</param>
    public static double UpperTail(double f, double above, double below)
    {
        if (double.IsNaN(f))
            return double.NaN;
        return f <= 0 ? 1 : Beta.Regularised(below / 2, above / 2, below / (below + above * f));
    }

    /// <summary>The value that is exceeded with probability <paramref name="tail"/>.</summary>
    public static double UpperQuantile(double tail, double above, double below)
    {
        // The smaller of the two shares is the one whose bisection keeps its digits.
        var share = Beta.Quantile(below / 2, above / 2, tail);
        return below * (1 - share) / (above * share);
    }

    /// <summary>The probability of exceeding <paramref name="f"/> when the true effect has the non-centrality λ: the power of a test.
    /// A Poisson mixture of central ones; Johnson, Kotz and Balakrishnan (1995), eq. 30.10.</summary>
    public static double NonCentralUpperTail(double f, double above, double below, double noncentrality)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(noncentrality);
        if (noncentrality == 0)
            return UpperTail(f, above, below);
        var half = noncentrality / 2;
        var mode = (int)half;
        var logWeight = -half;
        for (var j = 1; j <= mode; j++)
            logWeight += Math.Log(half / j);
        var x = below / (below + above * f);
        var (sum, weight) = (0.0, Math.Exp(logWeight));
        for (var j = mode; weight > 1e-18; weight *= half / ++j)
            sum += weight * Beta.Regularised(below / 2, above / 2 + j, x);
        weight = Math.Exp(logWeight);
        for (var j = mode; j > 0 && weight > 1e-18;)
        {
            weight *= j-- / half;
            sum += weight * Beta.Regularised(below / 2, above / 2 + j, x);
        }
        return Math.Min(1, sum);
    }
}
