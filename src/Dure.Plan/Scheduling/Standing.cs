using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>Where every job stands now, by numbers, and which places its samples take.</summary>
internal sealed class Standing
{
    public Standing(Shop shop, ScheduleState state, long now)
    {
        Now = now;
        Calendars = shop.EmptyCalendars();
        HeldBy = new int[shop.PlaceCount];
        Array.Fill(HeldBy, -1);
        (Next, Resource, Place) = (shop.FirstOperation[..^1], Filled(-1), Filled(-1));
        (ReadyAt, IsOut, IsAbandoned) = (new long[shop.JobCount], new bool[shop.JobCount], new bool[shop.JobCount]);
        foreach (var calendar in Calendars)
            calendar.Take(long.MinValue / 4, now);
        foreach (var progress in state.Progress)
            Enter(shop, progress);
        HasFailed = new bool[shop.ResourceCount];
        foreach (var outage in state.Outages)
            Enter(shop, outage);

        int[] Filled(int value)
        {
            var filled = new int[shop.JobCount];
            Array.Fill(filled, value);
            return filled;
        }
    }

    public long Now { get; }

    /// <summary>By place: what is taken before anything is planned.</summary>
    public Calendar[] Calendars { get; }

    /// <summary>By place: the job whose sample keeps it until it moves on; -1 for none.</summary>
    public int[] HeldBy { get; }

    /// <summary>By job: its first operation that has not begun.</summary>
    public int[] Next { get; }

    /// <summary>By job: where the operation before that is or was done, -1 before the first.</summary>
    public int[] Resource { get; }

    /// <summary>By job: the place that its sample keeps, -1 for none.</summary>
    public int[] Place { get; }

    /// <summary>By job: when the operation before ended or is expected to.</summary>
    public long[] ReadyAt { get; }

    /// <summary>By job: whether nothing is to be planned for it.</summary>
    public bool[] IsOut { get; }

    /// <summary>By job: whether it was given up, for good.</summary>
    public bool[] IsAbandoned { get; }

    /// <summary>By resource: whether it is out of use by a failure.</summary>
    public bool[] HasFailed { get; }

    private void Enter(Shop shop, JobProgress progress)
    {
        var job = shop.JobAt(progress.Job);
        var first = shop.FirstOperation[job];
        if (progress.Runs.Count > shop.FirstOperation[job + 1] - first)
            throw ProblemCheck.State($"It has {progress.Runs.Count} runs, but {shop.FirstOperation[job + 1] - first} operations.", $"state of job {progress.Job}", "Report one run for each operation that has begun.");
        (IsOut[job], IsAbandoned[job]) = (progress.IsAbandoned || progress.IsWithheld, progress.IsAbandoned);
        if (progress.Runs.Count == 0)
            return;
        for (var i = 0; i < progress.Runs.Count - 1; i++)
            if (progress.Runs[i].End is null)
                throw ProblemCheck.State($"Its operation {i + 1} has no end, but the next has begun.", $"state of job {progress.Job}", "Report the end of an operation before the start of the next.");
        Next[job] = first + progress.Runs.Count;
        Enter(shop, job, progress.Runs[^1], progress.IsAbandoned);
        if (progress.Runs.Count > 1 && Micros.Of(progress.Runs[^1].Start) > Now && shop.Holds[Next[job] - 2])
            TakePlace(shop, shop.ResourceAt(progress.Runs[^2].Resource, progress.Job), Micros.Of(progress.Runs[^1].Start) + 1, progress.Job);
    }

    private void Enter(Shop shop, int job, OperationRun run, bool isAbandoned)
    {
        var name = shop.Problem.Jobs[job].Name;
        var last = Next[job] - 1;
        var resource = shop.ResourceAt(run.Resource, $"state of job {name}");
        Resource[job] = resource;
        ReadyAt[job] = run.End is { } end ? Shop.NotBefore(end) : Expected(Micros.Of(run.Start) + shop.Duration[last], shop.Duration[last]);
        if (run.End is not null && ReadyAt[job] < Micros.Of(run.Start))
            throw ProblemCheck.State("It ended before it began.", $"state of job {name}", "Correct the times of the run.");
        if (shop.Holds[last] && !shop.IsLast(job, last))
        {
            Place[job] = TakePlace(shop, resource, isAbandoned ? Shop.Never : Now, name);
            HeldBy[Place[job]] = job;
        }
        else if (run.End is null)
            TakePlace(shop, resource, isAbandoned ? Shop.Never : ReadyAt[job], name);
        if (Micros.Of(run.Start) > Now && shop.Transporter >= 0)
            TakePlace(shop, shop.Transporter, Micros.Of(run.Start), name);
    }

    // By whole tenths, so that what is late does not move everything else at each look at the clock.
    private long Expected(long end, long duration)
    {
        var step = Math.Max(1, duration / 10);
        return end > Now ? end : end + ((Now - end) / step + 1) * step;
    }

    // A place that maintenance or another job takes at this moment is no place for the sample, unless all are.
    private int TakePlace(Shop shop, int resource, long until, string job)
    {
        for (var place = shop.FirstPlace[resource]; place < shop.FirstPlace[resource + 1]; place++)
        {
            if (HeldBy[place] >= 0 || taken.Contains(place))
                continue;
            taken.Add(place);
            if (until > Now)
                Calendars[place].Take(Now, until);
            return place;
        }
        throw ProblemCheck.State($"More samples are in {shop.NameOf(resource)} than its capacity of {shop.Problem.Resources[resource].Capacity}.", $"state of job {job}",
            "Report the ends of operations that ended, and where samples really are.");
    }

    private readonly HashSet<int> taken = [];

    private void Enter(Shop shop, Outage outage)
    {
        var resource = shop.ResourceAt(outage.Resource, "state, outages");
        HasFailed[resource] = true;
        var back = outage.ExpectedBack is { } at ? Shop.NotBefore(at) : Shop.Never;
        for (var place = shop.FirstPlace[resource]; place < shop.FirstPlace[resource + 1]; place++)
            if (back > Now)
                Calendars[place].Take(Now, back);
    }
}
