using Dure.Learn.Trees;

namespace Dure.Learn.Neural;

/// <summary>How a network is trained.</summary>
internal sealed record NetworkTraining
{
    /// <summary>Times that all examples are seen, at most.</summary>
    public int Epochs { get; init; } = 100;

    /// <summary>Examples of one step.</summary>
    public int BatchSize { get; init; } = 128;

    /// <summary>Of the longest steps; it rises to that over <see cref="WarmUp"/> and falls as a cosine to 0 (Loshchilov, Hutter 2017).</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Share of all steps in which the rate rises.</summary>
    public double WarmUp { get; init; } = 0.05;

    /// <summary>Pull of the weights towards 0, per step and rate.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>A longer gradient is shortened to this length; 0: never.</summary>
    public double ClipLength { get; init; } = 1;

    /// <summary>Epochs without a better validation loss after which it ends; 0: it runs to its end. The best epoch's weights are kept either way.</summary>
    public int Patience { get; init; } = 20;

    /// <summary>Examples below which a part of a batch is not worth a thread and a copy of the gradients of its own; fewer where one example is much work.</summary>
    public int LeastRows { get; init; } = 32;

    /// <summary>Validation examples that are in memory at once.</summary>
    public int JudgedAtOnce { get; init; } = 1024;

    public int Seed { get; init; }

    public void Check()
    {
        BoostingOptions.Must(Epochs is >= 1 and <= 100_000, nameof(Epochs), "1 to 100,000");
        BoostingOptions.Must(BatchSize is >= 1 and <= 1 << 16, nameof(BatchSize), "1 to 65,536");
        BoostingOptions.Must(LearningRate is > 0 and <= 1, nameof(LearningRate), "above 0, up to 1");
        BoostingOptions.Must(WarmUp is >= 0 and <= 1, nameof(WarmUp), "0 to 1");
        BoostingOptions.Must(WeightDecay is >= 0 and <= 100, nameof(WeightDecay), "0 to 100");
        BoostingOptions.Must(ClipLength is >= 0 and <= 1e6, nameof(ClipLength), "0 to 1,000,000");
        BoostingOptions.Must(LeastRows is >= 1 and <= 1 << 16, nameof(LeastRows), "1 to 65,536");
        BoostingOptions.Must(JudgedAtOnce is >= 1 and <= 1 << 16, nameof(JudgedAtOnce), "1 to 65,536");
        BoostingOptions.Must(Patience is >= 0 and <= 100_000, nameof(Patience), "0 to 100,000");
    }

    /// <summary>The rate of a step.</summary>
    public double RateOf(long step, long steps)
    {
        var rising = (long)Math.Ceiling(WarmUp * steps);
        return step < rising ? LearningRate * (step + 1) / rising
            : LearningRate * 0.5 * (1 + Math.Cos(Math.PI * (step - rising) / Math.Max(1, steps - rising)));
    }
}
