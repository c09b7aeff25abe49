namespace Dure.Exchange.Shells;

/// <summary>Whether a value, as it stands in the bytes of a document, fits.</summary>
internal delegate bool RawTest(ReadOnlySpan<byte> text);

/// <summary>
/// A look at the bytes of a stored document, which is compact JSON, before it is parsed: it may say that a condition could hold when it does
/// not, never the other way round. What it cannot tell it leaves to the parser.
/// </summary>
internal static class RawLook
{
    private static readonly byte[][] valueHeads = ["\"value\":\""u8.ToArray(), "\"text\":\""u8.ToArray()];

    /// <summary>Whether an element of a name has a value that fits.</summary>
    /// <param name="named">The element's <c>idShort</c> with its name, as it stands in the bytes.</param>
    public static bool MayHave(ReadOnlySpan<byte> json, ReadOnlySpan<byte> named, RawTest fits)
    {
        for (int at; (at = json.IndexOf(named)) >= 0;)
        {
            json = json[(at + named.Length)..];
            if (!TryMember(json, "value"u8, out var value) || value is not [(byte)'"', .. var text, (byte)'"'] || text.Contains((byte)'\\') || fits(text))
                return true;
        }
        return false;
    }

    /// <summary>Whether any value anywhere fits.</summary>
    public static bool MayHaveAnywhere(ReadOnlySpan<byte> json, RawTest fits)
    {
        foreach (var head in valueHeads)
        {
            var rest = json;
            for (int at; (at = rest.IndexOf(head)) >= 0;)
            {
                rest = rest[(at + head.Length)..];
                var end = rest.IndexOfAny((byte)'"', (byte)'\\');
                if (end < 0 || rest[end] == '\\' || fits(rest[..end]))
                    return true;
                rest = rest[end..];
            }
        }
        return false;
    }

    /// <summary>The value of a member that comes later in the same object.</summary>
    /// <param name="rest">The bytes after the value of the member before.</param>
    private static bool TryMember(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        while (rest is [(byte)',', (byte)'"', ..])
        {
            rest = rest[2..];
            var end = rest.IndexOf((byte)'"'); // the names of the metamodel hold no escapes
            if (end < 0 || end + 1 >= rest.Length || rest[end + 1] != ':')
                return false;
            var isIt = rest[..end].SequenceEqual(name);
            rest = rest[(end + 2)..];
            var length = LengthOf(rest);
            if (length < 0)
                return false;
            if (isIt)
            {
                value = rest[..length];
                return true;
            }
            rest = rest[length..];
        }
        return false;
    }

    /// <summary>How many bytes the value takes that the bytes begin with; negative when it does not end.</summary>
    private static int LengthOf(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return -1;
        if (json[0] == '"')
            return LengthOfText(json);
        if (json[0] is not ((byte)'{' or (byte)'['))
            return json.IndexOfAny((byte)',', (byte)'}', (byte)']');
        var depth = 0;
        for (var at = 0; at < json.Length;)
        {
            var next = json[at..].IndexOfAny("\"{}[]"u8);
            if (next < 0)
                return -1;
            at += next;
            if (json[at] == '"')
            {
                var text = LengthOfText(json[at..]);
                if (text < 0)
                    return -1;
                at += text;
                continue;
            }
            depth += json[at] is (byte)'{' or (byte)'[' ? 1 : -1;
            at++;
            if (depth == 0)
                return at;
        }
        return -1;
    }

    private static int LengthOfText(ReadOnlySpan<byte> json)
    {
        for (var at = 1; at < json.Length;)
        {
            var next = json[at..].IndexOfAny((byte)'"', (byte)'\\');
            if (next < 0)
                return -1;
            at += next;
            if (json[at] == '"')
                return at + 1;
            at += 2;
        }
        return -1;
    }
}
