using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Rehearsals;

/// <summary>How a rehearsal went, of the planner's runs or of those by chance.</summary>
/// <param name="Within5">Trials until the best so far was within 5 % of the way from a usual trial to the best there is, in the median of the runs; null: fewer than half came so far.</param>
/// <param name="Within1">The same with 1 %.</param>
/// <param name="Course">The best so far after each trial, in the median of the runs, without noise and in the outcome's unit; NaN while none holds the limits.</param>
/// <param name="ShareOutside">The share of trials that broke a limit of an outcome or failed.</param>
public sealed record RehearsedCourse(int? Within5, int? Within1, IReadOnlyList<double> Course, double ShareOutside);

/// <summary>A campaign as it went on a stand-in, several times over.</summary>
/// <param name="Best">The best that is known of the stand-in: of a sample of the space, all that any run tried, and a search around the best of these.</param>
/// <param name="Usual">What a trial by chance that holds the limits brings, in the median.</param>
public sealed record Rehearsal(string Origin, string DataHash, IReadOnlyList<double> Noise, int Runs, int Trials, string Outcome, string Unit, double Best, double Usual, RehearsedCourse Planned, RehearsedCourse ByChance);

/// <summary>Plays a campaign on a stand-in before it touches an instrument: what may be expected of it, and what of trials by chance.</summary>
public static class CampaignRehearsal
{
    public const int MostRuns = 50;

    /// <summary>Trials of one run at most: a longer campaign is rehearsed in its first part.</summary>
    public const int MostTrials = 80;

    private const int Sampled = 10_000;

    /// <summary>The search for the best of a stand-in goes on around so many points, in boxes that halve so often, with so many points in each.</summary>
    private const int Peaks = 3, Halvings = 8, InEach = 300;

