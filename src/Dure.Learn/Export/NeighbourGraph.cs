using Dure.Edge.Onnx;

namespace Dure.Learn;

/// <summary>The graph of a distance to the nearest of some rows.</summary>
internal static class NeighbourGraph
{
    public static DetectorStep Step(GraphBuilder graph, NeighbourDetector detector, GraphValue newest, GraphValue state)
    {
        var (width, count) = (detector.Columns, detector.References.Length / detector.Columns);
        var smoothed = DetectorExport.Smooth(graph, detector, newest, state);
        var d = graph.Sub(smoothed, graph.Constant("references", detector.References, count, width));
        var squares = graph.Mul(d, d);
        var negative = graph.Node("Neg", [graph.ReduceSum(squares, [1])]);
        var nearest = graph.Node("ReduceMax", [negative], [OnnxAttribute.Of("axes", [0L]), OnnxAttribute.Of("keepdims", 1L)]);
        // Of equally near rows, such as repeated ones, each counts alike.
        var isNearest = graph.Cast(graph.Node("Equal", [negative, nearest]), OnnxType.Double);
        var parts = graph.Div(graph.ReduceSum(graph.Mul(squares, isNearest), [0]), graph.ReduceSum(isNearest, [0]));
        var limit = graph.Scalar("limit", detector.Limit);
        return new(smoothed, graph.Div(graph.Node("Neg", [nearest]), limit), graph.Div(parts, limit));
    }
}
