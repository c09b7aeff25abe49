using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>
/// Intervals from models that each left some rows out, so that all rows serve both to learn and to calibrate: CV+, and with one row a fold the
/// jackknife+ (Barber et al. 2021). What is proven is a share of at least 2 x level - 1; what is met is near the level.
/// </summary>
/// <param name="Level">The share of values that is aimed at; 0.5 to 0.999.</param>
/// <param name="Residuals">For each fold the residuals without sign, rising, of the rows that its model left out.</param>
public sealed record CrossConformal(double Level, IReadOnlyList<double[]> Residuals)
{
    private const int MostRows = 1_000_000;

    /// <param name="predictions">Each row's prediction by the model that left it out.</param>
    /// <param name="folds">The fold of each row, 0 and on.</param>
    public static CrossConformal Of(ReadOnlySpan<double> truth, ReadOnlySpan<double> predictions, ReadOnlySpan<int> folds, double level)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 0.5);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 0.999);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(truth.Length, MostRows);
        var scores = ConformalBand.Scores(truth, predictions);
        var count = 0;
        foreach (var fold in folds)
            count = Math.Max(count, fold + 1);
        var residuals = new List<double>[count];
        for (var fold = 0; fold < count; fold++)
            residuals[fold] = [];
        for (var row = 0; row < scores.Length; row++)
            residuals[folds[row]].Add(scores[row]);
        return new(level, [.. residuals.Select(fold => fold.Order().ToArray())]);
    }

    /// <param name="predictions">What the model of each fold predicts for the row.</param>
    public PredictionInterval Around(ReadOnlySpan<double> predictions)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(predictions.Length, Residuals.Count);
        var count = Residuals.Sum(fold => fold.Length);
        var rank = (int)Math.Ceiling((count + 1) * Level - 1e-9);
        if (rank > count)
            return new(double.NegativeInfinity, double.PositiveInfinity);
        var (lows, highs) = (new double[count], new double[count]);
        var at = 0;
        for (var fold = 0; fold < Residuals.Count; fold++)
            foreach (var residual in Residuals[fold])
                (lows[at], highs[at++]) = (predictions[fold] - residual, predictions[fold] + residual);
        Array.Sort(lows);
        Array.Sort(highs);
        return new(lows[count - rank], highs[rank - 1]);
    }

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject { ["level"] = Level, ["residuals"] = new JsonArray([.. Residuals.Select(fold => (JsonNode)ModelFile.Numbers(fold))]) });

    /// <exception cref="ProblemException">The bytes are not of this form.</exception>
    public static CrossConformal Read(ReadOnlySpan<byte> file)
    {
        var text = CalibrationFile.Parse(file);
        return ModelFile.Checked(() =>
        {
            var read = new CrossConformal(text["level"]!.GetValue<double>(), [.. text["residuals"]!.AsArray().Select(ModelFile.Numbers)]);
            ModelFile.Must(read.Level is >= 0.5 and <= 0.999 && read.Residuals.Sum(fold => fold.Length) <= MostRows && read.Residuals.All(fold => fold.All(residual => residual >= 0)), "its residuals make no sense");
            return read;
        });
    }
}
