namespace Dure.Plan.Scheduling;

/// <summary>Whether samples that keep their places can all still reach a place they need not keep, one after another: the banker's algorithm (Dijkstra 1965).
/// From a safe state a plan always exists; a start that leaves one is held back. What has failed counts as if it worked: it will, and samples must not have
/// shut each other in until then.</summary>
internal sealed class SafeState
{
    private readonly Shop shop;
    private readonly int[] free, next, at;
    private readonly bool[] keeps, isDone, reached, reachedNext;

    public SafeState(Shop shop, Standing standing)
    {
        this.shop = shop;
        (next, at) = ((int[])standing.Next.Clone(), (int[])standing.Resource.Clone());
        (keeps, isDone) = (new bool[shop.JobCount], new bool[shop.JobCount]);
        (free, reached, reachedNext) = (new int[shop.ResourceCount], new bool[shop.ResourceCount], new bool[shop.ResourceCount]);
        for (var resource = 0; resource < free.Length; resource++)
            for (var place = shop.FirstPlace[resource]; place < shop.FirstPlace[resource + 1]; place++)
                free[resource] += standing.HeldBy[place] < 0 && (standing.Calendars[place].LastEnd < Shop.Never || standing.HasFailed[resource]) ? 1 : 0;
        for (var job = 0; job < keeps.Length; job++)
            keeps[job] = standing.Place[job] >= 0 && !standing.IsAbandoned[job];
        Stuck = CountStuck();
    }

    /// <summary>How many samples cannot move on whatever happens.</summary>
    public int Stuck { get; private set; }

    /// <summary>Starts the next operation of a job unless more samples were stuck then; whether it did.</summary>
    public bool TryStart(int job, int resource)
    {
        var (keptBefore, atBefore) = (keeps[job], at[job]);
        Move(job, resource, keeps: shop.Holds[next[job]] && !shop.IsLast(job, next[job]), by: 1);
        var stuck = CountStuck();
        if (stuck <= Stuck)
        {
            Stuck = stuck;
            return true;
        }
        Move(job, atBefore, keptBefore, by: -1);
        return false;
    }

    private void Move(int job, int resource, bool keeps, int by)
    {
        if (this.keeps[job])
            free[at[job]]++;
        if (keeps)
            free[resource]--;
        (this.keeps[job], at[job], next[job]) = (keeps, resource, next[job] + by);
    }

    private int CountStuck()
    {
        Array.Clear(isDone);
        var stuck = 0;
        foreach (var isKeeping in keeps)
            stuck += isKeeping ? 1 : 0;
        for (var isMoving = true; isMoving && stuck > 0;)
        {
            isMoving = false;
            for (var job = 0; job < keeps.Length; job++)
            {
                if (!keeps[job] || isDone[job] || !CanLeave(job))
                    continue;
                (isDone[job], isMoving) = (true, true);
                free[at[job]]++;
                stuck--;
            }
        }
        for (var job = 0; job < keeps.Length; job++)
            free[Math.Max(0, at[job])] -= isDone[job] ? 1 : 0;
        return stuck;
    }

    /// <summary>Whether one sample can go on, the others staying, until it keeps no place.</summary>
    private bool CanLeave(int job)
    {
        Array.Clear(reached);
        reached[at[job]] = true;
        for (var operation = next[job]; ; operation++)
        {
            Array.Clear(reachedNext);
            var isPossible = false;
            foreach (var resource in shop.Alternatives[operation])
                // Its own first place is free again once it has left it.
                if (reached[resource] || free[resource] > 0 || resource == at[job])
                    isPossible = reachedNext[resource] = true;
            if (!isPossible)
                return false;
            if (!shop.Holds[operation] || shop.IsLast(job, operation))
                return true;
            reachedNext.CopyTo(reached, 0);
        }
    }
}
