using Dure.Mqtt.Packets;

namespace Dure.Mqtt.Server;

/// <summary>A will on its way: published when <see cref="At"/> comes or the session ends, unless its client is back before.</summary>
internal sealed record DelayedWill(MqttWill Will, IMqttPrincipal Principal, DateTimeOffset At);

/// <summary>The wills that wait for their delay.</summary>
internal sealed class WillBook
{
    private readonly Lock gate = new();
    private readonly Dictionary<Session, DelayedWill> waiting = [];

    public void Put(Session session, DelayedWill will)
    {
        lock (gate)
            waiting[session] = will;
    }

    /// <summary>Takes a session's will out, if one waits.</summary>
    public DelayedWill? Take(Session session)
    {
        lock (gate)
            return waiting.Remove(session, out var will) ? will : null;
    }

    public List<DelayedWill> TakeDue(DateTimeOffset now)
    {
        var due = new List<DelayedWill>();
        lock (gate)
        {
            foreach (var (session, will) in waiting)
            {
                if (will.At > now)
                    continue;
                due.Add(will);
                waiting.Remove(session);
            }
        }
        return due;
    }
}
