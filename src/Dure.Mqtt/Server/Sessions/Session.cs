using System.Diagnostics.CodeAnalysis;
using System.Text;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;
using Dure.Mqtt.Server.Sessions;
using Dure.Mqtt.Server.Store;

namespace Dure.Mqtt.Server;

/// <summary>
/// A client's state that outlives its connection: subscriptions, messages under way in both directions. Everything is guarded by
/// <see cref="gate"/>; what a durable session must not lose is written to the log in the order in which it happens here.
/// </summary>
internal sealed partial class Session(string clientId, string owner, MqttServerOptions options, SessionLog? log, TimeProvider time, ServerCounters counters)
{
    /// <summary>The session never expires.</summary>
    public const uint NeverExpires = uint.MaxValue;

    private readonly Lock gate = new();
    private readonly Dictionary<string, Subscription> subscriptions = new(StringComparer.Ordinal);
    private Link? link;
    private HashSet<ushort>? incoming;
    private bool isEnded;
    private bool isStalled;
    private TaskCompletionSource? room;

    public string ClientId { get; } = clientId;

    /// <summary>The id of the principal it belongs to; nobody else can resume it.</summary>
    public string Owner { get; } = owner;

    /// <summary>The name in the log, or 0 for a session that ends with its connection.</summary>
    public long LogNumber { get; set; }

    /// <summary>Seconds it outlives its connection.</summary>
    public uint ExpirySeconds { get; set; }

    /// <summary>When the connection ended, or null while there is one.</summary>
    public DateTimeOffset? DetachedAt { get; set; }

    public bool IsConnected => link is not null;
    public bool IsEnded => isEnded;

    /// <summary>Whether those who publish to it should wait.</summary>
    public bool IsBehind => link is { IsBehind: true } || IsQueueLong && !isStalled;

    private bool IsQueueLong => queuedBytes > options.MaxQueuedBytes / 2;

    public Link? Link => link;

    /// <summary>Messages it lost to full queues since it was last told.</summary>
    public long Lost { get; private set; }

    private SessionLog? Log => LogNumber != 0 ? log : null;

    /// <summary>Binds a connection. Nothing is sent before <see cref="Pump()"/>.</summary>
    public void Attach(Link connected, bool isNew)
    {
        lock (gate)
        {
            (link, DetachedAt) = (connected, null);
            Lost = 0;
            isStalled = false;
            _ = isNew ? Log?.Opened(this) : Log?.Closed(this, null);
        }
    }

    /// <summary>Lets the connection go; what is under way waits for the next one.</summary>
    public void Detach(DateTimeOffset now)
    {
        lock (gate)
        {
            (link, DetachedAt) = (null, now);
            Requeue();
            Log?.Closed(this, now);
        }
    }

    /// <summary>Ends it for good and hands back what it had not acknowledged of shared subscriptions.</summary>
    public List<Outgoing> End(out List<Subscription> left)
    {
        lock (gate)
        {
            isEnded = true;
            left = [.. subscriptions.Values];
            subscriptions.Clear();
            Requeue();
            var shared = pending.Where(outgoing => outgoing is { Group: not null, Message: not null }).ToList();
            foreach (var outgoing in pending)
                LetGo(outgoing.Message);
            pending.Clear();
            ReportQueued();
            Log?.Ended(this);
            return shared;
        }
    }

    /// <summary>Adds or replaces a subscription; null when the session has as many as it may.</summary>
    public Subscription? Subscribe(TopicSubscription asked, uint id, out bool isNew, out long position)
    {
        lock (gate)
        {
            isNew = !subscriptions.ContainsKey(asked.Filter);
            position = 0;
            if (isNew && subscriptions.Count >= options.MaxSubscriptionsPerSession)
                return null;
            var subscription = new Subscription(this, asked, id);
            subscriptions[asked.Filter] = subscription;
            position = Log?.Subscribed(this, subscription) ?? 0;
            return subscription;
        }
    }

    public bool Unsubscribe(string filter, [NotNullWhen(true)] out Subscription? removed, out long position)
    {
        lock (gate)
        {
            position = 0;
            if (!subscriptions.Remove(filter, out removed))
                return false;
            position = Log?.Unsubscribed(this, filter) ?? 0;
            return true;
        }
    }

    /// <summary>Takes away the subscriptions that are not allowed any more, and what waits and no other subscription asks for. Only without a connection.</summary>
    public List<Subscription> Forbid(Func<string, bool> mayReceive)
    {
        lock (gate)
        {
            var removed = subscriptions.Values.Where(subscription => !mayReceive(subscription.Filter)).ToList();
            if (removed.Count == 0)
                return removed;
            foreach (var subscription in removed)
            {
                subscriptions.Remove(subscription.Asked.Filter);
                Log?.Unsubscribed(this, subscription.Asked.Filter);
            }
            KeepOnly([.. subscriptions.Values.Select(subscription => Encoding.UTF8.GetBytes(subscription.Filter))]);
            return removed;
        }
    }

    public List<Subscription> Subscriptions()
    {
        lock (gate)
            return [.. subscriptions.Values];
    }

    /// <summary>Notes a QoS 2 identifier from the client; false when it is noted already, so that the message is a repetition.</summary>
    public bool TryTakeIncoming(ushort packetId, out int taken)
    {
        lock (gate)
        {
            incoming ??= [];
            var isNew = incoming.Add(packetId);
            taken = incoming.Count;
            return isNew;
        }
    }

    /// <summary>Writes down a noted identifier. Only after its message has been written down: else a crash between would lose the message as a repetition.</summary>
    public long KeepIncoming(ushort packetId)
    {
        lock (gate)
            return Log?.Incoming(this, packetId, isTaken: true) ?? 0;
    }

    /// <summary>Forgets a QoS 2 identifier, at PUBREL or when its message was not taken; false when it was not known.</summary>
    public bool ReleaseIncoming(ushort packetId, out long position)
    {
        lock (gate)
        {
            position = 0;
            if (incoming is null || !incoming.Remove(packetId))
                return false;
            position = Log?.Incoming(this, packetId, isTaken: false) ?? 0;
            return true;
        }
    }
}
