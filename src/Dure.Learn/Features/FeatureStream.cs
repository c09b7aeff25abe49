namespace Dure.Learn.Features;

/// <summary>The features of one group, row by row. What it remembers does not grow with the rows. Not for many threads at once.</summary>
public sealed class FeatureStream
{
    private readonly FeaturePlan plan;
    private readonly FeatureState[] states, results;
    private readonly float[] window;
    private readonly int every;
    private long number, startMicros, lastMicros;

    internal FeatureStream(FeaturePlan plan, int every)
    {
        (this.plan, this.every) = (plan, every);
        states = plan.States(out results);
        window = new float[plan.Features.Count];
    }

    /// <summary>Takes the next row of the group.</summary>
    /// <param name="micros">Microseconds since 1970 UTC, not before the row before.</param>
    /// <param name="signals">A value for each signal of the plan, NaN where it is missing.</param>
    /// <param name="features">Where the features go, one for each of the plan; NaN where there is none.</param>
    /// <returns>Whether a row came out; with <see cref="FeatureSet.Every"/> above 1 not every row gives one.</returns>
    /// <exception cref="Kernel.ProblemException">The time goes back.</exception>
    public bool Next(long micros, ReadOnlySpan<double> signals, Span<float> features)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(signals.Length, plan.Signals.Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(features.Length, window.Length);
        if (number == 0)
            startMicros = micros;
        else if (micros < lastMicros)
            throw FeatureText.Bad($"The time goes back at row {number}.", "the stream of features", "Hand over rows in order of time; begin a new stream for another machine.");
        lastMicros = micros;
        var row = new FeatureRow(number++, startMicros, micros, signals);
        foreach (var state in states)
            state.Advance(row);
        if (plan.Window > 1)
            Take();
        if (number % every != 0)
            return false;
        if (plan.Window == 1)
            Take();
        window.CopyTo(features);
        return true;
    }

    /// <summary>The newest row takes its place at the end of the window; a group's first row stands for those before it, too.</summary>
    private void Take()
    {
        window.AsSpan(results.Length).CopyTo(window);
        var own = window.AsSpan(window.Length - results.Length);
        for (var i = 0; i < own.Length; i++)
        {
            var value = (float)results[i].Value;
            own[i] = float.IsInfinity(value) ? float.NaN : value;
        }
        for (var at = 0; number == 1 && at < window.Length - own.Length; at += own.Length)
            own.CopyTo(window.AsSpan(at));
    }
}
