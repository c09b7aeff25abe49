using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

public sealed class WillTests
{
    private const MqttVersion V5 = MqttVersion.V50;
    private static readonly MqttWill will = new("state", "offline"u8.ToArray(), QualityOfService.AtLeastOnce, true, new MqttProperties());

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_takes_a_connection_over_has_the_last_word_though_the_will_takes_its_time()
    {
        await using var broker = await TestBroker.Start();
        await using var first = await broker.Connect("client", V5, will: will);
        var gate = new TaskCompletionSource();
        broker.TapWork = () => gate.Task;
        var second = broker.Connect("client", V5, will: will);
        await Task.Delay(200, Cancel);
        Assert.False(second.IsCompleted);
        gate.SetResult();
        await using var successor = await second;
        await successor.Publish("state", "online", 1, retain: true);
        await using var observer = await broker.Connect("observer", V5);
        await observer.Subscribe("state", 0);
        Assert.Equal("online", (await observer.Receive()).Payload);
    }

    [Fact]
    public async Task A_server_that_shuts_down_publishes_the_wills_of_its_clients()
    {
        await using var broker = await TestBroker.Start();
        await using var first = await broker.Connect("first", V5, will: will);
        await using var second = await broker.Connect("second", V5, will: will);
        broker.TapWork = async () =>
        {
            await Task.Delay(100, Cancel);
            broker.TapEnding.ThrowIfCancellationRequested();
        };
        await broker.DisposeAsync();
        Assert.Equal(["offline", "offline"], broker.Tapped.Select(message => message.Payload));
    }
}
