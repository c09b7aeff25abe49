using System.Net;
using System.Net.Sockets;
using System.Text;
using Dure.Kernel;
using Dure.Mqtt;
using Dure.Mqtt.Client;
using Dure.Mqtt.Packets;
using Xunit;

namespace Dure.Tests.Mqtt;

/// <summary>The client against the server, over TCP.</summary>
public sealed class ClientTests
{
    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V50)]
    public async Task What_one_client_publishes_with_any_qos_another_receives_once(MqttVersion version)
    {
        await using var broker = await TestBroker.Start();
        using var door = new TcpDoor(broker);
        var received = new List<string>();
        await using var reader = await Connect(door, version, "reader", received);
        await reader.Subscribe([new TopicSubscription("plant/#", QualityOfService.ExactlyOnce)], CancellationToken.None);
        await using var writer = await Connect(door, version, "writer", []);
        foreach (var qos in Enum.GetValues<QualityOfService>())
            await writer.Publish("plant/pump1/flow", Encoding.UTF8.GetBytes($"{qos}"), qos, retain: false, CancellationToken.None);
        await Eventually.Holds(() => Count(received) == 3);
        Assert.Equal(["plant/pump1/flow=AtMostOnce", "plant/pump1/flow=AtLeastOnce", "plant/pump1/flow=ExactlyOnce"], received);
    }

    [Fact]
    public async Task A_message_whose_handler_failed_is_not_acknowledged_and_comes_again_to_the_session()
    {
        await using var broker = await TestBroker.Start();
        using var door = new TcpDoor(broker);
        var failing = await MqttClient.Connect(OptionsOf(door, "reader"), TimeProvider.System, (_, _) => throw new IOException("the disk is full"), CancellationToken.None);
        await failing.Subscribe([new TopicSubscription("a", QualityOfService.AtLeastOnce)], CancellationToken.None);
        await using var writer = await Connect(door, MqttVersion.V311, "writer", []);
        await writer.Publish("a", "1"u8.ToArray(), QualityOfService.AtLeastOnce, retain: false, CancellationToken.None);
        await Assert.ThrowsAsync<ProblemException>(() => failing.Completion);

        var received = new List<string>();
        await using var again = await Connect(door, MqttVersion.V311, "reader", received);
        Assert.True(again.SessionPresent);
        await Eventually.Holds(() => Count(received) == 1);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_message_larger_than_the_client_takes_is_told_and_passed_over_and_those_behind_it_come(int qos)
    {
        await using var broker = await TestBroker.Start();
        using var door = new TcpDoor(broker);
        var received = new List<(string Topic, int Length, int Skipped)>();
        await using var reader = await MqttClient.Connect(OptionsOf(door, "reader") with { MaxPacketBytes = 1000 }, TimeProvider.System, (messages, _) =>
        {
            lock (received)
                received.AddRange(messages.Select(message => (message.Topic, message.Payload.Length, message.SkippedBytes)));
            return default;
        }, CancellationToken.None);
        await reader.Subscribe([new TopicSubscription("#", QualityOfService.ExactlyOnce)], CancellationToken.None);
        await using var writer = await Connect(door, MqttVersion.V311, "writer", []);
        for (var i = 0; i < 3; i++)
        {
            await writer.Publish("large", new byte[300_000], (QualityOfService)qos, retain: false, CancellationToken.None);
            await writer.Publish("small", new byte[10], (QualityOfService)qos, retain: false, CancellationToken.None);
        }
        await Eventually.Holds(() =>
        {
            lock (received)
                return received.Count == 6;
        });
        Assert.Equal(3, received.Count(message => message is { Topic: "large", Length: 0, Skipped: > 300_000 }));
        Assert.Equal(3, received.Count(message => message == ("small", 10, 0)));
        Assert.False(reader.Completion.IsCompleted);
    }

    [Fact]
    public async Task A_5_0_server_is_told_the_largest_packet_and_tells_the_keep_alive()
    {
        await using var broker = await TestBroker.Start(options => options.MaxKeepAlive = TimeSpan.FromSeconds(2));
        using var door = new TcpDoor(broker);
        var received = new List<string>();
        await using var reader = await MqttClient.Connect(OptionsOf(door, "reader", MqttVersion.V50) with { MaxPacketBytes = 1000 }, broker.Time, (messages, _) =>
        {
            lock (received)
                received.AddRange(messages.Select(message => message.Topic));
            return default;
        }, CancellationToken.None);
        await reader.Subscribe([new TopicSubscription("#", QualityOfService.AtLeastOnce)], CancellationToken.None);
        await broker.Server.Publish("large", new byte[2000], QualityOfService.AtLeastOnce, retain: false, CancellationToken.None);
        for (var second = 0; second < 10; second++)
        {
            broker.Time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
        await broker.Server.Publish("small", default, QualityOfService.AtLeastOnce, retain: false, CancellationToken.None);
        await Eventually.Holds(() => Count(received) == 1);
        Assert.Equal(["small"], received);
    }

    [Fact]
    public async Task A_refusal_says_why_and_how_to_mend()
    {
        await using var broker = await TestBroker.Start();
        using var door = new TcpDoor(broker);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => MqttClient.Connect(OptionsOf(door, "x") with { UserName = "stranger", Password = "p" }, TimeProvider.System, (_, _) => default, CancellationToken.None));
        Assert.Equal("urn:dure:mqtt:refused", refused.Problem.Type);
        await using var client = await Connect(door, MqttVersion.V311, "y", []);
        var forbidden = await Assert.ThrowsAsync<ProblemException>(() => client.Subscribe([new TopicSubscription(TestBroker.NoSubscribe, QualityOfService.AtMostOnce)], CancellationToken.None));
        Assert.Contains(TestBroker.NoSubscribe, forbidden.Problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told_by_its_address()
    {
        var missing = await Assert.ThrowsAsync<ProblemException>(() => MqttClient.Connect(new MqttClientOptions { Host = "127.0.0.1", Port = 1, ClientId = "x" }, TimeProvider.System, (_, _) => default, CancellationToken.None));
        Assert.Equal(("urn:dure:mqtt:no-connection", "mqtt://127.0.0.1:1"), (missing.Problem.Type, missing.Problem.Where));
    }

    [Fact]
    public async Task Any_bytes_from_a_server_end_the_connection_with_a_reason()
    {
        var random = new Random(4);
        for (var round = 0; round < 50; round++)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            var serving = Task.Run(async () =>
            {
                using var accepted = await listener.AcceptTcpClientAsync();
                var noise = new byte[random.Next(1, 400)];
                random.NextBytes(noise);
                await accepted.GetStream().WriteAsync(round % 2 == 0 ? noise : [0x20, 2, 0, 0, .. noise]);
            }, TestContext.Current.CancellationToken);
            var ended = await Assert.ThrowsAsync<ProblemException>(async () =>
            {
                await using var client = await MqttClient.Connect(new MqttClientOptions { Host = "127.0.0.1", Port = ((IPEndPoint)listener.LocalEndpoint).Port, ClientId = "x" }, TimeProvider.System, (_, _) => default, CancellationToken.None);
                await client.Completion;
            });
            Assert.StartsWith("urn:dure:mqtt:", ended.Problem.Type, StringComparison.Ordinal);
            await serving;
        }
    }

    private static int Count(List<string> received)
    {
        lock (received)
            return received.Count;
    }

    private static MqttClientOptions OptionsOf(TcpDoor door, string id, MqttVersion version = MqttVersion.V311) => new() { Host = "127.0.0.1", Port = door.Port, ClientId = id, Version = version };

    private static Task<MqttClient> Connect(TcpDoor door, MqttVersion version, string id, List<string> received) => MqttClient.Connect(OptionsOf(door, id, version), TimeProvider.System, (messages, _) =>
    {
        lock (received)
            received.AddRange(messages.Select(message => $"{message.Topic}={Encoding.UTF8.GetString(message.Payload.Span)}"));
        return default;
    }, CancellationToken.None);
}
