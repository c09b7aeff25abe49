using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server;

/// <summary>A PUBLISH between being read and being acknowledged. Payload and properties lie in the connection's read buffer.</summary>
internal struct Publication
{
    public TopicRoute Route;
    public ReadOnlyMemory<byte> Payload;

    /// <summary>The properties that travel on.</summary>
    public ReadOnlyMemory<byte> Properties;
    public QualityOfService Qos;
    public bool Retain;
    public ushort PacketId;
    public long ExpiresAt;

    /// <summary>What the acknowledgement will say; failures are not delivered.</summary>
    public ReasonCode Result;

    /// <summary>A QoS 2 message that came before: acknowledged again, not delivered again.</summary>
    public bool IsRepeated;

    /// <summary>A subscriber has it.</summary>
    public bool IsTaken;

    /// <summary>A subscriber had no room for it.</summary>
    public bool IsRefused;

    private Message? kept;

    public readonly bool IsDelivered => Result < ReasonCode.UnspecifiedError && !IsRepeated;

    /// <summary>A copy that outlives the read buffer, made once for all who need it.</summary>
    public Message Keep() => kept ??= new Message(Route, Properties.Span, Payload.Span, Qos, Retain, ExpiresAt);
}

/// <summary>One publication for one session.</summary>
internal readonly record struct Delivery(int Publication, Target Target);

/// <summary>Gathers what a batch of publications means for each session, so that each session is entered once per batch.</summary>
internal sealed class DeliveryPlan
{
    private const int KeptSessions = 256;

    private readonly List<(Session Session, List<Delivery> Deliveries)> sessions = [];
    private readonly Stack<List<Delivery>> spare = [];
    private readonly Dictionary<Session, List<Delivery>> bySession = [];
    private Session? last;
    private List<Delivery>? lastList;

    public List<(Session Session, List<Delivery> Deliveries)> Sessions => sessions;

    public void Add(Target target, int publication)
    {
        if (target.Session != last)
            Find(target.Session);
        lastList!.Add(new Delivery(publication, target));
    }

    public void Clear()
    {
        foreach (var (_, deliveries) in sessions)
        {
            deliveries.Clear();
            if (spare.Count < KeptSessions)
                spare.Push(deliveries);
        }
        sessions.Clear();
        bySession.Clear();
        (last, lastList) = (null, null);
    }

    private void Find(Session session)
    {
        if (!bySession.TryGetValue(session, out lastList))
        {
            lastList = spare.TryPop(out var list) ? list : [];
            bySession[session] = lastList;
            sessions.Add((session, lastList));
        }
        last = session;
    }
}
