using System.Text;
using System.Text.Json;
using Dure.Historian.Mqtt;
using Dure.Kernel;
using Dure.Mqtt;

namespace Dure.Historian.Sparkplug;

/// <summary>Settings and limits of a <see cref="SparkplugHost"/>.</summary>
public sealed record SparkplugOptions
{
    /// <summary>The host application's name in its STATE topic.</summary>
    public string HostId { get; init; } = "dure";

    /// <summary>How long a missing sequence number is waited for before the edge node is asked for its births.</summary>
    public TimeSpan ReorderTimeout { get; init; } = TimeSpan.FromSeconds(5);

    public int MaxNodes { get; init; } = 10_000;

    /// <summary>Devices of all edge nodes together.</summary>
    public int MaxDevices { get; init; } = 100_000;

    /// <summary>Metrics of all edge nodes together.</summary>
    public int MaxMetrics { get; init; } = 2_000_000;
}

/// <summary>
/// The host application of Sparkplug B 3.0 without its transport: takes messages, and makes of them samples named
/// <c>group/edge/device/metric</c>, what the birth certificates say of these, and messages to publish. Data are taken in whatever order
/// they come; a sequence number that stays missing makes it ask for a rebirth. Metrics of what died become samples of bad quality. Its
/// memory is bounded by <see cref="SparkplugOptions"/>. Not safe for threads.
/// </summary>
public sealed class SparkplugHost(SparkplugOptions options)
{
    private const int MostTopicsKept = 200_000;
    private const string BirthFirst = "Nothing: the edge node is asked for its birth certificates. If this stays, look whether it receives NCMD.";

    private readonly Dictionary<string, SparkplugTopic?> topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, EdgeNode> nodes = new(StringComparer.Ordinal);
    private readonly HashSet<EdgeNode> watched = [];
    private readonly BirthBook births = new(options);
    private readonly long patience = options.ReorderTimeout.Ticks / TimeSpan.TicksPerMicrosecond;
    private int devices;
    private long onlineSince;

    /// <summary>Edge nodes known, and those of them that are online.</summary>
    public (int Known, int Online) Nodes => (nodes.Count, nodes.Values.Count(node => node.IsOnline));

    /// <summary>Metrics known by their birth certificates.</summary>
    public int Metrics => births.Metrics;

    /// <summary>Values that are no numbers and so were not kept.</summary>
    public long NotKept => births.NotKept;

    /// <summary>Where the host application tells whether it is online.</summary>
    public string StateTopic => SparkplugTopic.StatePrefix + options.HostId;

    /// <summary>The host application's name.</summary>
    public string HostId => options.HostId;

    /// <summary>Whether a topic acts on edge nodes: a command to one, or the word of this host application, which they obey.</summary>
    public static bool IsCommand(string topic, string hostId)
    {
        if (topic.StartsWith("STATE/", StringComparison.Ordinal)) // as before Sparkplug 3.0
            return topic.AsSpan("STATE/".Length).SequenceEqual(hostId);
        if (!topic.StartsWith(SparkplugTopic.Prefix, StringComparison.Ordinal))
            return false;
        if (topic.StartsWith(SparkplugTopic.StatePrefix, StringComparison.Ordinal))
            return topic.AsSpan(SparkplugTopic.StatePrefix.Length).SequenceEqual(hostId);
        var verb = topic.AsSpan(topic.IndexOf('/', SparkplugTopic.Prefix.Length) + 1); // without a group there is no slash, and no verb either
        var end = verb.IndexOf('/');
        return (end < 0 ? verb : verb[..end]) is "NCMD" or "DCMD";
    }

    /// <summary>Whether messages of the topic are for this.</summary>
    public static bool Takes(string topic) =>
        topic.StartsWith(SparkplugTopic.Prefix, StringComparison.Ordinal) || topic.StartsWith(SparkplugTopic.CertificatePrefix, StringComparison.Ordinal);

