using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>Each position to mean 0 and variance 1 over its channels, then a learnt gain and offset: Ba, Kiros, Hinton (2016).</summary>
internal sealed record LayerNormalisation : Layer
{
    private const float Epsilon = 1e-5f;

    public override string Kind => "layer-normalisation";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Dense.Single(inputs);

    public override IReadOnlyList<Weights> Learns(IReadOnlyList<Shape> inputs) => [new(1, inputs[0].Channels, 0, Start: 1), new(1, inputs[0].Channels, 0)];

    public override void Forward(Site site)
    {
        var channels = site.Shape.Channels;
        var (standard, scales) = (site.Keep(0, site.Value.Length), site.Keep(1, site.Places));
        var gain = site.Weight(0);
        var offset = site.Weight(1);
        for (var place = 0; place < site.Places; place++)
        {
            var x = site.Input().Slice(place * channels, channels);
            var z = standard.AsSpan(place * channels, channels);
            var y = site.Value.Slice(place * channels, channels);
            var mean = FloatMath.Sum(x) / channels;
            for (var c = 0; c < channels; c++)
                z[c] = x[c] - mean;
            var scale = scales[place] = 1 / MathF.Sqrt(FloatMath.Dot(z, z) / channels + Epsilon);
            for (var c = 0; c < channels; c++)
            {
                z[c] *= scale;
                y[c] = z[c] * gain[c] + offset[c];
            }
        }
    }

    public override void Backward(Site site)
    {
        var channels = site.Shape.Channels;
        var (standard, scales) = (site.Keep(0, 0), site.Keep(1, 0));
        var gain = site.Weight(0);
        var into = site.Wants() ? site.InputGradient() : default;
        var scaled = site.Keep(2, channels).AsSpan(0, channels);
        for (var place = 0; place < site.Places; place++)
        {
            var z = standard.AsSpan(place * channels, channels);
            var d = site.Gradient.Slice(place * channels, channels);
            FloatMath.AddProduct(d, z, site.WeightGradient(0));
            FloatMath.Add(d, site.WeightGradient(1));
            if (into.IsEmpty)
                continue;
            for (var c = 0; c < channels; c++)
                scaled[c] = d[c] * gain[c];
            var (mean, along) = (FloatMath.Sum(scaled) / channels, FloatMath.Dot(scaled, z) / channels);
            var target = into.Slice(place * channels, channels);
            for (var c = 0; c < channels; c++)
                target[c] += scales[place] * (scaled[c] - mean - z[c] * along);
        }
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site)
    {
        OnnxAttribute[] along = [OnnxAttribute.Of("axes", [-1L]), OnnxAttribute.Of("keepdims", 1L)];
        var centred = graph.Sub(site.Input, graph.Node("ReduceMean", [site.Input], along));
        var variance = graph.Node("ReduceMean", [graph.Mul(centred, centred)], along);
        var z = graph.Div(centred, graph.Node("Sqrt", [graph.Add(variance, graph.Scalar($"{site.Name}_epsilon", Epsilon))]));
        return graph.Add(graph.Mul(z, site.Constant(graph, 0, site.Shape.Channels)), site.Constant(graph, 1, site.Shape.Channels));
    }
}

/// <summary>
/// Each channel to mean 0 and variance 1, in training over the examples and positions of one part of the batch ("ghost batches": Hoffer, Hubara,
/// Soudry 2017), afterwards by the running moments: Ioffe, Szegedy (2015).
/// </summary>
internal sealed record BatchNormalisation : Layer
{
    private const float Epsilon = 1e-5f;

    /// <summary>How much the newest part counts in the running moments.</summary>
    private const float Momentum = 0.1f;

    public override string Kind => "batch-normalisation";

    public override Shape Infer(IReadOnlyList<Shape> inputs) => Dense.Single(inputs);

    public override IReadOnlyList<Weights> Learns(IReadOnlyList<Shape> inputs) => [new(1, inputs[0].Channels, 0, Start: 1), new(1, inputs[0].Channels, 0)];

    /// <summary>Running means, then variances.</summary>
    public override float[] Remembers(IReadOnlyList<Shape> inputs) => [.. Enumerable.Repeat(0f, inputs[0].Channels), .. Enumerable.Repeat(1f, inputs[0].Channels)];

