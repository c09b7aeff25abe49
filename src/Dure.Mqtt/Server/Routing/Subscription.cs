using Dure.Mqtt.Packets;

namespace Dure.Mqtt.Server.Routing;

/// <summary>A session's wish for the messages under a filter.</summary>
internal sealed class Subscription
{
    private const string SharePrefix = "$share/";

    public Subscription(Session session, TopicSubscription asked, uint id)
    {
        (Session, Asked, Id) = (session, asked, id);
        (Group, Filter) = Split(asked.Filter);
    }

    public Session Session { get; }
    public TopicSubscription Asked { get; }

    /// <summary>The subscription identifier, or 0.</summary>
    public uint Id { get; }

    /// <summary>The filter without <c>$share/group/</c>.</summary>
    public string Filter { get; }

    /// <summary>The group of a shared subscription, or null.</summary>
    public string? Group { get; }

    public static (string? Group, string Filter) Split(string filter)
    {
        if (!filter.StartsWith(SharePrefix, StringComparison.Ordinal))
            return (null, filter);
        var slash = filter.IndexOf('/', SharePrefix.Length);
        return (filter[SharePrefix.Length..slash], filter[(slash + 1)..]);
    }
}

/// <summary>How one session gets the messages of one topic: all its matching subscriptions taken together, so that it gets one copy.</summary>
internal sealed class Target
{
    private Target(Session session, List<Subscription> matching)
    {
        Session = session;
        Qos = matching.Max(subscription => subscription.Asked.Qos);
        RetainAsPublished = matching.Exists(subscription => subscription.Asked.RetainAsPublished);
        SubscriptionIds = IdsOf(matching);
    }

    public Session Session { get; }
    public QualityOfService Qos { get; }
    public bool RetainAsPublished { get; }

    /// <summary>The subscription identifiers as MQTT 5.0 properties.</summary>
    public byte[] SubscriptionIds { get; }

    /// <summary>How the session gets what it published itself; null when all its subscriptions say "no local".</summary>
    public Target? OwnMessages { get; private init; }

    /// <summary>The group this was chosen from, for a shared subscription.</summary>
    public SharedGroup? Group { get; init; }

    public static Target Of(Session session, List<Subscription> matching)
    {
        var own = matching.FindAll(subscription => !subscription.Asked.NoLocal);
        var forOwn = own.Count == 0 ? null : own.Count == matching.Count ? new Target(session, matching) : new Target(session, own);
        return new Target(session, matching) { OwnMessages = forOwn };
    }

    public static Target Of(Subscription subscription, SharedGroup group)
    {
        var target = new Target(subscription.Session, [subscription]) { Group = group };
        return new Target(subscription.Session, [subscription]) { Group = group, OwnMessages = target };
    }

    private static byte[] IdsOf(List<Subscription> matching)
    {
        var ids = new MqttProperties();
        ids.SubscriptionIds.AddRange(matching.Select(subscription => subscription.Id).Where(id => id != 0).Distinct());
        if (ids.SubscriptionIds.Count == 0)
            return [];
        var bytes = new PacketBuffer(8);
        ids.WriteBare(bytes);
        return bytes.Written.ToArray();
    }
}

/// <summary>The members of a shared subscription; each message goes to one of them, in turn.</summary>
internal sealed class SharedGroup(string name, string filter)
{
    private volatile Target[] members = [];
    private uint turn;

    public string Name { get; } = name;
    public string Filter { get; } = filter;
    public bool IsEmpty => members.Length == 0;

    /// <summary>Adds or replaces, and tells whether the session is new here; callers hold the tree's lock.</summary>
    public bool Put(Subscription subscription)
    {
        var wasMember = Remove(subscription.Session);
        members = [.. members, Target.Of(subscription, this)];
        return !wasMember;
    }

    /// <summary>Whether the session was a member; callers hold the tree's lock.</summary>
    public bool Remove(Session session)
    {
        var before = members;
        members = [.. before.Where(member => member.Session != session)];
        return members.Length < before.Length;
    }

    /// <summary>The next member who is connected and not behind; else one who is connected; else one whose session keeps QoS 1 and 2 messages; else null.</summary>
    public Target? Next(QualityOfService qos)
    {
        var all = members;
        var start = (int)(Interlocked.Increment(ref turn) % (uint)Math.Max(1, all.Length));
        Target? behind = null, absent = null;
        for (var i = 0; i < all.Length; i++)
        {
            var member = all[(start + i) % all.Length];
            if (member.Session.IsConnected && !member.Session.IsBehind)
                return member;
            if (member.Session.IsConnected)
                behind ??= member;
            else if (qos != QualityOfService.AtMostOnce && member.Qos != QualityOfService.AtMostOnce && !member.Session.IsEnded)
                absent ??= member;
        }
        return behind ?? absent;
    }
}
