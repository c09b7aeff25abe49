using Dure.Kernel;

namespace Dure.Plan.Scheduling;

/// <summary>Looks for the order in which to place the jobs.</summary>
internal sealed class OrderSearch
{
    // A new order must be better than the old plan's by this share, or the old one is kept: people prepare for what was said.
    private const double WorthChanging = 0.99;

    private readonly Shop shop;
    private readonly Standing standing;
    private readonly JobPlacer placer;
    private readonly int[] holding, order;
    private readonly long[] doneAt;
    private readonly bool[] isPlaced;

    public OrderSearch(Shop shop, Standing standing)
    {
        (this.shop, this.standing, placer) = (shop, standing, new(shop, standing));
        (doneAt, isPlaced) = (new long[shop.JobCount], new bool[shop.JobCount]);
        var open = Enumerable.Range(0, shop.JobCount).Where(job => !standing.IsOut[job] && standing.Next[job] < shop.FirstOperation[job + 1]).ToArray();
        holding = Array.FindAll(open, job => standing.Place[job] >= 0);
        order = Array.FindAll(open, job => standing.Place[job] < 0);
    }

    public void Run(Schedule? previous, SchedulerOptions options, CancellationToken cancel)
    {
        var rank = RanksIn(previous);
        SortBy(holding, job => rank[job]);
        var (tries, old) = (0, (Order: order, Cost: double.PositiveInfinity));
        var best = old;
        foreach (var key in Keys(rank, hasPrevious: previous is not null))
        {
            if (tries++ == options.Tries)
                break;
            cancel.ThrowIfCancellationRequested();
            SortBy(order, key);
            var cost = Cost();
            if (cost < best.Cost)
                best = (order.ToArray(), cost);
            if (tries == 1 && previous is not null)
                old = best;
        }
        best.Order.CopyTo(order, 0);
        Improve(ref best, options.Tries - tries, new Random(options.Seed), cancel);
        (best.Cost < WorthChanging * old.Cost ? best : old).Order.CopyTo(order, 0);
        Cost();
    }

    public Schedule Result(DateTimeOffset now)
    {
        var planned = new List<PlannedOperation>();
        var unplanned = new List<UnplannedJob>();
        long tardiness = 0;
        var last = standing.Now;
        for (var job = 0; job < shop.JobCount; job++)
        {
            if (standing.IsOut[job])
                continue;
            var end = standing.ReadyAt[job];
            if (standing.Next[job] < shop.FirstOperation[job + 1])
            {
                for (var operation = standing.Next[job]; operation < placer.PlacedTo(job); operation++)
                    planned.Add(Planned(job, operation));
                if (!isPlaced[job])
                {
                    unplanned.Add(WaitReasons.Unplanned(shop, standing, job, placer.PlacedTo(job)));
                    continue;
                }
                end = doneAt[job];
            }
            tardiness += Math.Max(0, end - shop.Due[job]);
            last = Math.Max(last, end);
        }
        planned.Sort(static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.MoveAt != b.MoveAt ? a.MoveAt.CompareTo(b.MoveAt) : string.CompareOrdinal(a.Job, b.Job));
        return new(now, planned, unplanned)
        {
            Makespan = TimeSpan.FromMicroseconds(last - standing.Now),
            Tardiness = TimeSpan.FromMicroseconds(tardiness),
            Reasons = new(shop, standing),
            Order = [.. holding.Concat(order).Select(job => shop.Problem.Jobs[job].Name)],
        };
    }

    /// <summary>Moves one job at a time among those of its priority, and keeps what does no harm.</summary>
    private void Improve(ref (int[] Order, double Cost) best, int tries, Random random, CancellationToken cancel)
    {
        if (order.Length < 2)
            return;
        for (; tries > 0; tries--)
        {
            cancel.ThrowIfCancellationRequested();
            var from = random.Next(order.Length);
            var (low, high) = SamePriority(from);
            if (high - low < 2)
                continue;
            var to = low + random.Next(high - low);
            if (to == from)
                continue;
            Move(from, to);
            var cost = Cost();
            if (cost <= best.Cost)
                best = (order.ToArray(), cost);
            else
                Move(to, from);
        }
    }

