using Dure.Optimize.Campaigns;
using Dure.Optimize.Surrogates;
using Xunit;

namespace Dure.Tests.Optimize.Campaigns;

public sealed class StopAdviceTests
{
    [Fact]
    public void Where_all_is_known_it_advises_to_stop_and_where_little_is_known_to_go_on()
    {
        var (few, fewLeft) = (Advised([0.1, 0.9]), Advised([0.1, 0.9], sign: -1));
        Assert.False(few.IsAdvised);
        Assert.False(fewLeft.IsAdvised);
        var many = Advised([.. Enumerable.Range(0, 21).Select(i => i / 20.0)], new StopOptions { Steps = 1 });
        Assert.True(many.IsAdvised, many.ToString());
        Assert.True(many.ChanceWithin >= 0.95);
        Assert.True(many.GainAhead < 0.05 && few.GainAhead > 0.1, $"{many.GainAhead} {few.GainAhead}");
        Assert.True(few.RegretBound > many.RegretBound);
    }

    [Fact]
    public void Ten_more_promise_at_least_what_one_does()
    {
        var advice = Advised([0.1, 0.4, 0.9]);
        Assert.True(advice.GainAhead > advice.NextGain && advice.NextGain > 0);
        Assert.Equal(advice.NextGain, Advised([0.1, 0.4, 0.9], new StopOptions { Ahead = 0 }).GainAhead);
    }

    [Fact]
    public void Trials_after_which_it_is_sure_are_counted_until_one_after_which_it_is_not()
    {
        double[] tried = [.. Enumerable.Range(0, 21).Select(i => i / 20.0)];
        var first = Advised(tried);
        var second = Advised(tried, before: first);
        var third = Advised(tried, before: second);
        Assert.Equal((1, 2, 3), (first.SureSteps, second.SureSteps, third.SureSteps));
        Assert.Equal((false, false, true), (first.IsAdvised, second.IsAdvised, third.IsAdvised));
        Assert.Equal(0, Advised([0.1, 0.9], before: third).SureSteps);
    }

    [Fact]
    public void Values_all_alike_say_nothing_and_an_empty_table_everything()
    {
        var (table, belief) = Learnt([0.1, 0.9], _ => 3);
        Assert.False(StopAdvice.Of(belief, Grid(), table, [3, 3], 1).IsAdvised);
        Assert.True(StopAdvice.Of(belief, new TrialTable(table.Coding), table, [3, 3], 1).IsAdvised);
    }

    private static double Truth(double x) => Math.Sin(4 * x);

    private static StopAdvice Advised(double[] tried, StopOptions? options = null, StopAdvice? before = null, int sign = 1)
    {
        var (table, belief) = Learnt(tried, Truth);
        return StopAdvice.Of(belief, Grid(), table, [.. tried.Select(Truth)], sign, options, before);
    }

    private static (TrialTable Table, ProcessSurrogate Belief) Learnt(double[] tried, Func<double, double> truth)
    {
        var table = new TrialTable(PointCoding.Numbers(1));
        foreach (var x in tried)
            table.Add([x]);
        return (table, ProcessSurrogate.Fit(table, [.. tried.Select(truth)], new SurrogateOptions(), cancel: TestContext.Current.CancellationToken));
    }

    private static TrialTable Grid()
    {
        var grid = new TrialTable(PointCoding.Numbers(1));
        for (var i = 0; i < 50; i++)
            grid.Add([(i + 0.5) / 50]);
        return grid;
    }
}
