namespace Dure.Exchange.Handover;

/// <summary>How often something may be done under one name: so often at once, and once more as each pause passes.</summary>
internal sealed class Pace(int atOnce, TimeSpan pause, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, DateTimeOffset> paidUntil = new(StringComparer.Ordinal);

    /// <summary>Does it once, if it may be done now.</summary>
    public bool TryTake(string name)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            var until = paidUntil.TryGetValue(name, out var known) && known > now ? known : now;
            if (until - now > pause * (atOnce - 1))
                return false;
            paidUntil[name] = until + pause;
            return true;
        }
    }

    public void Forget(string name)
    {
        lock (gate)
            paidUntil.Remove(name);
    }
}
