namespace Dure.Mqtt.Server;

/// <summary>What the server has done since it started.</summary>
/// <param name="Connections">Connected clients now.</param>
/// <param name="Sessions">Sessions now, with and without a connection.</param>
/// <param name="Subscriptions">Subscriptions now.</param>
/// <param name="Retained">Retained messages now.</param>
/// <param name="Received">Messages that clients published.</param>
/// <param name="Dropped">Messages that did not reach a subscriber, since its queue was full or the message larger than it takes.</param>
/// <param name="Refused">Connections and packets that were refused.</param>
public sealed record MqttServerStatistics(int Connections, int Sessions, int Subscriptions, int Retained, long Received, long Dropped, long Refused);

internal sealed class ServerCounters
{
    private long received;
    private long dropped;
    private long refused;
    private long queuedBytes;
    private int connections;

    /// <summary>Bytes in the queues of all sessions; a message that several wait for counts once.</summary>
    public long QueuedBytes => Volatile.Read(ref queuedBytes);
    public long ReceivedMessages => Volatile.Read(ref received);
    public long DroppedMessages => Volatile.Read(ref dropped);
    public long RefusedPackets => Volatile.Read(ref refused);
    public int Connections => Volatile.Read(ref connections);

    public void Received(int messages) => Interlocked.Add(ref received, messages);

    public void Dropped() => Interlocked.Increment(ref dropped);

    public void Queued(long bytes) => Interlocked.Add(ref queuedBytes, bytes);

    public void Refused() => Interlocked.Increment(ref refused);

    public int ConnectionOpened() => Interlocked.Increment(ref connections);

    public void ConnectionClosed() => Interlocked.Decrement(ref connections);
}
