using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Optimize.Numerics;

namespace Dure.Learn.Calibration;

/// <summary>
/// Makes probabilities mean what they say: of the rows with 0.8, eight of ten. Found on rows that were not learnt from. Never turns the order of two
/// probabilities around.
/// </summary>
public abstract record ProbabilityCalibration
{
    private protected const double Least = 1e-6;

    private protected ProbabilityCalibration()
    {
    }

    /// <summary>The words for ways to calibrate; <c>temperature</c> is for any number of classes, the others for two.</summary>
    public static IReadOnlyList<string> Kinds { get; } = ["platt", "beta", "isotonic", "temperature"];

    public abstract string Kind { get; }

    /// <param name="predictions">As a model gives them for rows that were not learnt from: <see cref="LearningTask.Outputs"/> numbers a row.</param>
    /// <param name="labels">The number of each row's class.</param>
    /// <exception cref="ProblemException">There is no such way, it is not for so many classes, or the rows are all of one class.</exception>
    public static ProbabilityCalibration Of(string kind, LearningTask task, ReadOnlySpan<double> predictions, ReadOnlySpan<float> labels, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(predictions.Length, labels.Length * task.Outputs);
        if (!Kinds.Contains(kind, StringComparer.Ordinal) || !task.IsClassification || (task.Outputs > 1 && kind != "temperature"))
            throw new ProblemException("urn:dure:learn:bad-calibration", $"'{kind}' does not calibrate {(task.IsClassification ? $"{task.Classes.Count} classes" : "a number")}.", "calibration", task.IsClassification && task.Outputs > 1 ? "Choose temperature." : $"Choose one of {string.Join(", ", Kinds)}, and two classes.");
        if (labels.Length == 0 || !labels.ContainsAnyExcept(labels[0]))
            throw new ProblemException("urn:dure:learn:bad-calibration", $"{labels.Length} rows of one class say nothing of probabilities.", "calibration", "Calibrate on rows of at least two classes.");
        var (all, classes) = (predictions.ToArray(), labels.ToArray());
        return kind switch
        {
            "temperature" => TemperatureCalibration.Fit(task, all, classes, cancel),
            "isotonic" => IsotonicCalibration.Fit(all, classes),
            _ => OddsCalibration.Fit(all, classes, isBeta: kind == "beta", cancel),
        };
    }

    /// <summary>Calibrates one row's probabilities in their place.</summary>
    public abstract void Apply(Span<double> prediction);

    /// <summary>Adds the calibration to a graph.</summary>
    /// <param name="predictions">[n, outputs] of floats.</param>
    /// <param name="isBinary">Whether outputs is 1: the probability of the second of two classes.</param>
    public abstract GraphValue AddTo(GraphBuilder graph, GraphValue predictions, bool isBinary);

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject { ["kind"] = Kind, ["numbers"] = ModelFile.Numbers(Numbers) });

    /// <exception cref="ProblemException">The bytes are no calibration.</exception>
    public static ProbabilityCalibration Read(ReadOnlySpan<byte> file)
    {
        var text = CalibrationFile.Parse(file);
        return ModelFile.Checked<ProbabilityCalibration>(() =>
        {
            var numbers = ModelFile.Numbers(text["numbers"]);
            return text["kind"]!.GetValue<string>() switch
            {
                "temperature" => TemperatureCalibration.Of(numbers),
                "isotonic" => IsotonicCalibration.Of(numbers),
                "platt" => OddsCalibration.Of(numbers, isBeta: false),
                "beta" => OddsCalibration.Of(numbers, isBeta: true),
                _ => throw new FormatException("no such calibration"),
            };
        });
    }

    private protected abstract IEnumerable<double> Numbers { get; }

    private protected static double Inside(double probability) => Math.Clamp(probability, Least, 1 - Least);

    /// <summary>The same in a graph, as doubles: near 1 a float has few digits left of what is missing to it.</summary>
    private protected static GraphValue Inside(GraphBuilder graph, GraphValue probabilities) =>
        graph.Clip(graph.Cast(probabilities, OnnxType.Double), graph.Scalar("least_probability", Least), graph.Scalar("most_probability", 1 - Least));
}

/// <summary>
/// A line through the logarithm of the odds (Platt 1999), or with slopes of their own for both sides (beta, Kull, Silva Filho and Flach 2017):
/// sigmoid(a ln p - b ln(1 - p) + c).
/// </summary>
public sealed record OddsCalibration(double A, double B, double C, bool IsBeta) : ProbabilityCalibration
{
    public override string Kind => IsBeta ? "beta" : "platt";

    private protected override IEnumerable<double> Numbers => [A, B, C];

    public override void Apply(Span<double> prediction)
    {
        var p = Inside(prediction[0]);
        prediction[0] = 1 / (1 + Math.Exp(-(A * Math.Log(p) - B * Math.Log(1 - p) + C)));
    }

