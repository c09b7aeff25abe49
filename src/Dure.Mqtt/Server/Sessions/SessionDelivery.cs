using System.Runtime.InteropServices;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Sessions;

namespace Dure.Mqtt.Server;

/// <summary>Messages on their way to the client.</summary>
internal sealed partial class Session
{
    private readonly InFlightWindow window = new();
    private readonly Queue<ushort> notYetDurable = [];
    private Queue<Outgoing> pending = [];
    private long queuedBytes;
    private long unreportedBytes;
    private long lastSequence;

    /// <summary>The log position that the next message to be sent waits for, or 0; once it is safe, <see cref="Pump()"/> sends the message.</summary>
    public long WaitsFor
    {
        get
        {
            if (notYetDurable.Count == 0)
                return 0;
            lock (gate)
                return notYetDurable.Count == 0 ? 0 : notYetDurable.Max(id => window[id].Position);
        }
    }

    /// <summary>Sends or queues one batch's messages for this session, and notes in each publication whether there was room for it.</summary>
    /// <returns>The log position up to which the messages must be safe before they are acknowledged to their publisher; 0: none.</returns>
    public long Deliver(List<Delivery> deliveries, Span<Publication> publications)
    {
        lock (gate)
        {
            if (isEnded)
                return 0;
            if (link is not { } connected)
                return DeliverHolding(deliveries, publications, null);
            lock (connected.Outbox.Gate)
                return DeliverHolding(deliveries, publications, connected);
        }
    }

    /// <summary>Queues one kept message, as on SUBSCRIBE or from another member of a shared subscription. False: there is no room.</summary>
    public bool Deliver(Message message, byte[] subscriptionIds, QualityOfService qos, bool retain, Routing.SharedGroup? group = null)
    {
        lock (gate)
        {
            if (isEnded || qos == QualityOfService.AtMostOnce && link is null)
                return false;
            if (qos == QualityOfService.AtMostOnce)
            {
                lock (link!.Outbox.Gate)
                    link.Send(message, subscriptionIds, qos, 0, retain, isDuplicate: false);
                return true;
            }
            var isQueued = TryQueue(message, subscriptionIds, qos, retain, group, out _);
            PumpHoldingSession();
            return isQueued;
        }
    }

    /// <summary>Sends what waits, as far as the client's receive maximum and the log allow.</summary>
    public void Pump()
    {
        lock (gate)
            PumpHoldingSession();
    }

    /// <summary>
    /// Completes when the queue is half as long as where publishers are held back, or after <paramref name="patience"/>. A client that
    /// was given most of the whole patience is not waited for again before its queue is as short: what does not fit is lost to it.
    /// </summary>
    public async ValueTask WaitForRoom(TimeSpan patience, CancellationToken cancel)
    {
        Task wait;
        lock (gate)
        {
            if (isEnded || link is null || isStalled || HasRoomAgain)
                return;
            room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            wait = room.Task;
        }
        try
        {
            await wait.WaitAsync(patience, time, cancel);
        }
        catch (TimeoutException)
        {
            lock (gate)
                isStalled = !HasRoomAgain && patience >= options.SlowReceiverPatience / 2;
        }
    }

    /// <summary>Takes PUBACK, PUBREC and PUBCOMP in order and sends what now may go. Answers to PUBREC are added to <paramref name="releases"/>.</summary>
    /// <returns>The log position that must be safe before the answers are sent.</returns>
    public long Acknowledge(Link from, ReadOnlySpan<AckPacket> acks, List<AckPacket> releases)
    {
        lock (gate)
        {
            if (link != from)
                return 0;
            var position = 0L;
            foreach (var ack in acks)
                position = Math.Max(position, Acknowledge(ack, releases));
            PumpHoldingSession();
            if (HasRoomAgain)
            {
                isStalled = false;
                GiveRoom();
            }
            return position;
        }
    }

    private bool HasRoomAgain => queuedBytes < options.MaxQueuedBytes / 4;

