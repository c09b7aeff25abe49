using System.Buffers.Text;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Dure.Historian.Http;
using Dure.Historian.OpcUa;
using Dure.Historian.Sparkplug;
using Dure.Kernel;

namespace Dure.Historian.Mqtt;

/// <summary>
/// Reads messages of any kind the node knows, chosen by topic and content: Sparkplug B, OPC UA PubSub in JSON, other JSON, plain numbers and
/// flags, InfluxDB line protocol; JSON may be compressed with gzip. Never throws on any bytes: what cannot be read is a rejection that names
/// the topic. Not safe for threads.
/// </summary>
public sealed class MessageReader
{
    private const int MostUnpackedBytes = 16 * 1024 * 1024;
    private const int LongestTopic = 900;
    private const int LongestPlain = 64;
    private const string Forms = "Send a number, JSON such as {\"value\":1.5,\"timestamp\":\"2026-01-01T00:00:00Z\"}, InfluxDB line protocol, Sparkplug B or OPC UA PubSub JSON.";
    private static readonly JsonDocumentOptions jsonOptions = new() { MaxDepth = JsonPayload.MaxDepth, AllowTrailingCommas = true };

    private readonly TopicTemplates templates;
    private readonly BatchBlocks blocks = new();
    private readonly ToldOnce told = new();
    private readonly Arrival arrival = new();
    private readonly JsonPayload json;
    private readonly PubSubJson pubSub;
    private readonly byte[] unpackBuffer = new byte[64 * 1024];

    public MessageReader(TopicTemplates templates, SparkplugHost sparkplug)
    {
        (this.templates, Sparkplug) = (templates, sparkplug);
        json = new JsonPayload(templates, blocks, told, arrival);
        pubSub = new PubSubJson(blocks, told, arrival);
    }

    public SparkplugHost Sparkplug { get; }

    /// <summary>Values that are no numbers and so were not kept; the first of each item is told as a rejection.</summary>
    public long NotKept => told.Count + Sparkplug.NotKept;

    /// <summary>The present for the next message: later than every time that samples without their own were given, so that none takes another's place.</summary>
    public long ReceivedAt(long nowMicros) => arrival.Next(nowMicros);

    /// <summary>Reads one message.</summary>
    /// <param name="topic">The topic's name.</param>
    /// <param name="payload">Not kept.</param>
    /// <param name="receivedMicros">The time of samples that have none of their own.</param>
    /// <param name="into">Where samples, items and messages to publish go.</param>
    /// <param name="hasBeenTold">The message is a retained one that came before: of its samples only those with a time of their own are taken.</param>
    public void Read(string topic, ReadOnlyMemory<byte> payload, long receivedMicros, Reading into, bool hasBeenTold = false)
    {
        arrival.Begin(receivedMicros, hasBeenTold);
        if (topic.Length > LongestTopic)
            into.Live.Reject(topic[..60] + "…", $"The topic has {topic.Length} characters; {LongestTopic} are allowed.", "Use a shorter topic.");
        else if (SparkplugHost.Takes(topic))
        {
            _ = arrival.TryTime(null, out _); // metrics may be without a time
            Sparkplug.Receive(topic, payload.Span, receivedMicros, into);
        }
        else if (payload.Length > 0) // an empty message takes back a retained one
            ReadOther(topic, payload, receivedMicros, hasBeenTold, into);
    }

    /// <summary>Lets go of the batch that was filled last.</summary>
    public void Forget() => blocks.Forget();

