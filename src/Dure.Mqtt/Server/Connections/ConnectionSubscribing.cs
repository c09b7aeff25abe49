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
        var count = packet.Subscriptions.Count;
        if (count > server.Options.MaxSubscriptionsPerPacket)
            throw new MqttProtocolException(ReasonCode.QuotaExceeded, $"SUBSCRIBE has {count} filters; {server.Options.MaxSubscriptionsPerPacket} are taken.");
        var codes = new List<ReasonCode>(count);
        var seen = count > 1 ? new HashSet<string>(StringComparer.Ordinal) : null;
        foreach (var asked in packet.Subscriptions)
            codes.Add(Subscribe(asked, id, isAgain: seen is not null && !seen.Add(asked.Filter)));
        new SubackPacket(PacketType.Suback, packet.PacketId, codes, new MqttProperties()).Write(answers, Version);
    }

    private ReasonCode Subscribe(TopicSubscription asked, uint id, bool isAgain)
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
        var wantsRetained = subscription.Group is null && !isAgain && (asked.RetainHandling == RetainHandling.Always || asked.RetainHandling == RetainHandling.IfNew && isNew);
        if (wantsRetained)
        {
            GatherRetained(Target.Of(session, [subscription]), subscription.Filter);
        }
        return (ReasonCode)asked.Qos;
    }

    // Filters may overlap, so that few of them name far more messages than there are.
    private void GatherRetained(Target target, string filter)
    {
        var left = server.Options.MaxQueuedMessages - retainedToSend.Count;
        var found = left > 0 ? server.Retained.Find(filter, server.Time.GetUtcNow()) : [];
        if (left <= 0 || found.Count > left)
            server.Counters.Dropped();
        foreach (var message in found.Take(left))
            retainedToSend.Add((message, target));
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
