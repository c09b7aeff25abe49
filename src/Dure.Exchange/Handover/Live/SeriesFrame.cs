using System.Buffers;
using System.Text;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Exchange.Handover.Live;

/// <summary>Samples of one signal on their way from one node to another.</summary>
/// <param name="Path">The signal, as its provider calls it.</param>
/// <param name="Unit">Its unit (UCUM).</param>
/// <param name="Description">What it is, in words.</param>
/// <param name="IsLabel">It says what people know of the machine's state, and is no measurement.</param>
/// <param name="TimesMicros">µs since 1970, as long as the other two columns.</param>
/// <param name="Values">NaN where there is none.</param>
/// <param name="Qualities">How far each may be trusted.</param>
public sealed record SeriesRows(string Path, string Unit, string Description, bool IsLabel, ReadOnlyMemory<long> TimesMicros, ReadOnlyMemory<double> Values, ReadOnlyMemory<Quality> Qualities);

/// <summary>A piece of what came in: its samples, where to go on, and whether there is more already.</summary>
/// <param name="Next">To be sent back as it is.</param>
public sealed record SeriesPage(IReadOnlyList<SeriesRows> Rows, string Next, bool HasMore)
{
    public long Samples => Rows.Sum(rows => (long)rows.TimesMicros.Length);
}

/// <summary>
/// A piece of series as JSON, which any consumer can read: <c>{"next","more","signals":[{"signal","unit","description","role"?,"times","values",
/// "qualities"?}]}</c>. Qualities are one letter a sample (G, U, B) and left out when all are good; a value that is none is null.
/// </summary>
public static class SeriesFrame
{
    public const string MediaType = "application/vnd.dure.series+json";

    /// <summary>The longest piece that is taken.</summary>
    public const int MaxBytes = 16 << 20;

    private const int MaxText = 300;
    private const int MaxCursor = 200;
    private const int MaxRows = 1 << 20;
    private const string Letters = "GUB";

