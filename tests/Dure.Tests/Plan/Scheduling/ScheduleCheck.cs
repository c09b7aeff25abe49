using Dure.Plan.Scheduling;

namespace Dure.Tests.Plan.Scheduling;

/// <summary>Judges a schedule by the words of the problem alone; shares no code with the scheduler.</summary>
internal static class ScheduleCheck
{
    private readonly record struct Stay(string Resource, DateTimeOffset From, DateTimeOffset To, string Who, bool IsPlanned);

    public static IReadOnlyList<string> Faults(ScheduleProblem problem, ScheduleState state, DateTimeOffset now, Schedule schedule)
    {
        var faults = new List<string>();
        var stays = new List<Stay>();
        var journeys = new List<Stay>();
        var progress = state.Progress.ToDictionary(one => one.Job);
        var planned = schedule.Operations.GroupBy(one => one.Job).ToDictionary(group => group.Key, group => group.OrderBy(one => one.Operation).ToArray());
        foreach (var job in problem.Jobs)
        {
            var own = planned.GetValueOrDefault(job.Name, []);
            var done = progress.GetValueOrDefault(job.Name) ?? new JobProgress(job.Name, []);
            var planTo = done.IsAbandoned ? done.Runs.Count : schedule.Unplanned.SingleOrDefault(one => one.Job == job.Name)?.Operation ?? job.Operations.Count;
            if (done.Runs.Count + own.Length != planTo)
                faults.Add($"{job.Name}: {done.Runs.Count} runs and {own.Length} planned of {job.Operations.Count}");
            Reality(job, done, own, now, stays, journeys);
            for (var i = 0; i < own.Length; i++)
                Step(problem, job, done, own, i, now, faults, stays, journeys);
        }
        foreach (var outage in state.Outages)
            faults.AddRange(stays.Where(stay => stay.IsPlanned && stay.Resource == outage.Resource && stay.From < (outage.ExpectedBack ?? DateTimeOffset.MaxValue)).Select(stay => $"{stay.Who} on {stay.Resource} while it is out"));
        foreach (var resource in problem.Resources)
            Capacity(resource, [.. stays.Concat(resource.Name == problem.Transporter ? journeys.Select(one => one with { Resource = resource.Name }) : []).Where(stay => stay.Resource == resource.Name)], faults);
        return faults;
    }

    private static void Reality(ShopJob job, JobProgress done, PlannedOperation[] own, DateTimeOffset now, List<Stay> stays, List<Stay> journeys)
    {
        if (done.Runs.Count == 0)
            return;
        var (last, operation) = (done.Runs[^1], job.Operations[done.Runs.Count - 1]);
        var isHeld = operation.HoldsResource && done.Runs.Count < job.Operations.Count;
        var end = last.End ?? Expected(last.Start, operation.Duration, now);
        if (isHeld || last.End is null)
            stays.Add(new(last.Resource, now, done.IsAbandoned || (isHeld && own.Length == 0) ? DateTimeOffset.MaxValue : isHeld ? own[0].Start : end, job.Name, IsPlanned: false));
        if (last.Start > now)
            journeys.Add(new("", now, last.Start, job.Name, IsPlanned: false));
    }

    private static void Step(ScheduleProblem problem, ShopJob job, JobProgress done, PlannedOperation[] own, int i, DateTimeOffset now, List<string> faults, List<Stay> stays, List<Stay> journeys)
    {
        var (planned, index) = (own[i], done.Runs.Count + i);
        var operation = job.Operations[index];
        void Expect(bool holds, string what)
        {
            if (!holds)
                faults.Add($"{job.Name}.{index}: {what} ({planned})");
        }
        Expect(planned.Operation == index, "in order");
        Expect(operation.Resources.Contains(planned.Resource), "on a resource that can");
        Expect(planned.End - planned.Start == operation.Duration, "as long as it takes");
        Expect(planned.MoveAt >= now && planned.Start >= planned.MoveAt && planned.Start >= job.Release, "not too early");
        var before = i > 0 ? own[i - 1].Resource : index > 0 ? done.Runs[index - 1].Resource : null;
        if (before is not null)
        {
            var end = i > 0 ? own[i - 1].End : done.Runs[index - 1].End ?? Expected(done.Runs[index - 1].Start, job.Operations[index - 1].Duration, now);
            var way = before == planned.Resource ? TimeSpan.Zero : Way(problem, before, planned.Resource);
            Expect(planned.Start - planned.MoveAt == way, "fetched when the way takes it");
            Expect(planned.MoveAt >= end, "fetched after the end");
            Expect(planned.Start - end >= operation.LeastWait, "least wait");
            var isLate = operation.MostWait is { } most && planned.Start - end > most;
            // A sample that keeps others from moving may be put beside a resource for longer than it should wait there.
            var wasHolding = done.Runs.Count > 0 && job.Operations[done.Runs.Count - 1].HoldsResource;
            Expect(!isLate || i == 0 || (wasHolding && !job.Operations[index - 1].HoldsResource), "most wait");
            Expect(isLate == planned.IsOverdue, "overdue only when it is");
            if (way > TimeSpan.Zero)
                journeys.Add(new("", planned.MoveAt, planned.Start, planned.Job, IsPlanned: true));
        }
        var holds = operation.HoldsResource && i + 1 < own.Length;
        // A sample that moves on must have moved before its place is free: else two could wait for each other's places at one moment.
        Expect(holds ? planned.FreeAt > own[i + 1].Start || (planned.FreeAt == own[i + 1].Start && planned.Resource == own[i + 1].Resource) : planned.FreeAt == planned.End, "place free in time");
        stays.Add(new(planned.Resource, planned.MoveAt, planned.FreeAt, planned.Job, IsPlanned: true));
    }

    private static void Capacity(Resource resource, Stay[] stays, List<string> faults)
    {
        foreach (var window in resource.Maintenance)
            faults.AddRange(stays.Where(stay => stay.IsPlanned && stay.From < window.End && window.Start < stay.To).Select(stay => $"{stay.Who} on {resource.Name} during maintenance {window.Start:t} to {window.End:t}: {stay}"));
        foreach (var stay in stays)
            if (stays.Count(other => other.From <= stay.From && stay.From < other.To) is var count && count > resource.Capacity)
                faults.Add($"{count} at once on {resource.Name} at {stay.From:T}");
    }

    private static TimeSpan Way(ScheduleProblem problem, string from, string to)
    {
        var there = problem.Transports.Where(one => one.From == from && one.To == to).ToArray();
        var back = problem.Transports.Where(one => one.From == to && one.To == from).ToArray();
        return there.Length > 0 ? there[^1].Duration : back.Length > 0 ? back[^1].Duration : TimeSpan.Zero;
    }

    private static DateTimeOffset Expected(DateTimeOffset start, TimeSpan duration, DateTimeOffset now)
    {
        var end = start + duration;
        while (end <= now)
            end += duration / 10;
        return end;
    }
}
