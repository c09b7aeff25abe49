using System.Text;
using Dure.Mqtt;
using Dure.Mqtt.Packets;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Mqtt;

public sealed class PacketTests
{
    [Fact]
    public void Packets_with_all_properties_come_back_as_they_were_written() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            foreach (var version in new[] { MqttVersion.V311, MqttVersion.V50 })
            {
                foreach (var write in PacketMaker.All(random, version))
                {
                    var once = new PacketBuffer();
                    write(once);
                    var again = new PacketBuffer();
                    PacketMaker.ReadAndWrite(once.Written, version, again);
                    if (!once.Written.SequenceEqual(again.Written))
                        return false;
                }
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Mutated_and_random_bytes_are_refused_with_a_reason_or_read() => Mutate(3000);

    [Fact]
    [Trait("Speed", "Slow")]
    public void A_million_mutated_packets_are_refused_with_a_reason_or_read() => Mutate(30_000);

    [Fact]
    public void A_packet_that_is_cut_anywhere_is_not_complete()
    {
        var packet = new PacketBuffer();
        PublishPacket.Write(packet, MqttVersion.V50, "a/b"u8, new byte[300], QualityOfService.AtLeastOnce, 7);
        for (var length = 0; length < packet.Length; length++)
            Assert.False(FixedHeader.TryRead(packet.Written[..length], 1000, out var header) && length >= header.PacketSize);
        Assert.True(FixedHeader.TryRead(packet.Written, 1000, out var whole) && packet.Length == whole.PacketSize);
    }

    [Theory]
    [InlineData("00 00", ReasonCode.MalformedPacket)] // type 0
    [InlineData("61 02 00 01", ReasonCode.MalformedPacket)] // PUBREL's flags
    [InlineData("30 FF FF FF FF 01", ReasonCode.MalformedPacket)] // five length bytes
    [InlineData("30 80 00", ReasonCode.MalformedPacket)] // a length that is longer than needed
    [InlineData("30 FF FF FF 7F", ReasonCode.PacketTooLarge)]
    [InlineData("36 05 00 01 61 00 01", ReasonCode.MalformedPacket)] // QoS 3
    [InlineData("38 03 00 01 61", ReasonCode.MalformedPacket)] // DUP with QoS 0
    [InlineData("30 03 00 01 2B", ReasonCode.TopicNameInvalid)] // '+' in a topic's name
    [InlineData("30 02 00 00", ReasonCode.TopicNameInvalid)] // no topic
    [InlineData("30 04 00 02 C3 28", ReasonCode.MalformedPacket)] // not UTF-8
    [InlineData("30 03 00 01 00", ReasonCode.MalformedPacket)] // U+0000
    [InlineData("32 05 00 01 61 00 00", ReasonCode.ProtocolError)] // packet identifier 0
    [InlineData("82 02 00 01", ReasonCode.MalformedPacket)] // no filter
    [InlineData("82 06 00 01 00 01 61 03", ReasonCode.MalformedPacket)] // QoS 3
    [InlineData("40 03 00 01 00", ReasonCode.MalformedPacket)] // 3.1.1 has no reason codes
    [InlineData("10 0C 00 04 4D 51 54 54 04 03 00 00 00 00", ReasonCode.MalformedPacket)] // reserved flag
    [InlineData("10 0C 00 04 4D 51 54 54 03 02 00 00 00 00", ReasonCode.UnsupportedProtocolVersion)]
    [InlineData("10 0C 00 04 4D 51 54 54 04 42 00 00 00 00", ReasonCode.MalformedPacket)] // password without user name
    public void A_packet_that_breaks_a_rule_is_refused_with_the_reason(string hex, ReasonCode reason) =>
        Assert.Equal(reason, RefusalOf(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), MqttVersion.V311));

    [Theory]
    [InlineData("30 06 00 01 61 02 01 02", ReasonCode.ProtocolError)] // payload format 2
    [InlineData("30 08 00 01 61 04 01 01 01 01", ReasonCode.ProtocolError)] // twice
    [InlineData("30 09 00 01 61 05 11 00 00 00 01", ReasonCode.ProtocolError)] // session expiry in PUBLISH
    [InlineData("30 06 00 01 61 02 7E 00", ReasonCode.MalformedPacket)] // no such property
    [InlineData("30 07 00 01 61 03 23 00 00", ReasonCode.TopicAliasInvalid)]
    [InlineData("30 06 00 01 61 02 0B 00", ReasonCode.ProtocolError)] // subscription identifier 0
    [InlineData("30 03 00 00 00", ReasonCode.ProtocolError)] // neither topic nor alias
    [InlineData("82 07 00 01 00 00 01 61 C0", ReasonCode.MalformedPacket)] // reserved options
    [InlineData("82 07 00 01 00 00 01 61 30", ReasonCode.MalformedPacket)] // retain handling 3
    [InlineData("E0 01 05", ReasonCode.MalformedPacket)] // no such reason
    public void A_packet_of_version_5_that_breaks_a_rule_is_refused_with_the_reason(string hex, ReasonCode reason) =>
        Assert.Equal(reason, RefusalOf(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), MqttVersion.V50));

    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/+", "a/b", true)]
    [InlineData("a/+", "a/b/c", false)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "$SYS/a", false)]
    [InlineData("+/a", "$SYS/a", false)]
    [InlineData("$SYS/#", "$SYS/a", true)]
    [InlineData("+", "/a", false)]
    [InlineData("+/+", "/a", true)]
    [InlineData("/+", "/a", true)]
    [InlineData("a/+/c", "a//c", true)]
    [InlineData("a/+", "a", false)]
    public void Filters_reach_topics_as_the_standard_says(string filter, string topic, bool matches) =>
        Assert.Equal(matches, TopicRules.Matches(Encoding.UTF8.GetBytes(filter), Encoding.UTF8.GetBytes(topic)));

    [Theory]
    [InlineData("a/b", true)]
    [InlineData("#", true)]
    [InlineData("+/+/#", true)]
    [InlineData("a/#/b", false)]
    [InlineData("a#", false)]
    [InlineData("a+/b", false)]
    [InlineData("+a", false)]
    [InlineData("", false)]
    [InlineData("$share/g/a/+", true)]
    [InlineData("$share/g", false)]
    [InlineData("$share//a", false)]
    [InlineData("$share/g+/a", false)]
    [InlineData("$share/g/", false)]
    public void Filters_are_well_formed_or_not(string filter, bool isFilter) => Assert.Equal(isFilter, TopicRules.IsFilter(Encoding.UTF8.GetBytes(filter)));

    private static void Mutate(int rounds)
    {
        var random = new Random(20260101);
        for (var round = 0; round < rounds; round++)
        {
            var version = round % 2 == 0 ? MqttVersion.V311 : MqttVersion.V50;
            foreach (var write in PacketMaker.All(random, version))
            {
                var packet = new PacketBuffer();
                write(packet);
                var bytes = packet.Written.ToArray();
                for (var changes = random.Next(1, 4); changes > 0; changes--)
                    bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                RefusalOf(bytes.AsSpan(0, random.Next(1, bytes.Length + 1)), version);
                random.NextBytes(bytes);
                RefusalOf(bytes, version);
            }
        }
    }

    // Anything but a MqttProtocolException fails the test.
    private static ReasonCode? RefusalOf(ReadOnlySpan<byte> bytes, MqttVersion version)
    {
        try
        {
            PacketMaker.ReadAndWrite(bytes, version, new PacketBuffer());
            return null;
        }
        catch (MqttProtocolException refused)
        {
            return refused.Reason;
        }
    }
}
