namespace Dure.Plan.Scheduling;

/// <summary>Places whole jobs, one after another, each as early as what is placed already allows.</summary>
/// <remarks>A sample that keeps its place frees it a microsecond after it stands in the next one. So of samples that wait for each other's places one would have to
/// start before itself: what is placed cannot deadlock.</remarks>
internal sealed class JobPlacer
{
    // Past so many steps back a job goes behind everything.
    private const int MostStepsBack = 2_000;

    private readonly Shop shop;
    private readonly Standing standing;
    private readonly Calendar[] calendars;
    private readonly int[] heldBy;

    // By operation of the job that is being placed.
    private readonly Spot[] spots;
    private readonly long[] notBefore, freeUntilAtLeast;
    private Origin before;

    // By job: its first operation that is not placed.
    private readonly int[] placed;

    public JobPlacer(Shop shop, Standing standing)
    {
        (this.shop, this.standing) = (shop, standing);
        calendars = new Calendar[shop.PlaceCount];
        for (var place = 0; place < calendars.Length; place++)
            calendars[place] = new();
        (heldBy, placed) = (new int[shop.PlaceCount], new int[shop.JobCount]);
        var operations = shop.Duration.Length;
        (Start, MoveAt, FreeAt, Resource, IsOverdue) = (new long[operations], new long[operations], new long[operations], new int[operations], new bool[operations]);
        var longest = 0;
        for (var job = 0; job < shop.JobCount; job++)
            longest = Math.Max(longest, shop.FirstOperation[job + 1] - shop.FirstOperation[job]);
        (spots, notBefore, freeUntilAtLeast) = (new Spot[longest], new long[longest], new long[longest]);
    }

    public long[] Start { get; }
    public long[] MoveAt { get; }
    public long[] FreeAt { get; }
    public int[] Resource { get; }
    public bool[] IsOverdue { get; }

    public void Reset()
    {
        for (var place = 0; place < calendars.Length; place++)
            calendars[place].CopyFrom(standing.Calendars[place]);
        standing.HeldBy.CopyTo(heldBy, 0);
        standing.Next.CopyTo(placed, 0);
    }

    /// <summary>When the last operation ends; <see cref="Shop.Never"/>, and nothing taken, when there is no way to place what is left of the job.</summary>
    public long Place(int job)
    {
        var end = shop.FirstOperation[job + 1];
        return placed[job] == end ? Done(job) : TryPlace(job, end) ? Done(job) : Shop.Never;
    }

    /// <summary>Places a job only up to the first operation whose end leaves its place free; false, and nothing taken, when there is no way.</summary>
    public bool PlaceUntilFree(int job)
    {
        var end = placed[job] + 1;
        while (end < shop.FirstOperation[job + 1] && shop.Holds[end - 1])
            end++;
        return TryPlace(job, end);
    }

    /// <summary>The first operation of a job that is not placed.</summary>
    public int PlacedTo(int job) => placed[job];

    private long Done(int job) => placed[job] is var next && next == standing.Next[job] ? standing.ReadyAt[job] : Start[next - 1] + shop.Duration[next - 1];

    private bool TryPlace(int job, int end)
    {
        var first = placed[job];
        before = first == standing.Next[job] ? new(standing.Resource[job], standing.Place[job], standing.ReadyAt[job]) : new(Resource[first - 1], -1, Done(job));
        Array.Clear(notBefore, 0, end - first);
        Array.Clear(freeUntilAtLeast, 0, end - first);
        notBefore[0] = Math.Max(standing.Now, shop.Release[job]);
        if (!Find(job, first, end - first))
            return false;
        Keep(first, end - first);
        placed[job] = end;
        return true;
    }

    private bool Find(int job, int first, int count)
    {
        var stepsBack = 0;
        for (var i = 0; i < count;)
        {
            var isFound = Pick(job, first, i);
            if (isFound ? !Fits(first, i) : i > 0 && freeUntilAtLeast[i - 1] > spots[i - 1].FreeUntil)
            {
                i--;
                if (++stepsBack == MostStepsBack)
                {
                    (i, notBefore[0]) = (0, Math.Max(notBefore[0], Behind()));
                    Array.Clear(notBefore, 1, count - 1);
                    Array.Clear(freeUntilAtLeast, 0, count);
                }
                else if (stepsBack > 2 * MostStepsBack)
                    return false;
            }
            else if (!isFound)
                return false;
            else
                i++;
        }
        return true;
    }

    /// <summary>Whether the operation before may wait for this one where it was put; else says what it needs.</summary>
    private bool Fits(int first, int i)
    {
        if (i == 0)
            return true;
        var before = first + i - 1;
        if (spots[i].Start - (spots[i - 1].Start + shop.Duration[before]) > shop.MostWait[before + 1])
        {
            notBefore[i - 1] = spots[i].Start - shop.MostWait[before + 1] - shop.Duration[before];
            return false;
        }
        if (shop.Holds[before] && spots[i].Place != spots[i - 1].Place && spots[i - 1].FreeUntil <= spots[i].Start)
        {
            freeUntilAtLeast[i - 1] = spots[i].Start + 1;
            return false;
        }
        return true;
    }

