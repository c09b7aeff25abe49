using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>How a window slides over the positions of an example: its size, its steps, the distance of its taps, and the zeros laid around.</summary>
internal readonly record struct Sliding(int Height, int Width)
{
    public const int Most = 1024;

    public int StepDown { get; init; } = 1;
    public int StepRight { get; init; } = 1;
    public int DilationDown { get; init; } = 1;
    public int DilationRight { get; init; } = 1;
    public int Top { get; init; }
    public int Left { get; init; }
    public int Bottom { get; init; }
    public int Right { get; init; }

    /// <summary>Over a window of signals, with as many zeros as keep the length (for an odd width and step 1).</summary>
    public static Sliding Same(int width, int step = 1, int dilation = 1) =>
        new(1, width) { StepRight = step, DilationRight = dilation, Left = (width - 1) * dilation / 2, Right = (width - 1) * dilation - (width - 1) * dilation / 2 };

    /// <summary>Over a window of signals; no position sees a later one.</summary>
    public static Sliding Causal(int width, int dilation) => new(1, width) { DilationRight = dilation, Left = (width - 1) * dilation };

    /// <summary>Over an image, with as many zeros as keep its size (for an odd size and step 1).</summary>
    public static Sliding Square(int size, int step = 1, int dilation = 1) => new(size, size)
    {
        StepDown = step,
        StepRight = step,
        DilationDown = dilation,
        DilationRight = dilation,
        Top = (size - 1) * dilation / 2,
        Left = (size - 1) * dilation / 2,
        Bottom = (size - 1) * dilation - (size - 1) * dilation / 2,
        Right = (size - 1) * dilation - (size - 1) * dilation / 2,
    };

    /// <summary>The shape with its zeros.</summary>
    public Shape Padded(Shape shape) => shape with { Height = shape.Height + Top + Bottom, Width = shape.Width + Left + Right };

    public bool HasPadding => (Top | Left | Bottom | Right) != 0;

    public Shape Infer(Shape shape, int channels, string kind)
    {
        int[] sizes = [Height, Width, StepDown, StepRight, DilationDown, DilationRight];
        int[] zeros = [Top, Left, Bottom, Right];
        if (shape.Rank == 1 || sizes.Any(size => size is < 1 or > Most) || zeros.Any(count => count is < 0 or > Most * Most))
            throw Shape.Bad($"It slides {this} over {shape}.", kind);
        var padded = Padded(shape).Check(kind);
        var (spanDown, spanRight) = ((long)(Height - 1) * DilationDown, (long)(Width - 1) * DilationRight);
        if (spanDown >= padded.Height || spanRight >= padded.Width || (shape.Rank == 2 && padded.Height != 1))
            throw Shape.Bad($"It slides {Height} x {Width} over {padded}.", kind);
        return shape with { Height = (int)(padded.Height - 1 - spanDown) / StepDown + 1, Width = (int)(padded.Width - 1 - spanRight) / StepRight + 1, Channels = channels };
    }

    /// <summary>Copies examples into the middle of zeros.</summary>
    public void Pad(ReadOnlySpan<float> from, Shape shape, Span<float> to)
    {
        var padded = Padded(shape);
        to.Clear();
        var row = shape.Width * shape.Channels;
        for (int source = 0, example = 0; source < from.Length; example++)
            for (var y = 0; y < shape.Height; y++, source += row)
                from.Slice(source, row).CopyTo(to[(example * padded.Size + ((y + Top) * padded.Width + Left) * shape.Channels)..]);
    }

    /// <summary>Adds what lies in the middle of the zeros.</summary>
    public void AddUnpadded(ReadOnlySpan<float> from, Shape shape, Span<float> to)
    {
        var padded = Padded(shape);
        var row = shape.Width * shape.Channels;
        for (int target = 0, example = 0; target < to.Length; example++)
            for (var y = 0; y < shape.Height; y++, target += row)
                FloatMath.Add(from.Slice(example * padded.Size + ((y + Top) * padded.Width + Left) * shape.Channels, row), to.Slice(target, row));
    }

    /// <summary>The attributes of ONNX: of a window of signals only those along it.</summary>
    public OnnxAttribute[] ToOnnx(int rank, string sizes) => rank == 2
        ? [OnnxAttribute.Of(sizes, [(long)Width]), OnnxAttribute.Of("strides", [(long)StepRight]), OnnxAttribute.Of("dilations", [(long)DilationRight]), OnnxAttribute.Of("pads", [Left, (long)Right])]
        : [OnnxAttribute.Of(sizes, [Height, (long)Width]), OnnxAttribute.Of("strides", [StepDown, (long)StepRight]), OnnxAttribute.Of("dilations", [DilationDown, (long)DilationRight]), OnnxAttribute.Of("pads", [Top, Left, Bottom, (long)Right])];
}

