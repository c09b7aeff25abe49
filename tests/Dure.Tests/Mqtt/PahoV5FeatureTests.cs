using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>The cases of the Paho interoperability suite for what MQTT 5.0 added, by its names, in our words.</summary>
public sealed class PahoV5FeatureTests
{
    private const MqttVersion V5 = MqttVersion.V50;

    [Fact]
    public async Task Session_expiry_zero_ends_the_session_with_the_connection()
    {
        await using var broker = await TestBroker.Start();
        await (await broker.Connect("client", V5, set: properties => properties.SessionExpirySeconds = 0)).Disconnect();
        await using var again = await broker.Connect("client", V5, clean: false, set: properties => properties.SessionExpirySeconds = 5);
        Assert.False(again.Connack.SessionPresent);
    }

    [Fact]
    public async Task Session_expiry_keeps_the_session_for_its_time_and_DISCONNECT_can_change_it()
    {
        await using var broker = await TestBroker.Start();
        var client = await broker.Connect("client", V5, set: properties => properties.SessionExpirySeconds = 5);
        await client.Disconnect();
        broker.Time.Advance(TimeSpan.FromSeconds(3));
        client = await broker.Connect("client", V5, clean: false, set: properties => properties.SessionExpirySeconds = 5);
        Assert.True(client.Connack.SessionPresent);
        await client.Disconnect(set: properties => properties.SessionExpirySeconds = 20);
        broker.Time.Advance(TimeSpan.FromSeconds(10));
        client = await broker.Connect("client", V5, clean: false, set: properties => properties.SessionExpirySeconds = 5);
        Assert.True(client.Connack.SessionPresent);
        await client.Disconnect();
        await AfterExpiry(broker);
        await using var late = await broker.Connect("client", V5, clean: false);
        Assert.False(late.Connack.SessionPresent);
    }

