using System.Globalization;
using System.Text;
using Dure.Kernel;

namespace Dure.Devices.Scpi;

/// <summary>An entry of a device's error queue; number 0 means that there is none.</summary>
public readonly record struct ScpiError(int Number, string Text);

/// <summary>Reads what SCPI devices answer (SCPI 1999, IEEE 488.2). What is not an answer ends in a <see cref="ProblemException"/>.</summary>
public static class ScpiReader
{
    private const double NotANumber = 9.91e37; // SCPI 1999, 7.2.1.5
    private const double Infinity = 9.9e37; // 7.2.1.4
    private const int MaxCountDigits = 9;

    /// <summary>A number in any of the forms NR1 to NR3, with a unit behind it or without. SCPI's stand-ins for infinity and for "not a number" come as those.</summary>
    public static (double Value, string Unit) Number(string answer)
    {
        var text = answer.AsSpan().Trim();
        var length = NumberLength(text);
        if (length == 0 || !double.TryParse(text[..length], NumberStyles.Float, CultureInfo.InvariantCulture, out var value))
            throw Unreadable(answer, "a number");
        return (value switch
        {
            NotANumber => double.NaN,
            Infinity => double.PositiveInfinity,
            -Infinity => double.NegativeInfinity,
            _ => value,
        }, text[length..].Trim().ToString());
    }

    /// <summary>0 or 1.</summary>
    public static bool Flag(string answer) => answer.Trim() switch
    {
        "1" => true,
        "0" => false,
        _ => throw Unreadable(answer, "0 or 1"),
    };

    /// <summary>An entry of the error queue, such as <c>-113,"Undefined header"</c>.</summary>
    public static ScpiError Error(string answer)
    {
        var comma = answer.IndexOf(',', StringComparison.Ordinal);
        return comma > 0 && int.TryParse(answer.AsSpan(0, comma), NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number)
            ? new ScpiError(number, answer[(comma + 1)..].Trim().Trim('"')) : throw Unreadable(answer, "an error's number, a comma and its text");
    }

    /// <summary>The answer to *IDN?: maker, model, serial number, firmware.</summary>
    public static InstrumentIdentity Identity(string answer)
    {
        var parts = answer.Split(',', 4, StringSplitOptions.TrimEntries);
        return parts.Length == 4 ? new InstrumentIdentity(parts[0], parts[1], parts[2], parts[3]) : throw Unreadable(answer, "maker, model, serial number and firmware");
    }

    /// <summary>
    /// The length of the data of a definite block <c>#&lt;n&gt;&lt;length&gt;&lt;data&gt;</c> from its first bytes, and how long its head is; null while the head is not complete.
    /// </summary>
    public static (int Head, int Length)? Block(ReadOnlySpan<byte> bytes, int maxLength)
    {
        if (bytes.Length > 0 && bytes[0] != '#')
            throw Unreadable(Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, 20)]), "a block, which begins with #");
        if (bytes.Length < 2)
            return null;
        var digits = bytes[1] - '0';
        if (digits is < 1 or > MaxCountDigits)
            throw Unreadable(Encoding.Latin1.GetString(bytes[..2]), "a block of definite length");
        if (bytes.Length < 2 + digits)
            return null;
        var length = 0;
        foreach (var digit in bytes.Slice(2, digits))
            length = char.IsAsciiDigit((char)digit) ? length * 10 + (digit - '0') : throw Unreadable(Encoding.Latin1.GetString(bytes[..(2 + digits)]), "a block's length");
        return length <= maxLength ? (2 + digits, length) : throw Unreadable(Encoding.Latin1.GetString(bytes[..(2 + digits)]), $"a block of at most {maxLength} bytes");
    }

    /// <summary>How much of the text is a number: an exponent needs digits, so that "5 Ex" is five of a unit.</summary>
    private static int NumberLength(ReadOnlySpan<char> text)
    {
        var at = text.Length > 0 && text[0] is '+' or '-' ? 1 : 0;
        while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.'))
            at++;
        if (at < text.Length && text[at] is 'E' or 'e')
        {
            var digits = at + 1;
            if (digits < text.Length && text[digits] is '+' or '-')
                digits++;
            var end = digits;
            while (end < text.Length && char.IsAsciiDigit(text[end]))
                end++;
            if (end > digits)
                at = end;
        }
        return at;
    }

    private static ProblemException Unreadable(string answer, string expected) => new("urn:dure:devices:scpi-answer",
        $"The device answered '{(answer.Length <= 60 ? answer : answer[..60] + "...")}', expected is {expected}.", "answer", "Check the device's commands in its manual, and that nobody else talks to it.");
}
