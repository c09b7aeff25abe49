using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>How a dispatcher looks ahead.</summary>
public sealed record DispatcherOptions
{
    public int Seed { get; init; }

    /// <summary>How many jobs that have not begun are planned at once, besides those that have.</summary>
    public int Window { get; init; } = 50;

    /// <summary>How many orders are tried when jobs or resources have come or gone; after other events the old order is followed.</summary>
    public int Tries { get; init; } = 16;
}

/// <summary>Says what is to start now, while a laboratory runs: told of each event, it plans the next jobs anew and follows that plan.</summary>
/// <remarks>An operation is only handed out when the one before has really ended, a place for its sample is really free, and all samples that keep places can still move
/// on afterwards (<see cref="SafeState"/>): what it hands out cannot end in a deadlock, however late everything is. Jobs wait by priority, release and order of
/// arrival. Not safe for use by several threads at once.</remarks>
public sealed class Dispatcher
{
    private readonly ScheduleProblem shop;
    private readonly DispatcherOptions options;
    private readonly Dictionary<string, Entry> jobs = new(StringComparer.Ordinal);
    private readonly SortedSet<Entry> waiting = new(Comparer<Entry>.Create(Entry.InOrder));
    private readonly List<Entry> begun = [];
    private readonly Dictionary<string, Outage> outages = new(StringComparer.Ordinal);
    private Entry? lastInWindow;
    private long arrivals;
    private bool isStale = true, isNew = true;

