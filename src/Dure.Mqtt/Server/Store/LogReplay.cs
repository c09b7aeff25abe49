using System.Globalization;
using System.Text;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;
using Dure.Mqtt.Server.Sessions;

namespace Dure.Mqtt.Server.Store;

/// <summary>A session as the log tells it.</summary>
internal sealed class RestoredSession(long number, string clientId, string owner, uint expirySeconds)
{
    public long Number { get; } = number;
    public string ClientId { get; } = clientId;
    public string Owner { get; } = owner;
    public uint ExpirySeconds { get; set; } = expirySeconds;

    /// <summary>Milliseconds since 1970, or 0: connected when the log ended.</summary>
    public long ClosedAt { get; set; }
    public Dictionary<string, (TopicSubscription Asked, uint Id)> Subscriptions { get; } = new(StringComparer.Ordinal);
    public SortedDictionary<long, Outgoing> Outgoing { get; } = [];
    public HashSet<ushort> Incoming { get; } = [];
    public long LastSequence { get; set; }
}

/// <summary>Reads the log's segments in order and rebuilds what they tell. A torn end of the last segment is cut; records of what is gone are passed over.</summary>
internal sealed class LogReplay(string folder, RouteCache routes)
{
    private const int ReadBytes = 4 * 1024 * 1024;

