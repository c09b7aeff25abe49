using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>What one client does or leaves undone costs the others and the server's memory no more than the limits say.</summary>
public sealed class LimitTests
{
    private const MqttVersion V5 = MqttVersion.V50;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_receiver_that_acknowledges_slowly_holds_publishers_back_once_and_not_for_ever()
    {
        await using var broker = await TestBroker.Start(options => options.MaxQueuedBytes = 400_000);
        await using var slow = await broker.Connect("slow", V5);
        await slow.Subscribe("a", 1);
        await using var sender = await broker.Connect("sender", V5);
        for (var i = 0; i < 20; i++)
            await sender.Publish("a", "small", 1);
        var publishing = Task.Run(async () =>
        {
            await sender.Publish("a", new string('x', 300_000), 1);
            await sender.Publish("a", "next", 1);
            await sender.Publish("a", "after it", 1);
        }, Cancel);
        for (var i = 0; i < 21; i++)
            await slow.ReceiveOnly();
        ushort acknowledged = 0;
        for (var second = 0; !publishing.IsCompleted && second < 40; second++)
        {
            broker.Time.Advance(TimeSpan.FromSeconds(1));
            if (second % 4 == 3)
                await slow.Ack(PacketType.Puback, ++acknowledged);
            await Task.Delay(20, Cancel);
        }
        Assert.True(publishing.IsCompleted, "The publisher still waits.");
        await publishing;
    }

    [Fact]
    public async Task A_full_queue_of_one_session_is_no_failure_of_a_message_that_others_took()
    {
        await using var broker = await TestBroker.Start(options => options.MaxQueuedMessages = 1, hasTap: false);
        await using var live = await broker.Connect("live", V5);
        await live.Subscribe("a", 1);
        await Absent(broker, "away", "a");
        await using var sender = await broker.Connect("sender", V5);
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(ReasonCode.Success, await sender.Publish("a", $"{i}", 1));
            Assert.Equal($"{i}", (await live.Receive()).Payload);
            await live.ReceivesNothing();
        }
        Assert.Equal(2, broker.Server.Statistics.Dropped);
        broker.HasTap = true;
        await broker.Restart();
        await Absent(broker, "away", "a");
        await using var again = await broker.Connect("sender", V5);
        await again.Publish("a", "kept", 1);
        Assert.Equal(ReasonCode.Success, await again.Publish("a", "tapped", 1));
    }

    [Fact]
    public async Task All_queues_together_are_bounded_a_shared_message_counts_once_and_who_is_connected_goes_on()
    {
        await using var broker = await TestBroker.Start(options => options.MaxQueuedBytesOfAll = 2000);
        await Absent(broker, "first", "a");
        await Absent(broker, "second", "a");
        await using var live = await broker.Connect("live", V5);
        await live.Subscribe("a", 1);
        await using var sender = await broker.Connect("sender", V5);
        for (var i = 1; i <= 3; i++)
        {
            await sender.Publish("a", $"{i}{new string('x', 1000)}", 1);
            Assert.Equal('0' + i, (await live.Receive()).Payload[0]);
            await live.ReceivesNothing();
        }
        foreach (var name in new[] { "first", "second" })
        {
            await using var back = await broker.Connect(name, V5, clean: false);
            Assert.Contains(new UserProperty("messages-lost", "2"), back.Connack.Properties.User);
            Assert.Equal('1', (await back.Receive()).Payload[0]);
            await back.ReceivesNothing();
        }
        Assert.Equal(0, broker.Server.Counters.QueuedBytes);
    }

    [Fact]
    public async Task A_client_that_asks_without_end_and_reads_no_answer_is_closed()
    {
        await using var broker = await TestBroker.Start(options => options.BackPressureBytes = 50_000);
        var client = await broker.Connect("client", V5);
        var asking = Task.Run(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await client.Send(into =>
                {
                    for (var ping = 0; ping < 5000; ping++)
                        PingPacket.Write(into, PacketType.Pingreq);
                });
            }
        }, Cancel);
        await Eventually.Holds(() =>
        {
            broker.Time.Advance(TimeSpan.FromSeconds(1));
            return broker.Server.Statistics.Connections == 0 && asking.IsCompleted;
        });
    }

    [Fact]
    public async Task A_filter_that_is_asked_for_twice_brings_its_retained_messages_once_and_too_many_filters_end_the_connection()
    {
        await using var broker = await TestBroker.Start(options => options.MaxSubscriptionsPerPacket = 3);
        await broker.Server.Publish("a", "kept"u8.ToArray(), QualityOfService.AtLeastOnce, retain: true, Cancel);
        var client = await broker.Connect("client", V5);
        var asked = new TopicSubscription("a", QualityOfService.AtLeastOnce);
        await client.Subscribe(null, asked, asked, asked);
        Assert.Equal("kept", (await client.Receive()).Payload);
        await client.ReceivesNothing();
        await client.Send(into => new SubscribePacket(99, [asked, asked, asked, asked], new MqttProperties()).Write(into, V5));
        Assert.Equal(ReasonCode.QuotaExceeded, await client.IsDisconnected());
    }

    [Fact]
    public async Task A_client_is_given_more_retained_messages_than_may_wait_for_it_as_fast_as_it_takes_them()
    {
        await using var broker = await TestBroker.Start(options => (options.BackPressureBytes, options.MaxUnsentBytes) = (20_000, 100_000));
        for (var i = 0; i < 100; i++)
            await broker.Server.Publish($"a/{i}", new byte[10_000], QualityOfService.AtLeastOnce, retain: true, Cancel);
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe("#", 0);
        for (var i = 0; i < 100; i++)
            await client.Receive();
        await client.ReceivesNothing();
    }

    [Fact]
    public async Task Topics_that_are_refused_are_not_remembered()
    {
        await using var broker = await TestBroker.Start();
        await using var client = await broker.Connect("client", V5);
        Assert.Equal(ReasonCode.NotAuthorized, await client.Publish(TestBroker.NoPublish, "", 1));
        var will = new MqttWill(new string('w', 2000), default, QualityOfService.AtMostOnce, false, new MqttProperties());
        var refused = await broker.Connect().SendConnect(new ConnectPacket { Version = V5, ClientId = "willing", Will = will });
        Assert.Equal(ReasonCode.TopicNameInvalid, refused.Reason);
        Assert.False(broker.Server.Routes.TryGet(System.Text.Encoding.UTF8.GetBytes(will.Topic), out _));
        Assert.False(broker.Server.Routes.TryGet(System.Text.Encoding.UTF8.GetBytes(TestBroker.NoPublish), out _));
    }

    private static async Task Absent(TestBroker broker, string name, string filter)
    {
        var client = await broker.Connect(name, V5, clean: false, set: properties => properties.SessionExpirySeconds = 1000);
        await client.Subscribe(filter, 1);
        await client.Disconnect();
    }
}
