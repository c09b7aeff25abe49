using System.Text;
using Dure.Historian.Mqtt;
using Dure.Historian.Sources;
using Dure.Historian.Sparkplug;
using Dure.Tests.Historian.Mqtt;
using Xunit;

namespace Dure.Tests.Historian.OpcUa;

public sealed class PubSubJsonTests
{
    [Theory]
    [InlineData("""{"MessageId":"1","MessageType":"ua-data","PublisherId":"gw","Messages":[{"DataSetWriterId":7,"DataSetWriterName":"press","SequenceNumber":3,"MetaDataVersion":{"MajorVersion":1,"MinorVersion":0},"MessageType":"ua-deltaframe","Timestamp":"2025-06-15T15:06:42Z","Payload":{"Temp":{"Value":20.5,"SourceTimestamp":"2025-06-15T15:06:41Z"},"Run":{"Value":true}}}]}""",
        "gw/press/Temp=20.5@1 gw/press/Run=1@2")]
    [InlineData("""{"MessageType":"ua-data","PublisherId":"gw","Messages":[{"DataSetWriterId":"press","Payload":{"Temp":{"Value":1,"StatusCode":{"Symbol":"BadNoCommunication","Code":2150694912}},"Level":{"Value":2,"StatusCode":1083179008}}}]}""",
        "gw/press/Temp=1!@0 gw/press/Level=2?@0")]
    [InlineData("""[{"MessageId":"1","MessageType":"ua-data","PublisherId":"gw","Messages":[{"DataSetWriterName":"a","Payload":{"x":{"Value":1}}}]},{"MessageId":"2","MessageType":"ua-data","PublisherId":"gw","Messages":[{"DataSetWriterName":"b","MessageType":"ua-keepalive"}]},{"MessageId":"3","MessageType":"ua-data","PublisherId":"gw","Messages":{"DataSetWriterName":"b","Payload":{"x":{"Value":2}}}}]""",
        "gw/a/x=1@0 gw/b/x=2@0")]
    [InlineData("""{"MessageId":"1","PublisherId":"gw","Messages":[{"DataSetWriterName":"raw","Payload":{"x":1,"y":"9007199254740992","z":null}}]}""",
        "gw/raw/x=1@0 gw/raw/y=9007199254740992@0 gw/raw/z!@0")]
    [InlineData("""{"MessageId":"1","MessageType":"ua-data","PublisherId":"gw","Messages":[{"x":1}]}""", "gw/dataset/x=1@0")]
    [InlineData("""{"MessageId":"1","PublisherId":"gw","Messages":[{"DataSetWriterName":"rev","Payload":{"x":{"Value":{"Type":11,"Body":1.5}},"n":{"Value":"NaN"},"gone":{"StatusCode":2150694912}}}]}""",
        "gw/rev/x=1.5@0 gw/rev/n!@0 gw/rev/gone!@0")]
    [InlineData("""{"DataSetWriterId":3,"Payload":{"x":{"Value":1}}}""", "plant/opc/3/x=1@0")]
    [InlineData("""[{"NodeId":"nsu=http://x;s=Temp","EndpointUrl":"opc.tcp://host:4840","DisplayName":"Temp","Value":{"Value":21,"SourceTimestamp":"2025-06-15T15:06:43Z","StatusCode":0}}]""",
        "opc.tcp://host:4840/Temp=21@3")]
    public void What_publishers_emit_becomes_samples(string message, string expected) => Assert.Equal(expected, MessageReaderTests.Shown(Read(message)));

    [Fact]
    public void Metadata_give_units_ranges_and_the_writers_name_to_numbers_that_follow()
    {
        var reader = NewReader();
        var metadata = Read("""
            {"MessageType":"ua-metadata","PublisherId":"gw","DataSetWriterId":7,"DataSetWriterName":"press","MetaData":{"Name":"press","Fields":[
            {"Name":"Temp","Description":{"Text":"Oil"},"Properties":[{"QName":"EngineeringUnits","Value":{"DisplayName":{"Text":"°C"},"UnitId":4408652}},{"Key":{"Name":"EURange"},"Value":{"Type":22,"Body":{"Low":0,"High":90}}}]}]}}
            """, reader);
        Assert.Equal(new SourceItem("gw/press/Temp", "°C", "Oil", 0, 90), Assert.Single(metadata.Items));
        var data = Read("""{"MessageType":"ua-data","PublisherId":"gw","Messages":[{"DataSetWriterId":7,"Payload":{"Temp":{"Value":1}}}]}""", reader);
        Assert.Equal("gw/press/Temp=1@0", MessageReaderTests.Shown(data));
    }

    [Fact]
    public void Nodes_with_one_display_name_are_told_apart_by_their_node_id()
    {
        var reader = NewReader();
        static string Sample(string node, int value) => $$$"""{"NodeId":"{{{node}}}","ApplicationUri":"u","DisplayName":"Temp","Value":{"Value":{{{value}}} }}""";
        for (var round = 0; round < 2; round++)
            Assert.Equal("u/Temp=1@0 u/Temp i=2=2@0", MessageReaderTests.Shown(Read($"[{Sample("i=1", 1)},{Sample("i=2", 2)}]", reader)));
    }

    [Fact]
    public void Events_and_texts_are_told_once()
    {
        var reader = NewReader();
        const string Text = """{"MessageType":"ua-data","PublisherId":"gw","Messages":[{"DataSetWriterName":"e","MessageType":"ua-event","Payload":{"Severity":1}},{"DataSetWriterName":"p","Payload":{"s":{"Value":"text"},"x":{"Value":1}}}]}""";
        Assert.Equal(2, Read(Text, reader).Live.RejectedCount);
        Assert.Equal("gw/p/x=1@0", MessageReaderTests.Shown(Read(Text, reader)));
        Assert.Equal(4, reader.NotKept);
    }

    private static MessageReader NewReader() => new(TopicTemplates.None, new SparkplugHost(new SparkplugOptions()));

    private static Reading Read(string message, MessageReader? reader = null)
    {
        var reading = new Reading("test");
        (reader ?? NewReader()).Read("plant/opc", Encoding.UTF8.GetBytes(message), 1_750_000_000_000_000, reading);
        return reading;
    }
}
