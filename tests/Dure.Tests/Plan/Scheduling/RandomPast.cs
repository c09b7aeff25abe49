using Dure.Plan.Scheduling;

namespace Dure.Tests.Plan.Scheduling;

/// <summary>A moment in the middle of a plan: what stands before it happened, some of it late, and a resource may have failed.</summary>
internal static class RandomPast
{
    public static (DateTimeOffset Now, ScheduleState State) Of(ScheduleProblem problem, int seed, CancellationToken cancel)
    {
        var random = new Random(seed);
        var plan = Scheduler.Plan(problem, ScheduleState.Empty, RandomShop.Start, new() { Tries = 2 }, cancel);
        var now = RandomShop.Start + plan.Makespan * random.NextDouble();
        var progress = new List<JobProgress>();
        foreach (var job in problem.Jobs)
        {
            var runs = new List<OperationRun>();
            foreach (var one in plan.Operations.Where(one => one.Job == job.Name && one.MoveAt < now).OrderBy(one => one.Operation))
                runs.Add(new(one.Resource, one.Start, one.End <= now ? one.End : null));
            // The last may be late: it should have ended, but has not, and nothing has followed it.
            if (runs.Count > 0 && random.Next(3) == 0 && !plan.Operations.Any(one => one.Resource == runs[^1].Resource && one.MoveAt >= runs[^1].End && one.MoveAt < now))
                runs[^1] = runs[^1] with { End = null };
            progress.Add(new(job.Name, runs) { IsAbandoned = random.Next(12) == 0 });
        }
        var outages = random.Next(3) == 0
            ? new[] { new Outage(problem.Resources[random.Next(problem.Resources.Count)].Name, now, random.Next(2) == 0 ? now + RandomShop.Minutes(random.Next(1, 200)) : null) }
            : [];
        return (now, new(progress, outages) { Previous = random.Next(2) == 0 ? plan : null });
    }
}
