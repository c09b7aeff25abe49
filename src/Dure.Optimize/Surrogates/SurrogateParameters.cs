namespace Dure.Optimize.Surrogates;

/// <summary>What a fitted surrogate consists of besides its trials, in units of the coded points and standardised values.</summary>
/// <param name="Lengths">For each factor the length over which values change.</param>
/// <param name="Noise">Variance of the noise.</param>
/// <param name="Mean">What is expected far from all trials.</param>
/// <param name="AdditiveShare">How much of the variance the factors explain one by one, each by itself; the rest is of their joint play. From 0 to 1.</param>
public sealed record SurrogateParameters(double[] Lengths, double Noise, double Mean, double AdditiveShare)
{
    /// <summary>Below it matrices lose their last digits.</summary>
    internal const double LeastNoise = 1e-4;

    internal const double LeastLength = 0.025;

    /// <summary>As a vector without bounds, for searches.</summary>
    internal double[] Free(bool hasShare)
    {
        double[] free = [.. Lengths.Select(length => Math.Log(Math.Max(1e-6, length - LeastLength))), Math.Log(Math.Max(1e-9, Noise - LeastNoise)), Mean];
        return hasShare ? [.. free, Math.Log(AdditiveShare / (1 - AdditiveShare))] : free;
    }

    internal static SurrogateParameters OfFree(ReadOnlySpan<double> free, int factors, bool hasShare)
    {
        var lengths = new double[factors];
        for (var factor = 0; factor < factors; factor++)
            lengths[factor] = LeastLength + Math.Exp(free[factor]);
        return new SurrogateParameters(lengths, LeastNoise + Math.Exp(free[factors]), free[factors + 1], hasShare ? 1 / (1 + Math.Exp(-free[factors + 2])) : 0);
    }
}