    public static ReadOnlyMemory<byte> Write(SeriesPage page)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        json.WriteString("next", page.Next);
        json.WriteBoolean("more", page.HasMore);
        json.WriteStartArray("signals");
        foreach (var rows in page.Rows)
            Write(json, rows);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <exception cref="ProblemException">It is not a piece of series; names what is wrong.</exception>
    public static SeriesPage Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var json = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = 8 });
            return Read(ref json);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException or FormatException or OverflowException)
        {
            throw Wrong("It is not valid JSON, or a member is of another kind.", broken);
        }
    }

    private static void Write(Utf8JsonWriter json, SeriesRows rows)
    {
        json.WriteStartObject();
        json.WriteString("signal", rows.Path);
        json.WriteString("unit", rows.Unit);
        if (rows.Description.Length > 0)
            json.WriteString("description", Shortened(rows.Description));
        if (rows.IsLabel)
            json.WriteString("role", "Label");
        json.WriteStartArray("times");
        foreach (var time in rows.TimesMicros.Span)
            json.WriteNumberValue(time);
        json.WriteEndArray();
        json.WriteStartArray("values");
        foreach (var value in rows.Values.Span)
        {
            if (double.IsFinite(value))
                json.WriteNumberValue(value);
            else
                json.WriteNullValue();
        }
        json.WriteEndArray();
        if (rows.Qualities.Span.ContainsAnyExcept(Quality.Good))
            json.WriteString("qualities", string.Create(rows.Qualities.Length, rows.Qualities, static (letters, qualities) =>
            {
                for (var i = 0; i < letters.Length; i++)
                    letters[i] = Letters[Math.Min((int)qualities.Span[i], Letters.Length - 1)];
            }));
        json.WriteEndObject();
    }

    private static SeriesPage Read(ref Utf8JsonReader json)
    {
        string? next = null;
        var (hasMore, rows) = (false, new List<SeriesRows>());
        Expect(json.Read() && json.TokenType == JsonTokenType.StartObject, "It is not an object.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString();
            json.Read();
            switch (name)
            {
                case "next":
                    next = Text(ref json, MaxCursor, "next");
                    break;
                case "more":
                    hasMore = json.GetBoolean();
                    break;
                case "signals":
                    Expect(json.TokenType == JsonTokenType.StartArray, "'signals' is not a list.");
                    for (var samples = 0L; json.Read() && json.TokenType == JsonTokenType.StartObject;)
                    {
                        rows.Add(ReadRows(ref json));
                        Expect((samples += rows[^1].TimesMicros.Length) <= MaxRows, $"It has more than {MaxRows} samples.");
                    }
                    Expect(json.TokenType == JsonTokenType.EndArray, "'signals' holds something else than objects.");
                    break;
                default:
                    json.Skip();
                    break;
            }
        }
        Expect(json.TokenType == JsonTokenType.EndObject && !json.Read(), "It does not end where it should.");
        Expect(next is not null, "'next' is missing.");
        return new SeriesPage(rows, next!, hasMore);
    }

    private static SeriesRows ReadRows(ref Utf8JsonReader json)
    {
        string? signal = null, unit = null, description = null, qualities = null, role = null;
        var (times, values) = (new List<long>(), new List<double>());
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var name = json.GetString();
            json.Read();
            switch (name)
            {
                case "signal":
                    signal = Text(ref json, SignalId.MaxLength, "signal");
                    break;
                case "unit":
                    unit = Text(ref json, Kernel.Unit.MaxLength, "unit");
                    break;
                case "description":
                    description = Text(ref json, MaxText, "description");
                    break;
                case "role":
                    role = Text(ref json, MaxText, "role");
                    break;
                case "qualities":
                    qualities = Text(ref json, MaxRows, "qualities");
                    break;
                case "times":
                    Expect(json.TokenType == JsonTokenType.StartArray && times.Count == 0, "'times' is not one list.");
                    while (json.Read() && json.TokenType == JsonTokenType.Number && times.Count <= MaxRows)
                        times.Add(json.GetInt64());
                    Expect(json.TokenType == JsonTokenType.EndArray, "'times' holds something else than whole numbers, or too many.");
                    break;
                case "values":
                    Expect(json.TokenType == JsonTokenType.StartArray && values.Count == 0, "'values' is not one list.");
                    while (json.Read() && json.TokenType is JsonTokenType.Number or JsonTokenType.Null && values.Count <= MaxRows)
                        values.Add(json.TokenType == JsonTokenType.Null ? double.NaN : json.GetDouble());
                    Expect(json.TokenType == JsonTokenType.EndArray, "'values' holds something else than numbers and nulls, or too many.");
                    break;
                default:
                    json.Skip();
                    break;
            }
        }
        Expect(json.TokenType == JsonTokenType.EndObject, "A signal does not end where it should.");
        Expect(signal is not null && unit is not null, "A signal has no name or no unit.");
        Expect(times.Count == values.Count && (qualities is null || qualities.Length == times.Count), $"The columns of '{signal}' differ in length.");
        return new SeriesRows(signal!, unit!, description ?? "", role == "Label", times.ToArray(), values.ToArray(), QualitiesOf(qualities, values));
    }

    private static Quality[] QualitiesOf(string? letters, List<double> values)
    {
        var qualities = new Quality[values.Count];
        for (var i = 0; i < qualities.Length; i++)
        {
            var letter = letters is null ? 0 : Letters.IndexOf(letters[i], StringComparison.Ordinal);
            Expect(letter >= 0, "'qualities' has other letters than G, U and B.");
            // A value that is none cannot be a good one.
            qualities[i] = double.IsNaN(values[i]) ? Quality.Bad : (Quality)letter;
        }
        return qualities;
    }

    private static string Text(ref Utf8JsonReader json, int most, string name)
    {
        var text = json.GetString() ?? "";
        Expect(text.Length > 0 && text.Length <= most && !text.Any(char.IsControl), $"'{name}' is empty, longer than {most} characters, or has control characters in it.");
        return text;
    }

    private static string Shortened(string text)
    {
        var plain = new StringBuilder(Math.Min(text.Length, MaxText));
        foreach (var rune in text.EnumerateRunes())
        {
            if (plain.Length + rune.Utf16SequenceLength > MaxText)
                break;
            plain.Append(Rune.IsControl(rune) ? new Rune(' ') : rune);
        }
        return plain.ToString();
    }

    private static void Expect(bool isSo, string otherwise)
    {
        if (!isSo)
            throw Wrong(otherwise, null);
    }

    private static ProblemException Wrong(string what, Exception? cause) => new("urn:dure:exchange:bad-series", $"A piece of series cannot be read. {what}", "series", "Tell the provider.", cause);
}
