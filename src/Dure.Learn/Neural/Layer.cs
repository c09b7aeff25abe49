using System.Text.Json.Serialization;
using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>One tensor that a layer learns.</summary>
/// <param name="Rows">What comes in; with <paramref name="Columns"/> it bounds the first, random values.</param>
/// <param name="Columns">What goes out; the values of one row lie beside each other.</param>
/// <param name="Fan">Inputs that reach one output, from which the width of the random start follows; 0: all start at <paramref name="Start"/>.</param>
/// <param name="IsDecayed">Whether weight decay pulls it to 0; biases and gains are left alone.</param>
internal readonly record struct Weights(int Rows, int Columns, int Fan, float Start = 0, bool IsDecayed = false)
{
    public int Size => Rows * Columns;
}

/// <summary>
/// One layer of a network: what it is called, how it is set, and the two directions in which values flow through it. A layer holds no values: those
/// are the network's (weights) or one thread's (<see cref="Site"/>).
/// </summary>
internal abstract record Layer
{
    /// <summary>The word by which a network's file names it.</summary>
    [JsonIgnore]
    public abstract string Kind { get; }

    /// <summary>The shape of what goes out.</summary>
    /// <exception cref="Kernel.ProblemException">The inputs do not fit.</exception>
    public abstract Shape Infer(IReadOnlyList<Shape> inputs);

    public virtual IReadOnlyList<Weights> Learns(IReadOnlyList<Shape> inputs) => [];

    /// <summary>Numbers that training finds without a gradient, such as running means, with their first values.</summary>
    public virtual float[] Remembers(IReadOnlyList<Shape> inputs) => [];

    public abstract void Forward(Site site);

    /// <summary>Adds to the gradients of the inputs and of the weights what follows from the gradient of the output.</summary>
    public abstract void Backward(Site site);

    /// <summary>Takes what a training pass has seen into the remembered numbers; called once per part of a batch, in order.</summary>
    public virtual void Remember(Site site, Span<float> remembered)
    {
    }

    /// <summary>The layer as ONNX nodes; values have the examples first and the channels last.</summary>
    public abstract GraphValue AddTo(GraphBuilder graph, ExportSite site);
}

/// <summary>What a layer sees when it is written as ONNX.</summary>
internal sealed record ExportSite(string Name, IReadOnlyList<GraphValue> Inputs, IReadOnlyList<Shape> InputShapes, Shape Shape, IReadOnlyList<float[]> Weights, float[] Remembered)
{
    public GraphValue Input => Inputs[0];

    public GraphValue Constant(GraphBuilder graph, int weight, params ReadOnlySpan<long> dims) => graph.Constant<float>($"{Name}_{weight}", Weights[weight], dims);
}
