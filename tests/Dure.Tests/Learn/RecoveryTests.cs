using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class RecoveryTests
{
    [Fact]
    public void An_alarm_ends_when_the_machine_came_back_most_of_the_way()
    {
        var scores = Score(new RecoveringMewma { LimitMultiplier = 2 }, level: row => row < 300 ? 20 : 3);
        var without = Score(new RecoveringMewma { LimitMultiplier = 2, Recovery = 0 }, level: row => row < 300 ? 20 : 3);
        Assert.All(scores[60..300], s => Assert.True(s > 1));
        Assert.All(scores[^100..], s => Assert.True(s <= 1));
        Assert.All(without[^100..], s => Assert.True(s > 1));
    }

    [Fact]
    public void Once_back_within_the_limit_the_next_small_fault_alarms_again()
    {
        var scores = Score(new RecoveringMewma { LimitMultiplier = 2 }, level: row => row < 100 ? 20 : row < 600 ? 0 : 3);
        Assert.True(scores[599] <= 1);
        Assert.All(scores[^100..], s => Assert.True(s > 1));
    }

    [Fact]
    public void A_fault_that_grows_anew_while_the_alarm_is_let_go_alarms()
    {
        var scores = Score(new RecoveringMewma { LimitMultiplier = 2 }, level: row => row < 300 ? 20 : row < 600 ? 3 : 15);
        Assert.True(scores[599] <= 1);
        Assert.All(scores[^100..], s => Assert.True(s > 1));
    }

    [Fact]
    public void Without_recovery_and_shrinkage_it_is_the_plain_chart()
    {
        var rows = Healthy.Rows(900, seed: 3);
        var plain = new Mewma { Weight = 0.1 }.Fit(rows.AsSpan(0, 400 * Healthy.Columns), Healthy.Columns);
        var same = new RecoveringMewma { Weight = 0.1, Recovery = 0, Shrinkage = 0, BurnIn = 5 }.Fit(rows.AsSpan(0, 400 * Healthy.Columns), Healthy.Columns);
        Assert.Equal(plain.Score(rows), same.Score(rows));
    }

    [Fact]
    public void Selection_tries_every_limit_with_its_own_memory_of_alarms()
    {
        var trial = HealthyTrial.FromCommissioning("m", Healthy.Rows(900, seed: 4), Healthy.Columns);
        var fault = new InjectedFault(FaultShape.Step, 3, 1);
        var result = new DetectorSelection([fault], 1).Run([new RecoveringMewma()], [trial], null, TestContext.Current.CancellationToken);
        foreach (var tried in result.Tried)
        {
            var detector = tried.Recipe.Fit(trial.Commissioning.Span, Healthy.Columns);
            Assert.Equal(detector.Score(trial.Following.Span).Average(s => s > 1 ? 1.0 : 0), tried.FalseAlarmRate, 12);
        }
    }

    private static double[] Score(AnomalyRecipe recipe, Func<int, double> level)
    {
        var detector = recipe.Fit(Healthy.Rows(1000, seed: 1), Healthy.Columns);
        var rows = Healthy.Rows(1000, seed: 2);
        for (var row = 0; row < 1000; row++)
            rows[row * Healthy.Columns + 1] += level(row);
        return detector.Score(rows);
    }
}
