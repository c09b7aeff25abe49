using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Learn;

/// <summary>A monitor whose statistic is a squared distance: <c>d' M d</c> with <c>d</c> the smoothed deviations less their centre.</summary>
public sealed class QuadraticDetector : FittedDetector
{
    private readonly double[] centre;
    private readonly double[] matrix;

    internal QuadraticDetector(AnomalyRecipe recipe, CommissioningScale scale, double weight, double[] startState, double[] centre, double[] matrix, double limit)
        : base(recipe, scale, weight, startState)
    {
        (this.centre, this.matrix) = (centre, matrix);
        CommissioningLimit = limit;
    }

    /// <summary>What the smoothed deviations are compared with.</summary>
    public ReadOnlySpan<double> Centre => centre;

    /// <summary>The symmetric matrix of the distance, row-major.</summary>
    public ReadOnlySpan<double> Matrix => matrix;

    internal override int ScratchSize => centre.Length;

    public override FittedDetector WithLimitMultiplier(double multiplier) => new QuadraticDetector(
        Recipe with { LimitMultiplier = multiplier }, Scale, Weight, StartState.ToArray(), centre, matrix, CommissioningLimit);

    internal override double Statistic(ReadOnlySpan<double> state, Span<double> scratch, Span<double> contributions) =>
        Quadratic.Form(state, centre, matrix, scratch, contributions);
}

internal static class Quadratic
{
    /// <summary><c>d' M d</c>, and each signal's part <c>d_j (M d)_j</c>, which sum to it: Westerhuis, Gurden and Smilde (2000), eq. 9.
    /// With lags a signal's parts of all rows are summed.</summary>
    public static double Form(ReadOnlySpan<double> state, ReadOnlySpan<double> centre, ReadOnlySpan<double> matrix, Span<double> scratch, Span<double> contributions)
    {
        var width = state.Length;
        var d = scratch[..width];
        for (var j = 0; j < width; j++)
            d[j] = state[j] - centre[j];
        contributions.Clear();
        var sum = 0.0;
        for (var i = 0; i < width; i++)
        {
            var part = d[i] * Dot(matrix.Slice(i * width, width), d);
            sum += part;
            if (contributions.Length != 0)
                contributions[i % contributions.Length] += part;
        }
        return sum;
    }

    // Four lanes on every machine, so that all round alike.
    public static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var (sum, wide) = (0.0, Vector256<double>.Zero);
        var left = MemoryMarshal.Cast<double, Vector256<double>>(a);
        var right = MemoryMarshal.Cast<double, Vector256<double>>(b);
        for (var i = 0; i < left.Length; i++)
            wide += left[i] * right[i];
        for (var j = left.Length * Vector256<double>.Count; j < a.Length; j++)
            sum += a[j] * b[j];
        return Vector256.Sum(wide) + sum;
    }
}
