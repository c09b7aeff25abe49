using System.Diagnostics;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Bench.Lab;

/// <summary>How long one suggestion takes, fit and search together, on one thread.</summary>
internal static class SuggestionSpeed
{
    /// <summary>Suggestions before the clock runs: by then the runtime has compiled what is used much, as in a node that has run for a minute.</summary>
    private const int WarmUps = 60;

    public static Task Run(Report report, bool isQuick)
    {
        var repeats = isQuick ? 5 : 25;
        var numbers = Numbers(6);
        double[] worth(double[] x) => [x.Select((each, i) => Math.Sin(3 * each + i) * (i + 1)).Sum()];
        var rows = new SearchSpace(numbers).Sample(1000, new Random(1));
        report.Bounded("a suggestion with 80 trials, 1,000 candidates in 6 factors", Median(repeats, new SearchSpace(numbers, null, rows), 80, worth, 1), "ms", 5);
        report.Bounded("a suggestion with 100 trials, 6 continuous factors", Median(repeats, new SearchSpace(numbers), 100, worth, 1), "ms", 20);
        report.Bounded("a suggestion with 40 trials, 5 factors, three objectives", Median(repeats, new SearchSpace(Numbers(5)), 40, x => [x[0] + x[1] * x[2], x[1] - x[3] * x[0], Math.Sin(5 * x[4]) - x[2]], 3), "ms", 50);
        var mixed = new SearchSpace([.. Enumerable.Range(0, 12).Select(i => Factor.Choice($"option{i}", [.. Enumerable.Range(0, 12).Select(k => $"o{k}")])), .. Enumerable.Range(0, 3).Select(i => Factor.Whole($"count{i}", "1", 1, 10)), .. numbers[..2]]);
        report.Note($"the mixed space has 10^{mixed.Log10Count():0.0} combinations besides two continuous factors");
        report.Bounded("a suggestion with 60 trials in the mixed space", Median(repeats, mixed, 60, x => [x.Select((each, i) => Math.Sin(each + i)).Sum()], 1), "ms", 1000);
        return Task.CompletedTask;
    }

    private static Factor[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => Factor.Number($"x{i}", "1", 0, 1))];

    private static double Median(int repeats, SearchSpace space, int trials, Func<double[], double[]> of, int objectives)
    {
        var planner = new TrialPlanner(new CampaignProblem(space, [.. Enumerable.Range(0, objectives).Select(i => new Outcome($"y{i}", "1", Aim.More))]));
        var times = new List<double>();
        for (var repeat = 0; repeat < repeats + WarmUps; repeat++)
        {
            CampaignTrial[] made = [.. space.Sample(trials, new Random(repeat)).Select(point => CampaignTrial.Measured(point, of(point)))];
            var watch = Stopwatch.StartNew();
            planner.Suggest(made, 1, repeat);
            if (repeat >= WarmUps)
                times.Add(watch.Elapsed.TotalMilliseconds);
        }
        return Report.Median(times);
    }
}
