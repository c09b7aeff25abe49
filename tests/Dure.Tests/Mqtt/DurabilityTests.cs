using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>What a crash leaves: the log's files are copied while the server runs, and another server opens the copy.</summary>
public sealed class DurabilityTests : IDisposable
{
    private const MqttVersion V5 = MqttVersion.V50;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dure-mqtt-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task After_a_crash_a_durable_session_has_its_subscriptions_and_all_acknowledged_messages_in_order()
    {
        await using var broker = await Start();
        await (await Durable(broker, "away", "a/#")).Disconnect();
        await using (var sender = await broker.Connect("sender", V5))
        {
            for (var i = 0; i < 100; i++)
                await sender.Publish($"a/{i % 3}", $"{i}", 1 + i % 2, set: properties => properties.ContentType = "n");
        }
        await Crash(broker);
        await using var back = await broker.Connect("away", V5, clean: false);
        Assert.True(back.Connack.SessionPresent);
        for (var i = 0; i < 100; i++)
        {
            var message = await back.Receive();
            Assert.Equal(($"{i}", $"a/{i % 3}", "n"), (message.Payload, message.Topic, message.Properties.ContentType));
        }
        await using var again = await broker.Connect("sender", V5);
        await again.Publish("a/new", "after", 1);
        Assert.Equal("after", (await back.Receive()).Payload);
    }

    [Fact]
    public async Task After_a_crash_what_was_acknowledged_by_the_receiver_does_not_come_again()
    {
        await using var broker = await Start();
        var client = await Durable(broker, "client", "a");
        await using (var sender = await broker.Connect("sender", V5))
        {
            await sender.Publish("a", "1", 1);
            await sender.Publish("a", "2", 2);
            await sender.Publish("a", "3", 1);
        }
        await client.Receive();
        await client.Receive();
        Assert.Equal("3", (await client.ReceiveOnly()).Payload);
        await client.Disconnect();
        await broker.Restart();
        await using var back = await broker.Connect("client", V5, clean: false);
        Assert.Equal("3", (await back.Receive()).Payload);
        await back.ReceivesNothing();
    }

    [Fact]
    public async Task A_qos_2_message_has_the_same_identifier_after_a_crash_so_that_its_receiver_knows_it()
    {
        await using var broker = await Start();
        var client = await Durable(broker, "client", "a");
        await using (var sender = await broker.Connect("sender", V5))
            await sender.Publish("a", "once", 2);
        var before = await client.ReceiveOnly();
        await Crash(broker);
        await using var back = await broker.Connect("client", V5, clean: false);
        var after = await back.ReceiveOnly();
        Assert.Equal((before.PacketId, true), (after.PacketId, after.IsDuplicate));
    }

    [Fact]
    public async Task A_qos_2_message_that_was_received_is_not_sent_again_after_a_crash()
    {
        await using var broker = await Start();
        var client = await Durable(broker, "client", "a");
        await using (var sender = await broker.Connect("sender", V5))
            await sender.Publish("a", "once", 2);
        var message = await client.ReceiveOnly();
        await client.Ack(PacketType.Pubrec, message.PacketId);
        await client.ExpectAck(PacketType.Pubrel);
        await Crash(broker);
        await using var back = await broker.Connect("client", V5, clean: false);
        Assert.Equal(message.PacketId, (await back.ExpectAck(PacketType.Pubrel)).PacketId);
        await back.Ack(PacketType.Pubcomp, message.PacketId);
        await back.ReceivesNothing();
    }

    [Fact]
    public async Task A_qos_2_message_repeated_by_its_publisher_after_a_crash_is_delivered_once()
    {
        await using var broker = await Start();
        await (await Durable(broker, "away", "a")).Disconnect();
        var sender = await broker.Connect("sender", V5, set: properties => properties.SessionExpirySeconds = 1000);
        await sender.SendPublish("a", "once", 2, 5);
        await sender.ExpectAck(PacketType.Pubrec);
        await Crash(broker);
        await using var again = await broker.Connect("sender", V5, clean: false);
        Assert.True(again.Connack.SessionPresent);
        await again.SendPublish("a", "once", 2, 5, isDuplicate: true);
        await again.ExpectAck(PacketType.Pubrec);
        await again.Ack(PacketType.Pubrel, 5);
        await again.ExpectAck(PacketType.Pubcomp);
        await again.Publish("a", "next", 2);
        await using var back = await broker.Connect("away", V5, clean: false);
        Assert.Equal("once", (await back.Receive()).Payload);
        Assert.Equal("next", (await back.Receive()).Payload);
        await back.ReceivesNothing();
    }

    [Fact]
    public async Task Retained_messages_and_their_removal_survive_a_crash()
    {
        await using var broker = await Start();
        await using (var sender = await broker.Connect("sender", V5))
        {
            await sender.Publish("a", "old", 1, retain: true);
            await sender.Publish("a", "new", 1, retain: true);
            await sender.Publish("b", "gone", 1, retain: true);
            await sender.Publish("b", "", 1, retain: true);
        }
        await Crash(broker);
        await using var client = await broker.Connect("client", V5);
        await client.Subscribe("#", 1);
        Assert.Equal("new", (await client.Receive()).Payload);
        await client.ReceivesNothing();
    }