    /// <summary>Plays it. The same plan, stand-in and runs give the same figures.</summary>
    /// <param name="progress">Told the share that is done.</param>
    /// <exception cref="ProblemException">Several outcomes are wanted, or nothing on the stand-in holds the limits.</exception>
    public static Rehearsal Play(CampaignPlan plan, StandIn standIn, int runs, Action<double>? progress = null, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(runs, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(runs, MostRuns);
        if (plan.Outcomes.Count(outcome => outcome.Aim != Aim.Held) != 1)
            throw new ProblemException("urn:dure:lab:no-rehearsal", "Several outcomes are wanted.", "rehearsal", "Rehearse with one of them wanted and the others held within limits.");
        var count = Math.Min(plan.Budget, MostTrials);
        var (planned, byChance, done) = (new double[runs][][], new double[runs][][], 0);
        Parallel.For(0, runs, new ParallelOptions { CancellationToken = cancel }, run =>
        {
            byChance[run] = plan.Space.Sample(count, new Random(plan.Seed + run));
            planned[run] = Planned(plan, standIn, count, plan.Seed + run, cancel);
            progress?.Invoke((double)Interlocked.Increment(ref done) / runs);
        });
        var sample = plan.Space.Sample(Sampled, new Random(plan.Seed));
        var holding = Array.FindAll(Array.ConvertAll(sample, point => Score(plan, standIn, point)), double.IsFinite);
        var best = BestOf(plan, standIn, planned.Concat(byChance).Append([.. standIn.Known]).Append(sample).SelectMany(points => points));
        if (holding.Length == 0)
            throw new ProblemException("urn:dure:lab:no-rehearsal", $"Of {Sampled:N0} points of the stand-in none holds the limits.", "rehearsal", "Loosen the limits, or give earlier trials that hold them.");
        Array.Sort(holding);
        var (usual, wanted) = (holding[holding.Length / 2], plan.Outcomes.First(outcome => outcome.Aim != Aim.Held));
        var sign = wanted.Aim == Aim.Less ? -1 : 1;
        return new Rehearsal(standIn.Origin, standIn.DataHash, standIn.Noise, runs, count, wanted.Name, wanted.Unit, sign * best, sign * usual, Sum(planned), Sum(byChance));

        RehearsedCourse Sum(double[][][] all)
        {
            var scores = Array.ConvertAll(all, points => Array.ConvertAll(points, point => Score(plan, standIn, point)));
            var courses = Array.ConvertAll(scores, SoFar);
            return new RehearsedCourse(Until(courses, best - 0.05 * (best - usual)), Until(courses, best - 0.01 * (best - usual)),
                [.. Enumerable.Range(0, count).Select(i => sign * Median(courses, i))], (double)scores.Sum(run => run.Count(double.IsNegativeInfinity)) / scores.Sum(run => run.Length));
        }
    }

    /// <summary>The points of one run, asked in batches of as many trials as the plan makes at once.</summary>
    private static double[][] Planned(CampaignPlan plan, StandIn standIn, int count, int seed, CancellationToken cancel)
    {
        var (planner, random, trials) = (new TrialPlanner(plan.Problem), new Random(seed), new List<CampaignTrial>());
        while (trials.Count < count)
        {
            var suggested = planner.Suggest(trials, Math.Min(plan.Parallel, count - trials.Count), seed, cancel);
            if (suggested.Count == 0)
                break; // all that may be tried has been
            trials.AddRange(suggested.Select(one => standIn.Measure(one.Point, random)).ToArray());
        }
        return [.. trials.Select(trial => trial.Point)];
    }

    /// <summary>The best that a search finds, beginning at the best of some points.</summary>
    private static double BestOf(CampaignPlan plan, StandIn standIn, IEnumerable<double[]> points)
    {
        var random = new Random(plan.Seed);
        return points.Select(point => (point, score: Score(plan, standIn, point))).OrderByDescending(one => one.score).Take(Peaks).ToArray().Max(peak =>
        {
            for (var (width, i) = (0.25, 0); i < Halvings; (width, i) = (width / 2, i + 1))
                peak = Around(plan.Space, peak.point, width).Sample(InEach, random).Select(point => (point, score: Score(plan, standIn, point))).Append(peak).MaxBy(one => one.score);
            return peak.score;
        });
    }

    /// <summary>The part of a space in which continuous factors lie within a share of their range of a point.</summary>
    private static SearchSpace Around(SearchSpace space, double[] point, double share)
    {
        var narrow = space;
        for (var i = 0; i < point.Length; i++)
            if (space.Factors[i] is Factor.Continuous && share * (space.HighOf(i) - space.LowOf(i)) is var reach and > 0)
                narrow = narrow.Narrowed(space.Factors[i].Name, Math.Max(space.LowOf(i), point[i] - reach), Math.Min(space.HighOf(i), point[i] + reach));
        return narrow;
    }

    /// <summary>What a trial is worth without noise, more is better; minus infinity where it breaks a limit or is likelier to fail than not.</summary>
    private static double Score(CampaignPlan plan, StandIn standIn, double[] point)
    {
        var values = standIn.Means(point);
        var score = 0.0;
        for (var k = 0; k < values.Length; k++)
        {
            if (!plan.Outcomes[k].Holds(values[k]))
                return double.NegativeInfinity;
            if (plan.Outcomes[k].Aim != Aim.Held)
                score = plan.Outcomes[k].Aim == Aim.Less ? -values[k] : values[k];
        }
        return standIn.ChanceToFail(point) > 0.5 ? double.NegativeInfinity : score;
    }

    private static double[] SoFar(double[] scores)
    {
        var best = new double[scores.Length];
        for (var i = 0; i < scores.Length; i++)
            best[i] = i == 0 ? scores[i] : Math.Max(best[i - 1], scores[i]);
        return best;
    }

    /// <summary>The median number of trials until a score is reached; null where fewer than half reach it.</summary>
    private static int? Until(double[][] courses, double wanted)
    {
        int[] trials = [.. courses.Select(course => Array.FindIndex(course, best => best >= wanted)).Select(at => at < 0 ? int.MaxValue : at + 1).Order()];
        return trials[trials.Length / 2] is var median and < int.MaxValue ? median : null;
    }

    private static double Median(double[][] courses, int trial)
    {
        double[] values = [.. courses.Select(course => course[Math.Min(trial, course.Length - 1)]).Order()];
        return double.IsFinite(values[values.Length / 2]) ? values[values.Length / 2] : double.NaN;
    }
}
