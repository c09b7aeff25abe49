namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The public code's own generator, g ← 9228907 g mod 2³², computed by it in double precision. Products above 2⁵³ are rounded there, and so
/// after one or two draws every g is a multiple of 8, its products are exact, and integers (eight at a time, or a jump over many) give the same.
/// The sequence repeats after 2²⁷ draws, which is 141 hours of one-second steps.
/// </summary>
internal struct NoiseGenerator(double state)
{
    /// <summary>What the code as published begins with.</summary>
    public const double PublishedSeed = 4651207995;

    private const double Range = 4294967296;
    private const uint Factor = 9228907;
    private const int DrawsPerDeviate = 12;

    private static readonly uint[] Powers = PowersOfFactor();
    private static readonly uint PastOneDeviate = Powers[DrawsPerDeviate - 1];

    /// <summary>All that the next draws depend on.</summary>
    public double State { readonly get; private set; } = state;

    /// <summary>A generator of its own for a seed: the published one for zero.</summary>
    public static NoiseGenerator Of(int seed)
    {
        if (seed == 0)
            return new NoiseGenerator(PublishedSeed);
        var mixed = (ulong)(uint)seed * 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 29)) * 0xBF58476D1CE4E5B9;
        return new NoiseGenerator(8 * (double)((mixed >> 36 << 1) | 1));
    }

    /// <summary>From 0 to 1.</summary>
    public double Unit() => Draw() / Range;

    /// <summary>From −1 to 1.</summary>
    public double Symmetric() => 2 * Draw() / Range - 1;

    /// <summary>Nearly normal with mean 0 and deviation 1: the sum of twelve uniform draws, less six.</summary>
    public double Normal()
    {
        double sum = 0;
        if (IsExact)
        {
            // Multiples of 8 below 2³² add up without rounding, so that whole numbers in any order give the sum of the code.
            var (g, whole) = ((uint)State, 0UL);
            foreach (var power in Powers)
                whole += g * power;
            State = g * PastOneDeviate;
            return whole / Range - 6;
        }
        for (var i = 0; i < DrawsPerDeviate; i++)
            sum += Unit();
        return sum - 6;
    }

    /// <summary>Passes over deviates without making them.</summary>
    /// <param name="jump">From <see cref="JumpOver"/>.</param>
    public void Skip(in Jump jump)
    {
        if (IsExact)
            State = (uint)State * jump.Factor;
        else
            for (var i = 0; i < jump.Deviates; i++)
                Normal();
    }

    public static Jump JumpOver(int deviates)
    {
        var factor = 1u;
        for (var i = 0; i < deviates; i++)
            factor *= PastOneDeviate;
        return new Jump(deviates, factor);
    }

    private readonly bool IsExact => State < Range && ((ulong)State & 7) == 0;

    private double Draw()
    {
        var product = State * Factor;
        return State = product - Math.Floor(product / Range) * Range;
    }

    private static uint[] PowersOfFactor()
    {
        var powers = new uint[DrawsPerDeviate];
        var power = 1u;
        for (var i = 0; i < powers.Length; i++)
            powers[i] = power *= Factor;
        return powers;
    }

    /// <summary>A number of deviates and the factor that passes over them at once.</summary>
    public readonly record struct Jump(int Deviates, uint Factor);
}
