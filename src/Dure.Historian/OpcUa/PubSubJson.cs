using System.Text.Json;
using Dure.Historian.Mqtt;
using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.OpcUa;

/// <summary>
/// Reads OPC UA PubSub messages in JSON (Part 14, 7.2.5) as publishers emit them: network messages and lists of these, data set messages
/// alone, key and delta frames, fields as values or as data values with status and source time, metadata with units and ranges, and the
/// older form of one sample a message. Items are named <c>publisher/writer/field</c>.
/// </summary>
internal sealed class PubSubJson(BatchBlocks blocks, ToldOnce told, Arrival arrival)
{
    private const int MostWriters = 10_000;
    private const int MostNodes = 100_000;
    private const int LongestName = 300;
    private readonly Dictionary<(string Publisher, string Writer), string> writerNames = [];
    private readonly Dictionary<string, string> nodesByItem = new(StringComparer.Ordinal);

    /// <summary>Whether the message is one of these.</summary>
    public static bool Takes(JsonElement root) => root.ValueKind switch
    {
        JsonValueKind.Array => root.GetArrayLength() > 0 && root[0].ValueKind == JsonValueKind.Object && Takes(root[0]),
        JsonValueKind.Object => IsNetworkMessage(root) || IsDataSetMessage(root) || IsSample(root),
        _ => false,
    };

    public void Read(string topic, JsonElement root, SampleBatch into, List<SourceItem> items)
    {
        if (root.ValueKind == JsonValueKind.Array)
        {
            foreach (var each in root.EnumerateArray())
            {
                ReadOne(topic, each, into, items);
                arrival.Step();
            }
        }
        else
            ReadOne(topic, root, into, items);
    }

    private void ReadOne(string topic, JsonElement message, SampleBatch into, List<SourceItem> items)
    {
        if (message.ValueKind != JsonValueKind.Object)
            into.Reject(topic, "A list of network messages holds something that is none.", "Send OPC UA network messages (Part 14) only in such a list.");
        else if (Text(message, "MessageType") == "ua-metadata")
            ReadMetaData(topic, message, into, items);
        else if (message.TryGetProperty("Messages", out var messages))
        {
            var publisher = Text(message, "PublisherId") ?? topic;
            if (messages.ValueKind == JsonValueKind.Array)
            {
                foreach (var each in messages.EnumerateArray())
                {
                    ReadDataSet(topic, publisher, each, into);
                    arrival.Step();
                }
            }
            else
                ReadDataSet(topic, publisher, messages, into);
        }
        else if (IsSample(message))
            ReadSample(topic, message, into);
        else if (IsDataSetMessage(message))
            ReadDataSet(topic, Text(message, "PublisherId") ?? topic, message, into);
        else if (!IsNetworkMessage(message)) // connection and status messages hold no values
            into.Reject(topic, "The message is none of OPC UA PubSub.", "Send ua-data or ua-metadata.");
    }

