using Dure.Datasets;
using Dure.Learn.Drift;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Recipes;

namespace Dure.Learn.Registry;

/// <summary>How far a newer dataset has moved from what a model learnt from, and, where its results are known, whether the model errs more than it did.</summary>
/// <param name="Rows">Rows looked at.</param>
/// <param name="Labelled">Rows among them whose result is known.</param>
public sealed record PredictorDrift(DriftReport Report, int Rows, int Labelled)
{
    private const int ValuesPerFalseAlarm = 10_000;

    /// <exception cref="Kernel.ProblemException">The dataset lacks a column, or the model was trained before references were kept.</exception>
    public static PredictorDrift Of(PredictorRegistry registry, PredictorVersion version, DatasetTable newer, CancellationToken cancel)
    {
        var predictor = registry.Read(version);
        var (features, source) = TrainingRows.FeaturesOf(predictor, newer, 0, cancel);
        var losses = version.Manifest.Ahead == 0 && newer.TryFind(version.Manifest.Target) is { } target ? Losses(predictor.Task, predictor.Predict(features, 0, cancel), Labels(predictor.Task, target, source)) : [];
        var report = DriftReport.Of(registry.ReadReference(version), predictor.Plan.Own(features), losses.Length == 0 ? null : Watched(registry.ReadTest(version), predictor.Task, losses), version.Manifest.Seed, cancel);
        return new(report, features.Rows, losses.Length);
    }

    /// <summary>The watch's strongest word: an alarm stays one, even if later rows are as before.</summary>
    private static WatchStep? Watched(TestPredictions test, LearningTask task, IReadOnlyList<double> losses)
    {
        const int least = 20;
        var before = Losses(task, test.Values, test.Truth);
        if (before.Length < least)
            return null;
        var watch = new ChangeWatch(before, ValuesPerFalseAlarm);
        WatchStep? strongest = null;
        foreach (var loss in losses)
            if (watch.Add(loss) is { } step && (strongest is null || step.Evidence > strongest.Value.Evidence))
                strongest = step;
        return strongest;
    }

    private static float[] Labels(LearningTask task, DatasetTableColumn target, int[] source)
    {
        var place = task.Classes.Index().ToDictionary(pair => pair.Item, pair => (float)pair.Index, StringComparer.Ordinal);
        return [.. source.Select(row => target.Values[row]).Select(value => float.IsNaN(value) || !task.IsClassification ? value : place.GetValueOrDefault(TrainingRows.ClassName(target, value), float.NaN))];
    }

    /// <summary>How far off each prediction is. Rows without a result are left out.</summary>
    private static double[] Losses(LearningTask task, double[] predictions, float[] truth)
    {
        int[] known = [.. Enumerable.Range(0, truth.Length).Where(row => !float.IsNaN(truth[row]))];
        if (known.Length == 0)
            return [];
        var judged = new JudgedRows(task, Array.ConvertAll(known, row => truth[row]), [.. known.SelectMany(row => predictions[(row * task.Outputs)..((row + 1) * task.Outputs)])]);
        return [.. Enumerable.Range(0, judged.Count).Select(judged.Miss)];
    }
}