    [Fact]
    public async Task Session_expiry_cannot_be_lengthened_from_zero()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        var packet = new DisconnectPacket(ReasonCode.Success);
        packet.Properties.SessionExpirySeconds = 5;
        await client.Send(into => packet.Write(into, V5));
        Assert.Equal(ReasonCode.ProtocolError, await client.IsDisconnected());
    }

    [Fact]
    public async Task Shared_subscriptions_give_each_message_to_one_member_and_to_others_as_well()
    {
        await using var broker = await TestBroker.Start();
        await using var first = await broker.Connect("first", V5);
        await using var second = await broker.Connect("second", V5);
        await using var all = await broker.Connect("all", V5);
        foreach (var member in new[] { first, second })
            await member.Subscribe("$share/group/topic/+", 2);
        await all.Subscribe("topic/+", 2);
        await using var sender = await broker.Connect("sender", V5);
        for (var i = 0; i < 10; i++)
            await sender.Publish("topic/x", $"{i}", 1);
        Assert.Equal(["0", "2", "4", "6", "8", "1", "3", "5", "7", "9"], (await Take(second, 5)).Concat(await Take(first, 5)));
        Assert.Equal(10, (await Take(all, 10)).Count);
        await first.ReceivesNothing();
    }

    [Fact]
    public async Task User_properties_arrive_in_their_order_and_repeated()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe("a", 2);
        UserProperty[] sent = [new("a", "2"), new("c", "3"), new("a", "1"), new("ключ", "")];
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("a", "", 1, set: properties => properties.User.AddRange(sent));
        Assert.Equal(sent, (await client.Receive()).Properties.User);
    }

    [Fact]
    public async Task Payload_format_and_content_type_arrive_and_a_lie_is_refused()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe("a", 2);
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("a", "text", 2, set: properties => (properties.PayloadIsText, properties.ContentType) = (true, "my type"));
        var message = await client.Receive();
        Assert.Equal((true, "my type"), (message.Properties.PayloadIsText, message.Properties.ContentType));
        await sender.Send(into => PublishPacket.Write(into, V5, "a"u8, [0xC3], QualityOfService.AtLeastOnce, 9, properties: [1, 1]));
        Assert.Equal(ReasonCode.PayloadFormatInvalid, await sender.IsDisconnected());
    }

    [Fact]
    public async Task Publication_expiry_drops_what_waited_too_long_and_counts_down_for_the_rest()
    {
        await using var broker = await TestBroker.Start();
        await using (var away = await broker.Connect("away", V5, set: properties => properties.SessionExpirySeconds = 1000))
        {
            await away.Subscribe("topic", 2);
            await away.Disconnect();
        }
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("topic", "short", 1, set: properties => properties.MessageExpirySeconds = 1);
        await sender.Publish("topic", "short too", 2, set: properties => properties.MessageExpirySeconds = 2);
        await sender.Publish("topic", "long", 1, set: properties => properties.MessageExpirySeconds = 100);
        await sender.Publish("topic", "for ever", 2);
        broker.Time.Advance(TimeSpan.FromSeconds(10));
        await using var back = await broker.Connect("away", V5, clean: false);
        var longLiving = await back.Receive();
        Assert.Equal(("long", 90u), (longLiving.Payload, longLiving.Properties.MessageExpirySeconds));
        Assert.Null((await back.Receive()).Properties.MessageExpirySeconds);
        await back.ReceivesNothing();
    }

    [Fact]
    public async Task Subscribe_options_no_local_keeps_own_messages_away()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe(null, new TopicSubscription("a", QualityOfService.ExactlyOnce, NoLocal: true));
        await client.Publish("a", "own", 1);
        await client.ReceivesNothing();
        await using var other = await broker.Connect("other", V5);
        await other.Publish("a", "other's", 1);
        Assert.Equal("other's", (await client.Receive()).Payload);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Subscribe_options_retain_as_published_decides_on_the_flag(bool asPublished)
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe(null, new TopicSubscription("a", QualityOfService.AtLeastOnce, RetainAsPublished: asPublished));
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("a", "1", 1, retain: true);
        await sender.Publish("a", "2", 1);
        Assert.Equal(asPublished, (await client.Receive()).Retain);
        Assert.False((await client.Receive()).Retain);
    }

    [Fact]
    public async Task Subscribe_options_retain_handling_decides_when_retained_messages_come()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Publish("a", "kept", 1, retain: true);
        await Subscribe(RetainHandling.Never, comes: false);
        await Subscribe(RetainHandling.IfNew, comes: false);
        await Subscribe(RetainHandling.Always, comes: true);
        await client.Unsubscribe("a");
        await Subscribe(RetainHandling.IfNew, comes: true);

        async Task Subscribe(RetainHandling handling, bool comes)
        {
            await client.Subscribe(null, new TopicSubscription("a", QualityOfService.AtLeastOnce, RetainHandling: handling));
            if (comes)
                Assert.Equal("kept", (await client.Receive()).Payload);
            await client.ReceivesNothing();
        }
    }

    [Fact]
    public async Task Assigned_client_id_can_be_used_to_come_back()
    {
        await using var broker = await TestBroker.Start();
        var client = await broker.Connect("", V5, set: properties => properties.SessionExpirySeconds = 100);
        var assigned = client.Connack.Properties.AssignedClientId!;
        await client.Disconnect();
        await using var again = await broker.Connect(assigned, V5, clean: false);
        Assert.True(again.Connack.SessionPresent);
        Assert.Null(again.Connack.Properties.AssignedClientId);
    }

    [Fact]
    public async Task Subscription_ids_of_all_matching_subscriptions_come_with_the_message()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe(Id(456789), new TopicSubscription("a/#", QualityOfService.ExactlyOnce));
        await client.Subscribe(Id(2), new TopicSubscription("a/+", QualityOfService.ExactlyOnce));
        await client.Publish("x", "", 1);
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("a/b", "", 1);
        Assert.Equal([2u, 456789u], (await client.Receive()).Properties.SubscriptionIds.Order());
        await sender.Publish("a/b/c", "", 0);
        Assert.Equal([456789u], (await client.Receive()).Properties.SubscriptionIds);

        static MqttProperties Id(uint id)
        {
            var properties = new MqttProperties();
            properties.SubscriptionIds.Add(id);
            return properties;
        }
    }

    [Fact]
    public async Task Request_response_carries_topic_and_correlation()
    {
        await using var broker = await TestBroker.Start();
        await using var asks = await broker.Connect("asks", V5);
        await using var answers = await broker.Connect("answers", V5);
        await asks.Subscribe("answers/asks", 2);
        await answers.Subscribe("questions", 2);
        await asks.Publish("questions", "what?", 1, set: properties => (properties.ResponseTopic, properties.CorrelationData) = ("answers/asks", [3, 3, 4]));
        var question = await answers.Receive();
        await answers.Publish(question.Properties.ResponseTopic!, "this", 1, set: properties => properties.CorrelationData = question.Properties.CorrelationData);
        var answer = await asks.Receive();
        Assert.Equal("this", answer.Payload);
        Assert.Equal<byte>([3, 3, 4], answer.Properties.CorrelationData!);
    }

    [Fact]
    public async Task Client_topic_alias_stands_for_its_topic_and_ends_with_the_connection()
    {
        await using var broker = await TestBroker.Start(options => options.TopicAliasMaximum = 10);
        await using var watcher = await broker.Connect("watcher", V5);
        await watcher.Subscribe("#", 2);
        await using var client = await broker.Connect("client", V5);
        Assert.Equal((ushort)10, client.Connack.Properties.TopicAliasMaximum);
        await client.Publish("long/topic", "1", 1, set: properties => properties.TopicAlias = 10);
        await client.Publish("", "2", 1, set: properties => properties.TopicAlias = 10);
        Assert.Equal(("long/topic", "1"), ((await watcher.Receive()) is var one ? one.Topic : "", one.Payload));
        Assert.Equal(("long/topic", "2"), ((await watcher.Receive()) is var two ? two.Topic : "", two.Payload));
        await client.SendPublish("", "3", 0, 0, set: properties => properties.TopicAlias = 9);
        Assert.Equal(ReasonCode.ProtocolError, await client.IsDisconnected());
        await using var greedy = await broker.Connect("greedy", V5);
        await greedy.SendPublish("a", "", 0, 0, set: properties => properties.TopicAlias = 11);
        Assert.Equal(ReasonCode.TopicAliasInvalid, await greedy.IsDisconnected());
    }

    [Fact]
    public async Task Server_topic_alias_is_used_up_to_the_clients_maximum()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5, set: properties => properties.TopicAliasMaximum = 1);
        await client.Subscribe("#", 0);
        await using var sender = await broker.Connect("sender", V5);
        foreach (var topic in new[] { "one", "one", "two", "two", "one" })
            await sender.Publish(topic, "", 1);
        var got = new List<Received>();
        for (var i = 0; i < 5; i++)
            got.Add(await client.Receive());
        Assert.Equal(["one", "one", "two", "two", "one"], got.Select(message => message.Topic));
        Assert.Equal([1, 1, null, null, 1], got.Select(message => (int?)message.Properties.TopicAlias));
    }

    [Fact]
    public async Task Maximum_packet_size_of_the_client_is_kept_and_of_the_server_enforced()
    {
        await using var broker = await TestBroker.Start(options => options.MaxPacketBytes = 500);
        await using var client = await broker.Connect("client", V5, set: properties => properties.MaximumPacketSize = 64);
        Assert.Equal(500u, client.Connack.Properties.MaximumPacketSize);
        await client.Subscribe("a", 1);
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("a", new string('x', 100), 1);
        await sender.Publish("a", "small", 1);
        Assert.Equal("small", (await client.Receive()).Payload);
        Assert.Equal(1, broker.Server.Statistics.Dropped);
        await sender.SendPublish("a", new string('x', 500), 0, 0);
        Assert.Equal(ReasonCode.PacketTooLarge, await sender.IsDisconnected());
    }

    [Fact]
    public async Task Server_keep_alive_overrules_the_clients()
    {
        await using var broker = await TestBroker.Start(options => options.MaxKeepAlive = TimeSpan.FromSeconds(60));
        await using var client = await broker.Connect("client", V5, keepAlive: 120);
        Assert.Equal((ushort)60, client.Connack.Properties.ServerKeepAliveSeconds);
        await using var content = await broker.Connect("content", V5, keepAlive: 30);
        Assert.Null(content.Connack.Properties.ServerKeepAliveSeconds);
    }

    [Fact]
    public async Task Flow_control_1_the_server_keeps_the_clients_receive_maximum()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5, set: properties => properties.ReceiveMaximum = 2);
        await client.Subscribe("a", 2);
        await using var sender = await broker.Connect("sender", V5);
        for (var i = 0; i < 5; i++)
            await sender.Publish("a", $"{i}", 1 + i % 2);
        var first = await client.ReceiveOnly();
        var second = await client.ReceiveOnly();
        await client.ReceivesNothing();
        await client.Ack(PacketType.Puback, first.PacketId);
        Assert.Equal("2", (await client.ReceiveOnly()).Payload);
        await client.Ack(PacketType.Pubrec, second.PacketId);
        await client.ExpectAck(PacketType.Pubrel);
        await client.ReceivesNothing();
        await client.Ack(PacketType.Pubcomp, second.PacketId);
        Assert.Equal("3", (await client.ReceiveOnly()).Payload);
    }

    [Fact]
    public async Task Flow_control_2_a_client_that_sends_more_than_the_servers_receive_maximum_is_told_so()
    {
        await using var broker = await TestBroker.Start(options => options.ReceiveMaximum = 3);
        await using var client = await broker.Connect("client", V5);
        Assert.Equal((ushort)3, client.Connack.Properties.ReceiveMaximum);
        for (ushort id = 1; id <= 3; id++)
        {
            await client.SendPublish("a", "", 2, id);
            await client.ExpectAck(PacketType.Pubrec);
        }
        await client.SendPublish("a", "", 2, 4);
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, await client.IsDisconnected());
    }

    [Fact]
    public async Task Will_delay_holds_the_will_back_and_a_return_takes_it_away()
    {
        await using var broker = await TestBroker.Start();
        await using var watcher = await broker.Connect("watcher", V5);
        await watcher.Subscribe("will", 2);
        var will = new MqttWill("will", "delayed"u8.ToArray(), QualityOfService.AtMostOnce, Retain: false, new MqttProperties { WillDelaySeconds = 3 });
        await (await broker.Connect("client", V5, will: will, set: properties => properties.SessionExpirySeconds = 10)).Vanish();
        broker.Time.Advance(TimeSpan.FromSeconds(2));
        await watcher.ReceivesNothing();
        var back = await broker.Connect("client", V5, clean: false, will: will, set: properties => properties.SessionExpirySeconds = 10);
        broker.Time.Advance(TimeSpan.FromSeconds(5));
        await watcher.ReceivesNothing();
        await back.Vanish();
        broker.Time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal("delayed", (await watcher.Receive()).Payload);
        await watcher.ReceivesNothing();
    }

    [Fact]
    public async Task Will_delay_is_no_longer_than_the_session()
    {
        await using var broker = await TestBroker.Start();
        await using var watcher = await broker.Connect("watcher", V5);
        await watcher.Subscribe("will", 2);
        var will = new MqttWill("will", "at once"u8.ToArray(), QualityOfService.AtMostOnce, Retain: false, new MqttProperties { WillDelaySeconds = 100 });
        await (await broker.Connect("client", V5, will: will)).Vanish();
        Assert.Equal("at once", (await watcher.Receive()).Payload);
    }

    private static async Task<List<string>> Take(TestClient client, int count)
    {
        var taken = new List<string>();
        for (var i = 0; i < count; i++)
            taken.Add((await client.Receive()).Payload);
        return taken;
    }

    // The keeper's turn runs on another thread; the session is gone when the server counts one less.
    private static async Task AfterExpiry(TestBroker broker)
    {
        broker.Time.Advance(TimeSpan.FromSeconds(6));
        await Eventually.Holds(() => broker.Server.Statistics.Sessions == 0);
    }
}
