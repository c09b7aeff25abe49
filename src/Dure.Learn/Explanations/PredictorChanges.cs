using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;
using Dure.Learn.Tables;

namespace Dure.Learn.Explanations;

/// <summary>A signal that would have another value.</summary>
/// <param name="FromName">Of a category the name of what it was.</param>
/// <param name="ToName">Of a category the name of what it would be.</param>
/// <param name="Size">How far, in the signal's usual spread; 1 for another category.</param>
public sealed record ChangedSignal(string Signal, float From, string? FromName, float To, string? ToName, double Size);

/// <summary>Changes that would bring a wanted prediction.</summary>
/// <param name="Prediction">What the model then says.</param>
/// <param name="Likeness">How far the changed row lies from the nearest that was seen, in usual spreads a signal: above about 1 nobody has seen such a row.</param>
public sealed record PredictorChange(IReadOnlyList<ChangedSignal> Changes, Prediction Prediction, double Likeness);

/// <summary>
/// What would have to be otherwise in a row for another prediction: only signals that are named, only values that were seen in training. What is computed of a
/// changed signal in its own row is computed anew; a signal that is remembered from row to row cannot be changed alone.
/// </summary>
public static class PredictorChanges
{
    private const int MostSignals = 20;

    /// <param name="stream">The machine's rows, up to the one that is to be otherwise.</param>
    /// <param name="usual">Rows that were seen in training.</param>
    /// <param name="limits">The signals that may be changed, and how.</param>
    /// <param name="wanted">Which output should lie between which values.</param>
    /// <returns>Up to three, the smallest first; none: it cannot be reached so.</returns>
    /// <exception cref="ProblemException">A signal cannot be changed, or too many are named.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static IReadOnlyList<PredictorChange> Of(Predictor predictor, PredictorStream stream, FeatureTable usual, IReadOnlyList<ChangeLimit> limits, (int Output, double Low, double High) wanted, CancellationToken cancel)
    {
        if (limits.Count is 0 or > MostSignals)
            throw Bad(limits.Count == 0 ? "No signal may be changed." : $"{limits.Count} signals may be changed.", "free", $"Name 1 to {MostSignals} signals that may be changed: {string.Join(", ", Changeable(predictor).Take(50))}.");
        foreach (var limit in limits)
            if (Obstacle(predictor, limit.Column) is { } obstacle)
                throw Bad(obstacle, $"signal '{limit.Column}'", $"Name others; those that can be changed alone: {string.Join(", ", Changeable(predictor).Take(50))}.");
        var follower = new Follower(predictor, stream, cancel);
        var found = Counterfactuals.Of(follower, usual.Select(follower.Places), follower.Row, limits, wanted, cancel);
        return [.. found.Select(one => Told(predictor, follower, one))];
    }

    /// <summary>Whether the newest row is predicted as wanted already.</summary>
    public static bool IsThere(Predictor predictor, PredictorStream stream, (int Output, double Low, double High) wanted)
    {
        var outputs = new double[predictor.Task.Outputs];
        Outputs(predictor, stream.Features, outputs);
        return outputs[wanted.Output] >= wanted.Low && outputs[wanted.Output] <= wanted.High;
    }

    /// <summary>Which outputs lie where when a class is said.</summary>
    /// <exception cref="ProblemException">There is no such class.</exception>
    public static (int Output, double Low, double High) WantedClass(Predictor predictor, string name)
    {
        var number = predictor.Task.Classes.ToList().IndexOf(name);
        if (number < 0)
            throw Bad($"There is no class '{name}'.", "class", predictor.Task.IsClassification ? $"Name one of: {string.Join(", ", predictor.Task.Classes.Take(50))}." : "The model predicts a number: say below or above which.");
        // More probable than all others together, of several classes, is enough to be said.
        return predictor.Task.Outputs > 1 ? (number, 0.5, 1) : number == 1 ? (0, predictor.Threshold, 1) : (0, 0, Math.BitDecrement(predictor.Threshold));
    }

    /// <summary>The signals that can be changed alone.</summary>
    public static IReadOnlyList<string> Changeable(Predictor predictor) => [.. predictor.Plan.Signals.Select(signal => signal.Name).Where(name => Obstacle(predictor, name) is null)];

    private static void Outputs(Predictor predictor, ReadOnlySpan<float> features, Span<double> outputs)
    {
        predictor.Model.Predict(features, outputs);
        if (!predictor.Task.IsClassification)
            outputs[0] = predictor.Bounded(outputs[0]);
    }

