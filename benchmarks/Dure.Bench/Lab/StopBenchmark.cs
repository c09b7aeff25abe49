using System.Diagnostics;
using Dure.Optimize.Campaigns;

namespace Dure.Bench.Lab;

/// <summary>
/// What stop advice saves and costs on tables of real experiments: a campaign of 80 trials asks after each; regret is what the best at the advice lacks to
/// the best of the 80, over the best less the median of the table. Every second table by name is the half on which a change may be chosen.
/// </summary>
internal static class StopBenchmark
{
    private const int Budget = 80;

    public static Task Run(Report report, string folder, bool isQuick, string? only)
    {
        var seeds = isQuick ? 4 : 30;
        var names = LabTable.All(folder).Select(table => table.Name).ToArray();
        var halves = new[] { new List<(double Saved, double Regret)>(), [] };
        var times = new List<double>();
        for (var number = 0; number < names.Length; number++)
        {
            if (only is not null && !(only is "chosen" or "judged" ? only == (number % 2 == 0 ? "chosen" : "judged") : names[number].Contains(only, StringComparison.Ordinal)))
                continue;
            var table = LabTable.Load(folder, names[number]);
            var runs = new (double Saved, double Regret, double Milliseconds)[seeds];
            Parallel.For(0, seeds, seed => runs[seed] = Campaign(table, 1000 + seed));
            var (saved, regret) = (runs.Average(run => run.Saved), runs.Average(run => run.Regret));
            halves[number % 2].Add((saved, regret));
            times.AddRange(runs.Select(run => run.Milliseconds));
            report.Note($"{names[number]} ({(number % 2 == 0 ? "chosen" : "judged")} half): stopped in {runs.Count(run => run.Saved > 0)} of {seeds} campaigns, saved {saved:P0} of the trials, regret {regret:P2}, worst {runs.Max(run => run.Regret):P1}");
        }
        for (var half = 0; half < 2; half++)
            if (halves[half].Count > 0)
                report.Note($"{(half == 0 ? "chosen" : "judged")} half: saved {halves[half].Average(each => each.Saved):P1}, regret {halves[half].Average(each => each.Regret):P2}, on the worst table {halves[half].Max(each => each.Regret):P2}");
        var all = halves.SelectMany(half => half).ToArray();
        if (all.Length == 0)
            return Task.CompletedTask;
        report.Bounded($"trials that stop advice saves, of {Budget}, over {all.Length} tables", 100 * all.Average(each => each.Saved), "%", 30, higherIsBetter: true);
        report.Bounded("regret at the advice", 100 * all.Average(each => each.Regret), "%", 1);
        report.Bounded($"an advice at the end of a campaign of {Budget}", Report.Median(times), "ms", 100);
        return Task.CompletedTask;
    }

    private static (double Saved, double Regret, double Milliseconds) Campaign(LabTable table, int seed)
    {
        var (planner, valueOf) = (new TrialPlanner(table.Problem), table.Rows.Zip(table.Values).ToDictionary(each => string.Join(' ', each.First), each => each.Second));
        var (trials, budget) = (new List<CampaignTrial>(), Math.Min(Budget, table.Rows.Length));
        var (stopped, bestThen) = (0, 0.0);
        while (trials.Count < budget)
        {
            var point = planner.Suggest(trials, 1, seed)[0].Point;
            trials.Add(CampaignTrial.Measured(point, valueOf[string.Join(' ', point)]));
            if (stopped == 0 && planner.Advise(trials, seed, new StopOptions { Ahead = 0 }).IsAdvised)
                (stopped, bestThen) = (trials.Count, trials.Max(trial => trial.Values[0]));
        }
        var watch = Stopwatch.StartNew();
        planner.Advise(trials, seed);
        var took = watch.Elapsed.TotalMilliseconds;
        var (best, median) = (trials.Max(trial => trial.Values[0]), Report.Median([.. table.Values]));
        return stopped == 0 ? (0, 0, took) : (1 - stopped / (double)budget, best > median ? (best - bestThen) / (best - median) : 0, took);
    }
}
