using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>
/// Sets of classes whose promise holds for rows of each class, not only on the whole: each class has a bound of its own (Vovk et al. 2005, ch. 4.5). The
/// classes with too few rows have one together; by the bound of all rows they would pay for what the others no longer have to spare.
/// </summary>
/// <param name="Others">By the rows of the classes that have too few; not known where those are too few together: then these classes are in each set.</param>
/// <param name="Classes">By the rows of each class, in the order of the classes; not known where there were too few.</param>
public sealed record MondrianSets(SplitConformal Others, IReadOnlyList<SplitConformal> Classes)
{
    public double Level => Others.Level;

    /// <summary>How many rows they were found on.</summary>
    public int Rows => Others.Rows + Classes.Where(one => one.IsKnown).Sum(one => one.Rows);

    /// <summary>The largest bound that is known; infinite where none is, and each set holds all classes.</summary>
    public double Radius => Classes.Append(Others).Where(one => one.IsKnown).Select(one => one.Radius).DefaultIfEmpty(double.PositiveInfinity).Max();

    /// <param name="predictions">As a model gives them: <see cref="LearningTask.Outputs"/> numbers a row, of rows that were not learnt from.</param>
    /// <param name="labels">The number of each row's class.</param>
    public static MondrianSets Of(LearningTask task, ReadOnlySpan<double> predictions, ReadOnlySpan<float> labels, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(predictions.Length, labels.Length * task.Outputs);
        var scores = new double[labels.Length];
        for (var row = 0; row < scores.Length; row++)
            scores[row] = 1 - ConformalSets.Probabilities(task, predictions.Slice(row * task.Outputs, task.Outputs))[(int)labels[row]];
        var truth = labels.ToArray();
        SplitConformal[] classes = [.. Enumerable.Range(0, task.Classes.Count).Select(one => SplitConformal.Of([.. scores.Where((_, row) => (int)truth[row] == one)], level))];
        return new(SplitConformal.Of([.. scores.Where((_, row) => !classes[(int)truth[row]].IsKnown)], level), classes);
    }

    /// <summary>The numbers of the classes in the set, rising; the most probable one is always in.</summary>
    /// <param name="prediction">As a model gives it.</param>
    public int[] Of(LearningTask task, ReadOnlySpan<double> prediction)
    {
        var probabilities = ConformalSets.Probabilities(task, prediction);
        var most = Array.IndexOf(probabilities, probabilities.Max());
        return [.. Enumerable.Range(0, probabilities.Length).Where(number => number == most || 1 - probabilities[number] <= (Classes[number].IsKnown ? Classes[number] : Others).Radius)];
    }

    public JsonObject ToJson() => new() { ["others"] = Others.ToJson(), ["classes"] = new JsonArray([.. Classes.Select(one => one.ToJson())]) };

    /// <exception cref="ProblemException">It is not of this form, or of other classes.</exception>
    public static MondrianSets Read(JsonObject text, LearningTask task) => ModelFile.Checked(() =>
    {
        var read = new MondrianSets(SplitConformal.Read(text["others"]!.AsObject()), [.. text["classes"]!.AsArray().Select(one => SplitConformal.Read(one!.AsObject()))]);
        ModelFile.Must(read.Classes.Count == task.Classes.Count, "its sets are of other classes");
        return read;
    });
}