    private readonly Dictionary<long, RestoredSession> sessions = [];
    private readonly Dictionary<string, long> newest = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Message> messages = [];
    private readonly Dictionary<string, Message> retained = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), SharedGroup> groups = [];

    public IReadOnlyCollection<RestoredSession> Sessions => sessions.Values;
    public IReadOnlyCollection<Message> Retained => retained.Values;
    public long LastSession { get; private set; }
    public long LastMessage { get; private set; }

    /// <summary>The segment to go on with and its length in whole records.</summary>
    public int Segment { get; private set; } = 1;
    public long Length { get; private set; }

    /// <summary>Bytes that were not whole records.</summary>
    public long CutBytes { get; private set; }

    public void Read()
    {
        Directory.CreateDirectory(folder);
        var segments = Directory.EnumerateFiles(folder, "*.log")
            .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(number => number > 0).Order();
        foreach (var segment in segments)
        {
            Segment = segment;
            var size = new FileInfo(GroupCommitFile.PathOf(folder, segment)).Length;
            Length = size == 0 ? 0 : ReadSegment(segment, size);
            CutBytes += size - Length;
        }
        messages.Clear();
    }

    private long ReadSegment(int segment, long size)
    {
        using var file = File.OpenHandle(GroupCommitFile.PathOf(folder, segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var buffer = new byte[(int)Math.Min(size, ReadBytes)];
        var at = 0L;
        while (at < size)
        {
            var read = ReadAt(file, buffer, at);
            var taken = ApplyAll(buffer.AsSpan(0, read), segment);
            at += taken;
            if (taken > 0)
                continue;
            if (at + read >= size || buffer.Length >= LogFrame.MaxRecordBytes)
                break; // torn: there is no more to come
            buffer = new byte[(int)Math.Min(size - at, buffer.Length * 4L)]; // a record larger than the buffer
        }
        return at;
    }

    private static int ReadAt(Microsoft.Win32.SafeHandles.SafeFileHandle file, byte[] buffer, long at)
    {
        var read = 0;
        while (read < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(read), at + read) is var more and > 0)
            read += more;
        return read;
    }

    private int ApplyAll(ReadOnlySpan<byte> bytes, int segment)
    {
        var taken = 0;
        while (LogFrame.TryRead(bytes[taken..], out var record))
        {
            Apply(record, segment);
            taken += LogFrame.HeaderBytes + record.Length;
        }
        return taken;
    }

    private void Apply(ReadOnlySpan<byte> record, int segment)
    {
        var reader = new MqttReader(record);
        var kind = (LogRecord)reader.ReadByte();
        var number = ReadLong(ref reader);
        switch (kind)
        {
            case LogRecord.SessionOpened:
                Put(new RestoredSession(number, Text(ref reader), Text(ref reader), reader.ReadUInt32()));
                break;
            case LogRecord.SessionOfName:
                break; // written when sessions belonged to a name, which others may have too: nobody can resume it
            case LogRecord.Snapshot:
                Put(ReadSnapshot(number, ref reader));
                break;
            case LogRecord.MessageStored:
                messages[number] = ReadMessage(number, segment, ref reader);
                LastMessage = Math.Max(LastMessage, number);
                break;
            case LogRecord.Retained:
                if (messages.TryGetValue(ReadLong(ref reader), out var kept))
                    retained[kept.Route.Name] = kept;
                break;
            case LogRecord.Unretained:
                retained.Remove(Text(ref reader));
                break;
            default:
                if (sessions.TryGetValue(number, out var session))
                    Apply(kind, session, ref reader);
                break;
        }
    }

    // A client has one session, the newest: a crash may have come before the end of the one before was written down.
    private void Put(RestoredSession session)
    {
        LastSession = Math.Max(LastSession, session.Number);
        if (newest.TryGetValue(session.ClientId, out var known) && known != session.Number)
        {
            if (known > session.Number)
                return;
            sessions.Remove(known);
        }
        newest[session.ClientId] = session.Number;
        sessions[session.Number] = session;
    }

    private RestoredSession ReadSnapshot(long number, ref MqttReader reader)
    {
        var session = new RestoredSession(number, Text(ref reader), Text(ref reader), reader.ReadUInt32());
        Apply(LogRecord.SessionClosed, session, ref reader);
        for (var left = reader.ReadUInt32(); left > 0; left--)
            Apply(LogRecord.Subscribed, session, ref reader);
        for (var left = reader.ReadUInt32(); left > 0; left--)
        {
            Queue(session, ref reader);
            if (reader.ReadUInt16() is var packetId and not 0)
                Apply(LogRecord.Assigned, session, session.LastSequence, packetId);
        }
        for (var left = reader.ReadUInt32(); left > 0; left--)
            session.Incoming.Add(reader.ReadUInt16());
        return session;
    }

    private void Apply(LogRecord kind, RestoredSession session, ref MqttReader reader)
    {
        switch (kind)
        {
            case LogRecord.SessionClosed:
                (session.ClosedAt, session.ExpirySeconds) = (ReadLong(ref reader), reader.ReadUInt32());
                break;
            case LogRecord.SessionEnded:
                sessions.Remove(session.Number);
                break;
            case LogRecord.Subscribed:
                var filter = Text(ref reader);
                session.Subscriptions[filter] = (TopicSubscription.Of(filter, reader.ReadByte()), reader.ReadUInt32());
                break;
            case LogRecord.Unsubscribed:
                session.Subscriptions.Remove(Text(ref reader));
                break;
            case LogRecord.Queued:
                Queue(session, ref reader);
                break;
            default:
                Apply(kind, session, ReadLong(ref reader), reader.ReadUInt16());
                break;
        }
    }

    private static void Apply(LogRecord kind, RestoredSession session, long sequence, ushort packetId)
    {
        if (kind == LogRecord.Incoming)
        {
            _ = sequence == 1 ? session.Incoming.Add(packetId) : session.Incoming.Remove(packetId);
            return;
        }
        if (!session.Outgoing.TryGetValue(sequence, out var outgoing))
            return;
        if (kind == LogRecord.Done)
            session.Outgoing.Remove(sequence);
        else
            session.Outgoing[sequence] = kind == LogRecord.Assigned ? outgoing with { PacketId = packetId } : outgoing with { Message = null };
    }

    private void Queue(RestoredSession session, ref MqttReader reader)
    {
        var (sequence, id) = (ReadLong(ref reader), ReadLong(ref reader));
        var (qos, retain) = ((QualityOfService)reader.ReadByte(), reader.ReadByte() == 1);
        var (ids, share) = (reader.ReadBinary().ToArray(), Text(ref reader));
        session.LastSequence = Math.Max(session.LastSequence, sequence);
        Message? message = null;
        if (id != 0 && !messages.TryGetValue(id, out message))
            return;
        // Whether it was sent is not known, so it is sent as a possible repetition.
        session.Outgoing[sequence] = new Outgoing { Message = message, SubscriptionIds = ids, Group = GroupOf(share), Qos = qos, Retain = retain, Sequence = sequence, WasSent = true };
    }

    private SharedGroup? GroupOf(string share)
    {
        if (share.Length == 0)
            return null;
        var slash = share.IndexOf('/', StringComparison.Ordinal);
        var key = (share[..slash], share[(slash + 1)..]);
        if (!groups.TryGetValue(key, out var group))
            groups[key] = group = new SharedGroup(key.Item1, key.Item2);
        return group;
    }

    private Message ReadMessage(long id, int segment, ref MqttReader reader)
    {
        var route = routes.Get(reader.ReadBinary());
        var (qos, retain, expiresAt) = ((QualityOfService)reader.ReadByte(), reader.ReadByte() == 1, ReadLong(ref reader));
        var properties = reader.Take((int)reader.ReadUInt32());
        return new Message(route, properties, reader.Rest, qos, retain, expiresAt) { LogId = id, LogSegment = segment };
    }

    private static long ReadLong(ref MqttReader reader) => System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(reader.Take(sizeof(long)));

    private static string Text(ref MqttReader reader) => Encoding.UTF8.GetString(reader.ReadBinary());
}
