using Dure.Kernel;

namespace Dure.Datasets;

/// <summary>
/// One asset's aligned table, as a dataset version holds it: one row per time stamp at which any signal has a sample,
/// one column per signal. What is missing or of bad quality is NaN.
/// </summary>
public sealed record Frame
{
    public required AssetId Asset { get; init; }

    /// <summary>Microseconds since 1970 UTC, strictly rising.</summary>
    public required long[] TimesMicros { get; init; }

    public required IReadOnlyList<string> SignalNames { get; init; }

    /// <summary>One array per signal, each as long as <see cref="TimesMicros"/>, in the unit the version's column states.</summary>
    public required double[][] Values { get; init; }

    /// <summary>Whether each row is labelled as a fault; null when the dataset has no labels. A row without a label counts as none.</summary>
    public required bool[]? Labels { get; init; }

    /// <summary>The first so many rows may be learned from; the rest is held out.</summary>
    public required int TrainRows { get; init; }

    public int Rows => TimesMicros.Length;

    /// <summary>Row after row, as matrix methods want it: <c>[row * signals + signal]</c>, for the rows from <paramref name="start"/> on.</summary>
    public double[] RowMajor(int start, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Rows);
        var table = new double[count * Values.Length];
        for (var signal = 0; signal < Values.Length; signal++)
        {
            var column = Values[signal];
            for (var row = 0; row < count; row++)
                table[row * Values.Length + signal] = column[start + row];
        }
        return table;
    }
}
