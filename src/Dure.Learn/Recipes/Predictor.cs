using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Calibration;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Recipes;

/// <summary>What is said of one row.</summary>
/// <param name="Value">The number; of classes the number of the most probable, or of the one above the threshold.</param>
/// <param name="Low">The true number lies from here…</param>
/// <param name="High">…to here, as often as promised; both equal the value where nothing can be promised.</param>
/// <param name="Class">Of classes: the one that is said; null of numbers.</param>
/// <param name="Classes">Of classes: those among which the true one is, as often as promised.</param>
/// <param name="Probabilities">Of classes: each one's probability.</param>
public sealed record Prediction(double Value, double Low, double High, string? Class, IReadOnlyList<string> Classes, IReadOnlyList<double> Probabilities);

/// <summary>
/// A trained model with all it takes to use it: the features and the signals they are computed of, the names behind codes, the interval that travels
/// with each prediction. Immutable; the same training gives the same bytes.
/// </summary>
public sealed class Predictor
{
    /// <summary>Fewer machines than this promise nothing for the next one; their rows then count one by one.</summary>
    private const int EnoughGroups = 20;

    private const string Format = "dure-predictor-1";

    private readonly FeatureSet features;

    /// <summary>The newest misses of rows that were not learnt from, by which a band over time begins; empty where rows are not parted by time.</summary>
    private readonly double[] recent;

    /// <summary>How many rows later an outcome is known.</summary>
    private readonly int delay;

    private Predictor(FeatureSet features, FeaturePlan plan, IReadOnlyDictionary<string, IReadOnlyList<string>> categories, TableModel model, double? most, SplitConformal conformal, BandsByPrediction? bands, double threshold, double[] recent, int delay) =>
        (this.features, Plan, Categories, Model, Most, Conformal, Bands, Threshold, this.recent, this.delay) = (features, plan, categories, model, most, conformal, bands, threshold, recent, delay);

    public FeaturePlan Plan { get; }

    /// <summary>The names behind the codes of signals that are categories.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Categories { get; }

    public TableModel Model { get; }

    public LearningTask Task => Model.Task;

    /// <summary>Of a remaining life the most that is said, and 0 the least; null: whatever the model says.</summary>
    public double? Most { get; }

    /// <summary>How far the true value is from the prediction at most; of classes how improbable the true class is said to be at most.</summary>
    public SplitConformal Conformal { get; }

    /// <summary>Of a remaining life the same by how much is predicted; null: it is the same everywhere.</summary>
    public BandsByPrediction? Bands { get; }

    /// <summary>Of two classes: from which probability on the second is said.</summary>
    public double Threshold { get; }

    /// <summary>Whether its interval follows outcomes that are told to a stream: of numbers, where it was trained on rows parted by time.</summary>
    public bool CanAdapt => Conformal.IsKnown && recent.Length >= AdaptiveConformal.LeastScores;

    /// <summary>Sets interval and threshold by validation rows.</summary>
    /// <param name="isOverTime">Rows are parted by time, so what was missed last says most of what comes.</param>
    /// <param name="life">Of a remaining life its interval; null: the validation rows set it.</param>
    internal static Predictor Of(TableRecipe recipe, TrainingRows rows, TableModel model, RowParts parts, bool isOverTime, LifeInterval? life, int threads, CancellationToken cancel)
    {
        var held = rows.Rows.Take(parts.Validation.Length > 0 ? parts.Validation : parts.Train);
        var most = rows.Life?.Cap;
        var predictions = Array.ConvertAll(model.Predict(held.Features, threads, cancel), value => Bounded(value, most));
        var judged = new JudgedRows(rows.Task, held.Target.Labels, predictions);
        var threshold = rows.Task is { IsClassification: true, Outputs: 1 } && recipe.Metric is "f1" or "mcc" or "accuracy" or "balanced-accuracy" or "macro-f1" && held.Target.Labels.Distinct().Count() == 2
            ? DecisionThreshold.Choose(judged, Metrics.Of(recipe.Metric)) : 0.5;
        // Rows that were learnt from would promise too narrow an interval.
        var scores = parts.Validation.Length == 0 ? [] : Enumerable.Range(0, held.Count).Select(row => judged.Miss(row)).ToArray();
        // Rows of one machine are alike: each machine counts as one, however many rows it has.
        var conformal = life is not null ? life.All : rows.Split.Groups is { } groups && scores.Length > 0 && parts.Validation.Select(row => groups[row]).Distinct().Count() >= EnoughGroups
            ? SplitConformal.OfGroups(scores, [.. parts.Validation.Select(row => groups[row])], recipe.Interval) : SplitConformal.Of(scores, recipe.Interval);
        return new(rows.Features, rows.Plan, rows.Categories, model, most, conformal, life?.ByPrediction, threshold, isOverTime && !rows.Task.IsClassification ? Newest(scores, parts.Validation, rows) : [], recipe.Ahead);
    }

