using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;
using Dure.Mqtt.Server.Sessions;

namespace Dure.Mqtt.Server.Store;

internal enum LogRecord : byte
{
    SessionOfName = 1, SessionClosed = 2, SessionEnded = 3, Subscribed = 4, Unsubscribed = 5, MessageStored = 6, Queued = 7,
    Assigned = 8, Released = 9, Done = 10, Incoming = 11, Retained = 12, Unretained = 13, Snapshot = 14, SessionOpened = 15,
}

/// <summary>
/// What durable sessions and retained messages must not lose, written down as it happens. Callers append while they hold the lock of what
/// changes, so the order here is the order there. A message is written once per segment, however many sessions wait for it.
/// </summary>
internal sealed class SessionLog(GroupCommitFile file, long lastSession, long lastMessage) : IAsyncDisposable
{
    private const long SmallestCompaction = 64L * 1024 * 1024;
    private const int CompactionFactor = 3;

    private long sessionNumber = lastSession;
    private long messageId = lastMessage;
    private long bytesAfterCompaction;

    /// <summary>Everything appended up to here is on the disk.</summary>
    public long DurablePosition => file.Durable;

    public bool IsDueForCompaction => file.SegmentBytes > Math.Max(SmallestCompaction, bytesAfterCompaction * CompactionFactor);

    public long NextSessionNumber() => Interlocked.Increment(ref sessionNumber);

    public ValueTask Sync(long position, CancellationToken cancel) => file.Sync(position, cancel);

    /// <summary>Writes down what nobody waits for, such as acknowledgements of QoS 1.</summary>
    public void Nudge() => file.Nudge();

    /// <summary>A new session; those of the same client before it have ended.</summary>
    public long Opened(Session session) => Append(LogRecord.SessionOpened, session.LogNumber, into => WriteOpened(into, session));

    /// <summary>
    /// A session as it is, in place of what the log said of it before: one record, so that after a crash there is all of it or what was before.
    /// </summary>
    public void Snapshot(Session session, DateTimeOffset? closedAt, IReadOnlyCollection<Subscription> subscriptions, IReadOnlyCollection<Outgoing> queued, IReadOnlyCollection<ushort> incoming)
    {
        foreach (var outgoing in queued)
        {
            if (outgoing.Message is { } message)
                Keep(message);
        }
        Append(LogRecord.Snapshot, session.LogNumber, into =>
        {
            WriteOpened(into, session);
            WriteClosed(into, session, closedAt);
            into.WriteUInt32((uint)subscriptions.Count);
            foreach (var subscription in subscriptions)
                WriteSubscribed(into, subscription);
            into.WriteUInt32((uint)queued.Count);
            foreach (var outgoing in queued)
            {
                WriteQueued(into, outgoing);
                into.WriteUInt16(outgoing.Qos == QualityOfService.ExactlyOnce ? outgoing.PacketId : (ushort)0);
            }
            into.WriteUInt32((uint)incoming.Count);
            foreach (var packetId in incoming)
                into.WriteUInt16(packetId);
        });
    }

    /// <summary>Its connection ended (or, with null, began).</summary>
    public long Closed(Session session, DateTimeOffset? at) => Append(LogRecord.SessionClosed, session.LogNumber, into => WriteClosed(into, session, at));

    public long Ended(Session session) => Append(LogRecord.SessionEnded, session.LogNumber, _ => { });

    public long Subscribed(Session session, Subscription subscription) => Append(LogRecord.Subscribed, session.LogNumber, into => WriteSubscribed(into, subscription));

    public long Unsubscribed(Session session, string filter) => Append(LogRecord.Unsubscribed, session.LogNumber, into => into.WriteString(filter));

    public long Queued(Session session, in Outgoing outgoing)
    {
        lock (file.Gate)
        {
            var start = file.Filling.Length;
            if (outgoing.Message is { } message)
                Store(message);
            var into = Begin(LogRecord.Queued, session.LogNumber, out var mark);
            WriteQueued(into, outgoing);
            LogFrame.End(into, mark);
            return file.Appended(start);
        }
    }

    public long Assigned(Session session, long sequence, ushort packetId) => AppendEvent(LogRecord.Assigned, session.LogNumber, sequence, packetId);

    public long Released(Session session, long sequence) => AppendEvent(LogRecord.Released, session.LogNumber, sequence, 0);

    public long Done(Session session, long sequence) => AppendEvent(LogRecord.Done, session.LogNumber, sequence, 0);

    public long Incoming(Session session, ushort packetId, bool isTaken) => AppendEvent(LogRecord.Incoming, session.LogNumber, isTaken ? 1 : 0, packetId);

