using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>What opportunistic first-come-first-served does, as laboratory orchestrators commonly do: whenever something is free, the earliest job whose next operation could
/// start does so on the first resource that can. It looks at nothing to come: it can deadlock, breaks most waits, and lets samples that keep their places stand there through maintenance. A baseline to compare plans with.</summary>
public static class FifoBaseline
{
    /// <summary>Runs all jobs from the beginning, as planned durations say; jobs that end up waiting for each other are left unplanned.</summary>
    /// <exception cref="ProblemException">The problem can never be scheduled.</exception>
    public static Schedule Run(ScheduleProblem problem, DateTimeOffset now, CancellationToken cancel)
    {
        var run = new FifoRun(new(problem), Shop.NotBefore(now));
        while (run.StartAll())
            cancel.ThrowIfCancellationRequested();
        return run.Result(now);
    }

    private sealed class FifoRun(Shop shop, long start)
    {
        private readonly Calendar[] calendars = shop.EmptyCalendars();
        private readonly int[] next = shop.FirstOperation[..^1], at = new int[shop.JobCount], kept = Kept(shop.JobCount);
        private readonly long[] ended = new long[shop.JobCount], freeAt = new long[shop.PlaceCount];
        private readonly List<int> open = [.. Enumerable.Range(0, shop.JobCount).OrderByDescending(job => shop.Priority[job])];
        private readonly List<(int Job, PlannedOperation Operation)> done = [];
        private long now = start;

        /// <summary>Starts all that can start now, and turns the clock on; false when nothing will ever change.</summary>
        public bool StartAll()
        {
            for (var i = 0; i < open.Count; i++)
                if (TryStart(open[i]))
                {
                    if (next[open[i]] == shop.FirstOperation[open[i] + 1])
                        open.RemoveAt(i);
                    // A place has come free, perhaps for an earlier job.
                    i = -1;
                }
            var later = Shop.Never;
            foreach (var free in freeAt)
                later = Sooner(later, free);
            foreach (var resource in shop.Problem.Resources)
                foreach (var window in resource.Maintenance)
                    later = Sooner(later, Shop.EndOf(window));
            foreach (var job in open)
                foreach (var resource in shop.Alternatives[next[job]])
                    later = Sooner(later, MoveFrom(job, resource));
            now = later;
            return open.Count > 0 && later < Shop.Never;
        }

        public Schedule Result(DateTimeOffset from)
        {
            var sorted = done.Select(one => one.Operation).OrderBy(one => one.Start).ToArray();
            var late = done.Where(one => shop.IsLast(one.Job, shop.FirstOperation[one.Job] + one.Operation.Operation)).Sum(one => Math.Max(0, Micros.Of(one.Operation.End) - shop.Due[one.Job]));
            return new(from, sorted, [.. open.Select(job => new UnplannedJob(shop.Problem.Jobs[job].Name, next[job] - shop.FirstOperation[job], "Waits for ever: others wait for its place while it waits for theirs."))])
            {
                Makespan = sorted.Length == 0 ? TimeSpan.Zero : sorted.Max(one => one.End) - from,
                Tardiness = TimeSpan.FromMicroseconds(late),
            };
        }

        private static int[] Kept(int jobs)
        {
            var kept = new int[jobs];
            Array.Fill(kept, -1);
            return kept;
        }

        private bool IsFirst(int job) => next[job] == shop.FirstOperation[job];

        /// <summary>From when on the job itself allows its sample to be fetched.</summary>
        private long MoveFrom(int job, int resource) => IsFirst(job) ? shop.Release[job]
            : Math.Max(ended[job], ended[job] + shop.LeastWait[next[job]] - shop.TransportTime(at[job], resource));

        private long Sooner(long later, long time) => time > now && time < later ? time : later;

        private bool TryStart(int job)
        {
            var operation = next[job];
            foreach (var resource in shop.Alternatives[operation])
            {
                if (MoveFrom(job, resource) > now)
                    continue;
                var way = IsFirst(job) ? 0 : shop.TransportTime(at[job], resource);
                var isStaying = kept[job] >= 0 && at[job] == resource;
                var place = isStaying ? kept[job] : FreePlace(resource, way + shop.Duration[operation]);
                var carrier = way > 0 && shop.Transporter >= 0 ? FreePlace(shop.Transporter, way) : -1;
                if (place < 0 || (carrier < 0 && way > 0 && shop.Transporter >= 0))
                    continue;
                Start(job, operation, resource, place, carrier, way);
                return true;
            }
            return false;
        }

        private int FreePlace(int resource, long length)
        {
            for (var place = shop.FirstPlace[resource]; place < shop.FirstPlace[resource + 1]; place++)
                if (freeAt[place] <= now && calendars[place].Earliest(now, length, 0, out _) == now)
                    return place;
            return -1;
        }

        private void Start(int job, int operation, int resource, int place, int carrier, long way)
        {
            var (begin, end) = (now + way, now + way + shop.Duration[operation]);
            if (kept[job] >= 0 && kept[job] != place)
                freeAt[kept[job]] = begin + 1;
            if (carrier >= 0)
                freeAt[carrier] = begin;
            var isKept = shop.Holds[operation] && !shop.IsLast(job, operation);
            (freeAt[place], kept[job]) = isKept ? (Shop.Never, place) : (end, -1);
            var isOverdue = !IsFirst(job) && begin - ended[job] > shop.MostWait[operation];
            done.Add((job, new(shop.Problem.Jobs[job].Name, operation - shop.FirstOperation[job], shop.NameOf(resource), Micros.Time(now), Micros.Time(begin), Micros.Time(end), Micros.Time(end)) { IsOverdue = isOverdue }));
            (ended[job], at[job], next[job]) = (end, resource, operation + 1);
        }
    }
}
