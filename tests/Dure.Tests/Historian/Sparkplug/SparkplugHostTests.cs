using System.Text;
using Dure.Historian.Mqtt;
using Dure.Historian.Sources;
using Dure.Historian.Sparkplug;
using Xunit;
using static Dure.Tests.Historian.Sparkplug.EdgeNodeMessages;

namespace Dure.Tests.Historian.Sparkplug;

public sealed class SparkplugHostTests
{
    private const string Temp = "plant/edge1/press/Temp";
    private const string RebirthTopic = "spBv1.0/plant/NCMD/edge1";

    [Fact]
    public void A_birth_gives_names_units_and_first_values_and_data_come_by_alias()
    {
        var edge = new EdgeNodeMessages();
        edge.NodeBirth();
        var birth = edge.DeviceBirth(1, Temperature(20), Pressure(2));
        Assert.Equal([$"{Temp}=20", "plant/edge1/press/Pressure=2"], Samples(birth.Live));
        Assert.Contains(new SourceItem(Temp, "Cel", "Double", 0, 90), birth.Items);
        Assert.Equal("Cel", birth.Live.Blocks[0].Unit);
        Assert.Equal([$"{Temp}=21.5"], Samples(edge.DeviceData(2, Value(1, 21.5)).Live));
        Assert.Empty(edge.Last.ToPublish);
    }

    [Fact]
    public void Steering_metrics_are_no_samples()
    {
        var birth = new EdgeNodeMessages().NodeBirth(0, 7, new SparkplugWriterMetric { Name = "Uptime", Type = SparkplugType.UInt64, Value = 5 });
        Assert.Equal(["plant/edge1/Uptime=5"], Samples(birth.Live));
        Assert.Single(birth.Items);
    }

    [Fact]
    public void Data_before_a_birth_are_refused_in_words_and_a_rebirth_is_asked_for_once()
    {
        var edge = new EdgeNodeMessages();
        var first = edge.DeviceData(5, Value(1, 1), Value(2, 2));
        Assert.Equal((2, RebirthTopic), (first.Live.RejectedCount, Assert.Single(first.ToPublish).Topic));
        Assert.Contains("birth certificate", first.Live.Rejections[0].What, StringComparison.Ordinal);
        Assert.Empty(edge.DeviceData(6, Value(1, 1)).ToPublish);
        edge.Now += (ulong)Patience.TotalMilliseconds;
        Assert.Single(edge.DeviceData(7, Value(1, 1)).ToPublish);
    }

    [Fact]
    public void A_missing_number_leads_to_a_rebirth_only_when_it_does_not_come_late()
    {
        var edge = Born();
        Assert.Equal([$"{Temp}=22"], Samples(edge.DeviceData(3, Value(1, 22)).Live)); // 2 is missing
        Assert.Empty(edge.Later(Patience / 2).ToPublish);
        Assert.Equal([$"{Temp}=21"], Samples(edge.DeviceData(2, Value(1, 21)).Live));
        Assert.Empty(edge.Later(Patience).ToPublish);
        edge.DeviceData(5, Value(1, 23)); // 4 is missing and stays so
        Assert.Equal(RebirthTopic, Assert.Single(edge.Later(Patience).ToPublish).Topic);
        Assert.Empty(edge.Later(Patience).ToPublish);
    }

    [Fact]
    public void Data_that_overtook_their_birth_wait_for_it()
    {
        var edge = new EdgeNodeMessages();
        edge.NodeBirth();
        Assert.Empty(Samples(edge.DeviceData(2, Value(1, 22)).Live));
        Assert.Equal([$"{Temp}=20", $"{Temp}=22"], Samples(edge.DeviceBirth(1, Temperature(20)).Live));
        Assert.Equal(0, edge.Last.Live.RejectedCount);
    }

    [Fact]
    public void Numbers_go_round_at_256_without_a_hole()
    {
        var edge = Born();
        for (ulong i = 2; i < 1000; i++)
            edge.DeviceData(i % 256, Value(1, i));
        Assert.Empty(edge.Later(2 * Patience).ToPublish);
    }

    [Fact]
    public void A_death_makes_every_metric_bad_once_and_at_its_time()
    {
        var edge = Born();
        edge.Now += 1000;
        var death = edge.NodeDeath(0).Live;
        Assert.Equal([$"{Temp}!"], Samples(death));
        Assert.Equal((long)edge.Now * 1000, death.Blocks[0].TimesMicros[0]);
        Assert.Empty(Samples(edge.NodeDeath(0).Live));
    }

    [Fact]
    public void A_late_will_of_an_earlier_connection_kills_nothing()
    {
        var edge = new EdgeNodeMessages();
        edge.NodeBirth(0, bdSeq: 4);
        edge.DeviceBirth(1, Temperature(20));
        Assert.Empty(Samples(edge.NodeDeath(3).Live));
        Assert.Equal([$"{Temp}=21"], Samples(edge.DeviceData(2, Value(1, 21)).Live));
        Assert.Equal([$"{Temp}!"], Samples(edge.NodeDeath(4).Live));
    }

    [Fact]
    public void A_device_that_dies_alone_leaves_the_others_alive()
    {
        var edge = Born();
        Assert.Equal([$"{Temp}!"], Samples(edge.DeviceDeath(2).Live));
        Assert.Equal(1, edge.DeviceData(3, Value(1, 1)).Live.RejectedCount);
        Assert.Equal((1, 1), edge.Host.Nodes);
    }

    [Fact]
    public void A_device_that_is_not_born_again_with_its_node_goes_bad_after_the_timeout()
    {
        var edge = Born();
        edge.NodeBirth(0, 1);
        Assert.Empty(Samples(edge.Later(Patience / 2).Live));
        Assert.Equal([$"{Temp}!"], Samples(edge.Later(Patience).Live));
    }

