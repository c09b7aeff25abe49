using Dure.Kernel;

namespace Dure.Learn.Neural;

/// <summary>What one window is: signals over a length of time, or the channels of an image of a height and length.</summary>
public readonly record struct WindowShape(int Channels, int Length, int Height = 1)
{
    /// <summary>Numbers of one window.</summary>
    public int Size => Channels * Height * Length;

    internal bool IsImage => Height > 1;

    internal Shape Inside => IsImage ? Shape.Image(Height, Length, Channels) : Shape.Window(Length, Channels);
}

/// <summary>Windows to learn from or to judge, made one at a time: those of a long recording need no memory of their own.</summary>
public abstract class WindowSource
{
    public abstract WindowShape Shape { get; }

    public abstract int Count { get; }

    /// <summary>Writes one window, [channels, height, length]; NaN is missing.</summary>
    public abstract void Copy(int window, Span<float> into);
}

/// <summary>Windows that lie in memory, [n, channels, height, length].</summary>
public sealed class WindowArray : WindowSource
{
    private readonly float[] values;

    /// <exception cref="ProblemException">The values are no whole number of windows.</exception>
    public WindowArray(float[] values, WindowShape shape)
    {
        if (shape.Channels < 1 || shape.Length < 1 || shape.Height < 1 || values.Length == 0 || values.Length % shape.Size != 0)
            throw new ProblemException("urn:dure:learn:bad-windows", $"{values.Length} numbers are no windows of {shape}.", "windows", "Give whole windows, channel by channel.");
        (this.values, Shape) = (values, shape);
    }

    public override WindowShape Shape { get; }

    public override int Count => values.Length / Shape.Size;

    public override void Copy(int window, Span<float> into) => values.AsSpan(window * Shape.Size, Shape.Size).CopyTo(into);
}

/// <summary>All windows of signals that were sampled together, each some samples after the one before.</summary>
public sealed class SlidingWindows : WindowSource
{
    private readonly float[][] signals;
    private readonly int first, step;

    /// <param name="signals">One array for each signal, all of one length.</param>
    /// <param name="first">The first sample of the first window.</param>
    /// <param name="end">One behind the last sample that a window may hold; null: all.</param>
    /// <exception cref="ProblemException">They differ in length, or no window fits.</exception>
    public SlidingWindows(float[][] signals, int length, int step = 1, int first = 0, int? end = null)
    {
        var last = end ?? (signals.Length > 0 ? signals[0].Length : 0);
        if (signals.Length == 0 || length < 1 || step < 1 || first < 0 || signals.Any(signal => signal.Length != signals[0].Length) || last > signals[0].Length || last - first < length)
            throw new ProblemException("urn:dure:learn:bad-windows", $"No window of {length} samples fits the {signals.Length} signals.", "windows", "Give signals of one length, longer than a window.");
        (this.signals, this.first, this.step) = (signals, first, step);
        (Shape, Count) = (new WindowShape(signals.Length, length), (last - first - length) / step + 1);
    }

    public override WindowShape Shape { get; }

    public override int Count { get; }

    /// <summary>One behind the last sample of a window.</summary>
    public int EndOf(int window) => first + window * step + Shape.Length;

    public override void Copy(int window, Span<float> into)
    {
        for (var channel = 0; channel < signals.Length; channel++)
            signals[channel].AsSpan(first + window * step, Shape.Length).CopyTo(into[(channel * Shape.Length)..]);
    }
}

/// <summary>Some windows of a source.</summary>
internal sealed class SomeWindows(WindowSource source, int first, int count) : WindowSource
{
    public override WindowShape Shape => source.Shape;

    public override int Count => count;

    public override void Copy(int window, Span<float> into) => source.Copy(first + window, into);
}