    private static double[] Newest(double[] scores, int[] validation, TrainingRows rows) => rows.Split.TimesMicros is not { } times ? []
        : [.. Enumerable.Range(0, scores.Length).OrderBy(at => times[validation[at]]).ThenBy(at => validation[at]).Select(at => scores[at]).TakeLast(new AdaptiveOptions().Window)];

    /// <summary>
    /// A band over time as it begins on a machine. What is steered by news so many rows old must be steered so many times more gently, or it swings: all outcomes
    /// that are under way were given before the last correction.
    /// </summary>
    internal AdaptiveConformal StartBand() => new(new AdaptiveOptions { Level = Conformal.Level, Rate = new AdaptiveOptions().Rate / Math.Max(1, delay) }, recent);

    /// <summary>The interval so far to both sides of a prediction, within what may be said.</summary>
    internal PredictionInterval Around(double prediction, double radius) => new(Bounded(prediction - radius), Bounded(prediction + radius));

    /// <summary>How far the true number is from a prediction at most; 0 where nothing can be promised.</summary>
    internal double RadiusAt(double prediction) => !Conformal.IsKnown ? 0 : Bands?.RadiusAt(prediction) ?? Conformal.Radius;

    /// <summary>The name behind a feature's value; null where it is a number, or missing.</summary>
    internal string? CategoryOf(int feature, float value) =>
        Plan.OwnFeatures[feature] is { IsCategory: true, Feature.Signal: { } signal } && !float.IsNaN(value) ? Categories[signal][(int)value] : null;

    /// <summary>Begins with a machine's rows.</summary>
    public PredictorStream Start() => new(this);

    /// <summary>What is said of a row of features.</summary>
    public Prediction Predict(ReadOnlySpan<float> row)
    {
        Span<double> outputs = stackalloc double[Task.Outputs <= 64 ? Task.Outputs : 0];
        if (outputs.IsEmpty)
            outputs = new double[Task.Outputs];
        Model.Predict(row, outputs);
        if (!Task.IsClassification)
        {
            var value = Bounded(outputs[0]);
            var (low, high) = Around(value, RadiusAt(value));
            return new(value, low, high, null, [], []);
        }
        double[] probabilities = Task.Outputs == 1 ? [1 - outputs[0], outputs[0]] : outputs.ToArray();
        double said = Task.Outputs == 1 ? (outputs[0] >= Threshold ? 1 : 0) : Array.IndexOf(probabilities, probabilities.Max());
        string[] possible = [.. Task.Classes.Where((_, number) => number == (int)said || 1 - probabilities[number] <= Conformal.Radius)];
        return new(said, said, said, Task.Classes[(int)said], possible, probabilities);
    }

    /// <summary>The model's predictions for rows of features, within what may be said.</summary>
    internal double[] Predict(FeatureTable table, int threads, CancellationToken cancel) => Array.ConvertAll(Model.Predict(table, threads, cancel), Bounded);

    /// <summary>Predictions for some rows with what was true of them.</summary>
    public JudgedRows Judged(TrainingRows rows, int[] some, int threads, CancellationToken cancel)
    {
        var held = rows.Rows.Take(some);
        var predictions = Predict(held.Features, threads, cancel);
        return new JudgedRows(Task, held.Target.Labels, predictions)
        {
            Threshold = Threshold,
            Nominal = Conformal.Level,
            Intervals = Task.IsClassification || !Conformal.IsKnown ? null
                : (Array.ConvertAll(predictions, value => Bounded(value - RadiusAt(value))), Array.ConvertAll(predictions, value => Bounded(value + RadiusAt(value)))),
        };
    }

    /// <summary>How often interval or set of classes held the truth on some rows, 0 to 1; null where nothing was promised.</summary>
    public double? Coverage(TrainingRows rows, int[] some, int threads, CancellationToken cancel)
    {
        if (!Conformal.IsKnown)
            return null;
        var judged = Judged(rows, some, threads, cancel);
        return Enumerable.Range(0, judged.Count).Average(row => judged.Miss(row) <= (Task.IsClassification ? Conformal.Radius : RadiusAt(judged.Predictions[row])) ? 1.0 : 0);
    }

