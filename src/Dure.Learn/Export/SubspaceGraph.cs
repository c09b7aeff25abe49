using Dure.Edge.Onnx;

namespace Dure.Learn;

/// <summary>The graph of a monitor of lagged rows.</summary>
internal static class SubspaceGraph
{
    /// <summary>The largest of the distances, and its split by signal: parts of all lags summed.</summary>
    public static DetectorStep Step(GraphBuilder graph, SubspaceDetector detector, GraphValue newest, GraphValue remembered)
    {
        var state = Shift(graph, detector.Columns, detector.Lags, newest, remembered);
        var width = detector.Centre.Length;
        var d = graph.Sub(state, graph.Constant("centre", detector.Centre, 1, width));
        var (largest, parts) = (GraphValue.None, GraphValue.None);
        foreach (var (i, matrix) in detector.Matrices.Index())
        {
            var itsParts = graph.Mul(d, graph.MatMul(d, graph.Constant<double>($"matrix_{i}", matrix, width, width)));
            var distance = graph.ReduceSum(itsParts, [1]);
            var isLarger = i == 0 ? GraphValue.None : graph.Node("Greater", [distance, largest]);
            (largest, parts) = i == 0 ? (distance, itsParts) : (graph.Where(isLarger, distance, largest), graph.Where(isLarger, itsParts, parts));
        }
        var limit = graph.Scalar("limit", detector.Limit);
        var bySignal = graph.ReduceSum(graph.Reshape(parts, detector.Lags + 1, detector.Columns), [0]);
        return new(state, graph.Div(largest, limit), graph.Div(bySignal, limit));
    }

    // The newest row before those remembered; the oldest is forgotten.
    internal static GraphValue Shift(GraphBuilder graph, int columns, int lags, GraphValue newest, GraphValue state)
    {
        if (lags == 0)
            return newest;
        long[] places = [.. Enumerable.Range(0, columns * lags).Select(i => (long)i)];
        var kept = graph.Node("Gather", [state, graph.Constant<long>("remembered", places, places.Length)], [OnnxAttribute.Of("axis", 1L)]);
        return graph.Node("Concat", [newest, kept], [OnnxAttribute.Of("axis", 1L)]);
    }
}