    /// <summary>The message to register as will at CONNECT; <see cref="Birth"/> then has the same time.</summary>
    public MqttMessage Will(DateTimeOffset connecting)
    {
        onlineSince = connecting.ToUnixTimeMilliseconds();
        return State(false, onlineSince);
    }

    /// <summary>The message to publish once STATE and the group topics are subscribed to.</summary>
    public MqttMessage Birth() => State(true, onlineSince);

    /// <summary>The message to publish before leaving.</summary>
    public MqttMessage Death(DateTimeOffset leaving) => State(false, leaving.ToUnixTimeMilliseconds());

    /// <summary>Takes a message. Never throws on any bytes: what cannot be read is a rejection that names the topic.</summary>
    public void Receive(string topic, ReadOnlySpan<byte> payload, long receivedMicros, Reading into)
    {
        if (topic.StartsWith(SparkplugTopic.StatePrefix, StringComparison.Ordinal))
        {
            HearState(topic, payload, into);
            return;
        }
        if (ParsedTopic(topic) is not { } parsed)
        {
            into.Live.Reject(topic, "The topic is not one of Sparkplug B 3.0.", "Use spBv1.0/{group}/{NBIRTH|NDEATH|NDATA|DBIRTH|DDEATH|DDATA}/{edge node}[/{device}].");
            return;
        }
        if (parsed.Verb is SparkplugVerb.NodeCommand or SparkplugVerb.DeviceCommand)
            return; // for edge nodes, not for hosts
        if (!SparkplugPayload.TryRead(payload, out var read))
        {
            into.Live.Reject(topic, $"The {payload.Length:N0} bytes are not a Sparkplug B payload.", "Send the protobuf message org.eclipse.tahu.protobuf.Payload.");
            return;
        }
        if (NodeOf(parsed) is not { } node)
        {
            into.Live.Reject(topic, $"{options.MaxNodes:N0} edge nodes are known; no more are taken.", "Use a second node, or remove edge nodes that are not needed.", read.MetricCount);
            return;
        }
        Receive(node, parsed, topic, ref read, payload, receivedMicros, into);
        if (read.IsBroken)
            into.Live.Reject(topic, "A metric cannot be read; it and those behind it are lost.", "Look whether the sender and this node use the same Sparkplug B payload definition.");
    }

    /// <summary>What only time brings about: missing sequence numbers and births that did not come. To be called about once a second.</summary>
    public void Tick(long nowMicros, Reading into)
    {
        foreach (var node in watched.ToArray())
        {
            if (node.Sequence.HasHole && nowMicros >= node.Sequence.Deadline)
            {
                node.Sequence.Forgive();
                DropHeld(node, into);
                AskForBirth(node, nowMicros, into);
            }
            var isAwaiting = false;
            foreach (var device in node.Devices.Values)
            {
                if (device.AwaitedUntil is { } until && nowMicros >= until)
                {
                    device.AwaitedUntil = null;
                    BirthBook.MarkStale(device, until, into);
                }
                isAwaiting |= device.AwaitedUntil is not null;
            }
            if (!isAwaiting && !node.Sequence.HasHole)
                watched.Remove(node);
        }
    }

    /// <summary>The way to the server is lost: what happens to the edge nodes is not known from now on, and each must be born anew.</summary>
    public void Disconnected(long nowMicros, Reading into)
    {
        foreach (var node in nodes.Values.Where(node => node.IsOnline))
            Died(node, nowMicros, into);
    }

    /// <summary>Asks all edge nodes that are known and not born for their births; to be called once the way to the server is there again.</summary>
    public void AskForBirths(long nowMicros, Reading into)
    {
        foreach (var node in nodes.Values.Where(node => !node.IsOnline))
        {
            node.AskedAt = null;
            AskForBirth(node, nowMicros, into);
        }
    }

