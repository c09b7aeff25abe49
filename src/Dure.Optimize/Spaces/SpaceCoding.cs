using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Spaces;

/// <summary>
/// How the factors of a space stand in coded points: numbers from 0 to 1 across the declared range (or its logarithm), so that narrowing a space
/// does not move earlier points; categories by their code, described ones by columns of which the most distant two options differ by 1.
/// </summary>
internal sealed class SpaceCoding
{
    private readonly IReadOnlyList<Factor> factors;
    private readonly int[] first;
    private readonly double[]?[] descriptors;

    public SpaceCoding(IReadOnlyList<Factor> factors)
    {
        (this.factors, first, descriptors) = (factors, new int[factors.Count + 1], new double[]?[factors.Count]);
        var (factorOf, isCode) = (new List<int>(), new List<bool>());
        for (var i = 0; i < factors.Count; i++)
        {
            first[i] = factorOf.Count;
            var columns = 1;
            if (factors[i] is Factor.Category { Descriptors: { } described })
                (descriptors[i], columns) = (Scaled(described), described[0].Count);
            for (var column = 0; column < columns; column++)
            {
                factorOf.Add(i);
                isCode.Add(factors[i] is Factor.Category && descriptors[i] is null);
            }
        }
        first[^1] = factorOf.Count;
        Points = new PointCoding(factorOf, isCode);
    }

    public PointCoding Points { get; }

    public int FirstColumn(int factor) => first[factor];

    public void Encode(ReadOnlySpan<double> point, Span<double> into)
    {
        for (var i = 0; i < factors.Count; i++)
            if (descriptors[i] is { } described)
            {
                var columns = first[i + 1] - first[i];
                described.AsSpan((int)point[i] * columns, columns).CopyTo(into[first[i]..]);
            }
            else
                into[first[i]] = factors[i] is Factor.Category ? point[i] : Coded(i, point[i]);
    }

    public bool IsLog(int factor) => factors[factor] is Factor.Continuous { IsLog: true } or Factor.Integer { IsLog: true };

    /// <summary>A number from 0 to 1 for one of the declared range.</summary>
    public double Coded(int factor, double at)
    {
        var (low, high) = (factors[factor].Low, factors[factor].High);
        return low == high ? 0 : IsLog(factor) ? Math.Log(at / low) / Math.Log(high / low) : (at - low) / (high - low);
    }

    public double Decoded(int factor, double coded)
    {
        var (low, high) = (factors[factor].Low, factors[factor].High);
        return Math.Clamp(IsLog(factor) ? low * Math.Pow(high / low, coded) : low + (high - low) * coded, low, high);
    }

    /// <summary>How fast a number changes with its code.</summary>
    public double Slope(int factor, double at)
    {
        var (low, high) = (factors[factor].Low, factors[factor].High);
        return IsLog(factor) ? at * Math.Log(high / low) : high - low;
    }

    private static double[] Scaled(IReadOnlyList<IReadOnlyList<double>> described)
    {
        var columns = described[0].Count;
        var scaled = new double[described.Count * columns];
        for (var column = 0; column < columns; column++)
        {
            var (low, high) = (described.Min(row => row[column]), described.Max(row => row[column]));
            for (var i = 0; i < described.Count; i++)
                scaled[i * columns + column] = high > low ? (described[i][column] - low) / (high - low) : 0;
        }
        var longest = 0.0;
        for (var i = 0; i < described.Count; i++)
            for (var other = 0; other < i; other++)
            {
                var squared = 0.0;
                for (var column = 0; column < columns; column++)
                    squared += Math.Pow(scaled[i * columns + column] - scaled[other * columns + column], 2);
                longest = Math.Max(longest, squared);
            }
        if (longest > 0)
            for (var i = 0; i < scaled.Length; i++)
                scaled[i] /= Math.Sqrt(longest);
        return scaled;
    }
}
