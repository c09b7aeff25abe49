using System.Globalization;

namespace Dure.Kernel;

/// <summary>Doubles as ECMAScript writes them: ECMA-262, Number::toString, over the shortest digits that read back the same.</summary>
internal static class EcmaNumber
{
    /// <summary>Sign, 21 digits and a point, or sign, 17 digits, point and exponent: both fit.</summary>
    public const int MaxLength = 32;
    private const int MaxDigits = 17;

    /// <summary>Writes a finite number and returns the length written.</summary>
    public static int Format(double number, Span<byte> destination)
    {
        if (number == 0)
        {
            destination[0] = (byte)'0';
            return 1;
        }

        Span<byte> digits = stackalloc byte[MaxDigits];
        var (count, point) = ShortestDigits(Math.Abs(number), digits);
        var at = 0;
        if (number < 0)
            destination[at++] = (byte)'-';
        return at + Place(digits[..count], point, destination[at..]);
    }

    /// <summary>The digits without zeros at either end, and where the decimal point stands: value = 0.d1d2d3… × 10^point.</summary>
    private static (int Count, int Point) ShortestDigits(double number, Span<byte> digits)
    {
        Span<char> text = stackalloc char[MaxLength];
        number.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);

        int count = 0, point = 0, exponent = 0;
        var pointSeen = false;
        for (var i = 0; i < length; i++)
        {
            if (text[i] == 'E')
            {
                exponent = int.Parse(text[(i + 1)..length], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
                break;
            }
            if (text[i] == '.')
            {
                pointSeen = true;
                continue;
            }
            if (!pointSeen)
                point++;
            if (count == 0 && text[i] == '0')
            {
                point--;
                continue;
            }
            if (count < digits.Length)
                digits[count++] = (byte)text[i];
        }
        while (digits[count - 1] == '0')
            count--;
        return (count, point + exponent);
    }

    /// <summary>The five cases of Number::toString, steps 6 to 10; n is <paramref name="point"/>, k the number of digits.</summary>
    private static int Place(ReadOnlySpan<byte> digits, int point, Span<byte> destination)
    {
        var k = digits.Length;
        switch (point)
        {
            case > 0 and <= 21 when k <= point:
                digits.CopyTo(destination);
                destination[k..point].Fill((byte)'0');
                return point;
            case > 0 and <= 21:
                digits[..point].CopyTo(destination);
                destination[point] = (byte)'.';
                digits[point..].CopyTo(destination[(point + 1)..]);
                return k + 1;
            case > -6 and <= 0:
                "0."u8.CopyTo(destination);
                destination[2..(2 - point)].Fill((byte)'0');
                digits.CopyTo(destination[(2 - point)..]);
                return 2 - point + k;
            default:
                return WithExponent(digits, point - 1, destination);
        }
    }

    private static int WithExponent(ReadOnlySpan<byte> digits, int exponent, Span<byte> destination)
    {
        var at = 0;
        destination[at++] = digits[0];
        if (digits.Length > 1)
        {
            destination[at++] = (byte)'.';
            digits[1..].CopyTo(destination[at..]);
            at += digits.Length - 1;
        }
        destination[at++] = (byte)'e';
        destination[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
        Math.Abs(exponent).TryFormat(destination[at..], out var written, default, CultureInfo.InvariantCulture);
        return at + written;
    }
}