    private void Receive(EdgeNode node, SparkplugTopic topic, string name, ref SparkplugPayload payload, ReadOnlySpan<byte> bytes, long now, Reading into)
    {
        if (topic.Verb == SparkplugVerb.NodeBirth)
        {
            NodeBorn(node, name, ref payload, now, into);
            return;
        }
        if (topic.Verb == SparkplugVerb.NodeDeath)
        {
            NodeDied(node, ref payload, now, into);
            return;
        }
        if (!node.IsOnline)
        {
            if (topic.Verb is not SparkplugVerb.DeviceDeath)
                RefuseUnborn(node, name, payload.MetricCount, "No birth certificate of the edge node has come yet.", now, into);
            return;
        }
        if (payload.Seq is { } seq)
        {
            node.Sequence.Met(seq, now, patience);
            if (node.Sequence.HasHole)
                watched.Add(node);
        }
        switch (topic.Verb)
        {
            case SparkplugVerb.NodeData:
                births.TakeData(node, node.Own, name, ref payload, now, into);
                break;
            case SparkplugVerb.DeviceBirth:
                DeviceBorn(node, topic.Device!, name, ref payload, now, into); // its verb has a device
                break;
            case SparkplugVerb.DeviceDeath when node.Devices.TryGetValue(topic.Device!, out var dying):
                (dying.IsBorn, dying.AwaitedUntil) = (false, null);
                BirthBook.MarkStale(dying, payload.Timestamp is { } stamp ? BirthBook.MicrosOf(stamp) : now, into);
                break;
            case SparkplugVerb.DeviceData:
                DeviceData(node, topic.Device!, name, ref payload, bytes, now, into);
                break;
        }
    }

    private void NodeBorn(EdgeNode node, string topic, ref SparkplugPayload payload, long now, Reading into)
    {
        node.Aliases.Clear();
        node.Sequence.Start(payload.Seq ?? 0);
        (node.IsOnline, node.AskedAt) = (true, null);
        node.Held.Clear();
        node.HeldBytes = 0;
        foreach (var device in node.Devices.Values.Where(device => device.IsBorn))
        {
            (device.IsBorn, device.AwaitedUntil) = (false, now + patience);
            watched.Add(node);
        }
        node.BirthDeathSeq = births.TakeBirth(node, node.Own, topic, ref payload, now, into);
    }

    private void DeviceBorn(EdgeNode node, string name, string topic, ref SparkplugPayload payload, long now, Reading into)
    {
        if (!node.Devices.TryGetValue(name, out var device))
        {
            if (devices >= options.MaxDevices)
            {
                into.Live.Reject(topic, $"{options.MaxDevices:N0} devices are known; no more are taken.", "Use a second node.", payload.MetricCount);
                return;
            }
            devices++;
            node.Devices[name] = device = new SparkplugDevice(name);
        }
        births.TakeBirth(node, device, topic, ref payload, now, into);
        foreach (var held in node.Held.Where(held => held.Device == name).ToArray())
        {
            node.Held.Remove(held);
            node.HeldBytes -= held.Payload.Length;
            if (SparkplugPayload.TryRead(held.Payload, out var read))
                births.TakeData(node, device, topic, ref read, held.Received, into);
        }
    }

    private void DeviceData(EdgeNode node, string name, string topic, ref SparkplugPayload payload, ReadOnlySpan<byte> bytes, long now, Reading into)
    {
        if (node.Devices.TryGetValue(name, out var device) && device.IsBorn)
            births.TakeData(node, device, topic, ref payload, now, into);
        else if (node.Sequence.HasHole && node.Held.Count < EdgeNode.MostHeldMessages && node.HeldBytes + bytes.Length <= EdgeNode.MostHeldBytes)
        {
            node.Held.Add(new HeldMessage(name, bytes.ToArray(), now));
            node.HeldBytes += bytes.Length;
        }
        else
            RefuseUnborn(node, topic, payload.MetricCount, "No birth certificate of the device has come, or it has died since.", now, into);
    }

