using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>The largest or the mean value of each channel in a window that slides without padding.</summary>
internal sealed record Pooling(Sliding Sliding, bool IsMax) : Layer
{
    public override string Kind => "pooling";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => !Sliding.HasPadding && Sliding.DilationDown == 1 && Sliding.DilationRight == 1
        ? Sliding.Infer(Dense.Single(inputs), inputs[0].Channels, Kind)
        : throw Shape.Bad("It has padding or dilation.", Kind);

    public static Pooling Max(int width) => new(new Sliding(1, width) { StepRight = width }, IsMax: true);

    public static Pooling MaxSquare(int size) => new(new Sliding(size, size) { StepRight = size, StepDown = size }, IsMax: true);

    public override void Forward(Site site)
    {
        var (channels, taps) = (site.Shape.Channels, Sliding.Height * Sliding.Width);
        // Of the largest, which tap it was.
        var chosen = site.Keep(0, site.Value.Length);
        for (var place = 0; place < site.Places; place++)
        {
            var target = site.Value.Slice(place * channels, channels);
            var which = chosen.AsSpan(place * channels, channels);
            if (!IsMax)
                target.Clear();
            for (var tap = 0; tap < taps; tap++)
            {
                var source = site.Input().Slice(Source(site, place, tap), channels);
                if (!IsMax)
                {
                    FloatMath.AddScaled(1f / taps, source, target);
                    continue;
                }
                if (tap == 0)
                {
                    source.CopyTo(target);
                    which.Clear();
                }
                else
                {
                    TakeLarger(source, tap, target, which);
                }
            }
        }
    }

    public override void Backward(Site site)
    {
        if (!site.Wants())
            return;
        var (channels, taps) = (site.Shape.Channels, Sliding.Height * Sliding.Width);
        var chosen = site.Keep(0, site.Value.Length);
        var into = site.InputGradient();
        for (var place = 0; place < site.Places; place++)
        {
            var gradient = site.Gradient.Slice(place * channels, channels);
            for (var tap = 0; tap < taps; tap++)
            {
                var target = into.Slice(Source(site, place, tap), channels);
                if (!IsMax)
                {
                    FloatMath.AddScaled(1f / taps, gradient, target);
                    continue;
                }
                AddWhere(chosen.AsSpan(place * channels, channels), tap, gradient, target);
            }
        }
    }

    private static void TakeLarger(ReadOnlySpan<float> source, int tap, Span<float> largest, Span<float> which)
    {
        ref var from = ref MemoryMarshal.GetReference(source);
        ref var to = ref MemoryMarshal.GetReference(largest);
        ref var chosen = ref MemoryMarshal.GetReference(which);
        var c = 0;
        for (; c <= source.Length - 8; c += 8)
        {
            var (x, y) = (Vector256.LoadUnsafe(ref from, (nuint)c), Vector256.LoadUnsafe(ref to, (nuint)c));
            var isLarger = Vector256.GreaterThan(x, y);
            Vector256.ConditionalSelect(isLarger, x, y).StoreUnsafe(ref to, (nuint)c);
            Vector256.ConditionalSelect(isLarger, Vector256.Create((float)tap), Vector256.LoadUnsafe(ref chosen, (nuint)c)).StoreUnsafe(ref chosen, (nuint)c);
        }
        for (; c < source.Length; c++)
        {
            if (source[c] > largest[c])
                (largest[c], which[c]) = (source[c], tap);
        }
    }

    private static void AddWhere(ReadOnlySpan<float> which, int tap, ReadOnlySpan<float> gradient, Span<float> target)
    {
        ref var chosen = ref MemoryMarshal.GetReference(which);
        ref var from = ref MemoryMarshal.GetReference(gradient);
        ref var to = ref MemoryMarshal.GetReference(target);
        var c = 0;
        for (; c <= target.Length - 8; c += 8)
        {
            var share = Vector256.Equals(Vector256.LoadUnsafe(ref chosen, (nuint)c), Vector256.Create((float)tap)) & Vector256.LoadUnsafe(ref from, (nuint)c);
            (Vector256.LoadUnsafe(ref to, (nuint)c) + share).StoreUnsafe(ref to, (nuint)c);
        }
        for (; c < target.Length; c++)
            target[c] += which[c] == tap ? gradient[c] : 0;
    }

    private int Source(Site site, int place, int tap)
    {
        var (shape, input) = (site.Shape, site.InputShape);
        var (example, y, x) = (place / shape.Positions, place % shape.Positions / shape.Width, place % shape.Width);
        return example * input.Size + ((y * Sliding.StepDown + tap / Sliding.Width) * input.Width + x * Sliding.StepRight + tap % Sliding.Width) * input.Channels;
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => Convolution.ChannelsFirst(graph, site.Input, site.Shape.Rank,
        x => graph.Node(IsMax ? "MaxPool" : "AveragePool", [x], [.. Sliding.ToOnnx(site.Shape.Rank, "kernel_shape").Where(attribute => attribute.Name != "dilations")]));
}

/// <summary>The mean of each channel over all positions.</summary>
internal sealed record MeanOfPositions : Layer
{
    public override string Kind => "mean-of-positions";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Shape.Row(Dense.Single(inputs).Channels);

    public override void Forward(Site site)
    {
        var (channels, positions) = (site.Shape.Channels, site.InputShape.Positions);
        site.Value.Clear();
        for (var row = 0; row < site.Rows; row++)
            for (var at = 0; at < positions; at++)
                FloatMath.AddScaled(1f / positions, site.Input().Slice((row * positions + at) * channels, channels), site.Value.Slice(row * channels, channels));
    }

    public override void Backward(Site site)
    {
        if (!site.Wants())
            return;
        var (channels, positions) = (site.Shape.Channels, site.InputShape.Positions);
        var into = site.InputGradient();
        for (var row = 0; row < site.Rows; row++)
            for (var at = 0; at < positions; at++)
                FloatMath.AddScaled(1f / positions, site.Gradient.Slice(row * channels, channels), into.Slice((row * positions + at) * channels, channels));
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) =>
        graph.Node("ReduceMean", [site.Input], [OnnxAttribute.Of("axes", (long[])(site.InputShapes[0].Rank == 2 ? [1] : [1, 2])), OnnxAttribute.Of("keepdims", 0L)]);
}
