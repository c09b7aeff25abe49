using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;

namespace Dure.Learn.Registry;

/// <summary>Two models on the test rows that both were judged by.</summary>
/// <param name="Rows">How many rows those are.</param>
/// <param name="Differences">For each figure the first less the second, and whether that is more than chance.</param>
public sealed record PredictorComparison(PredictorVersion A, PredictorVersion B, int Rows, IReadOnlyList<ComparedModels> Differences)
{
    /// <summary>By the figure that the first was to be good at.</summary>
    public ComparedModels Main => Differences[0];

    /// <exception cref="ProblemException">They do not predict the same, or have no test rows in common.</exception>
    public static PredictorComparison Of(PredictorRegistry registry, PredictorVersion a, PredictorVersion b, CancellationToken cancel)
    {
        if (a.Manifest.DatasetId != b.Manifest.DatasetId || a.Manifest.Target != b.Manifest.Target || a.Manifest.Ahead != b.Manifest.Ahead || !a.Manifest.Classes.SequenceEqual(b.Manifest.Classes, StringComparer.Ordinal))
            throw Bad("They do not predict the same target of the same dataset version.", "Compare models of one task; train one of them again on the other's data.");
        var (ofA, ofB) = (registry.ReadTest(a), registry.ReadTest(b));
        var placeInB = ofB.Rows.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        int[] shared = [.. Enumerable.Range(0, ofA.Rows.Length).Where(row => placeInB.ContainsKey(ofA.Rows[row]))];
        if (shared.Length < 2)
            throw Bad($"They have {shared.Length} test rows in common.", "Train both with the same split and seed.");
        var task = new LearningTask(a.Manifest.Classes);
        var judgedA = Judged(task, ofA, shared, a);
        var judgedB = Judged(task, ofB, [.. shared.Select(row => placeInB[ofA.Rows[row]])], b);
        var resampling = Resampling.ByGroup([.. shared.Select(row => ofA.Clusters[row])]);
        string[] names = [a.Manifest.Metric, .. Metrics.Usual(judgedA).Select(metric => metric.Name).Where(name => name != a.Manifest.Metric)];
        return new(a, b, shared.Length, ModelComparison.Holm([.. names.Select(name => ModelComparison.Paired(NameOf(a), judgedA, NameOf(b), judgedB, Metrics.Of(name), resampling, a.Manifest.Seed, cancel))]));
    }

    private static string NameOf(PredictorVersion version) => $"{version.Name} {version.Number}";

    private static JudgedRows Judged(LearningTask task, TestPredictions test, int[] rows, PredictorVersion version) => new(task, [.. rows.Select(row => test.Truth[row])],
        [.. rows.SelectMany(row => test.Values.Skip(row * task.Outputs).Take(task.Outputs))])
    { Threshold = version.Manifest.Threshold ?? 0.5 };

    private static ProblemException Bad(string what, string mend) => new("urn:dure:learn:bad-comparison", what, "comparison of two models", mend);
}

/// <summary>Models that were judged on the same rows of the same target, best first: the leading ones of a task.</summary>
public sealed record PredictorLeaderboard(string Task, string Target, string DatasetName, string Metric, IReadOnlyList<PredictorVersion> Versions)
{
    /// <summary>A board for each task, the newest first; retired models are on none.</summary>
    public static IReadOnlyList<PredictorLeaderboard> All(IReadOnlyList<PredictorVersion> versions) =>
        [.. versions.Where(one => one.Stage != ModelStage.Retired).GroupBy(one => one.Manifest.Task, StringComparer.Ordinal).OrderByDescending(task => task.Max(one => one.Entry.Index)).Select(Of)];

    private static PredictorLeaderboard Of(IGrouping<string, PredictorVersion> task)
    {
        var first = task.First().Manifest;
        double? figure(PredictorVersion one) => one.Manifest.Own.Figures.FirstOrDefault(each => each.Metric == first.Metric)?.Value.Value;
        var rises = first.Main?.HigherIsBetter == true;
        return new(task.Key, first.Target, first.DatasetName, first.Metric,
            [.. task.OrderBy(one => figure(one) is { } value ? (rises ? -value : value) : double.PositiveInfinity).ThenBy(one => one.Entry.Index)]);
    }
}
