using Dure.Plan.Scheduling;

namespace Dure.Tests.Plan.Scheduling;

/// <summary>A laboratory that takes half to twice as long as planned, and whose resources fail and come back unannounced. It counts its samples itself.</summary>
internal static class LivedLaboratory
{
    /// <summary>Runs all jobs to their end; what went wrong, null for nothing.</summary>
    public static string? Run(ScheduleProblem problem, int seed, DispatcherOptions options, CancellationToken cancel)
    {
        var random = new Random(seed);
        var dispatcher = new Dispatcher(problem, ScheduleState.Empty, options);
        var events = new PriorityQueue<Action<DateTimeOffset>, DateTimeOffset>();
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var kept = new Dictionary<string, string>(StringComparer.Ordinal);
        var works = problem.Jobs.ToDictionary(job => job.Name, job => job);
        string? fault = null;
        if (random.Next(2) == 0)
        {
            var broken = problem.Resources[random.Next(problem.Resources.Count)].Name;
            events.Enqueue(at => dispatcher.Fail(new(broken, at)), RandomShop.Start + RandomShop.Minutes(random.Next(5, 200)));
            events.Enqueue(_ => dispatcher.Repaired(broken), RandomShop.Start + RandomShop.Minutes(random.Next(200, 400)));
        }

        void Take(string resource, int by)
        {
            places[resource] = places.GetValueOrDefault(resource) + by;
            if (places[resource] > problem.Resources.Single(one => one.Name == resource).Capacity)
                fault = $"{places[resource]} samples in {resource}";
        }

        void Begin(PlannedOperation one, DateTimeOffset now)
        {
            var operation = works[one.Job].Operations[one.Operation];
            var arrival = now + (one.Start - one.MoveAt);
            var isStaying = kept.TryGetValue(one.Job, out var left) && left == one.Resource;
            if (!isStaying)
                Take(one.Resource, 1);
            if (one.Start > one.MoveAt && problem.Transporter is { } arm)
            {
                Take(arm, 1);
                events.Enqueue(_ => Take(arm, -1), arrival);
            }
            if (left is not null && !isStaying)
                events.Enqueue(_ => Take(left, -1), arrival);
            kept.Remove(one.Job);
            dispatcher.Started(one.Job, one.Resource, arrival);
            var isKept = operation.HoldsResource && one.Operation + 1 < works[one.Job].Operations.Count;
            if (isKept)
                kept[one.Job] = one.Resource;
            events.Enqueue(at =>
            {
                if (!isKept)
                    Take(one.Resource, -1);
                dispatcher.Ended(one.Job, at);
            }, arrival + operation.Duration * (0.5 + 1.5 * random.NextDouble()));
        }

        for (var now = RandomShop.Start; fault is null;)
        {
            foreach (var one in dispatcher.Dispatch(now, cancel))
                Begin(one, now);
            if (dispatcher.Count == 0 || fault is not null)
                break;
            var hasEvent = events.TryPeek(out _, out var at);
            if (dispatcher.NextStart is { } start && start > now && (!hasEvent || start < at))
                now = start;
            else if (!hasEvent)
                return $"Nothing happens any more at {now:u}; {dispatcher.Count} jobs wait: {string.Join("; ", dispatcher.Plan!.Unplanned)} {string.Join("; ", dispatcher.Plan!.Operations)}";
            else
                for (now = at; events.TryPeek(out _, out var next) && next == at;)
                    events.Dequeue()(at);
        }
        return fault;
    }
}