    [Fact]
    public void A_metric_that_a_new_birth_leaves_out_goes_bad_and_its_alias_is_free()
    {
        var edge = Born();
        var birth = edge.DeviceBirth(2, Pressure(2) with { Alias = 1 });
        Assert.Equal(["plant/edge1/press/Pressure=2", $"{Temp}!"], Samples(birth.Live));
        Assert.Equal(0, birth.Live.RejectedCount);
        Assert.Equal(["plant/edge1/press/Pressure=3"], Samples(edge.DeviceData(3, Value(1, 3, SparkplugType.Float)).Live));
    }

    [Fact]
    public void Historical_samples_are_kept_apart_from_live_ones()
    {
        var edge = Born();
        var data = edge.DeviceData(2, Value(1, 5, isHistorical: true, at: Start - 60_000), Value(1, 21));
        Assert.Equal([$"{Temp}=21"], Samples(data.Live));
        Assert.Equal([$"{Temp}=5"], Samples(data.Historical));
        Assert.EndsWith("(historical)", data.Historical.Source, StringComparison.Ordinal);
    }

    [Fact]
    public void Null_and_quality_make_a_sample_bad()
    {
        var edge = Born();
        var metric = Value(1, 21) with { Properties = [("Quality", 0)] };
        Assert.Equal([$"{Temp}!", $"{Temp}!"], Samples(edge.DeviceData(2, Value(1, null), metric).Live));
    }

    [Fact]
    public void A_text_is_told_once_and_counted_after_that()
    {
        var edge = new EdgeNodeMessages();
        edge.NodeBirth();
        var text = new SparkplugWriterMetric { Name = "State", Type = SparkplugType.String, TextValue = "running" };
        Assert.Contains("String", Assert.Single(edge.DeviceBirth(1, text).Live.Rejections).What, StringComparison.Ordinal);
        Assert.Empty(edge.DeviceData(2, text).Live.Rejections);
        Assert.Equal(2, edge.Host.NotKept);
    }

    [Fact]
    public void An_alias_given_twice_and_one_that_is_unknown_are_named()
    {
        var edge = new EdgeNodeMessages();
        edge.NodeBirth();
        Assert.Contains("alias 1", Assert.Single(edge.DeviceBirth(1, Temperature(20), Pressure(2) with { Alias = 1 }).Live.Rejections).What, StringComparison.Ordinal);
        Assert.Contains("alias 9", Assert.Single(edge.DeviceData(2, Value(9, 1)).Live.Rejections).What, StringComparison.Ordinal);
    }

    [Fact]
    public void After_a_lost_connection_everything_is_unknown_and_births_are_asked_for()
    {
        var edge = Born();
        var reading = new Reading("test");
        edge.Host.Disconnected((long)edge.Now * 1000, reading);
        edge.Host.AskForBirths((long)edge.Now * 1000, reading);
        Assert.Equal([$"{Temp}!"], Samples(reading.Live));
        Assert.Equal(RebirthTopic, Assert.Single(reading.ToPublish).Topic);
    }

    [Theory]
    [InlineData("spBv1.0/g/NCMD/edge", true)]
    [InlineData("spBv1.0/g/DCMD/edge/device", true)]
    [InlineData("spBv1.0/STATE/here", true)]
    [InlineData("STATE/here", true)]
    [InlineData("spBv1.0/STATE/other", false)]
    [InlineData("STATE/other", false)]
    [InlineData("spBv1.0/g/NDATA/NCMD", false)]
    [InlineData("spBv1.0/NCMD", false)]
    [InlineData("plant/g/NCMD/edge", false)]
    public void Commands_and_the_hosts_own_word_are_told_from_data(string topic, bool isCommand) => Assert.Equal(isCommand, SparkplugHost.IsCommand(topic, "here"));

    [Fact]
    public void A_host_declared_dead_says_at_once_that_it_lives()
    {
        var edge = new EdgeNodeMessages();
        edge.Host.Will(DateTimeOffset.FromUnixTimeMilliseconds((long)Start));
        Assert.Equal("""{"online":true,"timestamp":1750000000000}""", Encoding.UTF8.GetString(edge.Host.Birth().Payload.Span));
        var answer = Assert.Single(edge.SendBytes("spBv1.0/STATE/here", """{"online":false,"timestamp":1750000000009}"""u8.ToArray()).ToPublish);
        Assert.Equal("""{"online":true,"timestamp":1750000000009}""", Encoding.UTF8.GetString(answer.Payload.Span));
        Assert.Empty(edge.SendBytes("spBv1.0/STATE/here", answer.Payload.ToArray()).ToPublish);
        var broken = edge.SendBytes("spBv1.0/STATE/here", """{"\ud800nline":1,"online":false}"""u8.ToArray());
        Assert.Contains("not JSON", Assert.Single(broken.Live.Rejections).What, StringComparison.Ordinal);
        Assert.True(answer.Retain);
    }

    [Fact]
    public void What_is_no_payload_names_the_topic()
    {
        var rejection = Assert.Single(new EdgeNodeMessages().SendBytes("spBv1.0/plant/NBIRTH/edge1", [0x12, 0xFF]).Live.Rejections);
        Assert.Equal("spBv1.0/plant/NBIRTH/edge1", rejection.Where);
    }

    private static EdgeNodeMessages Born()
    {
        var edge = new EdgeNodeMessages();
        edge.NodeBirth();
        edge.DeviceBirth(1, Temperature(20));
        return edge;
    }
}
