namespace Dure.Learn.Neural;

/// <summary>A layer in its place: what it takes, what it gives, and where its weights lie among all.</summary>
internal sealed record Node(int Number, Layer Layer, IReadOnlyList<int> Inputs, IReadOnlyList<Shape> InputShapes, Shape Shape)
{
    public required IReadOnlyList<(int Offset, Weights Shape)> Weights { get; init; }
    public required int RememberedOffset { get; init; }
    public required int RememberedSize { get; init; }
}

/// <summary>
/// A network: layers in an order in which each takes from earlier ones, and all weights in one array. The first layer is the input and the last one
/// the output. What flows through it belongs to a <see cref="Workspace"/>; so many threads may use one network while nobody changes its weights.
/// </summary>
internal sealed class Network
{
    public const int MostLayers = 10_000;
    public const int MostParameters = 1 << 28;

    public Network(IReadOnlyList<Node> nodes)
    {
        Nodes = nodes;
        var size = nodes.Sum(node => node.Weights.Sum(weights => (long)weights.Shape.Size));
        if (size > MostParameters || nodes.Count > MostLayers)
            throw Shape.Bad($"It has {nodes.Count} layers and {size} weights; {MostLayers} and {MostParameters} are allowed.", "the network");
        Parameters = GC.AllocateArray<float>((int)size, pinned: true);
        Remembered = new float[nodes.Sum(node => node.RememberedSize)];
        foreach (var node in nodes)
            node.Layer.Remembers(node.InputShapes).CopyTo(Remembered, node.RememberedOffset);
    }

    public IReadOnlyList<Node> Nodes { get; }

    public Shape Input => Nodes[0].Shape;

    public Shape Output => Nodes[^1].Shape;

    /// <summary>All weights, layer by layer. Whoever changes them calls <see cref="Touch"/>.</summary>
    public float[] Parameters { get; }

    /// <summary>What layers found without a gradient, layer by layer.</summary>
    public float[] Remembered { get; }

    /// <summary>Rises with each change of the weights.</summary>
    public long Version { get; private set; }

    public void Touch() => Version++;

    /// <summary>Random first weights: uniform within sqrt(3 / fan), so that values keep their variance from layer to layer (LeCun et al. 1998, section 4.6).</summary>
    public Network Start(int seed)
    {
        var random = new Random(seed);
        foreach (var (offset, weights) in Nodes.SelectMany(node => node.Weights))
        {
            var bound = weights.Fan > 0 ? MathF.Sqrt(3f / weights.Fan) : 0;
            foreach (ref var value in Parameters.AsSpan(offset, weights.Size))
                value = weights.Fan > 0 ? bound * (2 * random.NextSingle() - 1) : weights.Start;
        }
        Touch();
        return this;
    }

    /// <summary>Which weights decay pulls to 0: one stretch of <see cref="Parameters"/> after the other.</summary>
    public IEnumerable<(int Offset, int Size)> Decayed => Nodes.SelectMany(node => node.Weights).Where(weights => weights.Shape.IsDecayed).Select(weights => (weights.Offset, weights.Shape.Size));
}

/// <summary>Builds a network layer by layer; the numbers it gives out name the layers.</summary>
internal sealed class NetworkBuilder
{
    private readonly List<Node> nodes = [];
    private int weights, remembered;

    public NetworkBuilder(Shape input) => Add(new InputLayer { Shape = input });

    /// <summary>The layer that was added last.</summary>
    public int Last => nodes.Count - 1;

    public Shape ShapeOf(int layer) => nodes[layer].Shape;

    /// <summary>Adds a layer that takes from the one added before it.</summary>
    public NetworkBuilder Then(Layer layer)
    {
        Add(layer, Last);
        return this;
    }

    /// <summary>Adds a layer that takes from the given ones; returns its number.</summary>
    /// <exception cref="Kernel.ProblemException">What they give does not fit the layer.</exception>
    public int Add(Layer layer, params ReadOnlySpan<int> from)
    {
        Shape[] shapes = new Shape[from.Length];
        for (var i = 0; i < from.Length; i++)
            shapes[i] = from[i] >= 0 && from[i] < nodes.Count ? nodes[from[i]].Shape : throw Shape.Bad($"It takes from layer {from[i]}, which does not stand before it.", $"layer {nodes.Count} ({layer.Kind})");
        var shape = layer.Infer(shapes).Check($"layer {nodes.Count} ({layer.Kind})");
        var learnt = new List<(int, Weights)>();
        foreach (var each in layer.Learns(shapes))
        {
            learnt.Add((weights, each));
            weights = (long)weights + (long)each.Rows * each.Columns <= Network.MostParameters ? weights + each.Size : throw Shape.Bad($"The network would have more than {Network.MostParameters} weights.", $"layer {nodes.Count} ({layer.Kind})");
        }
        var size = layer.Remembers(shapes).Length;
        nodes.Add(new Node(nodes.Count, layer, from.ToArray(), shapes, shape) { Weights = learnt, RememberedOffset = remembered, RememberedSize = size });
        remembered += size;
        return Last;
    }

    public Network Build(int seed) => new Network(nodes).Start(seed);
}