    /// <summary>A death whose bdSeq is not the last birth's is the will of a connection before this one.</summary>
    private static void NodeDied(EdgeNode node, ref SparkplugPayload payload, long now, Reading into)
    {
        if (!node.IsOnline || BirthBook.BirthDeathSeq(ref payload) is { } seq && node.BirthDeathSeq is { } born && seq != born)
            return;
        // The will's own time is that of the connect, so the death is when it was heard of.
        Died(node, now, into);
    }

    private static void Died(EdgeNode node, long now, Reading into)
    {
        node.IsOnline = false;
        foreach (var device in node.All)
        {
            (device.IsBorn, device.AwaitedUntil) = (false, null);
            BirthBook.MarkStale(device, now, into);
        }
        node.Sequence.Forgive();
        DropHeld(node, into);
    }

    private void RefuseUnborn(EdgeNode node, string topic, int metrics, string what, long now, Reading into)
    {
        into.Live.Reject(topic, what, BirthFirst, Math.Max(1, metrics));
        AskForBirth(node, now, into);
    }

    private void AskForBirth(EdgeNode node, long now, Reading into)
    {
        if (node.AskedAt is { } asked && now - asked < patience)
            return;
        node.AskedAt = now;
        var topic = $"{SparkplugTopic.Prefix}{node.Group}/NCMD/{node.Name}";
        into.ToPublish.Add(new MqttMessage(topic, SparkplugWriter.Rebirth((ulong)Math.Max(0, now / 1000)), QualityOfService.AtMostOnce, false));
    }

    private static void DropHeld(EdgeNode node, Reading into)
    {
        foreach (var held in node.Held)
            into.Live.Reject($"{node.Key}/{held.Device}", "Data came before the device's birth certificate, and this did not come.", BirthFirst);
        node.Held.Clear();
        node.HeldBytes = 0;
    }

    private EdgeNode? NodeOf(SparkplugTopic topic)
    {
        var key = $"{topic.Group}/{topic.Node}";
        if (nodes.TryGetValue(key, out var node))
            return node;
        if (nodes.Count >= options.MaxNodes)
            return null;
        return nodes[key] = new EdgeNode(topic.Group, topic.Node);
    }

    private SparkplugTopic? ParsedTopic(string topic)
    {
        if (topics.TryGetValue(topic, out var parsed))
            return parsed;
        if (topics.Count >= MostTopicsKept)
            topics.Clear();
        var plain = topic.StartsWith(SparkplugTopic.CertificatePrefix, StringComparison.Ordinal) ? topic[SparkplugTopic.CertificatePrefix.Length..] : topic;
        return topics[topic] = plain.StartsWith(SparkplugTopic.Prefix, StringComparison.Ordinal) ? SparkplugTopic.Parse(plain) : null;
    }

    /// <summary>A late will of an earlier connection tells the edge nodes that the host is gone: it says at once that it is not.</summary>
    private void HearState(string topic, ReadOnlySpan<byte> payload, Reading into)
    {
        if (topic != StateTopic || onlineSince == 0)
            return;
        try
        {
            var reader = new Utf8JsonReader(payload);
            if (!JsonElement.TryParseValue(ref reader, out var state) || state is not { ValueKind: JsonValueKind.Object } said
                || !said.TryGetProperty("online", out var online) || online.ValueKind != JsonValueKind.False)
                return;
            if (said.TryGetProperty("timestamp", out var stamp) && stamp.ValueKind == JsonValueKind.Number && stamp.TryGetInt64(out var at) && at > onlineSince)
                onlineSince = at;
            into.ToPublish.Add(Birth());
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException) // a name may be half a surrogate pair
        {
            into.Live.Reject(topic, "The STATE message is not JSON.", "Send {\"online\":true,\"timestamp\":milliseconds}.");
        }
    }

    private MqttMessage State(bool isOnline, long timestamp) =>
        new(StateTopic, Encoding.UTF8.GetBytes($"{{\"online\":{(isOnline ? "true" : "false")},\"timestamp\":{timestamp}}}"), QualityOfService.AtLeastOnce, true);
}
