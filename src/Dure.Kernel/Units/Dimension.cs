using System.Text;

namespace Dure.Kernel;

/// <summary>
/// What kind of quantity a unit measures: the exponents of length, mass, time, current, temperature, amount, luminous
/// intensity, plane angle and logarithmic level. As in UCUM an angle is a dimension of its own; unlike UCUM so are the
/// amount of substance and the level (bel), so that a mole never turns into a number nor a decibel into a ratio unnoticed.
/// </summary>
public readonly record struct Dimension
{
    private const int Count = 9;
    private const int Limit = 60;
    private static readonly string[] Symbols = ["L", "M", "T", "I", "Θ", "N", "J", "A", "Lv"];

    private readonly long packed; // seven bits for each exponent, two's complement

    private Dimension(long packed) => this.packed = packed;

    public static Dimension None => default;
    public static Dimension Length { get; } = Of(0);
    public static Dimension Mass { get; } = Of(1);
    public static Dimension Time { get; } = Of(2);
    public static Dimension Current { get; } = Of(3);
    public static Dimension Temperature { get; } = Of(4);
    public static Dimension Amount { get; } = Of(5);
    public static Dimension Luminosity { get; } = Of(6);
    public static Dimension Angle { get; } = Of(7);
    public static Dimension Level { get; } = Of(8);

    /// <summary>This dimension times <paramref name="other"/> to the given power; null when an exponent leaves -60 to 60.</summary>
    internal Dimension? Times(Dimension other, int power)
    {
        var result = 0L;
        for (var i = 0; i < Count; i++)
        {
            var exponent = this[i] + (long)other[i] * power;
            if (exponent is < -Limit or > Limit)
                return null;
            result |= (exponent & 0x7f) << (7 * i);
        }
        return new Dimension(result);
    }

    /// <summary>For example <c>M·L⁻¹·T⁻²</c>; <c>1</c> when there is none.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var i in (ReadOnlySpan<int>)[1, 0, 2, 3, 4, 5, 6, 7, 8]) // mass first, as pressures and forces are usually written
        {
            if (this[i] == 0)
                continue;
            if (text.Length > 0)
                text.Append('·');
            text.Append(Symbols[i]);
            if (this[i] != 1)
                AppendSuperscript(text, this[i]);
        }
        return text.Length == 0 ? "1" : text.ToString();
    }

    private int this[int i] => (int)(packed << (64 - 7 - 7 * i) >> (64 - 7));

    private static Dimension Of(int which) => new(1L << (7 * which));

    private static void AppendSuperscript(StringBuilder text, int exponent)
    {
        if (exponent < 0)
            text.Append('⁻');
        foreach (var digit in Math.Abs(exponent).ToString(System.Globalization.CultureInfo.InvariantCulture))
            text.Append("⁰¹²³⁴⁵⁶⁷⁸⁹"[digit - '0']);
    }
}
