using System.Buffers;
using System.Runtime.InteropServices;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server;

/// <summary>From a batch to its effects: tap, routes, log, and then the answers.</summary>
internal sealed partial class Connection
{
    private const int KeptPublications = 64;

    private readonly DeliveryPlan plan = new();
    private readonly PacketBuffer answers = new(0);
    private readonly List<AckPacket> releases = [];
    private readonly List<(Message Message, Target Target)> retainedToSend = [];
    private TappedMessage[] tapped = [];
    private int tappedCount;
    private volatile bool isCommitting;

    // The log position that must be safe before the answers go out.
    private long needed;

    private async ValueTask Commit(CancellationToken cancel)
    {
        isCommitting = true;
        var isDistributed = false;
        try
        {
            Acknowledge();
            if (publicationCount > 0)
            {
                server.Counters.Received(publicationCount);
                if (server.Tap is { } tap && CollectTapped())
                    await tap.Take(tapped.AsMemory(0, tappedCount), cancel);
                needed = Math.Max(needed, server.Distribute(publications.AsSpan(0, publicationCount), plan, session));
                isDistributed = true;
                KeepIncoming();
            }
            needed = Math.Max(needed, session!.WaitsFor);
            await server.Settle(plan, needed, session, CancellationToken.None); // what was handed on is not called off
            Answer();
            await SendRetained(cancel);
            if (answers.Length > 0)
                await WaitUntilTaken(cancel);
            if (plan.Sessions.Count > 0)
                await HoldBack(cancel);
        }
        finally
        {
            if (!isDistributed)
                TakeBackIncoming();
            Reset();
            isCommitting = false;
        }
        if (broken is { } found)
            throw found;
    }

    private void Acknowledge()
    {
        if (acks.Count == 0)
            return;
        needed = Math.Max(needed, session!.Acknowledge(link!, CollectionsMarshal.AsSpan(acks), releases));
        acks.Clear();
        foreach (var release in releases)
            release.Write(answers, Version);
        releases.Clear();
    }

    private bool CollectTapped()
    {
        if (tapped.Length < publicationCount)
            tapped = new TappedMessage[publications.Length];
        foreach (ref readonly var publication in publications.AsSpan(0, publicationCount))
        {
            if (publication.IsDelivered)
                tapped[tappedCount++] = new TappedMessage(publication.Route.Name, publication.Payload, publication.Qos, publication.Retain, principal!);
        }
        return tappedCount > 0;
    }

    private void Answer()
    {
        foreach (ref readonly var publication in publications.AsSpan(0, publicationCount))
        {
            if (publication.Qos == QualityOfService.AtMostOnce)
                continue;
            var isExact = publication.Qos == QualityOfService.ExactlyOnce;
            if (isExact && publication.Result >= ReasonCode.UnspecifiedError)
                session!.ReleaseIncoming(publication.PacketId, out _); // PUBREC with a failure ends the exchange
            AckPacket.Write(answers, Version, isExact ? PacketType.Pubrec : PacketType.Puback, publication.PacketId, publication.Result);
        }
        lock (outbox.Gate)
            outbox.Filling.Write(answers.Written);
        session!.Pump();
        outbox.Flush();
    }

    private async ValueTask SendRetained(CancellationToken cancel)
    {
        if (retainedToSend.Count == 0)
            return;
        foreach (var (message, target) in retainedToSend)
        {
            session!.Deliver(message, target.SubscriptionIds, message.Qos < target.Qos ? message.Qos : target.Qos, retain: true);
            if (outbox.Unsent > server.Options.BackPressureBytes)
            {
                outbox.Flush();
                await WaitUntilTaken(cancel);
            }
        }
        retainedToSend.Clear();
        retainedToSend.TrimExcess();
        outbox.Flush();
        if (session!.WaitsFor is var position and > 0)
        {
            await server.Log!.Sync(position, cancel);
            session.Pump();
            outbox.Flush();
        }
    }

