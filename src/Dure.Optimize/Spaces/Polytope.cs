using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>
/// The coupled factors of a cell as a bounded polytope, each measured from 0 to 1 across its range in the cell; whole numbers count as continuous.
/// Made once for a cell and then only read.
/// </summary>
internal sealed class Polytope
{
    /// <summary>A polytope thinner than this, in shares of the ranges, is flat: its thin sides become equalities.</summary>
    private const double Thin = 1e-9;

    private readonly double[] low;
    private readonly double[] high;
    private readonly double[] width;
    private readonly double[] limits;
    private readonly double[] limitBounds;
    private readonly double[] equalities;
    private double[] fixing;

    private Polytope(int[] active, double[] low, double[] high, double[] limits, double[] limitBounds, double[] equalities)
    {
        (Active, this.low, this.high, this.limits, this.limitBounds, this.equalities) = (active, low, high, limits, limitBounds, equalities);
        width = [.. low.Zip(high, (from, to) => to - from)];
        (Centre, fixing, Free) = (new double[active.Length], [], []);
    }

    /// <summary>The factors that may move, by number.</summary>
    public int[] Active { get; }

    /// <summary>How many sums limit it, beside the ranges.</summary>
    public int Limits => limitBounds.Length;

    /// <summary>The middle of the greatest ball within, where the ball lies in the directions that equalities leave.</summary>
    public double[] Centre { get; }

    /// <summary>An orthonormal basis of the directions that keep all equalities, row by row.</summary>
    public double[] Free { get; private set; }

    public int Dimensions => Active.Length == 0 ? 0 : Free.Length / Active.Length;

    /// <summary>Null where the cell is empty, or by rounding seems so.</summary>
    public static Polytope? TryOf(SpaceRules rules, Cell cell) => Of(rules, cell) is var made && made.TrySettle() ? made : null;

    /// <summary>The polytope with one of its points in the place of the centre, which costs no linear program; thin sides stay limits.</summary>
    public static Polytope Around(SpaceRules rules, Cell cell, ReadOnlySpan<double> point)
    {
        var made = Of(rules, cell);
        made.Read(point, made.Centre);
        made.Fix([]);
        return made;
    }

    private static Polytope Of(SpaceRules rules, Cell cell)
    {
        var active = Enumerable.Range(0, cell.Low.Length).Where(i => rules.IsCoupled[i] && !cell.IsFixed(i)).ToArray();
        var place = new int[cell.Low.Length];
        for (var j = 0; j < active.Length; j++)
            place[active[j]] = j;
        var (limits, bounds, equalities) = (new List<double>(), new List<double>(), new List<double>());
        foreach (var row in rules.Rows)
        {
            var rest = row.Bound - row.Sum(cell.Low);
            var weights = new double[active.Length];
            for (var i = 0; i < row.Factors.Length; i++)
                if (!cell.IsFixed(row.Factors[i]))
                    weights[place[row.Factors[i]]] = row.Weights[i] * (cell.High[row.Factors[i]] - cell.Low[row.Factors[i]]);
            var size = weights.Length == 0 ? 0 : weights.Max(Math.Abs);
            if (size <= row.Tolerance)
                continue;
            var sign = row.Relation == Relation.AtLeast ? -1 : 1;
            (row.Relation == Relation.Equal ? equalities : limits).AddRange(weights.Select(weight => sign * weight / size));
            if (row.Relation == Relation.Equal)
                equalities.Add(rest / size);
            else
                bounds.Add(sign * rest / size);
        }
        return new Polytope(active, [.. active.Select(i => cell.Low[i])], [.. active.Select(i => cell.High[i])], [.. limits], [.. bounds], [.. equalities]);
    }

    /// <summary>Puts a place in it into a point.</summary>
    public void Write(ReadOnlySpan<double> unit, Span<double> point)
    {
        for (var j = 0; j < Active.Length; j++)
            point[Active[j]] = Math.Clamp(low[j] + unit[j] * width[j], low[j], high[j]);
    }

    public void Read(ReadOnlySpan<double> point, Span<double> unit)
    {
        for (var j = 0; j < Active.Length; j++)
            unit[j] = (point[Active[j]] - low[j]) / width[j];
    }

