using System.Text;
using Dure.Historian.Mqtt;
using Dure.Historian.Sparkplug;
using Dure.Tests.Historian.Sparkplug;
using Xunit;

namespace Dure.Tests.Historian.Mqtt;

/// <summary>Random and mutated bytes to every reader of messages: never an exception, never memory without a bound.</summary>
public sealed class MessageFuzzTests
{
    private const int Quick = 20_000;
    private const int Slow = 1_000_000;

    private static readonly string[] texts =
    [
        "21.5", "true", """{"value":3,"timestamp":"2025-06-15T15:06:41Z","unit":"bar","quality":"Uncertain"}""", """{"timestamp_ms":1750000001000,"value":3}""",
        """[{"name":"a","value":1},{"motor":{"current":{"value":4,"unit":"A"},"speed":1500}}]""", "oven,zone=2 temp=180.5,run=t 1750000001000000000\noven temp=1i\n",
    ];

    private static readonly string[] messages =
    [
        """{"MessageId":"1","MessageType":"ua-data","PublisherId":"gw","Messages":[{"DataSetWriterId":7,"MessageType":"ua-deltaframe","Timestamp":"2025-06-15T15:06:42Z","Payload":{"Temp":{"Value":20.5,"StatusCode":{"Code":2150694912},"SourceTimestamp":"2025-06-15T15:06:41Z"}}}]}""",
        """{"MessageType":"ua-metadata","PublisherId":"gw","DataSetWriterId":7,"DataSetWriterName":"press","MetaData":{"Name":"press","Fields":[{"Name":"Temp","Properties":[{"Key":{"Name":"EURange"},"Value":{"Body":{"Low":0,"High":90}}}]}]}}""",
        """[{"NodeId":"s=Temp","EndpointUrl":"opc.tcp://host","DisplayName":"Temp","Value":{"Value":21,"StatusCode":0}}]""",
    ];

    [Theory]
    [InlineData("text")]
    [InlineData("opc")]
    [InlineData("sparkplug")]
    public void No_bytes_make_a_reader_throw(string kind) => Fuzz(kind, Quick);

    [Theory]
    [Trait("Speed", "Slow")]
    [InlineData("text")]
    [InlineData("opc")]
    [InlineData("sparkplug")]
    public void No_bytes_make_a_reader_throw_in_a_million_tries(string kind) => Fuzz(kind, Slow);

    private static void Fuzz(string kind, int tries)
    {
        const int Seed = 20261121;
        var random = new Random(Seed);
        var reader = new MessageReader(TopicTemplates.Parse("{site}/{machine}/{rest...}"), new SparkplugHost(new SparkplugOptions { MaxNodes = 20, MaxDevices = 50, MaxMetrics = 1000 }));
        var seeds = SeedsOf(kind);
        string[] topics = kind == "sparkplug"
            ? [.. new[] { "NBIRTH", "NDEATH", "NDATA", "NCMD" }.Select(verb => $"spBv1.0/g/{verb}/e"), .. new[] { "DBIRTH", "DDEATH", "DDATA" }.Select(verb => $"spBv1.0/g/{verb}/e/d"), "spBv1.0/STATE/dure", "spBv1.0/x"]
            : ["plant/press/temp", "t", ""];
        reader.Sparkplug.Will(DateTimeOffset.UnixEpoch.AddDays(1));
        var now = 1_750_000_000_000_000L;
        var before = 0L;
        for (var i = 0; i < tries; i++)
        {
            var bytes = Mutated(random, seeds[random.Next(seeds.Count)]);
            var topic = topics[random.Next(topics.Length)];
            var reading = new Reading("fuzz");
            try
            {
                reader.Read(topic, bytes, now += 1000, reading);
                if (i % 97 == 0)
                    reader.Sparkplug.Tick(now += 1_000_000, reading);
            }
            catch (Exception thrown)
            {
                Assert.Fail($"Seed {Seed}, try {i}, topic '{topic}', bytes {Convert.ToHexString(bytes)}: {thrown}");
            }
            reader.Forget();
            if (i == tries / 4)
                before = GC.GetTotalMemory(true);
        }
        // Bounded tables of names may still fill up; what grows with every message would be far beyond this.
        Assert.InRange(GC.GetTotalMemory(true) - before, long.MinValue, 64L * 1024 * 1024);
        Assert.InRange(reader.Sparkplug.Metrics, 0, 1000);
    }

    private static List<byte[]> SeedsOf(string kind)
    {
        if (kind != "sparkplug")
            return [.. (kind == "opc" ? messages : texts).Select(Encoding.UTF8.GetBytes)];
        var seeds = new List<byte[]>();
        for (ulong seq = 0; seq < 5; seq++)
        {
            seeds.Add(new SparkplugWriter(1).Seq(seq).Metric(EdgeNodeMessages.Temperature(20)).Metric(EdgeNodeMessages.Pressure(2)).Written.ToArray());
            seeds.Add(new SparkplugWriter(1).Seq(seq).Metric(EdgeNodeMessages.Value(1, seq)).Metric(EdgeNodeMessages.Value(2, null)).Written.ToArray());
        }
        seeds.Add(new SparkplugWriter(1).Metric(new SparkplugWriterMetric { Name = "bdSeq", Type = SparkplugType.Int64, Value = 0 }).Written.ToArray());
        return seeds;
    }

    private static byte[] Mutated(Random random, byte[] seed)
    {
        if (random.Next(8) == 0)
        {
            var noise = new byte[random.Next(80)];
            random.NextBytes(noise);
            return noise;
        }
        var bytes = seed.ToList();
        for (var changes = random.Next(5); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0: bytes[at] = (byte)random.Next(256); break;
                case 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes.Insert(at, (byte)random.Next(256)); break;
                case 3: bytes.RemoveRange(at, random.Next(bytes.Count - at)); break;
                default: bytes.InsertRange(at, bytes.GetRange(at, Math.Min(bytes.Count - at, 30))); break;
            }
        }
        return [.. bytes];
    }
}
