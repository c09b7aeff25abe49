using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;

namespace Dure.Bench.Learn;

/// <summary>Boosted trees beside XGBoost and scikit-learn: training, prediction, single rows, explanations, memory, and how good they are.</summary>
internal static class LearnBenchmark
{
    internal const string Python = "/usr/bin/python3";
    private const int Repeats = 3;
    private const int Seeds = 5;
    private const int Again = 6;
    private static readonly string[] Peers = ["xgboost", "sklearn"];
    internal static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static async Task<Report> Run(bool isQuick)
    {
        var report = new Report("learn");
        var folder = Directory.CreateTempSubdirectory("dure-bench-").FullName;
        try
        {
            if (!await HasPeers())
                report.Note("XGBoost or scikit-learn is not here: on Debian 'apt-get install python3-xgboost python3-sklearn'. Ours are measured alone.");
            await Made(report, Path.Combine(folder, "made"), isQuick, 31);
            if (!isQuick)
                await Made(report, Path.Combine(folder, "made255"), isQuick, 255);
            if (Environment.GetEnvironmentVariable("DURE_DATA") is { } data && Directory.Exists(Path.Combine(data, "learning")))
                foreach (var table in LearnTables.Public(data))
                    await Real(report, Path.Combine(folder, "real"), table, isQuick);
            else
                report.Note("No public tables: set DURE_DATA to the folder that holds 'learning'.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
        return report;
    }

    internal static async Task<bool> HasPeers()
    {
        const string both = "import xgboost, sklearn";
        if (await Call(Python, ["-c", both]) is { Code: 0 })
            return true;
        if (Environment.IsPrivilegedProcess)
            await Call("apt-get", ["install", "-y", "--no-install-recommends", "python3-xgboost", "python3-sklearn"]);
        return await Call(Python, ["-c", both]) is { Code: 0 };
    }

    /// <summary>The generated table: a million rows of 28 numbers, 100 trees.</summary>
    private static async Task Made(Report report, string folder, bool isQuick, int leaves)
    {
        var rows = isQuick ? 200_000 : 1_000_000;
        var task = new LearnTask($"{rows:N0} x 28, 100 trees of {leaves} leaves", "regression", 0, 28, rows, 100_000) { Leaves = leaves, IsDeep = leaves == 31 };
        var (train, labels) = LearnTables.Made(rows, 0);
        var (test, truth) = LearnTables.Made(task.TestRows, 1_000_000);
        task.Write(folder, train, labels, test);
        var found = await Times(folder, isQuick ? 1 : Repeats);
        Speed(report, task, found);
        double rmse(string who) => Metrics.Of("rmse").Of(new JudgedRows(LearningTask.Regression, truth, Doubles(folder, who)));
        foreach (var peer in found.Keys.Where(who => who != "ours"))
            report.Compared($"{task.Name}: error on new rows (RMSE)", rmse("ours"), peer, rmse(peer), "", 1.003, higherIsBetter: false);
    }

    /// <summary>A public table: five seeds, the same rows, rounds, leaves and shares for all.</summary>
    private static async Task Real(Report report, string folder, LearnTables.Table table, bool isQuick)
    {
        var metric = table.Metric;
        var figures = new Dictionary<string, List<double>>(StringComparer.Ordinal);
        var (seconds, again) = (new Dictionary<string, List<double>>(StringComparer.Ordinal), new Dictionary<string, List<double>>(StringComparer.Ordinal));
        for (var seed = 0; seed < (isQuick ? 1 : Seeds); seed++)
        {
            var (train, test) = table.Part(seed);
            var task = table.TaskOf(train, test) with { Rounds = 300, LearningRate = 0.05, RowShare = 0.8, ColumnShare = 0.6, Seed = seed, Again = Again };
            table.Write(task, folder, train, test);
            float[] truth = [.. test.Select(row => table.Labels[row])];
            foreach (var (who, times) in await Times(folder, 1))
            {
                Add(figures, who, metric.Of(new JudgedRows(table.Task, truth, Doubles(folder, who))));
                Add(seconds, who, times.TrainSeconds);
                Add(again, who, times.AgainSeconds);
            }
        }
        foreach (var peer in figures.Keys.Where(who => who != "ours"))
        {
            var (ours, theirs) = (figures["ours"], figures[peer]);
            var error = Math.Sqrt((Variance(ours) + Variance(theirs)) / ours.Count);
            var isMet = metric.HigherIsBetter ? ours.Average() >= theirs.Average() - error : ours.Average() <= theirs.Average() + error;
            report.Verdict($"{table.Name}: {metric.Name}, mean of {ours.Count} seeds", $"measured {Report.Shown(ours.Average())}, {peer} {Report.Shown(theirs.Average())}, one standard error {Report.Shown(error)}", isMet);
            report.Compared($"{table.Name}: training again in the same process", Report.Median(again["ours"]), peer, Report.Median(again[peer]), "s", 1, higherIsBetter: false);
            report.Compared($"{table.Name}: training in a fresh process", Report.Median(seconds["ours"]), peer, Report.Median(seconds[peer]), "s", 1, higherIsBetter: false);
        }
    }

    private static void Speed(Report report, LearnTask task, Dictionary<string, LearnTimes> found)
    {
        var ours = found["ours"];
        foreach (var (peer, theirs) in found.Where(pair => pair.Key != "ours"))
        {
            report.Compared($"{task.Name}: training", ours.TrainSeconds, peer, theirs.TrainSeconds, "s", 1, higherIsBetter: false);
            report.Compared($"{task.Name}: prediction", ours.PredictRowsPerSecond, peer, theirs.PredictRowsPerSecond, "rows/s", 3);
            report.Compared($"{task.Name}: peak memory of the process while training", ours.PeakMiB, peer, theirs.PeakMiB, "MiB", 0.7, higherIsBetter: false);
        }
        if (!task.IsDeep)
            return;
        report.Bounded($"{task.Name}: a single row", ours.SingleRowMicroseconds, "µs", 5);
        if (found.TryGetValue("xgboost", out var xgboost))
            report.Compared($"{task.Name}: explained rows (TreeSHAP)", ours.ExplainedRowsPerSecond, "xgboost", xgboost.ExplainedRowsPerSecond, "rows/s", 1);
    }

    /// <summary>Medians over repeats, in turn: ours, then each peer, then again.</summary>
    private static async Task<Dictionary<string, LearnTimes>> Times(string folder, int repeats)
    {
        var all = new Dictionary<string, List<LearnTimes>>(StringComparer.Ordinal);
        for (var repeat = 0; repeat < repeats; repeat++)
        {
            Add(all, "ours", Parse(await Call(Environment.ProcessPath!, ["learn-child", folder]))); // a process that runs has a path
            foreach (var peer in Peers)
                if (await Call(Python, [Path.Combine(AppContext.BaseDirectory, "Learn", "peer.py"), folder, peer]) is { Code: 0 } said)
                    Add(all, peer, Parse(said));
        }
        return all.ToDictionary(pair => pair.Key, pair => new LearnTimes(Report.Median(pair.Value.Select(one => one.TrainSeconds)), Report.Median(pair.Value.Select(one => one.AgainSeconds)), Report.Median(pair.Value.Select(one => one.PredictRowsPerSecond)),
            Report.Median(pair.Value.Select(one => one.SingleRowMicroseconds)), Report.Median(pair.Value.Select(one => one.ExplainedRowsPerSecond)), Report.Median(pair.Value.Select(one => one.PeakMiB))), StringComparer.Ordinal);
    }

    private static LearnTimes Parse((int Code, string Said) call) => call.Code == 0
        ? JsonSerializer.Deserialize<LearnTimes>(call.Said.Replace("NaN,", "\"NaN\",", StringComparison.Ordinal).Replace("\"\"NaN\"\"", "\"NaN\"", StringComparison.Ordinal).Trim().Split('\n')[^1], Json)!
        : throw new InvalidOperationException($"A training failed: {call.Said}");

    internal static async Task<(int Code, string Said)> Call(string program, string[] arguments)
    {
        try
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
            start.Environment["OMP_NUM_THREADS"] = "2";
            start.Environment["DOTNET_TieredPGO"] = "0"; // as a node runs
            using var process = Process.Start(start)!; // a new process
            var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, process.ExitCode == 0 ? await said : await complained);
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, missing.Message);
        }
    }

    private static void Add<T>(Dictionary<string, List<T>> into, string key, T value)
    {
        if (!into.TryGetValue(key, out var list))
            into[key] = list = [];
        list.Add(value);
    }

    private static double Variance(List<double> values) => values.Count < 2 ? 0 : values.Sum(value => (value - values.Average()) * (value - values.Average())) / (values.Count - 1);

    internal static double[] Doubles(string folder, string who) => MemoryMarshal.Cast<byte, double>(File.ReadAllBytes(Path.Combine(folder, who + ".f64"))).ToArray();
}
