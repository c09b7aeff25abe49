using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>
/// A random forest (Breiman 2001): the mean of deep trees, each grown on rows drawn with replacement, each cut sought among a few columns. Extreme:
/// all rows, and cuts at random places of which the best is taken (extremely randomised trees, Geurts et al. 2006).
/// </summary>
public sealed record RandomForestLearner : Learner
{
    public const string Name = "random-forest";

    public int Trees { get; init; } = 100;

    /// <summary>Rows of a leaf at least; null: of a number 5 (Breiman 2001), of classes 2, for shares of single rows are too sure.</summary>
    public int? MinRows { get; init; }

    public int MaxDepth { get; init; } = 64;

    /// <summary>Leaves of a tree at most; where it ends there, the nodes nearest to the root are parted first.</summary>
    public int Leaves { get; init; } = 2048;

    /// <summary>The share of columns that each cut is sought among; null: of a number a third, of classes the root of their count.</summary>
    public double? ColumnShare { get; init; }

    /// <summary>Whether cuts are at random places.</summary>
    public bool Extreme { get; init; }

    /// <summary>Bins of a column at most, the one for missing values included.</summary>
    public int Bins { get; init; } = FeatureBins.Most;

    [JsonIgnore]
    public override string Kind => Name;

    public override void Check()
    {
        BoostingOptions.Must(Trees is >= 1 and <= 10_000, nameof(Trees), "1 to 10,000");
        BoostingOptions.Must(MinRows is null or >= 1, nameof(MinRows), "1 or more, or leave it out");
        BoostingOptions.Must(MaxDepth is >= 1 and <= 64, nameof(MaxDepth), "1 to 64");
        BoostingOptions.Must(Leaves is >= 2 and <= 1 << 16, nameof(Leaves), "2 to 65,536");
        BoostingOptions.Must(ColumnShare is null or (> 0 and <= 1), nameof(ColumnShare), "above 0, at most 1, or leave it out");
        BoostingOptions.Must(Bins is >= 4 and <= FeatureBins.Most, nameof(Bins), $"4 to {FeatureBins.Most}");
    }

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        this.MustSuit(task, rows.Features);
        rows.CheckFor(task, validation);
        var forest = new ForestTraining(this, task, rows, context).Run();
        return new RandomForestModel(task, forest.Trees, forest.OutOfBag);
    }

    internal int RowsOfALeaf(LearningTask task) => MinRows ?? (task.IsClassification ? 2 : 5);

    /// <summary>Columns that each cut is sought among.</summary>
    internal int ColumnsOfACut(LearningTask task, int columns) =>
        Math.Clamp((int)Math.Ceiling((ColumnShare ?? (task.IsClassification ? 1 / Math.Sqrt(columns) : 1.0 / 3)) * columns), 1, columns);
}

/// <summary>How a forest does on rows that its trees did not see: each row is predicted by the trees it was not drawn for.</summary>
/// <param name="Error">Of a number the root of the mean squared error; of classes the share of rows given to the wrong one.</param>
/// <param name="Rows">Rows that some tree did not see.</param>
public sealed record OutOfBag(double Error, int Rows);

/// <summary>A random forest: trees as those of boosting, each with its share of the mean in its leaves.</summary>
public sealed class RandomForestModel(LearningTask task, BoostedTrees trees, OutOfBag? outOfBag) : TableModel
{
    public BoostedTrees Trees => trees;

    /// <summary>Null where all trees saw all rows.</summary>
    public OutOfBag? OutOfBag => outOfBag;

    public override string Kind => RandomForestLearner.Name;

    public override LearningTask Task => task;

    public override IReadOnlyList<string> Features => trees.Features;

    public override void Predict(ReadOnlySpan<float> row, Span<double> prediction) => trees.Predict(row, prediction);

    public override double[] Predict(FeatureTable table, int threads = 0, CancellationToken cancel = default) => trees.Predict(table, threads, cancel);

    public override ExactParts? Explain(ReadOnlySpan<float> row, FeatureTable usual) => trees.Explain(row);

    public override byte[] Write() => ModelFile.Write(task, new JsonObject
    {
        ["forest"] = JsonNode.Parse(TreesFile.Write(trees)),
        ["outOfBag"] = outOfBag is null ? null : new JsonArray(outOfBag.Error, outOfBag.Rows),
    });

    public override GraphValue AddTo(GraphBuilder graph, GraphValue rows) => TreesExport.AddTo(trees, graph, rows);

    internal static TableModel Read(ReadOnlyMemory<byte> file)
    {
        var (task, model) = ModelFile.Read(file);
        return ModelFile.Checked(() =>
        {
            var trees = TreesFile.Read(CanonicalJson.Serialize(model["forest"]!.AsObject()));
            ModelFile.Must(trees.Loss is SharesLoss == task.IsClassification && trees.Loss is SquaredLoss or SharesLoss && trees.Loss.Outputs == task.Outputs, "its trees are not those of a forest for its task");
            return new RandomForestModel(task, trees, model["outOfBag"] is JsonArray known ? new OutOfBag(known[0]!.GetValue<double>(), known[1]!.GetValue<int>()) : null);
        });
    }
}
