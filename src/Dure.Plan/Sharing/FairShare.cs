using Dure.Kernel;

namespace Dure.Plan.Sharing;

/// <summary>What an organisation may have of a shared laboratory.</summary>
/// <param name="Weight">Its part against the others' weights, 1 to 1,000.</param>
/// <param name="Quota">The most resource time in any one period; null for no limit.</param>
public sealed record Share(string Owner, int Weight, TimeSpan? Quota = null);

/// <summary>An experiment that waits to enter.</summary>
/// <param name="Work">The resource time it is expected to take, summed over its operations.</param>
/// <param name="Priority">Among its owner's experiments the highest goes first, at equal ones the earliest.</param>
public sealed record ShareRequest(string Name, string Owner, TimeSpan Work, int Priority = 0);

/// <summary>Decides whose experiment enters a shared laboratory next: weighted fair queueing by resource time, with hard quotas for each period.</summary>
/// <remarks>Start-time fair queueing (Goyal, Vin and Cheng 1996): a request starts, in virtual time, where its owner's last one ended, but not before what is in
/// service; it ends its work divided by the weight later; the least start goes first. Between two owners who always wait, work by weight differs by at most
/// the largest request of each by its weight (their theorem 1), so that no owner starves; who comes back after a pause has saved nothing up and owes nothing.
/// Not safe for use by several threads at once.</remarks>
public sealed class FairShare
{
    private readonly SortedDictionary<string, Account> accounts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Account Account, ShareRequest Request, long Period)> entered = new(StringComparer.Ordinal);
    private readonly HashSet<string> waiting = new(StringComparer.Ordinal);
    private readonly TimeSpan period;
    private double virtualTime;
    private long arrivals, latestPeriod;

    /// <param name="period">How long a quota lasts; periods are counted from the first of January of the year 1, UTC.</param>
    /// <exception cref="ProblemException">An owner stands there twice, or a weight or quota is none.</exception>
    public FairShare(IReadOnlyList<Share> shares, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(period, TimeSpan.Zero);
        this.period = period;
        foreach (var share in shares)
        {
            if (share.Weight is < 1 or > 1_000)
                throw No("weight", $"A weight of {share.Weight} is none.", share.Owner, "State a weight from 1 to 1,000.");
            if (share.Quota <= TimeSpan.Zero)
                throw No("quota", $"A quota of {share.Quota} lets nothing in.", share.Owner, "State a longer one, or leave the owner out.");
            if (!accounts.TryAdd(share.Owner, new(share)))
                throw No("owner-twice", $"{share.Owner} has two shares.", share.Owner, "State one share for each owner.");
        }
    }

    /// <summary>How many requests wait.</summary>
    public int Waiting => waiting.Count;

    /// <exception cref="ProblemException">The owner has no share, the name was used, or the work can never fit the quota.</exception>
    public void Add(ShareRequest request)
    {
        if (!accounts.TryGetValue(request.Owner, out var account))
            throw No("no-share", $"{request.Owner} has no share of this laboratory.", request.Name, "Add a share for it.");
        if (request.Work <= TimeSpan.Zero)
            throw No("work", $"Work of {request.Work} is none.", request.Name, "State the resource time that it is expected to take.");
        if (request.Work > account.Share.Quota)
            throw No("over-quota", $"It takes {request.Work}, more than the whole quota of {account.Share.Quota} in a period of {period}.", request.Name, "Divide the experiment, or raise the quota.");
        if (entered.ContainsKey(request.Name) || !waiting.Add(request.Name))
            throw No("name-taken", "It waits or runs already.", request.Name, "Give each experiment its own name.");
        if (account.Queue.Count == 0)
            account.Start = Math.Max(virtualTime, account.End);
        account.Queue.Enqueue(request, (-(long)request.Priority, arrivals++));
    }

    /// <summary>The request that enters now, counted against its owner's share; null when none waits, or every owner who waits has used up its quota.</summary>
    public ShareRequest? TakeNext(DateTimeOffset now)
    {
        // A clock that goes back opens no quota again.
        var current = latestPeriod = Math.Max(latestPeriod, PeriodAt(now));
        Account? best = null;
        foreach (var account in accounts.Values)
            if (account.Queue.TryPeek(out var first, out _) && account.Left(current) >= first.Work && (best is null || account.Start < best.Start))
                best = account;
        if (best is null)
            return null;
        // Who is shut out by its quota is away, and saves nothing up either.
        foreach (var account in accounts.Values)
            if (account.Queue.TryPeek(out var first, out _) && account.Left(current) < first.Work)
                account.Start = Math.Max(account.Start, best.Start);
        var request = best.Queue.Dequeue();
        waiting.Remove(request.Name);
        virtualTime = Math.Max(virtualTime, best.Start);
        best.End = best.Start + request.Work.Ticks / (double)best.Share.Weight;
        best.Start = best.End;
        best.Use(current, request.Work);
        entered.Add(request.Name, (best, request, current));
        return request;
    }

    /// <summary>Says what an experiment that entered has really taken: its owner is charged the difference, also against the quota of the period in which it entered.</summary>
    /// <exception cref="ProblemException">It did not enter, or was settled before.</exception>
    public void Settle(string name, TimeSpan work)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(work, TimeSpan.Zero);
        if (!entered.Remove(name, out var found))
            throw No("not-entered", "It has not entered, or was settled.", name, "Settle each experiment once, after it has entered.");
        var (account, request, at) = found;
        var end = account.End + (work - request.Work).Ticks / (double)account.Share.Weight;
        // Where the next one starts later than the last ended, its owner was away: then only what is more moves it.
        account.Start = account.Start == account.End ? end : Math.Max(account.Start, end);
        account.End = end;
        account.Use(at, work - request.Work);
    }

    /// <summary>What an owner has used of the period in which a moment lies.</summary>
    /// <exception cref="ProblemException">The owner has no share.</exception>
    public TimeSpan Used(string owner, DateTimeOffset at) =>
        accounts.TryGetValue(owner, out var account) ? account.UsedIn(PeriodAt(at)) : throw No("no-share", $"{owner} has no share of this laboratory.", owner, "Add a share for it.");

    private long PeriodAt(DateTimeOffset at) => at.UtcTicks / period.Ticks;

    private static ProblemException No(string name, string what, string where, string mend) => new($"urn:dure:plan:{name}", what, where, mend);

    private sealed class Account(Share share)
    {
        private long usedPeriod = -1;
        private TimeSpan used;

        public Share Share => share;

        /// <summary>In virtual time: where its next request starts, and where its last one ended.</summary>
        public double Start, End;

        public PriorityQueue<ShareRequest, (long, long)> Queue { get; } = new();

        public TimeSpan UsedIn(long period) => period == usedPeriod ? used : TimeSpan.Zero;

        public TimeSpan Left(long period) => share.Quota is { } quota ? quota - UsedIn(period) : TimeSpan.MaxValue;

        // A correction for a period that is over changes nothing that is still asked for.
        public void Use(long period, TimeSpan work)
        {
            if (period < usedPeriod)
                return;
            (used, usedPeriod) = (UsedIn(period) + work, period);
        }
    }
}
