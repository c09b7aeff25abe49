using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Surrogates;

public sealed class TransferSurrogateTests
{
    private static readonly PointCoding Mixed = new([0, 1, 2], [false, true, false]);

    [Fact]
    public void Before_any_trial_it_is_the_earlier_campaign_as_far_as_the_two_go_together()
    {
        var source = Earlier(30, 1, Truth);
        var belief = TransferSurrogate.Fit([source], new TrialTable(Mixed), [], new SurrogateOptions(), new TransferOptions { Degrees = [(0.7, 1)] }, cancel: TestContext.Current.CancellationToken);
        var asked = Points(9, 2);
        var (mean, variance, before, wide) = (new double[9], new double[9], new double[9], new double[9]);
        belief.Predict(asked, mean, variance);
        source.Predict(asked, before, wide);
        var middle = source.Offset + source.Scale * source.Parameters.Mean;
        for (var i = 0; i < 9; i++)
        {
            Assert.Equal(source.Offset + 0.7 * (before[i] - middle), mean[i], 1e-6 * source.Scale);
            var share = wide[i] / source.Scale / source.Scale;
            Assert.Equal((1 - 0.49 * (1 - share)) * source.Scale * source.Scale, variance[i], 1e-6 * source.Scale * source.Scale);
        }
        Assert.Null(belief.Alone);
    }

    [Fact]
    public void A_point_is_told_the_same_alone_and_among_many_with_slopes_of_differences()
    {
        var trials = Points(7, 3);
        var belief = TransferSurrogate.Fit([Earlier(25, 1, Truth), Earlier(25, 4, Other)], trials, Values(trials, Truth), new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var asked = Points(5, 5);
        var (means, variances, point, meanSlopes, varianceSlopes) = (new double[5], new double[5], new double[3], new double[3], new double[3]);
        belief.Predict(asked, means, variances);
        for (var row = 0; row < 5; row++)
        {
            asked.CopyRow(row, point);
            var at = belief.At(point, meanSlopes, varianceSlopes);
            Assert.Equal(means[row], at.Mean, 1e-9);
            Assert.Equal(variances[row], at.Variance, 1e-9);
            foreach (var column in new[] { 0, 2 })
            {
                double[] less = [.. point], more = [.. point];
                (less[column], more[column]) = (point[column] - 1e-5, point[column] + 1e-5);
                var (low, high) = (belief.At(less, new double[3], new double[3]), belief.At(more, new double[3], new double[3]));
                Assert.Equal((high.Mean - low.Mean) / 2e-5, meanSlopes[column], 1e-4);
                Assert.Equal((high.Variance - low.Variance) / 2e-5, varianceSlopes[column], 1e-4);
            }
        }
    }

    [Fact]
    public void Doubt_falls_with_trials_that_agree_and_rises_with_trials_that_do_not()
    {
        var source = Earlier(50, 1, Truth);
        var trials = Points(10, 6);
        var options = new TransferOptions();
        var agreed = TransferSurrogate.Fit([source], trials, Values(trials, point => 40 + 300 * Truth(point)), new SurrogateOptions(), options, cancel: TestContext.Current.CancellationToken);
        var refuted = TransferSurrogate.Fit([source], trials, Values(trials, Other), new SurrogateOptions(), options, cancel: TestContext.Current.CancellationToken);
        Assert.True(agreed.Doubt < options.BorneOut, $"{agreed.Doubt}");
        Assert.True(refuted.Doubt > 0.6, $"{refuted.Doubt}");
        Assert.Equal(0.2, agreed.AloneWeight, 1e-12); // however well it agrees
    }

    [Fact]
    public void What_is_low_where_the_earlier_outcome_is_high_is_learnt_as_such()
    {
        var source = Earlier(50, 1, Truth);
        var trials = Points(10, 6);
        var belief = TransferSurrogate.Fit([source], trials, Values(trials, point => -Truth(point)), new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var asked = Points(40, 8);
        var (mean, variance, alone) = (new double[40], new double[40], new double[40]);
        belief.Predict(asked, mean, variance);
        belief.Alone!.Predict(asked, alone, variance);
        var truth = Values(asked, point => -Truth(point));
        Assert.True(belief.Doubt < 0.1, $"{belief.Doubt}");
        Assert.True(Missed(mean, truth) < 0.6 * Missed(alone, truth), $"{Missed(mean, truth)} {Missed(alone, truth)}");
    }

    [Fact]
    public void Noise_is_not_read_at_all()
    {
        var table = Points(40, 1);
        var random = new Random(2);
        var noise = ProcessSurrogate.Fit(table, [.. Enumerable.Range(0, 40).Select(_ => random.NextDouble())], new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var trials = Points(6, 3);
        var belief = TransferSurrogate.Fit([noise], trials, Values(trials, Truth), new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        Assert.Equal((1.0, 1.0), (belief.Doubt, belief.AloneWeight));
        Assert.Throws<ArgumentException>(() => TransferSurrogate.Fit([noise], new TrialTable(Mixed), [], new SurrogateOptions(), cancel: TestContext.Current.CancellationToken));
    }

    [Fact]
    public void One_trial_more_draws_the_mean_to_it_and_leaves_less_variance()
    {
        var trials = Points(6, 3);
        var belief = TransferSurrogate.Fit([Earlier(30, 1, Truth)], trials, Values(trials, Truth), new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        double[] point = [0.31, 2, 0.77];
        var before = belief.At(point, new double[3], new double[3]);
        var value = before.Mean + Math.Sqrt(before.Variance);
        var after = belief.With(point, value).At(point, new double[3], new double[3]);
        Assert.True(Math.Abs(after.Mean - value) < Math.Abs(before.Mean - value));
        Assert.True(after.Variance < before.Variance);
    }

    internal static double Truth(double[] point) => Math.Sin(5 * point[0]) + (point[1] == 1 ? 0.8 : point[1] == 2 ? -0.5 : 0) + point[2] * point[0];

    private static double Other(double[] point) => Math.Cos(9 * point[2]) + (point[1] == 1 ? -0.9 : point[1] == 2 ? 0.3 : 0);

    internal static ProcessSurrogate Earlier(int count, int seed, Func<double[], double> outcome)
    {
        var table = Points(count, seed);
        return ProcessSurrogate.Fit(table, Values(table, outcome), new SurrogateOptions());
    }

    internal static TrialTable Points(int count, int seed)
    {
        var (table, random) = (new TrialTable(Mixed, count), new Random(seed));
        for (var i = 0; i < count; i++)
            table.Add([random.NextDouble(), random.Next(4), random.NextDouble()]);
        return table;
    }

    internal static double[] Values(TrialTable table, Func<double[], double> outcome)
    {
        var point = new double[3];
        return [.. Enumerable.Range(0, table.Count).Select(row =>
        {
            table.CopyRow(row, point);
            return outcome(point);
        })];
    }

    private static double Missed(double[] said, double[] truth) => Math.Sqrt(said.Zip(truth, (a, b) => (a - b) * (a - b)).Average());
}
