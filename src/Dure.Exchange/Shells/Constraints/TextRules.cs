using System.Text.RegularExpressions;

namespace Dure.Exchange.Shells;

/// <summary>Length, characters and form of the metamodel's texts.</summary>
internal static class TextRules
{
    /// <summary>Matching takes time in proportion to the text, whatever the text.</summary>
    private const RegexOptions Linear = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking;

    private static readonly Regex idShortForm = new(@"^[a-zA-Z][a-zA-Z0-9_-]*[a-zA-Z0-9_]\z", Linear);
    private static readonly Regex versionForm = new(@"^(0|[1-9][0-9]*)\z", Linear);
    private static readonly Regex utcSuffixForm = new(@"(Z|[+-]00:00)\z", Linear);
    /// <summary>RFC 7231, 3.1.1.1: type, subtype, parameters with a token or a quoted text.</summary>
    private static readonly Regex contentTypeForm = new(@"^([!#$%&'*+.^_`|~0-9a-zA-Z-]+)/[!#$%&'*+.^_`|~0-9a-zA-Z-]+([ \t]*;[ \t]*[!#$%&'*+.^_`|~0-9a-zA-Z-]+=([!#$%&'*+.^_`|~0-9a-zA-Z-]+|""([\t !#-\[\]-~\x80-\xff]|\\[\t !-~\x80-\xff])*""))*\z", Linear);

    /// <summary>What is wrong with a text: the rule and the reason; null when nothing is.</summary>
    public static (string Rule, string What)? Fault(string text, int min, int max, TextPattern pattern)
    {
        if (!IsXmlText(text))
            return ("AASd-130", "The text holds a character that XML 1.0 does not allow.");
        if (text.Length < min)
            return (FormRule.MinLength, "The text is empty.");
        if (text.Length > max && LengthOf(text) > max)
            return (FormRule.MaxLength, $"The text has {LengthOf(text)} characters; {max} are allowed.");
        return Fits(text, pattern) ? null : (pattern == TextPattern.IdShort ? "AASd-002" : FormRule.Pattern, $"'{FindingList.Shown(text)}' is not {Describe(pattern)}.");
    }

    /// <summary>Tab, line feed, carriage return and everything from space on but half a surrogate pair, U+FFFE and U+FFFF.</summary>
    public static bool IsXmlText(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c < ' ' ? c is not ('\t' or '\n' or '\r') : c >= '\ufffe')
                return false;
            if (!char.IsSurrogate(c))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(c, text[i + 1]))
                return false;
            i++;
        }
        return true;
    }

    private static bool Fits(string text, TextPattern pattern) => pattern switch
    {
        TextPattern.IdShort => idShortForm.IsMatch(text),
        TextPattern.Language => LanguageTag.IsWellFormed(text),
        TextPattern.Version => versionForm.IsMatch(text),
        TextPattern.ContentType => contentTypeForm.IsMatch(text),
        TextPattern.Path => UriText.IsUri(text),
        TextPattern.UtcDateTime => XsdLiteral.Is(XsdType.DateTime, text) && utcSuffixForm.IsMatch(text),
        TextPattern.Duration => XsdLiteral.Is(XsdType.Duration, text),
        TextPattern.Base64 => XsdLiteral.Is(XsdType.Base64Binary, string.Join(" ", text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))), // line breaks are usual in long ones
        _ => true,
    };

    private static string Describe(TextPattern pattern) => pattern switch
    {
        TextPattern.IdShort => "an idShort: letters, digits, '_' and '-', the first a letter, the last no '-', two characters at least",
        TextPattern.Language => "a language tag (BCP 47)",
        TextPattern.Version => "a number without leading zeros",
        TextPattern.ContentType => "a media type (RFC 2046)",
        TextPattern.Path => "a path or an address (RFC 3986)",
        TextPattern.UtcDateTime => "a date and time in UTC",
        TextPattern.Duration => "a duration (xs:duration)",
        _ => "base64",
    };

    private static int LengthOf(string text) => text.Length - text.Count(char.IsLowSurrogate);
}
