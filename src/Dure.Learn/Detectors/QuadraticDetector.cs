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

    internal override int ScratchSize => Columns;

    public override FittedDetector WithLimitMultiplier(double multiplier) => new QuadraticDetector(
        Recipe with { LimitMultiplier = multiplier }, Scale, Weight, StartState.ToArray(), centre, matrix, CommissioningLimit);

    internal override double Statistic(ReadOnlySpan<double> smoothed, Span<double> scratch, Span<double> contributions) =>
        Quadratic.Form(smoothed, centre, matrix, scratch, contributions);
}

internal static class Quadratic
{
    /// <summary><c>d' M d</c>, and each signal's part <c>d_j (M d)_j</c>, which sum to it: Westerhuis, Gurden and Smilde (2000), eq. 9.</summary>
    public static double Form(ReadOnlySpan<double> smoothed, ReadOnlySpan<double> centre, ReadOnlySpan<double> matrix, Span<double> scratch, Span<double> contributions)
    {
        var columns = smoothed.Length;
        var d = scratch[..columns];
        for (var j = 0; j < columns; j++)
            d[j] = smoothed[j] - centre[j];
        var sum = 0.0;
        for (var i = 0; i < columns; i++)
        {
            var row = matrix.Slice(i * columns, columns);
            var product = 0.0;
            for (var j = 0; j < columns; j++)
                product += row[j] * d[j];
            var part = d[i] * product;
            sum += part;
            if (contributions.Length != 0)
                contributions[i] = part;
        }
        return sum;
    }
}
