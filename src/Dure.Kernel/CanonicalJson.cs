using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace Dure.Kernel;

/// <summary>
/// JSON in the one form that can be hashed and signed: RFC 8785. Members sorted by the UTF-16 units of their names,
/// numbers as ECMAScript writes them, no space. What has no such form (NaN, half a surrogate pair, an integer that a
/// double cannot hold, nesting beyond <see cref="MaxDepth"/>) is refused with a <see cref="ProblemException"/>.
/// </summary>
public static class CanonicalJson
{
    public const int MaxDepth = 64;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    public static byte[] Serialize(JsonNode? node)
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(node, output);
        return output.WrittenSpan.ToArray();
    }

    public static ContentHash Hash(JsonNode? node)
    {
        var output = new ArrayBufferWriter<byte>(256);
        Write(node, output);
        return ContentHash.Of(output.WrittenSpan);
    }

    /// <summary>
    /// Writes the canonical bytes of <paramref name="node"/> after what <paramref name="output"/> already holds. It may be
    /// nested <paramref name="levels"/> deep: fewer than <see cref="MaxDepth"/> when it will stand inside others.
    /// </summary>
    public static void Write(JsonNode? node, IBufferWriter<byte> output, int levels = MaxDepth)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(levels, MaxDepth);
        try
        {
            WriteNode(node, output, levels);
        }
        catch (InvalidOperationException cause)
        {
            // A node parsed from text decodes its strings only when they are read.
            throw Refuse("A string is not valid Unicode.", "a string or a member's name", "Remove the lone surrogate or the broken UTF-8.", cause);
        }
        catch (ArgumentException cause)
        {
            throw Refuse("An object names a member twice.", "an object", "Keep one of the two.", cause);
        }
    }

    /// <summary>Writes text as a canonical JSON string, with its quotes.</summary>
    public static void WriteString(string text, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(6 * text.Length + 2);
        var at = 0;
        span[at++] = (byte)'"';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is >= ' ' and <= (char)0x7f and not ('"' or '\\'))
                span[at++] = (byte)c;
            else if (c < 0x80)
                at += Escape(c, span[at..]);
            else if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                at += rune.EncodeToUtf8(span[at..]);
                i += rune.Utf16SequenceLength - 1;
            }
            else
                throw Refuse($"Half a surrogate pair (U+{(int)c:X4}) at place {i + 1} of a string.", "a string or a member's name",
                    "Remove it: it stands for no character.");
        }
        span[at++] = (byte)'"';
        output.Advance(at);
    }

    /// <summary>Parses UTF-8 JSON of any form; refuses broken UTF-8, members named twice, nesting beyond <see cref="MaxDepth"/> and anything after the value.</summary>
    public static JsonNode? Parse(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
            throw BadText("The text is not valid UTF-8.", null);
        try
        {
            return JsonNode.Parse(json, documentOptions: Strict);
        }
        catch (JsonException cause)
        {
            throw BadText($"The text is not JSON at line {cause.LineNumber + 1}, byte {cause.BytePositionInLine + 1}: {FirstSentence(cause.Message)}", cause);
        }
        catch (InvalidOperationException cause)
        {
            throw BadText("A member's name is not valid Unicode.", cause);
        }
    }

    private static void WriteNode(JsonNode? node, IBufferWriter<byte> output, int levels)
    {
        switch (node)
        {
            case null:
                output.Write("null"u8);
                break;
            case JsonObject or JsonArray when levels <= 0:
                throw Refuse("Nested too deeply: 64 levels are allowed for a whole document, fewer for a part of one.", PathOf(node), "Flatten it, or keep the deep part as a blob and name its hash.");
            case JsonObject members:
                WriteObject(members, output, levels);
                break;
            case JsonArray items:
                WriteArray(items, output, levels);
                break;
            default:
                WriteValue(node.AsValue(), output, levels);
                break;
        }
    }

    private static void WriteObject(JsonObject members, IBufferWriter<byte> output, int levels)
    {
        var sorted = members.ToArray();
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        output.Write("{"u8);
        for (var i = 0; i < sorted.Length; i++)
        {
            if (i > 0)
                output.Write(","u8);
            WriteString(sorted[i].Key, output);
            output.Write(":"u8);
            WriteNode(sorted[i].Value, output, levels - 1);
        }
        output.Write("}"u8);
    }

    private static void WriteArray(JsonArray items, IBufferWriter<byte> output, int levels)
    {
        output.Write("["u8);
        for (var i = 0; i < items.Count; i++)
        {
            if (i > 0)
                output.Write(","u8);
            WriteNode(items[i], output, levels - 1);
        }
        output.Write("]"u8);
    }

    private static void WriteValue(JsonValue value, IBufferWriter<byte> output, int levels)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                WriteString(value.TryGetValue<string>(out var text) ? text : TextOf(value), output);
                break;
            case JsonValueKind.Number:
                WriteNumber(value, output);
                break;
            case JsonValueKind.True:
                output.Write("true"u8);
                break;
            case JsonValueKind.False:
                output.Write("false"u8);
                break;
            case JsonValueKind.Null:
                output.Write("null"u8);
                break;
            default:
                // A CLR object wrapped as a value: its own JSON is what it means.
                WriteNode(JsonNode.Parse(value.ToJsonString()), output, levels);
                break;
        }
    }

    private static string TextOf(JsonValue value) => JsonNode.Parse(value.ToJsonString())!.GetValue<string>();

    private static void WriteNumber(JsonValue value, IBufferWriter<byte> output)
    {
        Span<byte> text = stackalloc byte[EcmaNumber.MaxLength];
        if (!value.TryGetValue<JsonElement>(out _) && value.TryGetValue<double>(out var number))
        {
            if (!double.IsFinite(number))
                throw Refuse($"{number.ToString(CultureInfo.InvariantCulture)} has no JSON form.", PathOf(value), "Leave the member out, or write null.");
            output.Write(text[..EcmaNumber.Format(number, text)]);
            return;
        }

        var written = value.ToJsonString();
        number = double.Parse(written, NumberStyles.Float, CultureInfo.InvariantCulture);
        if (!double.IsFinite(number))
            throw Refuse($"{Shown(written)} is larger than any double.", PathOf(value), "Write it as a string.");
        var length = EcmaNumber.Format(number, text);
        if (IsInteger(written) && Math.Abs(number) > 9007199254740991 && !IsSame(written, text[..length]))
            throw Refuse($"The integer {Shown(written)} lies beyond 2^53 and would change.", PathOf(value), "Write it as a string.");
        output.Write(text[..length]);
    }

    private static bool IsInteger(string written) => !written.AsSpan().ContainsAny('.', 'e', 'E');

    private static bool IsSame(string written, ReadOnlySpan<byte> canonical) => Ascii.Equals(written, canonical);

    private static int Escape(char c, Span<byte> destination)
    {
        var letter = c switch { '\b' => 'b', '\t' => 't', '\n' => 'n', '\f' => 'f', '\r' => 'r', '"' => '"', '\\' => '\\', _ => '\0' };
        destination[0] = (byte)'\\';
        if (letter != '\0')
        {
            destination[1] = (byte)letter;
            return 2;
        }
        "u00"u8.CopyTo(destination[1..]);
        destination[4] = (byte)"0123456789abcdef"[c >> 4];
        destination[5] = (byte)"0123456789abcdef"[c & 15];
        return 6;
    }

    private static string PathOf(JsonNode node) => node.GetPath();

    private static string Shown(string text) => text.Length <= 40 ? text : text[..40] + "…";

    private static string FirstSentence(string message) => message.IndexOf(" Path:", StringComparison.Ordinal) is var end and > 0 ? message[..end] : message;

    private static ProblemException Refuse(string what, string where, string mend, Exception? cause = null) =>
        new("urn:dure:kernel:no-canonical-form", what, where, mend, cause);

    private static ProblemException BadText(string what, Exception? cause) =>
        new("urn:dure:kernel:bad-json", what, "JSON text", "Send one JSON value in UTF-8, each member named once.", cause);
}
