using System.Globalization;
using System.Numerics;

namespace Dure.Optimize.Designs;

/// <summary>
/// Sobol' points, which fill the unit cube evenly from the first on: of any 2^m in a row that begin at a multiple of 2^m, each of the 2^m equal parts of an
/// axis holds one. Sobol' (1967), with the direction numbers of Joe and Kuo (2008). Scrambled by Owen's nested scheme (1995), which keeps that property and
/// makes the points of different seeds independent.
/// </summary>
public sealed class SobolSequence
{
    private const int Bits = 32;

    // Degree, coefficients of the primitive polynomial and first direction numbers of the dimensions from the second on; Joe and Kuo (2008), table "new-joe-kuo-6".
    private const string JoeKuo =
        "1 0 1|2 1 1 3|3 1 1 3 1|3 2 1 1 1|4 1 1 1 3 3|4 4 1 3 5 13|5 2 1 1 5 5 17|5 4 1 1 5 5 5|5 7 1 1 7 11 19|5 11 1 1 5 1 1|5 13 1 1 1 3 11|" +
        "5 14 1 3 5 5 31|6 1 1 3 3 9 7 49|6 13 1 1 1 15 21 21|6 16 1 3 1 13 27 49|6 19 1 1 1 15 7 5|6 22 1 3 1 15 13 25|6 25 1 1 5 5 19 61|" +
        "7 1 1 3 7 11 23 15 103|7 4 1 3 7 13 13 15 69|7 7 1 1 3 13 7 35 63|7 8 1 3 5 9 1 25 53|7 14 1 3 1 13 9 35 107|7 19 1 3 1 5 27 61 31|" +
        "7 21 1 1 5 11 19 41 61|7 28 1 3 5 3 3 13 69|7 31 1 1 7 13 1 19 1|7 32 1 3 7 5 13 19 59|7 37 1 1 3 9 25 29 41|7 41 1 3 5 13 23 1 55|" +
        "7 42 1 3 7 3 13 59 17|7 50 1 3 1 3 5 53 69|7 55 1 1 5 5 23 33 13|7 56 1 1 7 7 1 61 123|7 59 1 1 7 9 13 61 49|7 62 1 3 3 5 3 55 33|" +
        "8 14 1 3 1 15 31 13 49 245|8 21 1 3 5 15 31 59 63 97|8 22 1 3 1 11 11 11 77 249|8 38 1 3 1 11 27 43 71 9|8 47 1 1 7 15 21 11 81 45|" +
        "8 49 1 3 7 3 25 31 65 79|8 50 1 3 1 1 19 11 3 205|8 52 1 1 5 9 19 21 29 157|8 56 1 3 7 11 1 33 89 185|8 67 1 3 3 3 15 9 79 71|" +
        "8 70 1 3 7 11 15 39 119 27|8 84 1 1 3 1 11 31 97 225|8 97 1 1 1 3 23 43 57 177|8 103 1 3 7 7 17 17 37 71|8 115 1 3 1 5 27 63 123 213|" +
        "8 122 1 1 3 5 11 43 53 133";

    private static readonly uint[][] Directions = [[.. Enumerable.Range(0, Bits).Select(bit => 1u << (Bits - 1 - bit))], .. JoeKuo.Split('|').Select(DirectionsOf)];

    private readonly uint[] state;
    private readonly ulong[]? keys;
    private uint next;

    /// <param name="dimensions">1 to <see cref="MostDimensions"/>.</param>
    /// <param name="seed">Draws the scrambling; null: the plain sequence, whose first point is 0.</param>
    public SobolSequence(int dimensions, int? seed = null)
    {
        if (dimensions < 1 || dimensions > MostDimensions)
            throw DesignProblem.Of("size", $"{dimensions} dimensions are asked of Sobol' points.", "Sobol' sequence", $"Ask for 1 to {MostDimensions}, or use a Latin hypercube.");
        state = new uint[dimensions];
        if (seed is { } value)
            keys = [.. Enumerable.Range(0, dimensions).Select(d => Mix((ulong)(uint)value << 32 | (uint)d))];
    }

    public static int MostDimensions => Directions.Length;

    /// <summary>Writes the next point, each coordinate in [0, 1). After 2³² points the sequence begins anew.</summary>
    public void Next(Span<double> point)
    {
        // Gray code order: each step changes one bit (Antonov and Saleev 1979).
        for (var d = 0; d < state.Length; d++)
            point[d] = (keys is null ? state[d] : Scramble(state[d], keys[d])) * (1.0 / (1L << Bits));
        var bit = BitOperations.TrailingZeroCount(++next);
        for (var d = 0; d < state.Length; d++)
            state[d] = bit < Bits ? state[d] ^ Directions[d][bit] : 0;
    }

    /// <summary>Turns each bit or not, as drawn for all the bits before it.</summary>
    private static uint Scramble(uint digits, ulong key)
    {
        var turned = digits;
        for (var bit = Bits - 1; bit >= 0; bit--)
        {
            var before = bit == Bits - 1 ? 0 : (ulong)digits >> (bit + 1);
            turned ^= (uint)(Mix(key ^ (before << 6 | (uint)bit)) >> 63) << bit;
        }
        return turned;
    }

    /// <summary>A bijection that looks random; the finaliser of SplitMix64 (Steele, Lea and Flood 2014).</summary>
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    private static uint[] DirectionsOf(string line)
    {
        var numbers = line.Split(' ').Select(n => uint.Parse(n, CultureInfo.InvariantCulture)).ToArray();
        var (degree, coefficients) = ((int)numbers[0], numbers[1]);
        var directions = new uint[Bits];
        for (var i = 0; i < Bits; i++)
        {
            if (i < degree)
            {
                directions[i] = numbers[2 + i] << (Bits - 1 - i);
                continue;
            }
            directions[i] = directions[i - degree] ^ (directions[i - degree] >> degree);
            for (var k = 1; k < degree; k++)
                directions[i] ^= (coefficients >> (degree - 1 - k) & 1) * directions[i - k];
        }
        return directions;
    }
}
