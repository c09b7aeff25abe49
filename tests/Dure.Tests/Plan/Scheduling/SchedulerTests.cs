using Dure.Kernel;
using Dure.Plan.Scheduling;
using FsCheck;
using FsCheck.Fluent;
using Xunit;
using static Dure.Tests.Plan.Scheduling.RandomShop;

namespace Dure.Tests.Plan.Scheduling;

public sealed class SchedulerTests
{
    private static readonly SchedulerOptions Quick = new() { Tries = 8 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Config Many(int count) => Config.QuickThrowOnFailure.WithMaxTest(count);

    [Fact]
    public void Every_plan_of_a_random_shop_keeps_all_rules() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var problem = Of(seed);
            var schedule = Scheduler.Plan(problem, ScheduleState.Empty, Start, Quick, Cancel);
            var faults = ScheduleCheck.Faults(problem, ScheduleState.Empty, Start, schedule);
            return (faults.Count == 0 && schedule.Unplanned.Count == 0).Label(string.Join('\n', faults.Concat(schedule.Unplanned.Select(one => one.ToString()))));
        }).Check(Many(600));

    [Fact]
    public void Every_plan_after_a_random_past_keeps_all_rules() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            var problem = Of(seed);
            var (now, state) = RandomPast.Of(problem, seed, Cancel);
            var schedule = Scheduler.Plan(problem, state, now, Quick, Cancel);
            var faults = ScheduleCheck.Faults(problem, state, now, schedule);
            return (faults.Count == 0).Label(string.Join('\n', faults));
        }).Check(Many(600));

    [Fact]
    public void The_same_seed_gives_the_same_plan()
    {
        var problem = Of(5, mostJobs: 30);
        var first = Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Seed = 3 }, Cancel);
        Assert.Equal(first.Operations, Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Seed = 3 }, Cancel).Operations);
    }

    [Fact]
    public void A_later_clock_moves_the_plan_by_as_much() =>
        Prop.ForAll(Gen.Choose(0, 100_000).ToArbitrary(), seed =>
        {
            var problem = Of(seed);
            var by = TimeSpan.FromDays(3);
            var later = problem with
            {
                Resources = [.. problem.Resources.Select(one => one with { Maintenance = [.. one.Maintenance.Select(window => new TimeRange(window.Start + by, window.End + by))] })],
                Jobs = [.. problem.Jobs.Select(one => one with { Release = one.Release + by, Due = one.Due + by })],
            };
            return Scheduler.Plan(problem, ScheduleState.Empty, Start, Quick, Cancel).Operations.Select(one => one.Start + by)
                .SequenceEqual(Scheduler.Plan(later, ScheduleState.Empty, Start + by, Quick, Cancel).Operations.Select(one => one.Start));
        }).Check(Many(50));

    [Fact]
    public void A_more_urgent_job_goes_first()
    {
        var jobs = new[] { One("a", 10), One("b", 10) with { Priority = 1 } };
        Assert.Equal(["b", "a"], Plan(new([new("r")], jobs)).Operations.Select(one => one.Job));
    }

    [Fact]
    public void A_job_with_a_due_time_goes_before_one_without()
    {
        var jobs = new[] { One("a", 10), One("b", 10) with { Due = Start + Minutes(10) } };
        Assert.Equal(["b", "a"], Plan(new([new("r")], jobs)).Operations.Select(one => one.Job));
    }

    [Fact]
    public void More_tries_never_make_a_plan_longer_and_late_at_once()
    {
        var problem = Of(11, mostJobs: 40, hasPriorities: false);
        var few = Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Tries = 4 }, Cancel);
        var many = Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Tries = 400 }, Cancel);
        Assert.True(many.Makespan < few.Makespan || many.Tardiness <= few.Tardiness);
    }

    [Fact]
    public void Samples_that_swap_places_go_one_after_the_other()
    {
        ScheduleProblem problem = new([new("left"), new("right")],
        [
            new("a", [Held("1", 10, "left"), new("2", Minutes(10), ["right"])]),
            new("b", [Held("1", 10, "right"), new("2", Minutes(10), ["left"])]),
        ]);
        var schedule = Plan(problem);
        Assert.Empty(ScheduleCheck.Faults(problem, ScheduleState.Empty, Start, schedule));
        // Each crosses alone; if both stood in front of each other at once it would take 20 minutes, and an exchange that no arm can do.
        Assert.Equal(Minutes(40), schedule.Makespan);
    }

    [Fact]
    public void A_circle_of_samples_is_named_with_the_way_out()
    {
        ScheduleProblem problem = new([new("left"), new("right")],
        [
            new("a", [Held("1", 10, "left"), new("2", Minutes(10), ["right"])]),
            new("b", [Held("1", 10, "right"), new("2", Minutes(10), ["left"])]),
        ]);
        var state = new ScheduleState([new("a", [new("left", Start, Start + Minutes(10))]), new("b", [new("right", Start, Start + Minutes(10))])], []);
        var schedule = Scheduler.Plan(problem, state, Start + Minutes(10), Quick, Cancel);
        Assert.Equal(["a", "b"], schedule.Unplanned.Select(one => one.Job));
        Assert.Contains("right, whose places are taken by samples that cannot move on (jobs b)", schedule.Unplanned[0].Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void What_needs_a_broken_resource_alone_is_left_with_the_reason_and_the_rest_goes_on()
    {
        ScheduleProblem problem = new([new("a"), new("b")], [One("x", 10, "a"), One("y", 10, "b"), One("z", 10, "a", "b")]);
        var schedule = Scheduler.Plan(problem, ScheduleState.Empty with { Outages = [new("a", Start)] }, Start, Quick, Cancel);
        var left = Assert.Single(schedule.Unplanned);
        Assert.Equal(("x", "Waits for a, which is out of use and nobody has said until when."), (left.Job, left.Reason));
        Assert.Equal(2, schedule.Operations.Count(one => one.Resource == "b"));
    }

    [Fact]
    public void A_delay_keeps_the_old_order_where_another_gains_little()
    {
        var problem = Of(21, mostJobs: 20, hasPriorities: false);
        var before = Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Seed = 7, Tries = 200 }, Cancel);
        Assert.Equal(before.Operations, Scheduler.Plan(problem, ScheduleState.Empty with { Previous = before }, Start, new() { Tries = 1 }, Cancel).Operations);
        Assert.NotEqual(before.Operations, Scheduler.Plan(problem, ScheduleState.Empty, Start, new() { Tries = 1 }, Cancel).Operations);
    }

    [Fact]
    public void Each_wait_has_its_words()
    {
        ScheduleProblem problem = new(
            [new("mixer"), new("oven") { Maintenance = [new(Start + Minutes(20), Start + Minutes(60))] }, new("arm")],
            [new("a", [new("mix", Minutes(10), ["mixer"]), new("bake", Minutes(15), ["oven"]) { LeastWait = Minutes(2) }]) { Priority = 1 }, One("b", 10, "mixer") with { Release = Start + Minutes(1) }])
        { Transports = [new("mixer", "oven", Minutes(3))], Transporter = "arm" };
        var schedule = Plan(problem);
        string Why(string job, int operation) => schedule.WaitsFor(schedule.Operations.Single(one => one.Job == job && one.Operation == operation));
        Assert.Equal("nothing", Why("a", 0));
        Assert.Equal("mixer, until job a is done there", Why("b", 0));
        Assert.Equal("the end of maintenance of oven", Why("a", 1));
    }

    [Fact]
    public void A_cancelled_plan_ends_at_once()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => Scheduler.Plan(Of(1), ScheduleState.Empty, Start, new(), cancelled.Token));
    }

    private static Schedule Plan(ScheduleProblem problem) => Scheduler.Plan(problem, ScheduleState.Empty, Start, new(), Cancel);

    private static ShopJob One(string name, double minutes, params string[] resources) => new(name, [new("only", Minutes(minutes), resources.Length == 0 ? ["r"] : resources)]);

    private static Operation Held(string name, double minutes, string resource) => new(name, Minutes(minutes), [resource]) { HoldsResource = true };
}