    private void GiveRoom()
    {
        room?.TrySetResult();
        room = null;
    }

    private long DeliverHolding(List<Delivery> deliveries, Span<Publication> publications, Link? connected)
    {
        var position = 0L;
        foreach (var delivery in CollectionsMarshal.AsSpan(deliveries))
        {
            ref var publication = ref publications[delivery.Publication];
            var target = delivery.Target;
            var qos = target.Qos < publication.Qos ? target.Qos : publication.Qos;
            var retain = target.RetainAsPublished && publication.Retain;
            if (qos == QualityOfService.AtMostOnce)
            {
                connected?.Send(publication, target.SubscriptionIds, retain);
                publication.IsTaken |= connected is not null;
            }
            else
            {
                if (TryQueue(publication.Keep(), target.SubscriptionIds, qos, retain, target.Group, out var logged))
                    publication.IsTaken = true;
                else
                    publication.IsRefused = true;
                position = Math.Max(position, logged);
            }
        }
        if (connected is not null)
            PumpHolding(connected);
        ReportQueued();
        return position;
    }

    private bool TryQueue(Message message, byte[] subscriptionIds, QualityOfService qos, bool retain, Routing.SharedGroup? group, out long position)
    {
        position = 0;
        if (pending.Count + window.Count >= options.MaxQueuedMessages || queuedBytes + message.Size > options.MaxQueuedBytes || !AllHaveRoomFor(message))
        {
            Lost++;
            counters.Dropped();
            return false;
        }
        var outgoing = new Outgoing { Message = message, SubscriptionIds = subscriptionIds, Group = group, Qos = qos, Retain = retain, Sequence = ++lastSequence };
        position = Log?.Queued(this, outgoing) ?? 0;
        Hold(message);
        pending.Enqueue(outgoing);
        return true;
    }

    // Who is connected may use as much again as the absent ones leave: their messages alone must not stop those who take theirs.
    private bool AllHaveRoomFor(Message message) =>
        counters.QueuedBytes + unreportedBytes + (message.IsHeld ? 0 : message.Size) <= (link is null ? options.MaxQueuedBytesOfAll : 2 * options.MaxQueuedBytesOfAll);

    private void Hold(Message message)
    {
        queuedBytes += message.Size;
        if (message.Hold())
            unreportedBytes += message.Size;
    }

    private void LetGo(Message? message)
    {
        if (message is null)
            return;
        queuedBytes -= message.Size;
        if (message.LetGo())
            unreportedBytes -= message.Size;
    }

    // Once per batch, since all sessions share the counter.
    private void ReportQueued()
    {
        if (unreportedBytes == 0)
            return;
        counters.Queued(unreportedBytes);
        unreportedBytes = 0;
    }

    private void PumpHoldingSession()
    {
        if (link is { } connected)
        {
            lock (connected.Outbox.Gate)
                PumpHolding(connected);
        }
        ReportQueued();
    }

    private void PumpHolding(Link connected)
    {
        SendDurable(connected);
        while (window.Count < connected.SendMaximum && pending.TryDequeue(out var outgoing))
        {
            if (outgoing is { PacketId: 0, Message: { } message } && message.IsExpired(time))
            {
                Forget(outgoing);
                continue;
            }
            if (outgoing.PacketId == 0)
            {
                outgoing.PacketId = window.NextId();
                // A QoS 2 message must be sent again with the same identifier after a crash, so the log has to know it first.
                if (outgoing.Qos == QualityOfService.ExactlyOnce && Log is { } logging)
                    outgoing.Position = logging.Assigned(this, outgoing.Sequence, outgoing.PacketId);
            }
            ref var slot = ref window.Put(outgoing);
            // Whoever waits for the log keeps those behind waiting, so that the order stays.
            if (notYetDurable.Count > 0 || slot.Position > (log?.DurablePosition ?? 0))
                notYetDurable.Enqueue(slot.PacketId);
            else
                Send(connected, ref slot);
        }
    }

