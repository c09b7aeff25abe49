using Dure.Kernel;
using Dure.Learn.Calibration;
using Dure.Learn.Features;

namespace Dure.Learn.Recipes;

/// <summary>Uses a predictor row by row on one machine's signals, as it was trained: the same features by the same code. Not for many threads at once.</summary>
public sealed class PredictorStream
{
    /// <summary>Kinds of features, by how their names begin, that look at the clock.</summary>
    private static readonly string[] TimeKinds = ["hour", "weekday", "month", "since-", "cycle-", "band-power", "dominant-", "spectral-", "envelope-"];

    /// <summary>So many predictions wait for their outcomes at most; of more the oldest is no longer waited for.</summary>
    private const int MostUntold = 100_000;

    private readonly Predictor predictor;
    private readonly FeatureStream features;
    private readonly Dictionary<string, int> places;
    private readonly Dictionary<string, int>?[] codes;
    private readonly double[] signals;
    private readonly float[] row;
    private readonly bool needsTime;
    private readonly Queue<(double Value, PredictionInterval Given)> untold = new();
    private AdaptiveConformal? band;
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

    /// <summary>Predictions whose outcomes have not been told.</summary>
    public int Untold => untold.Count;

    /// <summary>
    /// Tells what came of the oldest prediction that is untold, when it is known; that may be many rows later. From then on the interval follows: it is as wide as
    /// the newest misses demand, and a little wider after each miss (<see cref="AdaptiveConformal"/>).
    /// </summary>
    /// <param name="truth">The true value; null: it will never be known.</param>
    /// <exception cref="ProblemException">The predictor's interval is a fixed one, no prediction waits, or the value is none.</exception>
    public void Tell(double? truth)
    {
        if (!predictor.CanAdapt)
            throw new ProblemException("urn:dure:learn:fixed-interval", "The model's interval is a fixed one: it tells classes, or was not trained on rows parted by time.", "outcome", "Leave the outcomes out, or train with a split by time.");
        if (truth is { } value && !double.IsFinite(value))
            throw new ProblemException("urn:dure:learn:bad-row", $"The outcome is {value}.", "outcome", "Give a finite number, or say that it is not known.");
        if (!untold.TryDequeue(out var oldest))
            throw new ProblemException("urn:dure:learn:bad-row", "No prediction waits for an outcome.", "outcome", "Tell each prediction's outcome once, in the order of the rows.");
        if (truth is not { } known)
            return;
        band ??= predictor.StartBand();
        band.Tell(oldest.Given, oldest.Value, known);
    }

    /// <summary>The prediction with the interval as it is now, kept until its outcome is told.</summary>
    private Prediction Awaited(Prediction said)
    {
        var given = band is null ? new PredictionInterval(said.Low, said.High) : predictor.Around(said.Value, band.Radius);
        untold.Enqueue((said.Value, given));
        if (untold.Count > MostUntold)
            untold.Dequeue();
        return said with { Low = given.Low, High = given.High };
    }

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
        if (predictor.CanAdapt)
            said = Awaited(said);
        return double.IsFinite(said.Value) && double.IsFinite(said.Low) && double.IsFinite(said.High) && said.Probabilities.All(double.IsFinite) ? said
            : throw new ProblemException("urn:dure:learn:bad-row", "The model gives no number for this row: its values are far beyond what it learnt from.", "row", "Look at the signals' values and units.");
    }
}
