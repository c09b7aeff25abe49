using System.Diagnostics;
using Dure.Optimize.Bayesian;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Gaussian;
using Dure.Optimize.Surrogates;

namespace Dure.Bench.Lab;

/// <summary>
/// How many experiments it takes on tables of real ones until a row of the best hundredth is found. The peer is BoTorch 0.12's default: its model (that of
/// <see cref="ProcessSurrogate"/> without the blend, held to golden values of BoTorch), categories one-hot, five random starts, log expected improvement.
/// </summary>
internal static class TablesBenchmark
{
    private const int Budget = 80;

    public static Task Run(Report report, string folder, bool isQuick, string? only)
    {
        var seeds = isQuick ? 6 : 100;
        var names = LabTable.All(folder).Select(table => table.Name).Where(name => only is null || name.Contains(only, StringComparison.Ordinal)).ToArray();
        var (ratios, tops, randoms) = (new List<double>(), new List<double>(), new List<double>());
        foreach (var name in names)
        {
            var (table, hot) = (LabTable.Load(folder, name), LabTable.Load(folder, name, isOneHot: true));
            var ours = Many(seeds, seed => Ours(table, seed), table);
            var peer = Many(seeds, seed => Peer(hot, seed), hot);
            var random = Random(table);
            var (ratio, low, high) = Ratio(peer.Hits, ours.Hits);
            ratios.Add(ratio);
            tops.Add(ours.Top50 / peer.Top50);
            randoms.Add(random / ours.Hits.Average());
            report.Note($"{name} ({table.Rows.Length} rows): first of the top 1 % after {ours.Hits.Average():0.0} trials (se {Error(ours.Hits):0.0}), peer {peer.Hits.Average():0.0} (se {Error(peer.Hits):0.0}), " +
                $"ratio {ratio:0.00} ({low:0.00} to {high:0.00}), random {random:0.0}; top 5 % found at 50: {ours.Top50:0.00}, peer {peer.Top50:0.00}; {ours.Milliseconds:0.0} ms a suggestion, peer's twin {peer.Milliseconds:0.0}");
        }
        if (ratios.Count == 0)
            return Task.CompletedTask;
        report.Bounded($"geometric mean over {ratios.Count} tables of the peer's trials until the top 1 % over ours, {seeds} seeds", Mean(ratios), "times", 1.3, higherIsBetter: true);
        report.Bounded("the same on the table where it is least", ratios.Min(), "times", 0.9, higherIsBetter: true);
        report.Bounded("against drawing at random without a budget", Mean(randoms), "times", 4, higherIsBetter: true);
        report.Bounded("share of the top 5 % found after 50 trials over the peer's", Mean(tops), "times", 1.15, higherIsBetter: true);
        return Task.CompletedTask;
    }

    private static List<int> Ours(LabTable table, int seed)
    {
        var (planner, rowOf) = (new TrialPlanner(table.Problem), table.Rows.Select((row, i) => (row, i)).ToDictionary(each => string.Join(' ', each.row), each => each.i));
        var (trials, tried) = (new List<CampaignTrial>(), new List<int>());
        while (tried.Count < Math.Min(Budget, table.Rows.Length))
        {
            var point = planner.Suggest(trials, 1, seed)[0].Point;
            tried.Add(rowOf[string.Join(' ', point)]);
            trials.Add(CampaignTrial.Measured(point, table.Values[tried[^1]]));
        }
        return tried;
    }

    private static List<int> Peer(LabTable table, int seed)
    {
        var (random, options) = (new Random(seed), new SurrogateOptions { Covariance = Covariance.Rbf, IsBlended = false, MostSteps = 200 });
        var pool = new TrialTable(PointCoding.Numbers(table.Rows[0].Length), table.Rows.Length);
        var space = table.Problem.Space;
        var coded = new double[space.Coding.Columns];
        foreach (var row in table.Rows)
        {
            space.Encode(row, coded);
            pool.Add(coded);
        }
        var tried = new List<int>();
        var (means, variances) = (new double[pool.Count], new double[pool.Count]);
        while (tried.Count < Math.Min(Budget, pool.Count))
        {
            var next = random.Next(pool.Count);
            if (tried.Count >= 5)
            {
                var surrogate = ProcessSurrogate.Fit(pool.Rows(tried), [.. tried.Select(row => table.Values[row])], options);
                surrogate.Predict(pool, means, variances);
                var (best, known) = (tried.Max(row => table.Values[row]), tried.ToHashSet());
                next = Enumerable.Range(0, pool.Count).Where(row => !known.Contains(row)).MaxBy(row => Acquisition.LogExpectedImprovement(-means[row], Math.Sqrt(variances[row]), -best));
            }
            if (!tried.Contains(next))
                tried.Add(next);
        }
        return tried;
    }

    private static (double[] Hits, double Top50, double Milliseconds) Many(int seeds, Func<int, List<int>> run, LabTable table)
    {
        var (best, good) = (table.Top(0.01), table.Top(0.05));
        var (hits, tops, times) = (new double[seeds], new double[seeds], new double[seeds]);
        Parallel.For(0, seeds, seed =>
        {
            var watch = Stopwatch.StartNew();
            var tried = run(1000 + seed);
            times[seed] = watch.Elapsed.TotalMilliseconds / tried.Count;
            hits[seed] = tried.FindIndex(best.Contains) is var at and >= 0 ? at + 1 : Budget + 1;
            tops[seed] = tried.Take(50).Count(good.Contains) / (double)good.Count;
        });
        return (hits, tops.Average(), times.Average());
    }

    /// <summary>The expected number of draws until the first of some rows; without a budget.</summary>
    private static double Random(LabTable table) => (table.Rows.Length + 1.0) / (table.Top(0.01).Count + 1);

    /// <summary>The ratio of two means, and between what it lies in nineteen of twenty draws of the seeds.</summary>
    private static (double Ratio, double Low, double High) Ratio(double[] over, double[] under)
    {
        var random = new Random(1);
        var drawn = new double[2000];
        for (var draw = 0; draw < drawn.Length; draw++)
        {
            var (a, b) = (0.0, 0.0);
            for (var i = 0; i < over.Length; i++)
            {
                var seed = random.Next(over.Length);
                (a, b) = (a + over[seed], b + under[seed]);
            }
            drawn[draw] = a / b;
        }
        Array.Sort(drawn);
        return (over.Average() / under.Average(), drawn[50], drawn[^51]);
    }

    private static double Error(double[] values)
    {
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / Math.Max(1, values.Length - 1) / values.Length);
    }

    private static double Mean(List<double> ratios) => Math.Exp(ratios.Average(ratio => Math.Log(Math.Max(1e-3, ratio))));
}
