namespace Dure.Mqtt.Server;

/// <summary>The server's limits. Those that MQTT 5.0 can say are said in CONNACK; each is enforced, and going over it is answered with a reason code.</summary>
public sealed class MqttServerOptions
{
    /// <summary>Where durable sessions and retained messages are kept; null keeps them in memory only.</summary>
    public string? DataPath { get; set; }

    public int MaxConnections { get; set; } = 20_000;

    /// <summary>The largest packet taken, in bytes.</summary>
    public int MaxPacketBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>QoS 1 and 2 messages a 5.0 client may send unacknowledged ("receive maximum").</summary>
    public ushort ReceiveMaximum { get; set; } = 1024;

    /// <summary>QoS 1 and 2 messages sent to one client unacknowledged; its own receive maximum may be lower.</summary>
    public int MaxInFlight { get; set; } = 2048;

    /// <summary>Messages that wait for one session. More are lost to it and counted; 0x97 tells the publisher if nobody else got them either.</summary>
    public int MaxQueuedMessages { get; set; } = 1_000_000;

    /// <summary>Bytes that wait for one session.</summary>
    public long MaxQueuedBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>Bytes that wait for all sessions together; those of connected clients may go up to twice as far.</summary>
    public long MaxQueuedBytesOfAll { get; set; } = 1024L * 1024 * 1024;

    /// <summary>Sessions without a connection that are kept; the one that would expire first makes room.</summary>
    public int MaxSessions { get; set; } = 50_000;

    public int MaxSubscriptionsPerSession { get; set; } = 10_000;

    /// <summary>Filters in one SUBSCRIBE.</summary>
    public int MaxSubscriptionsPerPacket { get; set; } = 1000;

    public int MaxTopicBytes { get; set; } = 1024;

    public int MaxTopicLevels { get; set; } = 64;

    public int MaxRetainedMessages { get; set; } = 500_000;

    public long MaxRetainedBytes { get; set; } = 256L * 1024 * 1024;

    /// <summary>Topic aliases per connection and direction.</summary>
    public ushort TopicAliasMaximum { get; set; } = 256;

    /// <summary>The longest a session outlives its connection; asked for more, CONNACK says this.</summary>
    public TimeSpan MaxSessionExpiry { get; set; } = TimeSpan.FromDays(7);

    /// <summary>The longest keep-alive; a 5.0 client that asks for more, or for none, is told this one.</summary>
    public TimeSpan MaxKeepAlive { get; set; } = TimeSpan.FromHours(18);

    /// <summary>How long a new connection may take to send CONNECT.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Unsent bytes of one connection at which those who publish to it wait.</summary>
    public int BackPressureBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Unsent bytes of one connection at which it is closed with 0x97.</summary>
    public int MaxUnsentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long a publisher waits for slow receivers after one batch; then it goes on, and a receiver that took nothing is closed with 0x97.</summary>
    public TimeSpan SlowReceiverPatience { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the <c>$SYS</c> topics are renewed; zero leaves them out.</summary>
    public TimeSpan SystemTopicsEvery { get; set; } = TimeSpan.FromSeconds(10);
}