    private void ReadOther(string topic, ReadOnlyMemory<byte> payload, long received, bool hasBeenTold, Reading into)
    {
        var bytes = payload.Span;
        if (bytes is [0x1F, 0x8B, ..])
        {
            if (Unpack(payload) is not { } unpacked)
            {
                into.Live.Reject(topic, $"The message begins like gzip and cannot be unpacked to at most {MostUnpackedBytes:N0} bytes.", "Send whole gzip files, or JSON uncompressed.");
                return;
            }
            payload = unpacked;
            bytes = payload.Span;
        }
        if (TryPlain(bytes.Trim(" \t\r\n\0"u8), out var value))
        {
            if (!arrival.TryTime(null, out var time))
                return;
            var quality = double.IsFinite(value) ? Quality.Good : Quality.Bad;
            blocks.Of(into.Live, templates.NameOf(topic), null).Add(time, quality == Quality.Good ? value : double.NaN, quality);
        }
        else if (bytes.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'{' or (byte)'[' or (byte)'"' or (byte)'n', ..])
            ReadJson(topic, payload, into);
        else if (bytes.ContainsAny((byte)'=', (byte)'\n') && bytes.Contains((byte)'='))
            ReadLines(topic, bytes, received, hasBeenTold, into);
        else
            told.Say(into.Live, topic, $"'{Shown(bytes)}' is no number and no form that is known.", Forms);
    }

    private static bool TryPlain(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.Length is 0 or > LongestPlain)
            return false;
        if (Utf8Parser.TryParse(text[0] == '+' ? text[1..] : text, out value, out var used) && used == text.Length - (text[0] == '+' ? 1 : 0))
            return true;
        if (Ascii.EqualsIgnoreCase(text, "true"u8) || Ascii.EqualsIgnoreCase(text, "on"u8))
            value = 1;
        else if (!Ascii.EqualsIgnoreCase(text, "false"u8) && !Ascii.EqualsIgnoreCase(text, "off"u8))
            return false;
        return true;
    }

    private void ReadJson(string topic, ReadOnlyMemory<byte> payload, Reading into)
    {
        try
        {
            if (payload.Span.StartsWith("\uFEFF"u8))
                payload = payload[3..];
            using var document = JsonDocument.Parse(payload, jsonOptions);
            if (PubSubJson.Takes(document.RootElement))
                pubSub.Read(topic, document.RootElement, into.Live, into.Items);
            else
                json.Read(topic, document.RootElement, into.Live);
        }
        catch (JsonException broken)
        {
            into.Live.Reject(topic, $"The JSON breaks off or is malformed{(broken.BytePositionInLine is { } at ? $" near byte {at} of line {broken.LineNumber + 1}" : "")}: '{Shown(payload.Span)}'.", Forms);
        }
        catch (InvalidOperationException)
        {
            // Texts are decoded only when they are asked for, and may turn out then to be no UTF-8 or half a surrogate pair.
            into.Live.Reject(topic, "A text in the JSON is not valid Unicode; what stands behind it is lost.", "Send JSON in UTF-8.");
        }
    }

    /// <summary>Line protocol names its signals itself; the topic says nothing more.</summary>
    private void ReadLines(string topic, ReadOnlySpan<byte> lines, long received, bool hasBeenTold, Reading into)
    {
        if (received is < 0 or > 253_402_300_799_000_000)
            received = 0; // the year 9999 is the last the parser's clock knows; callers give the present
        var read = LineProtocolParser.Parse(lines, into.Live.Source, LinePrecision.Nanoseconds, Micros.Time(received));
        foreach (var (where, what, mend) in read.Rejections)
            into.Live.Reject($"{topic}, {where}", what, mend);
        foreach (var parsed in read.Blocks)
        {
            var block = blocks.Of(into.Live, parsed.Signal, parsed.Unit);
            arrival.Begin(received, hasBeenTold);
            for (var i = 0; i < parsed.Count; i++)
            {
                // The parser gives lines without a time the time of the message.
                if (arrival.TryTime(parsed.TimesMicros[i] == received ? null : parsed.TimesMicros[i], out var time))
                    block.Add(time, parsed.Values[i], parsed.Qualities[i]);
                arrival.Step();
            }
        }
    }

    private ReadOnlyMemory<byte>? Unpack(ReadOnlyMemory<byte> packed)
    {
        try
        {
            using var input = new MemoryStream(packed.ToArray(), writable: false);
            using var gzip = new GZipStream(input, CompressionMode.Decompress);
            using var output = new MemoryStream();
            for (int count; (count = gzip.Read(unpackBuffer)) > 0;)
            {
                if (output.Length + count > MostUnpackedBytes)
                    return null;
                output.Write(unpackBuffer, 0, count);
            }
            return output.ToArray();
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string Shown(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (var each in bytes[..Math.Min(bytes.Length, 60)])
            text.Append(each is >= 0x20 and < 0x7F ? (char)each : '.');
        return bytes.Length <= 60 ? text.ToString() : text.Append('…').ToString();
    }
}