    public override void Forward(Site site)
    {
        var channels = site.Shape.Channels;
        var moments = site.Keep(0, 2 * channels).AsSpan(0, 2 * channels);
        if (site.IsTraining)
            Measure(site, moments);
        else
            site.Remembered.CopyTo(moments);
        var factor = site.Keep(1, channels).AsSpan(0, channels);
        var shift = site.Keep(2, channels).AsSpan(0, channels);
        for (var c = 0; c < channels; c++)
        {
            factor[c] = site.Weight(0)[c] / MathF.Sqrt(moments[channels + c] + Epsilon);
            shift[c] = site.Weight(1)[c] - moments[c] * factor[c];
        }
        FloatMath.Repeat(shift, site.Value);
        for (var place = 0; place < site.Places; place++)
            FloatMath.AddProduct(site.Input().Slice(place * channels, channels), factor, site.Value.Slice(place * channels, channels));
    }

    private static void Measure(Site site, Span<float> moments)
    {
        var channels = site.Shape.Channels;
        moments.Clear();
        FloatMath.AddColumns(site.Input(), channels, moments[..channels]);
        for (var c = 0; c < channels; c++)
            moments[c] /= site.Places;
        var centred = site.Keep(3, channels).AsSpan(0, channels);
        for (var place = 0; place < site.Places; place++)
        {
            var x = site.Input().Slice(place * channels, channels);
            for (var c = 0; c < channels; c++)
                centred[c] = x[c] - moments[c];
            FloatMath.AddProduct(centred, centred, moments[channels..]);
        }
        for (var c = channels; c < 2 * channels; c++)
            moments[c] /= site.Places;
    }

    public override void Backward(Site site)
    {
        var channels = site.Shape.Channels;
        Span<float> row(int slot) => site.Keep(slot, channels).AsSpan(0, channels);
        var (mean, variance) = (0, channels);
        var moments = site.Keep(0, 2 * channels).AsSpan(0, 2 * channels);
        var along = row(4); // sum of gradient times centred value
        var offset = row(5);
        along.Clear();
        offset.Clear();
        FloatMath.AddColumns(site.Gradient, channels, offset);
        var input = site.Input();
        var gradient = site.Gradient;
        for (var place = 0; place < site.Places; place++)
            FloatMath.AddProduct(gradient.Slice(place * channels, channels), input.Slice(place * channels, channels), along);
        FloatMath.Add(offset, site.WeightGradient(1));
        // What an input's gradient is made of: its own output's gradient, its own value, and a constant, each with a factor for the channel.
        var ofGradient = row(6);
        var ofValue = row(7);
        var constant = row(8);
        for (var c = 0; c < channels; c++)
        {
            var scale = 1 / MathF.Sqrt(moments[variance + c] + Epsilon);
            along[c] -= moments[mean + c] * offset[c];
            site.WeightGradient(0)[c] += along[c] * scale;
            ofGradient[c] = site.Weight(0)[c] * scale;
            // Outside training the moments are constants and do not answer.
            ofValue[c] = site.IsTraining ? -ofGradient[c] * along[c] * scale * scale / site.Places : 0;
            constant[c] = site.IsTraining ? -ofGradient[c] * offset[c] / site.Places - ofValue[c] * moments[mean + c] : 0;
        }
        if (!site.Wants())
            return;
        var into = site.InputGradient();
        for (var place = 0; place < site.Places; place++)
        {
            var target = into.Slice(place * channels, channels);
            FloatMath.Add(constant, target);
            FloatMath.AddProduct(gradient.Slice(place * channels, channels), ofGradient, target);
            FloatMath.AddProduct(input.Slice(place * channels, channels), ofValue, target);
        }
    }

    public override void Remember(Site site, Span<float> remembered)
    {
        var moments = site.Keep(0, 0);
        var unbiased = site.Places > 1 ? site.Places / (site.Places - 1f) : 1;
        for (var c = 0; c < remembered.Length; c++)
            remembered[c] += Momentum * ((c < site.Shape.Channels ? moments[c] : moments[c] * unbiased) - remembered[c]);
    }

    public override GraphValue AddTo(GraphBuilder graph, ExportSite site)
    {
        var channels = site.Shape.Channels;
        var factor = new float[channels];
        var shift = new float[channels];
        for (var c = 0; c < channels; c++)
        {
            factor[c] = site.Weights[0][c] / MathF.Sqrt(site.Remembered[channels + c] + Epsilon);
            shift[c] = site.Weights[1][c] - site.Remembered[c] * factor[c];
        }
        return graph.Add(graph.Mul(site.Input, graph.Constant<float>($"{site.Name}_factor", factor, channels)), graph.Constant<float>($"{site.Name}_shift", shift, channels));
    }
}
