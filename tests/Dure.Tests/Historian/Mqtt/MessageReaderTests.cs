using System.IO.Compression;
using System.Text;
using Dure.Historian.Mqtt;
using Dure.Historian.Sparkplug;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Mqtt;

public sealed class MessageReaderTests
{
    private const long Received = 1_750_000_000_000_000;

    [Theory]
    [InlineData("21.5", "t=21.5@0")]
    [InlineData(" -1e3\n", "t=-1000@0")]
    [InlineData("+7", "t=7@0")]
    [InlineData("true", "t=1@0")]
    [InlineData("OFF", "t=0@0")]
    [InlineData("NaN", "t!@0")]
    [InlineData("null", "t!@0")]
    [InlineData("\"21.5\"", "t=21.5@0")]
    [InlineData("""{"timestamp_ms":1750000001000,"value":3}""", "t=3@1")]
    [InlineData("""{"value":3,"timestamp":"2025-06-15T15:06:41Z","unit":"bar","quality":"Uncertain"}""", "t[bar]=3?@1")]
    [InlineData("""{"v":true,"t":1750000002}""", "t=1@2")]
    [InlineData("""{"value":3,"quality":0}""", "t=3!@0")]
    [InlineData("""{"value":3,"quality":192}""", "t=3@0")]
    [InlineData("""{"value":3,"status":2150694912}""", "t=3!@0")]
    [InlineData("""{"value":null}""", "t!@0")]
    [InlineData("""[{"value":1,"ts":1750000001},{"value":2,"ts":1750000002}]""", "t=1@1 t=2@2")]
    [InlineData("""{"temp":20.5,"running":true,"name":"press 2","ts":1750000003}""", "t/temp=20.5@3 t/running=1@3")]
    [InlineData("""{"motor":{"current":{"value":4,"unit":"A"},"speed":1500},"timestamp":1750000001000000000}""", "t/motor/current[A]=4@1 t/motor/speed=1500@1")]
    [InlineData("""[{"name":"a","value":1},{"name":"b","value":2}]""", "t/a=1@0 t/b=2@0")]
    [InlineData("""{"t":21.5,"h":40}""", "t/t=21.5@0 t/h=40@0")]
    [InlineData("oven,zone=2 temp=180.5 1750000001000000000", "oven/2/temp=180.5@1")]
    public void Payloads_of_many_shapes_become_samples(string payload, string expected) => Assert.Equal(expected, Shown(Read("t", Encoding.UTF8.GetBytes(payload))));

    [Theory]
    [InlineData("hello", "no form that is known")]
    [InlineData("{\"value\":", "breaks off")]
    [InlineData("""{"value":"running"}""", "is not a number")]
    [InlineData("""{"value":1,"timestamp":"yesterday"}""", "is not a time")]
    [InlineData("""{"text":"only"}""", "holds no number")]
    [InlineData("[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]", "malformed")]
    [InlineData("""{"value":1,"name":"\ud800"}""", "not valid Unicode")]
    [InlineData("oven temp=x 1", "not a number")]
    public void What_cannot_be_read_is_said_in_words_with_the_topic(string payload, string words)
    {
        var rejection = Assert.Single(Read("plant/t", Encoding.UTF8.GetBytes(payload)).Live.Rejections);
        Assert.Contains(words, rejection.What, StringComparison.Ordinal);
        Assert.StartsWith("plant/t", rejection.Where, StringComparison.Ordinal);
        Assert.NotEmpty(rejection.Mend);
    }

    [Fact]
    public void A_bad_element_of_a_list_leaves_the_others()
    {
        var reading = Read("t", """[{"value":1},{"value":{}},{"value":"x"},{"value":4}]"""u8.ToArray());
        Assert.Equal("t=1@0 t=4@0", Shown(reading));
        Assert.Equal(1, reading.Live.RejectedCount);
    }

    [Fact]
    public void Compressed_JSON_is_unpacked_and_a_bomb_is_not()
    {
        Assert.Equal("t=5@0", Shown(Read("t", Packed("""{"value":5}"""u8))));
        var bomb = Read("t", Packed(new byte[64 * 1024 * 1024]));
        Assert.Contains("gzip", Assert.Single(bomb.Live.Rejections).What, StringComparison.Ordinal);
    }

    [Fact]
    public void Messages_of_one_topic_come_into_one_block()
    {
        var reader = NewReader();
        var reading = new Reading("test");
        for (var i = 0; i < 100; i++)
            reader.Read("t", Encoding.UTF8.GetBytes($"{i}"), Received + i, reading);
        Assert.Equal(100, Assert.Single(reading.Live.Blocks).Count);
    }

    [Fact]
    public void A_template_names_the_fields_of_a_message()
    {
        var reader = new MessageReader(TopicTemplates.Parse("umh/v1/{enterprise}/{site}/_raw/{signal}"), new SparkplugHost(new SparkplugOptions()));
        var reading = new Reading("test");
        reader.Read("umh/v1/acme/ulsan/_raw/motor", """{"current":4}"""u8.ToArray(), Received, reading);
        Assert.Equal("acme/ulsan/motor/current=4@0", Shown(reading));
    }

    [Fact]
    public void An_empty_message_takes_back_a_retained_one_and_is_no_mistake() => Assert.Equal(0, Read("t", []).Live.RejectedCount);

    private static MessageReader NewReader() => new(TopicTemplates.None, new SparkplugHost(new SparkplugOptions()));

    private static Reading Read(string topic, byte[] payload)
    {
        var reading = new Reading("test");
        NewReader().Read(topic, payload, Received, reading);
        return reading;
    }

    private static byte[] Packed(ReadOnlySpan<byte> bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    /// <summary>Samples as <c>name[unit]=value?@seconds</c>; '?' is uncertain, '!' bad.</summary>
    internal static string Shown(Reading reading)
    {
        var shown = new List<string>();
        foreach (var block in reading.Live.Blocks)
        {
            for (var i = 0; i < block.Count; i++)
            {
                var value = double.IsNaN(block.Values[i]) ? "" : FormattableString.Invariant($"={block.Values[i]}");
                var mark = block.Qualities[i] switch { Quality.Good => "", Quality.Uncertain => "?", _ => "!" };
                shown.Add($"{block.Signal}{(block.Unit is null ? "" : $"[{block.Unit}]")}{value}{mark}@{(block.TimesMicros[i] - Received) / 1_000_000}");
            }
        }
        return string.Join(' ', shown);
    }
}
