using Dure.Kernel;
using Dure.Learn.Features;

namespace Dure.Learn.Recipes;

/// <summary>Uses a predictor row by row on one machine's signals, as it was trained: the same features by the same code. Not for many threads at once.</summary>
public sealed class PredictorStream
{
    private readonly Predictor predictor;
    private readonly FeatureStream features;
    private readonly Dictionary<string, int> places;
    private readonly Dictionary<string, int>?[] codes;
    private readonly double[] signals;
    private readonly float[] row;
    private long last;

    internal PredictorStream(Predictor predictor)
    {
        this.predictor = predictor;
        var plan = predictor.Plan;
        (features, signals, row) = (plan.Start(), new double[plan.Signals.Count], new float[plan.Features.Count]);
        places = plan.Signals.Index().ToDictionary(pair => pair.Item.Name, pair => pair.Index, StringComparer.Ordinal);
        codes = [.. plan.Signals.Select(signal => signal.IsCategory ? predictor.Categories[signal.Name].Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal) : null)];
    }

    public IEnumerable<string> Signals => places.Keys;

    public bool Has(string signal) => places.ContainsKey(signal);

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
                double number when codes[at] is null => number,
                int number when codes[at] is null => number,
                _ => throw new ProblemException("urn:dure:learn:bad-row", codes[at] is null ? "It is no number." : "It is not the name of a category.", $"signal '{name}'", codes[at] is null ? "Send a number." : $"Send one of: {string.Join(", ", codes[at]!.Keys.Take(20))}."),
            };
        last = time is { } at2 ? Micros.Of(at2) : last + 1;
        return features.Next(last, signals, row) ? predictor.Predict(row) : null;
    }
}
