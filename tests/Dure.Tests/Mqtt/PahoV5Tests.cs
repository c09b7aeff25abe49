using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>The cases of the Paho interoperability suite for MQTT 5.0 that 3.1.1 has too, by its names, in our words.</summary>
public sealed class PahoV5Tests
{
    private const MqttVersion V5 = MqttVersion.V50;
    private const uint Forever = uint.MaxValue;

    [Fact]
    public async Task Basic_messages_of_each_qos_arrive_with_their_qos()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await using var sender = await broker.Connect("sender", V5);
        Assert.Equal([ReasonCode.GrantedQos2], await client.Subscribe("TopicA", 2));
        for (var qos = 0; qos <= 2; qos++)
        {
            Assert.Equal(ReasonCode.Success, await sender.Publish("TopicA", $"qos {qos}", qos));
            var message = await client.Receive();
            Assert.Equal(((QualityOfService)qos, $"qos {qos}"), (message.Qos, message.Payload));
        }
        await client.Disconnect();
    }

    [Fact]
    public async Task Basic_a_second_CONNECT_is_answered_with_protocol_error()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Send(new ConnectPacket { Version = V5, ClientId = "client" }.Write);
        Assert.Equal(ReasonCode.ProtocolError, await client.IsDisconnected());
    }

    [Fact]
    public async Task Retained_message_comes_with_its_user_properties()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        for (var qos = 0; qos <= 2; qos++)
            await client.Publish($"Topic{qos}/A", $"qos {qos}", qos, retain: true, set: properties => properties.User.Add(new UserProperty("a", "2")));
        await client.Subscribe("+/+", 2);
        for (var i = 0; i < 3; i++)
        {
            var message = await client.Receive();
            Assert.True(message.Retain);
            Assert.Equal([new UserProperty("a", "2")], message.Properties.User);
        }
        for (var qos = 0; qos <= 2; qos++)
            await client.Publish($"Topic{qos}/A", "", 1, retain: true);
        await using var late = await broker.Connect("late", V5);
        await late.Subscribe("+/+", 2);
        await late.ReceivesNothing();
    }

    [Fact]
    public async Task Will_message_carries_its_properties_and_comes_after_DISCONNECT_with_will()
    {
        await using var broker = await TestBroker.Start();
        await using var watcher = await broker.Connect("watcher", V5);
        await watcher.Subscribe("will", 2);
        var will = new MqttWill("will", "gone"u8.ToArray(), QualityOfService.AtLeastOnce, Retain: false, new MqttProperties { ContentType = "text/plain" });
        will.Properties.User.Add(new UserProperty("c", "3"));
        await (await broker.Connect("asks", V5, will: will)).Disconnect(ReasonCode.DisconnectWithWill);
        var message = await watcher.Receive();
        Assert.Equal(("gone", "text/plain"), (message.Payload, message.Properties.ContentType));
        Assert.Equal([new UserProperty("c", "3")], message.Properties.User);
    }

    [Fact]
    public async Task Zero_length_client_id_is_taken_with_and_without_clean_start()
    {
        await using var broker = await TestBroker.Start();
        foreach (var clean in new[] { true, false })
        {
            await using var client = await broker.Connect("", V5, clean);
            Assert.False(client.Connack.SessionPresent);
            Assert.NotEmpty(client.Connack.Properties.AssignedClientId!);
        }
    }

    [Fact]
    public async Task Offline_message_queueing_keeps_qos_1_and_2_for_a_session()
    {
        await using var broker = await TestBroker.Start();
        await using (var away = await broker.Connect("away", V5, set: properties => properties.SessionExpirySeconds = Forever))
        {
            await away.Subscribe("+/+", 2);
            await away.Disconnect();
        }
        await using var sender = await broker.Connect("sender", V5);
        for (var qos = 0; qos <= 2; qos++)
            await sender.Publish($"Topic/{qos}", $"qos {qos}", qos);
        await using var back = await broker.Connect("away", V5, clean: false, set: properties => properties.SessionExpirySeconds = Forever);
        Assert.True(back.Connack.SessionPresent);
        Assert.Equal("qos 1", (await back.Receive()).Payload);
        Assert.Equal("qos 2", (await back.Receive()).Payload);
        await back.ReceivesNothing();
    }

    [Fact]
    public async Task Overlapping_subscriptions_give_one_copy_with_the_highest_qos()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe(null, new TopicSubscription("TopicA/#", QualityOfService.ExactlyOnce), new TopicSubscription("TopicA/+", QualityOfService.AtLeastOnce));
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("TopicA/C", "overlap", 2);
        Assert.Equal(QualityOfService.ExactlyOnce, (await client.Receive()).Qos);
        await client.ReceivesNothing();
    }

    [Fact]
    public async Task Keepalive_a_silent_client_is_told_why_it_is_closed()
    {
        await using var broker = await TestBroker.Start();
        await using var silent = await broker.Connect("silent", V5, keepAlive: 5);
        broker.Time.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal(ReasonCode.KeepAliveTimeout, await silent.IsDisconnected());
    }

    [Fact]
    public async Task Redelivery_on_reconnect_sends_what_was_not_acknowledged_again()
    {
        await using var broker = await TestBroker.Start();
        var client = await broker.Connect("client", V5, set: properties => properties.SessionExpirySeconds = Forever);
        await client.Subscribe("TopicA/+", 2);
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("TopicA/1", "", 1);
        await sender.Publish("TopicA/2", "", 2);
        await client.ReceiveOnly();
        await client.ReceiveOnly();
        await client.Vanish();
        await using var again = await broker.Connect("client", V5, clean: false, set: properties => properties.SessionExpirySeconds = Forever);
        Assert.True((await again.Receive()).IsDuplicate);
        Assert.True((await again.Receive()).IsDuplicate);
        await again.ReceivesNothing();
    }

    [Fact]
    public async Task Subscribe_failure_names_the_reason()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        Assert.Equal([ReasonCode.NotAuthorized, ReasonCode.TopicFilterInvalid], await client.Subscribe(null,
            new TopicSubscription(TestBroker.NoSubscribe, QualityOfService.ExactlyOnce), new TopicSubscription("a/#/b", QualityOfService.ExactlyOnce)));
    }

    [Fact]
    public async Task Dollar_topics_are_not_reached_by_wildcards_and_SYS_belongs_to_the_server()
    {
        await using var broker = await TestBroker.Start(options => options.SystemTopicsEvery = TimeSpan.FromSeconds(1));
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe("#", 2);
        Assert.Equal(ReasonCode.NotAuthorized, await client.Publish("$SYS/broker/uptime", "7", 1));
        broker.Time.Advance(TimeSpan.FromSeconds(3));
        await client.ReceivesNothing();
        await client.Subscribe("$SYS/broker/clients/connected", 0);
        Assert.Equal("1", (await client.Receive()).Payload);
    }

    [Fact]
    public async Task Unsubscribe_says_whether_there_was_something_to_unsubscribe()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe("TopicA", 2);
        Assert.Equal([ReasonCode.Success, ReasonCode.NoSubscriptionExisted], await client.Unsubscribe("TopicA", "TopicB"));
        Assert.Equal(ReasonCode.Success, await client.Publish("TopicA", "no", 1));
        await client.ReceivesNothing();
    }
}
