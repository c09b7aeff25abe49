namespace Dure.Optimize.Spaces;

/// <summary>Points are the same where all their numbers are.</summary>
internal sealed class SameNumbers : IEqualityComparer<double[]>
{
    public bool Equals(double[]? x, double[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(double[] numbers)
    {
        var hash = new HashCode();
        foreach (var number in numbers)
            hash.Add(number);
        return hash.ToHashCode();
    }
}