    [Fact]
    public async Task A_session_that_ended_or_was_started_clean_does_not_come_back()
    {
        await using var broker = await Start();
        await (await Durable(broker, "ended", "a")).Disconnect(set: properties => properties.SessionExpirySeconds = 0);
        await (await Durable(broker, "cleaned", "a")).Disconnect();
        await (await broker.Connect("cleaned", V5)).Disconnect();
        await broker.Restart();
        foreach (var name in new[] { "ended", "cleaned" })
        {
            await using var client = await broker.Connect(name, V5, clean: false);
            Assert.False(client.Connack.SessionPresent);
        }
    }

    [Fact]
    public async Task A_torn_end_of_the_log_is_cut_and_said_and_nothing_before_it_is_lost()
    {
        await using var broker = await Start();
        await (await Durable(broker, "away", "a")).Disconnect();
        await using (var sender = await broker.Connect("sender", V5))
            await sender.Publish("a", "kept", 1);
        await broker.DisposeAsync();
        var log = Directory.GetFiles(broker.Options.DataPath!).Single();
        await File.AppendAllTextAsync(log, "half a rec", TestContext.Current.CancellationToken);
        await broker.Restart();
        Assert.Contains("10 torn bytes", broker.Server.Recovery, StringComparison.Ordinal);
        await using var back = await broker.Connect("away", V5, clean: false);
        Assert.Equal("kept", (await back.Receive()).Payload);
        await broker.Restart();
        Assert.Equal("", broker.Server.Recovery);
    }

    [Fact]
    public async Task A_log_cut_at_any_byte_opens_with_a_beginning_of_what_was_said()
    {
        await using var broker = await Start();
        await (await Durable(broker, "away", "a")).Disconnect();
        await using (var sender = await broker.Connect("sender", V5))
        {
            for (var i = 0; i < 20; i++)
                await sender.Publish("a", $"{i}", 1);
        }
        await broker.DisposeAsync();
        var whole = await File.ReadAllBytesAsync(Directory.GetFiles(broker.Options.DataPath!).Single(), TestContext.Current.CancellationToken);
        for (var length = 0; length < whole.Length; length += 37)
        {
            broker.Options.DataPath = Path.Combine(folder.FullName, $"cut{length}");
            Directory.CreateDirectory(broker.Options.DataPath);
            await File.WriteAllBytesAsync(Path.Combine(broker.Options.DataPath, "00000001.log"), whole[..length], TestContext.Current.CancellationToken);
            await broker.Restart();
            await using var back = await broker.Connect("away", V5, clean: false);
            for (var i = 0; back.Connack.SessionPresent && i < 20; i++)
            {
                await back.Send(into => PingPacket.Write(into, PacketType.Pingreq));
                var (header, body) = await back.Read();
                if (header.Type == PacketType.Pingresp)
                    break;
                Assert.Equal($"{i}", System.Text.Encoding.UTF8.GetString(PublishPacket.Read(header.Flags, body, V5).Payload));
            }
        }
    }

    [Fact]
    public async Task A_compacted_log_holds_the_living_state_only()
    {
        await using var broker = await Start();
        var client = await Durable(broker, "client", "a/#");
        await using var sender = await broker.Connect("sender", V5);
        await sender.Publish("a/kept", "retained", 1, retain: true);
        await client.Receive();
        for (var i = 0; i < 200; i++)
        {
            await sender.Publish("a/b", new string('x', 1000), 1);
            await client.Receive();
        }
        await sender.Publish("a/b", "one", 1);
        await sender.Publish("a/b", "two", 2);
        Assert.Equal("one", (await client.ReceiveOnly()).Payload);
        Assert.Equal("two", (await client.ReceiveOnly()).Payload);
        await broker.Server.Compact(TestContext.Current.CancellationToken);
        Assert.InRange(new FileInfo(Directory.GetFiles(broker.Options.DataPath!).Single()).Length, 1, 2000);
        await Crash(broker);
        await using var back = await broker.Connect("client", V5, clean: false);
        Assert.Equal("one", (await back.Receive()).Payload);
        Assert.Equal("two", (await back.Receive()).Payload);
        await back.ReceivesNothing();
        await using var late = await broker.Connect("late", V5);
        await late.Subscribe("a/+", 1);
        Assert.Equal("retained", (await late.Receive()).Payload);
    }

    private Task<TestBroker> Start() => TestBroker.Start(options => options.DataPath = Path.Combine(folder.FullName, "first"));

    private static async Task<TestClient> Durable(TestBroker broker, string name, string filter)
    {
        var client = await broker.Connect(name, V5, clean: false, set: properties => properties.SessionExpirySeconds = 1000);
        await client.Subscribe(filter, 2);
        return client;
    }

    private Task Crash(TestBroker broker) => broker.Crash(Path.Combine(folder.FullName, "copy"));
}
