using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>The sum of several inputs: what closes a residual block.</summary>
internal sealed record Sum : Layer
{
    public override string Kind => "sum";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => inputs.Count > 0 && inputs.All(shape => shape == inputs[0]) ? inputs[0] : throw Shape.Bad("Its inputs are of different shapes.", Kind);

    public override void Forward(Site site)
    {
        site.Input().CopyTo(site.Value);
        for (var i = 1; i < site.InputCount; i++)
            FloatMath.Add(site.Input(i), site.Value);
    }

    public override void Backward(Site site)
    {
        for (var i = 0; i < site.InputCount; i++)
        {
            if (site.Wants(i))
                FloatMath.Add(site.Gradient, site.InputGradient(i));
        }
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => site.Inputs.Skip(1).Aggregate(site.Input, graph.Add);
}

/// <summary>All numbers of an example as one row.</summary>
internal sealed record Flatten : Layer
{
    public override string Kind => "flatten";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Shape.Row(Dense.Single(inputs).Size);

    public override void Forward(Site site) => site.Input().CopyTo(site.Value);

    public override void Backward(Site site)
    {
        if (site.Wants())
            FloatMath.Add(site.Gradient, site.InputGradient());
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => graph.Reshape(site.Input, -1, site.Shape.Size);
}

/// <summary>The numbers of a row as positions with channels.</summary>
internal sealed record Fold(Shape Shape) : Layer
{
    public override string Kind => "fold";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Dense.Single(inputs).Size == Shape.Check(Kind).Size ? Shape : throw Shape.Bad($"It folds {inputs[0]} to {Shape}.", Kind);

    public override void Forward(Site site) => site.Input().CopyTo(site.Value);

    public override void Backward(Site site)
    {
        if (site.Wants())
            FloatMath.Add(site.Gradient, site.InputGradient());
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => graph.Reshape(site.Input, [-1, .. Shape.Dims]);
}

/// <summary>The last position of a window.</summary>
internal sealed record LastPosition : Layer
{
    public override string Kind => "last-position";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Dense.Single(inputs).Rank == 2 ? Shape.Row(inputs[0].Channels) : throw Shape.Bad("It takes the last position of a window.", Kind);

    public override void Forward(Site site)
    {
        var (size, channels) = (site.InputShape.Size, site.Shape.Channels);
        for (var row = 0; row < site.Rows; row++)
            site.Input().Slice((row + 1) * size - channels, channels).CopyTo(site.Value[(row * channels)..]);
    }

    public override void Backward(Site site)
    {
        if (!site.Wants())
            return;
        var (size, channels) = (site.InputShape.Size, site.Shape.Channels);
        var into = site.InputGradient();
        for (var row = 0; row < site.Rows; row++)
            FloatMath.Add(site.Gradient.Slice(row * channels, channels), into.Slice((row + 1) * size - channels, channels));
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) =>
        graph.Node("Gather", [site.Input, graph.Scalar($"{site.Name}_last", (long)site.InputShapes[0].Width - 1)], [OnnxAttribute.Of("axis", 1L)]);
}

/// <summary>Each position of a window several times: the way back from a shorter window.</summary>
internal sealed record Stretch(int Times) : Layer
{
    public override string Kind => "stretch";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Dense.Single(inputs).Rank == 2 && Times is >= 1 and <= 64
        ? inputs[0] with { Width = inputs[0].Width * Times }
        : throw Shape.Bad($"It repeats {inputs[0]} {Times} times; a window 1 to 64 times is allowed.", Kind);

    public override void Forward(Site site)
    {
        var channels = site.Shape.Channels;
        for (var place = 0; place < site.Places; place++)
            site.Input().Slice(place / Times * channels, channels).CopyTo(site.Value[(place * channels)..]);
    }

    public override void Backward(Site site)
    {
        if (!site.Wants())
            return;
        var channels = site.Shape.Channels;
        var into = site.InputGradient();
        for (var place = 0; place < site.Places; place++)
            FloatMath.Add(site.Gradient.Slice(place * channels, channels), into.Slice(place / Times * channels, channels));
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site)
    {
        var single = graph.Reshape(site.Input, -1, site.InputShapes[0].Width, 1, site.Shape.Channels);
        var several = graph.Node("Concat", [.. Enumerable.Repeat(single, Times)], [OnnxAttribute.Of("axis", 2L)]);
        return graph.Reshape(several, -1, site.Shape.Width, site.Shape.Channels);
    }
}

/// <summary>In training sets a share of the numbers to 0 and scales the others up, so that the sum keeps its mean; elsewhere it does nothing.</summary>
internal sealed record Dropout(float Share) : Layer
{
    public override string Kind => "dropout";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Share is >= 0 and < 1 ? Dense.Single(inputs) : throw Shape.Bad($"It drops the share {Share}; 0 to below 1 is allowed.", Kind);

    public override void Forward(Site site)
    {
        if (!site.IsTraining || Share == 0)
        {
            site.Input().CopyTo(site.Value);
            return;
        }
        var (size, scale) = (site.Shape.Size, 1 / (1 - Share));
        var bound = (uint)(Share * 4294967296.0);
        var mask = site.Keep(0, site.Value.Length);
        for (var row = 0; row < site.Rows; row++)
        {
            var state = site.SeedOf(row);
            for (var i = row * size; i < (row + 1) * size; i++)
            {
                mask[i] = Draw(ref state) >= bound ? scale : 0;
                site.Value[i] = site.Input()[i] * mask[i];
            }
        }
    }

    public override void Backward(Site site)
    {
        if (!site.Wants())
            return;
        if (!site.IsTraining || Share == 0)
            FloatMath.Add(site.Gradient, site.InputGradient());
        else
            FloatMath.AddProduct(site.Gradient, site.Keep(0, 0).AsSpan(0, site.Gradient.Length), site.InputGradient());
    }

    /// <summary>SplitMix64: Steele, Lea, Flood (2014), figure 16.</summary>
    private static uint Draw(ref ulong state)
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (uint)((z ^ (z >> 31)) >> 32);
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site) => site.Input;
}
