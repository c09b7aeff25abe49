using System.Text.Json.Serialization;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Neural;

/// <summary>
/// A network over windows of rows: residual blocks of dilated convolutions along time, as many as it takes to see the whole window (Bai, Kolter and Koltun
/// 2018). Numbers are standardised, missing ones marked, each category has a place.
/// </summary>
public sealed record WindowNetworkLearner : Learner
{
    public const string Name = "window-network";

    /// <summary>Rows of a window, the last of them the one it is asked about.</summary>
    public int Rows { get; init; } = 32;

    /// <summary>Channels of the hidden layers.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Taps of a filter along time.</summary>
    public int Taps { get; init; } = 5;

    /// <summary>Share of the hidden numbers left out at random in each step of the training.</summary>
    public double Dropout { get; init; } = 0.1;

    public int Epochs { get; init; } = 40;
    public int BatchSize { get; init; } = 64;
    public double LearningRate { get; init; } = 2e-3;
    public double WeightDecay { get; init; } = 1e-2;

    /// <summary>Epochs without a better validation loss after which it ends.</summary>
    public int Patience { get; init; } = 8;

    [JsonIgnore]
    public override string Kind => Name;

    [JsonIgnore]
    public override int Window => Rows;

    public override void Check()
    {
        BoostingOptions.Must(Rows is >= 1 and <= FeatureSet.LongestWindow, nameof(Rows), $"1 to {FeatureSet.LongestWindow}");
        Layers.Check();
    }

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        WindowTask of = task.IsClassification ? new WindowTask.Classes(task.Classes) : new WindowTask.Forecast(1);
        // A step of a small table sees an eighth of it, so that an epoch is more than one step.
        var options = Layers.ForSeed(context.Seed) with { BatchSize = Math.Min(BatchSize, Math.Max(16, rows.Count / 8)) };
        return NetworkOfRows.Train(Name, task, rows, validation, Rows, numbers => WindowLayers.Build(of, new WindowShape(numbers, Rows), Layers, context.Seed), options, context);
    }

    [JsonIgnore]
    private WindowTraining Layers => new()
    {
        Width = Width,
        Taps = Taps,
        Dropout = Dropout,
        Epochs = Epochs,
        BatchSize = BatchSize,
        LearningRate = LearningRate,
        WeightDecay = WeightDecay,
        Patience = Patience,
    };
}
