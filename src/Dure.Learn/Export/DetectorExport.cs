using Dure.Edge.Onnx;

namespace Dure.Learn;

/// <summary>Writes fitted detectors as ONNX graphs in double precision, standardisation inside: <c>x</c> [1, n] and, when the detector
/// remembers, <c>state</c> [1, s] go in; <c>score</c> [1], <c>contributions</c> [1, n] and <c>state_next</c> [1, s] come out.
/// The graph does the same steps in the same order as the detector.</summary>
public static class DetectorExport
{
    public static OnnxModel ToOnnx(this FittedDetector detector, string name, IReadOnlyList<string> signals)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(signals.Count, detector.Columns);
        var graph = new GraphBuilder(name);
        var width = detector.Columns;
        var x = graph.Input("x", OnnxType.Double, 1, width);
        var newest = Standardise(graph, detector.Scale, x);
        var state = detector.IsStateful ? graph.Input("state", OnnxType.Double, 1, detector.StartState.Length) : newest;
        var step = detector switch
        {
            QuadraticDetector quadratic => Distance(graph, quadratic, Smooth(graph, detector, newest, state)),
            ForestDetector forest => Isolation(graph, forest, Smooth(graph, detector, newest, state)),
            SubspaceDetector subspaces => SubspaceGraph.Step(graph, subspaces, newest, state),
            NeighbourDetector neighbour => NeighbourGraph.Step(graph, neighbour, newest, state),
            AutoencoderDetector autoencoder => AutoencoderGraph.Step(graph, autoencoder, newest, state),
            RecoveringDetector recovering => RecoveryGraph.Step(graph, recovering, newest, state),
            _ => throw new NotSupportedException($"{detector.GetType().Name} has no graph."),
        };
        graph.Output("score", graph.Reshape(step.Score, 1), OnnxType.Double, 1).Output("contributions", step.Contributions, OnnxType.Double, 1, width);
        if (detector.IsStateful)
            graph.Output("state_next", step.State, OnnxType.Double, 1, detector.StartState.Length);
        return graph.Describe("dure.detector", detector.Recipe.Name).Describe("dure.signals", string.Join('\n', signals)).Build();
    }

    // A missing value becomes the mean; infinities are cut at the largest deviation.
    private static GraphValue Standardise(GraphBuilder graph, CommissioningScale scale, GraphValue x)
    {
        var mean = graph.Constant("mean", scale.Mean, 1, scale.Columns);
        var deviation = graph.Constant("deviation", scale.Deviation, 1, scale.Columns);
        var known = graph.Where(graph.IsNaN(x), mean, x);
        return graph.Clip(graph.Div(graph.Sub(known, mean), deviation),
            graph.Scalar("lowest", -AnomalyRecipe.LargestDeviation), graph.Scalar("highest", AnomalyRecipe.LargestDeviation));
    }

    internal static GraphValue Smooth(GraphBuilder graph, FittedDetector detector, GraphValue newest, GraphValue state) => detector.Weight >= 1 ? newest
        : graph.Add(graph.Mul(graph.Scalar("weight", detector.Weight), newest), graph.Mul(graph.Scalar("memory", 1 - detector.Weight), state));

    private static DetectorStep Distance(GraphBuilder graph, QuadraticDetector detector, GraphValue smoothed)
    {
        var limit = graph.Scalar("limit", detector.Limit);
        var d = graph.Sub(smoothed, graph.Constant("centre", detector.Centre, 1, detector.Columns));
        var parts = graph.Mul(d, graph.MatMul(d, graph.Constant("matrix", detector.Matrix, detector.Columns, detector.Columns)));
        return new(smoothed, graph.Div(graph.ReduceSum(parts, [1]), limit), graph.Div(parts, limit));
    }

    // Row 0 is the row itself; row j + 1 has signal j put back to its commissioning mean, which is zero here.
    private static DetectorStep Isolation(GraphBuilder graph, ForestDetector detector, GraphValue smoothed)
    {
        var width = detector.Columns;
        var rows = graph.Mul(smoothed, graph.Constant("occlusion", Occlusion(width), width + 1, width));
        var paths = graph.Cast(graph.TreeEnsemble(rows, Table(detector.Trees)), OnnxType.Double);
        var mean = graph.Div(paths, graph.Scalar("trees", (double)detector.Trees.Roots.Count));
        var scores = graph.Node("Pow", [graph.Scalar("two", 2.0), graph.Div(mean, graph.Scalar("normaliser", -detector.Trees.Normaliser))]);
        var line = graph.Reshape(scores, 1, width + 1);
        var whole = graph.MatMul(line, graph.Constant("first", First(width), width + 1, 1));
        var occluded = graph.MatMul(line, graph.Constant("others", Others(width), width + 1, width));
        var drops = graph.Add(graph.Clip(graph.Sub(whole, occluded), graph.Scalar("zero", 0.0), graph.Scalar("one", 1.0)),
            graph.Scalar("floor", ForestDetector.ShareFloor));
        var limit = graph.Scalar("limit", detector.Limit);
        var shares = graph.Mul(drops, graph.Div(whole, graph.ReduceSum(drops, [1])));
        return new(smoothed, graph.Div(whole, limit), graph.Div(shares, limit));
    }

    private static TreeTable Table(IsolationTrees trees)
    {
        var table = new TreeTable();
        for (var tree = 0; tree < trees.Roots.Count; tree++)
        {
            var (root, end) = (trees.Roots[tree], tree + 1 < trees.Roots.Count ? trees.Roots[tree + 1] : trees.Nodes.Count);
            for (var i = root; i < end; i++)
                if (trees.Nodes[i] is { Feature: >= 0 } cut)
                    table.Split(tree, i - root, cut.Feature, cut.Cut, cut.Left - root, cut.Right - root);
                else
                    table.Leaf(tree, i - root, (float)trees.Nodes[i].Path);
        }
        return table;
    }

    private static double[] Occlusion(int width)
    {
        var mask = new double[(width + 1) * width];
        Array.Fill(mask, 1);
        for (var j = 0; j < width; j++)
            mask[(j + 1) * width + j] = 0;
        return mask;
    }

    private static double[] First(int width)
    {
        var pick = new double[width + 1];
        pick[0] = 1;
        return pick;
    }

    private static double[] Others(int width)
    {
        var pick = new double[(width + 1) * width];
        for (var j = 0; j < width; j++)
            pick[(j + 1) * width + j] = 1;
        return pick;
    }
}

/// <summary>What a detector's graph makes of one row: the state after it, the score [1, 1], and each signal's part of it [1, n].</summary>
internal sealed record DetectorStep(GraphValue State, GraphValue Score, GraphValue Contributions);
