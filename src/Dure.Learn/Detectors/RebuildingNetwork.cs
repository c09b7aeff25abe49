using Dure.Learn.Neural;

namespace Dure.Learn;

/// <summary>A layer of an autoencoder: at each position out a weighted sum over some positions in.</summary>
/// <param name="Sources">For each position out, tap by tap, the position in; one behind the last stands for zeros.</param>
/// <param name="Weights">[taps x channels in, channels out].</param>
/// <param name="IsSwish">Whether each number is passed through x / (1 + exp(-x)).</param>
internal sealed record RebuildingLayer(int Positions, int Inner, int Taps, int[] Sources, int Outer, double[] Weights, double[] Bias, bool IsSwish)
{
    public int PositionsOut => Sources.Length / Taps;

    public bool HasZeros => Sources.Contains(Positions);

    public void Apply(ReadOnlySpan<double> from, Span<double> to)
    {
        for (var position = 0; position < PositionsOut; position++)
        {
            var sums = to.Slice(position * Outer, Outer);
            Bias.CopyTo(sums);
            for (var tap = 0; tap < Taps; tap++)
            {
                var source = Sources[position * Taps + tap];
                for (var channel = 0; source < Positions && channel < Inner; channel++)
                {
                    var value = from[source * Inner + channel];
                    var weights = Weights.AsSpan((tap * Inner + channel) * Outer, Outer);
                    for (var i = 0; i < sums.Length; i++)
                        sums[i] += value * weights[i];
                }
            }
            if (!IsSwish)
                continue;
            foreach (ref var sum in sums)
                sum /= 1 + Math.Exp(-sum);
        }
    }
}

/// <summary>A trained autoencoder in double precision, so that a node, a device and any other engine score alike. Immutable.</summary>
internal sealed class RebuildingNetwork(IReadOnlyList<RebuildingLayer> layers)
{
    private readonly int widest = layers.Max(layer => layer.PositionsOut * layer.Outer);

    public IReadOnlyList<RebuildingLayer> Layers => layers;

    public int ScratchSize => 2 * widest;

    /// <summary>Takes over what was trained: convolutions along time, positions repeated, dense layers.</summary>
    public static RebuildingNetwork Of(Network network)
    {
        var layers = new List<RebuildingLayer>();
        // Where each position of the layer at hand lies in the layer before: repeated positions are no layer of their own.
        int[] places = [.. Enumerable.Range(0, network.Input.Width)];
        foreach (var node in network.Nodes.Skip(1))
        {
            switch (node.Layer)
            {
                case Convolution convolution:
                    layers.Add(Sliding(network, node, places, convolution.Sliding));
                    places = [.. Enumerable.Range(0, node.Shape.Width)];
                    break;
                case Dense:
                    layers.Add(Sliding(network, node, places, new Sliding(1, 1)));
                    break;
                case Stretch stretch:
                    places = [.. places.SelectMany(place => Enumerable.Repeat(place, stretch.Times))];
                    break;
                case Activation { Function: ActivationFunction.Swish }:
                    layers[^1] = layers[^1] with { IsSwish = true };
                    break;
                case Dropout:
                    break;
                default:
                    throw new NotSupportedException($"A layer '{node.Layer.Kind}' is no part of an autoencoder.");
            }
        }
        return new(layers);
    }

    /// <summary>A window as the network makes it of what it kept of it.</summary>
    /// <param name="window">[rows, signals].</param>
    public void Rebuild(ReadOnlySpan<double> window, Span<double> rebuilt, Span<double> scratch)
    {
        var from = window;
        for (var i = 0; i < layers.Count; i++)
        {
            var to = i == layers.Count - 1 ? rebuilt : scratch.Slice(i % 2 * widest, widest);
            layers[i].Apply(from, to);
            from = to;
        }
    }

    private static RebuildingLayer Sliding(Network network, Node node, int[] places, Sliding sliding)
    {
        var positions = places.Max() + 1;
        var sources = new List<int>();
        for (var position = 0; position < node.Shape.Width; position++)
            for (var tap = 0; tap < sliding.Width; tap++)
                sources.Add(position * sliding.StepRight + tap * sliding.DilationRight - sliding.Left is var at && at >= 0 && at < places.Length ? places[at] : positions);
        double[] numbers(int weight) => [.. network.Parameters.AsSpan(node.Weights[weight].Offset, node.Weights[weight].Shape.Size).ToArray().Select(value => (double)value)];
        return new(positions, node.InputShapes[0].Channels, sliding.Width, [.. sources], node.Shape.Channels, numbers(0), numbers(1), IsSwish: false);
    }
}
