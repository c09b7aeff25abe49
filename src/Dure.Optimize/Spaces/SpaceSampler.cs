using Dure.Kernel;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>
/// Draws feasible points one after another; the same space and seed give the same points. Options and the number of parts of a mixture come up
/// alike as far as constraints let them, factors that no sum reads are drawn alike along their code, the others alike from their polytope by
/// <see cref="HitAndRun"/>; whole numbers in sums are drawn as continuous ones, rounded and repaired. Not for several threads.
/// </summary>
public sealed class SpaceSampler
{
    private const int MostCells = 256;

    /// <summary>Points tried for one that tests in code allow; without such tests a tenth.</summary>
    private const int MostTries = 1_000;

    /// <summary>Nodes of each search for choices that go together.</summary>
    private const int Budget = CellSearch.DefaultBudget / 10;

    private readonly SearchSpace space;
    private readonly SpaceRules rules;
    private readonly Random random;
    private readonly double[] wish;
    private readonly int[] coupled;
    private readonly Dictionary<double[], HitAndRun?> walks = new(new SameNumbers());

    public SpaceSampler(SearchSpace space, Random random)
    {
        (this.space, rules, this.random, wish) = (space, space.Rules, random, new double[space.Factors.Count]);
        coupled = [.. Enumerable.Range(0, wish.Length).Where(i => rules.IsCoupled[i])];
    }

    /// <summary>A feasible point.</summary>
    /// <exception cref="ProblemException">A test in code refused all of a thousand points, or the search for a point was given up.</exception>
    public double[] Next()
    {
        var point = new double[wish.Length];
        Next(point);
        return point;
    }