    /// <summary>A topic's retained message, or its end when the payload is empty.</summary>
    public long Retained(Message message)
    {
        lock (file.Gate)
        {
            var start = file.Filling.Length;
            if (message.Payload.IsEmpty)
            {
                var into = Begin(LogRecord.Unretained, 0, out var mark);
                into.WriteBinary(message.Route.Utf8);
                LogFrame.End(into, mark);
            }
            else
            {
                Store(message);
                LogFrame.End(file.Filling, BeginRetained(message));
            }
            return file.Appended(start);
        }
    }

    /// <summary>Starts a new segment, lets <paramref name="writeState"/> write all state into it, and removes the old ones once that is safe.</summary>
    public async Task Compact(Func<CancellationToken, Task> writeState, CancellationToken cancel)
    {
        file.StartSegment();
        await writeState(cancel);
        await SyncAll(cancel);
        bytesAfterCompaction = file.SegmentBytes;
        file.DropOldSegments();
    }

    public ValueTask SyncAll(CancellationToken cancel)
    {
        long end;
        lock (file.Gate)
            end = file.End;
        return file.Sync(end, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await SyncAll(CancellationToken.None);
        }
        catch (IOException)
        {
            // The disk takes nothing; what was acknowledged was written before.
        }
        await file.DisposeAsync();
    }

    private static void WriteLong(PacketBuffer into, long value) => System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(into.Append(sizeof(long)), value);

    private static void WriteOpened(PacketBuffer into, Session session)
    {
        into.WriteString(session.ClientId);
        into.WriteString(session.Owner);
        into.WriteUInt32(session.ExpirySeconds);
    }

    private static void WriteClosed(PacketBuffer into, Session session, DateTimeOffset? at)
    {
        WriteLong(into, at?.ToUnixTimeMilliseconds() ?? 0);
        into.WriteUInt32(session.ExpirySeconds);
    }

    private static void WriteSubscribed(PacketBuffer into, Subscription subscription)
    {
        into.WriteString(subscription.Asked.Filter);
        into.WriteByte(subscription.Asked.Options);
        into.WriteUInt32(subscription.Id);
    }

    private static void WriteQueued(PacketBuffer into, in Outgoing outgoing)
    {
        WriteLong(into, outgoing.Sequence);
        WriteLong(into, outgoing.Message?.LogId ?? 0); // none: PUBREC has come, only the identifier is left
        into.WriteByte((byte)outgoing.Qos);
        into.WriteByte(outgoing.Retain ? (byte)1 : (byte)0);
        into.WriteBinary(outgoing.SubscriptionIds);
        into.WriteString(outgoing.Group is { } group ? $"{group.Name}/{group.Filter}" : "");
    }

    private void Keep(Message message)
    {
        lock (file.Gate)
        {
            var start = file.Filling.Length;
            Store(message);
            file.Appended(start);
        }
    }

    private int BeginRetained(Message message)
    {
        var into = Begin(LogRecord.Retained, 0, out var mark);
        WriteLong(into, message.LogId);
        return mark;
    }

    private void Store(Message message)
    {
        if (message.LogSegment == file.Segment)
            return;
        if (message.LogId == 0)
            message.LogId = ++messageId;
        message.LogSegment = file.Segment;
        var into = Begin(LogRecord.MessageStored, message.LogId, out var mark);
        into.WriteBinary(message.Route.Utf8);
        into.WriteByte((byte)message.Qos);
        into.WriteByte(message.Retain ? (byte)1 : (byte)0);
        WriteLong(into, message.ExpiresAt);
        into.WriteUInt32((uint)message.Properties.Length);
        into.Write(message.Properties.Span);
        into.Write(message.Payload.Span);
        LogFrame.End(into, mark);
    }

    private PacketBuffer Begin(LogRecord kind, long number, out int mark)
    {
        var into = file.Filling;
        mark = LogFrame.Begin(into);
        into.WriteByte((byte)kind);
        WriteLong(into, number);
        return into;
    }

    private long Append(LogRecord kind, long number, Action<PacketBuffer> write)
    {
        lock (file.Gate)
        {
            var into = Begin(kind, number, out var mark);
            write(into);
            LogFrame.End(into, mark);
            return file.Appended(mark);
        }
    }

    private long AppendEvent(LogRecord kind, long number, long sequence, ushort packetId)
    {
        lock (file.Gate)
        {
            var into = Begin(kind, number, out var mark);
            WriteLong(into, sequence);
            into.WriteUInt16(packetId);
            LogFrame.End(into, mark);
            return file.Appended(mark);
        }
    }
}
