using System.Text.Json.Nodes;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>What a band's width follows.</summary>
public enum BandShape
{
    /// <summary>The same everywhere.</summary>
    Constant,

    /// <summary>An estimate of how difficult the row is (Lei et al. 2018, sec. 5.2).</summary>
    Scaled,

    /// <summary>The distance of two predicted quantiles (Romano, Patterson and Candès 2019).</summary>
    Quantiles,
}

/// <summary>An interval around each prediction that holds the value as often as is promised, found on rows that were not learnt from.</summary>
/// <param name="Floor">Of a scaled band the least difficulty that is believed.</param>
public sealed record ConformalBand(BandShape Shape, SplitConformal Split, double Floor)
{
    private const double FloorShare = 0.1;

    /// <summary>As wide everywhere.</summary>
    public static ConformalBand Of(ReadOnlySpan<double> truth, ReadOnlySpan<double> predictions, double level) =>
        new(BandShape.Constant, SplitConformal.Of(Scores(truth, predictions), level), 0);

    /// <summary>As wide everywhere, where rows of a group hang together: each group counts as one.</summary>
    public static ConformalBand OfGroups(ReadOnlySpan<double> truth, ReadOnlySpan<double> predictions, ReadOnlySpan<int> groups, double level) =>
        new(BandShape.Constant, SplitConformal.OfGroups(Scores(truth, predictions), groups, level), 0);

    /// <summary>Wider where rows are more difficult.</summary>
    /// <param name="difficulties">How far off a prediction usually is, for instance by a model of the residuals' sizes; 0 or more.</param>
    public static ConformalBand OfScaled(ReadOnlySpan<double> truth, ReadOnlySpan<double> predictions, ReadOnlySpan<double> difficulties, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(difficulties.Length, truth.Length);
        var (scores, sum) = (Scores(truth, predictions), 0.0);
        foreach (var difficulty in difficulties)
            sum += Math.Max(0, difficulty);
        // A row that is said to be no difficulty at all would have an endless score.
        var floor = sum > 0 ? FloorShare * sum / difficulties.Length : 1;
        for (var i = 0; i < scores.Length; i++)
            scores[i] /= Math.Max(floor, difficulties[i]);
        return new(BandShape.Scaled, SplitConformal.Of(scores, level), floor);
    }

    /// <summary>Two predicted quantiles, moved apart or together until they hold what they should.</summary>
    public static ConformalBand OfQuantiles(ReadOnlySpan<double> truth, ReadOnlySpan<double> lows, ReadOnlySpan<double> highs, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(lows.Length, truth.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(highs.Length, truth.Length);
        var scores = new double[truth.Length];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = Math.Max(lows[i] - truth[i], truth[i] - highs[i]);
        return new(BandShape.Quantiles, SplitConformal.Of(scores, level), 0);
    }

    /// <summary>The interval of a constant band.</summary>
    public PredictionInterval Around(double prediction)
    {
        Must(BandShape.Constant);
        return new(prediction - Split.Radius, prediction + Split.Radius);
    }

    /// <summary>The interval of a scaled band.</summary>
    public PredictionInterval Around(double prediction, double difficulty)
    {
        Must(BandShape.Scaled);
        var radius = Split.Radius * Math.Max(Floor, difficulty);
        return new(prediction - radius, prediction + radius);
    }

    /// <summary>The interval of a band of quantiles; where they cross, or it became less than nothing, the middle of both.</summary>
    public PredictionInterval Between(double low, double high)
    {
        Must(BandShape.Quantiles);
        (low, high) = (low - Split.Radius, high + Split.Radius);
        return low <= high ? new(low, high) : new((low + high) / 2, (low + high) / 2);
    }

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject { ["shape"] = Shape.ToString().ToLowerInvariant(), ["split"] = Split.ToJson(), ["floor"] = Floor });

    /// <exception cref="ProblemException">The bytes are no band.</exception>
    public static ConformalBand Read(ReadOnlySpan<byte> file)
    {
        var text = CalibrationFile.Parse(file);
        return ModelFile.Checked(() =>
        {
            var shape = text["shape"]!.GetValue<string>() switch
            {
                "constant" => BandShape.Constant,
                "scaled" => BandShape.Scaled,
                "quantiles" => BandShape.Quantiles,
                _ => throw new FormatException("no such shape"),
            };
            var read = new ConformalBand(shape, SplitConformal.Read(text["split"]!.AsObject(), shape == BandShape.Quantiles ? double.MinValue : 0), text["floor"]!.GetValue<double>());
            ModelFile.Must(read.Floor >= 0 && (shape != BandShape.Scaled || read.Floor > 0), "its floor makes no sense");
            return read;
        });
    }

    /// <summary>Adds the band to a graph behind a prediction.</summary>
    /// <param name="first">[n, 1] of floats: the prediction, or of quantiles the low one.</param>
    /// <param name="second">[n, 1] of floats: the difficulty, or the high quantile; <see cref="GraphValue.None"/> for a constant band.</param>
    public (GraphValue Low, GraphValue High) AddTo(GraphBuilder graph, GraphValue first, GraphValue second)
    {
        if (!Split.IsKnown)
            throw new ProblemException("urn:dure:learn:no-interval", $"{Split.Rows} rows were too few to promise {Split.Level:P0}.", "the interval", "Calibrate on more rows before it is exported.");
        var radius = graph.Scalar("band_radius", (float)Split.Radius);
        if (Shape == BandShape.Quantiles)
        {
            var (low, high) = (graph.Sub(first, radius), graph.Add(second, radius));
            var middle = graph.Mul(graph.Add(low, high), graph.Scalar("band_half", 0.5f));
            return (graph.Node("Min", [low, middle]), graph.Node("Max", [high, middle]));
        }
        var reach = Shape == BandShape.Constant ? radius : graph.Mul(radius, graph.Node("Max", [second, graph.Scalar("band_floor", (float)Floor)]));
        return (graph.Sub(first, reach), graph.Add(first, reach));
    }

    private void Must(BandShape shape)
    {
        if (Shape != shape)
            throw new InvalidOperationException($"The band is {Shape}, not {shape}.");
    }

    internal static double[] Scores(ReadOnlySpan<double> truth, ReadOnlySpan<double> predictions)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(predictions.Length, truth.Length);
        var scores = new double[truth.Length];
        for (var i = 0; i < scores.Length; i++)
            scores[i] = Math.Abs(truth[i] - predictions[i]);
        return scores;
    }
}
