using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Evaluation;

/// <summary>What a comparison promises: it names a winner rarely when there is none, and mostly when there is one.</summary>
public sealed class ComparisonTests
{
    private static readonly Metric Mae = Metrics.Of("mae");

    [Theory, Trait("Speed", "Slow")]
    [InlineData(0.0, 0, 12)] // none is better: at most 10 % of answers, where 5 % are expected
    [InlineData(0.3, 108, 120)]
    public void A_paired_comparison_names_a_winner_when_there_is_one(double worse, int least, int most)
    {
        var named = 0;
        for (var trial = 0; trial < 120; trial++)
        {
            var random = new Random(trial);
            // What is hard for one model is hard for the other: only a paired test sees through that.
            double[] hard = [.. Enumerable.Range(0, 200).Select(_ => 1 + 3 * random.NextDouble())];
            JudgedRows model(double extra) => new(LearningTask.Regression, new float[200], [.. hard.Select(size => size + extra + 0.5 * MadeTable.Normal(random))]);
            named += ModelComparison.Paired("a", model(0), "b", model(worse), Mae, Resampling.Rows(200), trial, TestContext.Current.CancellationToken).IsDistinguishable ? 1 : 0;
        }
        Assert.InRange(named, least, most);
    }

    [Fact]
    public void The_answer_is_given_in_words()
    {
        var close = new ComparedModels("trees", "ridge", "rmse", false, new(-0.3, -0.9, 0.2), 0.3, false);
        Assert.Equal("not distinguishable: rmse differs by -0.3, 95 % -0.9 to 0.2", close.InWords);
        var clear = new ComparedModels("trees", "ridge", "rmse", false, new(-0.5, -0.9, -0.1), 0.01, true);
        Assert.Equal("trees is better: rmse differs by -0.5, 95 % -0.9 to -0.1", clear.InWords);
        Assert.StartsWith("ridge is better", (clear with { HigherIsBetter = true }).InWords, StringComparison.Ordinal);
    }

    [Fact]
    public void Folds_that_share_rows_are_not_taken_for_fresh_samples()
    {
        double[] a = [.80, .82, .81, .84, .79, .83, .82, .80, .85, .81], b = [.79, .80, .80, .82, .80, .82, .80, .79, .83, .80];
        var answer = ModelComparison.OnFolds("a", a, "b", b, Metrics.Of("accuracy"), trainRows: 900, testRows: 100);
        var differences = a.Zip(b, (x, y) => x - y).ToArray();
        var (mean, sd) = (differences.Average(), Math.Sqrt(differences.Sum(one => Math.Pow(one - differences.Average(), 2)) / 9));
        Assert.Equal(mean, answer.Difference.Value, 12);
        Assert.Equal(2.2621571628 * sd * Math.Sqrt(0.1 + 1.0 / 9), answer.Difference.High - mean, 8); // the 97.5 % point of Student's t with 9 degrees
    }

    [Theory]
    [InlineData(1)]
    [InlineData(12)]
    public void Forecasts_alike_are_told_apart_about_as_rarely_as_promised(int steps)
    {
        var named = 0;
        for (var trial = 0; trial < 200; trial++)
        {
            var random = new Random(trial);
            var noise = Enumerable.Range(0, 500 + steps).Select(_ => MadeTable.Normal(random)).ToArray();
            // Losses that hang together over as many steps as are forecast.
            var first = Enumerable.Range(0, 500).Select(i => 5 + noise.AsSpan(i, steps).ToArray().Average()).ToArray();
            named += ModelComparison.Forecasts("a", first, "b", [.. first.Select(_ => 5.0)], "squared error", steps).IsDistinguishable ? 1 : 0;
        }
        Assert.InRange(named, 1, 24); // 10 are expected of 200
    }

    [Fact]
    public void Of_many_comparisons_each_must_be_clearer()
    {
        ComparedModels of(double chance) => new("a", "b", "mae", false, new(-1, -2, -0.5), chance, chance < 0.05);
        var adjusted = ModelComparison.Holm([of(0.03), of(0.001), of(0.02), of(0.4)]);
        Assert.Equal([0.06, 0.004, 0.06, 0.4], adjusted.Select(one => Math.Round(one.Chance, 9)));
        Assert.Equal([false, true, false, false], adjusted.Select(one => one.IsDistinguishable));
    }

    [Fact]
    public void Models_judged_on_different_rows_are_not_compared()
    {
        static JudgedRows rows(float label) => new(LearningTask.Regression, [label, 2, 3], [1, 2, 3]);
        Assert.Contains("different rows", Assert.Throws<ProblemException>(() => ModelComparison.Paired("a", rows(1), "b", rows(2), Mae, Resampling.Rows(3), 0, TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_power_law_is_read_off_its_own_points()
    {
        double[] rows = [100, 200, 400, 800, 1600];
        double error(double count) => 2 + 30 / Math.Sqrt(count);
        Assert.Equal(error(1600) - error(3200), LearningCurves.GainOfDoubling(rows, [.. rows.Select(error)], higherIsBetter: false), 6);
        Assert.Equal(0.01 * (error(1600) - error(3200)), LearningCurves.GainOfDoubling(rows, [.. rows.Select(count => 1 - 0.01 * error(count))], higherIsBetter: true), 6);
    }

    [Fact, Trait("Speed", "Slow")]
    public void A_curve_says_whether_more_data_would_help()
    {
        var context = new LearningContext { Cancel = TestContext.Current.CancellationToken };
        var (hungry, full) = (Curve(1500, noise: 0.3f, new BoostedTreesLearner { Rounds = 150, LearningRate = 0.1 }), Curve(6000, noise: 8, new BoostedTreesLearner { Rounds = 30, Leaves = 4 }));
        Assert.Contains("More data would help", hungry.InWords, StringComparison.Ordinal);
        Assert.True(full.Gain.Value / full.Points[^1].Value.Value < 0.02);
        Assert.Equal(5, hungry.Points.Count);

        LearningCurve Curve(int count, float noise, BoostedTreesLearner learner)
        {
            var (table, labels) = MadeTable.Friedman(count, seed: 4);
            var random = new Random(1);
            TableRows rows = new(table, new([.. labels.Select(label => label + noise * (float)MadeTable.Normal(random))]));
            var known = new SplitRows { Count = count };
            return LearningCurves.Of(learner, LearningTask.Regression, rows, known, new SplitPlan { Kind = SplitKind.Random }.Parts(known), Metrics.Of("rmse"), context);
        }
    }
}
