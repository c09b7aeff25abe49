using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Search;
using Dure.Learn.Tables;

namespace Dure.Bench.Learn;

/// <summary>
/// The automatic search beside XGBoost tuned by random search on the public tables, with the same time and folds. Both run at once, each on its half
/// of the cores: what else the machine does, or how fast it is at that hour, then meets both alike.
/// </summary>
internal static class SearchBenchmark
{
    private const int Folds = 4;
    private const double StopShare = 0.12;

    private static readonly int Half = Math.Max(1, Environment.ProcessorCount / 2);

    public static async Task<Report> Run(TimeSpan budget, string? only)
    {
        var report = new Report("search");
        if (Environment.GetEnvironmentVariable("DURE_DATA") is not { } data || !Directory.Exists(Path.Combine(data, "learning")))
        {
            report.Note("No public tables: set DURE_DATA to the folder that holds 'learning'.");
            return report;
        }
        var hasPeer = await LearnBenchmark.HasPeers();
        report.Note($"{budget.TotalMinutes:0.##} minutes for each table; both sides at once, {Half} core(s) each.");
        await UseCores(0, Half);
        var folder = Directory.CreateTempSubdirectory("dure-bench-").FullName;
        try
        {
            var (better, within, tables) = (0, 0, 0);
            foreach (var table in LearnTables.Public(data).Where(table => only is null || table.Name.Contains(only, StringComparison.Ordinal)))
            {
                var (asGood, isHonest) = await One(report, Path.Combine(folder, "search"), table, budget, hasPeer);
                (better, within, tables) = (better + (asGood ? 1 : 0), within + (isHonest ? 1 : 0), tables + 1);
            }
            if (hasPeer)
                report.Verdict($"as good as tuned XGBoost on {tables - 1} of {tables} tables", $"measured {better}", better >= tables - 1);
            report.Verdict("the search's own figure and the final one do not differ by more than chance, on all tables", $"measured {within} of {tables}", within == tables);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            await UseCores(0, Environment.ProcessorCount);
        }
        return report;
    }

    private static Task UseCores(int from, int to) => LearnBenchmark.Call("taskset", ["-a", "-c", "-p", $"{from}-{to - 1}", $"{Environment.ProcessId}"]);

    private static async Task<(bool AsGood, bool IsHonest)> One(Report report, string folder, LearnTables.Table table, TimeSpan budget, bool hasPeer)
    {
        var metric = table.Metric;
        var (train, test) = table.Part(0);
        var known = table.Known(train);
        var kind = table.Groups is not null ? SplitKind.Group : table.IsOrdered ? SplitKind.Time : SplitKind.Random;
        var folds = new SplitPlan { Kind = kind, Seed = 1 }.Folds(known, Folds).Select(fold => FoldOf(fold, table, train, kind)).ToArray();
        var rows = new TableRows(TableOf(table, train), new([.. train.Select(row => table.Labels[row])]));
        double loss(double[] predictions, LearningTarget target) => metric.Of(new JudgedRows(table.Task, target.Labels, predictions)) is var value && metric.HigherIsBetter ? -value : value;
        var peer = hasPeer ? Tuned(folder, table, train, test, folds, metric, budget) : null;
        var result = AutomaticSearch.Run(table.Task, rows, new SearchOptions { Budget = budget, Folds = folds, IsOrdered = kind == SplitKind.Time, Loss = loss, Seed = 1, Threads = Half }, TimeProvider.System, default);
        var truth = Array.ConvertAll(test, row => table.Labels[row]);
        var judged = new JudgedRows(table.Task, truth, result.Model.Predict(TableOf(table, test)));
        var resampling = Resampling.For(table.Known(test), [.. Enumerable.Range(0, test.Length)]);
        var final = Judging.Of(metric, judged, resampling, 1).Value;
        var nested = Judging.Of(metric, new JudgedRows(table.Task, Array.ConvertAll(result.JudgedRows, row => rows.Target.Labels[row]), result.NestedPredictions), Resampling.For(known, result.JudgedRows), 1).Value;
        var isHonest = nested.Value >= final.Low && nested.Value <= final.High;
        report.Note($"{table.Name}: {result.Tried.Count} candidates in {result.Took.TotalSeconds:0.0} s of {budget.TotalSeconds:0} s; {string.Join(", ", result.Tried.Where(one => one.Weight > 0).OrderByDescending(one => one.Weight).Select(one => $"{one.Weight:0%} {one.Candidate.Learner.Kind}"))}");
        report.Note($"{table.Name}: {metric.Name} on the final test {Report.Shown(final.Value)} ({Report.Shown(final.Low)} to {Report.Shown(final.High)}), by the search itself, nested, {Report.Shown(nested.Value)}: {(isHonest ? "within" : "outside")}");
        return (peer is not null && Beats(report, table, metric, judged, new JudgedRows(table.Task, truth, await peer), resampling), isHonest);
    }

    private static async Task<double[]> Tuned(string folder, LearnTables.Table table, int[] train, int[] test, Fold[] folds, Metric metric, TimeSpan budget)
    {
        table.Write(table.TaskOf(train, test), folder, train, test);
        await File.WriteAllTextAsync(Path.Combine(folder, "folds.json"), System.Text.Json.JsonSerializer.Serialize(folds.Select(fold => new[] { fold.Learn, fold.Stop, fold.Judge })));
        var (code, said) = await LearnBenchmark.Call("taskset", ["-c", $"{Half}-{2 * Half - 1}", LearnBenchmark.Python, Path.Combine(AppContext.BaseDirectory, "Learn", "tuned.py"), folder, $"{budget.TotalSeconds:0}", metric.Name]);
        return code == 0 ? LearnBenchmark.Doubles(folder, "tuned") : throw new InvalidOperationException($"The peer failed: {said}");
    }

    private static bool Beats(Report report, LearnTables.Table table, Metric metric, JudgedRows ours, JudgedRows theirs, Resampling resampling)
    {
        var difference = ModelComparison.Paired("search", ours, "tuned XGBoost", theirs, metric, resampling, 1);
        var asGood = !metric.IsBetter(metric.Of(theirs), metric.Of(ours));
        report.Verdict($"{table.Name}: as good as tuned XGBoost by {metric.Name}", $"measured {Report.Shown(metric.Of(ours))}, tuned XGBoost {Report.Shown(metric.Of(theirs))} ({difference.InWords})", asGood);
        return asGood;
    }

    private static Fold FoldOf(RowParts fold, LearnTables.Table table, int[] train, SplitKind kind)
    {
        int[] rows = [.. fold.Train.Select(row => train[row])];
        var parts = new SplitPlan { Kind = kind, Seed = 1, ValidationShare = 0, TestShare = StopShare }.Parts(table.Known(rows));
        return new Fold([.. parts.Train.Select(row => fold.Train[row])], [.. parts.Test.Select(row => fold.Train[row])], fold.Test);
    }

    private static FeatureTable TableOf(LearnTables.Table table, int[] rows) =>
        new([.. table.Columns.Select((name, column) => new FeatureColumn { Name = name, Values = Array.ConvertAll(rows, row => table.Rows[row][column]) })]);
}
