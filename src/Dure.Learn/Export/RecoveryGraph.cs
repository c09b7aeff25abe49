using Dure.Edge.Onnx;

namespace Dure.Learn;

/// <summary>The graph of a detector that lets go of an alarm: its state is the smoothed deviations and, last, the peak of the standing alarm.</summary>
internal static class RecoveryGraph
{
    public static DetectorStep Step(GraphBuilder graph, RecoveringDetector detector, GraphValue newest, GraphValue state)
    {
        var width = detector.Columns;
        var smoothed = DetectorExport.Smooth(graph, detector, newest, Places(graph, "deviations", state, 0, width));
        var d = graph.Sub(smoothed, graph.Constant("centre", detector.Centre, 1, width));
        var parts = graph.Mul(d, graph.MatMul(d, graph.Constant("matrix", detector.Matrix, width, width)));
        var distance = graph.ReduceSum(parts, [1]);
        var limit = graph.Constant("limit", [detector.Limit], 1, 1);
        var peak = graph.Where(graph.Node("Greater", [distance, limit]), graph.Node("Max", [Places(graph, "peak", state, width, 1), distance]),
            graph.Constant("none", [0.0], 1, 1));
        var bar = graph.Node("Max", [limit, graph.Mul(peak, graph.Scalar("recovery", detector.Recovery))]);
        return new(graph.Node("Concat", [smoothed, peak], [OnnxAttribute.Of("axis", 1L)]), graph.Div(distance, bar), graph.Div(parts, bar));
    }

    private static GraphValue Places(GraphBuilder graph, string name, GraphValue state, int from, int count)
    {
        long[] places = [.. Enumerable.Range(from, count).Select(i => (long)i)];
        return graph.Node("Gather", [state, graph.Constant<long>(name, places, count)], [OnnxAttribute.Of("axis", 1L)]);
    }
}
