namespace Dure.Plants;

/// <summary>
/// Chance as a function of a seed, a stream and a place in it: reading twice gives the same, and reading changes nothing.
/// Bits by SplitMix64 (Steele, Lea and Flood 2014), normal deviates by Box and Muller (1958).
/// </summary>
public static class SeededNoise
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A number above 0 and at most 1.</summary>
    public static double Uniform(int seed, int stream, long place) => Share(Bits(seed, stream, place));

    /// <summary>A standard normal deviate.</summary>
    public static double Normal(int seed, int stream, long place)
    {
        var bits = Bits(seed, stream, place);
        return Math.Sqrt(-2 * Math.Log(Share(bits))) * Math.Cos(2 * Math.PI * Share(Mix(bits + Golden)));
    }

    private static double Share(ulong bits) => ((bits >> 11) + 1) * (1.0 / (1UL << 53));

    private static ulong Bits(int seed, int stream, long place) =>
        Mix(Mix(((ulong)(uint)seed << 32) + (uint)stream + Golden) + (ulong)place * Golden);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