    /// <summary>Takes a place that rounding moved back onto all equalities.</summary>
    public void Straighten(Span<double> unit)
    {
        for (var j = 0; j < unit.Length; j++)
            unit[j] -= Centre[j];
        Orthonormal.Reject(unit, fixing);
        for (var j = 0; j < unit.Length; j++)
            unit[j] += Centre[j];
    }

    /// <summary>What is left to each limit: first above the low ends, then below the high ends, then of the sums.</summary>
    public void Slacks(ReadOnlySpan<double> unit, Span<double> slacks)
    {
        for (var j = 0; j < Active.Length; j++)
            (slacks[j], slacks[Active.Length + j]) = (unit[j], 1 - unit[j]);
        for (var i = 0; i < Limits; i++)
            slacks[2 * Active.Length + i] = limitBounds[i] - Vectors.Dot(limits.AsSpan(i * Active.Length, Active.Length), unit);
    }

    /// <summary>How fast what is left to each limit grows along a direction.</summary>
    public void Rates(ReadOnlySpan<double> direction, Span<double> rates)
    {
        for (var j = 0; j < Active.Length; j++)
            (rates[j], rates[Active.Length + j]) = (direction[j], -direction[j]);
        for (var i = 0; i < Limits; i++)
            rates[2 * Active.Length + i] = -Vectors.Dot(limits.AsSpan(i * Active.Length, Active.Length), direction);
    }

    /// <summary>Takes from a direction what would leave the equalities.</summary>
    public void Project(Span<double> direction) => Orthonormal.Reject(direction, fixing);

    /// <summary>Makes a direction the nearest one that leaves none of the limits that a place already meets.</summary>
    public void ProjectInwards(Span<double> direction, ReadOnlySpan<double> slacks, double met)
    {
        Project(direction);
        var wished = direction.ToArray();
        var limits = new List<int>();
        for (var i = 0; i < slacks.Length; i++)
            if (slacks[i] <= met)
                limits.Add(i);
        var (normals, weights) = (new double[limits.Count][], new double[limits.Count]);
        for (var i = 0; i < normals.Length; i++)
        {
            normals[i] = new double[direction.Length];
            Normal(limits[i], normals[i]);
            Project(normals[i]);
        }
        // Which limits hold it back: by turns each gets the push inwards that it needs (Hildreth 1957); then exactly along those.
        for (var sweep = 0; sweep < 50; sweep++)
            for (var i = 0; i < normals.Length; i++)
            {
                var size = Vectors.Dot(normals[i], normals[i]);
                if (size < 1e-20)
                    continue;
                var push = Math.Max(-weights[i], -Vectors.Dot(normals[i], direction) / size);
                weights[i] += push;
                Vectors.Add(direction, push, normals[i]);
            }
        var smallest = 1e-12 * Math.Sqrt(Vectors.Dot(wished, wished));
        for (var isLeft = true; isLeft;)
        {
            isLeft = false;
            var basis = new List<double>(fixing);
            for (var i = 0; i < normals.Length; i++)
                if (weights[i] > 0 && normals[i].ToArray() is var rest && Orthonormal.Clean(rest, [.. basis]))
                    basis.AddRange(rest);
            wished.CopyTo(direction);
            for (var pass = 0; pass < 2; pass++)
                Orthonormal.Reject(direction, [.. basis]);
            for (var i = 0; i < normals.Length; i++)
                if (weights[i] <= 0 && Vectors.Dot(normals[i], direction) < -smallest)
                    (weights[i], isLeft) = (1, true);
        }
        if (Vectors.Dot(direction, direction) <= smallest * smallest)
            direction.Clear();
    }

    /// <summary>How far a place can go along a direction until it meets a limit.</summary>
    public double Reach(ReadOnlySpan<double> direction, ReadOnlySpan<double> slacks)
    {
        var rates = new double[slacks.Length];
        Rates(direction, rates);
        var (reach, smallest) = (double.PositiveInfinity, 1e-13 * Math.Sqrt(Vectors.Dot(direction, direction)));
        for (var i = 0; i < rates.Length; i++)
            if (rates[i] < -smallest)
                reach = Math.Min(reach, Math.Max(0, slacks[i]) / -rates[i]);
        return reach;
    }

