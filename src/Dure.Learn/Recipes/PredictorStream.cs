using Dure.Kernel;
using Dure.Learn.Features;

namespace Dure.Learn.Recipes;

/// <summary>Uses a predictor row by row on one machine's signals, as it was trained: the same features by the same code. Not for many threads at once.</summary>
public sealed class PredictorStream
{
    /// <summary>Kinds of features, by how their names begin, that look at the clock.</summary>
    private static readonly string[] TimeKinds = ["hour", "weekday", "month", "since-", "cycle-", "band-power", "dominant-", "spectral-", "envelope-"];

    private readonly Predictor predictor;
    private readonly FeatureStream features;
    private readonly Dictionary<string, int> places;
    private readonly Dictionary<string, int>?[] codes;
    private readonly double[] signals;
    private readonly float[] row;
    private readonly bool needsTime;
    private long last;

    internal PredictorStream(Predictor predictor)
    {
        this.predictor = predictor;
        needsTime = predictor.Plan.Reach.Seconds > 0 || predictor.Plan.Features.Any(feature => UsesTime(feature.Feature));
        var plan = predictor.Plan;
        (features, signals, row) = (plan.Start(), new double[plan.Signals.Count], new float[plan.Features.Count]);
        places = plan.Signals.Index().ToDictionary(pair => pair.Item.Name, pair => pair.Index, StringComparer.Ordinal);
        codes = [.. plan.Signals.Select(signal => signal.IsCategory ? predictor.Categories[signal.Name].Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal) : null)];
    }

    private static bool UsesTime(Feature feature) =>
        TimeKinds.Any(kind => feature.Kind.StartsWith(kind, StringComparison.Ordinal)) || feature.Parameters.ContainsKey("seconds") || feature.Inputs.Any(UsesTime);

    public IEnumerable<string> Signals => places.Keys;

    public bool Has(string signal) => places.ContainsKey(signal);

    /// <summary>The signals of the newest row, in the plan's order.</summary>
    internal ReadOnlySpan<double> LastSignals => signals;

    /// <summary>When the newest row was.</summary>
    internal long LastMicros => last;

    /// <summary>The features of the newest row, as the model saw them.</summary>
    public ReadOnlySpan<float> Features => row;

    /// <summary>Takes the next row.</summary>
    /// <param name="time">When it was; null: right after the one before.</param>
    /// <param name="value">The value of a signal: a number, a category's name, or null where it is missing. A category never seen counts as missing.</param>
    /// <returns>What is predicted; null where the features give no row yet.</returns>
    /// <exception cref="ProblemException">A value is of the wrong kind, or time goes back.</exception>
    public Prediction? Next(DateTimeOffset? time, Func<string, object?> value)
    {
        foreach (var (name, at) in places)
            signals[at] = value(name) switch
            {
                null => double.NaN,
                string category when codes[at] is { } known => known.TryGetValue(category, out var code) ? code : double.NaN,
                // As the model met it: a table holds single precision.
                double number when codes[at] is null => (float)number,
                int number when codes[at] is null => number,
                _ => throw new ProblemException("urn:dure:learn:bad-row", codes[at] is null ? "It is no number." : "It is not the name of a category.", $"signal '{name}'", codes[at] is null ? "Send a number." : $"Send one of: {string.Join(", ", codes[at]!.Keys.Take(20))}."),
            };
        if (time is null && needsTime)
            throw new ProblemException("urn:dure:learn:bad-row", "The row has no time, and the model's features need it.", $"field '{(Has("time") ? "times" : "time")}'", "Send when each row was, as 2026-03-01T08:00:00Z.");
        last = time is { } given ? Micros.Of(given) : last + 1;
        if (!features.Next(last, signals, row))
            return null;
        var said = predictor.Predict(row);
        return double.IsFinite(said.Value) && double.IsFinite(said.Low) && double.IsFinite(said.High) && said.Probabilities.All(double.IsFinite) ? said
            : throw new ProblemException("urn:dure:learn:bad-row", "The model gives no number for this row: its values are far beyond what it learnt from.", "row", "Look at the signals' values and units.");
    }
}
