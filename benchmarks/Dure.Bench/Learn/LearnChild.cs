using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Bench.Learn;

/// <summary>Our side of a task, in a process of its own so that its memory is only its own.</summary>
internal static class LearnChild
{
    public static int Run(string folder)
    {
        var task = LearnTask.Read(folder);
        var table = Table(folder, "train", task.TrainRows, task.Columns);
        var test = Table(folder, "test", task.TestRows, task.Columns);
        var labels = LearnTask.Floats(folder, "labels");
        GC.Collect();
        var clock = Stopwatch.StartNew();
        var options = new BoostingOptions
        {
            Loss = task.Kind switch { "binary" => BoostingLoss.Logistic, "classes" => BoostingLoss.Classes(task.Classes), _ => BoostingLoss.Squared },
            Rounds = task.Rounds,
            LearningRate = task.LearningRate,
            Leaves = task.Leaves,
            RowShare = task.RowShare,
            ColumnShare = task.ColumnShare,
            MinRows = 1,
            MinHessian = 1,
            Seed = task.Seed,
            Threads = task.Threads,
        };
        var model = Boosting.Train(table, new LearningTarget(labels), options);
        var trained = clock.Elapsed.TotalSeconds;
        var peak = Process.GetCurrentProcess().PeakWorkingSet64 / (double)(1 << 20);
        var again = new double[task.Again];
        for (var i = 0; i < again.Length; i++)
        {
            clock.Restart();
            Boosting.Train(table, new LearningTarget(labels), options);
            again[i] = clock.Elapsed.TotalSeconds;
        }
        var predictions = model.Predict(test, task.Threads);
        var perSecond = Enumerable.Range(0, 3).Select(_ =>
        {
            clock.Restart();
            model.Predict(test, task.Threads);
            return task.TestRows / clock.Elapsed.TotalSeconds;
        }).Max();
        File.WriteAllBytes(Path.Combine(folder, "ours.f64"), MemoryMarshal.AsBytes<double>(predictions));
        var (single, explained) = task.IsDeep ? (Single(model, test), Explained(model, test)) : (double.NaN, double.NaN);
        Console.WriteLine(JsonSerializer.Serialize(new LearnTimes(trained, again.Length == 0 ? double.NaN : Report.Median(again.TakeLast(3)), perSecond, single, explained, peak), LearnBenchmark.Json));
        return 0;
    }

    /// <summary>Some rows at a time: what training takes is to be seen, not what reading took before.</summary>
    private static FeatureTable Table(string folder, string name, int count, int columns)
    {
        const int some = 4096;
        using var file = File.OpenRead(Path.Combine(folder, name + ".f32"));
        float[][] values = [.. Enumerable.Range(0, columns).Select(_ => new float[count])];
        var rows = new float[some * columns];
        for (var first = 0; first < count; first += some)
        {
            var taken = rows.AsSpan(0, Math.Min(some, count - first) * columns);
            file.ReadExactly(MemoryMarshal.AsBytes(taken));
            for (var i = 0; i < taken.Length; i++)
                values[i % columns][first + i / columns] = taken[i];
        }
        return new([.. values.Select((column, i) => new FeatureColumn { Name = $"x{i}", Values = column })]);
    }

    private static double Single(BoostedTrees model, FeatureTable test)
    {
        const int count = 20_000;
        var (row, prediction) = (new float[test.Columns.Count], new double[model.Loss.Outputs]);
        var best = double.PositiveInfinity;
        for (var repeat = 0; repeat < 5; repeat++)
        {
            var clock = Stopwatch.StartNew();
            for (var at = 0; at < count; at++)
            {
                test.CopyRow(at % test.Rows, row);
                model.Predict(row, prediction);
            }
            best = Math.Min(best, clock.Elapsed.TotalMicroseconds / count);
        }
        return best;
    }

    private static double Explained(BoostedTrees model, FeatureTable test)
    {
        const int count = 10_000;
        var shap = new TreeShap(model);
        var best = 0.0;
        for (var repeat = 0; repeat < 3; repeat++)
        {
            var clock = Stopwatch.StartNew();
            Parallel.For(0, 2, half =>
            {
                var (row, parts) = (new float[test.Columns.Count], new double[test.Columns.Count * model.Loss.Outputs]);
                for (var at = half; at < count; at += 2)
                {
                    test.CopyRow(at % test.Rows, row);
                    shap.Explain(row, parts);
                }
            });
            best = Math.Max(best, count / clock.Elapsed.TotalSeconds);
        }
        return best;
    }
}
