using Dure.Mqtt.Server.Routing;
using Dure.Mqtt.Server.Sessions;
using Dure.Mqtt.Server.Store;

namespace Dure.Mqtt.Server;

/// <summary>To the log and back.</summary>
internal sealed partial class Session
{
    /// <summary>Takes over what the log tells, and returns the subscriptions to put into the tree.</summary>
    public List<Subscription> Restore(RestoredSession kept, DateTimeOffset now)
    {
        (LogNumber, ExpirySeconds, lastSequence) = (kept.Number, kept.ExpirySeconds, kept.LastSequence);
        // Connected when the node stopped: the time to its expiry starts now.
        DetachedAt = kept.ClosedAt == 0 ? now : DateTimeOffset.FromUnixTimeMilliseconds(kept.ClosedAt);
        foreach (var (filter, (asked, id)) in kept.Subscriptions)
            subscriptions[filter] = new Subscription(this, asked, id);
        foreach (var outgoing in kept.Outgoing.Values)
        {
            pending.Enqueue(outgoing);
            if (outgoing.PacketId != 0)
                window.Reserve(outgoing.PacketId);
            if (outgoing.Message is { } message)
                Hold(message);
        }
        ReportQueued();
        if (kept.Incoming.Count > 0)
            incoming = kept.Incoming;
        return [.. subscriptions.Values];
    }

    /// <summary>Writes everything down again, for a log that starts anew.</summary>
    public void WriteAll()
    {
        lock (gate)
        {
            if (isEnded || Log is not { } to)
                return;
            to.Snapshot(this, DetachedAt, subscriptions.Values, [.. window.All(), .. pending], incoming ?? []);
        }
    }
}
