using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dure.Optimize.Gaussian;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Surrogates;

/// <summary>
/// How badly parameters suit some trials: less the logarithm of the marginal likelihood (Rasmussen and Williams 2006, eq. 5.8 and 5.9) and of the priors'
/// densities. The pairs' distances are kept factor by factor, so that an evaluation is a few passes over long rows of numbers.
/// </summary>
internal sealed class TrialLikelihood
{
    private const double Jitter = 1e-8;

    private static readonly double LogRootTwoPi = Math.Log(2 * Math.PI) / 2;

    private readonly Covariance kind;
    private readonly SurrogatePriors priors;
    private readonly bool hasShare;
    private readonly int factors, count, pairs;
    private readonly double[] values;
    private readonly double[]? known;
    private readonly double[][] squared;
    private readonly double[] scaled, joint, fall, additive, alone, falls, blame, matrix, solved;

    /// <param name="values">Standardised.</param>
    /// <param name="known">Variance of each value's own noise besides the common one; null: none.</param>
    public TrialLikelihood(TrialTable trials, double[] values, double[]? known, Covariance kind, SurrogatePriors priors, bool hasShare)
    {
        (this.values, this.known, this.kind, this.priors, this.hasShare, factors, count) = (values, known, kind, priors, hasShare, trials.Coding.Factors, trials.Count);
        pairs = Correlations.Padded(count * (count - 1) / 2);
        squared = Distances(trials, pairs);
        (scaled, joint, fall, blame) = (new double[pairs], new double[pairs], new double[pairs], new double[pairs]);
        (additive, alone, falls) = hasShare ? (new double[pairs], new double[pairs], new double[pairs]) : ([], [], []);
        (matrix, solved) = (new double[count * count], new double[count]);
    }

    public int Free => factors + (hasShare ? 3 : 2);

    /// <summary>For searches: at free parameters; NaN where the matrix cannot be factored.</summary>
    public double Of(ReadOnlySpan<double> free, Span<double> slope)
    {
        var at = SurrogateParameters.OfFree(free, factors, hasShare);
        var loss = Of(at, slope, out var noiseSlope);
        if (double.IsNaN(loss))
            return loss;
        loss += Prior(at, slope, ref noiseSlope);
        for (var factor = 0; factor < factors; factor++)
            slope[factor] *= (at.Lengths[factor] - SurrogateParameters.LeastLength) / at.Lengths[factor];
        slope[factors] = noiseSlope * (at.Noise - SurrogateParameters.LeastNoise);
        return loss;
    }

    /// <summary>The likelihood's part, without slopes.</summary>
    public double Of(SurrogateParameters at) => Fit(at)?.Loss ?? double.NaN;

    /// <summary>The priors' part.</summary>
    public double Prior(SurrogateParameters at)
    {
        var ignored = 0.0;
        return Prior(at, new double[Free], ref ignored);
    }

    private double Of(SurrogateParameters at, Span<double> slope, out double noiseSlope)
    {
        noiseSlope = 0;
        if (Fit(at) is not { } fit)
            return double.NaN;
        noiseSlope = Blame(fit.Factor.Inverse(1));
        Slope(at, slope);
        return fit.Loss;
    }

    private (double Loss, Cholesky Factor)? Fit(SurrogateParameters at)
    {
        Correlate(at);
        if (Cholesky.TryOf(Matrix(at), count, 1) is not { } factor)
            return null;
        for (var i = 0; i < count; i++)
            solved[i] = values[i] - at.Mean;
        var fit = 0.0;
        factor.Solve(solved);
        for (var i = 0; i < count; i++)
            fit += solved[i] * (values[i] - at.Mean);
        return ((fit + factor.LogDeterminant) / 2 + count * LogRootTwoPi, factor);
    }

    /// <summary>Correlations of all pairs: joint ones, those of the factors one by one, and how the former fall.</summary>
    private void Correlate(SurrogateParameters at)
    {
        Array.Clear(scaled);
        for (var factor = 0; factor < factors; factor++)
            Vectors.Add(scaled, 1 / (at.Lengths[factor] * at.Lengths[factor]), squared[factor]);
        Correlations.At(kind, scaled, joint, fall);
        if (!hasShare)
            return;
        Array.Clear(additive);
        for (var factor = 0; factor < factors; factor++)
        {
            Alone(at, factor);
            Vectors.Add(additive, 1.0 / factors, alone);
        }
    }

