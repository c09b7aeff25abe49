using Dure.Edge.Onnx;

namespace Dure.Learn.Neural;

/// <summary>Writes a network as ONNX. Values inside have the examples first and the channels last.</summary>
internal static class NetworkExport
{
    /// <summary>Adds the network to a graph that is being built.</summary>
    /// <param name="input">[n, …] as <see cref="Shape.Dims"/> says.</param>
    /// <param name="prefix">Before the names of its constants, where a graph holds several networks.</param>
    /// <returns>The output, [n, …].</returns>
    public static GraphValue AddTo(this Network network, GraphBuilder graph, GraphValue input, string prefix = "layer")
    {
        var values = new List<GraphValue> { input };
        foreach (var node in network.Nodes.Skip(1))
        {
            float[][] weights = [.. node.Weights.Select(each => network.Parameters.AsSpan(each.Offset, each.Shape.Size).ToArray())];
            var remembered = network.Remembered.AsSpan(node.RememberedOffset, node.RememberedSize).ToArray();
            values.Add(node.Layer.AddTo(graph, new ExportSite($"{prefix}{node.Number}", [.. node.Inputs.Select(at => values[at])], node.InputShapes, node.Shape, weights, remembered)));
        }
        return values[^1];
    }

    /// <summary>The network alone: <c>x</c> in, <c>y</c> out.</summary>
    public static OnnxModel ToOnnx(this Network network, string name)
    {
        var graph = new GraphBuilder(name);
        OnnxDimension[] dims(Shape shape) => [new OnnxDimension(null, "n"), .. shape.Dims.Select(size => new OnnxDimension(size))];
        var x = graph.Input("x", OnnxType.Float, dims(network.Input));
        return graph.Output("y", network.AddTo(graph, x), OnnxType.Float, dims(network.Output)).Build();
    }
}
