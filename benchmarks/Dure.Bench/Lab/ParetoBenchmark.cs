using System.Diagnostics;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Pareto;
using Dure.Optimize.Spaces;

namespace Dure.Bench.Lab;

/// <summary>Problems of several objectives: ten drawn points, then one at a time to forty, as BoTorch 0.12's qLogNEHVI was measured.</summary>
internal static class ParetoBenchmark
{
    private const int Starts = 10, Budget = 40;

    /// <param name="Worst">The reference point; less is better in all.</param>
    /// <param name="Peer">Hypervolume after forty trials by BoTorch, and its milliseconds for a suggestion.</param>
    private sealed record Problem(string Name, int Factors, double[] Worst, (double Volume, double Milliseconds) Peer, Func<double[], double[]> Of);

    private static readonly Problem[] Problems =
    [
        new("Branin-Currin", 2, [18, 6], (57.26, 1040), BraninCurrin),
        new("ZDT1", 6, [11, 11], (120.48, 1420), Zdt1),
        new("DTLZ2", 6, [1.1, 1.1], (0.291, 1150), Dtlz2),
        new("Vehicle safety", 5, [1864.72022, 11.81993945, 0.2903999384], (242.65, 1910), Vehicle),
    ];

    public static Task Run(Report report, bool isQuick, string? only)
    {
        var seeds = isQuick ? 3 : 20;
        foreach (var problem in Problems.Where(problem => only is null || problem.Name.Contains(only, StringComparison.Ordinal)))
        {
            var (volumes, times) = (new double[seeds], new List<double>());
            for (var seed = 0; seed < seeds; seed++)
                volumes[seed] = Once(problem, 5000 + seed, times);
            var (mean, median) = (volumes.Average(), Report.Median(times));
            var spread = Math.Sqrt(volumes.Sum(volume => (volume - mean) * (volume - mean)) / Math.Max(1, seeds - 1));
            report.Note($"{problem.Name}: hypervolume after {Budget} trials {mean:0.####} (sd {spread:0.####} over {seeds} seeds), BoTorch as stated {problem.Peer.Volume}; {median:0.0} ms a suggestion, most {times.Max():0} ms, BoTorch {problem.Peer.Milliseconds:0} ms");
            report.Compared($"hypervolume of {problem.Name}", mean, "BoTorch", problem.Peer.Volume, "", 1);
            report.Compared($"time of {problem.Name}", median, "BoTorch", problem.Peer.Milliseconds, "ms", 0.05, higherIsBetter: false);
        }
        return Task.CompletedTask;
    }

    private static double Once(Problem problem, int seed, List<double> times)
    {
        var space = new SearchSpace([.. Enumerable.Range(0, problem.Factors).Select(i => Factor.Number($"x{i}", "1", 0, 1))]);
        var campaign = new CampaignProblem(space, [.. problem.Worst.Select((worst, i) => new Outcome($"f{i}", "1", Aim.Less, Reference: worst))]);
        var planner = new TrialPlanner(campaign);
        var trials = space.Sample(Starts, new Random(seed)).Select(point => CampaignTrial.Measured(point, problem.Of(point))).ToList();
        while (trials.Count < Budget)
        {
            var watch = Stopwatch.StartNew();
            var point = planner.Suggest(trials, 1, seed)[0].Point;
            times.Add(watch.Elapsed.TotalMilliseconds);
            trials.Add(CampaignTrial.Measured(point, problem.Of(point)));
        }
        return Hypervolume.Of([.. trials.Select(trial => Array.ConvertAll(trial.Values, value => -value))], Array.ConvertAll(problem.Worst, worst => -worst));
    }

    private static double[] Zdt1(double[] x)
    {
        var rest = 1 + 9 * x.Skip(1).Sum() / (x.Length - 1);
        return [x[0], rest * (1 - Math.Sqrt(x[0] / rest))];
    }

    private static double[] Dtlz2(double[] x)
    {
        var (away, angle) = (x.Skip(1).Sum(each => (each - 0.5) * (each - 0.5)), x[0] * Math.PI / 2);
        return [(1 + away) * Math.Cos(angle), (1 + away) * Math.Sin(angle)];
    }

    private static double[] BraninCurrin(double[] x)
    {
        var (a, b) = (15 * x[0] - 5, 15 * x[1]);
        var bend = b - 5.1 / (4 * Math.PI * Math.PI) * a * a + 5 / Math.PI * a - 6;
        var branin = bend * bend + 10 * (1 - 1 / (8 * Math.PI)) * Math.Cos(a) + 10;
        var fading = x[1] == 0 ? 1 : 1 - Math.Exp(-1 / (2 * x[1]));
        var (u, uu, uuu) = (x[0], x[0] * x[0], x[0] * x[0] * x[0]);
        return [branin, fading * (2300 * uuu + 1900 * uu + 2092 * u + 60) / (100 * uuu + 500 * uu + 4 * u + 20)];
    }

    /// <summary>Mass, acceleration and intrusion of a crashing car by five thicknesses of its frame (Tanabe and Ishibuchi 2020, RE3-5-4).</summary>
    private static double[] Vehicle(double[] unit)
    {
        var x = Array.ConvertAll(unit, each => 1 + 2 * each);
        var mass = 1640.2823 + 2.3573285 * x[0] + 2.3220035 * x[1] + 4.5688768 * x[2] + 7.7213633 * x[3] + 4.4559504 * x[4];
        var acceleration = 6.5856 + 1.15 * x[0] - 1.0427 * x[1] + 0.9738 * x[2] + 0.8364 * x[3] - 0.3695 * x[0] * x[3] + 0.0861 * x[0] * x[4] + 0.3628 * x[1] * x[3]
            - 0.1106 * x[0] * x[0] - 0.3437 * x[2] * x[2] + 0.1764 * x[3] * x[3];
        var intrusion = -0.0551 + 0.0181 * x[0] + 0.1024 * x[1] + 0.0421 * x[2] - 0.0073 * x[0] * x[1] + 0.024 * x[1] * x[2] - 0.0118 * x[1] * x[3] - 0.0204 * x[2] * x[3]
            - 0.008 * x[2] * x[4] - 0.0241 * x[1] * x[1] + 0.0109 * x[3] * x[3];
        return [mass, acceleration, intrusion];
    }
}