    private void ReadDataSet(string topic, string publisher, JsonElement message, SampleBatch into)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            into.Reject(topic, "A data set message is not an object.", "Write {\"DataSetWriterId\":…,\"Payload\":{…}}.");
            return;
        }
        var writer = $"{publisher}/{WriterName(publisher, message)}";
        var kind = Text(message, "MessageType");
        if (kind == "ua-keepalive")
            return;
        // Without a payload the writer's own object is the data set: the raw form without a header.
        if (!message.TryGetProperty("Payload", out var fields) || fields.ValueKind != JsonValueKind.Object)
        {
            if (kind is null && !IsDataSetMessage(message))
                fields = message;
            else
            {
                into.Reject(topic, "The data set message has no payload.", "Write {\"DataSetWriterId\":…,\"Payload\":{field:{\"Value\":…}}}.");
                return;
            }
        }
        if (kind == "ua-event")
        {
            told.Say(into, writer, "Its messages are events; only values become samples.", "Publish the variables behind the event as data items.");
            return;
        }
        var time = message.TryGetProperty("Timestamp", out var stamp) && UnixTime.TryRead(stamp, false, out var own) ? own : (long?)null;
        var status = message.TryGetProperty("Status", out var whole) ? JsonReading.Status(whole) : Quality.Good;
        foreach (var field in fields.EnumerateObject())
            TakeField($"{writer}/{field.Name}", field.Value, time, status, into);
    }

    /// <summary>A field as a value or as a data value {Value, StatusCode, SourceTimestamp}.</summary>
    private void TakeField(string item, JsonElement field, long? time, Quality status, SampleBatch into)
    {
        if (item.Length > LongestName)
        {
            into.Reject(item[..60] + "…", $"The item's name has {item.Length} characters; {LongestName} are allowed.", "Give the publisher, the writer and the field shorter names.");
            return;
        }
        var value = field;
        if (field.ValueKind == JsonValueKind.Object)
        {
            if (field.TryGetProperty("StatusCode", out var code))
                status = Worse(status, JsonReading.Status(code));
            if (field.TryGetProperty("SourceTimestamp", out var stamp) && UnixTime.TryRead(stamp, false, out var source)
                || field.TryGetProperty("ServerTimestamp", out stamp) && UnixTime.TryRead(stamp, false, out source))
                time = source;
            if (!field.TryGetProperty("Value", out value))
            {
                if (!field.TryGetProperty("Body", out value) && !field.TryGetProperty("StatusCode", out _) && !field.TryGetProperty("SourceTimestamp", out _))
                {
                    told.Say(into, item, "The field is a structure, which is no number.", "Publish the structure's parts as variables of their own.");
                    return;
                }
            }
            // The reversible form wraps a variant: {"Type":…,"Body":…}.
            if (value.ValueKind == JsonValueKind.Object && value.TryGetProperty("Body", out var body))
                value = body;
        }
        var (number, own) = (double.NaN, Quality.Bad); // a status without a value
        if (value.ValueKind == JsonValueKind.Undefined || JsonReading.TryValue(value, out number, out own))
        {
            if (arrival.TryTime(time, out var at))
                blocks.Of(into, item, null).Add(at, number, Worse(status, own));
        }
        else
            told.Say(into, item, $"Its values are of the kind {value.ValueKind}, which is no number; they are not kept.", "Publish what is to be kept as a number or a flag.");
    }

    private void ReadSample(string topic, JsonElement sample, SampleBatch into)
    {
        var (displayName, node) = (Text(sample, "DisplayName"), Text(sample, "NodeId"));
        var endpoint = Text(sample, "ApplicationUri") ?? Text(sample, "EndpointUrl") ?? topic;
        var value = sample.GetProperty("Value"); // IsSample has seen it
        var time = sample.TryGetProperty("Timestamp", out var stamp) && UnixTime.TryRead(stamp, false, out var own)
            || sample.TryGetProperty("SourceTimestamp", out stamp) && UnixTime.TryRead(stamp, false, out own) ? own : (long?)null;
        var status = sample.TryGetProperty("Status", out var whole) ? JsonReading.Status(whole) : Quality.Good;
        TakeField(ItemOf($"{endpoint}/{displayName ?? node}", displayName is null ? null : node), value, time, status, into);
    }

    // Nodes may have the same display name: the first that comes has it alone, others have their node id behind it.
    private string ItemOf(string item, string? node)
    {
        if (node is null || item.Length + node.Length > LongestName)
            return item;
        if (nodesByItem.TryGetValue(item, out var first))
            return first == node ? item : $"{item} {node}";
        if (nodesByItem.Count >= MostNodes)
            return $"{item} {node}";
        nodesByItem[item] = node;
        return item;
    }

    private void ReadMetaData(string topic, JsonElement message, SampleBatch into, List<SourceItem> items)
    {
        if (!message.TryGetProperty("MetaData", out var metaData) || metaData.ValueKind != JsonValueKind.Object
            || !metaData.TryGetProperty("Fields", out var fields) || fields.ValueKind != JsonValueKind.Array)
        {
            into.Reject(topic, "The metadata message has no fields.", "Write {\"MessageType\":\"ua-metadata\",\"MetaData\":{\"Fields\":[…]}}.");
            return;
        }
        var publisher = Text(message, "PublisherId") ?? topic;
        var name = Text(message, "DataSetWriterName") ?? Text(metaData, "Name");
        if (name is not null && Text(message, "DataSetWriterId") is { } id && (writerNames.Count < MostWriters || writerNames.ContainsKey((publisher, id))))
            writerNames[(publisher, id)] = name;
        foreach (var field in fields.EnumerateArray())
        {
            if (field.ValueKind == JsonValueKind.Object && Text(field, "Name") is { Length: > 0 } fieldName)
                items.Add(FieldMetaData.Read($"{publisher}/{WriterName(publisher, message)}/{fieldName}", field));
        }
    }

    private string WriterName(string publisher, JsonElement message)
    {
        if (Text(message, "DataSetWriterName") is { } name)
            return name;
        var id = Text(message, "DataSetWriterId") ?? "dataset";
        return writerNames.GetValueOrDefault((publisher, id), id);
    }

    private static bool IsNetworkMessage(JsonElement root) =>
        root.TryGetProperty("Messages", out _) && (root.TryGetProperty("MessageId", out _) || root.TryGetProperty("PublisherId", out _) || root.TryGetProperty("MessageType", out _))
        || Text(root, "MessageType") is { } type && type.StartsWith("ua-", StringComparison.Ordinal);

    private static bool IsDataSetMessage(JsonElement root) =>
        root.TryGetProperty("Payload", out _) && (root.TryGetProperty("DataSetWriterId", out _) || root.TryGetProperty("DataSetWriterName", out _) || root.TryGetProperty("MetaDataVersion", out _));

    private static bool IsSample(JsonElement root) =>
        root.TryGetProperty("Value", out _) && root.TryGetProperty("NodeId", out _);

    private static Quality Worse(Quality one, Quality other) => one > other ? one : other;

    /// <summary>A text, or a number as text: writers and publishers are named by either.</summary>
    internal static string? Text(JsonElement of, string name)
    {
        if (!of.TryGetProperty(name, out var found))
            return null;
        var text = found.ValueKind switch { JsonValueKind.String => found.GetString(), JsonValueKind.Number => found.GetRawText(), _ => null };
        return string.IsNullOrEmpty(text) ? null : text;
    }
}
