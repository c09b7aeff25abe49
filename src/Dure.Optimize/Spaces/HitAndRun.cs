using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>
/// A walk that comes to every place of a polytope alike (Smith 1984): along a random direction to a random place of the chord. The directions are a
/// fixed set of Gaussian ones, at least four for each dimension, so that a step costs a few operations for each limit; the walk keeps what is left
/// to each limit instead of the place.
/// </summary>
internal sealed class HitAndRun
{
    private readonly Directions directions;
    private readonly Polytope polytope;
    private readonly Random random;
    private readonly double[] slacks;
    private readonly double[] unit;

    public HitAndRun(Polytope polytope, Directions directions, Random random, int burnIn)
    {
        (this.polytope, this.directions, this.random) = (polytope, directions, random);
        (slacks, unit) = (new double[Directions.Stride(polytope)], [.. polytope.Centre]);
        Settle();
        Walk(burnIn);
    }

    /// <summary>Steps of a burn-in for a number of dimensions: 100 for the square of it, and a tenth in one of many polytopes that are each visited a few times.</summary>
    public static int BurnIn(int dimensions, bool isOneOfMany) => Math.Min(100_000, (isOneOfMany ? 10 : 100) * dimensions * dimensions);

    /// <summary>Steps between two places that are handed out.</summary>
    public static int Thinning(int dimensions) => Math.Clamp(dimensions * dimensions, 1, 2_000);

    /// <summary>The next place.</summary>
    public void Next(Span<double> point)
    {
        Walk(Thinning(polytope.Dimensions));
        polytope.Write(unit, point);
    }

    private void Walk(int steps)
    {
        for (var i = 0; i < steps && directions.Count > 0; i++)
            directions.Step(random.NextDouble() * directions.Count, slacks);
        slacks.AsSpan(0, unit.Length).CopyTo(unit);
        Settle();
    }

    /// <summary>Takes away what rounding has added.</summary>
    private void Settle()
    {
        polytope.Straighten(unit);
        polytope.Slacks(unit, slacks);
        for (var i = 0; i < slacks.Length; i++)
            slacks[i] = Math.Max(Directions.LeastSlack, slacks[i]);
    }
}

/// <summary>Directions of a polytope with the rates at which they use up its limits, eight limits at once.</summary>
internal sealed class Directions
{
    /// <summary>What is left to a limit at least, so that one that a direction does not use up is never the nearest.</summary>
    public const double LeastSlack = 1e-18;

    private const int Seed = 20_011;
    private const double Never = 1e300;

    private readonly double[] rates;
    private readonly double[] ahead;
    private readonly double[] behind;
    private readonly int stride;

    public Directions(Polytope polytope)
    {
        var (wide, dimensions) = (polytope.Active.Length, polytope.Dimensions);
        Count = dimensions <= 1 ? dimensions : dimensions <= 128 ? Math.Max(16, 4 * dimensions) : dimensions + 64;
        stride = Stride(polytope);
        (rates, ahead, behind) = (new double[Count * stride], new double[Count * stride], new double[Count * stride]);
        Array.Fill(ahead, Never);
        Array.Fill(behind, Never);
        var random = new Random(Seed);
        var direction = new double[wide];
        for (var at = 0; at < rates.Length; at += stride)
        {
            Array.Clear(direction);
            for (var d = 0; d < dimensions; d++)
                Vectors.Add(direction, Gaussian(random), polytope.Free.AsSpan(d * wide, wide));
            Orthonormal.Clean(direction, []);
            polytope.Rates(direction, rates.AsSpan(at, stride));
            for (var i = at; i < at + stride; i++)
                if (Math.Abs(rates[i]) > 1e-13)
                    (rates[i] < 0 ? ahead : behind)[i] = 1 / Math.Abs(rates[i]);
        }
    }

    public int Count { get; }

    /// <summary>Places for what is left to each limit, a multiple of eight.</summary>
    public static int Stride(Polytope polytope) => (2 * polytope.Active.Length + polytope.Limits + 7) / 8 * 8;

    /// <summary>Goes along a direction to a place of its chord: the direction's number and, behind the point, the share of the chord.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Step(double directionAndShare, Span<double> slacks)
    {
        var direction = (int)directionAndShare;
        var own = direction * stride;
        var left = MemoryMarshal.Cast<double, Vector512<double>>(slacks);
        var forwards = MemoryMarshal.Cast<double, Vector512<double>>(ahead.AsSpan(own, stride));
        var backwards = MemoryMarshal.Cast<double, Vector512<double>>(behind.AsSpan(own, stride));
        var (reach, back) = (Vector512.Create(Never), Vector512.Create(Never));
        for (var i = 0; i < left.Length; i++)
        {
            reach = Vector512.MinNative(reach, left[i] * forwards[i]);
            back = Vector512.MinNative(back, left[i] * backwards[i]);
        }
        var (to, from) = (Math.Max(0, Least(reach)), Math.Max(0, Least(back)));
        var step = Vector512.Create((to + from) * (directionAndShare - direction) - from);
        var use = MemoryMarshal.Cast<double, Vector512<double>>(rates.AsSpan(own, stride));
        for (var i = 0; i < left.Length; i++)
            left[i] = Vector512.FusedMultiplyAdd(use[i], step, left[i]);
    }

    private static double Least(Vector512<double> eight)
    {
        var four = Vector256.MinNative(eight.GetLower(), eight.GetUpper());
        var two = Vector128.MinNative(four.GetLower(), four.GetUpper());
        return Math.Min(two[0], two[1]);
    }

    /// <summary>A number of the standard normal distribution. Box and Muller (1958).</summary>
    internal static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