    /// <param name="problem">The resources, and jobs to begin with.</param>
    /// <param name="state">How far those jobs are: what an executor knows after a restart.</param>
    /// <exception cref="ProblemException">The problem can never be scheduled.</exception>
    public Dispatcher(ScheduleProblem problem, ScheduleState state, DispatcherOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Window, 1);
        (shop, this.options) = (problem with { Jobs = [] }, options);
        foreach (var job in problem.Jobs)
            Add(job);
        foreach (var progress in state.Progress)
            Resume(progress);
        foreach (var outage in state.Outages)
            Fail(outage);
    }

    /// <summary>How many jobs are not done.</summary>
    public int Count => jobs.Count;

    /// <summary>The plan that is being followed: jobs that have begun and the next ones that wait; null before the first dispatch.</summary>
    public Schedule? Plan { get; private set; }

    /// <exception cref="ProblemException">It can never be scheduled, or its name is taken.</exception>
    public void Add(ShopJob job)
    {
        if (jobs.ContainsKey(job.Name))
            throw new ProblemException("urn:dure:plan:name-taken", "A job of this name is not done yet.", $"job {job.Name}", "Give each job its own name.");
        _ = new Shop(shop with { Jobs = [job] });
        var entry = new Entry(job, arrivals++);
        jobs.Add(job.Name, entry);
        waiting.Add(entry);
        // A window that is full of jobs before this one is not changed by it.
        if (lastInWindow is null || Entry.InOrder(entry, lastInWindow) < 0)
            (isStale, isNew) = (true, true);
    }

    /// <summary>The next operation of a job has started, or its sample was fetched and it will.</summary>
    /// <exception cref="ProblemException">There is no such job or resource, or the operation before has not ended.</exception>
    public void Started(string job, string resource, DateTimeOffset start)
    {
        var entry = Of(job);
        if (entry.Runs.Count == entry.Job.Operations.Count || (entry.Runs.Count > 0 && entry.Runs[^1].End is null))
            throw State("Its next operation has started, but the one before has not ended or was the last.", job, "Report the end of each operation, once, before the next start.");
        if (shop.Resources.All(one => one.Name != resource))
            throw ProblemCheck.UnknownResource(resource, $"job {job}", shop.Resources.Select(one => one.Name));
        if (entry.Runs.Count == 0)
        {
            waiting.Remove(entry);
            begun.Add(entry);
        }
        entry.Runs.Add(new(resource, start));
        isStale = true;
    }

    /// <summary>The operation under way has ended; a job whose last it was is forgotten.</summary>
    /// <exception cref="ProblemException">There is no such job, or nothing of it is under way.</exception>
    public void Ended(string job, DateTimeOffset end)
    {
        var entry = Of(job);
        if (entry.Runs.Count == 0 || entry.Runs[^1].End is not null)
            throw State("An end was reported, but nothing of it is under way.", job, "Report the start before the end, and each once.");
        entry.Runs[^1] = entry.Runs[^1] with { End = end };
        if (entry.Runs.Count == entry.Job.Operations.Count)
            Remove(job);
        isStale = true;
    }

    /// <summary>Nothing more is done for a job; its sample stays where it is until the job is removed.</summary>
    /// <exception cref="ProblemException">There is no such job.</exception>
    public void Abandon(string job)
    {
        var entry = Of(job);
        if (entry.Runs.Count == 0)
            Remove(job);
        else
            (entry.IsAbandoned, isStale, isNew) = (true, true, true);
    }

    /// <summary>A job is gone, and its sample with it.</summary>
    /// <exception cref="ProblemException">There is no such job.</exception>
    public void Remove(string job)
    {
        var entry = Of(job);
        jobs.Remove(job);
        if (!waiting.Remove(entry))
            begun.Remove(entry);
        isStale = true;
    }

    /// <summary>A resource has failed; the latest word counts.</summary>
    public void Fail(Outage outage)
    {
        outages[outage.Resource] = outage;
        (isStale, isNew) = (true, true);
    }

    /// <summary>A resource works again.</summary>
    public void Repaired(string resource)
    {
        outages.Remove(resource);
        (isStale, isNew) = (true, true);
    }

    /// <summary>What is to be fetched and started now. Report each with <see cref="Started"/>; what is not reported is handed out again.</summary>
    /// <exception cref="ProblemException">What was reported contradicts itself: more samples in a resource than it has places for.</exception>
    public IReadOnlyList<PlannedOperation> Dispatch(DateTimeOffset now, CancellationToken cancel)
    {
        if (!isStale && Plan is { } plan && !Changes(plan, now))
            return [];
        var next = waiting.Take(options.Window).ToArray();
        lastInWindow = next.Length < options.Window ? null : next[^1];
        var compiled = new Shop(shop with { Jobs = [.. begun.Concat(next).Select(entry => entry.Job)] });
        var withheld = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            var standing = new Standing(compiled, State(withheld), Shop.NotBefore(now));
            var search = new OrderSearch(compiled, standing);
            search.Run(Plan, new() { Seed = options.Seed, Tries = isNew ? options.Tries : 1 }, cancel);
            Plan = search.Result(now);
            (isStale, isNew) = (false, false);
            var starts = Starts(compiled, standing, now, withheld, out var isRefused);
            if (starts.Count > 0 || !isRefused)
            {
                isStale = starts.Count > 0;
                return starts;
            }
        }
    }

    /// <summary>When something is planned to start next, if nothing happens before: when to ask again.</summary>
    public DateTimeOffset? NextStart => Plan?.Operations is { Count: > 0 } operations ? operations.Min(one => one.MoveAt) : null;

    /// <summary>The due operations of the plan that can really start. Of jobs whose start is not safe nothing is planned any more until something has changed.</summary>
    private List<PlannedOperation> Starts(Shop compiled, Standing standing, DateTimeOffset now, HashSet<string> withheld, out bool isRefused)
    {
        var starts = new List<PlannedOperation>();
        var safe = new SafeState(compiled, standing);
        var places = new PlaceCount(compiled, begun, now);
        isRefused = false;
        foreach (var planned in Plan!.Operations)
        {
            var entry = jobs[planned.Job];
            if (planned.MoveAt > now || planned.Operation != entry.Runs.Count || (entry.Runs.Count > 0 && entry.Runs[^1].End is null) || !places.HasRoom(entry, planned))
                continue;
            if (safe.TryStart(compiled.JobAt(planned.Job), compiled.ResourceAt(planned.Resource, planned.Job)))
            {
                places.Take(entry, planned);
                starts.Add(planned);
            }
            else
                isRefused |= withheld.Add(planned.Job);
        }
        foreach (var planned in Plan.Operations)
            if (planned.MoveAt > now && TryAdvance(compiled, standing, planned, now, places) is { } earlier && safe.TryStart(compiled.JobAt(planned.Job), compiled.ResourceAt(planned.Resource, planned.Job)))
            {
                places.Take(jobs[planned.Job], earlier);
                starts.Add(earlier);
            }
        return starts;
    }

    /// <summary>An operation that could start at once on a resource which stands idle, though the plan keeps it for another: better to work than to wait, where the other
    /// is not more urgent, has no due time and no most wait, and this one neither keeps its place nor has a successor that must follow soon.</summary>
    private PlannedOperation? TryAdvance(Shop compiled, Standing standing, PlannedOperation planned, DateTimeOffset now, PlaceCount places)
    {
        var entry = jobs[planned.Job];
        var last = entry.Runs.Count > 0 ? entry.Runs[^1] : null;
        if (planned.Operation != entry.Runs.Count || last is { End: null } || entry.Job.Release > now || !places.HasRoom(entry, planned))
            return null;
        var (operation, isLast) = (entry.Job.Operations[planned.Operation], planned.Operation + 1 == entry.Job.Operations.Count);
        var earlier = planned with { MoveAt = now, Start = now + (planned.Start - planned.MoveAt), End = now + (planned.End - planned.MoveAt), FreeAt = now + (planned.End - planned.MoveAt) };
        if (!isLast && (operation.HoldsResource || entry.Job.Operations[planned.Operation + 1].MostWait is not null) || (last is not null && earlier.Start - last.End < operation.LeastWait))
            return null;
        var isFree = IsFree(compiled, standing, compiled.ResourceAt(planned.Resource, planned.Job), earlier.End - now)
            && (compiled.Transporter < 0 || earlier.Start == now || IsFree(compiled, standing, compiled.Transporter, earlier.Start - now));
        return isFree && !DelaysWhatMatters(entry, earlier) ? earlier : null;
    }

    private static bool IsFree(Shop compiled, Standing standing, int resource, TimeSpan span)
    {
        for (var place = compiled.FirstPlace[resource]; place < compiled.FirstPlace[resource + 1]; place++)
            if (standing.HeldBy[place] < 0 && standing.Calendars[place].Earliest(standing.Now, Shop.Of(span), 0, out _) == standing.Now)
                return true;
        return false;
    }

    private bool DelaysWhatMatters(Entry entry, PlannedOperation earlier)
    {
        foreach (var other in Plan!.Operations)
            if (other.Resource == earlier.Resource && other.MoveAt < earlier.End && other.Job != earlier.Job && jobs[other.Job].Job is var job
                && (job.Priority > entry.Job.Priority || job.Due is not null || job.Operations[other.Operation].MostWait is not null))
                return true;
        return false;
    }

    private void Resume(JobProgress progress)
    {
        var entry = Of(progress.Job);
        if (progress.Runs.Count > 0)
        {
            waiting.Remove(entry);
            begun.Add(entry);
            entry.Runs.AddRange(progress.Runs);
        }
        if (progress.IsAbandoned)
            Abandon(progress.Job);
        else if (progress.Runs.Count >= entry.Job.Operations.Count && progress.Runs[^1].End is not null)
            Remove(progress.Job);
    }

    // Time alone changes a plan when something is due, or is later than was expected.
    private bool Changes(Schedule plan, DateTimeOffset now)
    {
        if (now <= plan.At)
            return false;
        foreach (var planned in plan.Operations)
            if (planned.MoveAt <= now)
                return true;
        foreach (var entry in begun)
            if (entry.Runs[^1] is { End: null } run && run.Start + entry.Job.Operations[entry.Runs.Count - 1].Duration < now)
                return true;
        return false;
    }

    // A job that is withheld stands where it stands, as one that was given up does.
    private ScheduleState State(HashSet<string> withheld)
    {
        var progress = new List<JobProgress>(begun.Count + withheld.Count);
        foreach (var entry in begun)
            progress.Add(new(entry.Job.Name, entry.Runs) { IsAbandoned = entry.IsAbandoned, IsWithheld = withheld.Contains(entry.Job.Name) });
        foreach (var name in withheld)
            if (jobs[name].Runs.Count == 0)
                progress.Add(new(name, []) { IsWithheld = true });
        return new(progress, [.. outages.Values]);
    }

    private Entry Of(string job) => jobs.TryGetValue(job, out var entry) ? entry : throw ProblemCheck.UnknownJob(job);

    private static ProblemException State(string what, string job, string mend) => ProblemCheck.State(what, $"job {job}", mend);

    internal sealed class Entry(ShopJob job, long arrival)
    {
        public ShopJob Job => job;
        public List<OperationRun> Runs { get; } = [];
        public bool IsAbandoned { get; set; }
        private long Arrival => arrival;

        /// <summary>By priority, release and arrival.</summary>
        public static int InOrder(Entry a, Entry b) => a.Job.Priority != b.Job.Priority ? b.Job.Priority.CompareTo(a.Job.Priority)
            : a.Job.Release != b.Job.Release ? a.Job.Release.CompareTo(b.Job.Release) : a.Arrival.CompareTo(b.Arrival);
    }
}
