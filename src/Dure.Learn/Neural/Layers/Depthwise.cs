using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>A convolution of each channel by itself.</summary>
internal sealed record Depthwise(Sliding Sliding) : Layer
{
    public override string Kind => "depthwise";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Sliding.Infer(Dense.Single(inputs), inputs[0].Channels, Kind);

    public override IReadOnlyList<Weights> Learns(IReadOnlyList<Shape> inputs) =>
        [new(Sliding.Height * Sliding.Width, inputs[0].Channels, Sliding.Height * Sliding.Width, IsDecayed: true), new(1, inputs[0].Channels, 0)];

    public override void Forward(Site site)
    {
        FloatMath.Repeat(site.Weight(1), site.Value);
        var channels = site.Shape.Channels;
        for (var place = 0; place < site.Places; place++)
        {
            var target = site.Value.Slice(place * channels, channels);
            for (var tap = 0; tap < Sliding.Height * Sliding.Width; tap++)
            {
                if (Source(site, place, tap) is >= 0 and var source)
                    FloatMath.AddProduct(site.Input().Slice(source, channels), site.Weight(0).Slice(tap * channels, channels), target);
            }
        }
    }

    public override void Backward(Site site)
    {
        var channels = site.Shape.Channels;
        FloatMath.AddColumns(site.Gradient, channels, site.WeightGradient(1));
        var target = site.Wants() ? site.InputGradient() : default;
        for (var place = 0; place < site.Places; place++)
        {
            var gradient = site.Gradient.Slice(place * channels, channels);
            for (var tap = 0; tap < Sliding.Height * Sliding.Width; tap++)
            {
                if (Source(site, place, tap) is not (>= 0 and var source))
                    continue;
                FloatMath.AddProduct(site.Input().Slice(source, channels), gradient, site.WeightGradient(0).Slice(tap * channels, channels));
                if (!target.IsEmpty)
                    FloatMath.AddProduct(gradient, site.Weight(0).Slice(tap * channels, channels), target.Slice(source, channels));
            }
        }
    }

    /// <summary>Where in the input the channels stand that a tap sees from a place of the output; -1: outside.</summary>
    private int Source(Site site, int place, int tap)
    {
        var (shape, input) = (site.Shape, site.InputShape);
        var (example, y, x) = (place / shape.Positions, place % shape.Positions / shape.Width, place % shape.Width);
        var down = y * Sliding.StepDown - Sliding.Top + tap / Sliding.Width * Sliding.DilationDown;
        var right = x * Sliding.StepRight - Sliding.Left + tap % Sliding.Width * Sliding.DilationRight;
        return down >= 0 && down < input.Height && right >= 0 && right < input.Width ? example * input.Size + (down * input.Width + right) * input.Channels : -1;
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site)
    {
        var (rank, channels, taps) = (site.Shape.Rank, site.Shape.Channels, Sliding.Height * Sliding.Width);
        var turned = new float[taps * channels];
        for (var i = 0; i < turned.Length; i++)
            turned[i % channels * taps + i / channels] = site.Weights[0][i];
        ReadOnlySpan<long> dims = rank == 2 ? [channels, 1, Sliding.Width] : [channels, 1, Sliding.Height, Sliding.Width];
        var filter = graph.Constant<float>($"{site.Name}_0", turned, dims);
        return Convolution.ChannelsFirst(graph, site.Input, rank, x => graph.Node("Conv", [x, filter, site.Constant(graph, 1, channels)], [.. Sliding.ToOnnx(rank, "kernel_shape"), OnnxAttribute.Of("group", (long)channels)]));
    }
}
