namespace Dure.Edge.Onnx;

/// <summary>Conv, MaxPool and AveragePool over one or two dimensions of positions, on floats.</summary>
internal static class Sliding
{
    public static Step Conv(NodeSetup node)
    {
        var (window, group) = (new SlidingWindow(node), node.Int("group", 1));
        return (from, to) =>
        {
            var (x, filter, offset) = (from[0]!, from[1]!, from.Length > 2 ? from[2] : null);
            if (x.Rank is not (3 or 4) || filter.Rank != x.Rank || group < 1 || x.Dims[1] != filter.Dims[1] * group || filter.Dims[0] % group != 0 || (offset is not null && offset.Count != filter.Dims[0]))
                throw node.Bad($"It slides a filter {filter.Shape} in {group} group(s) over {x.Shape}.");
            var geometry = window.Over(x, x.Rank == 3 ? [1, filter.Dims[2]] : [filter.Dims[2], filter.Dims[3]]);
            Resize(to, x, filter.Dims[0], geometry);
            var (inner, taps) = (filter.Dims[1], geometry.Taps);
            node.Charge((long)to.Count * inner * taps);
            var source = x.As<float>();
            var weights = filter.As<float>();
            var target = to.As<float>();
            var (channels, outputs) = (x.Dims[1], filter.Dims[0]);
            for (var plane = 0; plane < x.Dims[0] * outputs; plane++)
            {
                var (example, output) = (plane / outputs, plane % outputs);
                var result = target.Slice(plane * geometry.Places, geometry.Places);
                result.Fill(offset is null ? 0 : offset.As<float>()[output]);
                for (var channel = 0; channel < inner; channel++)
                {
                    var input = output / (outputs / (int)group) * inner + channel;
                    geometry.AddFiltered(source.Slice((example * channels + input) * geometry.Size, geometry.Size), weights.Slice((output * inner + channel) * taps, taps), result);
                }
            }
        };
    }

    public static Step MaxPool(NodeSetup node) => Pool(node, isMax: true);

    public static Step AveragePool(NodeSetup node) => Pool(node, isMax: false);

    private static Step Pool(NodeSetup node, bool isMax)
    {
        var window = new SlidingWindow(node);
        var countsPadding = node.Int("count_include_pad", 0) != 0;
        if (node.Int("ceil_mode", 0) != 0)
            throw node.Unsupported("It rounds sizes up (ceil_mode).");
        var sizes = node.Ints("kernel_shape") ?? throw node.Malformed("It has no kernel_shape.");
        return (from, to) =>
        {
            var x = from[0]!;
            if (x.Rank is not (3 or 4) || sizes.Length != x.Rank - 2 || Array.Exists(sizes, size => size is < 1 or > int.MaxValue))
                throw node.Bad($"It slides over {x.Shape}.");
            var geometry = window.Over(x, x.Rank == 3 ? [1, (int)sizes[0]] : [(int)sizes[0], (int)sizes[1]]);
            Resize(to, x, x.Dims[1], geometry);
            node.Charge((long)to.Count * geometry.Taps);
            var source = x.As<float>();
            var target = to.As<float>();
            for (var plane = 0; plane < x.Dims[0] * x.Dims[1]; plane++)
                geometry.Pool(source.Slice(plane * geometry.Size, geometry.Size), target.Slice(plane * geometry.Places, geometry.Places), isMax, countsPadding);
        };
    }

    private static void Resize(Slot to, Slot x, int channels, in SlidingGeometry geometry)
    {
        if (x.Rank == 3)
            to.Resize(OnnxType.Float, x.Dims[0], channels, geometry.Width);
        else
            to.Resize(OnnxType.Float, x.Dims[0], channels, geometry.Height, geometry.Width);
    }
}

/// <summary>The attributes of a node that slides; one dimension of positions is run as two of which the first is 1.</summary>
internal sealed class SlidingWindow
{
    private const int Most = 1 << 16;

    private readonly NodeSetup node;
    private readonly long[]? strides, dilations, pads;
    private readonly string padding;

    public SlidingWindow(NodeSetup node)
    {
        this.node = node;
        (strides, dilations, pads, padding) = (node.Ints("strides"), node.Ints("dilations"), node.Ints("pads"), node.Text("auto_pad", "NOTSET"));
        if (padding is not ("NOTSET" or "VALID" or "SAME_UPPER" or "SAME_LOWER"))
            throw node.Unsupported($"It pads by '{padding}'.");
    }

    public SlidingGeometry Over(Slot x, (int Height, int Width) size)
    {
        var (down, right) = (Axis(x, 0, x.Rank == 3 ? 1 : x.Dims[2], size.Height), Axis(x, 1, x.Dims[^1], size.Width));
        return new SlidingGeometry(down, right);
    }

