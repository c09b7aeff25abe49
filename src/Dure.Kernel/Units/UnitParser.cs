using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Dure.Kernel;

/// <summary>
/// The grammar of UCUM (section 2.2): terms joined from the left by '.' and '/', a leading '/', parentheses, integer
/// exponents, integer factors, powers of ten as 10*3 or 10^3, and annotations in braces that mean nothing to the value.
/// </summary>
internal ref struct UnitParser
{
    private const int MaxNesting = 8;
    private const int MaxExponent = 30;
    private const int MaxPowerOfTen = 200;

    private readonly string text;
    private int at;
    private int nesting;
    private bool isAlone;
    private string? fault;

    private UnitParser(string text) => (this.text, isAlone) = (text, true);

    public static bool TryParse(string text, out UnitMeaning meaning, [NotNullWhen(false)] out string? why)
    {
        var parser = new UnitParser(text);
        meaning = parser.Expression();
        if (parser.fault is null && parser.at < text.Length)
            parser.Fail($"'{text[parser.at]}' at place {parser.at + 1} is not expected here.");
        if (parser.fault is null && !(double.IsFinite(meaning.Factor) && meaning.Factor > 0))
            parser.Fail("Its size cannot be expressed.");
        why = parser.fault;
        return why is null;
    }

    private UnitMeaning Expression()
    {
        var power = 1;
        var product = new UnitMeaning(1, Dimension.None);
        if (Take('/'))
            (power, isAlone) = (-1, false);
        while (true)
        {
            var term = Term();
            if (fault is not null)
                return product;
            var more = Peek() is '.' or '/';
            isAlone &= !more;
            if (term.StandsAlone && (!isAlone || nesting > 0))
                Fail("Cel, [degF] and B stand alone; inside a product write K for a difference of temperatures.");
            if (product.Dimension.Times(term.Dimension, power) is not { } dimension)
            {
                Fail("An exponent is too large.");
                return product;
            }
            product = new UnitMeaning(product.Factor * Math.Pow(term.Factor, power), dimension, term.StandsAlone ? term.Offset : 0);
            if (fault is not null || !more)
                return product;
            power = Take('.') ? 1 : -1;
            if (power < 0)
                at++;
        }
    }

    private UnitMeaning Term()
    {
        switch (Peek())
        {
            case '(':
                return Parenthesis();
            case '{':
                Annotation();
                return new UnitMeaning(1, Dimension.None);
            case >= '0' and <= '9':
                var number = Number();
                Annotation();
                return new UnitMeaning(number, Dimension.None);
            default:
                return Atom();
        }
    }

    private UnitMeaning Parenthesis()
    {
        if (++nesting > MaxNesting)
        {
            Fail($"More than {MaxNesting} parentheses lie inside each other.");
            return default;
        }
        at++;
        isAlone = false;
        var inner = Expression();
        if (fault is null && !Take(')'))
            Fail($"A ')' is missing at place {at + 1}.");
        nesting--;
        return fault is null ? Raised(inner) : inner;
    }

    private double Number()
    {
        var digits = Digits();
        if (digits == "10" && Peek() is ('*' or '^'))
        {
            at++;
            var exponent = SignedDigits();
            if (fault is null && Math.Abs(exponent) > MaxPowerOfTen)
                Fail($"A power of ten lies beyond {MaxPowerOfTen}.");
            return double.Parse($"1e{exponent}", CultureInfo.InvariantCulture);
        }
        if (digits.Length > 15)
        {
            Fail("A factor has more than 15 digits.");
            return 1;
        }
        return double.Parse(digits, CultureInfo.InvariantCulture);
    }

    private UnitMeaning Atom()
    {
        var start = at;
        while (at < text.Length && IsAtomCharacter(text[at]))
        {
            if (text[at] == '[')
            {
                var close = text.IndexOf(']', at);
                if (close < 0)
                {
                    Fail($"The '[' at place {at + 1} is not closed.");
                    return default;
                }
                at = close;
            }
            at++;
        }
        if (at == start)
        {
            Fail(at < text.Length ? $"'{text[at]}' at place {at + 1} begins no unit." : "A unit is missing at the end.");
            return default;
        }
        var code = text[start..at];
        if (!UnitTable.TryFind(code, out var meaning))
        {
            Fail(UnitTable.MeantBy(code) is { } meant ? $"'{code}' is not a UCUM unit; '{meant}' is." : $"'{code}' is not a unit we know.");
            return default;
        }
        var raised = Raised(meaning);
        if (fault is null)
            Annotation();
        return raised;
    }

    private UnitMeaning Raised(UnitMeaning meaning)
    {
        if (Peek() is not ('+' or '-' or (>= '0' and <= '9')))
            return meaning;
        var exponent = SignedDigits();
        if (fault is null && Math.Abs(exponent) > MaxExponent)
            Fail($"The exponent {exponent} is too large.");
        if (fault is null && meaning.StandsAlone)
            Fail("Cel, [degF] and B have no powers; write K.");
        if (fault is null && Dimension.None.Times(meaning.Dimension, exponent) is { } dimension)
            return new UnitMeaning(Math.Pow(meaning.Factor, exponent), dimension);
        Fail("An exponent is too large.");
        return meaning;
    }

    private void Annotation()
    {
        if (Peek() != '{')
            return;
        var close = text.IndexOf('}', at);
        if (close < 0)
            Fail($"The '{{' at place {at + 1} is not closed.");
        else
            at = close + 1;
    }

    private int SignedDigits()
    {
        var sign = Take('-') ? -1 : 1;
        if (sign > 0)
            Take('+');
        var digits = Digits();
        if (digits.Length is 0 or > 4)
        {
            Fail(digits.Length == 0 ? $"An exponent is missing at place {at + 1}." : "An exponent is too large.");
            return 1;
        }
        return sign * int.Parse(digits, CultureInfo.InvariantCulture);
    }

    private string Digits()
    {
        var start = at;
        while (Peek() is >= '0' and <= '9')
            at++;
        return text[start..at];
    }

    private readonly char Peek() => at < text.Length ? text[at] : '\0';

    private bool Take(char wanted)
    {
        if (Peek() != wanted)
            return false;
        at++;
        return true;
    }

    private void Fail(string why) => fault ??= why;

    private static bool IsAtomCharacter(char c) => char.IsAsciiLetter(c) || c is '[' or '%' or '\'' or '_' or '°' or 'µ' or 'μ' or 'Ω' or '℃' or '²' or '³';
}