/// <summary>
/// A convolution along a window of signals or over an image. Each row of the result is a product whose left side is the signal itself, read with one
/// start for each stretch of taps (see <see cref="Left"/>).
/// </summary>
internal sealed record Convolution(int Channels, Sliding Sliding) : Layer
{
    /// <summary>Positions whose gradients are packed at once for the gradient of the weights.</summary>
    private const int Block = 256;

    public override string Kind => "convolution";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Sliding.Infer(Dense.Single(inputs), Channels, Kind);

    public override IReadOnlyList<Weights> Learns(IReadOnlyList<Shape> inputs)
    {
        var inner = checked(Sliding.Height * Sliding.Width * inputs[0].Channels);
        return [new(inner, Channels, inner, IsDecayed: true), new(1, Channels, 0)];
    }

    /// <summary>Taps beside each other are read as one stretch when nothing lies between them.</summary>
    private (int Length, int Count) Stretches(int channels) => Sliding.DilationRight == 1 ? (Sliding.Width * channels, Sliding.Height) : (channels, Sliding.Height * Sliding.Width);

    private int StartOf(int stretch, Shape padded) => Sliding.DilationRight == 1
        ? stretch * Sliding.DilationDown * padded.Width * padded.Channels
        : (stretch / Sliding.Width * Sliding.DilationDown * padded.Width + stretch % Sliding.Width * Sliding.DilationRight) * padded.Channels;

    public override unsafe void Forward(Site site)
    {
        var (padded, shape) = (Sliding.Padded(site.InputShape), site.Shape);
        var (length, count) = Stretches(padded.Channels);
        var source = Padded(site);
        var panels = site.Packed(0, 0, length * count, Channels);
        Span<int> places = count <= 256 ? stackalloc int[count] : new int[count];
        for (var i = 0; i < count; i++)
            places[i] = StartOf(i, padded);
        FloatMath.Repeat(site.Weight(1), site.Value);
        fixed (int* starts = places)
        {
            for (var example = 0; example < site.Rows; example++)
            {
                for (var y = 0; y < shape.Height; y++)
                {
                    var left = new Left(source + (long)example * padded.Size + (long)y * Sliding.StepDown * padded.Width * padded.Channels, Sliding.StepRight * padded.Channels, 1, length, starts, count);
                    Gemm.Multiply(left, panels, site.ValueAt + (long)(example * shape.Height + y) * shape.Width * Channels, Channels, shape.Width, add: true);
                }
            }
        }
    }

    public override void Backward(Site site)
    {
        FloatMath.AddColumns(site.Gradient, Channels, site.WeightGradient(1));
        AddWeightGradient(site);
        if (site.Wants())
            AddInputGradient(site);
    }

    /// <summary>For each stretch of taps a product over rows of positions, as many rows at once as make a good length.</summary>
    private unsafe void AddWeightGradient(Site site)
    {
        var (padded, shape) = (Sliding.Padded(site.InputShape), site.Shape);
        var (length, count) = Stretches(padded.Channels);
        var source = Sliding.HasPadding ? site.KeepAt(0, 0) : site.InputAt();
        var rows = site.Rows * shape.Height;
        var group = Math.Clamp(Block / shape.Width, 1, rows);
        Span<int> places = group <= 256 ? stackalloc int[group] : new int[group];
        fixed (int* starts = places)
        {
            for (var first = 0; first < rows; first += group)
            {
                var some = Math.Min(group, rows - first);
                for (var i = 0; i < some; i++)
                    places[i] = (first + i) / shape.Height * padded.Size + (first + i) % shape.Height * Sliding.StepDown * padded.Width * padded.Channels;
                var panels = site.Scratch(1).Pack(site.Gradient[(first * shape.Width * Channels)..], Channels, some * shape.Width, Channels);
                for (var stretch = 0; stretch < count; stretch++)
                {
                    var left = new Left(source + StartOf(stretch, padded), 1, Sliding.StepRight * padded.Channels, shape.Width, starts, some);
                    Gemm.Multiply(left, panels, site.WeightGradientAt(0) + (long)stretch * length * Channels, Channels, length, add: true);
                }
            }
        }
    }

