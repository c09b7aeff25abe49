using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Learners;

/// <summary>Gradient-boosted trees as a learner; parameters mean what <see cref="BoostingOptions"/> says.</summary>
public sealed record BoostedTreesLearner : Learner
{
    public const string Name = "boosted-trees";

    /// <summary>For a number: squared, absolute, huber:D, quantile:Q, poisson, tweedie:P. For classes there is one loss only; leave it out.</summary>
    public string? Loss { get; init; }

    public int Rounds { get; init; } = 300;
    public double LearningRate { get; init; } = 0.05;
    public int Leaves { get; init; } = 31;
    public int MaxDepth { get; init; } = 64;
    public int MinRows { get; init; } = 20;
    public double L2 { get; init; } = 1;
    public double L1 { get; init; }
    public double RowShare { get; init; } = 1;
    public double ColumnShare { get; init; } = 1;
    public int Bins { get; init; } = FeatureBins.Most;
    public int Patience { get; init; } = 50;

    [JsonIgnore]
    public override string Kind => Name;

    public override void Check() => OptionsFor(LearningTask.Regression, new LearningContext()).Check();

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        var options = OptionsFor(task, context);
        // A leaf of 20 rows is more than a small table has to give.
        options = options with { MinRows = Math.Max(1, Math.Min(options.MinRows, rows.Count / 20)) };
        var steps = context.Progress is { } progress ? new Steps(progress, Rounds) : null;
        var trees = Boosting.Train(rows.Features, rows.Target, options, validation is null ? null : (validation.Features, validation.Target), steps, context.Checkpoint, context.Finish, context.Cancel);
        return new BoostedTreesModel(task, trees);
    }

    public override Learner Settled(IReadOnlyList<TableModel> models, double growth)
    {
        // More rows bear more rounds, but not in proportion.
        var rounds = models.OfType<BoostedTreesModel>().Select(model => model.Trees.Rounds).DefaultIfEmpty(Rounds).Average() * Math.Sqrt(growth);
        return this with { Rounds = Math.Clamp((int)Math.Round(rounds), 1, 100_000), Patience = 0 };
    }

    private BoostingOptions OptionsFor(LearningTask task, LearningContext context) => new()
    {
        Loss = task switch
        {
            { IsClassification: false } => LossNames.ForNumbers(Loss ?? "squared"),
            { Outputs: 1 } => BoostingLoss.Logistic,
            _ => BoostingLoss.Classes(task.Outputs),
        },
        Rounds = Rounds,
        LearningRate = LearningRate,
        Leaves = Leaves,
        MaxDepth = MaxDepth,
        MinRows = MinRows,
        L2 = L2,
        L1 = L1,
        RowShare = RowShare,
        ColumnShare = ColumnShare,
        Bins = Bins,
        Patience = Patience,
        Seed = context.Seed,
        Threads = context.Threads,
    };

    private sealed class Steps(IProgress<LearningProgress> progress, int rounds) : IProgress<BoostingProgress>
    {
        public void Report(BoostingProgress value) => progress.Report(new LearningProgress(value.Round, rounds, value.TrainingLoss, value.ValidationLoss));
    }
}

/// <summary>Boosted trees with the task they were trained for.</summary>
public sealed class BoostedTreesModel(LearningTask task, BoostedTrees trees) : TableModel
{
    public BoostedTrees Trees => trees;

    public override string Kind => BoostedTreesLearner.Name;

    public override LearningTask Task => task;

    public override IReadOnlyList<string> Features => trees.Features;

    public override void Predict(ReadOnlySpan<float> row, Span<double> prediction) => trees.Predict(row, prediction);

    public override double[] Predict(FeatureTable table, int threads = 0, CancellationToken cancel = default) => trees.Predict(table, threads, cancel);

    public override ExactParts? Explain(ReadOnlySpan<float> row, FeatureTable usual) => trees.Explain(row);

    public override byte[] Write() => ModelFile.Write(task, JsonNode.Parse(TreesFile.Write(trees))!); // it was just written

    public override GraphValue AddTo(GraphBuilder graph, GraphValue rows) => TreesExport.AddTo(trees, graph, rows);

    internal static TableModel Read(ReadOnlyMemory<byte> file)
    {
        var (task, model) = ModelFile.Read(file);
        var trees = TreesFile.Read(ModelFile.Checked(() => CanonicalJson.Serialize(model)));
        ModelFile.Must(trees.Loss.Outputs == task.Outputs, "its trees have another number of outputs than its task");
        return new BoostedTreesModel(task, trees);
    }
}
