using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>A time before which no plan at all can be done: what a makespan is to be compared with.</summary>
/// <param name="Makespan">From now on, for jobs of which nothing has begun.</param>
/// <param name="Because">The chain of one job, or the load of resources, that makes it so.</param>
public sealed record ScheduleBound(TimeSpan Makespan, string Because)
{
    // Each limit gives a true bound; more of them cost time and gain next to nothing.
    private const int MostLimits = 64;

    /// <summary>The greatest of two kinds of bound. Chain: release, durations, least waits and shortest ways of a job. Load: for the operations that only the resources of
    /// a set can do, and of these those with a long rest of the job after them: the earliest start, the time that the set's capacity outside maintenance needs for
    /// them, the shortest rest (heads and tails as in Jackson's bound, Carlier 1982, with capacity).</summary>
    /// <exception cref="ProblemException">The problem can never be scheduled.</exception>
    public static ScheduleBound Of(ScheduleProblem problem, DateTimeOffset now)
    {
        var shop = new Shop(problem);
        var start = Shop.NotBefore(now);
        var spans = Spans(shop, start);
        var best = Chain(shop, spans, start);
        foreach (var set in Sets(shop))
        {
            var bound = Load(shop, spans, start, set);
            if (bound > best.Makespan)
                best = new(bound, $"load of {string.Join(", ", set.Select(shop.NameOf))}");
        }
        if (shop.Transporter >= 0 && Carrying(shop, spans, start) is var carried && carried > best.Makespan)
            best = new(carried, $"load of {shop.NameOf(shop.Transporter)}");
        return best;
    }

    /// <summary>What an operation needs at least: its place from Head on, taken for Taken, and Tail after that until the end of the job. In microseconds.</summary>
    private readonly record struct Need(long Head, long Taken, long Tail);

    private static (Need[] Places, Need[] Ways) Spans(Shop shop, long start)
    {
        var (places, ways) = (new Need[shop.Duration.Length], new Need[shop.Duration.Length]);
        for (var job = 0; job < shop.JobCount; job++)
        {
            var (first, end) = (shop.FirstOperation[job], shop.FirstOperation[job + 1]);
            var from = Math.Max(start, shop.Release[job]);
            for (var operation = first; operation < end; operation++)
            {
                var way = operation == first ? 0 : LeastWay(shop, operation);
                from += operation == first ? 0 : Math.Max(shop.LeastWait[operation], way);
                places[operation] = new(from - way, way + shop.Duration[operation], 0);
                ways[operation] = new(from - way, way, 0);
                from += shop.Duration[operation];
            }
            long tail = 0;
            for (var operation = end - 1; operation >= first; operation--)
            {
                var wait = operation == end - 1 ? 0 : Math.Max(shop.LeastWait[operation + 1], LeastWay(shop, operation + 1));
                var held = shop.Holds[operation] ? wait : 0;
                places[operation] = places[operation] with { Taken = places[operation].Taken + held, Tail = tail + wait - held };
                tail += wait + shop.Duration[operation];
                ways[operation] = ways[operation] with { Tail = tail };
            }
        }
        return (places, ways);
    }

    private static long LeastWay(Shop shop, int operation)
    {
        var least = Shop.Never;
        foreach (var from in shop.Alternatives[operation - 1])
            foreach (var to in shop.Alternatives[operation])
                least = Math.Min(least, shop.TransportTime(from, to));
        return least;
    }

    private static ScheduleBound Chain(Shop shop, (Need[] Places, Need[] Ways) spans, long start)
    {
        var best = new ScheduleBound(TimeSpan.Zero, "nothing is to be done");
        for (var operation = 0; operation < spans.Places.Length; operation++)
            if (TimeSpan.FromMicroseconds(spans.Places[operation] is var need ? need.Head + need.Taken + need.Tail - start : 0) is var length && length > best.Makespan)
                best = best with { Makespan = length };
        for (var job = 0; job < shop.JobCount; job++)
            if (spans.Places[shop.FirstOperation[job]] is var need && TimeSpan.FromMicroseconds(need.Head + need.Taken + need.Tail - start) == best.Makespan)
                return best with { Because = $"chain of job {shop.Problem.Jobs[job].Name}" };
        return best;
    }

    /// <summary>Every resource alone, and every set of alternatives that occurs.</summary>
    private static IEnumerable<int[]> Sets(Shop shop) =>
        Enumerable.Range(0, shop.ResourceCount).Select(r => new[] { r }).Concat(shop.Alternatives.Select(set => set.Distinct().Order().ToArray()))
            .DistinctBy(set => string.Join(' ', set), StringComparer.Ordinal);

    private static TimeSpan Load(Shop shop, (Need[] Places, Need[] Ways) spans, long start, int[] set)
    {
        var within = new List<Need>();
        for (var operation = 0; operation < shop.Alternatives.Length; operation++)
            if (Array.TrueForAll(shop.Alternatives[operation], r => Array.IndexOf(set, r) >= 0))
                within.Add(spans.Places[operation]);
        return Load(shop, within, start, set);
    }

    private static TimeSpan Carrying(Shop shop, (Need[] Places, Need[] Ways) spans, long start) =>
        Load(shop, [.. spans.Ways.Where(way => way.Taken > 0)], start, [shop.Transporter]);

    private static TimeSpan Load(Shop shop, List<Need> needs, long start, int[] set)
    {
        var tails = needs.Select(need => need.Tail).Distinct().Order().ToArray();
        needs.Sort(static (a, b) => b.Head.CompareTo(a.Head));
        var working = Working(shop, set);
        var best = start;
        for (var i = 0; i < tails.Length; i += 1 + tails.Length / MostLimits)
        {
            long load = 0;
            for (var k = 0; k < needs.Count; k++)
            {
                load += needs[k].Tail >= tails[i] ? needs[k].Taken : 0;
                if (load > 0 && (k + 1 == needs.Count || needs[k + 1].Head < needs[k].Head))
                    best = Math.Max(best, Worked(working, needs[k].Head, load) + tails[i]);
            }
        }
        return TimeSpan.FromMicroseconds(best - start);
    }

    /// <summary>From when on how many places of a set are not in maintenance.</summary>
    private static (long From, long Places)[] Working(Shop shop, int[] set)
    {
        var windows = set.SelectMany(r => shop.Problem.Resources[r].Maintenance.Select(window => (Resource: r, From: Micros.Of(window.Start), To: Shop.EndOf(window)))).ToArray();
        return [.. windows.SelectMany(window => new[] { window.From, window.To }).Append(long.MinValue).Distinct().Order()
            .Select(time => (time, set.Sum(r => Array.Exists(windows, window => window.Resource == r && window.From <= time && time < window.To) ? 0L : shop.FirstPlace[r + 1] - shop.FirstPlace[r])))];
    }

    /// <summary>When a load that comes at a moment is worked off, all places working whenever there is no maintenance.</summary>
    private static long Worked((long From, long Places)[] working, long from, long load)
    {
        for (var i = 0; i < working.Length; i++)
        {
            var (end, places) = (i + 1 < working.Length ? working[i + 1].From : Shop.Never, working[i].Places);
            if (end <= from)
                continue;
            if (places > 0 && (load + places - 1) / places is var time && time <= end - from)
                return from + time;
            load -= (end - from) * places;
            from = end;
        }
        return from;
    }
}