    /// <summary>As ONNX: <c>x</c> [n, features] in, <c>prediction</c> [n, outputs] out, of numbers <c>low</c> and <c>high</c> besides.</summary>
    public OnnxModel ToOnnx(string name)
    {
        var graph = new GraphBuilder(name);
        var rows = new OnnxDimension(null, "rows");
        var x = graph.Input("x", OnnxType.Float, rows, Plan.Features.Count);
        GraphValue bounded(GraphValue value) => Most is { } most ? graph.Clip(value, graph.Scalar(graph.Fresh("least"), 0f), graph.Scalar(graph.Fresh("most"), (float)most)) : value;
        var prediction = bounded(Model.AddTo(graph, x));
        graph.Output("prediction", prediction, OnnxType.Float, rows, Task.Outputs);
        if (!Task.IsClassification && Conformal.IsKnown)
        {
            var radius = Bands?.AddTo(graph, prediction) ?? graph.Scalar(graph.Fresh("radius"), (float)Conformal.Radius);
            graph.Output("low", bounded(graph.Sub(prediction, radius)), OnnxType.Float, rows, 1);
            graph.Output("high", bounded(graph.Add(prediction, radius)), OnnxType.Float, rows, 1);
        }
        graph.Describe("dure.learner", Model.Kind).Describe("dure.features", features.ToJson().ToJsonString()).Describe("dure.signals", string.Join('\n', Plan.Signals.Select(signal => signal.Name)));
        if (Task.IsClassification)
            graph.Describe("dure.classes", string.Join('\n', Task.Classes)).Describe("dure.threshold", Threshold.ToString("R", System.Globalization.CultureInfo.InvariantCulture));
        return graph.Build();
    }

    public byte[] Write()
    {
        var file = new JsonObject
        {
            ["format"] = Format,
            ["features"] = features.ToJson(),
            ["signals"] = new JsonArray([.. Plan.Signals.Select(signal => new JsonObject
            {
                ["name"] = signal.Name,
                ["unit"] = signal.Unit?.ToString(),
                ["categories"] = signal.IsCategory ? new JsonArray([.. Categories[signal.Name].Select(name => JsonValue.Create(name))]) : null,
            })]),
            ["conformal"] = Conformal.ToJson(),
            ["threshold"] = Threshold,
            ["learner"] = Model.Kind,
            ["model"] = JsonNode.Parse(Model.Write()),
        };
        if (Most is { } most)
            file["most"] = most;
        if (Bands is not null)
            file["bands"] = Bands.ToJson();
        if (recent.Length > 0)
            (file["recent"], file["delay"]) = (ModelFile.Numbers(recent), delay);
        return CanonicalJson.Serialize(file);
    }

    /// <exception cref="ProblemException">The bytes are no predictor.</exception>
    public static Predictor Read(ReadOnlyMemory<byte> file) => ModelFile.Checked(() =>
    {
        var text = JsonNode.Parse(file.Span)!.AsObject();
        ModelFile.Must((string?)text["format"] == Format, "its format is another");
        var signals = text["signals"]!.AsArray().Select(signal => signal!.AsObject()).ToArray();
        var categories = signals.Where(signal => signal["categories"] is not null)
            .ToDictionary(signal => signal["name"]!.GetValue<string>(), signal => (IReadOnlyList<string>)[.. signal["categories"]!.AsArray().Select(name => name!.GetValue<string>())], StringComparer.Ordinal);
        var features = FeatureSet.Parse(text["features"]!.AsObject());
        var plan = features.Bind([.. signals.Select(signal => new FeatureSignal(signal["name"]!.GetValue<string>(), (string?)signal["unit"] is { } unit ? Unit.Parse(unit) : null, signal["categories"] is not null))]);
        var model = LearnerCatalog.Read(text["learner"]!.GetValue<string>(), CanonicalJson.Serialize(text["model"]!));
        ModelFile.Must(model.Features.SequenceEqual(plan.Features.Select(feature => feature.Name), StringComparer.Ordinal), "its features are not those of its model");
        var threshold = text["threshold"]!.GetValue<double>();
        ModelFile.Must(threshold is >= 0 and <= 1, "its threshold is no probability");
        var most = (double?)text["most"];
        ModelFile.Must(most is null || (most > 0 && double.IsFinite(most.Value) && !model.Task.IsClassification), "its bound makes no sense");
        var recent = text["recent"] is { } scores ? ModelFile.Numbers(scores) : [];
        var delay = (int?)text["delay"] ?? 0;
        ModelFile.Must(delay >= 0 && recent.Length <= new AdaptiveOptions().Window && Array.TrueForAll(recent, score => score >= 0), "its misses make no sense");
        var bands = text["bands"] is { } parts ? BandsByPrediction.Read(parts.AsObject()) : null;
        ModelFile.Must(bands is null || bands.Most == most, "its bands are of another bound");
        return new Predictor(features, plan, categories, model, most, SplitConformal.Read(text["conformal"]!.AsObject()), bands, threshold, recent, delay);
    });

    /// <summary>A number within what may be said.</summary>
    internal double Bounded(double value) => Bounded(value, Most);

    private static double Bounded(double value, double? most) => most is { } bound ? Math.Clamp(value, 0, bound) : value;
}
