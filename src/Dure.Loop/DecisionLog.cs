namespace Dure.Loop;

/// <summary>A decision as pages and commands show it.</summary>
public sealed record LoggedDecision(DecisionRecord Record, EntryReference Entry);

/// <summary>The newest decisions in memory and the counts of all; the ledger holds the whole.</summary>
public sealed class DecisionLog
{
    private const int MaxKept = 1000;
    private readonly Lock guard = new();
    private readonly Queue<LoggedDecision> newest = new();

    public long Total { get; private set; }
    public long Allowed { get; private set; }
    public long Refused { get; private set; }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<LoggedDecision> Recent
    {
        get
        {
            lock (guard)
                return [.. newest.Reverse()];
        }
    }

    /// <summary>Adds a decision, at its making or when the host rebuilds the log from the ledger.</summary>
    public void Add(DecisionRecord record, EntryReference entry)
    {
        lock (guard)
        {
            Total++;
            Allowed += record.Decision is Decision.Allowed ? 1 : 0;
            Refused += record.Decision is Decision.Refused ? 1 : 0;
            newest.Enqueue(new LoggedDecision(record, entry));
            if (newest.Count > MaxKept)
                newest.Dequeue();
        }
    }
}
