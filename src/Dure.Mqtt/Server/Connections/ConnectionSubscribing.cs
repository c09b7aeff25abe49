using System.Text;
using Dure.Mqtt.Packets;
using Dure.Mqtt.Server.Routing;

namespace Dure.Mqtt.Server;

/// <summary>SUBSCRIBE and UNSUBSCRIBE.</summary>
internal sealed partial class Connection
{
    private void Subscribe(SubscribePacket packet)
    {
        var id = packet.Properties.SubscriptionIds.Count > 0 ? packet.Properties.SubscriptionIds[0] : 0;
        var codes = new List<ReasonCode>(packet.Subscriptions.Count);
        foreach (var asked in packet.Subscriptions)
            codes.Add(Subscribe(asked, id));
        new SubackPacket(PacketType.Suback, packet.PacketId, codes, new MqttProperties()).Write(answers, Version);
    }

    private ReasonCode Subscribe(TopicSubscription asked, uint id)
    {
        var bytes = Encoding.UTF8.GetBytes(asked.Filter);
        if (!TopicRules.IsFilter(bytes) || bytes.Length > server.Options.MaxTopicBytes || TopicRules.LevelsOf(bytes) > server.Options.MaxTopicLevels)
            return ReasonCode.TopicFilterInvalid;
        if (!principal!.MayReceive(Subscription.Split(asked.Filter).Filter))
            return ReasonCode.NotAuthorized;
        if (session!.Subscribe(asked, id, out var isNew, out var position) is not { } subscription)
            return ReasonCode.QuotaExceeded;
        server.Tree.Put(subscription);
        needed = Math.Max(needed, position);
        var wantsRetained = subscription.Group is null && (asked.RetainHandling == RetainHandling.Always || asked.RetainHandling == RetainHandling.IfNew && isNew);
        if (wantsRetained)
        {
            var target = Target.Of(session, [subscription]);
            foreach (var message in server.Retained.Find(subscription.Filter, server.Time.GetUtcNow()))
                retainedToSend.Add((message, target));
        }
        return (ReasonCode)asked.Qos;
    }

    private void Unsubscribe(UnsubscribePacket packet)
    {
        var codes = new List<ReasonCode>(packet.Filters.Count);
        foreach (var filter in packet.Filters)
        {
            if (session!.Unsubscribe(filter, out var removed, out var position))
            {
                server.Tree.Remove(removed);
                needed = Math.Max(needed, position);
                codes.Add(ReasonCode.Success);
            }
            else
            {
                codes.Add(TopicRules.IsFilter(Encoding.UTF8.GetBytes(filter)) ? ReasonCode.NoSubscriptionExisted : ReasonCode.TopicFilterInvalid);
            }
        }
        new SubackPacket(PacketType.Unsuback, packet.PacketId, codes, new MqttProperties()).Write(answers, Version);
    }
}
