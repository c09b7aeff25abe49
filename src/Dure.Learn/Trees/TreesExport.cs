using Dure.Edge.Onnx;

namespace Dure.Learn.Trees;

/// <summary>
/// Writes an ensemble as ONNX: <c>x</c> [n, columns] of floats in, <c>prediction</c> [n, outputs] out. Which category goes left is asked of a table
/// before the trees, for trees there know numbers only.
/// </summary>
public static class TreesExport
{
    public static OnnxModel ToOnnx(this BoostedTrees model, string name)
    {
        var graph = new GraphBuilder(name);
        var x = graph.Input("x", OnnxType.Float, new OnnxDimension(null, "rows"), model.Features.Count);
        graph.Output("prediction", AddTo(model, graph, x), OnnxType.Float, new OnnxDimension(null, "rows"), model.Loss.Outputs);
        return graph.Describe("dure.learner", "boosted-trees").Describe("dure.signals", string.Join('\n', model.Features)).Build();
    }

    /// <summary>Adds the ensemble to a graph that is being built.</summary>
    /// <param name="x">[n, columns] of floats.</param>
    /// <returns>The predictions, [n, outputs].</returns>
    public static GraphValue AddTo(BoostedTrees model, GraphBuilder graph, GraphValue x)
    {
        var (rows, columnOfSet) = WithMemberships(graph, model, x);
        var scores = graph.TreeEnsemble(rows, Table(model, columnOfSet));
        return model.Loss switch
        {
            LogisticLoss => graph.Node("Sigmoid", [scores]),
            SoftmaxLoss => graph.Node("Softmax", [scores], [OnnxAttribute.Of("axis", 1L)]),
            PoissonLoss or TweedieLoss => graph.Node("Exp", [scores]),
            _ => scores,
        };
    }

    /// <summary>The rows, and behind them for each set of categories that a tree asks for 0 for a row that is in it and 1 for one that is not.</summary>
    private static (GraphValue Rows, Dictionary<(int Feature, BinSet Set), int> ColumnOfSet) WithMemberships(GraphBuilder graph, BoostedTrees model, GraphValue x)
    {
        var columns = new Dictionary<(int Feature, BinSet Set), int>();
        var parts = new List<GraphValue> { x };
        var codes = new Dictionary<int, GraphValue>();
        foreach (var tree in model.Trees)
        {
            foreach (var branch in tree.Branches.Where(branch => branch.Categories >= 0))
            {
                var key = (branch.Feature, tree.Sets[branch.Categories]);
                if (!columns.TryAdd(key, model.Features.Count + columns.Count))
                    continue;
                var bins = model.Bins[branch.Feature];
                var unseen = bins.Codes.Count == 0 ? 0 : bins.Codes.Keys.Max() + 1;
                if (!codes.TryGetValue(branch.Feature, out var code))
                    codes[branch.Feature] = code = CodeOf(graph, x, branch.Feature, unseen);
                float[] outside = [.. Enumerable.Range(0, unseen + 1).Select(each => Outside(key.Item2, bins.BinOf(each))), Outside(key.Item2, bins.Values)];
                parts.Add(graph.Node("Gather", [graph.Constant<float>(graph.Fresh("outside"), outside, outside.Length), code]));
            }
        }
        return (parts.Count == 1 ? x : graph.Node("Concat", [.. parts], [OnnxAttribute.Of("axis", 1L)]), columns);
    }

    /// <summary>A category's code; one above all known for those never seen, two above for a missing one.</summary>
    private static GraphValue CodeOf(GraphBuilder graph, GraphValue x, int feature, int unseen)
    {
        var value = graph.Node("Gather", [x, graph.Constant<long>(graph.Fresh("column"), [feature], 1)], [OnnxAttribute.Of("axis", 1L)]);
        var known = graph.Clip(value, graph.Scalar(graph.Fresh("first"), 0f), graph.Scalar(graph.Fresh("unseen"), (float)unseen));
        return graph.Cast(graph.Where(graph.IsNaN(value), graph.Scalar(graph.Fresh("missing"), (float)unseen + 1), known), OnnxType.Int64);
    }

    private static float Outside(BinSet set, int bin) => set.Contains(bin) ? 0 : 1;

    private static TreeTable Table(BoostedTrees model, Dictionary<(int Feature, BinSet Set), int> columnOfSet)
    {
        var table = new TreeTable { Targets = model.Loss.Outputs, Base = [.. model.Start.Select(value => (float)value)] };
        for (var number = 0; number < model.Trees.Count; number++)
        {
            var tree = model.Trees[number];
            int id(int child) => child >= 0 ? child : tree.Branches.Length + ~child;
            for (var at = 0; at < tree.Branches.Length; at++)
            {
                var branch = tree.Branches[at];
                if (branch.Categories >= 0)
                    table.Split(number, at, columnOfSet[(branch.Feature, tree.Sets[branch.Categories])], 0.5f, id(branch.Left), id(branch.Right));
                else
                    table.Split(number, at, branch.Feature, branch.Cut, id(branch.Left), id(branch.Right), branch.MissingLeft);
            }
            for (var leaf = 0; leaf < tree.Leaves.Length; leaf++)
                table.Leaf(number, tree.Branches.Length + leaf, tree.Leaves[leaf], number % model.Loss.Outputs);
        }
        return table;
    }
}
