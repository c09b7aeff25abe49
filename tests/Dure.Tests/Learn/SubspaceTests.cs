using Dure.Kernel;
using Dure.Learn;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class SubspaceTests
{
    public static TheoryData<string> Kinds => ["dynamic-pca", "cva"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_healthy_row_in_a_hundred_passes_each_limit(string kind)
    {
        var monitor = Recipe(kind).FitMonitor(Swinging(1500, seed: 1), 4, Cancel);
        foreach (var (scores, statistic) in monitor.Score(Swinging(20_000, seed: 2)).Zip(monitor.Statistics))
            Assert.InRange(Alarms(scores), 0.003, 0.025);
        Assert.InRange(Alarms(monitor.JointScore(Swinging(20_000, seed: 3))), 0.003, 0.025);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_broken_relation_over_time_is_found_though_every_reading_is_ordinary(string kind)
    {
        // Signal 1 follows signal 0 one row later; the fault plays it back from another time.
        var (healthy, other) = (Swinging(2000, seed: 4, memory: 0), Swinging(2000, seed: 5, memory: 0));
        var broken = Swinging(2000, seed: 6, memory: 0);
        for (var i = 1; i < broken.Length; i += 4)
            broken[i] = other[i];
        var plain = new PcaMonitor().Fit(healthy, 4).Score(broken).Average(s => s > 1 ? 1.0 : 0);
        SubspaceRecipe recipe = kind == "cva" ? new CanonicalVariates() : new DynamicPca { VarianceShare = 0.95 };
        var lagged = recipe.Fit(healthy, 4).Score(broken).Average(s => s > 1 ? 1.0 : 0);
        Assert.True(lagged > 0.5 && plain < 0.1, $"{lagged:0.000} with lags, {plain:0.000} without");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_detector_scores_as_its_monitor_does(string kind)
    {
        var (fitted, rows) = (Swinging(600, seed: 7), Swinging(300, seed: 8));
        var joint = Recipe(kind).FitMonitor(fitted, 4, Cancel).JointScore(rows);
        var scores = Recipe(kind).Fit(fitted, 4).Score(rows);
        for (var row = 2; row < 300; row++)
            Assert.Equal(joint[row], scores[row], 1e-9 * Math.Max(1, joint[row]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Putting_a_single_faulty_sensor_right_takes_nearly_the_whole_statistic_away(string kind)
    {
        var monitor = Recipe(kind).FitMonitor(Swinging(800, seed: 9), 4, Cancel);
        Prop.ForAll<int>(seed =>
        {
            var (rows, signal) = (Swinging(3, seed), Math.Abs(seed % 4));
            for (var row = 0; row < 3; row++)
                rows[row * 4 + signal] += 1000;
            return monitor.Statistics.Index().All(s => monitor.Contributions(s.Index, rows) is var c && c.ReconstructionBased[signal] > 0.95 * c.Decomposed.Sum());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Contributions_sum_to_the_statistic()
    {
        var monitor = new DynamicPca().FitMonitor(Swinging(800, seed: 10), 4, Cancel);
        var rows = Swinging(3, seed: 11);
        foreach (var (i, statistic) in monitor.Statistics.Index())
            Assert.Equal(monitor.Score(rows)[i][2], monitor.Contributions(i, rows).Decomposed.Sum() / statistic.Limit, 9);
    }

    [Fact]
    public void Limits_can_be_taken_from_other_healthy_rows()
    {
        var monitor = new DynamicPca().FitMonitor(Swinging(400, seed: 12), 4, Cancel);
        var wide = monitor.WithLimitsFrom([.. Swinging(400, seed: 13).Select(v => 3 * v)]);
        Assert.All(monitor.Statistics.Zip(wide.Statistics), pair => Assert.True(pair.Second.Limit > 4 * pair.First.Limit));
        Assert.Equal("urn:dure:learn:too-few-rows", Assert.Throws<ProblemException>(() => monitor.WithLimitsFrom([1, 2, 3, 4])).Problem.Type);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void More_lagged_signals_than_rows_a_machine_at_rest_and_too_many_signals_are_refused(string kind)
    {
        Assert.Equal("urn:dure:learn:too-few-rows", Problem(() => Recipe(kind).Fit(new double[30 * 40], 40)));
        Assert.Equal("urn:dure:learn:nothing-moves", Problem(() => Recipe(kind).Fit(new double[400 * 3], 3)));
        Assert.Equal("urn:dure:learn:too-many-signals", Problem(() => Recipe(kind).Fit(Enumerable.Range(0, 1100 * 340).Select(i => (double)(i % 7)).ToArray(), 340)));
        Assert.Equal("urn:dure:learn:mostly-missing", Problem(() => Recipe(kind).Fit(Enumerable.Repeat(double.NaN, 400 * 3).ToArray(), 3)));
        Assert.Equal("urn:dure:learn:too-few-rows", Problem(() => Recipe(kind).Fit([1, 2, 3, 4], 2)));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_cancelled_fit_stops(string kind) =>
        Assert.ThrowsAny<OperationCanceledException>(() => Recipe(kind).FitMonitor(Swinging(400, seed: 14), 4, new CancellationToken(true)));

    [Fact]
    public void A_long_recording_is_fitted_on_an_even_part_of_it()
    {
        var rows = Swinging(400_000, seed: 15);
        var monitor = new DynamicPca().FitMonitor(rows, 4, Cancel);
        Assert.InRange(Alarms(monitor.JointScore(rows.AsSpan(0, 400_000))), 0.007, 0.013);
    }

    private static string Problem(Action fit) => Assert.Throws<ProblemException>(fit).Problem.Type;

    private static SubspaceRecipe Recipe(string kind) => (SubspaceRecipe)MadeRecipes.Named(kind);

    private static double Alarms(IEnumerable<double> scores) => scores.Where(s => !double.IsNaN(s)).Average(s => s > 1 ? 1.0 : 0);

    /// <summary>A signal that swings slowly, one that follows it a row later, one that goes with it, and noise alone.</summary>
    private static double[] Swinging(int count, int seed, double memory = 0.8)
    {
        var (noise, rows, level) = (Healthy.Rows(count + 50, seed), new double[count * 4], 0.0);
        for (var row = -50; row < count; row++)
        {
            var own = noise.AsSpan((row + 50) * Healthy.Columns, Healthy.Columns);
            var before = level;
            level = memory * level + own[0];
            if (row < 0)
                continue;
            (rows[row * 4], rows[row * 4 + 1]) = (level, before + 0.05 * own[1]);
            (rows[row * 4 + 2], rows[row * 4 + 3]) = (level + 0.3 * own[2], own[3]);
        }
        return rows;
    }
}