    public override GraphValue AddTo(GraphBuilder graph, GraphValue predictions, bool isBinary)
    {
        var p = Inside(graph, predictions);
        var rest = graph.Sub(graph.Scalar("certainty", 1.0), p);
        var slopes = graph.Sub(graph.Mul(graph.Node("Log", [p]), graph.Scalar("odds_a", A)), graph.Mul(graph.Node("Log", [rest]), graph.Scalar("odds_b", B)));
        return graph.Cast(graph.Node("Sigmoid", [graph.Add(slopes, graph.Scalar("odds_c", C))]), OnnxType.Float);
    }

    internal static OddsCalibration Of(double[] numbers, bool isBeta)
    {
        ModelFile.Must(numbers is [>= 0, >= 0, _], "its slopes make no sense");
        return new(numbers[0], numbers[1], numbers[2], isBeta);
    }

    /// <summary>The likelihood's maximum, the labels drawn a little towards each other as Platt does, so that parted classes have one.</summary>
    internal static OddsCalibration Fit(double[] predictions, float[] labels, bool isBeta, CancellationToken cancel)
    {
        double seconds = labels.Count(label => label == 1);
        var (high, low) = ((seconds + 1) / (seconds + 2), 1 / (labels.Length - seconds + 2));
        // Slopes are exponentials, so that they cannot turn the order around.
        var found = Lbfgs.Minimize((at, slope) =>
        {
            var (a, b, c, loss) = (Math.Exp(at[0]), Math.Exp(at[isBeta ? 1 : 0]), at[^1], 0.0);
            slope.Clear();
            for (var row = 0; row < labels.Length; row++)
            {
                var (ofP, ofRest) = (Math.Log(Inside(predictions[row])), -Math.Log(1 - Inside(predictions[row])));
                var (score, target) = (a * ofP + b * ofRest + c, labels[row] == 1 ? high : low);
                loss += Trees.LogisticLoss.LogOnePlusExp(score) - target * score;
                var residual = (1 / (1 + Math.Exp(-score)) - target) / labels.Length;
                slope[0] += residual * a * ofP;
                slope[isBeta ? 1 : 0] += residual * b * ofRest;
                slope[^1] += residual;
            }
            return loss / labels.Length;
        }, new double[isBeta ? 3 : 2], null, 200, 1e-9, cancel).At;
        return new(Math.Exp(found[0]), Math.Exp(found[isBeta ? 1 : 0]), found[^1], isBeta);
    }
}

/// <summary>All logarithms of probabilities divided by one temperature (Guo et al. 2017); the most probable class stays the same.</summary>
public sealed record TemperatureCalibration(double Temperature) : ProbabilityCalibration
{
    public override string Kind => "temperature";

    private protected override IEnumerable<double> Numbers => [Temperature];

    public override void Apply(Span<double> prediction)
    {
        if (prediction.Length == 1)
        {
            var p = Inside(prediction[0]);
            prediction[0] = 1 / (1 + Math.Exp(-Math.Log(p / (1 - p)) / Temperature));
            return;
        }
        var sum = 0.0;
        foreach (ref var probability in prediction)
            sum += probability = Math.Pow(Inside(probability), 1 / Temperature);
        foreach (ref var probability in prediction)
            probability /= sum;
    }

    public override GraphValue AddTo(GraphBuilder graph, GraphValue predictions, bool isBinary)
    {
        var p = Inside(graph, predictions);
        var coldness = graph.Scalar("coldness", 1 / Temperature);
        if (!isBinary)
            return graph.Cast(graph.Node("Softmax", [graph.Mul(graph.Node("Log", [p]), coldness)], [OnnxAttribute.Of("axis", 1L)]), OnnxType.Float);
        var odds = graph.Sub(graph.Node("Log", [p]), graph.Node("Log", [graph.Sub(graph.Scalar("certainty", 1.0), p)]));
        return graph.Cast(graph.Node("Sigmoid", [graph.Mul(odds, coldness)]), OnnxType.Float);
    }

    internal static TemperatureCalibration Of(double[] numbers)
    {
        ModelFile.Must(numbers is [> 0], "its temperature makes no sense");
        return new(numbers[0]);
    }

    internal static TemperatureCalibration Fit(LearningTask task, double[] predictions, float[] labels, CancellationToken cancel)
    {
        var found = Lbfgs.Minimize((at, slope) =>
        {
            const double step = 1e-5;
            double of(double logarithm) => Loss(new TemperatureCalibration(Math.Exp(logarithm)), task, predictions, labels);
            slope[0] = (of(at[0] + step) - of(at[0] - step)) / (2 * step);
            return Math.Abs(at[0]) > 10 ? double.NaN : of(at[0]);
        }, [0.0], null, 50, 1e-7, cancel).At;
        return new(Math.Exp(found[0]));
    }

    private static double Loss(TemperatureCalibration calibration, LearningTask task, double[] predictions, float[] labels)
    {
        var (row, loss) = (new double[task.Outputs], 0.0);
        for (var i = 0; i < labels.Length; i++)
        {
            predictions.AsSpan(i * row.Length, row.Length).CopyTo(row);
            calibration.Apply(row);
            loss -= Math.Log(Math.Max(Least * Least, row.Length > 1 ? row[(int)labels[i]] : labels[i] == 1 ? row[0] : 1 - row[0]));
        }
        return loss / labels.Length;
    }
}
