using Dure.Kernel;

namespace Dure.Optimize.Spaces;

/// <summary>
/// A straight way from a feasible point along which all of the space's constraints hold, tests in code aside: for gradient ascent. Options, whole
/// numbers, levels and the parts of a mixture that are present stay as they are. Straight in coded coordinates for factors that no sum reads, and in
/// real units for the others.
/// </summary>
public sealed class Chord
{
    /// <summary>What may be left to a limit, as a share of the ranges, that counts as met.</summary>
    private const double Met = 1e-9;

    private readonly SearchSpace space;
    private readonly double[] from;
    private readonly double[] codeRates;
    private readonly Cell cell;
    private readonly Polytope? polytope;
    private readonly double[] unit;
    private readonly double[] unitRates;

    internal Chord(SearchSpace space, ReadOnlySpan<double> point, ReadOnlySpan<double> direction)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(point.Length, space.Factors.Count);
        ArgumentOutOfRangeException.ThrowIfNotEqual(direction.Length, space.Coding.Columns);
        if (!Violations.IsFree(space.Rules, point))
            throw new ProblemException("urn:dure:optimize:infeasible-point", string.Join(" ", space.Check(point)), "start of a chord", "Start from a feasible point: repair this one first.");
        (this.space, from, codeRates, Direction) = (space, point.ToArray(), new double[point.Length], new double[direction.Length]);
        (unit, unitRates, Longest) = ([], [], double.PositiveInfinity);
        cell = CellAround.Of(space.Rules, point);
        if (space.Candidates is null)
        {
            for (var i = 0; i < point.Length; i++)
                if (!cell.IsFixed(i) && !space.Rules.IsCoupled[i])
                    MoveAlone(i, direction[space.Code.FirstColumn(i)]);
            polytope = Polytope.Around(space.Rules, cell, point);
            (unit, unitRates) = ([.. polytope.Centre], new double[polytope.Active.Length]);
            if (unit.Length > 0)
                MoveTogether(polytope, direction);
        }
        if (double.IsPositiveInfinity(Longest))
            Longest = 0;
    }

    /// <summary>The direction that is left of the wished one, in coded coordinates: its rates at the point, 0 for what cannot move.</summary>
    public double[] Direction { get; }

    /// <summary>The greatest multiple of the direction that stays in the space; 0 where nothing is left of it.</summary>
    public double Longest { get; private set; }

    /// <summary>Puts the point at a multiple of the direction, from 0 to <see cref="Longest"/>, into a place for each factor.</summary>
    public void At(double step, Span<double> point)
    {
        step = Math.Clamp(step, 0, Longest);
        from.CopyTo(point);
        for (var i = 0; i < from.Length; i++)
            if (codeRates[i] != 0)
                point[i] = Math.Clamp(space.Code.Decoded(i, space.Code.Coded(i, from[i]) + step * codeRates[i]), cell.Low[i], cell.High[i]);
        if (polytope is null || unit.Length == 0 || step == 0)
            return;
        var place = unit.ToArray();
        Numerics.Vectors.Add(place, step, unitRates);
        polytope.Write(place, point);
    }

    /// <summary>The rate of a factor that no sum reads; none at the end of its range.</summary>
    private void MoveAlone(int factor, double rate)
    {
        if (rate == 0 || !double.IsFinite(rate))
            return;
        var left = space.Code.Coded(factor, rate > 0 ? cell.High[factor] : cell.Low[factor]) - space.Code.Coded(factor, from[factor]);
        if (Math.Abs(left) <= Met || left > 0 != rate > 0)
            return;
        Direction[space.Code.FirstColumn(factor)] = codeRates[factor] = rate;
        Longest = Math.Min(Longest, left / rate);
    }

    /// <summary>The rates of factors in sums: what is left of the wish when no limit that is met is left.</summary>
    private void MoveTogether(Polytope within, ReadOnlySpan<double> direction)
    {
        for (var j = 0; j < unitRates.Length; j++)
        {
            var factor = within.Active[j];
            var rate = direction[space.Code.FirstColumn(factor)];
            unitRates[j] = double.IsFinite(rate) ? rate * SlopeOf(factor) : 0;
        }
        var slacks = new double[2 * unit.Length + within.Limits];
        within.Slacks(unit, slacks);
        within.ProjectInwards(unitRates, slacks, Met);
        for (var j = 0; j < unitRates.Length; j++)
            Direction[space.Code.FirstColumn(within.Active[j])] = unitRates[j] / SlopeOf(within.Active[j]);
        Longest = Math.Min(Longest, within.Reach(unitRates, slacks));
    }

    /// <summary>By how many widths of the cell a factor changes with its code.</summary>
    private double SlopeOf(int factor) => space.Code.Slope(factor, from[factor]) / (cell.High[factor] - cell.Low[factor]);
}
