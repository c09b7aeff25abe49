using System.Diagnostics;
using Dure.Kernel;
using Dure.Optimize.SetPoints;

namespace Dure.Bench.Lab;

/// <summary>Many seeded campaigns on one case, judged by its truth.</summary>
/// <param name="Infeasible">Truly infeasible commands per campaign.</param>
/// <param name="Clean">Share of campaigns without any.</param>
/// <param name="Worst">By how much the worst command exceeded its limit, in the limit's unit.</param>
/// <param name="MedianGap">Of the set-points recommended at the end, as a share of the optimum; below 0 where they break a limit.</param>
/// <param name="Doubted">Campaigns in which a measurement was found to contradict the stated bounds.</param>
internal sealed record CampaignFigures(int Campaigns, int Infeasible, double Clean, double Worst, double MedianGap, double GapAt90, int Doubted, double SecondsPerMove)
{
    public override string ToString() =>
        $"{Infeasible} infeasible in {Campaigns} campaigns ({(double)Infeasible / Campaigns:0.###} each, {Clean:P1} clean, worst {Worst:0.#####}), gap median {MedianGap:P2}, 90 % of campaigns within {GapAt90:P2}; {Doubted} stopped in doubt; {1000 * SecondsPerMove:0.0} ms a move";
}

internal static class SafetyCampaigns
{
    public const int Steps = 25;

    /// <summary>Points at which the plant has run before; not counted.</summary>
    public const int Starts = 3;

    /// <summary>Campaigns of the safe explorer. Starts that contradict the stated bounds are refused: then nothing is commanded, and the plant stays.</summary>
    public static CampaignFigures Safe(SafetyCase its, int campaigns, int firstSeed, SafeExplorerOptions? options = null) => Run(its, campaigns, firstSeed, (start, seed) =>
    {
        try
        {
            var explorer = new SafeExplorer(its.Problem, (options ?? new()) with { Seed = seed, ObjectiveNoise = its.Noises[0] }, start);
            return (at => [.. explorer.Next(at).SetPoints], explorer.Report, at => [.. (explorer.Best(at) ?? start[^1]).SetPoints], () => explorer.Doubt is not null);
        }
        catch (ProblemException)
        {
            double[] stay = [.. start[^1].SetPoints];
            return (_ => stay, _ => { }, _ => stay, () => true);
        }
    });

    /// <summary>Standard constrained expected improvement: the same noise, starts and judge; its gap is that of its best truly allowed command, which it cannot tell itself.</summary>
    public static CampaignFigures Standard(SafetyCase its, int campaigns, int firstSeed) => Run(its, campaigns, firstSeed, (start, seed) =>
    {
        var search = new StandardSearch(its, seed);
        foreach (var point in start)
            search.Report(point);
        return (_ => search.Next(), search.Report, null, () => false);
    });

    private static CampaignFigures Run(SafetyCase its, int campaigns, int firstSeed, Func<SettledPoint[], int, (Func<TimeSpan, double[]> Next, Action<SettledPoint> Report, Func<TimeSpan, double[]>? Best, Func<bool> IsDoubting)> begin)
    {
        var gaps = new double[campaigns];
        var (infeasible, clean, worst, doubted, watch) = (0, 0, 0.0, 0, Stopwatch.StartNew());
        Parallel.For(0, campaigns, number =>
        {
            var seed = firstSeed + number;
            var random = new Random(seed);
            var start = Enumerable.Range(0, Starts).Select(place => its.Measure(its.Start(random), seed, place)).ToArray();
            var (next, report, best, isDoubting) = begin(start, seed);
            var (broken, most, bestAllowed) = (0, 0.0, double.NegativeInfinity);
            for (var step = Starts; step < Starts + Steps; step++)
            {
                var to = next(TimeSpan.FromHours(step));
                var truth = its.Of(to);
                if (its.Excess(truth) is > 0 and var excess)
                    (broken, most) = (broken + 1, Math.Max(most, excess));
                else
                    bestAllowed = Math.Max(bestAllowed, truth[0]);
                report(its.Measure(to, seed, step));
            }
            var profit = best is null ? bestAllowed : its.Of(best(TimeSpan.FromHours(Starts + Steps)))[0];
            gaps[number] = double.IsFinite(profit) ? (its.Optimum - profit) / Math.Abs(its.Optimum) : 1;
            Interlocked.Add(ref infeasible, broken);
            Interlocked.Add(ref clean, broken == 0 ? 1 : 0);
            Interlocked.Add(ref doubted, isDoubting() ? 1 : 0);
            lock (gaps)
                worst = Math.Max(worst, most);
        });
        Array.Sort(gaps);
        return new CampaignFigures(campaigns, infeasible, (double)clean / campaigns, worst, gaps[campaigns / 2], gaps[campaigns * 9 / 10], doubted, watch.Elapsed.TotalSeconds / campaigns / Steps);
    }
}
