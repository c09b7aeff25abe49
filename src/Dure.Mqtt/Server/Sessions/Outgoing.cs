using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server.Sessions;

internal enum OutgoingState : byte
{
    /// <summary>Not sent on this connection.</summary>
    Waiting,
    AwaitsPuback,
    AwaitsPubrec,
    AwaitsPubcomp,
}

/// <summary>A QoS 1 or 2 message on its way to one session.</summary>
internal struct Outgoing
{
    /// <summary>Null once PUBREC has come: then only the identifier still matters.</summary>
    public Message? Message;

    /// <summary>Subscription identifiers as properties.</summary>
    public byte[] SubscriptionIds;

    /// <summary>The shared subscription it came by.</summary>
    public SharedGroup? Group;
    public QualityOfService Qos;
    public bool Retain;

    /// <summary>Sent before, maybe on an earlier connection: DUP is set.</summary>
    public bool WasSent;
    public OutgoingState State;

    /// <summary>Zero until one is given; kept over reconnects.</summary>
    public ushort PacketId;

    /// <summary>The order in which the session got its messages; names the message in the log.</summary>
    public long Sequence;

    /// <summary>Not to be sent before the log is safe up to here.</summary>
    public long Position;
}
