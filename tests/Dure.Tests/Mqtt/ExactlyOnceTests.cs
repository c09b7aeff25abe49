using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>QoS 2 from a publisher whose connection ends at an awkward moment.</summary>
public sealed class ExactlyOnceTests : IDisposable
{
    private const MqttVersion V5 = MqttVersion.V50;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("dure-mqtt-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task A_message_whose_connection_was_taken_over_after_it_was_handed_on_is_not_handed_on_again()
    {
        await using var broker = await TestBroker.Start(options => options.DataPath = folder.FullName);
        await using var receiver = await broker.Connect("receiver", V5);
        await receiver.Subscribe("a", 2);
        var first = await Durable(broker);
        Task<TestClient>? successor = null;
        broker.TapWork = async () =>
        {
            successor ??= Durable(broker);
            await Eventually.Holds(() => broker.TapEnding.IsCancellationRequested);
        };
        await first.SendPublish("a", "once", 2, 1);
        await Eventually.Holds(() => successor is not null);
        await using var second = await successor!;
        broker.TapWork = () => Task.CompletedTask;
        await second.SendPublish("a", "once", 2, 1, isDuplicate: true);
        await second.ExpectAck(PacketType.Pubrec);
        Assert.Single(broker.Tapped);
        Assert.Equal("once", (await receiver.Receive()).Payload);
        await receiver.ReceivesNothing();
    }

    [Fact]
    public async Task A_message_above_the_receive_maximum_is_new_when_it_comes_again()
    {
        await using var broker = await TestBroker.Start(options => options.ReceiveMaximum = 1);
        var first = await Durable(broker);
        await first.SendPublish("a", "1", 2, 1);
        await first.ExpectAck(PacketType.Pubrec);
        await first.SendPublish("a", "2", 2, 2);
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, await first.IsDisconnected());
        await using var second = await Durable(broker);
        await second.Ack(PacketType.Pubrel, 1);
        await second.ExpectAck(PacketType.Pubcomp);
        await second.SendPublish("a", "2", 2, 2, isDuplicate: true);
        await second.ExpectAck(PacketType.Pubrec);
        Assert.Equal(["1", "2"], broker.Tapped.Select(message => message.Payload));
    }

    private static Task<TestClient> Durable(TestBroker broker) => broker.Connect("sender", V5, clean: false, set: properties => properties.SessionExpirySeconds = 1000);
}
