namespace Dure.Optimize.Surrogates;

/// <summary>
/// What is believed of a surrogate before any trial, for points in the unit cube and values of mean 0 and deviation 1: lengths grow with the root of
/// the number of factors, so that a room of many factors is not thought to be rougher than one of few (Hvarfner, Hellsten and Nardi 2024).
/// </summary>
public sealed record SurrogatePriors
{
    /// <summary>Mean of the logarithm of a length in a room of one factor.</summary>
    public double LogLength { get; init; } = Math.Sqrt(2);

    public double LogLengthSpread { get; init; } = Math.Sqrt(3);

    /// <summary>Mean of the logarithm of the noise's variance.</summary>
    public double LogNoise { get; init; } = -4;

    public double LogNoiseSpread { get; init; } = 1;

    /// <summary>Spread of the logit of the share of the variance that the factors explain one by one; its mean is that of one half.</summary>
    public double LogitShareSpread { get; init; } = 1;

    internal double LogLengthIn(int factors) => LogLength + Math.Log(factors) / 2;
}
