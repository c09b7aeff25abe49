using System.Text;

namespace Dure.Exchange.Shells;

/// <summary>Whether a text is a URI reference (RFC 3986) or an IRI reference (RFC 3987): absolute, relative, or empty.</summary>
internal static class UriText
{
    private const string Unreserved = "-._~";
    private const string SubDelimiters = "!$&'()*+,;=";

    public static bool IsUri(string text) => IsReference(text, international: false);

    public static bool IsIri(string text) => IsReference(text, international: true);

    private static bool IsReference(ReadOnlySpan<char> text, bool international)
    {
        var hash = text.IndexOf('#');
        var fragment = hash < 0 ? default : text[(hash + 1)..];
        var rest = hash < 0 ? text : text[..hash];
        var mark = rest.IndexOf('?');
        var query = mark < 0 ? default : rest[(mark + 1)..];
        rest = mark < 0 ? rest : rest[..mark];
        return AreAllowed(fragment, ":@/?", international, isPrivateAllowed: false)
            && AreAllowed(query, ":@/?", international, isPrivateAllowed: true)
            && IsHierarchy(rest, international);
    }

    /// <summary>Scheme, authority and path. A colon in the first step of a relative path would be taken for a scheme's end.</summary>
    private static bool IsHierarchy(ReadOnlySpan<char> text, bool international)
    {
        var colon = text.IndexOf(':');
        var slash = text.IndexOf('/');
        if (colon >= 0 && (slash < 0 || colon < slash))
        {
            if (!IsScheme(text[..colon]))
                return false;
            text = text[(colon + 1)..];
        }
        if (!text.StartsWith("//"))
            return AreAllowed(text, ":@/", international, isPrivateAllowed: false);
        text = text[2..];
        var end = text.IndexOf('/');
        var authority = end < 0 ? text : text[..end];
        return AreAllowed(authority, ":@[]", international, isPrivateAllowed: false) && (end < 0 || AreAllowed(text[end..], ":@/", international, isPrivateAllowed: false));
    }

    private static bool IsScheme(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetter(text[0]))
            return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '-' or '.'))
                return false;
        return true;
    }

    private static bool AreAllowed(ReadOnlySpan<char> text, string more, bool international, bool isPrivateAllowed)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsAsciiLetterOrDigit(c) || Unreserved.Contains(c) || SubDelimiters.Contains(c) || more.Contains(c))
                continue;
            if (c == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                i += 2;
                continue;
            }
            if (!international || c < 0x80 || Rune.DecodeFromUtf16(text[i..], out var rune, out var length) != System.Buffers.OperationStatus.Done || !IsInternational(rune.Value, isPrivateAllowed))
                return false;
            i += length - 1;
        }
        return true;
    }

    /// <summary>RFC 3987, 2.2: ucschar, and iprivate where a query may hold it.</summary>
    private static bool IsInternational(int code, bool isPrivateAllowed) => code switch
    {
        >= 0xA0 and <= 0xD7FF or >= 0xF900 and <= 0xFDCF or >= 0xFDF0 and <= 0xFFEF => true,
        >= 0xE000 and <= 0xF8FF or >= 0xF0000 and <= 0xFFFFD or >= 0x100000 and <= 0x10FFFD => isPrivateAllowed,
        >= 0x10000 and < 0xF0000 => (code & 0xFFFF) <= 0xFFFD && code is < 0xE0000 or >= 0xE1000,
        _ => false,
    };
}
