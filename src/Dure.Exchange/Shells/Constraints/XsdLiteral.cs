using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Dure.Exchange.Shells;

/// <summary>
/// Whether a text is a literal of one of the 30 simple types (W3C XML Schema 1.0 part 2, chapter 3). Years have any number of digits, and
/// -0001 is the year before 0001, as the metamodel's own examples have it; white space around a value is not part of a literal.
/// </summary>
public static class XsdLiteral
{
    /// <summary>Matching takes time in proportion to the text, whatever the text.</summary>
    private const RegexOptions Linear = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking;
    private const int MaxDigits = 2000;
    private const string Zone = "(?<zone>Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))?";

    private static readonly Regex wholeForm = new(@"^[+-]?[0-9]+\z", Linear);
    private static readonly Regex decimalForm = new(@"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\z", Linear);
    private static readonly Regex doubleForm = new(@"^([+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([Ee][+-]?[0-9]+)?|-?INF|NaN)\z", Linear);
    private static readonly Regex durationForm = new(@"^-?P([0-9]+Y)?([0-9]+M)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?\z", Linear);
    private static readonly Regex dateForm = new(@"^(?<year>-?([1-9][0-9]{3,}|0[0-9]{3}))-(?<month>0[1-9]|1[0-2])-(?<day>0[1-9]|[12][0-9]|3[01])" + Zone + @"\z", Linear);
    private static readonly Regex dateTimeForm = new(@"^(?<year>-?([1-9][0-9]{3,}|0[0-9]{3}))-(?<month>0[1-9]|1[0-2])-(?<day>0[1-9]|[12][0-9]|3[01])T(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)" + Zone + @"\z", Linear);
    private static readonly Regex timeForm = new(@"^(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?|24:00:00(\.0+)?)" + Zone + @"\z", Linear);
    private static readonly Regex gDayForm = new("^---(0[1-9]|[12][0-9]|3[01])" + Zone + @"\z", Linear);
    private static readonly Regex gMonthForm = new("^--(0[1-9]|1[0-2])" + Zone + @"\z", Linear);
    private static readonly Regex gMonthDayForm = new("^--(?<month>0[1-9]|1[0-2])-(?<day>0[1-9]|[12][0-9]|3[01])" + Zone + @"\z", Linear);
    private static readonly Regex gYearForm = new("^-?([1-9][0-9]{3,}|0[0-9]{3})" + Zone + @"\z", Linear);
    private static readonly Regex gYearMonthForm = new("^-?([1-9][0-9]{3,}|0[0-9]{3})-(0[1-9]|1[0-2])" + Zone + @"\z", Linear);

    public static bool Is(XsdType type, string text) => type switch
    {
        XsdType.AnyUri => UriText.IsIri(text),
        XsdType.Base64Binary => IsBase64(text),
        XsdType.Boolean => text is "true" or "false" or "1" or "0",
        XsdType.Date => IsDate(dateForm.Match(text)),
        XsdType.DateTime => IsDate(dateTimeForm.Match(text)),
        XsdType.Decimal => decimalForm.IsMatch(text),
        XsdType.Double or XsdType.Float => doubleForm.IsMatch(text),
        XsdType.Duration => durationForm.IsMatch(text) && text[^1] is not ('P' or 'T'),
        XsdType.GDay => gDayForm.IsMatch(text),
        XsdType.GMonth => gMonthForm.IsMatch(text),
        XsdType.GMonthDay => IsDate(gMonthDayForm.Match(text)),
        XsdType.GYear => gYearForm.IsMatch(text),
        XsdType.GYearMonth => gYearMonthForm.IsMatch(text),
        XsdType.HexBinary => text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit),
        XsdType.String => true, // which characters are allowed is AASd-130, for every text
        XsdType.Time => timeForm.IsMatch(text),
        _ => IsInteger(type, text),
    };

    /// <summary>Whether values of the type are numbers.</summary>
    public static bool IsNumber(XsdType type) => type is XsdType.Decimal or XsdType.Double or XsdType.Float || BoundsOf(type) is not null;

    public static bool IsWhole(XsdType type) => BoundsOf(type) is not null;

    /// <summary>Whole groups of four, single spaces between characters only, and no bits beyond the last byte.</summary>
    private static bool IsBase64(string text)
    {
        var digits = 0;
        var padding = 0;
        var last = 'A';
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == ' ')
            {
                if (i == 0 || i == text.Length - 1 || text[i - 1] == ' ')
                    return false;
                continue;
            }
            if (c == '=')
                padding++;
            else if (padding > 0 || !char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/'))
                return false;
            else
                (digits, last) = (digits + 1, c);
        }
        return (digits + padding) % 4 == 0 && padding switch
        {
            0 => true,
            1 => "AEIMQUYcgkosw048".Contains(last),
            2 => "AQgw".Contains(last),
            _ => false,
        };
    }

    private static bool IsInteger(XsdType type, string text)
    {
        if (text.Length > MaxDigits || !wholeForm.IsMatch(text) || BoundsOf(type) is not { } bounds)
            return false;
        var value = BigInteger.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        return (bounds.Least is null || value >= bounds.Least) && (bounds.Greatest is null || value <= bounds.Greatest);
    }

    private static (BigInteger? Least, BigInteger? Greatest)? BoundsOf(XsdType type) => type switch
    {
        XsdType.Byte => (sbyte.MinValue, sbyte.MaxValue),
        XsdType.Short => (short.MinValue, short.MaxValue),
        XsdType.Int => (int.MinValue, int.MaxValue),
        XsdType.Long => (long.MinValue, long.MaxValue),
        XsdType.UnsignedByte => (byte.MinValue, byte.MaxValue),
        XsdType.UnsignedShort => (ushort.MinValue, ushort.MaxValue),
        XsdType.UnsignedInt => (uint.MinValue, uint.MaxValue),
        XsdType.UnsignedLong => (ulong.MinValue, ulong.MaxValue),
        XsdType.Integer => (null, null),
        XsdType.NonNegativeInteger => (0, null),
        XsdType.PositiveInteger => (1, null),
        XsdType.NonPositiveInteger => (null, 0),
        XsdType.NegativeInteger => (null, -1),
        _ => null,
    };

    /// <summary>Whether the day exists in the month, and in the year where one is given.</summary>
    private static bool IsDate(Match match)
    {
        if (!match.Success)
            return false;
        var month = int.Parse(match.Groups["month"].ValueSpan, CultureInfo.InvariantCulture);
        var day = int.Parse(match.Groups["day"].ValueSpan, CultureInfo.InvariantCulture);
        var year = match.Groups["year"] is { Success: true, Value: var written } ? LeapYearLike(written) : 2000;
        return day <= System.DateTime.DaysInMonth(year, month);
    }

    /// <summary>A year between 1 and 800 that is a leap year exactly when the written one is: the calendar repeats after 400 years.</summary>
    private static int LeapYearLike(string written)
    {
        var isBefore = written[0] == '-';
        var digits = isBefore ? written.AsSpan(1) : written;
        var rest = int.Parse(digits[Math.Max(0, digits.Length - 4)..], CultureInfo.InvariantCulture) % 400; // 10,000 is a multiple of 400
        return isBefore ? 400 - (rest + 399) % 400 : 400 + rest;
    }
}
