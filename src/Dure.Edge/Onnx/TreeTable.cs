namespace Dure.Edge.Onnx;

/// <summary>
/// The nodes of an ensemble of regression trees, in the columns that <c>ai.onnx.ml.TreeEnsembleRegressor</c> wants. A row goes to the true
/// branch when its feature is at most the cut; a missing value goes where the cut's comparison is false, unless the node says otherwise.
/// </summary>
public sealed class TreeTable
{
    private readonly List<long> trees = [];
    private readonly List<long> ids = [];
    private readonly List<long> features = [];
    private readonly List<float> cuts = [];
    private readonly List<string> modes = [];
    private readonly List<long> whenTrue = [];
    private readonly List<long> whenFalse = [];
    private readonly List<long> leafTrees = [];
    private readonly List<long> leafIds = [];
    private readonly List<float> leafValues = [];
    private readonly List<long> leafTargets = [];
    private readonly List<long> missingIsTrue = [];

    /// <summary>SUM of the leaves' values, or their AVERAGE.</summary>
    public string Aggregate { get; init; } = "SUM";

    /// <summary>How many sums a row gets.</summary>
    public int Targets { get; init; } = 1;

    /// <summary>What each sum begins with; empty: 0.</summary>
    public IReadOnlyList<float> Base { get; init; } = [];

    /// <summary>Adds an inner node; node 0 is the root of its tree.</summary>
    public TreeTable Split(int tree, int node, int feature, float cut, int atMost, int above, bool missingIsAtMost = false)
    {
        Add(tree, node, feature, cut, "BRANCH_LEQ", atMost, above, missingIsAtMost);
        return this;
    }

    public TreeTable Leaf(int tree, int node, float value, int target = 0)
    {
        Add(tree, node, 0, 0, "LEAF", 0, 0, false);
        leafTargets.Add(target);
        leafTrees.Add(tree);
        leafIds.Add(node);
        leafValues.Add(value);
        return this;
    }

    internal OnnxAttribute[] ToAttributes() =>
    [
        OnnxAttribute.Of("aggregate_function", Aggregate),
        OnnxAttribute.Of("n_targets", (long)Targets),
        .. Base.Count > 0 ? [OnnxAttribute.Of("base_values", Base)] : Array.Empty<OnnxAttribute>(),
        .. missingIsTrue.Contains(1) ? [OnnxAttribute.Of("nodes_missing_value_tracks_true", missingIsTrue)] : Array.Empty<OnnxAttribute>(),
        OnnxAttribute.Of("nodes_treeids", trees),
        OnnxAttribute.Of("nodes_nodeids", ids),
        OnnxAttribute.Of("nodes_featureids", features),
        OnnxAttribute.Of("nodes_values", cuts),
        OnnxAttribute.Of("nodes_modes", modes),
        OnnxAttribute.Of("nodes_truenodeids", whenTrue),
        OnnxAttribute.Of("nodes_falsenodeids", whenFalse),
        OnnxAttribute.Of("target_treeids", leafTrees),
        OnnxAttribute.Of("target_nodeids", leafIds),
        OnnxAttribute.Of("target_ids", leafTargets),
        OnnxAttribute.Of("target_weights", leafValues),
    ];

    private void Add(int tree, int node, int feature, float cut, string mode, int atMost, int above, bool missingIsAtMost)
    {
        missingIsTrue.Add(missingIsAtMost ? 1 : 0);
        trees.Add(tree);
        ids.Add(node);
        features.Add(feature);
        cuts.Add(cut);
        modes.Add(mode);
        whenTrue.Add(atMost);
        whenFalse.Add(above);
    }
}
