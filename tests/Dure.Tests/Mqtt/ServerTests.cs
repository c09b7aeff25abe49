using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

public sealed class ServerTests
{
    private const MqttVersion V5 = MqttVersion.V50;

    [Fact]
    public async Task A_second_connection_with_the_same_client_id_takes_the_session_over()
    {
        await using var broker = await TestBroker.Start();
        var first = await broker.Connect("client", V5, set: properties => properties.SessionExpirySeconds = 100);
        await first.Subscribe("a", 1);
        await using var second = await broker.Connect("client", V5, clean: false);
        Assert.True(second.Connack.SessionPresent);
        Assert.Equal(ReasonCode.SessionTakenOver, await first.IsDisconnected());
        await second.Publish("a", "still subscribed", 0);
        Assert.Equal("still subscribed", (await second.Receive()).Payload);
    }

    [Fact]
    public async Task A_session_cannot_be_taken_over_by_another_user()
    {
        await using var broker = await TestBroker.Start();
        await using var mine = await broker.Connect("client", V5);
        var other = broker.Connect();
        Assert.Equal(ReasonCode.ClientIdNotValid, (await other.SendConnect(new ConnectPacket { Version = V5, ClientId = "client", UserName = "other" })).Reason);
        await mine.ReceivesNothing();
    }

    [Fact]
    public async Task A_stranger_is_refused_and_told_so_in_both_versions()
    {
        await using var broker = await TestBroker.Start();
        foreach (var version in new[] { MqttVersion.V311, V5 })
        {
            var stranger = broker.Connect();
            var answer = await stranger.SendConnect(new ConnectPacket { Version = version, ClientId = "x", UserName = "stranger" });
            Assert.Equal(ReasonCode.BadUserNameOrPassword, answer.Reason);
            await stranger.IsClosed();
        }
        Assert.Equal(2, broker.Server.Statistics.Refused);
    }

    [Fact]
    public async Task A_message_is_acknowledged_only_after_the_tap_has_it()
    {
        await using var broker = await TestBroker.Start();
        var gate = new TaskCompletionSource();
        broker.TapWork = () => gate.Task;
        await using var client = await broker.Connect("client");
        await client.SendPublish("a/b", "sample", 1, 7);
        var answer = client.ExpectAck(PacketType.Puback);
        Assert.False(answer.IsCompleted);
        Assert.Empty(broker.Tapped);
        gate.SetResult();
        Assert.Equal(7, (await answer).PacketId);
        Assert.Equal([("a/b", "sample", "anyone")], broker.Tapped);
    }

    [Fact]
    public async Task A_message_the_tap_could_not_keep_is_not_acknowledged_and_comes_again()
    {
        await using var broker = await TestBroker.Start();
        broker.TapWork = () => throw new IOException("disk full");
        var client = await broker.Connect("client", V5, set: properties => properties.SessionExpirySeconds = 100);
        await client.SendPublish("a", "sample", 2, 7);
        Assert.Equal(ReasonCode.ImplementationSpecificError, await client.IsDisconnected());
        broker.TapWork = () => Task.CompletedTask;
        await using var again = await broker.Connect("client", V5, clean: false);
        await again.SendPublish("a", "sample", 2, 7, isDuplicate: true);
        await again.ExpectAck(PacketType.Pubrec);
        await again.SendPublish("a", "sample", 2, 7, isDuplicate: true);
        await again.ExpectAck(PacketType.Pubrec);
        Assert.Single(broker.Tapped);
    }

