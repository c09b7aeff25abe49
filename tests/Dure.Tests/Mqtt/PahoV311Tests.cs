using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>The cases of the Paho interoperability suite for MQTT 3.1.1, by its names, in our words.</summary>
public sealed class PahoV311Tests
{
    [Fact]
    public async Task Basic_messages_of_each_qos_arrive_with_their_qos()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        await client.Subscribe("TopicA", 2);
        for (var qos = 0; qos <= 2; qos++)
        {
            await client.SendPublish("TopicA", $"qos {qos}", qos, (ushort)qos);
            if (qos > 0)
                await ReceiveBoth(client, qos);
            else
                Assert.Equal(QualityOfService.AtMostOnce, (await client.Receive()).Qos);
        }
        await client.Disconnect();
    }

    [Fact]
    public async Task Basic_a_second_CONNECT_on_a_connection_ends_it()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        await client.Send(new ConnectPacket { Version = MqttVersion.V311, ClientId = "client" }.Write);
        await client.IsClosed();
    }

    [Fact]
    public async Task Basic_a_wrong_protocol_name_is_refused()
    {
        await using var broker = await TestBroker.Start();
        var client = broker.Connect();
        await client.Send(into => into.Write([0x10, 14, 0, 4, .. "hubo"u8, 4, 2, 0, 60, 0, 2, .. "ab"u8]));
        Assert.Equal(ReasonCode.UnsupportedProtocolVersion, await client.Expect(PacketType.Connack, body => ConnackPacket.Read(body, MqttVersion.V311).Reason));
        await client.IsClosed();
    }

    [Fact]
    public async Task Retained_messages_come_on_subscribe_and_an_empty_one_clears()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        for (var qos = 0; qos <= 2; qos++)
            await client.Publish($"Topic{qos}/A", $"qos {qos}", qos, retain: true);
        await client.Subscribe("+/+", 2);
        var got = new[] { await client.Receive(), await client.Receive(), await client.Receive() };
        Assert.All(got, message => Assert.True(message.Retain));
        Assert.Equal(["qos 0", "qos 1", "qos 2"], got.Select(message => message.Payload).Order(StringComparer.Ordinal));
        await client.Unsubscribe("+/+");
        for (var qos = 0; qos <= 2; qos++)
            await client.Publish($"Topic{qos}/A", "", qos, retain: true);
        await client.Subscribe("+/+", 2);
        await client.ReceivesNothing();
    }

    [Fact]
    public async Task Offline_message_queueing_keeps_qos_1_and_2_for_a_session()
    {
        await using var broker = await TestBroker.Start();
        await using (var away = await broker.Connect("away", clean: false))
        {
            await away.Subscribe("+/+", 2);
            await away.Disconnect();
        }
        await using var sender = await broker.Connect("sender");
        for (var qos = 0; qos <= 2; qos++)
            await sender.Publish($"Topic/{qos}", $"qos {qos}", qos);
        await using var back = await broker.Connect("away", clean: false);
        Assert.True(back.Connack.SessionPresent);
        Assert.Equal("qos 1", (await back.Receive()).Payload);
        Assert.Equal("qos 2", (await back.Receive()).Payload);
        await back.ReceivesNothing();
    }

    [Fact]
    public async Task Will_message_is_published_when_the_client_vanishes_and_not_when_it_leaves()
    {
        await using var broker = await TestBroker.Start();
        await using var watcher = await broker.Connect("watcher");
        await watcher.Subscribe("will/+", 2);
        var will = new MqttWill("will/a", "gone"u8.ToArray(), QualityOfService.AtLeastOnce, Retain: false, new MqttProperties());
        await (await broker.Connect("polite", will: will)).Disconnect();
        await watcher.ReceivesNothing();
        await (await broker.Connect("rude", will: will)).Vanish();
        Assert.Equal("gone", (await watcher.Receive()).Payload);
    }

    [Fact]
    public async Task Overlapping_subscriptions_give_one_copy_with_the_highest_qos()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        await client.Subscribe(null, new TopicSubscription("TopicA/#", QualityOfService.ExactlyOnce), new TopicSubscription("TopicA/+", QualityOfService.AtLeastOnce));
        await using var sender = await broker.Connect("sender");
        await sender.Publish("TopicA/C", "overlap", 2);
        Assert.Equal(QualityOfService.ExactlyOnce, (await client.Receive()).Qos);
        await client.ReceivesNothing();
    }

    [Fact]
    public async Task Keepalive_a_silent_client_is_closed_after_one_and_a_half_times_and_its_will_published()
    {
        await using var broker = await TestBroker.Start();
        await using var watcher = await broker.Connect("watcher");
        await watcher.Subscribe("will", 2);
        await using var silent = await broker.Connect("silent", will: new MqttWill("will", "keepalive expiry"u8.ToArray(), QualityOfService.AtMostOnce, Retain: false, new MqttProperties()), keepAlive: 5);
        broker.Time.Advance(TimeSpan.FromSeconds(7));
        await watcher.ReceivesNothing();
        broker.Time.Advance(TimeSpan.FromSeconds(2));
        await silent.IsClosed();
        Assert.Equal("keepalive expiry", (await watcher.Receive()).Payload);
    }

    [Fact]
    public async Task Redelivery_on_reconnect_sends_what_was_not_acknowledged_again_in_order_with_DUP()
    {
        await using var broker = await TestBroker.Start();
        var client = await broker.Connect("client", clean: false);
        await client.Subscribe("TopicA/+", 2);
        await using var sender = await broker.Connect("sender");
        await sender.Publish("TopicA/1", "one", 1);
        await sender.Publish("TopicA/2", "two", 2);
        var (first, second) = (await client.ReceiveOnly(), await client.ReceiveOnly());
        await client.Vanish();
        await using var again = await broker.Connect("client", clean: false);
        var (one, two) = (await again.Receive(), await again.Receive());
        Assert.Equal((first.PacketId, "one", true), (one.PacketId, one.Payload, one.IsDuplicate));
        Assert.Equal((second.PacketId, "two", true), (two.PacketId, two.Payload, two.IsDuplicate));
        await again.ReceivesNothing();
    }

    [Fact]
    public async Task Redelivery_on_reconnect_goes_on_with_PUBREL_after_PUBREC()
    {
        await using var broker = await TestBroker.Start();
        var client = await broker.Connect("client", clean: false);
        await client.Subscribe("a", 2);
        await using var sender = await broker.Connect("sender");
        await sender.Publish("a", "once", 2);
        var message = await client.ReceiveOnly();
        await client.Ack(PacketType.Pubrec, message.PacketId);
        await client.ExpectAck(PacketType.Pubrel);
        await client.Vanish();
        await using var again = await broker.Connect("client", clean: false);
        Assert.Equal(message.PacketId, (await again.ExpectAck(PacketType.Pubrel)).PacketId);
        await again.Ack(PacketType.Pubcomp, message.PacketId);
        await again.ReceivesNothing();
    }

    [Fact]
    public async Task Subscribe_failure_is_said_in_SUBACK()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        Assert.Equal([ReasonCode.UnspecifiedError, ReasonCode.GrantedQos2], await client.Subscribe(null,
            new TopicSubscription(TestBroker.NoSubscribe, QualityOfService.ExactlyOnce), new TopicSubscription("a", QualityOfService.ExactlyOnce)));
    }

    [Fact]
    public async Task Dollar_topics_are_not_reached_by_wildcards_in_front()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        await client.Subscribe("+/+", 2);
        await client.Subscribe("#", 2);
        await client.Publish("$TopicA/B", "hidden", 1);
        await client.ReceivesNothing();
        await client.Subscribe("$TopicA/#", 0);
        await client.Publish("$TopicA/B", "asked for");
        Assert.Equal("asked for", (await client.Receive()).Payload);
    }

    [Fact]
    public async Task Unsubscribe_stops_messages_of_that_filter_only()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        await client.Subscribe(null, new TopicSubscription("TopicA", QualityOfService.AtMostOnce), new TopicSubscription("TopicA/B", QualityOfService.AtMostOnce), new TopicSubscription("Topic/C", QualityOfService.AtMostOnce));
        await client.Unsubscribe("TopicA");
        await using var sender = await broker.Connect("sender");
        await sender.Publish("TopicA", "no", 1);
        await sender.Publish("TopicA/B", "b", 1);
        await sender.Publish("Topic/C", "c", 1);
        Assert.Equal("b", (await client.Receive()).Payload);
        Assert.Equal("c", (await client.Receive()).Payload);
        await client.ReceivesNothing();
    }

    [Fact]
    public async Task Zero_length_client_id_needs_a_clean_session()
    {
        await using var broker = await TestBroker.Start();
        var refused = broker.Connect();
        Assert.Equal(ReasonCode.ClientIdNotValid, (await refused.SendConnect(new ConnectPacket { Version = MqttVersion.V311, ClientId = "", CleanStart = false })).Reason);
        await refused.IsClosed();
        await using var taken = await broker.Connect("");
        Assert.False(taken.Connack.SessionPresent);
    }

    // The message to oneself and the answer to one's own publication may come in either order.
    private static async Task ReceiveBoth(TestClient client, int qos)
    {
        var (acked, received) = (false, false);
        while (!acked || !received)
        {
            var (header, body) = await client.Read();
            switch (header.Type)
            {
                case PacketType.Publish:
                    var message = PublishPacket.Read(header.Flags, body, MqttVersion.V311);
                    Assert.Equal((QualityOfService)qos, message.Qos);
                    await client.Ack(qos == 1 ? PacketType.Puback : PacketType.Pubrec, message.PacketId);
                    received = qos == 1;
                    break;
                case PacketType.Pubrec:
                    await client.Ack(PacketType.Pubrel, (ushort)qos);
                    break;
                case PacketType.Pubrel:
                    await client.Ack(PacketType.Pubcomp, AckPacket.Read(header.Type, body, MqttVersion.V311).PacketId);
                    received = true;
                    break;
                default:
                    acked = true;
                    break;
            }
        }
    }
}
