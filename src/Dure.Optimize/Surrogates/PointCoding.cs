namespace Dure.Optimize.Surrogates;

/// <summary>
/// What the columns of coded points say. A factor is one thing that a trial may turn: a number has one column from 0 to 1, a category one column
/// with its number as code (any two differ by a distance of 1), a category with descriptors several columns of numbers.
/// </summary>
public sealed class PointCoding
{
    private readonly int[] factorOf;
    private readonly bool[] isCode;

    /// <param name="factorOf">For each column the factor it belongs to, from 0 without a gap.</param>
    /// <param name="isCode">For each column whether it holds a category's number.</param>
    public PointCoding(IReadOnlyList<int> factorOf, IReadOnlyList<bool> isCode)
    {
        ArgumentOutOfRangeException.ThrowIfZero(factorOf.Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(isCode.Count, factorOf.Count);
        (this.factorOf, this.isCode, Factors) = ([.. factorOf], [.. isCode], factorOf.Max() + 1);
    }

    /// <summary>So many numbers from 0 to 1, each a factor.</summary>
    public static PointCoding Numbers(int count) => new([.. Enumerable.Range(0, count)], new bool[count]);

    public int Columns => factorOf.Length;

    public int Factors { get; }

    public int FactorOf(int column) => factorOf[column];

    public bool IsCode(int column) => isCode[column];
}
