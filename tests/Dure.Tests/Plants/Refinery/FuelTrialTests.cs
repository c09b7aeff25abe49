using Dure.Effects;
using Dure.Kernel;
using Dure.Loop;
using Dure.Plants.Refinery;
using Xunit;

namespace Dure.Tests.Plants.Refinery;

public sealed class FuelTrialTests
{
    // A trial takes a second or two: those tests that can look at the same one.
    private static readonly Lazy<Task<TrialRun>> Once = new(() => TrialRun.Of(new(Seed: 7), CancellationToken.None));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_trial_finds_a_fifth_of_fuel_within_30_moves_keeps_all_limits_and_proves_it()
    {
        var ran = await Once.Value;
        var search = ran.Trial.Tallies[(int)FuelTrialPhase.Search];
        Assert.InRange(search.Moves, 1, 30);
        Assert.All(ran.Trial.Tallies, tally => Assert.Equal((0, 0), (tally.OffSpecificationMinutes, tally.EmissionMinutes)));
        var fuel = ran.Result.Effect("specific-fuel");
        Assert.InRange(fuel.Change.High, -23.2, -20);
        Assert.False(ran.Result.IsCarriedOver);
        Assert.True(fuel.Change.High - fuel.Change.Low < 0.6 * (fuel.Unadjusted.High - fuel.Unadjusted.Low), "the weather explains much of what differs");
        Assert.False(ran.Result.Effect("feed-flow").Change.Excludes(0));
        Assert.InRange(SwitchbackDesign.LeastPairs(0.95), 1, ran.Result.Study.PairsNeeded(ran.Record, ran.History, FuelTrialStudy.Claimed / 100));
    }

    [Fact]
    public async Task Every_command_went_through_the_gate_one_decision_and_one_outcome_each()
    {
        var ran = await Once.Value;
        Assert.All(ran.Ledger.Records, record => Assert.IsType<Decision.Allowed>(record.Decision));
        Assert.Equal(ran.Ledger.Records.Count, ran.Ledger.Done);
        var lastOxygen = ran.Ledger.Records.Last(record => record.Proposal.Action == "set oxygen").Proposal.Setpoint;
        Assert.Equal(lastOxygen, ran.Trial.Unit.SetpointOf("oxygen"));
        Assert.Equal(ran.Trial.Moves.Where(move => move.Number > 0).Select(move => move.At).Distinct().Count(), ran.Ledger.Records.Skip(4).Select(record => record.Proposal.At).Distinct().Count());
    }

    [Fact]
    public async Task Run_again_it_gives_the_same_rows_and_the_same_proposals()
    {
        var (first, second) = (await Once.Value, await TrialRun.Of(new(Seed: 7), Cancel));
        Assert.Equal(first.Record.Columns["fuel"], second.Record.Columns["fuel"]);
        Assert.Equal(first.Ledger.Records.Select(record => (record.Proposal.At, record.Proposal.Action, record.Proposal.Setpoint)), second.Ledger.Records.Select(record => (record.Proposal.At, record.Proposal.Action, record.Proposal.Setpoint)));
        Assert.Equal(first.Result.Table(), second.Result.Table());
    }

    [Fact]
    public async Task A_limit_passed_during_the_blocks_sends_the_unit_back_to_the_base_and_ends_the_trial()
    {
        var ledger = new MemoryLedger();
        using var trial = new FuelTrial(new(Seed: 2, Pairs: 6), ledger, new DecisionLog(), (running, _) =>
        {
            if (running.Phase == FuelTrialPhase.Switchback && running.Unit.SetpointOf("oxygen") < 3)
                running.Unit.Switch("burners fouled", isOn: true);
            return ValueTask.CompletedTask;
        });
        await trial.RunBaseline(Cancel);
        await trial.RunSearch(Cancel);
        var stopped = await Assert.ThrowsAsync<ProblemException>(() => trial.RunBlocks([.. Enumerable.Repeat(true, 12)], Cancel));
        Assert.Equal("urn:dure:plants:trial-stopped", stopped.Problem.Type);
        Assert.Contains("carbon monoxide", stopped.Problem.What, StringComparison.Ordinal);
        Assert.Equal(trial.Base, new[] { "distillate purity", "bottoms impurity", "oxygen", "stack temperature" }.Select(trial.Unit.SetpointOf));
        Assert.Contains("back", ledger.Records[^1].Envelope, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 12)]
    [InlineData(1, 5)]
    [InlineData(1, 31)]
    public void A_plan_out_of_range_is_refused(int seed, int pairs) =>
        Assert.Equal("urn:dure:plants:bad-trial", Assert.Throws<ProblemException>(() => new FuelTrial(new(seed, pairs), new MemoryLedger(), new DecisionLog(), (_, _) => ValueTask.CompletedTask)).Problem.Type);

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task So_it_is_with_a_hundred_seeds()
    {
        var changes = new List<double>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 100), Cancel, async (seed, cancel) =>
        {
            var ran = await TrialRun.Of(new(seed), cancel);
            Assert.All(ran.Trial.Tallies, tally => Assert.Equal((0, 0), (tally.OffSpecificationMinutes, tally.EmissionMinutes)));
            lock (changes)
                changes.Add(ran.Result.Effect("specific-fuel").Change.High);
        });
        Assert.True(changes.Count(high => high <= 0.9 * FuelTrialStudy.Claimed) >= 95, string.Join(' ', changes.Order()));
    }
}
