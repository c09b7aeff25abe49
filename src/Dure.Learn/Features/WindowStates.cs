namespace Dure.Learn.Features;

/// <summary>A sum over a window that several features read.</summary>
internal sealed class WindowState<T>(FeatureState input, WindowLength length, WindowEdge edge) : FeatureState where T : struct, IWindowSum<T>
{
    private readonly SlidingWindow<T> window = new(length.Rows);

    public T Sum => window.Sum;

    public override void Advance(in FeatureRow row) =>
        window.Advance(edge.Advance(row), T.Of(input.Value, length.Rows > 0 ? row.Number : row.Seconds));
}

/// <summary>One figure of a window.</summary>
internal sealed class WindowFigure<T>(WindowState<T> window, Func<T, double> read) : FeatureState where T : struct, IWindowSum<T>
{
    public override void Advance(in FeatureRow row) => Value = read(window.Sum);
}

/// <summary>1 where the value went through a level since the last value that was there, 0 where not.</summary>
internal sealed class CrossingState(FeatureState input, double level) : FeatureState
{
    private double last = double.NaN;

    public override void Advance(in FeatureRow row)
    {
        var now = input.Value - level;
        Value = double.IsNaN(now) ? double.NaN : (last < 0 && now >= 0) || (last >= 0 && now < 0) ? 1 : 0;
        last = double.IsNaN(now) ? last : now;
    }
}

/// <summary>A quantile of a window, between two values in proportion (Hyndman and Fan 1996, type 7). The window's values are kept in order.</summary>
internal sealed class QuantileState(FeatureState input, WindowLength length, WindowEdge edge, double share) : FeatureState
{
    private double[] arrived = new double[Ring.Size(length.Rows)];
    private double[] ordered = new double[Ring.Size(length.Rows)];
    private int first, count, present;

    public override void Advance(in FeatureRow row)
    {
        for (var leaving = edge.Advance(row); leaving > 0; leaving--)
        {
            Remove(arrived[first]);
            (first, count) = ((first + 1) & (arrived.Length - 1), count - 1);
        }
        if (count == arrived.Length)
            (arrived, ordered, first) = (Ring.Grown(arrived, first), Ring.Grown(ordered, 0), 0);
        arrived[(first + count++) & (arrived.Length - 1)] = input.Value;
        Insert(input.Value);
        Value = present == 0 ? double.NaN : Quantile();
    }

    private double Quantile()
    {
        var place = share * (present - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, present - 1);
        var part = place - below;
        return part == 0 ? ordered[below] : ordered[below] * (1 - part) + ordered[above] * part;
    }

    private void Insert(double value)
    {
        if (double.IsNaN(value))
            return;
        var at = Place(value);
        ordered.AsSpan(at, present++ - at).CopyTo(ordered.AsSpan(at + 1));
        ordered[at] = value;
    }

    private void Remove(double value)
    {
        if (double.IsNaN(value))
            return;
        var at = Place(value);
        ordered.AsSpan(at + 1, present-- - at - 1).CopyTo(ordered.AsSpan(at));
    }

    private int Place(double value)
    {
        var found = ordered.AsSpan(0, present).BinarySearch(value);
        return found < 0 ? ~found : found;
    }
}
