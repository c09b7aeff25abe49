using System.Buffers.Binary;
using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>What a crash leaves while the session log starts anew, or while a session takes another's place.</summary>
public sealed class CompactionTests : IDisposable
{
    private const MqttVersion V5 = MqttVersion.V50;
    private const byte SessionOpened = 15;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dure-mqtt-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Wherever_a_crash_cuts_the_new_segment_a_session_keeps_its_messages()
    {
        await using var broker = await TestBroker.Start(options => options.DataPath = Path.Combine(folder.FullName, "first"));
        var away = await broker.Connect("away", V5, clean: false, set: properties => properties.SessionExpirySeconds = 1000);
        await away.Subscribe("a", 2);
        await away.SendPublish("b", "held", 2, 7);
        await away.ExpectAck(PacketType.Pubrec);
        await away.Disconnect();
        await using (var sender = await broker.Connect("sender", V5))
        {
            for (var i = 0; i < 10; i++)
                await sender.Publish("a", $"{i}", 1 + i % 2);
        }
        var old = await File.ReadAllBytesAsync(Path.Combine(broker.Options.DataPath!, "00000001.log"), Cancel);
        await broker.Server.Compact(Cancel);
        await broker.DisposeAsync();
        var compacted = await File.ReadAllBytesAsync(Directory.GetFiles(broker.Options.DataPath!).Single(), Cancel);
        for (var length = 0; length <= compacted.Length; length += Math.Clamp(compacted.Length - length, 1, 31))
        {
            broker.Options.DataPath = Directory.CreateDirectory(Path.Combine(folder.FullName, $"cut{length}")).FullName;
            await File.WriteAllBytesAsync(Path.Combine(broker.Options.DataPath, "00000001.log"), old, Cancel);
            await File.WriteAllBytesAsync(Path.Combine(broker.Options.DataPath, "00000002.log"), compacted[..length], Cancel);
            await broker.Restart();
            await using var back = await broker.Connect("away", V5, clean: false);
            Assert.True(back.Connack.SessionPresent);
            for (var i = 0; i < 10; i++)
                Assert.Equal($"{i}", (await back.Receive()).Payload);
            var tapped = broker.Tapped.Count;
            await back.SendPublish("b", "held", 2, 7, isDuplicate: true);
            await back.ExpectAck(PacketType.Pubrec);
            Assert.Equal(tapped, broker.Tapped.Count);
        }
    }

    [Fact]
    public async Task After_a_crash_between_a_new_sessions_beginning_and_the_old_ones_end_there_is_only_the_new_one()
    {
        await using var broker = await TestBroker.Start(options => options.DataPath = Path.Combine(folder.FullName, "first"));
        var client = await broker.Connect("client", V5, clean: false, set: properties => properties.SessionExpirySeconds = 1000);
        await client.Subscribe("a", 1);
        await client.Disconnect();
        await (await broker.Connect("client", V5, clean: true, set: properties => properties.SessionExpirySeconds = 1000)).Disconnect();
        await broker.DisposeAsync();
        var path = Directory.GetFiles(broker.Options.DataPath!).Single();
        var log = await File.ReadAllBytesAsync(path, Cancel);
        await File.WriteAllBytesAsync(path, log[..EndOfLast(SessionOpened, log)], Cancel);
        await broker.Restart();
        Assert.Equal((1, 0), (broker.Server.Statistics.Sessions, broker.Server.Statistics.Subscriptions));
    }

    // A record is its length (4 bytes), its checksum (4), and then what it is (1).
    private static int EndOfLast(byte kind, byte[] log)
    {
        var end = 0;
        for (var at = 0; at < log.Length;)
        {
            var next = at + 8 + BinaryPrimitives.ReadInt32LittleEndian(log.AsSpan(at));
            if (log[at + 8] == kind)
                end = next;
            at = next;
        }
        return end;
    }
}
