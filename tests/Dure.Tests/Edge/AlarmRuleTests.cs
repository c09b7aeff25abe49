using Dure.Edge.Alarms;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Edge;

public sealed class AlarmRuleTests
{
    [Fact]
    public void By_default_an_alarm_stands_exactly_where_the_score_is_above_one() =>
        Assert.Equal([false, true, true, false, true, false], Follow(AlarmRule.Default, 1.0, 1.01, 7, 0.5, 2, 1));

    [Fact]
    public void A_rule_of_three_rows_is_not_moved_by_two() =>
        Assert.Equal([false, false, false, false, false, true], Follow(new AlarmRule(3, 1), 2, 2, 0, 2, 2, 2));

    [Fact]
    public void An_alarm_falls_only_after_its_calm_rows() =>
        Assert.Equal([true, true, true, true, false], Follow(new AlarmRule(1, 2), 2, 0, 2, 0, 0));

    [Fact]
    public void A_score_that_is_no_number_changes_nothing() =>
        Assert.Equal([true, true, false, false], Follow(AlarmRule.Default, 2, double.NaN, 0, double.NaN));

    [Fact]
    public void A_rule_without_rows_is_refused() => Assert.Throws<ProblemException>(() => new AlarmRule(0, 1));

    private static bool[] Follow(AlarmRule rule, params double[] scores)
    {
        var state = default(AlarmState);
        return [.. scores.Select(score => (state = rule.Next(state, score)).IsRaised)];
    }
}
