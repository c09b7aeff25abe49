using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Surrogates;

public sealed class RepeatedTrialsTests
{
    [Fact]
    public void Each_point_stands_once_with_its_mean_and_standard_error()
    {
        var trials = new TrialTable(PointCoding.Numbers(1));
        foreach (var at in new[] { 0.1, 0.5, 0.1, 0.9, 0.1, 0.5 })
            trials.Add([at]);
        var grouped = RepeatedTrials.Of(trials, [1, 10, 3, 7, 5, 14]);
        Assert.Equal([0.1, 0.5, 0.9], grouped.Points.Column(0).ToArray());
        Assert.Equal([3, 12, 7], grouped.Means);
        Assert.Equal([3, 2, 1], grouped.Repeats);
        // Squares 8 and 8 with 3 degrees of freedom: common variance 16/3; each point's is drawn to it with the weight of four.
        Assert.Equal(Math.Sqrt((4 * 16.0 / 3 + 8) / 6 / 3), grouped.StandardErrors![0], 1e-12);
        Assert.Equal(Math.Sqrt((4 * 16.0 / 3 + 8) / 5 / 2), grouped.StandardErrors[1], 1e-12);
        Assert.Equal(Math.Sqrt(16.0 / 3), grouped.StandardErrors[2], 1e-12);
    }

    [Fact]
    public void Without_a_repeat_nothing_is_said_of_noise()
    {
        var trials = new TrialTable(PointCoding.Numbers(1));
        trials.Add([0.1]);
        trials.Add([0.2]);
        Assert.Null(RepeatedTrials.Of(trials, [1, 2]).StandardErrors);
    }

    [Fact]
    public void A_point_that_varies_more_counts_less()
    {
        var (trials, values, random) = (new TrialTable(PointCoding.Numbers(1)), new List<double>(), new Random(1));
        for (var i = 0; i < 8; i++)
            for (var repeat = 0; repeat < 6; repeat++)
            {
                trials.Add([i / 7.0]);
                values.Add((repeat % 2 == 0 ? 1 : -1) * (i == 3 ? 4 : 0.05) + (i == 3 ? 3 : 0) + 0.01 * random.NextDouble());
            }
        var grouped = RepeatedTrials.Of(trials, values.ToArray());
        double at(ProcessSurrogate surrogate) => surrogate.At([3 / 7.0], new double[1], new double[1]).Mean;
        var plain = ProcessSurrogate.Fit(grouped.Points, grouped.Means, new SurrogateOptions(), cancel: TestContext.Current.CancellationToken);
        var weighed = ProcessSurrogate.Fit(grouped.Points, grouped.Means, new SurrogateOptions(), grouped.StandardErrors, cancel: TestContext.Current.CancellationToken);
        Assert.True(at(weighed) < at(plain) - 0.3, $"{at(weighed)} {at(plain)}"); // the shaky 3 among zeros is believed less
    }
}