    /// <summary>Tap by tap: what the gradient of a position says of the input that the tap saw.</summary>
    private unsafe void AddInputGradient(Site site)
    {
        var (padded, shape, channels) = (Sliding.Padded(site.InputShape), site.Shape, site.InputShape.Channels);
        float* target;
        if (Sliding.HasPadding)
        {
            target = site.KeepAt(1, site.Rows * padded.Size);
            new Span<float>(target, site.Rows * padded.Size).Clear();
        }
        else
        {
            site.InputGradient(); // clears it where nothing has been added yet
            target = site.ClaimGradient(0, out _);
        }
        for (var tap = 0; tap < Sliding.Height * Sliding.Width; tap++)
        {
            var panels = site.Packed(2 + tap, 0, Channels, channels, turned: true, skip: tap * channels * Channels);
            var start = (tap / Sliding.Width * Sliding.DilationDown * padded.Width + tap % Sliding.Width * Sliding.DilationRight) * channels;
            for (var row = 0; row < site.Rows * shape.Height; row++)
            {
                var place = (long)row / shape.Height * padded.Size + (long)(row % shape.Height) * Sliding.StepDown * padded.Width * channels + start;
                Gemm.Multiply(Left.Rows(site.GradientAt + (long)row * shape.Width * Channels, Channels, Channels), panels, target + place, Sliding.StepRight * channels, shape.Width, add: true);
            }
        }
        if (Sliding.HasPadding)
            Sliding.AddUnpadded(new ReadOnlySpan<float>(target, site.Rows * padded.Size), site.InputShape, site.InputGradient());
    }

    private unsafe float* Padded(Site site)
    {
        if (!Sliding.HasPadding)
            return site.InputAt();
        var size = site.Rows * Sliding.Padded(site.InputShape).Size;
        var room = site.Keep(0, size);
        Sliding.Pad(site.Input(), site.InputShape, room.AsSpan(0, size));
        return site.KeepAt(0, size);
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site)
    {
        var (rank, inner) = (site.Shape.Rank, site.InputShapes[0].Channels);
        // From [taps, in, out] to [out, in, taps].
        var turned = new float[site.Weights[0].Length];
        for (var i = 0; i < turned.Length; i++)
            turned[(i % Channels * inner + i / Channels % inner) * (Sliding.Height * Sliding.Width) + i / Channels / inner] = site.Weights[0][i];
        ReadOnlySpan<long> dims = rank == 2 ? [Channels, inner, Sliding.Width] : [Channels, inner, Sliding.Height, Sliding.Width];
        var filter = graph.Constant<float>($"{site.Name}_0", turned, dims);
        return ChannelsFirst(graph, site.Input, rank, x => graph.Node("Conv", [x, filter, site.Constant(graph, 1, Channels)], Sliding.ToOnnx(rank, "kernel_shape")));
    }

    /// <summary>ONNX slides over positions that stand behind the channels.</summary>
    internal static GraphValue ChannelsFirst(GraphBuilder graph, GraphValue x, int rank, Func<GraphValue, GraphValue> inside)
    {
        long[] forth = rank == 2 ? [0, 2, 1] : [0, 3, 1, 2];
        long[] back = rank == 2 ? [0, 2, 1] : [0, 2, 3, 1];
        return graph.Node("Transpose", [inside(graph.Node("Transpose", [x], [OnnxAttribute.Of("perm", forth)]))], [OnnxAttribute.Of("perm", back)]);
    }
}
