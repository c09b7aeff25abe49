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

    // Ten, as the width, by engines and months that did not judge; a few hundred windows need more to make steps enough.
    private const int FewEpochs = 10, LeastSteps = 2000;

    /// <summary>Rows of a window, the last of them the one it is asked about.</summary>
    public int Rows { get; init; } = 32;

    /// <summary>Channels of the hidden layers.</summary>
    public int Width { get; init; } = 16;

    /// <summary>Taps of a filter along time.</summary>
    public int Taps { get; init; } = 5;

    /// <summary>Share of the hidden numbers left out at random in each step of the training.</summary>
    public double Dropout { get; init; } = 0.1;

    /// <summary>Times that all windows are learnt from; null: 10, of a small table as many as make 2,000 steps. Windows overlap, so a few are much.</summary>
    public int? Epochs { get; init; }

    public int BatchSize { get; init; } = 64;
    public double LearningRate { get; init; } = 2e-3;
    public double WeightDecay { get; init; } = 1e-2;

    /// <summary>Epochs without a better validation loss after which it ends; null: half of all, for the rate falls until the last.</summary>
    public int? Patience { get; init; }

    [JsonIgnore]
    public override string Kind => Name;

    [JsonIgnore]
    public override bool EndsByValidation => true;

    [JsonIgnore]
    public override int Window => Rows;

    public override void Check()
    {
        BoostingOptions.Must(Rows is >= 1 and <= FeatureSet.LongestWindow, nameof(Rows), $"1 to {FeatureSet.LongestWindow}");
        Layers(LeastSteps).Check();
    }

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        WindowTask of = task.IsClassification ? new WindowTask.Classes(task.Classes) : new WindowTask.Forecast(1);
        // A step of a small table sees an eighth of it, so that an epoch is more than one step.
        var batch = Math.Min(BatchSize, Math.Max(16, rows.Count / 8));
        var layers = Layers((rows.Count + batch - 1) / batch);
        return NetworkOfRows.Train(Name, task, rows, validation, Rows, numbers => WindowLayers.Build(of, new WindowShape(numbers, Rows), layers, context.Seed), layers.ForSeed(context.Seed) with { BatchSize = batch }, context);
    }

    /// <param name="steps">Of an epoch.</param>
    private WindowTraining Layers(int steps)
    {
        var epochs = Epochs ?? Math.Max(FewEpochs, (LeastSteps + steps - 1) / steps);
        return new()
        {
            Width = Width,
            Taps = Taps,
            Dropout = Dropout,
            Epochs = epochs,
            BatchSize = BatchSize,
            LearningRate = LearningRate,
            WeightDecay = WeightDecay,
            Patience = Patience ?? (epochs + 1) / 2,
        };
    }
}