    /// <summary>Correlations by one factor alone; its length is that of a room of one factor.</summary>
    private void Alone(SurrogateParameters at, int factor)
    {
        var weight = Vector512.Create(factors / (at.Lengths[factor] * at.Lengths[factor]));
        var from = MemoryMarshal.Cast<double, Vector512<double>>(squared[factor].AsSpan());
        var to = MemoryMarshal.Cast<double, Vector512<double>>(scaled.AsSpan());
        for (var i = 0; i < from.Length; i++)
            to[i] = from[i] * weight;
        Correlations.At(kind, scaled, alone, falls);
    }

    private double[] Matrix(SurrogateParameters at)
    {
        for (int i = 0, pair = 0; i < count; i++)
        {
            for (var j = 0; j < i; j++, pair++)
                matrix[i * count + j] = joint[pair] + (hasShare ? at.AdditiveShare * (additive[pair] - joint[pair]) : 0);
            matrix[i * count + i] = 1 + at.Noise + Jitter + (known?[i] ?? 0);
        }
        return matrix;
    }

    /// <summary>What each pair's correlation adds to the loss, ∂loss/∂K twice for its two places; returns that of the noise.</summary>
    private double Blame(double[] inverse)
    {
        var noise = 0.0;
        for (int i = 0, pair = 0; i < count; i++)
        {
            for (var j = 0; j < i; j++, pair++)
                blame[pair] = inverse[i * count + j] - solved[i] * solved[j];
            noise += (inverse[i * count + i] - solved[i] * solved[i]) / 2;
        }
        return noise;
    }

    /// <summary>By the logarithms of the lengths, the mean and the logit of the share.</summary>
    private void Slope(SurrogateParameters at, Span<double> slope)
    {
        Multiply(fall, blame);
        for (var factor = 0; factor < factors; factor++)
        {
            var weight = 1 / (at.Lengths[factor] * at.Lengths[factor]);
            slope[factor] = 2 * weight * (1 - at.AdditiveShare) * Vectors.Dot(fall, squared[factor]);
            if (!hasShare)
                continue;
            Alone(at, factor);
            Multiply(falls, blame);
            slope[factor] += 2 * weight * at.AdditiveShare * Vectors.Dot(falls, squared[factor]);
        }
        slope[factors + 1] = 0;
        foreach (var each in solved)
            slope[factors + 1] -= each;
        if (hasShare)
            slope[factors + 2] = (Vectors.Dot(blame, additive) - Vectors.Dot(blame, joint)) * at.AdditiveShare * (1 - at.AdditiveShare);
    }

    private double Prior(SurrogateParameters at, Span<double> slope, ref double noiseSlope)
    {
        var (loss, middle, spread) = (0.0, priors.LogLengthIn(factors), priors.LogLengthSpread);
        for (var factor = 0; factor < factors; factor++)
        {
            loss += LogNormal(at.Lengths[factor], middle, spread, out var byLength);
            slope[factor] += byLength;
        }
        loss += LogNormal(at.Noise, priors.LogNoise, priors.LogNoiseSpread, out var byNoise);
        noiseSlope += byNoise / at.Noise;
        if (!hasShare)
            return loss;
        var away = Math.Log(at.AdditiveShare / (1 - at.AdditiveShare)) / priors.LogitShareSpread;
        slope[factors + 2] += away / priors.LogitShareSpread;
        return loss + away * away / 2 + Math.Log(priors.LogitShareSpread) + LogRootTwoPi;
    }

    /// <summary>Less the logarithm of the log-normal density, and its slope by the logarithm of the value.</summary>
    private static double LogNormal(double value, double middle, double spread, out double byLogarithm)
    {
        var away = (Math.Log(value) - middle) / spread;
        byLogarithm = away / spread + 1;
        return away * away / 2 + Math.Log(value) + Math.Log(spread) + LogRootTwoPi;
    }

    private static void Multiply(double[] into, double[] by)
    {
        var to = MemoryMarshal.Cast<double, Vector512<double>>(into.AsSpan());
        var with = MemoryMarshal.Cast<double, Vector512<double>>(by.AsSpan());
        for (var i = 0; i < to.Length; i++)
            to[i] *= with[i];
    }

    private static double[][] Distances(TrialTable trials, int pairs)
    {
        var squared = new double[trials.Coding.Factors][];
        for (var factor = 0; factor < squared.Length; factor++)
            squared[factor] = new double[pairs];
        for (var column = 0; column < trials.Coding.Columns; column++)
        {
            var (into, isCode) = (squared[trials.Coding.FactorOf(column)], trials.Coding.IsCode(column));
            var entries = trials.Column(column);
            for (int i = 0, pair = 0; i < entries.Length; i++)
                for (var j = 0; j < i; j++, pair++)
                    into[pair] += isCode ? (entries[i] == entries[j] ? 0 : 1) : (entries[i] - entries[j]) * (entries[i] - entries[j]);
        }
        return squared;
    }
}