    /// <summary>The normal of a limit, as <see cref="Slacks"/> counts them, pointing inwards.</summary>
    public void Normal(int limit, Span<double> normal)
    {
        normal.Clear();
        if (limit < Active.Length)
            normal[limit] = 1;
        else if (limit < 2 * Active.Length)
            normal[limit - Active.Length] = -1;
        else
            for (var j = 0; j < normal.Length; j++)
                normal[j] = -limits[(limit - 2 * Active.Length) * Active.Length + j];
    }

    /// <summary>Finds the centre, after sides that leave no width have become equalities.</summary>
    private bool TrySettle()
    {
        if (Active.Length == 0)
            return true;
        var flat = new bool[2 * Active.Length + Limits];
        for (var attempt = 0; attempt < 3; attempt++)
        {
            Fix(flat);
            Free = Orthonormal.NullSpace(fixing, Active.Length);
            if (Ball(flat) is not { } radius)
                return false;
            if (Dimensions == 0 || radius > Thin)
                return true;
            if (!FindFlat(flat))
                return Ball(flat) is not null;
        }
        return true;
    }

    /// <summary>Makes equalities, and limits that count as such, the ones that directions keep.</summary>
    private void Fix(ReadOnlySpan<bool> flat)
    {
        var rows = new List<double>();
        for (var at = 0; at < equalities.Length; at += Active.Length + 1)
            rows.AddRange(equalities.AsSpan(at, Active.Length));
        var normal = new double[Active.Length];
        for (var i = 0; i < flat.Length; i++)
            if (flat[i])
            {
                Normal(i, normal);
                rows.AddRange(normal);
            }
        fixing = Orthonormal.RowSpace([.. rows], Active.Length);
    }

    /// <summary>The radius of the greatest ball; its middle becomes the centre. Boyd and Vandenberghe (2004), ch. 8.5.1.</summary>
    private double? Ball(bool[] flat)
    {
        var normal = new double[Active.Length];
        return Farthest(10, limit =>
        {
            Normal(limit, normal);
            Project(normal);
            return flat[limit] ? 0 : Math.Sqrt(Vectors.Dot(normal, normal));
        });
    }

    /// <summary>Marks the limits that no place of it leaves; false where there are none but those known.</summary>
    private bool FindFlat(bool[] flat)
    {
        var isAny = false;
        for (var i = 0; i < flat.Length; i++)
        {
            var asked = i;
            if (!flat[i] && Farthest(1e-3, limit => limit == asked ? 1 : 0) <= Thin)
                flat[i] = isAny = true;
        }
        return isAny;
    }

    /// <summary>The greatest number such that each limit keeps its weight times the number to spare; the place becomes the centre. Null where none is found.</summary>
    private double? Farthest(double most, Func<int, double> weightOf)
    {
        var stride = Active.Length + 1;
        var (weights, relations, bounds) = (new List<double>(), new List<Relation>(), new List<double>());
        for (var at = 0; at < equalities.Length; at += stride)
        {
            weights.AddRange(equalities.AsSpan(at, Active.Length));
            weights.Add(0);
            relations.Add(Relation.Equal);
            bounds.Add(equalities[at + Active.Length]);
        }
        var normal = new double[Active.Length];
        for (var i = 0; i < 2 * Active.Length + Limits; i++)
        {
            var weight = weightOf(i);
            if (weight == 0 && i < 2 * Active.Length)
                continue;
            Normal(i, normal);
            weights.AddRange(normal.Select(part => -part));
            weights.Add(weight);
            relations.Add(Relation.AtMost);
            bounds.Add(i < Active.Length ? 0 : i < 2 * Active.Length ? 1 : limitBounds[i - 2 * Active.Length]);
        }
        var (least, greatest, cost) = (new double[stride], new double[stride], new double[stride]);
        Array.Fill(greatest, 1);
        (greatest[Active.Length], cost[Active.Length]) = (most, -1);
        var program = new LinearProgram([.. weights], [.. relations], [.. bounds], least, greatest);
        if (program.Solve(cost) != LinearOutcome.Best)
            return null;
        program.Point[..Active.Length].CopyTo(Centre);
        return program.Point[Active.Length];
    }
}
