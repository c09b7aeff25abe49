namespace Dure.Historian.Mqtt;

/// <summary>
/// When a message came: the time of its samples that have none of their own. No two such samples get the same time, since of two samples at
/// one time only one stays.
/// </summary>
internal sealed class Arrival
{
    // Given times run ahead of the clock while more come than microseconds pass. So far ahead the clock was rather set back.
    private const long FarthestAhead = 10_000_000;

    private long at;
    private bool isStale;
    private bool isUsed;

    /// <summary>The latest time given.</summary>
    public long Latest { get; private set; } = long.MinValue;

    /// <summary>The present as a time that was not given yet.</summary>
    public long Next(long now) => Latest >= now && !IsFarAhead(now) ? Latest + 1 : now;

    /// <param name="received">The time of the message's first sample.</param>
    /// <param name="hasBeenTold">The message was told before: its samples without a time are not new.</param>
    public void Begin(long received, bool hasBeenTold)
    {
        (at, isStale, isUsed) = (received, hasBeenTold, false);
        if (IsFarAhead(received))
            Latest = received;
    }

    /// <summary>Goes on to the next element of a list, which may be another sample of the same item.</summary>
    public void Step()
    {
        if (isUsed)
            at++;
        isUsed = false;
    }

    /// <summary>The time of a sample: its own, or when it came. False: it has none and is not new.</summary>
    public bool TryTime(long? own, out long time)
    {
        time = own ?? at;
        if (own is not null)
            return true;
        if (isStale)
            return false;
        isUsed = true;
        Latest = Math.Max(Latest, at);
        return true;
    }

    private bool IsFarAhead(long now) => Latest > now && Latest - now >= FarthestAhead;
}