    public SlidingGeometry Over(Slot x, ReadOnlySpan<int> size) => Over(x, (size[0], size[1]));

    private SlidingAxis Axis(Slot x, int axis, int length, int taps)
    {
        var dimensions = x.Rank - 2;
        var at = axis - (2 - dimensions);
        if (at < 0)
            return new SlidingAxis(1, 1, 1, 1, 1, 0);
        long of(long[]? all, int index, int count, long otherwise) => all is null ? otherwise : all.Length == count ? all[index] : throw node.Bad($"It has {all.Length} numbers for {dimensions} dimension(s).");
        var (step, dilation) = (of(strides, at, dimensions, 1), of(dilations, at, dimensions, 1));
        var (before, after) = (of(pads, at, 2 * dimensions, 0), of(pads, at + dimensions, 2 * dimensions, 0));
        if (step is < 1 or > Most || dilation is < 1 or > Most || before is < 0 or > Most || after is < 0 or > Most || taps is < 1 or > Most)
            throw node.Bad($"It slides {taps} taps by {step} with dilation {dilation} and padding {before}, {after}.");
        var span = (taps - 1) * dilation + 1;
        if (padding.StartsWith("SAME", StringComparison.Ordinal))
        {
            var zeros = Math.Max(0, ((length + step - 1) / step - 1) * step + span - length);
            (before, after) = padding == "SAME_UPPER" ? (zeros / 2, zeros - zeros / 2) : (zeros - zeros / 2, zeros / 2);
        }
        var room = length + before + after - span;
        return room >= 0 ? new SlidingAxis(length, taps, (int)(room / step) + 1, (int)step, (int)dilation, (int)before) : throw node.Bad($"Its {span} positions do not fit {x.Shape}.");
    }
}

/// <summary>One dimension that a window slides along.</summary>
internal readonly record struct SlidingAxis(int Length, int Taps, int Places, int Step, int Dilation, int Before)
{
    /// <summary>The places from which a tap sees the input and not the padding: the first, and one behind the last.</summary>
    public (int First, int End) Seeing(int tap)
    {
        var shift = tap * Dilation - Before;
        var first = shift >= 0 ? 0 : (-shift + Step - 1) / Step;
        var end = Length - 1 - shift < 0 ? 0 : Math.Min(Places, (Length - 1 - shift) / Step + 1);
        return (first, Math.Max(first, end));
    }

    public int Source(int place, int tap) => place * Step + tap * Dilation - Before;
}

/// <summary>How a window slides over one plane of values.</summary>
internal readonly record struct SlidingGeometry(SlidingAxis Down, SlidingAxis Right)
{
    public int Height => Down.Places;
    public int Width => Right.Places;
    public int Places => Height * Width;
    public int Size => Down.Length * Right.Length;
    public int Taps => Down.Taps * Right.Taps;

    /// <summary>Adds tap by tap: so the inner loop runs along a row of the result.</summary>
    public void AddFiltered(ReadOnlySpan<float> source, ReadOnlySpan<float> filter, Span<float> result)
    {
        for (var tap = 0; tap < Taps; tap++)
        {
            var ((top, bottom), (first, end)) = (Down.Seeing(tap / Right.Taps), Right.Seeing(tap % Right.Taps));
            var factor = filter[tap];
            if (end <= first)
                continue;
            for (var y = top; y < bottom; y++)
            {
                var target = result.Slice(y * Width + first, end - first);
                var row = source[(Down.Source(y, tap / Right.Taps) * Right.Length + Right.Source(first, tap % Right.Taps))..];
                if (Right.Step == 1)
                {
                    row = row[..target.Length];
                    for (var x = 0; x < target.Length; x++)
                        target[x] += factor * row[x];
                }
                else
                {
                    for (var x = 0; x < target.Length; x++)
                        target[x] += factor * row[x * Right.Step];
                }
            }
        }
    }

    public void Pool(ReadOnlySpan<float> source, Span<float> result, bool isMax, bool countsPadding)
    {
        for (var place = 0; place < result.Length; place++)
        {
            var (sum, largest, seen) = (0f, float.NegativeInfinity, 0);
            for (var tap = 0; tap < Taps; tap++)
            {
                var (y, x) = (Down.Source(place / Width, tap / Right.Taps), Right.Source(place % Width, tap % Right.Taps));
                if (y < 0 || y >= Down.Length || x < 0 || x >= Right.Length)
                    continue;
                var value = source[y * Right.Length + x];
                (sum, largest, seen) = (sum + value, MathF.Max(largest, value), seen + 1);
            }
            result[place] = isMax ? largest : sum / (countsPadding ? Taps : Math.Max(1, seen));
        }
    }
}
