using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>By what a class comes into the set.</summary>
public enum SetRule
{
    /// <summary>Its own probability: the smallest sets on the whole (Sadinle, Lei and Wasserman 2019).</summary>
    Probability,

    /// <summary>The probability of all classes down to it: sets grow with the difficulty of a row (Romano, Sesia and Candès 2020).</summary>
    Cumulated,

    /// <summary>The same with a price for each class too many: fewer large sets (Angelopoulos et al. 2021).</summary>
    Regularised,
}

/// <summary>
/// Sets of classes that hold the true one at least as often as is promised, found on rows that were not learnt from. Nothing is drawn by chance, so
/// sets by cumulated probability hold it a little more often. The most probable class is always in.
/// </summary>
/// <param name="Penalty">Of regularised sets the price of each class beyond the free ones.</param>
/// <param name="Free">Of regularised sets how many classes are free.</param>
public sealed record ConformalSets(SetRule Rule, SplitConformal Split, double Penalty, int Free)
{
    /// <param name="predictions">As a model gives them: <see cref="LearningTask.Outputs"/> numbers a row.</param>
    /// <param name="labels">The number of each row's class.</param>
    public static ConformalSets Of(SetRule rule, LearningTask task, ReadOnlySpan<double> predictions, ReadOnlySpan<float> labels, double level, double penalty = 0.01, int free = 2)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(predictions.Length, labels.Length * task.Outputs);
        var made = new ConformalSets(rule, new SplitConformal(level, 0, 0), penalty, free);
        var scores = new double[labels.Length];
        for (var row = 0; row < scores.Length; row++)
            scores[row] = made.Scores(Probabilities(task, predictions.Slice(row * task.Outputs, task.Outputs)))[(int)labels[row]];
        return made with { Split = SplitConformal.Of(scores, level) };
    }

    /// <summary>The numbers of the classes in the set, rising.</summary>
    /// <param name="prediction">As a model gives it.</param>
    public int[] Of(LearningTask task, ReadOnlySpan<double> prediction)
    {
        var probabilities = Probabilities(task, prediction);
        var scores = Scores(probabilities);
        var most = Array.IndexOf(probabilities, probabilities.Max());
        return [.. Enumerable.Range(0, scores.Length).Where(number => number == most || scores[number] <= Split.Radius)];
    }

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject { ["rule"] = Rule.ToString().ToLowerInvariant(), ["split"] = Split.ToJson(), ["penalty"] = Penalty, ["free"] = Free });

    /// <exception cref="ProblemException">The bytes are not of this form.</exception>
    public static ConformalSets Read(ReadOnlySpan<byte> file)
    {
        var text = CalibrationFile.Parse(file);
        return ModelFile.Checked(() =>
        {
            var rule = text["rule"]!.GetValue<string>() switch
            {
                "probability" => SetRule.Probability,
                "cumulated" => SetRule.Cumulated,
                "regularised" => SetRule.Regularised,
                _ => throw new FormatException("no such rule"),
            };
            var read = new ConformalSets(rule, SplitConformal.Read(text["split"]!.AsObject()), text["penalty"]!.GetValue<double>(), text["free"]!.GetValue<int>());
            ModelFile.Must(read is { Penalty: >= 0 and <= 1, Free: >= 0 and <= LearningTask.MostClasses }, "its price makes no sense");
            return read;
        });
    }

    /// <summary>How strange each class would be.</summary>
    private double[] Scores(double[] probabilities)
    {
        if (Rule == SetRule.Probability)
            return Array.ConvertAll(probabilities, probability => 1 - probability);
        var (scores, sum, rank) = (new double[probabilities.Length], 0.0, 0);
        foreach (var number in Enumerable.Range(0, probabilities.Length).OrderByDescending(number => probabilities[number]).ThenBy(number => number))
        {
            sum += probabilities[number];
            rank++;
            scores[number] = sum + (Rule == SetRule.Regularised ? Penalty * Math.Max(0, rank - Free) : 0);
        }
        return scores;
    }

    /// <summary>Of each class, in the order of the classes.</summary>
    internal static double[] Probabilities(LearningTask task, ReadOnlySpan<double> prediction) => task.Outputs == 1 ? [1 - prediction[0], prediction[0]] : prediction.ToArray();
}
