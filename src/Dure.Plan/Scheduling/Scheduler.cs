using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>How a plan is searched for.</summary>
public sealed record SchedulerOptions
{
    /// <summary>The same problem, state, moment and seed give the same plan.</summary>
    public int Seed { get; init; }

    /// <summary>How many orders of the jobs are tried, at least 1; time grows in proportion.</summary>
    public int Tries { get; init; } = 64;
}

/// <summary>Plans the workflows of a laboratory or shop: jobs are placed whole, in an order that a bounded search improves.</summary>
/// <remarks>List scheduling with insertion; the order is improved by moving one job at a time, as the insertion step of iterated greedy does
/// (Ruiz and Stützle 2007). Jobs of a higher priority always go first. Memory grows with the operations of the problem alone.</remarks>
public static class Scheduler
{
    /// <summary>Plans all that has not begun, from what has really happened.</summary>
    /// <param name="now">Nothing is planned before it.</param>
    /// <exception cref="ProblemException">The problem can never be scheduled, or the state contradicts it.</exception>
    public static Schedule Plan(ScheduleProblem problem, ScheduleState state, DateTimeOffset now, SchedulerOptions options, CancellationToken cancel)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Tries, 1);
        var shop = new Shop(problem);
        var search = new OrderSearch(shop, new Standing(shop, state, Shop.NotBefore(now)));
        search.Run(state.Previous, options, cancel);
        return search.Result(now);
    }
}
