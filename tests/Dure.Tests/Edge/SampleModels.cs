using Dure.Edge.Onnx;

namespace Dure.Tests.Edge;

/// <summary>Small models with the inputs and outputs that a detector has.</summary>
internal static class SampleModels
{
    /// <summary>Half of the row and half of the state; the score is the squared distance from the mean.</summary>
    public static OnnxModel Distance(IReadOnlyList<string> signals, double[] mean)
    {
        var graph = new GraphBuilder("distance");
        var width = signals.Count;
        var x = graph.Input("x", OnnxType.Double, 1, width);
        var state = graph.Input("state", OnnxType.Double, 1, width);
        var known = graph.Where(graph.IsNaN(x), graph.Constant<double>("mean", mean, 1, width), x);
        var smoothed = graph.Mul(graph.Add(graph.Sub(known, new GraphValue("mean")), state), graph.Scalar("half", 0.5));
        var parts = graph.Mul(smoothed, smoothed);
        return graph.Output("score", graph.Reshape(graph.ReduceSum(parts, [1]), 1), OnnxType.Double, 1)
            .Output("contributions", parts, OnnxType.Double, 1, width)
            .Output("state_next", smoothed, OnnxType.Double, 1, width)
            .Build();
    }

    public static OnnxModel Forest()
    {
        var trees = new TreeTable().Split(0, 0, feature: 0, cut: 1, atMost: 1, above: 2).Leaf(0, 1, 10).Leaf(0, 2, 20);
        var graph = new GraphBuilder("forest");
        return graph.Output("y", graph.TreeEnsemble(graph.Input("x", OnnxType.Double, 2, 2), trees), OnnxType.Float, 2, 1).Build();
    }
}
