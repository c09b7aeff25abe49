using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Dure.Edge.Device.Input;

/// <summary>One row as a sensor driver writes it. A missing value is NaN.</summary>
internal readonly record struct InputRow(string Asset, long TimeMicros, double[] Values);

/// <summary>Why a line gave no row, and what to write instead.</summary>
internal sealed record BadRow(string What, string Mend);

/// <summary>Reads lines such as <c>{"asset":"plant/pump/1","time":1700000000000000,"values":[1.5,null]}</c>.</summary>
internal sealed class RowParser(int signals)
{
    private const string Form = """Write {"asset":"…","time":µs or "2024-03-01T06:00:00Z","values":[numbers or null]}.""";

    // The first and last moment that DateTimeOffset can name.
    private const long Earliest = -62_135_596_800_000_000, Latest = 253_402_300_799_999_999;

    private readonly double[] values = new double[signals];

    /// <summary>The row shares its values with the next one. A blank line gives neither a row nor a complaint.</summary>
    public bool TryParse(ReadOnlySequence<byte> line, out InputRow row, out BadRow? bad)
    {
        (row, bad) = (default, null);
        try
        {
            var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = 8, CommentHandling = JsonCommentHandling.Disallow });
            return Read(ref reader, out row, out bad);
        }
        catch (JsonException cause)
        {
            if (!IsBlank(line))
                bad = new BadRow($"It is no JSON object: {FirstSentence(cause.Message)}", Form);
            return false;
        }
        catch (InvalidOperationException)
        {
            bad = new BadRow("A text in it is not valid Unicode.", Form);
            return false;
        }
    }

    private bool Read(ref Utf8JsonReader reader, out InputRow row, out BadRow? bad)
    {
        row = default;
        string? asset = null;
        long? time = null;
        var count = -1;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return Refuse("It is not a JSON object.", Form, out bad);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isAsset = reader.ValueTextEquals("asset"u8);
            var isTime = reader.ValueTextEquals("time"u8);
            var isValues = reader.ValueTextEquals("values"u8);
            reader.Read();
            if (isAsset && reader.TokenType == JsonTokenType.String)
                asset = reader.GetString();
            else if (isTime)
                time = Time(ref reader);
            else if (isValues && !TryValues(ref reader, out count, out bad))
                return false;
            else
                reader.Skip();
        }
        if (reader.Read())
            return Refuse("More follows the object.", Form, out bad);
        if (asset is null || time is not { } micros || count < 0)
            return Refuse($"It lacks {(asset is null ? "the asset" : time is null ? "a time that can be read" : "the values")}.", Form, out bad);
        if (count != values.Length)
            return Refuse($"It has {count} values; the package has {values.Length} signals.", "Send one number, or null, for each signal in the package's order.", out bad);
        (row, bad) = (new InputRow(asset, micros, values), null);
        return true;
    }

    private bool TryValues(ref Utf8JsonReader reader, out int count, out BadRow? bad)
    {
        (count, bad) = (0, null);
        if (reader.TokenType != JsonTokenType.StartArray)
            return Refuse("Its values are not a list.", Form, out bad);
        var known = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var value = double.NaN;
            var isNumber = reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out value) && double.IsFinite(value);
            if (!isNumber && reader.TokenType != JsonTokenType.Null)
                return Refuse($"Value {count + 1} is not a finite number.", "Write null for a value that is missing.", out bad);
            known += isNumber ? 1 : 0;
            if (count < values.Length)
                values[count] = value;
            count++;
        }
        return known > 0 || count == 0 || Refuse("All its values are missing.", "Leave the row out while no sensor answers.", out bad);
    }

    private static long? Time(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetInt64(out var micros) && micros is >= Earliest and <= Latest => micros,
        JsonTokenType.String when DateTimeOffset.TryParse(reader.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) => Kernel.Micros.Of(time),
        _ => null,
    };

    private static bool Refuse(string what, string mend, out BadRow? bad)
    {
        bad = new BadRow(what, mend);
        return false;
    }

    private static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (part.Span.ContainsAnyExcept(" \t\r"u8))
                return false;
        }
        return true;
    }

    private static string FirstSentence(string message) => message.IndexOf(". ", StringComparison.Ordinal) is var end and > 0 ? message[..(end + 1)] : message;
}
