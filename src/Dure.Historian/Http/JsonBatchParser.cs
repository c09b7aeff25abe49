using System.Globalization;
using System.Text.Json;
using Dure.Kernel;

namespace Dure.Historian.Http;

/// <summary>
/// Reads a batch in Dure's JSON: <c>{"source":"gw1","signals":[{"signal":"a/b/c","unit":"bar","samples":[[t,v],[t,v,"bad"]]}]}</c>, or with
/// columns <c>"times":[…],"values":[…],"qualities":[…]</c> in place of <c>samples</c>. A time is whole microseconds since 1970 or ISO 8601
/// text, taken as UTC where it has no offset; a value is a number, or null for a sample of bad quality.
/// </summary>
public static class JsonBatchParser
{
    /// <summary>Samples one batch may hold.</summary>
    public const int MaxSamples = 2_000_000;

    private const int MaxBlocks = 100_000;
    private const string Form = """Send {"source":"…","signals":[{"signal":"site/area/machine/signal","unit":"bar","samples":[[time,value],…]}]}.""";

    /// <exception cref="ProblemException">The text is not JSON of this form; it names the byte. Nothing of it is taken.</exception>
    public static SampleBatch Parse(ReadOnlySpan<byte> json, string sender)
    {
        var batch = new SampleBatch(sender);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 8 });
        try
        {
            Expect(ref reader, JsonTokenType.StartObject);
            while (Advance(ref reader) != JsonTokenType.EndObject)
            {
                if (reader.ValueTextEquals("signals"u8))
                    ReadSignals(ref reader, batch);
                else if (reader.ValueTextEquals("source"u8))
                    batch.Source = Text(ref reader, "source") ?? sender;
                else
                    reader.Skip();
            }
            if (reader.Read())
                throw Malformed(reader.TokenStartIndex, "More text follows the batch.");
            return batch;
        }
        catch (JsonException broken)
        {
            throw Malformed(reader.BytesConsumed, $"It is not valid JSON: {broken.Message}");
        }
        catch (Exception broken) when (broken is FormatException or InvalidOperationException)
        {
            throw Malformed(reader.TokenStartIndex, $"A {reader.TokenType} stands where something else is expected.");
        }
    }

    private static void ReadSignals(ref Utf8JsonReader reader, SampleBatch batch)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var samples = 0L;
        while (Advance(ref reader) != JsonTokenType.EndArray)
        {
            Require(ref reader, JsonTokenType.StartObject);
            if (batch.Blocks.Count >= MaxBlocks)
                throw Malformed(reader.TokenStartIndex, $"A batch may name {MaxBlocks:N0} signals.");
            var block = ReadSignal(ref reader, batch);
            batch.Blocks.Add(block);
            samples += block.Count;
            if (samples > MaxSamples)
                throw Malformed(reader.TokenStartIndex, $"A batch may hold {MaxSamples:N0} samples.");
        }
    }

    private static SignalBlock ReadSignal(ref Utf8JsonReader reader, SampleBatch batch)
    {
        var (signal, unit) = ((string?)null, (string?)null);
        var columns = new SignalBlock("", null);
        var (times, values, qualities) = ((List<long>?)null, (List<double>?)null, (List<Quality>?)null);
        while (Advance(ref reader) != JsonTokenType.EndObject)
        {
            if (reader.ValueTextEquals("signal"u8))
                signal = Text(ref reader, "signal");
            else if (reader.ValueTextEquals("unit"u8))
                unit = Text(ref reader, "unit");
            else if (reader.ValueTextEquals("samples"u8))
                ReadSamples(ref reader, columns, batch, signal);
            else if (reader.ValueTextEquals("times"u8))
                times = ReadTimes(ref reader, batch, signal);
            else if (reader.ValueTextEquals("values"u8))
                values = ReadValues(ref reader);
            else if (reader.ValueTextEquals("qualities"u8))
                qualities = ReadQualities(ref reader);
            else
                reader.Skip();
        }
        if (signal is null)
            throw Malformed(reader.TokenStartIndex, "A block has no 'signal'.");
        var block = new SignalBlock(signal, unit);
        for (var i = 0; i < columns.Count; i++)
            block.Add(columns.TimesMicros[i], columns.Values[i], columns.Qualities[i]);
        if (times is not null || values is not null)
            AddColumns(block, times, values, qualities, reader.TokenStartIndex);
        return block;
    }

    private static void AddColumns(SignalBlock block, List<long>? times, List<double>? values, List<Quality>? qualities, long place)
    {
        if (times?.Count != values?.Count || (qualities is not null && qualities.Count != times?.Count))
            throw Malformed(place, $"Signal '{block.Signal}' has {times?.Count ?? 0} times, {values?.Count ?? 0} values and {qualities?.Count.ToString(CultureInfo.InvariantCulture) ?? "no"} qualities; they must be as many.");
        for (var i = 0; i < times!.Count; i++)
        {
            if (times[i] == UnreadableTime)
                continue; // told when it was read
            var isMissing = double.IsNaN(values![i]);
            block.Add(times[i], values[i], isMissing ? Quality.Bad : qualities?[i] ?? Quality.Good);
        }
    }

    private static void ReadSamples(ref Utf8JsonReader reader, SignalBlock block, SampleBatch batch, string? signal)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        while (Advance(ref reader) != JsonTokenType.EndArray)
        {
            Require(ref reader, JsonTokenType.StartArray);
            Advance(ref reader);
            var time = ReadTime(ref reader, batch, signal, block.Count + 1);
            Advance(ref reader);
            var value = ReadValue(ref reader);
            var quality = double.IsNaN(value) ? Quality.Bad : Quality.Good;
            if (Advance(ref reader) != JsonTokenType.EndArray)
            {
                quality = double.IsNaN(value) ? Quality.Bad : ReadQuality(ref reader);
                Expect(ref reader, JsonTokenType.EndArray);
            }
            if (time != UnreadableTime)
                block.Add(time, value, quality);
        }
    }

    private const long UnreadableTime = long.MinValue;

    private static List<long> ReadTimes(ref Utf8JsonReader reader, SampleBatch batch, string? signal)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var times = new List<long>(1024);
        while (Advance(ref reader) != JsonTokenType.EndArray)
            times.Add(ReadTime(ref reader, batch, signal, times.Count + 1));
        return times;
    }

    private static List<double> ReadValues(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var values = new List<double>(1024);
        while (Advance(ref reader) != JsonTokenType.EndArray)
            values.Add(ReadValue(ref reader));
        return values;
    }

    private static List<Quality> ReadQualities(ref Utf8JsonReader reader)
    {
        Expect(ref reader, JsonTokenType.StartArray);
        var qualities = new List<Quality>(1024);
        while (Advance(ref reader) != JsonTokenType.EndArray)
            qualities.Add(ReadQuality(ref reader));
        return qualities;
    }

    private static long ReadTime(ref Utf8JsonReader reader, SampleBatch batch, string? signal, int sample)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            if (reader.TryGetInt64(out var micros))
                return micros;
        }
        else if (reader.TokenType == JsonTokenType.String && reader.TryGetDateTime(out var plain))
        {
            // A text without an offset would be taken as the computer's own time.
            if (plain.Kind == DateTimeKind.Unspecified)
                return Micros.Of(new DateTimeOffset(plain, TimeSpan.Zero));
            if (reader.TryGetDateTimeOffset(out var time))
                return Micros.Of(time);
        }
        else if (reader.TokenType != JsonTokenType.String)
        {
            throw Malformed(reader.TokenStartIndex, "A time must be whole microseconds or ISO 8601 text.");
        }
        batch.Reject($"signal {signal ?? "(unnamed)"}, sample {sample}", "The time can be read neither as whole microseconds since 1970 nor as ISO 8601.", "Send 1583748873000000 or \"2020-03-09T10:14:33Z\".");
        return UnreadableTime;
    }

    /// <summary>A finite number; null becomes NaN, which is kept as a sample of bad quality; text such as "NaN" stays infinite and is refused later.</summary>
    private static double ReadValue(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number => reader.GetDouble(),
        JsonTokenType.Null => double.NaN,
        JsonTokenType.True => 1,
        JsonTokenType.False => 0,
        JsonTokenType.String when reader.ValueTextEquals("NaN"u8) || reader.ValueTextEquals("Infinity"u8) => double.PositiveInfinity,
        JsonTokenType.String when reader.ValueTextEquals("-Infinity"u8) => double.NegativeInfinity,
        _ => throw Malformed(reader.TokenStartIndex, "A value must be a number or null."),
    };

    private static Quality ReadQuality(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            if (reader.ValueTextEquals("good"u8))
                return Quality.Good;
            if (reader.ValueTextEquals("uncertain"u8))
                return Quality.Uncertain;
            if (reader.ValueTextEquals("bad"u8))
                return Quality.Bad;
        }
        throw Malformed(reader.TokenStartIndex, "A quality must be \"good\", \"uncertain\" or \"bad\".");
    }

    private static string? Text(ref Utf8JsonReader reader, string name)
    {
        Advance(ref reader);
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Null))
            throw Malformed(reader.TokenStartIndex, $"'{name}' must be text.");
        return reader.GetString();
    }

    private static JsonTokenType Advance(ref Utf8JsonReader reader) =>
        reader.Read() ? reader.TokenType : throw Malformed(reader.BytesConsumed, "The text ends in the middle.");

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType wanted)
    {
        Advance(ref reader);
        Require(ref reader, wanted);
    }

    private static void Require(ref Utf8JsonReader reader, JsonTokenType wanted)
    {
        if (reader.TokenType != wanted)
            throw Malformed(reader.TokenStartIndex, $"{reader.TokenType} stands where {wanted} is expected.");
    }

    private static ProblemException Malformed(long place, string what) => new("urn:dure:historian:malformed-json", what, $"request body, byte {place}", Form);
}
