using Dure.Kernel;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>Ways from one point of a space to others; every point that comes back keeps all constraints.</summary>
public static class SpaceMoves
{
    private const int MostTries = 20;
    private const int MostRepairs = 1_000;

    /// <summary>The middle of a part of the space: of the greatest ball where sums bound it, of the ranges elsewhere; as far as whole numbers allow.</summary>
    public static double[] Centre(this SearchSpace space)
    {
        var (rules, point) = (space.Rules, space.AnyPoint.ToArray());
        if (space.Candidates is not null)
            return point;
        var cell = CellAround.Of(rules, point);
        for (var i = 0; i < point.Length; i++)
            if (!cell.IsFixed(i) && !rules.IsCoupled[i])
                point[i] = space.Code.Decoded(i, 0.5 * (space.Code.Coded(i, cell.Low[i]) + space.Code.Coded(i, cell.High[i])));
        if (Polytope.TryOf(rules, cell) is { Dimensions: > 0 } polytope)
            polytope.Write(polytope.Centre, point);
        return space.Contains(point) ? point : space.Repair(point);
    }

    /// <summary>A feasible point near another that need not be: choices are kept where they can be, and few factors move. A feasible point comes back as it is.</summary>
    /// <exception cref="ProblemException">None was found within the bound of the search, or none that the tests in code allow.</exception>
    public static double[] Repair(this SearchSpace space, ReadOnlySpan<double> point)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(point.Length, space.Factors.Count);
        var wish = point.ToArray();
        for (var i = 0; i < wish.Length; i++)
            wish[i] = double.IsNaN(wish[i]) ? space.AnyPoint[i] : Math.Clamp(wish[i], space.LowOf(i), space.HighOf(i));
        if (space.Contains(wish) || space.Candidates is null && TryMend(space, space.Rules.Whole, wish, null, out wish))
            return wish;
        return Nearest(space, wish);
    }

    /// <summary>A feasible point one random move away: another option, a step of a whole number or level, a part of a mixture less, more or exchanged, or a place on a chord.</summary>
    /// <param name="point">A feasible point; another one is repaired instead.</param>
    /// <param name="size">The usual length of a move of numbers, as a share of the range: above 0, at most 1.</param>
    /// <returns>The point itself where no move was found.</returns>
    public static double[] Step(this SearchSpace space, ReadOnlySpan<double> point, Random random, double size)
    {
        if (!(size is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(size), size, "A move is a share of the range.");
        if (!space.Contains(point))
            return space.Repair(point);
        if (space.Candidates is { } table)
            return StepInTable(space, table, point, random, size);
        for (var tries = 0; tries < MostTries; tries++)
        {
            var factor = random.Next(point.Length);
            if (space.LowOf(factor) == space.HighOf(factor))
                continue;
            var moved = space.Factors[factor] is Factor.Category ? SwitchOption(space, point, factor, OtherOption(space, point, factor, random), random)
                : space.Factors[factor].IsDiscrete ? StepNumber(space, point, factor, StepsOf(space, factor, random, size), random)
                : !space.Rules.IsCoupled[factor] ? MoveAlone(space, point, factor, random, size)
                : PartOf(space, factor) is { } support && random.Next(3) == 0 ? ChangeParts(space, point, support, factor, random)
                : MoveTogether(space, point, random, size);
            if (moved is not null && space.Contains(moved) && !point.SequenceEqual(moved))
                return moved;
        }
        return point.ToArray();
    }

    /// <summary>
    /// The feasible points one choice away: each other option of each category, each whole number and level one up or down, each part of a limited mixture
    /// taken out or brought in; the other factors follow as little as they must. No more than asked for.
    /// </summary>
    public static List<double[]> Neighbours(this SearchSpace space, ReadOnlySpan<double> point, int most = 1_000)
    {
        var found = new List<double[]>();
        for (var i = 0; i < point.Length && space.Candidates is null; i++)
        {
            if (space.Factors[i] is Factor.Category category)
                for (var option = 0; option < category.Options.Count && found.Count < most; option++)
                {
                    if (option != point[i] && space.IsAllowed(i, option))
                        Add(space, point, SwitchOption(space, point, i, option, null), found, most);
                }
            else if (space.Factors[i].IsDiscrete)
            {
                Add(space, point, StepNumber(space, point, i, 1, null), found, most);
                Add(space, point, StepNumber(space, point, i, -1, null), found, most);
            }
            else if (PartOf(space, i) is { } support)
                Add(space, point, WithParts(space, point, support, point[i] > support.Tolerance ? i : -1, point[i] > support.Tolerance ? -1 : i, 0.5, null), found, most);
        }
        return found;
    }

    /// <summary>The longest straight way along a direction in coded coordinates, after what would leave the space has been taken from it.</summary>
    /// <exception cref="ProblemException">The point is not feasible.</exception>
    public static Chord Chord(this SearchSpace space, ReadOnlySpan<double> point, ReadOnlySpan<double> direction) => new(space, point, direction);

    private static void Add(SearchSpace space, ReadOnlySpan<double> point, double[]? moved, List<double[]> found, int most)
    {
        if (moved is not null && found.Count < most && space.Contains(moved) && !point.SequenceEqual(moved))
            found.Add(moved);
    }

    private static int OtherOption(SearchSpace space, ReadOnlySpan<double> point, int factor, Random random)
    {
        var (first, last) = ((int)space.LowOf(factor), (int)space.HighOf(factor));
        var shift = random.Next(last - first + 1);
        for (var i = 0; i <= last - first; i++)
            if (first + (i + shift) % (last - first + 1) is var option && option != (int)point[factor] && space.IsAllowed(factor, option))
                return option;
        return (int)point[factor];
    }

    private static double[]? SwitchOption(SearchSpace space, ReadOnlySpan<double> point, int factor, int option, Random? random)
    {
        var moved = point.ToArray();
        moved[factor] = option;
        if (space.Contains(moved))
            return moved;
        var cell = space.Rules.Whole.Copy();
        for (var i = 0; i < moved.Length; i++)
            if (space.Factors[i] is Factor.Category)
                cell.Fix(i, moved[i]);
        return TryMend(space, cell, moved, random, out var mended) ? mended : null;
    }

    private static int StepsOf(SearchSpace space, int factor, Random random, double size)
    {
        var steps = Math.Max(1, Math.Round(Math.Abs(Directions.Gaussian(random)) * size * (space.Factors[factor].CountBetween(space.LowOf(factor), space.HighOf(factor)) - 1)));
        return (int)Math.Min(steps, 1e9) * (random.Next(2) == 0 ? 1 : -1);
    }

    /// <summary>Moves a whole number or level by some steps, or as far as its range goes; first alone, then with the continuous factors, then with all numbers.</summary>
    private static double[]? StepNumber(SearchSpace space, ReadOnlySpan<double> point, int factor, int steps, Random? random)
    {
        var moved = point.ToArray();
        moved[factor] = Stepped(space, factor, point[factor], steps);
        if (moved[factor] == point[factor])
            return null;
        if (space.Contains(moved))
            return moved;
        var cell = CellAround.WithChoicesOf(space.Rules, moved);
        if (TryMend(space, cell, moved, random, out var mended))
            return mended;
        for (var i = 0; i < moved.Length; i++)
            if (i != factor && space.Factors[i].IsDiscrete && space.Factors[i].IsNumber)
                (cell.Low[i], cell.High[i]) = (space.LowOf(i), space.HighOf(i));
        return TryMend(space, cell, moved, random, out mended) ? mended : null;
    }

    private static double Stepped(SearchSpace space, int factor, double at, int steps)
    {
        var (low, high) = (space.LowOf(factor), space.HighOf(factor));
        if (space.Factors[factor] is not Factor.Ordinal ordinal)
            return Math.Clamp(at + steps, low, high);
        var place = 0;
        while (ordinal.LevelValues[place] < at)
            place++;
        return Math.Clamp(ordinal.LevelValues[Math.Clamp(place + steps, 0, ordinal.LevelValues.Count - 1)], low, high);
    }

    private static double[] MoveAlone(SearchSpace space, ReadOnlySpan<double> point, int factor, Random random, double size)
    {
        var moved = point.ToArray();
        var cell = CellAround.Of(space.Rules, point);
        var code = space.Code.Coded(factor, point[factor]) + size * Directions.Gaussian(random);
        moved[factor] = Math.Clamp(space.Code.Decoded(factor, Math.Clamp(code, 0, 1)), cell.Low[factor], cell.High[factor]);
        return moved;
    }

    /// <summary>Goes along a random chord, or where there is no room towards a random corner.</summary>
    private static double[] MoveTogether(SearchSpace space, ReadOnlySpan<double> point, Random random, double size)
    {
        var moved = point.ToArray();
        var cell = CellAround.Of(space.Rules, point);
        var polytope = Polytope.Around(space.Rules, cell, point);
        var (direction, place, slacks) = (new double[polytope.Active.Length], polytope.Centre.ToArray(), new double[2 * polytope.Active.Length + polytope.Limits]);
        for (var j = 0; j < direction.Length; j++)
            direction[j] = Directions.Gaussian(random);
        var isChord = random.Next(5) > 0;
        if (!isChord)
        {
            for (var i = 0; i < moved.Length; i++)
                if (space.Rules.IsCoupled[i])
                    moved[i] = cell.Low[i] + random.NextDouble() * (cell.High[i] - cell.Low[i]);
            if (NearestPoint.TryFind(space.Rules, cell, moved, moved) != LinearOutcome.Best)
                return point.ToArray();
            polytope.Read(moved, direction);
            Vectors.Add(direction, -1, place);
        }
        polytope.Project(direction);
        if (!Orthonormal.Clean(direction, []))
            return point.ToArray();
        polytope.Slacks(place, slacks);
        var ahead = polytope.Reach(direction, slacks);
        var step = Math.Min(ahead, size * Math.Abs(Directions.Gaussian(random)));
        Vectors.Add(place, step, direction);
        polytope.Straighten(place);
        point.CopyTo(moved);
        polytope.Write(place, moved);
        return moved;
    }

    private static Support? PartOf(SearchSpace space, int factor) => Array.Find(space.Rules.Supports, support => Array.IndexOf(support.Parts, factor) >= 0);

    /// <summary>Takes a part out, brings one in, or exchanges two; the given factor is one of them.</summary>
    private static double[]? ChangeParts(SearchSpace space, ReadOnlySpan<double> point, Support support, int factor, Random random)
    {
        var isPresent = point[factor] > support.Tolerance;
        var others = new List<int>();
        foreach (var part in support.Parts)
            if (point[part] > support.Tolerance != isPresent && space.HighOf(part) > 0)
                others.Add(part);
        var isExchange = others.Count > 0 && random.Next(2) == 0;
        var other = isExchange ? others[random.Next(others.Count)] : -1;
        return isPresent ? WithParts(space, point, support, factor, other, random.NextDouble(), random) : WithParts(space, point, support, other, factor, random.NextDouble(), random);
    }

    /// <summary>The point without one part (-1: none) and with another (-1: none), of which there is what was taken out or a share of what there may be.</summary>
    private static double[]? WithParts(SearchSpace space, ReadOnlySpan<double> point, Support support, int taken, int brought, double share, Random? random)
    {
        var cell = CellAround.WithChoicesOf(space.Rules, point);
        var wish = point.ToArray();
        if (taken >= 0)
        {
            (cell.Low[taken], cell.High[taken]) = (space.LowOf(taken), 0);
            if (space.LowOf(taken) > 0)
                return null;
            wish[taken] = 0;
        }
        if (brought >= 0)
        {
            (cell.Low[brought], cell.High[brought]) = (Math.Max(support.LeastAmount, space.LowOf(brought)), space.HighOf(brought));
            wish[brought] = taken >= 0 ? point[taken] : support.LeastAmount + share * (space.HighOf(brought) - support.LeastAmount) / 2;
        }
        return TryMend(space, cell, wish, random, out var mended) ? mended : null;
    }

    private static bool TryMend(SearchSpace space, Cell cell, double[] wish, Random? random, out double[] mended)
    {
        var search = new CellSearch(space.Rules, wish, random, CellSearch.DefaultBudget / 20);
        var isFound = search.Find(cell) is not null && space.Contains(search.Point);
        mended = isFound ? search.Point : wish;
        return isFound;
    }

    private static double[] StepInTable(SearchSpace space, CandidateTable table, ReadOnlySpan<double> point, Random random, double size)
    {
        var near = point.ToArray();
        var least = double.PositiveInfinity;
        for (var tries = (int)Math.Min(2 * table.Count, Math.Ceiling(1 / size)); tries > 0; tries--)
        {
            var row = table.Row(random.Next(table.Count));
            if (space.Distance(point, row) is var away && away > 0 && away < least && space.Contains(row))
                (near, least) = (row.ToArray(), away);
        }
        return near;
    }

    /// <summary>The nearest of the candidates, or of some points by chance.</summary>
    private static double[] Nearest(SearchSpace space, double[] wish)
    {
        var sampler = space.Candidates is null ? new SpaceSampler(space, new Random(1)) : null;
        double[]? near = null;
        for (var i = 0; i < (space.Candidates?.Count ?? MostRepairs / 10); i++)
        {
            var point = space.Candidates?.Rows[i] ?? sampler!.Next();
            if ((near is null || space.Distance(wish, point) < space.Distance(wish, near)) && space.Contains(point))
                near = point;
        }
        return near?.ToArray() ?? throw new ProblemException("urn:dure:optimize:no-repair", "No feasible point was found near the one given.", "search space", "Start from another point, or relax the tests in code.");
    }

    /// <summary>The square of the distance in coded coordinates; of two options of a category 1.</summary>
    internal static double Distance(this SearchSpace space, ReadOnlySpan<double> point, ReadOnlySpan<double> other)
    {
        var (columns, squared) = (space.Coding.Columns, 0.0);
        var (one, two) = (new double[columns], new double[columns]);
        space.Encode(point, one);
        space.Encode(other, two);
        for (var column = 0; column < columns; column++)
            squared += space.Coding.IsCode(column) ? one[column] == two[column] ? 0 : 1 : (one[column] - two[column]) * (one[column] - two[column]);
        return squared;
    }
}