    [Fact]
    public async Task What_stands_before_a_malformed_packet_is_kept()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        await client.Send(into =>
        {
            PublishPacket.Write(into, V5, "a"u8, "good"u8, QualityOfService.AtLeastOnce, 1);
            into.Write([0x00, 0x00]);
        });
        Assert.Equal(1, (await client.ExpectAck(PacketType.Puback)).PacketId);
        Assert.Equal(ReasonCode.MalformedPacket, await client.IsDisconnected());
        Assert.Equal(["good"], broker.Tapped.Select(message => message.Payload));
    }

    [Fact]
    public async Task A_topic_that_may_not_be_published_to_is_refused_in_the_acknowledgement_or_by_closing()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        Assert.Equal(ReasonCode.NotAuthorized, await client.Publish(TestBroker.NoPublish, "", 1));
        Assert.Equal(ReasonCode.NotAuthorized, await client.Publish(TestBroker.NoPublish, "", 2));
        await client.SendPublish(TestBroker.NoPublish, "", 0, 0);
        Assert.Equal(ReasonCode.NotAuthorized, await client.IsDisconnected());
        await using var old = await broker.Connect("old");
        await old.SendPublish(TestBroker.NoPublish, "", 1, 1);
        await old.IsClosed();
        Assert.Empty(broker.Tapped);
    }

    [Fact]
    public async Task Topics_that_are_too_long_or_deep_are_refused()
    {
        await using var broker = await TestBroker.Start(options => (options.MaxTopicBytes, options.MaxTopicLevels) = (20, 3));
        await using var client = await broker.Connect("client", V5);
        Assert.Equal(ReasonCode.TopicNameInvalid, await client.Publish("a/b/c/d", "", 1));
        Assert.Equal([ReasonCode.TopicFilterInvalid], await client.Subscribe("+/+/+/#", 1));
        Assert.Contains(new UserProperty("max-topic-levels", "3"), client.Connack.Properties.User);
        await client.SendPublish(new string('a', 21), "", 1, 9);
        Assert.Equal(ReasonCode.TopicNameInvalid, await client.IsDisconnected());
    }

    [Fact]
    public async Task A_full_queue_is_said_to_the_publisher_if_nobody_took_the_message_and_to_the_session_when_it_returns()
    {
        await using var broker = await TestBroker.Start(options => options.MaxQueuedMessages = 2, hasTap: false);
        await using (var away = await broker.Connect("away", V5, set: properties => properties.SessionExpirySeconds = 100))
        {
            await away.Subscribe("a", 2);
            await away.Disconnect();
        }
        await using var sender = await broker.Connect("sender", V5);
        Assert.Equal(ReasonCode.Success, await sender.Publish("a", "1", 1));
        Assert.Equal(ReasonCode.Success, await sender.Publish("a", "2", 2));
        Assert.Equal(ReasonCode.QuotaExceeded, await sender.Publish("a", "3", 1));
        Assert.Equal(ReasonCode.QuotaExceeded, await sender.Publish("a", "4", 2));
        Assert.Equal(2, broker.Server.Statistics.Dropped);
        await using var back = await broker.Connect("away", V5, clean: false);
        Assert.Contains(new UserProperty("messages-lost", "2"), back.Connack.Properties.User);
        Assert.Equal("1", (await back.Receive()).Payload);
        Assert.Equal("2", (await back.Receive()).Payload);
        await back.ReceivesNothing();
    }

    [Fact]
    public async Task Who_has_the_same_name_does_not_get_anothers_session()
    {
        await using var broker = await TestBroker.Start();
        await using (var owner = broker.Connect())
        {
            await owner.Greet("client", V5, clean: false, set: properties => properties.SessionExpirySeconds = 100, user: "bob#1");
            await owner.Disconnect();
        }
        var other = await broker.Connect().SendConnect(new ConnectPacket { Version = V5, ClientId = "client", CleanStart = false, UserName = "bob#2" });
        Assert.Equal(ReasonCode.ClientIdNotValid, other.Reason);
        await using var again = broker.Connect();
        await again.Greet("client", V5, clean: false, user: "bob#1");
        Assert.True(again.Connack.SessionPresent);
    }

    [Fact]
    public async Task A_resumed_session_has_no_subscription_that_is_not_allowed_any_more_and_nothing_that_came_by_it()
    {
        await using var broker = await TestBroker.Start();
        await using (var away = await broker.Connect("away", V5, clean: false, set: properties => properties.SessionExpirySeconds = 100))
        {
            await away.Subscribe(null, new TopicSubscription("open/#", QualityOfService.AtLeastOnce), new TopicSubscription("secret/#", QualityOfService.AtLeastOnce));
            await away.Disconnect();
        }
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("secret/a", "1", 1);
        await sender.Publish("open/a", "2", 1);
        broker.MayReceive = filter => !filter.StartsWith("secret", StringComparison.Ordinal);
        await using var back = await broker.Connect("away", V5, clean: false);
        await sender.Publish("secret/a", "3", 1);
        Assert.Equal("2", (await back.Receive()).Payload);
        await back.ReceivesNothing();
        Assert.Equal(1, broker.Server.Statistics.Subscriptions);
    }

    [Fact]
    public async Task Retained_messages_beyond_the_limit_are_refused_and_counted()
    {
        await using var broker = await TestBroker.Start(options => options.MaxRetainedMessages = 1);
        await using var client = await broker.Connect("client", V5);
        Assert.Equal(ReasonCode.Success, await client.Publish("a", "1", 1, retain: true));
        Assert.Equal(ReasonCode.QuotaExceeded, await client.Publish("b", "2", 1, retain: true));
        Assert.Equal(ReasonCode.Success, await client.Publish("a", "3", 1, retain: true));
        Assert.Equal(1, broker.Server.Statistics.Retained);
    }

    [Fact]
    public async Task A_receiver_that_takes_nothing_is_closed_and_does_not_stop_the_others()
    {
        await using var broker = await TestBroker.Start(options => (options.BackPressureBytes, options.MaxUnsentBytes) = (100_000, 1_000_000));
        await using var stuck = await broker.Connect("stuck", V5);
        await stuck.Subscribe("a", 0);
        await using var sender = await broker.Connect("sender", V5);
        var publishing = Task.Run(async () =>
        {
            for (var i = 0; i < 10; i++)
                await sender.Publish("a", new string('x', 50_000), 1);
        }, TestContext.Current.CancellationToken);
        await Eventually.Holds(() =>
        {
            broker.Time.Advance(TimeSpan.FromSeconds(1));
            return publishing.IsCompleted;
        });
        await publishing;
        await Eventually.Holds(() =>
        {
            broker.Time.Advance(TimeSpan.FromSeconds(1)); // the server waits for its last words to be taken
            return stuck.HasEnded && broker.Server.Statistics.Connections == 1;
        });
    }

    [Fact]
    public async Task Unacknowledged_messages_of_a_shared_subscription_go_to_another_member_when_a_session_ends()
    {
        await using var broker = await TestBroker.Start();
        var first = await broker.Connect("first", V5);
        await first.Subscribe("$share/g/a", 1);
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("a", "work", 1);
        Assert.Equal("work", (await first.ReceiveOnly()).Payload);
        await using var second = await broker.Connect("second", V5);
        await second.Subscribe("$share/g/a", 1);
        await first.Vanish();
        Assert.Equal("work", (await second.Receive()).Payload);
    }

    [Fact]
    public async Task Messages_of_one_publisher_keep_their_order_through_all_paths()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5, set: properties => properties.ReceiveMaximum = 7);
        await client.Subscribe("a/#", 2);
        await using var sender = await broker.Connect("sender", V5);
        await sender.Send(into =>
        {
            for (ushort id = 1; id <= 500; id++)
                PublishPacket.Write(into, V5, "a/b"u8, System.Text.Encoding.UTF8.GetBytes($"{id}"), QualityOfService.AtLeastOnce, id);
        });
        for (var id = 1; id <= 500; id++)
            Assert.Equal($"{id}", (await client.Receive()).Payload);
        for (ushort id = 1; id <= 500; id++)
            Assert.Equal(id, (await sender.ExpectAck(PacketType.Puback)).PacketId);
    }

    [Fact]
    public async Task Packets_in_pieces_of_any_size_are_read()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client");
        var packets = new PacketBuffer();
        for (ushort id = 1; id <= 20; id++)
            PublishPacket.Write(packets, MqttVersion.V311, "a"u8, new byte[id * 17], QualityOfService.AtLeastOnce, id);
        var bytes = packets.Written.ToArray();
        var random = new Random(7);
        for (var at = 0; at < bytes.Length;)
        {
            var piece = Math.Min(random.Next(1, 60), bytes.Length - at);
            var start = at;
            await client.Send(into => into.Write(bytes.AsSpan(start, piece)));
            at += piece;
        }
        for (ushort id = 1; id <= 20; id++)
            Assert.Equal(id, (await client.ExpectAck(PacketType.Puback)).PacketId);
        Assert.Equal(20, broker.Tapped.Count);
    }

    [Fact]
    public async Task What_a_client_sent_before_it_closed_is_read_although_the_transport_has_ended()
    {
        await using var broker = await TestBroker.Start();
        var client = broker.Connect(transportHasEnded: true);
        await client.Send(into =>
        {
            new ConnectPacket { Version = V5, ClientId = "hasty" }.Write(into);
            PublishPacket.Write(into, V5, "a"u8, "last"u8);
            new DisconnectPacket(ReasonCode.Success).Write(into, V5);
        });
        await client.Vanish();
        Assert.Equal(["last"], broker.Tapped.Select(message => message.Payload));
    }

    [Fact]
    public async Task A_connection_that_does_not_say_CONNECT_in_time_is_closed()
    {
        await using var broker = await TestBroker.Start();
        var silent = broker.Connect();
        broker.Time.Advance(TimeSpan.FromSeconds(11));
        await silent.IsClosed();
    }

    [Fact]
    public async Task Clients_are_told_when_the_server_shuts_down()
    {
        var broker = await TestBroker.Start();
        var client = await broker.Connect("client", V5);
        await broker.DisposeAsync();
        Assert.Equal(ReasonCode.ServerShuttingDown, await client.IsDisconnected());
    }
}
