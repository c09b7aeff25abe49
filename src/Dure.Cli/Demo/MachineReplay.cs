using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Datasets.Public;

namespace Dure.Cli.Demo;

/// <summary>Replays recordings through the node's ingest door, as a gateway beside the machine would send them.</summary>
internal static class MachineReplay
{
    private const int SamplesPerBatch = 5000;

    public sealed record Sent(long Samples, long Batches, long Rejected);

    /// <summary>Makes the recordings' signals known to the node, with their units; labels are signals too, of role label.</summary>
    public static Task Register(NodeClient node, DemoRecordings recordings, CancellationToken cancel)
    {
        var signals = new JsonArray();
        foreach (var recording in recordings.All)
        {
            foreach (var (name, unit, description) in Skab.Signals)
                signals.Add(Definition(recording.Asset.Signal(name).Path, unit, recordings.Mark + description, "Measurement"));
            signals.Add(Definition(recording.Asset.Signal(Skab.AnomalyColumn).Path, "1", recordings.Mark + "1 while a fault is on, by the people who made it", "Label"));
        }
        return node.Post("api/v1/signals", new JsonObject { ["signals"] = signals }, cancel);
    }

    public static async Task<Sent> Send(NodeClient node, DemoRecordings recordings, Action<double>? progress, CancellationToken cancel)
    {
        var (samples, batches, rejected) = (0L, 0L, 0L);
        var rowsInAll = recordings.All.Sum(recording => (long)recording.Rows);
        var rowsDone = 0L;
        foreach (var recording in recordings.All)
        {
            var rowsPerBatch = SamplesPerBatch / (recording.Signals.Count + 1);
            for (var first = 0; first < recording.Rows; first += rowsPerBatch)
            {
                var rows = Math.Min(rowsPerBatch, recording.Rows - first);
                using var body = new ByteArrayContent(Batch(recording, first, rows));
                body.Headers.ContentType = new MediaTypeHeaderValue("application/json");
                var receipt = await node.Post("api/v1/ingest", body, cancel);
                samples += receipt.Whole("accepted");
                rejected += receipt.Whole("rejected");
                batches++;
                rowsDone += rows;
                progress?.Invoke((double)rowsDone / rowsInAll);
            }
        }
        return new Sent(samples, batches, rejected);
    }

    private static byte[] Batch(Recording recording, int first, int rows)
    {
        var bytes = new MemoryStream(SamplesPerBatch * 16);
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteString("source", $"replay of {recording.Asset}");
            json.WriteStartArray("signals");
            for (var i = 0; i < recording.Signals.Count; i++)
                WriteSignal(json, recording, recording.Signals[i], Skab.Signals[i].Unit, first, rows, recording.Columns[i]);
            // A recording made without faults has no label column: that it is free of faults is itself the label.
            WriteSignal(json, recording, Skab.AnomalyColumn, "1", first, rows, recording.Anomaly is { } anomaly ? [.. anomaly.Select(on => on ? 1.0 : 0.0)] : new double[recording.Rows]);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return bytes.ToArray();
    }

    private static void WriteSignal(Utf8JsonWriter json, Recording recording, string name, string unit, int first, int rows, double[] values)
    {
        json.WriteStartObject();
        json.WriteString("signal", recording.Asset.Signal(name).Path);
        json.WriteString("unit", unit);
        json.WriteStartArray("times");
        foreach (var time in recording.TimesMicros.AsSpan(first, rows))
            json.WriteNumberValue(time);
        json.WriteEndArray();
        json.WriteStartArray("values");
        foreach (var value in values.AsSpan(first, rows))
            json.WriteNumberValue(value);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static JsonObject Definition(string id, string unit, string description, string role) =>
        new() { ["id"] = id, ["unit"] = unit, ["description"] = description, ["role"] = role };
}
