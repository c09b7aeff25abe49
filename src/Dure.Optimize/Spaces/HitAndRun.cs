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
        (slacks, unit) = (new double[2 * polytope.Active.Length + polytope.Limits], [.. polytope.Centre]);
        Settle();
        Walk(burnIn);
    }

    /// <summary>Steps of a burn-in for a number of dimensions.</summary>
    public static int BurnIn(int dimensions) => Math.Min(100_000, 100 * dimensions * dimensions);

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
            directions.Step(random.Next(directions.Count), random.NextDouble(), slacks);
        slacks.AsSpan(0, unit.Length).CopyTo(unit);
        Settle();
    }

    /// <summary>Takes away what rounding has added.</summary>
    private void Settle()
    {
        polytope.Straighten(unit);
        polytope.Slacks(unit, slacks);
        for (var i = 0; i < slacks.Length; i++)
            slacks[i] = Math.Max(0, slacks[i]);
    }
}

/// <summary>Directions of a polytope with the rates at which they use up its limits.</summary>
internal sealed class Directions
{
    private const int Seed = 20_011;

    private readonly double[] rates;
    private readonly int[] falling;
    private readonly int[] starts;
    private readonly double[] inverses;
    private readonly int stride;

    public Directions(Polytope polytope)
    {
        var (wide, dimensions) = (polytope.Active.Length, polytope.Dimensions);
        Count = dimensions == 0 ? 0 : dimensions == 1 ? 1 : dimensions <= 128 ? Math.Max(32, 4 * dimensions) : dimensions + 64;
        stride = 2 * wide + polytope.Limits;
        (rates, falling, inverses, starts) = (new double[Count * stride], new int[Count * stride], new double[Count * stride], new int[2 * Count + 1]);
        var random = new Random(Seed);
        var direction = new double[wide];
        var used = 0;
        for (var k = 0; k < Count; k++)
        {
            Array.Clear(direction);
            for (var d = 0; d < dimensions; d++)
                Vectors.Add(direction, Gaussian(random), polytope.Free.AsSpan(d * wide, wide));
            Orthonormal.Clean(direction, []);
            var own = rates.AsSpan(k * stride, stride);
            polytope.Rates(direction, own);
            // First the limits that a step forwards uses up, then those that a step backwards does.
            for (var side = 1; side >= -1; side -= 2)
            {
                starts[2 * k + (1 - side) / 2] = used;
                for (var i = 0; i < stride; i++)
                    if (-side * own[i] > 1e-13)
                        (falling[used], inverses[used++]) = (i, 1 / Math.Abs(own[i]));
            }
            starts[2 * k + 2] = used;
        }
    }

    public int Count { get; }

    /// <summary>Goes along a direction to a share of its chord.</summary>
    public void Step(int direction, double share, Span<double> slacks)
    {
        var ahead = Reach(starts[2 * direction], starts[2 * direction + 1], slacks);
        var behind = Reach(starts[2 * direction + 1], starts[2 * direction + 2], slacks);
        Vectors.Add(slacks, (ahead + behind) * share - behind, rates.AsSpan(direction * stride, stride));
    }

    private double Reach(int from, int to, ReadOnlySpan<double> slacks)
    {
        var reach = double.PositiveInfinity;
        var limits = falling.AsSpan(from, to - from);
        var inverse = inverses.AsSpan(from, to - from);
        for (var i = 0; i < limits.Length; i++)
        {
            var until = slacks[limits[i]] * inverse[i];
            reach = until < reach ? until : reach;
        }
        return reach < 0 ? 0 : reach;
    }

    /// <summary>A number of the standard normal distribution. Box and Muller (1958).</summary>
    internal static double Gaussian(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