    private static string? Obstacle(Predictor predictor, string signal)
    {
        if (predictor.Plan.Signals.All(one => one.Name != signal))
            return "The model knows no such signal.";
        if (PlaceOf(predictor, signal) < 0)
            return "The model sees it only through what is computed of it.";
        return predictor.Plan.Features.FirstOrDefault(feature => feature.Feature.Kind != Feature.ValueOf && feature.Reach is not { Rows: 0, Seconds: 0, IsWhole: false } && IsOf(feature.Feature, signal)) is { } remembering
            ? $"The model remembers it from earlier rows ('{remembering.Name}'), so it does not change alone." : null;
    }

    private static int PlaceOf(Predictor predictor, string signal) =>
        predictor.Plan.Features.ToList().FindIndex(feature => feature.Feature.Kind == Feature.ValueOf && feature.Feature.Signal == signal);

    private static bool IsOf(Feature feature, string signal) => feature.Signal == signal || feature.Inputs.Any(input => IsOf(input, signal));

    private static PredictorChange Told(Predictor predictor, Follower follower, Counterfactual found)
    {
        var (row, changes) = ((float[])follower.Row.Clone(), new List<ChangedSignal>());
        foreach (var change in found.Changes)
        {
            var (own, at) = (Array.IndexOf(follower.Names, change.Column), PlaceOf(predictor, change.Column));
            row[own] = change.To;
            changes.Add(new(change.Column, change.From, predictor.CategoryOf(at, change.From), change.To, predictor.CategoryOf(at, change.To), change.Size));
        }
        return new(changes, predictor.Predict(follower.FeaturesOf(row)), found.Likeness);
    }

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:bad-explanation", what, where, mend);

    /// <summary>The model over the signals that are features themselves; what is computed of them in their row follows.</summary>
    private sealed class Follower : TableModel
    {
        private readonly Predictor predictor;
        private readonly PredictorStream stream;
        private readonly CancellationToken cancel;
        private readonly (int Place, int Signal)[] plain;
        private readonly int[] following;
        private readonly float[] features;
        private readonly double[] signals;

        public Follower(Predictor predictor, PredictorStream stream, CancellationToken cancel)
        {
            (this.predictor, this.stream, this.cancel) = (predictor, stream, cancel);
            var places = predictor.Plan.Signals.Index().ToDictionary(pair => pair.Item.Name, pair => pair.Index, StringComparer.Ordinal);
            plain = [.. predictor.Plan.Features.Index().Where(pair => pair.Item.Feature.Kind == Feature.ValueOf).Select(pair => (pair.Index, places[pair.Item.Feature.Signal!]))];
            following = [.. predictor.Plan.Features.Index().Where(pair => pair.Item is { Feature.Kind: not Feature.ValueOf, Reach: { Rows: 0, Seconds: 0, IsWhole: false } }).Select(pair => pair.Index)];
            (features, signals) = (stream.Features.ToArray(), stream.LastSignals.ToArray());
            Places = [.. plain.Select(one => one.Place)];
            Names = [.. Places.Select(place => predictor.Plan.Features[place].Name)];
            Row = [.. Places.Select(place => features[place])];
        }

        /// <summary>Of each signal its place among all features.</summary>
        public int[] Places { get; }

        public string[] Names { get; }

        /// <summary>The row as it is.</summary>
        public float[] Row { get; }

        public override string Kind => predictor.Model.Kind;

        public override LearningTask Task => predictor.Task;

        public override IReadOnlyList<string> Features => Names;

        public float[] FeaturesOf(ReadOnlySpan<float> row)
        {
            cancel.ThrowIfCancellationRequested();
            var changed = (float[])features.Clone();
            for (var i = 0; i < plain.Length; i++)
                changed[plain[i].Place] = row[i];
            if (following.Length == 0)
                return changed;
            var own = (double[])signals.Clone();
            for (var i = 0; i < plain.Length; i++)
                own[plain[i].Signal] = row[i];
            var anew = new float[features.Length];
            predictor.Plan.ComputeOne(stream.LastMicros, own, anew);
            foreach (var place in following)
                changed[place] = anew[place];
            return changed;
        }

        public override void Predict(ReadOnlySpan<float> row, Span<double> prediction) => Outputs(predictor, FeaturesOf(row), prediction);

        public override byte[] Write() => throw new NotSupportedException();

        public override GraphValue AddTo(GraphBuilder graph, GraphValue rows) => throw new NotSupportedException();
    }
}
