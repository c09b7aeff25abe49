using Dure.Kernel;
using Dure.Plan.Scheduling;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static Dure.Tests.Plan.Scheduling.RandomShop;

namespace Dure.Tests.Plan.Scheduling;

public sealed class DispatcherTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void No_delay_whatever_leads_to_a_deadlock_or_to_more_samples_than_places() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var problem = Of(seed, mostJobs: 14, holding: 0.8);
            return (LivedLaboratory.Run(problem, seed, new() { Window = 6, Tries = 2, Seed = seed }, Cancel) is var fault && fault is null).Label(fault ?? "");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Samples_that_could_shut_each_other_in_are_not_both_let_in()
    {
        var dispatcher = Crossing();
        var first = Assert.Single(dispatcher.Dispatch(Start, Cancel));
        dispatcher.Started(first.Job, first.Resource, Start);
        Assert.Empty(dispatcher.Dispatch(Start, Cancel));
    }

    [Fact]
    public void What_was_not_reported_is_handed_out_again()
    {
        var dispatcher = Crossing();
        Assert.Equal(dispatcher.Dispatch(Start, Cancel), dispatcher.Dispatch(Start, Cancel));
    }

    [Fact]
    public void A_late_operation_shuts_its_resource_until_it_has_ended()
    {
        var dispatcher = new Dispatcher(new([new("r")], [new("a", [new("1", Minutes(10), ["r"])]), new("b", [new("1", Minutes(10), ["r"])])]), ScheduleState.Empty, new());
        dispatcher.Started("a", "r", dispatcher.Dispatch(Start, Cancel)[0].Start);
        Assert.Empty(dispatcher.Dispatch(Start + Minutes(15), Cancel));
        dispatcher.Ended("a", Start + Minutes(16));
        Assert.Equal("b", Assert.Single(dispatcher.Dispatch(Start + Minutes(16), Cancel)).Job);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void An_idle_resource_is_not_kept_for_a_job_that_comes_later_unless_that_is_more_urgent(int priority, bool isUsed)
    {
        ShopJob first = new("first", [new("1", Minutes(10), ["a"]), new("2", Minutes(10), ["r"])]) { Priority = priority };
        var dispatcher = new Dispatcher(new([new("a"), new("r")], [first, new("second", [new("1", Minutes(15), ["r"])])]), ScheduleState.Empty, new() { Tries = 1 });
        Assert.Equal(isUsed ? ["first", "second"] : ["first"], dispatcher.Dispatch(Start, Cancel).Select(one => one.Job));
    }

    [Fact]
    public void A_restarted_dispatcher_goes_on_where_the_other_was()
    {
        ShopJob[] jobs = [new("a", [new("1", Minutes(10), ["r"]), new("2", Minutes(5), ["s"])])];
        var state = new ScheduleState([new("a", [new("r", Start, Start + Minutes(9))])], [new("s", Start)]);
        var dispatcher = new Dispatcher(new([new("r"), new("s")], jobs), state, new());
        Assert.Empty(dispatcher.Dispatch(Start + Minutes(9), Cancel));
        dispatcher.Repaired("s");
        Assert.Equal(("s", 1), dispatcher.Dispatch(Start + Minutes(10), Cancel) is [var one] ? (one.Resource, one.Operation) : default);
    }

    [Fact]
    public void Reports_that_contradict_each_other_are_refused()
    {
        var dispatcher = Crossing();
        dispatcher.Started("a", "left", Start);
        Assert.Equal("urn:dure:plan:state", Assert.Throws<ProblemException>(() => dispatcher.Started("a", "right", Start)).Problem.Type);
        Assert.Equal("urn:dure:plan:state", Assert.Throws<ProblemException>(() => dispatcher.Ended("b", Start)).Problem.Type);
        Assert.Equal("urn:dure:plan:unknown-job", Assert.Throws<ProblemException>(() => dispatcher.Ended("c", Start)).Problem.Type);
        Assert.Equal("urn:dure:plan:name-taken", Assert.Throws<ProblemException>(() => dispatcher.Add(new("a", [new("1", Minutes(1), ["left"])]))).Problem.Type);
    }

    private static Dispatcher Crossing() => new(new([new("left"), new("right")],
    [
        new("a", [new("1", Minutes(10), ["left"]) { HoldsResource = true }, new("2", Minutes(10), ["right"])]),
        new("b", [new("1", Minutes(10), ["right"]) { HoldsResource = true }, new("2", Minutes(10), ["left"])]),
    ]), ScheduleState.Empty, new());
}
