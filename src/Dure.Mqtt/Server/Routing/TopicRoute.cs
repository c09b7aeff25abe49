using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Dure.Mqtt.Server.Routing;

/// <summary>Who gets a topic's messages, as of a version of the tree.</summary>
internal sealed record Audience(long Version, Target[] Targets, SharedGroup[] Groups)
{
    public static readonly Audience Unknown = new(-1, [], []);
}

/// <summary>A topic that messages are published to: its name in both forms, and who gets them, looked up again only after a subscription changed.</summary>
internal sealed class TopicRoute(string name, byte[] utf8, TopicTree tree)
{
    private volatile Audience audience = Audience.Unknown;

    public string Name { get; } = name;
    public byte[] Utf8 { get; } = utf8;
    public bool IsSystem { get; } = name.StartsWith('$');

    public Audience Audience
    {
        get
        {
            var known = audience;
            return known.Version == tree.Version ? known : audience = tree.Match(Name);
        }
    }
}

/// <summary>The routes of the topics in use, found by their bytes. Bounded: when full, it starts anew.</summary>
internal sealed class RouteCache(TopicTree tree)
{
    private const int MaxRoutes = 500_000;

    private readonly ConcurrentDictionary<byte[], TopicRoute> routes = new(Utf8Comparer.Instance);
    private int count;

    public TopicRoute Get(ReadOnlySpan<byte> topic) => TryGet(topic, out var route) ? route : Keep(Make(topic));

    public bool TryGet(ReadOnlySpan<byte> topic, [NotNullWhen(true)] out TopicRoute? route) => routes.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(topic, out route);

    /// <summary>A route that is not kept here.</summary>
    public TopicRoute Make(ReadOnlySpan<byte> topic)
    {
        var utf8 = topic.ToArray();
        return new TopicRoute(Encoding.UTF8.GetString(utf8), utf8, tree);
    }

    /// <summary>Keeps a route that was made, unless the topic has one.</summary>
    public TopicRoute Keep(TopicRoute route)
    {
        if (Interlocked.Increment(ref count) > MaxRoutes)
        {
            routes.Clear();
            Volatile.Write(ref count, 0);
        }
        return routes.GetOrAdd(route.Utf8, route);
    }

    public TopicRoute Get(string topic) => Get(Encoding.UTF8.GetBytes(topic));

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Utf8Comparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