    // Answers are no messages that a limit would hold back: a client that asks and does not read is not read any more.
    private async ValueTask WaitUntilTaken(CancellationToken cancel)
    {
        var options = server.Options;
        if (outbox.Unsent > options.BackPressureBytes
            && !await outbox.WaitForRoom(options.BackPressureBytes, options.SlowReceiverPatience, TimeSpan.MaxValue, server.Time, cancel))
            throw new MqttProtocolException(ReasonCode.QuotaExceeded, $"Nothing was taken for {options.SlowReceiverPatience.TotalSeconds:0.#} s while {outbox.Unsent} bytes waited.");
    }

    // A publisher waits for those who are behind. It does not wait for itself, nor for one who is waiting, so that no two wait for each other.
    private async ValueTask HoldBack(CancellationToken cancel)
    {
        List<Session>? behind = null;
        foreach (var (receiver, _) in CollectionsMarshal.AsSpan(plan.Sessions))
        {
            if (receiver != session && receiver.IsBehind)
                (behind ??= []).Add(receiver);
        }
        if (behind is null)
            return;
        link!.IsHeldBack = true;
        var begun = server.Time.GetTimestamp();
        try
        {
            foreach (var receiver in behind)
                await HoldBack(receiver, begun, cancel);
        }
        finally
        {
            link.IsHeldBack = false;
        }
    }

    // The patience is for all receivers of the batch together, however many are slow.
    private async ValueTask HoldBack(Session receiver, long begun, CancellationToken cancel)
    {
        var options = server.Options;
        var patience = options.SlowReceiverPatience;
        if (receiver.Link is not { IsHeldBack: false } slow || patience - server.Time.GetElapsedTime(begun) is var left && left <= TimeSpan.Zero)
            return;
        await receiver.WaitForRoom(left, cancel);
        left = patience - server.Time.GetElapsedTime(begun);
        if (left <= TimeSpan.Zero || !slow.IsBehind)
            return;
        var before = slow.Outbox.SentBytes;
        if (!await slow.Outbox.WaitForRoom(options.BackPressureBytes, patience, left, server.Time, cancel))
            slow.Close(ReasonCode.QuotaExceeded, $"Nothing was taken for {patience.TotalSeconds:0.#} s while messages waited.");
        else if (left >= patience / 2 && slow.IsBehind && slow.Outbox.SentBytes != before)
            slow.WaitNoMore();
    }

    private void KeepIncoming()
    {
        foreach (ref readonly var publication in publications.AsSpan(0, publicationCount))
        {
            // A repetition is written down again: its position lies behind all that the first coming wrote, which may not have been safe yet.
            if (publication is { Qos: QualityOfService.ExactlyOnce, Result: < ReasonCode.UnspecifiedError })
                needed = Math.Max(needed, session!.KeepIncoming(publication.PacketId));
        }
    }

    // The batch failed before anybody had it: its QoS 2 messages will come again and must not count as repetitions.
    private void TakeBackIncoming()
    {
        foreach (ref readonly var publication in publications.AsSpan(0, publicationCount))
        {
            if (publication is { Qos: QualityOfService.ExactlyOnce, IsRepeated: false })
                session!.ReleaseIncoming(publication.PacketId, out _);
        }
    }

    private void Release(ushort packetId)
    {
        var wasKnown = session!.ReleaseIncoming(packetId, out var position);
        needed = Math.Max(needed, position);
        AckPacket.Write(answers, Version, PacketType.Pubcomp, packetId, wasKnown ? ReasonCode.Success : ReasonCode.PacketIdNotFound);
    }

    private void Reset()
    {
        Array.Clear(publications, 0, publicationCount);
        Array.Clear(tapped, 0, tappedCount);
        if (publications.Length > KeptPublications && publicationCount < publications.Length / 8)
            (publications, tapped) = (new Publication[publications.Length / 2], []);
        (publicationCount, tappedCount, unacknowledged, needed) = (0, 0, 0, 0);
        plan.Clear();
        answers.Clear();
        foreach (var copy in straddling)
            ArrayPool<byte>.Shared.Return(copy);
        straddling.Clear();
    }
}
