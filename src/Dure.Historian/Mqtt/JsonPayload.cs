using System.Text.Json;
using Dure.Kernel;

namespace Dure.Historian.Mqtt;

/// <summary>
/// Reads samples from JSON of many shapes: a number or flag; <c>{"value":…,"timestamp":…,"unit":…,"quality":…}</c> and
/// <c>{"timestamp_ms":…,"value":…}</c>; objects of several fields, nested too, whose time counts for all of them; and lists of all these.
/// </summary>
internal sealed class JsonPayload(TopicTemplates templates, BatchBlocks blocks, ToldOnce told, Arrival arrival)
{
    /// <summary>How deep objects and lists may nest.</summary>
    public const int MaxDepth = 16;

    private const int LongestField = 400;
    private const string Mend = "Send a number, {\"value\":…,\"timestamp\":…}, or an object of numbers.";

    private static readonly string[] valueNames = ["value", "Value", "v", "val"];
    private static readonly string[] timeNames = ["timestamp_ms", "timestamp", "Timestamp", "time", "Time", "ts", "sourceTimestamp", "SourceTimestamp"];
    private static readonly string[] unitNames = ["unit", "units", "Unit", "uom"];
    private static readonly string[] qualityNames = ["quality", "Quality", "q"];
    private static readonly string[] statusNames = ["status", "Status", "statusCode", "StatusCode"];
    private static readonly string[] signalNames = ["name", "signal", "tag", "metric"];

    private string topic = "";
    private SampleBatch into = new("");
    private int taken;

    public void Read(string ofTopic, JsonElement root, SampleBatch batch)
    {
        (topic, into, taken) = (ofTopic, batch, 0);
        Take(root, "", null);
        if (taken == 0)
            told.Say(batch, ofTopic, "The message holds no number.", Mend);
    }

    private void Take(JsonElement element, string field, long? time)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Array:
                foreach (var each in element.EnumerateArray())
                {
                    Take(each, field, time);
                    arrival.Step();
                }
                break;
            case JsonValueKind.Object when TryFind(element, valueNames, out var value) && value.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array):
                TakeReading(element, value, field, time);
                break;
            case JsonValueKind.Object:
                TakeFields(element, field, time);
                break;
            default:
                Add(field, element, time, Quality.Good, null);
                break;
        }
    }

    private void TakeReading(JsonElement reading, JsonElement value, string field, long? time)
    {
        if (TryFind(reading, timeNames, out var stamp, out var name) || reading.TryGetProperty(name = "t", out stamp))
        {
            if (UnixTime.TryRead(stamp, name.EndsWith("_ms", StringComparison.Ordinal), out var own))
                time = own;
            else
            {
                taken++;
                into.Reject(Where(field), $"'{Shown(stamp)}' in '{name}' is not a time.", "Write ISO 8601 in UTC, or milliseconds since 1970.");
                return;
            }
        }
        var quality = TryFind(reading, qualityNames, out var said) ? JsonReading.OfField(said) : TryFind(reading, statusNames, out said) ? JsonReading.Status(said) : Quality.Good;
        var unit = TryFind(reading, unitNames, out var written) && written.ValueKind == JsonValueKind.String && written.GetString() is { Length: > 0 and <= 40 } text ? text : null;
        if (TryFind(reading, signalNames, out var named) && named.ValueKind == JsonValueKind.String)
            field = Join(field, named.GetString() ?? "");
        Add(field, value, time, quality, unit);
    }

    private void TakeFields(JsonElement fields, string prefix, long? time)
    {
        var timeName = "";
        if (TryFind(fields, timeNames, out var stamp, out var name) && (name.EndsWith("_ms", StringComparison.Ordinal) || UnixTime.IsPlausible(stamp))
            && UnixTime.TryRead(stamp, name.EndsWith("_ms", StringComparison.Ordinal), out var own))
            (time, timeName) = (own, name);
        foreach (var property in fields.EnumerateObject())
        {
            if (property.Name == timeName)
                continue;
            // Texts between numbers name or describe them; they are no samples and nobody needs to hear of it with every message.
            if (property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Null)
                continue;
            Take(property.Value, Join(prefix, property.Name), time);
        }
    }

    private void Add(string field, JsonElement element, long? time, Quality quality, string? unit)
    {
        if (field.Length > LongestField)
        {
            taken++;
            into.Reject(topic, $"The name of a field has {field.Length} characters; {LongestField} are allowed.", "Shorten the names, or nest less deeply.");
            return;
        }
        if (!JsonReading.TryValue(element, out var value, out var own))
        {
            taken++;
            told.Say(into, Where(field), $"'{Shown(element)}' is not a number.", Mend);
            return;
        }
        taken++;
        if (arrival.TryTime(time, out var at))
            blocks.Of(into, templates.NameOf(topic, field), unit).Add(at, value, own > quality ? own : quality);
    }

    private string Where(string field) => field.Length == 0 ? topic : $"{topic}, field '{(field.Length <= 80 ? field : field[..80] + "…")}'";

    private static string Join(string prefix, string name) => prefix.Length == 0 ? name : $"{prefix}/{name}";

    private static string Shown(JsonElement element)
    {
        var text = element.GetRawText();
        return text.Length <= 60 ? text : text[..60] + "…";
    }

    private static bool TryFind(JsonElement of, string[] names, out JsonElement found) => TryFind(of, names, out found, out _);

    private static bool TryFind(JsonElement of, string[] names, out JsonElement found, out string name)
    {
        foreach (var each in names)
        {
            if (of.TryGetProperty(each, out found))
            {
                name = each;
                return true;
            }
        }
        (found, name) = (default, "");
        return false;
    }
}
