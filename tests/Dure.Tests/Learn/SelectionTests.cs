using Dure.Kernel;
using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class SelectionTests
{
    [Fact]
    public void The_choice_repeats_exactly_whatever_the_number_of_threads()
    {
        var (a, b) = (Select(), Select());
        Assert.Equal(a.Best.Select(s => (s.Recipe.Name, s.Recipe.LimitMultiplier, s.BalancedAccuracy)), b.Best.Select(s => (s.Recipe.Name, s.Recipe.LimitMultiplier, s.BalancedAccuracy)));
    }

    [Fact]
    public void Every_recipe_appears_with_its_best_limit_and_the_best_is_chosen()
    {
        var result = Select();
        Assert.Equal(MadeRecipes.All.Count, result.Best.Count);
        Assert.All(result.Best, best => Assert.Equal(result.Tried.Where(t => t.Recipe.Name == best.Recipe.Name).Max(t => t.BalancedAccuracy), best.BalancedAccuracy));
        Assert.Equal(result.Tried.Max(t => t.BalancedAccuracy), result.Best[0].BalancedAccuracy);
    }

    [Fact]
    public void A_higher_limit_never_raises_the_false_alarm_rate() =>
        Assert.All(Select().Tried.GroupBy(t => t.Recipe.Name), recipe =>
            Assert.All(recipe.Zip(recipe.Skip(1)), pair => Assert.True(pair.Second.FalseAlarmRate <= pair.First.FalseAlarmRate)));

    [Fact]
    public void A_fault_leaves_the_rows_before_its_onset_alone()
    {
        var rows = Healthy.Rows(100, seed: 1);
        var scale = new PcaMonitor().Fit(rows, Healthy.Columns).Scale;
        Assert.All(InjectedFault.Standard, fault =>
        {
            var faulty = fault.Into(rows, scale, onset: 40, first: 2, new Random(1));
            Assert.Equal(rows[..(40 * Healthy.Columns)], faulty[..(40 * Healthy.Columns)]);
            Assert.NotEqual(rows[^Healthy.Columns..], faulty[^Healthy.Columns..]);
        });
    }

    [Fact]
    public void A_step_moves_the_signal_by_its_size_in_commissioning_deviations()
    {
        var rows = Healthy.Rows(100, seed: 2);
        var scale = new PcaMonitor().Fit(rows, Healthy.Columns).Scale;
        var faulty = new InjectedFault(FaultShape.Step, 2, 1).Into(rows, scale, 50, 1, new Random(1));
        Assert.Equal(2 * scale.Deviation[1], faulty[^4] - rows[^4], 12);
    }

    [Fact]
    public void Windows_of_a_long_recording_share_no_scored_row()
    {
        var trials = HealthyTrial.FromReference("m", Healthy.Rows(2000, 3), Healthy.Columns, 400, 300).ToArray();
        Assert.Equal(5, trials.Length);
        Assert.All(trials, t => Assert.Equal((400, 300), (t.Commissioning.Length / Healthy.Columns, t.Following.Length / Healthy.Columns)));
        Assert.True(trials[0].Following.Span.Overlaps(trials[1].Following.Span) is false);
    }

    [Fact]
    public void Without_healthy_rows_nothing_can_be_chosen() =>
        Assert.Equal("urn:dure:learn:nothing-to-select",
            Assert.Throws<ProblemException>(() => new DetectorSelection(InjectedFault.Standard, 1).Run(MadeRecipes.All, [], null, TestContext.Current.CancellationToken)).Problem.Type);

    [Fact]
    public void A_cancelled_selection_stops() =>
        Assert.ThrowsAny<OperationCanceledException>(() => new DetectorSelection(InjectedFault.Standard, 1)
            .Run(MadeRecipes.All, [HealthyTrial.FromCommissioning("m", Healthy.Rows(400, 1), Healthy.Columns)], null, new CancellationToken(true)));

    private static SelectionResult Select() => new DetectorSelection(InjectedFault.Standard, 1)
        .Run(MadeRecipes.All, [.. Enumerable.Range(0, 4).Select(i => HealthyTrial.FromCommissioning($"m{i}", Healthy.Rows(400, i), Healthy.Columns))], null, TestContext.Current.CancellationToken);
}
