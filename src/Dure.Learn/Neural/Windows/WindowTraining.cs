using Dure.Learn.Trees;

namespace Dure.Learn.Neural;

/// <summary>How large a network of windows is, and how it is trained.</summary>
public sealed record WindowTraining
{
    /// <summary>Channels of the hidden layers.</summary>
    public int Width { get; init; } = 32;

    /// <summary>Taps of a filter along time.</summary>
    public int Taps { get; init; } = 5;

    public double Dropout { get; init; } = 0.1;
    public int Epochs { get; init; } = 40;
    public int BatchSize { get; init; } = 64;
    public double LearningRate { get; init; } = 2e-3;
    public double WeightDecay { get; init; } = 1e-3;

    /// <summary>Epochs without a better validation loss after which it ends.</summary>
    public int Patience { get; init; } = 8;

    /// <summary>Of windows that are rebuilt: the share of healthy ones whose score may be above 1.</summary>
    public double FalseAlarms { get; init; } = 0.01;

    internal void Check()
    {
        BoostingOptions.Must(Width is >= 1 and <= 1024, nameof(Width), "1 to 1,024");
        BoostingOptions.Must(Taps is >= 2 and <= 64, nameof(Taps), "2 to 64");
        BoostingOptions.Must(Dropout is >= 0 and < 1, nameof(Dropout), "0 to below 1");
        BoostingOptions.Must(FalseAlarms is > 0 and < 1, nameof(FalseAlarms), "between 0 and 1");
        ForSeed(0).Check();
    }

    internal NetworkTraining ForSeed(int seed) => new()
    {
        Epochs = Epochs,
        BatchSize = BatchSize,
        LearningRate = LearningRate,
        WeightDecay = WeightDecay,
        Patience = Patience,
        Seed = seed,
    };
}