    private void SendDurable(Link connected)
    {
        while (notYetDurable.TryPeek(out var id))
        {
            ref var slot = ref window[id];
            if (slot.Position > log!.DurablePosition)
                return;
            notYetDurable.Dequeue();
            Send(connected, ref slot);
        }
    }

    private void Send(Link connected, ref Outgoing slot)
    {
        if (slot.Message is not { } message)
        {
            slot.State = OutgoingState.AwaitsPubcomp;
            AckPacket.Write(connected.Outbox.Filling, connected.Version, PacketType.Pubrel, slot.PacketId);
            return;
        }
        slot.State = slot.Qos == QualityOfService.AtLeastOnce ? OutgoingState.AwaitsPuback : OutgoingState.AwaitsPubrec;
        if (connected.Send(message, slot.SubscriptionIds, slot.Qos, slot.PacketId, slot.Retain, slot.WasSent))
        {
            slot.WasSent = true;
            return;
        }
        counters.Dropped(); // larger than the client takes; to be treated as delivered (MQTT 5.0, 3.1.2.11.4)
        var tooLarge = slot;
        window.Remove(slot.PacketId);
        Forget(tooLarge);
    }

    private long Acknowledge(AckPacket ack, List<AckPacket> releases)
    {
        if (!window.Contains(ack.PacketId))
        {
            if (ack.Type == PacketType.Pubrec)
                releases.Add(new AckPacket(PacketType.Pubrel, ack.PacketId, ReasonCode.PacketIdNotFound));
            return 0;
        }
        ref var slot = ref window[ack.PacketId];
        if (ack.Type == PacketType.Pubrec && slot.State is OutgoingState.AwaitsPubrec or OutgoingState.AwaitsPubcomp && ack.Reason < ReasonCode.UnspecifiedError)
            return Release(ref slot, releases);
        var isDone = ack.Type switch
        {
            PacketType.Puback => slot.State == OutgoingState.AwaitsPuback,
            PacketType.Pubrec => slot.State == OutgoingState.AwaitsPubrec, // refused with a failure code
            _ => slot.State == OutgoingState.AwaitsPubcomp,
        };
        if (!isDone)
            throw MqttProtocolException.Error($"{ack.Type} for packet {ack.PacketId} does not fit where its exchange stands.");
        var done = slot;
        window.Remove(ack.PacketId);
        Forget(done);
        return 0;
    }

    private long Release(ref Outgoing slot, List<AckPacket> releases)
    {
        var position = 0L;
        if (slot.Message is { } message)
        {
            LetGo(message);
            (slot.Message, slot.State) = (null, OutgoingState.AwaitsPubcomp);
            position = slot.Position = Log?.Released(this, slot.Sequence) ?? 0;
        }
        releases.Add(new AckPacket(PacketType.Pubrel, slot.PacketId));
        return position;
    }

    private void Forget(in Outgoing outgoing)
    {
        LetGo(outgoing.Message);
        Log?.Done(this, outgoing.Sequence);
    }

    private void KeepOnly(byte[][] filters)
    {
        var kept = new Queue<Outgoing>(pending.Count);
        foreach (var outgoing in pending)
        {
            if (outgoing.Message is not { } message || Array.Exists(filters, filter => TopicRules.Matches(filter, message.Route.Utf8)))
                kept.Enqueue(outgoing);
            else
                Forget(outgoing);
        }
        pending = kept;
        ReportQueued();
    }

    // What was under way goes to the front of the queue, in its order, and keeps its identifiers.
    private void Requeue()
    {
        GiveRoom();
        notYetDurable.Clear();
        if (window.Count == 0)
            return;
        var again = new Queue<Outgoing>(pending.Count + window.Count);
        foreach (var sent in window.TakeAll())
            again.Enqueue(sent with { State = OutgoingState.Waiting });
        foreach (var waiting in pending)
            again.Enqueue(waiting);
        pending = again;
    }
}
