using System.Buffers;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server;

/// <summary>From bytes to a batch: publications, acknowledgements, answers.</summary>
internal sealed partial class Connection
{
    private const int MaxBatchMessages = 4096;
    private const int MaxHeaderBytes = 5;

    private readonly List<AckPacket> acks = [];
    private readonly List<byte[]> straddling = [];
    private Publication[] publications = [];
    private int publicationCount;
    private int unacknowledged;
    private TopicRoute? lastRoute;
    private ReasonCode lastRefusal;
    private TopicRoute?[] aliases = [];
    private MqttProtocolException? broken;

    /// <summary>Reads whole packets until the bytes end (false), or until what was read must be committed first (true).</summary>
    private bool Parse(ref ReadOnlySequence<byte> rest)
    {
        try
        {
            while (!rest.IsEmpty)
            {
                var first = rest.First;
                var taken = ParseSegment(first, out var mustCommit);
                rest = rest.Slice(taken);
                if (mustCommit)
                    return true;
                if (taken == first.Length && taken > 0)
                    continue;
                if (rest.IsSingleSegment || !TryParseStraddling(ref rest, out mustCommit))
                    return false;
                if (mustCommit)
                    return true;
            }
        }
        catch (MqttProtocolException found)
        {
            broken = found; // what came before it is still committed
        }
        return false;
    }

    private int ParseSegment(ReadOnlyMemory<byte> bytes, out bool mustCommit)
    {
        var taken = 0;
        var span = bytes.Span;
        mustCommit = false;
        while (!isLeaving && taken < bytes.Length && FixedHeader.TryRead(span[taken..], server.Options.MaxPacketBytes, out var header) && bytes.Length - taken >= header.PacketSize)
        {
            if (!TryHandle(header, bytes.Slice(taken + header.Length, header.Remaining)))
            {
                mustCommit = true;
                return taken;
            }
            taken += header.PacketSize;
        }
        return taken;
    }

    // A packet that lies in two or more of the transport's segments is copied together.
    private bool TryParseStraddling(ref ReadOnlySequence<byte> rest, out bool mustCommit)
    {
        mustCommit = false;
        Span<byte> start = stackalloc byte[MaxHeaderBytes];
        start = start[..(int)Math.Min(MaxHeaderBytes, rest.Length)];
        rest.Slice(0, start.Length).CopyTo(start);
        if (isLeaving || !FixedHeader.TryRead(start, server.Options.MaxPacketBytes, out var header) || rest.Length < header.PacketSize)
            return false;
        var copy = ArrayPool<byte>.Shared.Rent(Math.Max(1, header.Remaining));
        straddling.Add(copy);
        rest.Slice(header.Length, header.Remaining).CopyTo(copy);
        if (TryHandle(header, copy.AsMemory(0, header.Remaining)))
            rest = rest.Slice(header.PacketSize);
        else
            mustCommit = true;
        return true;
    }

    /// <summary>False: the packet has to wait until the batch is committed, and was not handled.</summary>
    private bool TryHandle(FixedHeader header, ReadOnlyMemory<byte> body)
    {
        switch (header.Type)
        {
            case PacketType.Publish:
                return TryAddPublication(header.Flags, body);
            case PacketType.Puback or PacketType.Pubrec or PacketType.Pubcomp:
                acks.Add(AckPacket.Read(header.Type, body.Span, Version));
                return acks.Count < MaxBatchMessages;
            case PacketType.Pubrel:
                Release(AckPacket.Read(header.Type, body.Span, Version).PacketId);
                return true;
            case PacketType.Pingreq:
                PingPacket.Check(header.Type, body.Span);
                PingPacket.Write(answers, PacketType.Pingresp);
                return true;
            case PacketType.Subscribe or PacketType.Unsubscribe or PacketType.Disconnect when publicationCount > 0 || acks.Count > 0 || retainedToSend.Count > 0:
                return false;
            case PacketType.Subscribe:
                Subscribe(SubscribePacket.Read(body.Span, Version));
                return true;
            case PacketType.Unsubscribe:
                Unsubscribe(UnsubscribePacket.Read(body.Span, Version));
                return true;
            case PacketType.Disconnect:
                TakeLeave(DisconnectPacket.Read(header.Type, body.Span, Version));
                return true;
            default:
                throw MqttProtocolException.Error($"{header.Type} is not for a client to send here.");
        }
    }

    private bool TryAddPublication(byte flags, ReadOnlyMemory<byte> body)
    {
        if (publicationCount == MaxBatchMessages)
            return false;
        var packet = PublishPacket.Read(flags, body.Span, Version, lastRoute is null ? default : lastRoute.Utf8);
        var route = RouteOf(packet);
        if (publicationCount == publications.Length)
            Array.Resize(ref publications, Math.Max(8, publications.Length * 2));
        ref var publication = ref publications[publicationCount];
        publication = new Publication
        {
            Route = route,
            Payload = body[^packet.Payload.Length..],
            Qos = packet.Qos,
            Retain = packet.Retain,
            PacketId = packet.PacketId,
            Properties = PropertiesOf(packet, body),
            ExpiresAt = Message.ExpiryOf(packet.MessageExpirySeconds, server.Time),
            Result = lastRefusal,
        };
        if (lastRefusal >= ReasonCode.UnspecifiedError)
            CheckRefusalCanBeSaid(packet.Qos, route);
        if (packet.Qos != QualityOfService.AtMostOnce)
            Count(ref publication);
        publicationCount++;
        return true;
    }

