using Dure.Kernel;
using Dure.Plan.Scheduling;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static Dure.Tests.Plan.Scheduling.RandomShop;

namespace Dure.Tests.Plan.Scheduling;

public sealed class BoundTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void No_plan_and_no_run_is_ever_shorter_than_the_bound() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var (problem, loose) = (Of(seed), Of(seed, holding: 0));
            var bound = ScheduleBound.Of(problem, Start);
            var fifo = FifoBaseline.Run(loose, Start, Cancel);
            var plan = Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Tries = 20 }, Cancel);
            return (plan.Makespan >= bound.Makespan && fifo.Unplanned.Count == 0 && fifo.Makespan >= ScheduleBound.Of(loose, Start).Makespan).Label($"{bound}, plan {plan.Makespan}, fifo {fifo.Makespan}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400));

    [Fact]
    public void A_full_resource_gives_its_load_with_head_tail_and_maintenance()
    {
        var jobs = Enumerable.Range(0, 6).Select(i => new ShopJob($"j{i}", [new("mix", Minutes(5), ["a", "b"]), new("heat", Minutes(20), ["oven"]), new("measure", Minutes(7), ["x", "y"]) { LeastWait = Minutes(3) }])).ToArray();
        var oven = new Resource("oven") { Maintenance = [new(Start + Minutes(30), Start + Minutes(41))] };
        var bound = ScheduleBound.Of(new([new("a"), new("b"), oven, new("x"), new("y")], jobs), Start);
        Assert.Equal((Minutes(5 + 120 + 11 + 3 + 7), "load of oven"), (bound.Makespan, bound.Because));
    }

    [Fact]
    public void One_job_gives_its_chain()
    {
        var job = new ShopJob("only", [new("1", Minutes(5), ["a"]), new("2", Minutes(5), ["b"]) { LeastWait = Minutes(1) }]) { Release = Start + Minutes(10) };
        var bound = ScheduleBound.Of(new([new("a"), new("b")], [job]) { Transports = [new("a", "b", Minutes(4))] }, Start);
        Assert.Equal((Minutes(24), "chain of job only"), (bound.Makespan, bound.Because));
    }

    [Fact]
    public void First_come_first_served_keeps_the_rules_where_nothing_may_wait_too_long_or_holds() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var problem = Of(seed, hasMostWaits: false, holding: 0);
            var run = FifoBaseline.Run(problem, Start, Cancel);
            var faults = ScheduleCheck.Faults(problem, ScheduleState.Empty, Start, run);
            return (faults.Count == 0 && run.Unplanned.Count == 0).Label(string.Join('\n', faults));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void First_come_first_served_deadlocks_where_samples_cross_and_says_so()
    {
        ScheduleProblem problem = new([new("left"), new("right")],
        [
            new("a", [new("1", Minutes(10), ["left"]) { HoldsResource = true }, new("2", Minutes(10), ["right"])]),
            new("b", [new("1", Minutes(10), ["right"]) { HoldsResource = true }, new("2", Minutes(10), ["left"])]),
        ]);
        Assert.Equal(["a", "b"], FifoBaseline.Run(problem, Start, Cancel).Unplanned.Select(one => one.Job));
        Assert.Empty(Scheduler.Plan(problem, ScheduleState.Empty, Start, new(), Cancel).Unplanned);
    }

    [Theory]
    [InlineData("no-resource")]
    [InlineData("unknown-resource")]
    [InlineData("too-far")]
    [InlineData("maintenance-for-ever")]
    [InlineData("wait")]
    [InlineData("duration")]
    [InlineData("capacity")]
    [InlineData("no-operations")]
    [InlineData("name-taken")]
    public void What_can_never_be_scheduled_is_refused_with_what_where_and_how_to_mend_it(string type)
    {
        var (a, b) = (new Resource("a"), new Resource("b"));
        Operation first = new("first", Minutes(1), ["a"]), second = new("second", Minutes(1), ["b"]);
        (Resource[] Resources, Operation[][] Jobs) slip = type switch
        {
            "no-resource" => ([a, b], [[first, second with { Resources = [] }]]),
            "unknown-resource" => ([a, b], [[first, second with { Resources = ["c"] }]]),
            "too-far" => ([a, b], [[first, second with { MostWait = Minutes(2) }]]),
            "maintenance-for-ever" => ([a, b with { Maintenance = [new(Start, DateTimeOffset.MaxValue)] }], [[first, second]]),
            "wait" => ([a, b], [[first, second with { LeastWait = Minutes(9), MostWait = Minutes(8) }]]),
            "duration" => ([a, b], [[first, second with { Duration = TimeSpan.Zero }]]),
            "capacity" => ([a, b with { Capacity = 0 }], [[first, second]]),
            "no-operations" => ([a, b], [[]]),
            _ => ([a, b, a], [[first, second]]),
        };
        ScheduleProblem problem = new(slip.Resources, [.. slip.Jobs.Select((operations, i) => new ShopJob($"job {i}", operations))]) { Transports = [new("a", "b", Minutes(3))] };
        var refusal = Assert.Throws<ProblemException>(() => Scheduler.Plan(problem, ScheduleState.Empty, Start, new(), Cancel)).Problem;
        Assert.Equal($"urn:dure:plan:{type}", refusal.Type);
        Assert.All([refusal.What, refusal.Where, refusal.Mend], text => Assert.False(string.IsNullOrWhiteSpace(text)));
    }
}
