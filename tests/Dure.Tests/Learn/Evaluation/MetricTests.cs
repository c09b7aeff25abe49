using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Tests.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Evaluation;

/// <summary>What figures promise: they are what their definitions say, whatever the weights, and carry an honest interval.</summary>
public sealed class MetricTests
{
    private static readonly LearningTask Two = LearningTask.Classification(["good", "bad"]);
    private static readonly LearningTask Three = LearningTask.Classification(["a", "b", "c"]);

    private static double Of(string metric, JudgedRows rows) => Metrics.Of(metric).Of(rows);

    [Fact]
    public void Figures_of_numbers_are_what_a_pencil_gives()
    {
        var rows = new JudgedRows(LearningTask.Regression, [1, 2, 3, 6], [2, 2, 5, 5]) { Intervals = ([1, 1, 4, 4], [3, 3, 6, 8]), Nominal = 0.8 };
        Assert.Equal(Math.Sqrt(1.5), Of("rmse", rows), 12);
        Assert.Equal(1, Of("mae", rows), 12);
        Assert.Equal(1 - 6.0 / 14, Of("r2", rows), 12);
        Assert.Equal(Math.Sqrt(1.5) / 3, Of("cv-rmse", rows), 12);
        Assert.Equal((1 + 0 + 2.0 / 3 + 1.0 / 6) / 4, Of("mape", rows), 12);
        Assert.Equal((0.1 * 1 + 0 + 0.1 * 2 + 0.9 * 1) / 4, Of("pinball:0.9", rows), 12);
        Assert.Equal(0.75, Of("coverage", rows), 12); // 3 lies below 4
        Assert.Equal(2.5, Of("width", rows), 12);
        Assert.Equal(2.5 + 10 * 1.0 / 4, Of("winkler", rows), 12);
        Assert.Equal(Math.Exp(0.1) + Math.Exp(0.2) + Math.Exp(1.0 / 13) - 3, Of("rul-score", rows), 12);
    }

    [Fact]
    public void Figures_of_classes_are_what_a_pencil_gives()
    {
        var rows = new JudgedRows(Three, [0, 0, 0, 1, 1, 2], [.8, .1, .1, .6, .3, .1, .2, .7, .1, .1, .8, .1, .1, .6, .3, .2, .5, .3]);
        var confusion = Confusion.Of(rows); // said: 0 0 1 1 1 1
        Assert.Equal(4.0 / 6, confusion.Accuracy, 12);
        Assert.Equal((2.0 / 3 + 1 + 0) / 3, confusion.BalancedAccuracy, 12);
        Assert.Equal((0.8 + 2.0 / 3 + 0) / 3, confusion.MacroF1, 12);
        Assert.Equal((4 * 6 - (3 * 2 + 2 * 4)) / Math.Sqrt((36 - 14.0) * (36 - 20.0)), confusion.Mcc, 12);
        Assert.Equal(0.5, confusion.Precision(1), 12);
        Assert.Equal(-(Math.Log(.8) + Math.Log(.6) + Math.Log(.2) + Math.Log(.8) + Math.Log(.6) + Math.Log(.3)) / 6, Of("log-loss", rows), 12);
        var two = new JudgedRows(Two, [0, 1, 1, 0], [.1, .4, .8, .6]) { Threshold = 0.35 };
        Assert.Equal(0.8, Of("f1", two), 12);
        Assert.Equal((.01 + .36 + .04 + .36) / 4, Of("brier", two), 12);
    }

