using Dure.Edge.Onnx;

namespace Dure.Learn;

/// <summary>The graph of an autoencoder over windows, in double precision: convolutions as gathered positions and products, for few engines know others.</summary>
internal static class AutoencoderGraph
{
    public static DetectorStep Step(GraphBuilder graph, AutoencoderDetector detector, GraphValue newest, GraphValue remembered)
    {
        var (size, columns) = (detector.StartState.Length, detector.Columns);
        var state = SubspaceGraph.Shift(graph, columns, size / columns - 1, newest, remembered);
        var window = graph.Reshape(state, size / columns, columns);
        var rebuilt = window;
        foreach (var (number, layer) in detector.Network.Layers.Index())
            rebuilt = graph.Part($"layer_{number}", () => Layer(graph, layer, rebuilt));
        var error = graph.Sub(rebuilt, window);
        var parts = graph.Mul(graph.ReduceSum(graph.Mul(error, error), [0]), graph.Constant("shares", detector.Shares, 1, columns));
        var limit = graph.Scalar("limit", detector.Limit);
        return new(state, graph.Div(graph.ReduceSum(parts, [1]), limit), graph.Div(parts, limit));
    }

    private static GraphValue Layer(GraphBuilder graph, RebuildingLayer layer, GraphValue x)
    {
        if (layer.HasZeros)
            x = graph.Node("Concat", [x, graph.Constant<double>("zeros", new double[layer.Inner], 1, layer.Inner)], [OnnxAttribute.Of("axis", 0L)]);
        long[] sources = [.. layer.Sources.Select(source => (long)source)];
        var seen = graph.Reshape(graph.Node("Gather", [x, graph.Constant<long>("sources", sources, sources.Length)], [OnnxAttribute.Of("axis", 0L)]), layer.PositionsOut, layer.Taps * layer.Inner);
        var sums = graph.Add(graph.MatMul(seen, graph.Constant<double>("weights", layer.Weights, layer.Taps * layer.Inner, layer.Outer)), graph.Constant<double>("bias", layer.Bias, 1, layer.Outer));
        // Not as x times sigmoid(x), which onnxruntime joins into an operator that it has in single precision only.
        return layer.IsSwish ? graph.Div(sums, graph.Add(graph.Scalar("one", 1.0), graph.Node("Exp", [graph.Node("Neg", [sums])]))) : sums;
    }
}
