using Dure.Mqtt.Server.Store;

namespace Dure.Mqtt.Server.Routing;

/// <summary>The newest retained message of each topic, found by filter. Bounded by count and bytes.</summary>
internal sealed class RetainedMessages(int maxMessages, long maxBytes)
{
    private readonly Lock gate = new();
    private readonly Node root = new();

    /// <summary>Where changes are written down, in the order in which they happen here.</summary>
    public SessionLog? Log { get; set; }

    public int Count { get; private set; }
    public long Bytes { get; private set; }

    /// <summary>Keeps, replaces, or with an empty payload forgets a topic's message. False: there is no room.</summary>
    public bool TryPut(Message message, out long position)
    {
        lock (gate)
        {
            var isPut = message.Payload.IsEmpty ? TryRemove(message) : TryReplace(message);
            position = isPut && !message.Route.IsSystem ? Log?.Retained(message) ?? 0 : 0;
            return isPut;
        }
    }

    /// <summary>The messages under a filter (without <c>$share</c>) that have not expired.</summary>
    public List<Message> Find(string filter, DateTimeOffset now)
    {
        var found = new List<Message>();
        lock (gate)
            Collect(root, filter.Split('/'), 0, now, found);
        return found;
    }

    /// <summary>Forgets what has expired.</summary>
    public void Sweep(DateTimeOffset now)
    {
        lock (gate)
        {
            var all = new List<Message>();
            CollectAll(root, DateTimeOffset.MinValue, all);
            foreach (var message in all.Where(message => message.IsExpired(now)))
                Remove(root, message.Route.Name.Split('/'), 0);
        }
    }

    /// <summary>Writes everything down again, for a log that starts anew.</summary>
    public void WriteAll(SessionLog to, DateTimeOffset now)
    {
        lock (gate)
        {
            var all = new List<Message>();
            CollectAll(root, now, all);
            foreach (var message in all.Where(message => !message.Route.IsSystem))
                to.Retained(message);
        }
    }

    private bool TryRemove(Message message)
    {
        Remove(root, message.Route.Name.Split('/'), 0);
        return true;
    }

    private bool TryReplace(Message message)
    {
        var node = root;
        foreach (var level in message.Route.Name.Split('/'))
            node = node.Child(level);
        var grown = Bytes + message.Size - (node.Message?.Size ?? 0);
        if (grown > maxBytes || node.Message is null && Count >= maxMessages)
        {
            if (node.Message is null)
                Remove(root, message.Route.Name.Split('/'), 0); // the empty nodes just made
            return false;
        }
        Count += node.Message is null ? 1 : 0;
        (node.Message, Bytes) = (message, grown);
        return true;
    }

    private void Remove(Node node, string[] levels, int depth)
    {
        if (depth == levels.Length)
        {
            if (node.Message is not { } message)
                return;
            (Count, Bytes) = (Count - 1, Bytes - message.Size);
            node.Message = null;
            return;
        }
        if (node.Children is null || !node.Children.TryGetValue(levels[depth], out var child))
            return;
        Remove(child, levels, depth + 1);
        if (child.Message is null && child.Children is null)
        {
            node.Children.Remove(levels[depth]);
            if (node.Children.Count == 0)
                node.Children = null;
        }
    }

    private static void Collect(Node node, string[] levels, int depth, DateTimeOffset now, List<Message> found)
    {
        if (depth == levels.Length)
        {
            node.AddTo(found, now);
            return;
        }
        switch (levels[depth])
        {
            case "#":
                if (depth > 0)
                    node.AddTo(found, now); // '#' includes the level above it
                foreach (var child in node.WildcardChildren(depth))
                    CollectAll(child, now, found);
                break;
            case "+":
                foreach (var child in node.WildcardChildren(depth))
                    Collect(child, levels, depth + 1, now, found);
                break;
            case var name:
                if (node.Children is { } children && children.TryGetValue(name, out var exact))
                    Collect(exact, levels, depth + 1, now, found);
                break;
        }
    }

    private static void CollectAll(Node node, DateTimeOffset now, List<Message> found)
    {
        node.AddTo(found, now);
        if (node.Children is null)
            return;
        foreach (var child in node.Children.Values)
            CollectAll(child, now, found);
    }

    private sealed class Node
    {
        public Message? Message { get; set; }
        public Dictionary<string, Node>? Children { get; set; }

        public Node Child(string level)
        {
            Children ??= new Dictionary<string, Node>(StringComparer.Ordinal);
            if (!Children.TryGetValue(level, out var child))
                Children[level] = child = new Node();
            return child;
        }

        /// <summary>The children a wildcard reaches: at the first level not those that begin with '$'.</summary>
        public IEnumerable<Node> WildcardChildren(int depth) =>
            Children is null ? [] : depth > 0 ? Children.Values : Children.Where(child => !child.Key.StartsWith('$')).Select(child => child.Value);

        public void AddTo(List<Message> found, DateTimeOffset now)
        {
            if (Message is { } message && !message.IsExpired(now))
                found.Add(message);
        }
    }
}
