using System.Buffers.Text;

namespace Dure.Historian.Http;

/// <summary>Numbers from UTF-8 text, quickly where they are as short as measured ones are, exactly always.</summary>
internal static class Utf8Number
{
    /// <summary>Whole numbers below this are exact in double precision, and so are the powers of ten that a few digits need.</summary>
    private const ulong LargestExact = 1UL << 53;
    private const int MostDigits = 18;

    private static readonly double[] PowersOfTen = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18];

    /// <summary>The whole text as a number: digits with a sign and a point are read here, all other forms by the framework.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        var isNegative = text is [(byte)'-', ..];
        var digits = isNegative ? text[1..] : text;
        var (mantissa, seen, point) = (0UL, 0, -1);
        foreach (var each in digits)
        {
            if ((uint)(each - '0') <= 9)
            {
                mantissa = 10 * mantissa + (uint)(each - '0');
                seen++;
            }
            else if (each == '.' && point < 0)
            {
                point = seen;
            }
            else
            {
                seen = 0;
                break;
            }
        }
        if (seen is 0 or > MostDigits || mantissa > LargestExact)
            return Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;
        // Both are exact, so the quotient is the nearest double: what any correct parser gives.
        value = mantissa / PowersOfTen[point < 0 ? 0 : seen - point];
        value = isNegative ? -value : value;
        return true;
    }
}
