using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Optimize.Surrogates;

/// <summary>Coded points, column by column, so that many are compared with one at once. Row numbers stay; rows are only added.</summary>
public sealed class TrialTable
{
    private double[][] columns;

    public TrialTable(PointCoding coding, int capacity = 16)
    {
        Coding = coding;
        capacity = Correlations.Padded(Math.Max(1, capacity));
        columns = new double[coding.Columns][];
        for (var column = 0; column < columns.Length; column++)
            columns[column] = new double[capacity];
    }

    public PointCoding Coding { get; }

    public int Count { get; private set; }

    public ReadOnlySpan<double> Column(int column) => columns[column].AsSpan(0, Count);

    /// <summary>A column and what follows it up to a multiple of eight rows.</summary>
    internal ReadOnlySpan<Vector512<double>> Eights(int column) => MemoryMarshal.Cast<double, Vector512<double>>(columns[column].AsSpan(0, Correlations.Padded(Count)));

    public double At(int row, int column) => columns[column][row];

    /// <param name="point">One entry for each column.</param>
    public void Add(ReadOnlySpan<double> point)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(point.Length, columns.Length);
        for (var column = 0; column < columns.Length; column++)
        {
            if (Count == columns[column].Length)
                Array.Resize(ref columns[column], 2 * Count);
            columns[column][Count] = point[column];
        }
        Count++;
    }

    public void CopyRow(int row, Span<double> into)
    {
        for (var column = 0; column < columns.Length; column++)
            into[column] = columns[column][row];
    }

    /// <summary>Some rows as a table of their own.</summary>
    public TrialTable Rows(IReadOnlyList<int> rows)
    {
        var chosen = new TrialTable(Coding, rows.Count) { Count = rows.Count };
        for (var column = 0; column < columns.Length; column++)
            for (var i = 0; i < rows.Count; i++)
                chosen.columns[column][i] = columns[column][rows[i]];
        return chosen;
    }
}
