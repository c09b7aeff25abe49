namespace Dure.Mqtt.Server.Routing;

/// <summary>All subscriptions by their filters' levels. A change raises <see cref="Version"/>, which makes routes look again.</summary>
internal sealed class TopicTree
{
    private readonly Lock gate = new();
    private readonly Node root = new();
    private long version;
    private int count;

    public long Version => Volatile.Read(ref version);

    /// <summary>How many subscriptions there are.</summary>
    public int Count => Volatile.Read(ref count);

    /// <summary>Adds, or replaces the same session's subscription with the same filter.</summary>
    public void Put(Subscription subscription)
    {
        lock (gate)
        {
            var node = root;
            foreach (var level in subscription.Filter.Split('/'))
                node = node.Child(level);
            if (node.Put(subscription))
                count++;
            version++;
        }
    }

    public void Remove(Subscription subscription)
    {
        lock (gate)
        {
            if (Remove(root, subscription.Filter.Split('/'), 0, subscription))
                count--;
            version++;
        }
    }

    public Audience Match(string topic)
    {
        lock (gate)
        {
            var found = new Found();
            Collect(root, topic.Split('/'), 0, found);
            return found.ToAudience(version);
        }
    }

    /// <summary>The living group of a name and filter, or null.</summary>
    public SharedGroup? FindGroup(SharedGroup like)
    {
        lock (gate)
        {
            var node = root;
            foreach (var level in like.Filter.Split('/'))
            {
                if (node.TryChild(level) is not { } child)
                    return null;
                node = child;
            }
            return node.Groups.FirstOrDefault(group => group.Name == like.Name);
        }
    }

    private static void Collect(Node node, string[] levels, int depth, Found found)
    {
        // A wildcard in front does not reach names that begin with '$' (MQTT 5.0, 4.7.2).
        var mayMatchWildcard = depth > 0 || !levels[0].StartsWith('$');
        if (mayMatchWildcard && node.TryChild("#") is { } rest)
            found.Add(rest);
        if (depth == levels.Length)
        {
            found.Add(node);
            return;
        }
        if (node.TryChild(levels[depth]) is { } exact)
            Collect(exact, levels, depth + 1, found);
        if (mayMatchWildcard && node.TryChild("+") is { } any)
            Collect(any, levels, depth + 1, found);
    }

    private static bool Remove(Node node, string[] levels, int depth, Subscription subscription)
    {
        if (depth == levels.Length)
            return node.Remove(subscription);
        if (node.TryChild(levels[depth]) is not { } child)
            return false;
        var removed = Remove(child, levels, depth + 1, subscription);
        if (child.IsEmpty)
            node.Drop(levels[depth]);
        return removed;
    }

    private sealed class Found
    {
        private readonly List<(Session Session, List<Subscription> Matching)> sessions = [];
        private readonly Dictionary<Session, List<Subscription>> bySession = [];
        private readonly List<SharedGroup> groups = [];

        public void Add(Node node)
        {
            foreach (var subscription in node.Subscriptions)
            {
                if (!bySession.TryGetValue(subscription.Session, out var matching))
                {
                    bySession[subscription.Session] = matching = [];
                    sessions.Add((subscription.Session, matching));
                }
                matching.Add(subscription);
            }
            groups.AddRange(node.Groups);
        }

        public Audience ToAudience(long version) =>
            new(version, [.. sessions.Select(found => Target.Of(found.Session, found.Matching))], [.. groups]);
    }

    private sealed class Node
    {
        private Dictionary<string, Node>? children;
        private Dictionary<Session, Subscription>? subscriptions;
        private Dictionary<string, SharedGroup>? groups;

        public bool IsEmpty => children is null && subscriptions is null && groups is null;

        public IReadOnlyCollection<Subscription> Subscriptions => subscriptions is null ? [] : subscriptions.Values;

        public IReadOnlyCollection<SharedGroup> Groups => groups is null ? [] : groups.Values;

        public Node? TryChild(string level) => children?.GetValueOrDefault(level);

        public Node Child(string level)
        {
            children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!children.TryGetValue(level, out var child))
                children[level] = child = new Node();
            return child;
        }

        public void Drop(string level)
        {
            children!.Remove(level);
            if (children.Count == 0)
                children = null;
        }

        public bool Put(Subscription subscription)
        {
            if (subscription.Group is not { } name)
            {
                subscriptions ??= [];
                var isNew = !subscriptions.ContainsKey(subscription.Session);
                subscriptions[subscription.Session] = subscription;
                return isNew;
            }
            groups ??= new Dictionary<string, SharedGroup>(StringComparer.Ordinal);
            if (!groups.TryGetValue(name, out var group))
                groups[name] = group = new SharedGroup(name, subscription.Filter);
            return group.Put(subscription);
        }

        public bool Remove(Subscription subscription)
        {
            if (subscription.Group is { } name)
                return RemoveShared(name, subscription.Session);
            var removed = subscriptions?.Remove(subscription.Session) ?? false;
            if (subscriptions?.Count == 0)
                subscriptions = null;
            return removed;
        }

        private bool RemoveShared(string name, Session session)
        {
            if (groups is null || !groups.TryGetValue(name, out var group))
                return false;
            var removed = group.Remove(session);
            if (group.IsEmpty)
                groups.Remove(name);
            if (groups.Count == 0)
                groups = null;
            return removed;
        }
    }
}
