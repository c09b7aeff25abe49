using System.Text;
using Dure.Historian;
using Dure.Historian.Mqtt;
using Dure.Historian.Sources;
using Dure.Historian.Sparkplug;
using Dure.Kernel;
using Dure.Mqtt;
using Dure.Mqtt.Packets;
using Dure.Tests.Historian.Sources;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Historian.Mqtt;

/// <summary>Samples without a time of their own get one each, so that none takes another's place, and only when they are new.</summary>
public sealed class TimelessSampleTests
{
    private const long Received = 1_750_000_000_000_000;

    [Theory]
    [InlineData("[1,2,3]", "1 2 3")]
    [InlineData("""[{"value":1},{"value":2}]""", "1 2")]
    [InlineData("""{"temp":[1,2],"more":[[3],[4,5]]}""", "1 2 3 4 5")]
    [InlineData("t v=1\nt v=2\nt v=3", "1 2 3")]
    [InlineData("""[{"ApplicationUri":"u","DisplayName":"T","NodeId":"i=1","Value":{"Value":1}},{"ApplicationUri":"u","DisplayName":"T","NodeId":"i=1","Value":{"Value":2}}]""", "1 2")]
    [InlineData("""{"MessageId":"1","MessageType":"ua-data","PublisherId":"p","Messages":[{"DataSetWriterId":1,"Payload":{"a":1}},{"DataSetWriterId":1,"Payload":{"a":2}}]}""", "1 2")]
    public void Each_of_a_message_has_its_own_time(string payload, string values)
    {
        var reading = Read(NewReader(), payload, Received);
        Assert.Equal(values, string.Join(' ', reading.Live.Blocks.SelectMany(block => block.Values.ToArray())));
        foreach (var block in reading.Live.Blocks)
            Assert.Equal(block.TimesMicros.ToArray(), block.TimesMicros.ToArray().Distinct());
    }

    [Fact]
    public async Task Each_message_of_a_batch_has_its_own_time_though_the_clock_stands()
    {
        var desk = new TestDesk();
        await using var intake = new MqttIntake(desk, TopicTemplates.None, new SparkplugOptions(), new ManualTime());
        for (var batch = 0; batch < 2; batch++)
        {
            var messages = Enumerable.Range(batch * 100, 100).Select(i => new Dure.Mqtt.Server.TappedMessage("a", Encoding.UTF8.GetBytes($"{i}"), QualityOfService.AtLeastOnce, false, null!));
            await intake.Take(messages.ToArray(), TestContext.Current.CancellationToken);
        }
        Assert.Equal(200, desk.Samples.Select(sample => sample.Time).Distinct().Count());
        Assert.Equal(Enumerable.Range(0, 200).Select(i => (double)i), desk.Samples.OrderBy(sample => sample.Time).Select(sample => sample.Value));
    }

    [Fact]
    public void A_clock_that_was_set_back_counts_again_from_where_it_stands()
    {
        var reader = NewReader();
        Read(reader, "1", reader.ReceivedAt(Received));
        Assert.Equal(Received + 1, reader.ReceivedAt(Received - 5));
        var anHourBack = Received - 3_600_000_000;
        Read(reader, "[2,3]", reader.ReceivedAt(anHourBack));
        Assert.Equal(anHourBack + 2, reader.ReceivedAt(anHourBack));
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V50)]
    public async Task A_retained_value_is_a_sample_when_the_source_first_connects_and_none_when_it_connects_again(MqttVersion version)
    {
        await using var broker = await TestBroker.Start();
        using var door = new TcpDoor(broker);
        await broker.Server.Publish("a", "1"u8.ToArray(), QualityOfService.AtLeastOnce, retain: true, TestContext.Current.CancellationToken);
        var desk = new TestDesk();
        var settings = new MqttSettings("127.0.0.1", door.Port, false, version, "reader", null, null, ["#"], TopicTemplates.None, null);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var running = new MqttSource(settings, TimeProvider.System, new Backoff(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(2), new Random(1))).Run(desk, stop.Token);
        await Eventually.Holds(() => desk.Samples.Count == 1);
        for (var round = 2; round <= 3; round++)
        {
            door.Break();
            await Eventually.Holds(() => desk.Reports.Count(report => report.State == SourceState.Connected) == round);
            await broker.Server.Publish("b", Encoding.UTF8.GetBytes($"{round}"), QualityOfService.AtLeastOnce, retain: true, TestContext.Current.CancellationToken);
            await Eventually.Holds(() => desk.Samples.Any(sample => sample.Name == "b" && sample.Value == round));
        }
        Assert.Equal([1.0, 2.0, 3.0], desk.Samples.Select(sample => sample.Value));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private static MessageReader NewReader() => new(TopicTemplates.None, new SparkplugHost(new SparkplugOptions()));

    private static Reading Read(MessageReader reader, string payload, long received)
    {
        var reading = new Reading("test");
        reader.Read("t", Encoding.UTF8.GetBytes(payload), received, reading);
        return reading;
    }
}