    private void Count(ref Publication publication)
    {
        unacknowledged++;
        var released = unacknowledged;
        if (publication.Qos == QualityOfService.ExactlyOnce && publication.Result < ReasonCode.UnspecifiedError)
        {
            publication.IsRepeated = !session!.TryTakeIncoming(publication.PacketId, out var open);
            released = open;
        }
        if (Version != MqttVersion.V50 || Math.Max(released, unacknowledged) <= server.Options.ReceiveMaximum)
            return;
        if (publication.Qos == QualityOfService.ExactlyOnce && publication is { IsRepeated: false, Result: < ReasonCode.UnspecifiedError })
            session!.ReleaseIncoming(publication.PacketId, out _); // it is no part of the batch, and is none when it comes again
        throw new MqttProtocolException(ReasonCode.ReceiveMaximumExceeded, $"More than {server.Options.ReceiveMaximum} messages are unacknowledged.");
    }

    private static ReadOnlyMemory<byte> PropertiesOf(PublishPacket packet, ReadOnlyMemory<byte> body)
    {
        if (packet.Properties.IsEmpty)
            return default;
        if (packet.HasHopProperties || packet.MessageExpirySeconds is not null)
            return PublishPacket.TravellingProperties(packet.Properties);
        return body.Slice(body.Length - packet.Payload.Length - packet.Properties.Length, packet.Properties.Length);
    }

    private TopicRoute RouteOf(PublishPacket packet)
    {
        if (packet.TopicAlias == 0)
            return RouteOf(packet.Topic);
        if (packet.TopicAlias > server.Options.TopicAliasMaximum)
            throw new MqttProtocolException(ReasonCode.TopicAliasInvalid, $"Topic alias {packet.TopicAlias} is above {server.Options.TopicAliasMaximum}.");
        if (aliases.Length == 0)
            aliases = new TopicRoute?[server.Options.TopicAliasMaximum + 1];
        if (!packet.Topic.IsEmpty)
            return aliases[packet.TopicAlias] = RouteOf(packet.Topic);
        var route = aliases[packet.TopicAlias] ?? throw MqttProtocolException.Error($"Topic alias {packet.TopicAlias} stands for no topic.");
        Judge(route);
        return route;
    }

    private TopicRoute RouteOf(ReadOnlySpan<byte> topic)
    {
        if (lastRoute is { } last && topic.SequenceEqual(last.Utf8))
            return last;
        if (topic.Length > server.Options.MaxTopicBytes)
            throw new MqttProtocolException(ReasonCode.TopicNameInvalid, $"A topic has {topic.Length} bytes; at most {server.Options.MaxTopicBytes} are taken.");
        if (server.Routes.TryGet(topic, out var route))
        {
            Judge(route);
            return route;
        }
        Judge(route = server.Routes.Make(topic));
        // Refused topics are not remembered, or a client could fill the server's memory with them.
        return lastRefusal >= ReasonCode.UnspecifiedError ? route : lastRoute = server.Routes.Keep(route);
    }

    private void Judge(TopicRoute route)
    {
        if (route != lastRoute)
            (lastRoute, lastRefusal) = (route, RefusalOf(route));
    }

    private ReasonCode RefusalOf(TopicRoute route)
    {
        if (route.Utf8.Length > server.Options.MaxTopicBytes || TopicRules.LevelsOf(route.Utf8) > server.Options.MaxTopicLevels)
            return ReasonCode.TopicNameInvalid;
        if (route.IsSystem && (route.Name.StartsWith("$SYS", StringComparison.Ordinal) || route.Name.StartsWith("$share", StringComparison.Ordinal)))
            return ReasonCode.NotAuthorized;
        return principal!.MayPublish(route.Name) ? ReasonCode.Success : ReasonCode.NotAuthorized;
    }

    // 3.1.1 has no way to refuse one message, and QoS 0 has no answer: the connection ends, since silence would be a loss nobody sees.
    private void CheckRefusalCanBeSaid(QualityOfService qos, TopicRoute route)
    {
        if (Version == MqttVersion.V311 || qos == QualityOfService.AtMostOnce)
            throw new MqttProtocolException(lastRefusal, $"'{principal!.Name}' may not publish to '{route.Name}'.");
    }

    private void TakeLeave(DisconnectPacket packet)
    {
        isLeaving = true;
        leavesWithWill = packet.Reason != ReasonCode.Success;
        if (packet.Properties.SessionExpirySeconds is not { } expiry)
            return;
        if (session!.ExpirySeconds == 0 && expiry > 0)
            throw MqttProtocolException.Error("DISCONNECT asks to keep a session that CONNECT did not ask to keep.");
        session.ExpirySeconds = Math.Min(expiry, (uint)Math.Min(uint.MaxValue - 1L, server.Options.MaxSessionExpiry.TotalSeconds));
    }
}