    [Fact]
    public void Area_and_average_precision_are_their_definitions_for_any_weights_and_ties()
    {
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var count = random.Next(4, 40);
            float[] truth = [1, 0, .. Enumerable.Range(2, count - 2).Select(_ => (float)random.Next(2))];
            double[] scores = [.. truth.Select(_ => random.Next(6) / 5.0)], weights = [.. truth.Select(_ => 0.5 + random.Next(3))];
            var rows = new JudgedRows(Two, truth, scores) { Weights = weights };
            int[] hits = [.. Enumerable.Range(0, count).Where(row => truth[row] == 1)], others = [.. Enumerable.Range(0, count).Where(row => truth[row] == 0)];
            var pairs = hits.SelectMany(hit => others.Select(other => (Weight: weights[hit] * weights[other], Wins: scores[hit] > scores[other] ? 1 : scores[hit] == scores[other] ? 0.5 : 0))).ToArray();
            var area = pairs.Sum(pair => pair.Weight * pair.Wins) / pairs.Sum(pair => pair.Weight);
            var precision = hits.Sum(hit => weights[hit] * hits.Where(one => scores[one] >= scores[hit]).Sum(one => weights[one]) / Enumerable.Range(0, count).Where(one => scores[one] >= scores[hit]).Sum(one => weights[one])) / hits.Sum(hit => weights[hit]);
            return Math.Abs(Of("auc", rows) - area) < 1e-9 && Math.Abs(Of("average-precision", rows) - precision) < 1e-9;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_row_that_weighs_two_counts_as_two_rows()
    {
        var random = new Random(2);
        float[] truth = [.. Enumerable.Range(0, 60).Select(_ => (float)random.Next(3))];
        double[] predictions = [.. truth.SelectMany(_ => Shares(random))], weights = [.. truth.Select(_ => (double)random.Next(1, 3))];
        int[] twice = [.. Enumerable.Range(0, 60).SelectMany(row => Enumerable.Repeat(row, (int)weights[row]))];
        var weighted = new JudgedRows(Three, truth, predictions) { Weights = weights };
        var repeated = new JudgedRows(Three, [.. twice.Select(row => truth[row])], [.. twice.SelectMany(row => predictions[(3 * row)..(3 * row + 3)])]);
        Assert.All(Metrics.Usual(weighted), metric => Assert.Equal(metric.Of(repeated), metric.Of(weighted), 9));

        static double[] Shares(Random random)
        {
            double[] raw = [random.NextDouble(), random.NextDouble(), random.NextDouble()];
            return [.. raw.Select(one => one / raw.Sum())];
        }
    }

    [Fact]
    public void The_best_order_has_a_ranking_figure_of_one_and_each_query_counts_alike()
    {
        Assert.Equal(1, Of("ndcg", new(LearningTask.Regression, [3, 2, 1, 0], [9, 8, 7, 6])), 12);
        var rows = new JudgedRows(LearningTask.Regression, [1, 0, 1, 0], [2, 1, 1, 2]) { Queries = [0, 0, 1, 1] };
        Assert.Equal((1 + 1 / Math.Log2(3)) / 2, Of("ndcg", rows), 12);
    }

    [Fact, Trait("Speed", "Slow")]
    public void Intervals_hold_the_true_value_about_as_often_as_they_say()
    {
        // 40 machines with an offset of their own, 25 rows each: rows of one machine hang together.
        var (byGroup, byRow, trials) = (0, 0, 120);
        for (var trial = 0; trial < trials; trial++)
        {
            var random = new Random(1000 + trial);
            var groups = Enumerable.Range(0, 1000).Select(row => row / 25).ToArray();
            var offsets = Enumerable.Range(0, 40).Select(_ => MadeTable.Normal(random)).ToArray();
            var rows = new JudgedRows(LearningTask.Regression, new float[1000], [.. groups.Select(group => 5 + offsets[group] + 0.3 * MadeTable.Normal(random))]);
            byGroup += Holds(Resampling.ByGroup(groups)) ? 1 : 0;
            byRow += Holds(Resampling.Rows(1000)) ? 1 : 0;
            bool Holds(Resampling resampling)
            {
                var value = Judging.Of(Metrics.Of("mae"), rows, resampling, trial, TestContext.Current.CancellationToken).Value;
                return value.Low <= 5 && 5 <= value.High; // the offsets never reach zero, so the mean size is the mean
            }
        }
        Assert.InRange(byGroup, 0.87 * trials, trials);
        Assert.InRange(byRow, 0, 0.6 * trials); // drawn one by one they make it far too narrow
    }

    [Fact]
    public void A_model_stands_beside_answers_that_look_at_nothing()
    {
        var random = new Random(4);
        float[] truth = [.. Enumerable.Range(0, 400).Select(row => row % 10 == 0 ? 1f : 0)];
        var rows = new JudgedRows(Two, truth, [.. truth.Select(label => Math.Clamp(0.1 + 0.5 * label + 0.1 * MadeTable.Normal(random), 0, 1))]);
        var judged = Judging.Of("model", rows, Baselines.Of(rows, truth, 1), Metrics.Usual(rows), Resampling.Rows(400), 1, TestContext.Current.CancellationToken);
        Assert.Equal(["model", "always good", "shares of the classes", "random, same shares", "always bad"], judged.Lines.Select(line => line.Name));
        Assert.Equal(0.9, judged.Lines[1].Values.Single(value => value.Metric == "accuracy").Value.Value, 9);
        Assert.Equal(0.5, judged.Lines[2].Values.Single(value => value.Metric == "auc").Value.Value, 9);
        Assert.InRange(judged.Of("skill against shares of the classes")!.Value.Low, 0.3, 1);
        var auc = judged.Of("auc")!.Value;
        Assert.True(auc.Low <= auc.Value && auc.Value <= auc.High && auc.High <= 1);
    }

    [Fact]
    public void Persistence_says_what_was_known_and_no_later()
    {
        const long minute = 60_000_000;
        var rows = new SplitRows { Count = 6, TimesMicros = [0, minute, 2 * minute, 3 * minute, 0, minute], Groups = [0, 0, 0, 0, 1, 1] };
        float[] labels = [10, 11, 12, 13, 70, 71];
        var judged = new JudgedRows(LearningTask.Regression, [12, 13, 71], [0, 0, 0]);
        Assert.Equal([10, 11, 10.5], Baselines.Earlier(judged, rows, labels, train: [0, 1], test: [2, 3, 5], TimeSpan.FromMinutes(2)).Predictions);
        Assert.Equal([11, 12, 70], Baselines.Earlier(judged, rows, labels, train: [0, 1], test: [2, 3, 5], TimeSpan.FromMinutes(1)).Predictions);
    }

    [Fact]
    public void A_threshold_is_chosen_where_the_figure_is_best()
    {
        var rows = new JudgedRows(Two, [0, 0, 0, 1, 0, 1, 1], [.01, .02, .1, .2, .25, .3, .4]);
        var threshold = DecisionThreshold.Choose(rows, Metrics.Of("f1"));
        Assert.Equal(0.15, threshold, 9); // 3 of 3 found with one false alarm beats 2 of 3 with none
        Assert.Throws<ProblemException>(() => DecisionThreshold.Choose(new(Two, [0, 0], [.1, .2]), Metrics.Of("f1")));
    }

    [Fact]
    public void What_cannot_be_judged_is_refused_and_what_is_not_defined_says_so()
    {
        static string refusal(Func<object> act) => Assert.Throws<ProblemException>(act).Message;
        Assert.Contains("row 1 is NaN", refusal(() => new JudgedRows(LearningTask.Regression, [1, float.NaN], [1, 1])), StringComparison.Ordinal);
        Assert.Contains("row 1 is 3", refusal(() => new JudgedRows(Three, [1, 3], new double[6])), StringComparison.Ordinal);
        Assert.Contains("5 predicted numbers for 2 rows of 3", refusal(() => new JudgedRows(Three, [1, 2], new double[5])), StringComparison.Ordinal);
        Assert.Contains("'rmsee'", refusal(() => Metrics.Of("rmsee")), StringComparison.Ordinal);
        var one = Judging.Of(Metrics.Of("auc"), new(Two, new float[30], new double[30]), Resampling.Rows(30), 1, TestContext.Current.CancellationToken);
        Assert.True(double.IsNaN(one.Value.Value));
        Assert.Contains("not defined", one.Note, StringComparison.Ordinal);
        var few = Judging.Of(Metrics.Of("mae"), new(LearningTask.Regression, new float[30], new double[30]), Resampling.ByGroup([.. Enumerable.Range(0, 30).Select(row => row % 3)]), 1, TestContext.Current.CancellationToken);
        Assert.Contains("only 3 groups", few.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_drawn_again_is_what_is_independent()
    {
        int[] all = [.. Enumerable.Range(0, 60)];
        SplitRows rows(int groups, bool timed) => new() { Count = 60, Groups = groups == 0 ? null : [.. all.Select(row => row % groups)], TimesMicros = timed ? [.. all.Select(row => (long)row)] : null };
        Assert.Equal(("groups", 6), Drawn(rows(6, timed: true)));
        Assert.Equal(("groups", 6), Drawn(rows(6, timed: false)));
        Assert.Equal(("blocks of time", 50), Drawn(rows(3, timed: true)));
        Assert.Equal(("groups", 3), Drawn(rows(3, timed: false)));
        Assert.Equal(("rows", 60), Drawn(rows(0, timed: false)));
        (string, int) Drawn(SplitRows of) => Resampling.For(of, all) is var resampling ? (resampling.Unit, resampling.Count) : default;
    }
}
