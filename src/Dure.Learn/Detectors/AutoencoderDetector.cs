namespace Dure.Learn;

/// <summary>An autoencoder fitted to one machine. Its state is the window: the newest row's deviations, then those of the row before it, and so on.</summary>
public sealed class AutoencoderDetector : FittedDetector
{
    // A signal that is rebuilt to a tenth of a standard deviation is rebuilt: what is nearer is the network's own noise.
    private const double SmallestError = 0.01;

    private readonly double[] shares;

    private AutoencoderDetector(AnomalyRecipe recipe, CommissioningScale scale, double[] startState, RebuildingNetwork network, double[] shares, double limit)
        : base(recipe, scale, 1, startState)
    {
        (Network, this.shares) = (network, shares);
        CommissioningLimit = limit;
    }

    internal RebuildingNetwork Network { get; }

    /// <summary>What a squared error of each signal counts, at any row of the window.</summary>
    internal ReadOnlySpan<double> Shares => shares;

    internal override int ScratchSize => StartState.Length + Network.ScratchSize;

    /// <summary>Weighs each signal's error by its usual one on healthy windows that were left out of the fit, and takes the limit from the same.</summary>
    internal static AutoencoderDetector Of(Autoencoder recipe, CommissioningScale scale, double[] startState, RebuildingNetwork network, HealthyWindows held, CancellationToken cancel)
    {
        var (columns, usual, errors) = (scale.Columns, new double[scale.Columns], new double[held.Count][]);
        var (rebuilt, scratch) = (new double[startState.Length], new double[network.ScratchSize]);
        for (var i = 0; i < held.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            var window = held.Window(i);
            network.Rebuild(window, rebuilt, scratch);
            errors[i] = new double[columns];
            for (var at = 0; at < window.Length; at++)
                errors[i][at % columns] += (rebuilt[at] - window[at]) * (rebuilt[at] - window[at]) / recipe.Rows;
            for (var j = 0; j < columns; j++)
                usual[j] += errors[i][j] / held.Count;
        }
        double[] shares = [.. usual.Select(error => 1 / (recipe.Rows * Math.Max(SmallestError, error)))];
        double[] statistics = [.. errors.Select(each => each.Select((error, j) => error * recipe.Rows * shares[j]).Sum()).Order()];
        var limit = statistics[Math.Clamp((int)Math.Ceiling(recipe.Confidence * (statistics.Length + 1)) - 1, 0, statistics.Length - 1)];
        return new(recipe, scale, startState, network, shares, Math.Max(SmallestError, limit));
    }

    public override FittedDetector WithLimitMultiplier(double multiplier) =>
        new AutoencoderDetector(Recipe with { LimitMultiplier = multiplier }, Scale, StartState.ToArray(), Network, shares, CommissioningLimit);

    internal override void Advance(Span<double> state, ReadOnlySpan<double> newest, Span<double> scratch) => LaggedRows.Shift(state, newest);

    /// <summary>The weighted sum of squared errors, and each signal's part of it.</summary>
    internal override double Statistic(ReadOnlySpan<double> state, Span<double> scratch, Span<double> contributions)
    {
        var rebuilt = scratch[..state.Length];
        Network.Rebuild(state, rebuilt, scratch[state.Length..]);
        contributions.Clear();
        var sum = 0.0;
        for (int at = 0, j = 0; at < state.Length; at++, j = j + 1 < Columns ? j + 1 : 0)
        {
            var part = shares[j] * (rebuilt[at] - state[at]) * (rebuilt[at] - state[at]);
            sum += part;
            if (contributions.Length > 0)
                contributions[j] += part;
        }
        return sum;
    }
}
