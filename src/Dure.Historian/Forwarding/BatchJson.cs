using System.Buffers;
using System.Text;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Historian.Forwarding;

/// <summary>Writes batches in the JSON that a node's <c>POST /api/v1/ingest</c> reads.</summary>
internal static class BatchJson
{
    /// <summary>Samples kept together in one spooled batch.</summary>
    public const int MaxSamples = 10_000;

    /// <summary>The blocks as JSON objects parted by commas, without brackets around, so that batches can be joined as they stand.</summary>
    public static byte[] Blocks(IEnumerable<SignalBlock> blocks)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        var isFirst = true;
        foreach (var block in blocks)
        {
            if (!isFirst)
            {
                writer.Flush();
                buffer.Write(","u8);
                writer.Reset();
            }
            isFirst = false;
            Write(writer, block);
        }
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Spooled batches as one request.</summary>
    /// <param name="source">Names gateway, spool and batches: it goes into the node's journal.</param>
    public static byte[] Request(string source, IReadOnlyList<SpooledBatch> batches)
    {
        var request = new ArrayBufferWriter<byte>(batches.Sum(batch => batch.Blocks.Length) + 256);
        request.Write("{\"source\":"u8);
        request.Write(JsonSerializer.SerializeToUtf8Bytes(source));
        request.Write(",\"signals\":["u8);
        for (var i = 0; i < batches.Count; i++)
        {
            if (i > 0)
                request.Write(","u8);
            request.Write(batches[i].Blocks.Span);
        }
        request.Write("]}"u8);
        return request.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter writer, SignalBlock block)
    {
        writer.WriteStartObject();
        writer.WriteString("signal", block.Signal);
        if (block.Unit is not null)
            writer.WriteString("unit", block.Unit);
        writer.WriteStartArray("times");
        foreach (var time in block.TimesMicros)
            writer.WriteNumberValue(time);
        writer.WriteEndArray();
        writer.WriteStartArray("values");
        foreach (var value in block.Values)
            Write(writer, value);
        writer.WriteEndArray();
        if (block.Qualities.ContainsAnyExcept(Quality.Good))
        {
            writer.WriteStartArray("qualities");
            foreach (var quality in block.Qualities)
                writer.WriteStringValue(quality switch { Quality.Good => "good"u8, Quality.Uncertain => "uncertain"u8, _ => "bad"u8 });
            writer.WriteEndArray();
        }
        writer.WriteEndObject();
    }

    /// <summary>NaN is null, which the node keeps as a sample of bad quality; infinity is text, which the node refuses and names.</summary>
    private static void Write(Utf8JsonWriter writer, double value)
    {
        if (double.IsFinite(value))
            writer.WriteNumberValue(value);
        else if (double.IsNaN(value))
            writer.WriteNullValue();
        else
            writer.WriteStringValue(value > 0 ? "Infinity"u8 : "-Infinity"u8);
    }
}