    /// <summary>Places all jobs in the order. What is to be little: the end of all, lateness, the mean end of jobs and the age of samples, in microseconds.</summary>
    private double Cost()
    {
        placer.Reset();
        Array.Clear(isPlaced);
        PlaceHolding();
        foreach (var job in order)
            Place(job);
        double late = 0, ends = 0, ages = 0, missing = 0;
        var last = standing.Now;
        Add(holding);
        Add(order);
        var count = Math.Max(1, holding.Length + order.Length);
        return last - standing.Now + (4 * late + 0.25 * ends + 0.25 * ages) / count + missing * Shop.Never;

        void Add(int[] jobs)
        {
            foreach (var job in jobs)
            {
                if (!isPlaced[job])
                {
                    missing++;
                    continue;
                }
                var (first, done) = (standing.Next[job], doneAt[job]);
                last = Math.Max(last, done);
                late += Math.Max(0, done - shop.Due[job]);
                ends += done - standing.Now;
                ages += done - (standing.Resource[job] >= 0 ? standing.Now : placer.Start[first]);
            }
        }
    }

    /// <summary>Samples that keep places go first, in any order that lets each of them go on while the rest stay where they are: the banker's order (Dijkstra 1965).
    /// To place one only frees places, so that taking the first that can go never shuts the way for another. Where none can go to its end, one goes
    /// as far as it must to leave its place free.</summary>
    private void PlaceHolding()
    {
        for (var isMoving = true; isMoving;)
        {
            isMoving = false;
            foreach (var job in holding)
                isMoving |= !isPlaced[job] && Place(job);
            for (var i = 0; i < holding.Length && !isMoving; i++)
                isMoving = !isPlaced[holding[i]] && placer.PlacedTo(holding[i]) == standing.Next[holding[i]] && placer.PlaceUntilFree(holding[i]);
        }
    }

    private bool Place(int job)
    {
        doneAt[job] = placer.Place(job);
        return isPlaced[job] = doneAt[job] < Shop.Never;
    }

    private PlannedOperation Planned(int job, int operation) => new(shop.Problem.Jobs[job].Name, operation - shop.FirstOperation[job], shop.NameOf(placer.Resource[operation]),
        Micros.Time(placer.MoveAt[operation]), Micros.Time(placer.Start[operation]), Micros.Time(placer.Start[operation] + shop.Duration[operation]), Micros.Time(placer.FreeAt[operation]))
    { IsOverdue = placer.IsOverdue[operation] };

    /// <summary>What to sort by for the first orders: the old plan's, the given one, by due time, long jobs first, short jobs first.</summary>
    private IEnumerable<Func<int, long>> Keys(long[] rank, bool hasPrevious)
    {
        if (hasPrevious)
            yield return job => rank[job];
        yield return job => shop.Release[job];
        yield return job => shop.Due[job];
        var work = new long[shop.JobCount];
        for (var job = 0; job < work.Length; job++)
            for (var operation = standing.Next[job]; operation < shop.FirstOperation[job + 1]; operation++)
                work[job] += shop.Duration[operation] + shop.LeastWait[operation];
        yield return job => -work[job];
        yield return job => work[job];
    }

    private long[] RanksIn(Schedule? previous)
    {
        var rank = new long[shop.JobCount];
        Array.Fill(rank, long.MaxValue);
        for (var i = 0; i < previous?.Order.Length; i++)
            if (shop.TryJob(previous.Order[i], out var job))
                rank[job] = i;
        return rank;
    }

    private void SortBy(int[] jobs, Func<int, long> key) => Array.Sort(jobs, (a, b) =>
    {
        var byPriority = shop.Priority[b].CompareTo(shop.Priority[a]);
        var byKey = byPriority != 0 ? byPriority : key(a).CompareTo(key(b));
        return byKey != 0 ? byKey : a.CompareTo(b);
    });

    private (int Low, int High) SamePriority(int at)
    {
        var (low, high) = (at, at + 1);
        while (low > 0 && shop.Priority[order[low - 1]] == shop.Priority[order[at]])
            low--;
        while (high < order.Length && shop.Priority[order[high]] == shop.Priority[order[at]])
            high++;
        return (low, high);
    }

    private void Move(int from, int to)
    {
        var job = order[from];
        if (from < to)
            Array.Copy(order, from + 1, order, from, to - from);
        else
            Array.Copy(order, to, order, to + 1, from - to);
        order[to] = job;
    }
}