    /// <param name="into">One place for each factor.</param>
    public void Next(Span<double> into)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(into.Length, wish.Length);
        var most = space.HasTests ? MostTries : MostTries / 10;
        for (var tries = 0; tries < most; tries++)
        {
            if (space.Candidates is { } candidates)
                candidates.Row(random.Next(candidates.Count)).CopyTo(into);
            else if (!TryDraw(into))
                continue;
            if (space.Contains(into))
                return;
        }
        throw new ProblemException("urn:dure:optimize:no-sample",
            space.HasTests ? $"Of {most} points tried none passed all tests in code." : $"No feasible point came out of {most} tries, though there is one.",
            "search space", space.HasTests ? "State what the tests allow by bounds and linear constraints as far as possible." : "Start from the space's centre and move by steps.");
    }

    private bool TryDraw(Span<double> into)
    {
        Wish();
        var cell = CellNearWish();
        if (cell is null)
            return false;
        for (var i = 0; i < into.Length; i++)
            into[i] = rules.Factors[i] is Factor.Category ? cell.Low[i] : rules.IsCoupled[i] ? 0 : Drawn(i, cell);
        if (coupled.Length == 0)
            return true;
        if (!TryWalk(cell, into))
            return false;
        return Array.TrueForAll(coupled, i => !rules.Factors[i].IsDiscrete) || TryRound(cell, into);
    }

    /// <summary>A wish for each choice, drawn without a look at the constraints.</summary>
    private void Wish()
    {
        var whole = rules.Whole;
        for (var i = 0; i < wish.Length; i++)
            wish[i] = rules.Factors[i] is Factor.Category ? DrawnOption(i) : Drawn(i, whole);
        foreach (var support in rules.Supports)
            WishParts(support);
    }

    private int DrawnOption(int factor)
    {
        var (first, last) = ((int)rules.Whole.Low[factor], (int)rules.Whole.High[factor]);
        if (rules.Allowed[factor] is not { } allowed)
            return first + random.Next(last - first + 1);
        var left = 0;
        for (var option = first; option <= last; option++)
            left += allowed[option] ? 1 : 0;
        left = random.Next(left);
        for (var option = first; ; option++)
            if (allowed[option] && left-- == 0)
                return option;
    }

    /// <summary>A number of a range, all places of its code alike.</summary>
    private double Drawn(int factor, Cell cell)
    {
        var (low, high) = (cell.Low[factor], cell.High[factor]);
        if (low >= high)
            return low;
        if (rules.Factors[factor] is Factor.Ordinal ordinal)
        {
            var levels = ordinal.LevelValues.Where(level => level >= low && level <= high).ToArray();
            return levels[random.Next(levels.Length)];
        }
        var isWhole = rules.Factors[factor].IsDiscrete;
        var share = random.NextDouble();
        if (space.Code.IsLog(factor))
        {
            var at = low * Math.Pow(high / low, share);
            return Math.Clamp(isWhole ? Math.Round(at) : at, low, high);
        }
        return isWhole ? Math.Min(high, low + Math.Floor(share * (high - low + 1))) : Math.Min(high, low + share * (high - low));
    }

    /// <summary>Wishes some parts present and the others absent: how many, and which, by chance.</summary>
    private void WishParts(Support support)
    {
        var (low, high) = (rules.Whole.Low, rules.Whole.High);
        var open = Array.FindAll(support.Parts, part => low[part] == 0 && high[part] >= support.LeastAmount);
        var fixedPresent = support.Parts.Count(part => low[part] > 0);
        var (least, most) = (Math.Max(0, support.AtLeast - fixedPresent), Math.Min(open.Length, support.AtMost - fixedPresent));
        if (fixedPresent == 0)
            least = Math.Max(1, least);
        var count = most <= least ? Math.Max(0, most) : random.Next(least, most + 1);
        random.Shuffle(open);
        foreach (var part in support.Parts)
            if (low[part] == 0)
                wish[part] = 0;
        for (var i = 0; i < count; i++)
            wish[open[i]] = high[open[i]];
    }

    /// <summary>A cell with the wished choices, or where they do not go together one near them.</summary>
    private Cell? CellNearWish()
    {
        var cell = rules.Whole.Copy();
        for (var i = 0; i < wish.Length; i++)
            if (rules.Factors[i] is Factor.Category)
                cell.Fix(i, wish[i]);
        if (rules.Clauses.Length == 0 && rules.Supports.Length == 0)
            return cell;
        var open = cell.Copy();
        foreach (var support in rules.Supports)
            foreach (var part in support.Parts)
                if (cell.Low[part] == 0 && cell.High[part] > 0)
                    CellSearch.Choose(cell, support, part, wish[part] > 0);
        var found = new CellSearch(rules, wish, random, Budget, choosesNumbers: false).Find(cell);
        if (found is null && rules.Supports.Length > 0)
            found = new CellSearch(rules, wish, random, Budget, choosesNumbers: false).Find(open);
        return found ?? new CellSearch(rules, wish, random, Budget, choosesNumbers: false).Find(rules.Whole);
    }

    /// <summary>Puts the next place of the walk through a cell's polytope into a point; false where the polytope is empty.</summary>
    private bool TryWalk(Cell cell, Span<double> into)
    {
        var key = new double[2 * coupled.Length];
        for (var j = 0; j < coupled.Length; j++)
        {
            (key[2 * j], key[2 * j + 1]) = (cell.Low[coupled[j]], cell.High[coupled[j]]);
            into[coupled[j]] = cell.Low[coupled[j]];
        }
        if (!walks.TryGetValue(key, out var walk))
        {
            if (walks.Count >= MostCells)
                walks.Clear();
            if (Polytope.TryOf(rules, cell) is { } polytope)
                walk = new HitAndRun(polytope, new Directions(polytope), random, HitAndRun.BurnIn(polytope.Dimensions, isOneOfMany: walks.Count > 0));
            walks[key] = walk;
        }
        walk?.Next(into);
        return walk is not null;
    }

    /// <summary>Takes whole numbers and levels to values near a point, and draws what is then left to draw.</summary>
    private bool TryRound(Cell cell, Span<double> into)
    {
        var search = new CellSearch(rules, into.ToArray(), random, Budget);
        if (search.Find(cell) is not { } rounded)
            return false;
        foreach (var i in coupled)
            into[i] = search.Point[i];
        return Array.TrueForAll(coupled, i => rounded.IsFixed(i)) || TryWalk(rounded, into);
    }
}
