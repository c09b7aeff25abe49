using Dure.Kernel;

namespace Dure.Learn.Features;

/// <summary>How long a window is: a number of rows, or a time.</summary>
/// <param name="Rows">The rows of it, the present one included; 0: it is a time.</param>
/// <param name="Seconds">Rows younger than this belong to it.</param>
internal readonly record struct WindowLength(int Rows, double Seconds)
{
    public const int MostRows = 1 << 20;

    public static WindowLength Of(Feature feature) => feature.Parameters.ContainsKey("seconds") ? new(0, feature["seconds"]) : new((int)feature["rows"], 0);
}

/// <summary>Says how many of the oldest rows leave a window when the next comes.</summary>
/// <param name="owner">The feature, for messages.</param>
/// <param name="mostRows">Rows that a window of time may hold at most.</param>
internal sealed class WindowEdge(WindowLength length, string owner, int mostRows)
{
    private readonly long micros = (long)Math.Round(length.Seconds * 1e6);
    private long[] times = length.Rows > 0 ? [] : new long[16];
    private int first, count;

    /// <summary>Rows in the window, the present one included.</summary>
    public int Count => count;

    public int Advance(in FeatureRow row)
    {
        var leaving = 0;
        if (length.Rows > 0)
        {
            leaving = count == length.Rows ? 1 : 0;
            count += 1 - leaving;
            return leaving;
        }
        while (count > 0 && row.Micros - times[first] >= micros)
            (first, count, leaving) = ((first + 1) & (times.Length - 1), count - 1, leaving + 1);
        if (count == mostRows)
            throw FeatureText.Bad($"{length.Seconds} seconds hold more than {mostRows} rows at row {row.Number}.", $"feature '{owner}'", "Take a shorter window, fewer windows of time, or rows that are further apart.");
        if (count == times.Length)
            (times, first) = (Ring.Grown(times, first), 0);
        times[(first + count++) & (times.Length - 1)] = row.Micros;
        return leaving;
    }
}

/// <summary>What rows of a window add up to, and how two parts become one.</summary>
internal interface IWindowSum<T> where T : struct, IWindowSum<T>
{
    /// <summary>Of no row; also of a row whose value is missing.</summary>
    static abstract T Nothing { get; }

    /// <param name="place">Where the row lies: its number, or its seconds.</param>
    static abstract T Of(double value, double place);

    static abstract T Join(in T older, in T newer);
}

/// <summary>
/// The sum over a sliding window, kept as a queue of two stacks: the older stack holds the sums from each row to the stack's end, the newer one its
/// total. Nothing is ever subtracted, so that no error can gather however many rows pass and however large a value was that left; one row
/// costs two joins on average.
/// </summary>
internal sealed class SlidingWindow<T>(int capacity) where T : struct, IWindowSum<T>
{
    private T[] cells = new T[Ring.Size(capacity)];
    private T newer = T.Nothing;
    private int first, older, count;

    /// <summary>Joins made so far: what the work is counted by.</summary>
    public long Joins { get; private set; }

    public T Sum { get; private set; } = T.Nothing;

    public void Advance(int leaving, in T entering)
    {
        for (var i = 0; i < leaving; i++)
            Drop();
        if (count == cells.Length)
            (cells, first) = (Ring.Grown(cells, first), 0);
        cells[At(count++)] = entering;
        newer = Join(newer, entering);
        Sum = older > 0 ? Join(cells[first], newer) : newer;
    }

    private void Drop()
    {
        if (older == 0)
        {
            // Turn the newer stack over: from its end on each cell becomes the sum of all that came after.
            for (var i = count - 2; i >= 0; i--)
                cells[At(i)] = Join(cells[At(i)], cells[At(i + 1)]);
            (older, newer) = (count, T.Nothing);
        }
        (first, older, count) = (At(1), older - 1, count - 1);
    }

    private int At(int place) => (first + place) & (cells.Length - 1);

    private T Join(in T left, in T right)
    {
        Joins++;
        return T.Join(left, right);
    }
}

/// <summary>Arrays of a power of two that are used in a circle.</summary>
internal static class Ring
{
    public static int Size(int capacity) => (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(capacity, 16));

    /// <summary>Twice as large, beginning at 0 with what was at <paramref name="first"/>.</summary>
    public static TCell[] Grown<TCell>(TCell[] ring, int first)
    {
        var larger = new TCell[ring.Length * 2];
        ring.AsSpan(first).CopyTo(larger);
        ring.AsSpan(0, first).CopyTo(larger.AsSpan(ring.Length - first));
        return larger;
    }
}
