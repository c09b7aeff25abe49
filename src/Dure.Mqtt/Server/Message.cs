using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server;

/// <summary>A message that outlives the bytes it came in: retained, waiting for a session, or sent and not acknowledged. Shared by all who wait for it.</summary>
internal sealed class Message(TopicRoute route, ReadOnlySpan<byte> properties, ReadOnlySpan<byte> payload, QualityOfService qos, bool retain, long expiresAt)
{
    /// <summary>For a message that never expires.</summary>
    public const long Never = long.MaxValue;

    // What a message and its place in a queue take beside its bytes, for counting against limits.
    private const int Overhead = 150;

    private readonly byte[] body = [.. properties, .. payload];
    private readonly int propertiesLength = properties.Length;
    private int holders;

    public TopicRoute Route { get; } = route;
    public QualityOfService Qos { get; } = qos;
    public bool Retain { get; } = retain;

    /// <summary>Milliseconds since 1970 (UTC), or <see cref="Never"/>.</summary>
    public long ExpiresAt { get; } = expiresAt;

    /// <summary>The properties that travel with the message.</summary>
    public ReadOnlyMemory<byte> Properties => body.AsMemory(0, propertiesLength);
    public ReadOnlyMemory<byte> Payload => body.AsMemory(propertiesLength);
    public int Size => body.Length + Overhead;

    /// <summary>The message's name in the session log, once it has been written there.</summary>
    public long LogId { get; set; }

    /// <summary>The log's segment that holds the message.</summary>
    public int LogSegment { get; set; } = -1;

    /// <summary>A session has it in its queue.</summary>
    public bool IsHeld => Volatile.Read(ref holders) > 0;

    /// <summary>A session has put it into its queue. True: the first, so its bytes are to be counted.</summary>
    public bool Hold() => Interlocked.Increment(ref holders) == 1;

    /// <summary>A session needs it no more. True: no other holds it.</summary>
    public bool LetGo() => Interlocked.Decrement(ref holders) == 0;

    public bool IsExpired(DateTimeOffset now) => ExpiresAt != Never && ExpiresAt <= now.ToUnixTimeMilliseconds();

    /// <summary>As the other, without reading the clock for a message that never expires.</summary>
    public bool IsExpired(TimeProvider time) => ExpiresAt != Never && IsExpired(time.GetUtcNow());

    public static long ExpiryOf(uint? seconds, TimeProvider time) => seconds is { } left ? time.GetUtcNow().ToUnixTimeMilliseconds() + left * 1000L : Never;
}