    /// <summary>The earliest spot for an operation after the one before it.</summary>
    private bool Pick(int job, int first, int i)
    {
        var operation = first + i;
        var (from, fromPlace, ready) = i == 0 ? before
            : new(spots[i - 1].Resource, shop.Holds[operation - 1] ? spots[i - 1].Place : -1, spots[i - 1].Start + shop.Duration[operation - 1]);
        var best = new Spot(-1, -1, -1, Shop.Never, Shop.Never, 0);
        foreach (var resource in shop.Alternatives[operation])
        {
            var transport = shop.TransportTime(from, resource);
            if (i > 0 && transport > shop.MostWait[operation])
                continue;
            var earliest = Math.Max(notBefore[i], from < 0 ? notBefore[i] : Math.Max(ready + Math.Max(shop.LeastWait[operation], transport), standing.Now + transport));
            for (var place = shop.FirstPlace[resource]; place < shop.FirstPlace[resource + 1] && best.Start > earliest; place++)
            {
                if (place == fromPlace && i > 0)
                    Stay(i, operation, earliest: Math.Max(notBefore[i], ready + shop.LeastWait[operation]), ref best);
                else if (heldBy[place] < 0 || heldBy[place] == job)
                    Try(operation, resource, place, earliest, place == fromPlace ? 0 : transport, freeUntilAtLeast[i], ref best);
            }
        }
        spots[i] = best;
        return best.Place >= 0;
    }

    /// <summary>The sample stays where it is, if the span that was found for the operation before is long enough; else asks for a longer one.</summary>
    private void Stay(int i, int operation, long earliest, ref Spot best)
    {
        var end = Math.Max(earliest + shop.Duration[operation], freeUntilAtLeast[i]);
        ref var before = ref spots[i - 1];
        if (end > before.FreeUntil)
        {
            if (best.Place < 0)
                freeUntilAtLeast[i - 1] = end;
        }
        else if (earliest < best.Start)
            best = before with { Start = earliest, MoveAt = earliest, Carrier = -1 };
    }

    private void Try(int operation, int resource, int place, long earliest, long transport, long until, ref Spot best)
    {
        var (moveAt, carrier) = (earliest - transport, -1);
        while (true)
        {
            moveAt = calendars[place].Earliest(moveAt, transport + shop.Duration[operation], until, out var freeUntil);
            if (moveAt + transport >= best.Start)
                return;
            if (transport > 0 && shop.Transporter >= 0)
            {
                var carriedAt = Carried(moveAt, transport, out carrier);
                if (carriedAt > moveAt)
                {
                    moveAt = carriedAt;
                    continue;
                }
            }
            best = new(resource, place, carrier, moveAt + transport, freeUntil, moveAt);
            return;
        }
    }

    private long Carried(long from, long transport, out int carrier)
    {
        var best = Shop.Never;
        carrier = -1;
        for (var place = shop.FirstPlace[shop.Transporter]; place < shop.FirstPlace[shop.Transporter + 1] && best > from; place++)
            if (calendars[place].Earliest(from, transport, 0, out _) is var at && at < best)
                (best, carrier) = (at, place);
        return best;
    }

    private void Keep(int first, int count)
    {
        if (before.Place is >= 0 and var held)
        {
            heldBy[held] = -1;
            calendars[held].Take(standing.Now, spots[0].Place == held ? spots[0].Start : spots[0].Start + 1);
        }
        Array.Clear(IsOverdue, first, count);
        for (var i = 0; i < count; i++)
        {
            ref var spot = ref spots[i];
            var operation = first + i;
            var end = spot.Start + shop.Duration[operation];
            if (shop.Holds[operation] && i + 1 < count)
                end = spots[i + 1].Place == spot.Place ? spots[i + 1].Start : spots[i + 1].Start + 1;
            calendars[spot.Place].Take(spot.MoveAt, end);
            if (spot.Carrier >= 0)
                calendars[spot.Carrier].Take(spot.MoveAt, spot.Start);
            (Start[operation], MoveAt[operation], FreeAt[operation], Resource[operation]) = (spot.Start, spot.MoveAt, end, spot.Resource);
        }
        IsOverdue[first] = before.Resource >= 0 && spots[0].Start - before.ReadyAt > shop.MostWait[first];
    }

    private long Behind()
    {
        var last = standing.Now;
        foreach (var calendar in calendars)
            if (calendar.LastEnd < Shop.Never)
                last = Math.Max(last, calendar.LastEnd);
        return last;
    }

    /// <summary>Where the sample is before the operations that are being placed: on which resource, in which place if it keeps one, free to go from when.</summary>
    private readonly record struct Origin(int Resource, int Place, long ReadyAt);

    private readonly record struct Spot(int Resource, int Place, int Carrier, long Start, long FreeUntil, long MoveAt);
}
