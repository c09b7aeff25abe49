using System.Collections.Frozen;

namespace Dure.Exchange.Shells;

/// <summary>Language tags (RFC 5646, 2.1): well-formed by the grammar, whether or not a registry knows the parts.</summary>
internal static class LanguageTag
{
    /// <summary>The grandfathered tags of RFC 5646, 2.1; most do not follow the grammar.</summary>
    private static readonly FrozenSet<string> grandfathered = FrozenSet.ToFrozenSet(
    [
        "en-GB-oed", "i-ami", "i-bnn", "i-default", "i-enochian", "i-hak", "i-klingon", "i-lux", "i-mingo", "i-navajo", "i-pwn", "i-tao", "i-tay", "i-tsu",
        "sgn-BE-FR", "sgn-BE-NL", "sgn-CH-DE", "art-lojban", "cel-gaulish", "no-bok", "no-nyn", "zh-guoyu", "zh-hakka", "zh-min", "zh-min-nan", "zh-xiang",
    ], StringComparer.Ordinal);

    public static bool IsWellFormed(string text)
    {
        if (text.Length > 1000)
            return false;
        if (grandfathered.Contains(text))
            return true;
        var parts = text.Split('-');
        if (parts.Any(part => part.Length is 0 or > 8 || !part.All(char.IsAsciiLetterOrDigit)))
            return false;
        var at = 0;
        if (IsPrivate(parts[0]))
            return parts.Length > 1;
        if (!IsLanguage(parts, ref at))
            return false;
        if (at < parts.Length && IsLetters(parts[at], 4))
            at++;
        if (at < parts.Length && (IsLetters(parts[at], 2) || parts[at].Length == 3 && parts[at].All(char.IsAsciiDigit)))
            at++;
        while (at < parts.Length && (parts[at].Length >= 5 || parts[at].Length == 4 && char.IsAsciiDigit(parts[at][0])))
            at++;
        return AreExtensions(parts, at);
    }

    private static bool IsLanguage(string[] parts, ref int at)
    {
        var language = parts[at++];
        if (!language.All(char.IsAsciiLetter) || language.Length < 2)
            return false;
        for (var extended = 0; language.Length <= 3 && extended < 3 && at < parts.Length && IsLetters(parts[at], 3); extended++)
            at++;
        return true;
    }

    private static bool AreExtensions(string[] parts, int at)
    {
        while (at < parts.Length)
        {
            if (parts[at].Length != 1)
                return false;
            var isPrivate = IsPrivate(parts[at++]);
            var first = at;
            while (at < parts.Length && (isPrivate || parts[at].Length >= 2))
                at++;
            if (at == first)
                return false;
        }
        return true;
    }

    private static bool IsPrivate(string part) => part is "x" or "X";

    private static bool IsLetters(string part, int length) => part.Length == length && part.All(char.IsAsciiLetter);
}
