using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>
/// Chooses what is open in a cell - categories, sides of forbidden combinations, the parts of a mixture, whole numbers - by branching with a linear
/// program at each node, until a point near a wish is found or it is proven that there is none. The order of branches follows the wish, ties are
/// broken at random where a random source is given.
/// </summary>
internal sealed class CellSearch(SpaceRules rules, double[] wish, Random? random = null, int budget = CellSearch.DefaultBudget, bool choosesNumbers = true)
{
    /// <summary>Nodes looked at before it gives up.</summary>
    public const int DefaultBudget = 20_000;

    private readonly double[] nearest = new double[wish.Length];
    private int left = budget;

    /// <summary>Whether it gave up: that nothing was found then proves nothing.</summary>
    public bool IsUndecided { get; private set; }

    /// <summary>A feasible point near the wish, of the cell found last.</summary>
    public double[] Point => nearest;

    /// <summary>
    /// A cell without anything open, and <see cref="Point"/> in it; null where there is none. Where <c>choosesNumbers</c> is off, whole numbers
    /// are left open and count as continuous.
    /// </summary>
    public Cell? Find(Cell start)
    {
        var cell = start.Copy();
        for (var i = 0; i < cell.Low.Length; i++)
            if (!rules.IsInClause[i] && !FixIfChoice(cell, i))
                return null;
        return Branch(cell);
    }

    private bool FixIfChoice(Cell cell, int factor)
    {
        if (rules.Factors[factor] is not Factor.Category)
            return true;
        if (cell.IsFixed(factor))
            return rules.IsAllowed(factor, (int)cell.Low[factor]);
        foreach (var option in Options(cell, factor))
        {
            cell.Fix(factor, option);
            return true;
        }
        return false;
    }

    /// <summary>The options in the order of trial: the wished one, then from a random one on.</summary>
    private IEnumerable<int> Options(Cell cell, int factor)
    {
        var (first, last) = ((int)cell.Low[factor], (int)cell.High[factor]);
        var wished = (int)Math.Clamp(wish[factor], first, last);
        if (rules.IsAllowed(factor, wished))
            yield return wished;
        var shift = random?.Next(last - first + 1) ?? 0;
        for (var i = 0; i <= last - first; i++)
        {
            var option = first + (i + shift) % (last - first + 1);
            if (option != wished && rules.IsAllowed(factor, option))
                yield return option;
        }
    }

    private Cell? Branch(Cell cell)
    {
        if (left-- <= 0)
        {
            IsUndecided = true;
            return null;
        }
        if (!SettleClauses(cell, out var open) || !SettleSupports(cell, out var part) || !SettleLevels(cell))
            return null;
        if (open is not null)
            return BranchClause(cell, open);
        for (var i = 0; i < cell.Low.Length; i++)
            if (rules.IsInClause[i] && !FixIfChoice(cell, i))
                return null;
        switch (NearestPoint.TryFind(rules, cell, wish, nearest))
        {
            case LinearOutcome.Infeasible:
                return null;
            case not LinearOutcome.Best:
                IsUndecided = true;
                return null;
        }
        if (part >= 0)
            return BranchPart(cell, part);
        return choosesNumbers && OpenNumber(cell) is var number and >= 0 ? BranchNumber(cell, number) : cell;
    }

    /// <summary>Draws the conclusions of forbidden combinations of which all conditions but one hold; false where one holds in full.</summary>
    private bool SettleClauses(Cell cell, out Clause? open)
    {
        while (true)
        {
            open = null;
            var isChanged = false;
            foreach (var clause in rules.Clauses)
            {
                var (undecided, last, isBroken) = (0, default(Literal), false);
                foreach (var literal in clause.Literals)
                {
                    var holds = Holds(cell, literal);
                    isBroken |= holds is false;
                    if (holds is null)
                        (undecided, last) = (undecided + 1, literal);
                }
                if (isBroken)
                    continue;
                if (undecided == 0)
                    return false;
                if (undecided == 1 && last.Allows is null)
                {
                    if (!Break(cell, last))
                        return false;
                    isChanged = true;
                }
                else
                    open ??= clause;
            }
            if (!isChanged)
                return true;
        }
    }

    /// <summary>Whether a condition holds of all of a cell, of nothing in it (false), or of a part (null).</summary>
    private static bool? Holds(Cell cell, Literal literal)
    {
        var (low, high) = (cell.Low[literal.Factor], cell.High[literal.Factor]);
        if (literal.Allows is null)
            return literal.Holds(low) == literal.Holds(high) ? literal.Holds(low) : null;
        if (low == high)
            return literal.Holds(low);
        return null;
    }

    /// <summary>Makes a condition on a number fail in all of a cell; false where the cell is then empty.</summary>
    private bool Break(Cell cell, Literal literal)
    {
        var (factor, at) = (rules.Factors[literal.Factor], literal.Factor);
        if (literal.IsAbove)
            cell.High[at] = Math.Min(cell.High[at], factor.Floor(literal.Limit));
        else
            cell.Low[at] = Math.Max(cell.Low[at], factor.Ceiling(literal.Limit));
        return cell.Low[at] <= cell.High[at];
    }

    /// <summary>Breaks one condition after another, first those that the wish breaks already.</summary>
    private Cell? BranchClause(Cell cell, Clause clause)
    {
        var shift = random?.Next(clause.Literals.Length) ?? 0;
        for (var pass = 0; pass < 2; pass++)
            for (var i = 0; i < clause.Literals.Length; i++)
            {
                var literal = clause.Literals[(i + shift) % clause.Literals.Length];
                if (Holds(cell, literal) is not null || literal.Holds(WishIn(cell, literal.Factor)) != (pass == 1))
                    continue;
                if (literal.Allows is null)
                {
                    var side = cell.Copy();
                    if (Break(side, literal) && Branch(side) is { } found)
                        return found;
                }
                else
                    foreach (var option in Options(cell, literal.Factor))
                    {
                        // An option of the forbidden ones leaves the clause to its other conditions, which are tried in their own turn.
                        if (!literal.Allows[option])
                            continue;
                        var chosen = cell.Copy();
                        chosen.Fix(literal.Factor, option);
                        if (Branch(chosen) is { } found)
                            return found;
                        if (left <= 0)
                            return null;
                    }
            }
        return null;
    }

    private double WishIn(Cell cell, int factor) => Math.Clamp(wish[factor], cell.Low[factor], cell.High[factor]);

    /// <summary>Makes parts absent or present where the counts leave no choice; <paramref name="open"/> is a part still to be chosen, or -1.</summary>
    private bool SettleSupports(Cell cell, out int open)
    {
        open = -1;
        foreach (var support in rules.Supports)
        {
            var (present, possible) = (0, 0);
            foreach (var part in support.Parts)
            {
                if (!SettlePart(cell, support, part))
                    return false;
                present += cell.Low[part] > 0 ? 1 : 0;
                possible += cell.High[part] > 0 ? 1 : 0;
            }
            if (present > support.AtMost || possible < support.AtLeast)
                return false;
            if (present < possible && (present == support.AtMost || possible == support.AtLeast))
                foreach (var part in support.Parts)
                    if (cell.Low[part] == 0 && cell.High[part] > 0)
                        Choose(cell, support, part, isPresent: present != support.AtMost);
            var best = double.NegativeInfinity;
            foreach (var part in support.Parts)
                if (cell.Low[part] == 0 && cell.High[part] > 0)
                    // The part about which the wish is clearest is chosen first.
                    if (Math.Abs(wish[part] - support.LeastAmount / 2) is var clarity && clarity > best)
                        (open, best) = (part, clarity);
        }
        return true;
    }

    private static bool SettlePart(Cell cell, Support support, int part)
    {
        if (cell.High[part] < support.LeastAmount)
            cell.High[part] = 0;
        if (cell.Low[part] > 0)
            cell.Low[part] = Math.Max(cell.Low[part], support.LeastAmount);
        return cell.Low[part] <= cell.High[part];
    }

    internal static void Choose(Cell cell, Support support, int part, bool isPresent)
    {
        if (isPresent)
            cell.Low[part] = Math.Max(cell.Low[part], support.LeastAmount);
        else
            cell.High[part] = 0;
    }

    private Cell? BranchPart(Cell cell, int part)
    {
        var support = Array.Find(rules.Supports, support => Array.IndexOf(support.Parts, part) >= 0)!;
        var isWished = wish[part] > support.LeastAmount / 2;
        for (var pass = 0; pass < 2; pass++)
        {
            var side = cell.Copy();
            Choose(side, support, part, isPresent: isWished == (pass == 0));
            if (Branch(side) is { } found)
                return found;
        }
        return null;
    }

    /// <summary>Takes bounds of whole numbers and levels to values that they may have.</summary>
    private bool SettleLevels(Cell cell)
    {
        for (var i = 0; i < cell.Low.Length; i++)
            if (rules.Factors[i] is Factor.Integer or Factor.Ordinal)
            {
                (cell.Low[i], cell.High[i]) = (rules.Factors[i].Ceiling(cell.Low[i]), rules.Factors[i].Floor(cell.High[i]));
                if (cell.Low[i] > cell.High[i])
                    return false;
            }
        return true;
    }

    /// <summary>A whole number or level of the nearest point that is between two; then one that is open; -1 for none.</summary>
    private int OpenNumber(Cell cell)
    {
        var open = -1;
        for (var i = 0; i < cell.Low.Length; i++)
        {
            if (cell.IsFixed(i) || rules.Factors[i] is not (Factor.Integer or Factor.Ordinal))
                continue;
            if (!rules.IsCoupled[i])
            {
                nearest[i] = Near(cell, i, wish[i]);
                cell.Fix(i, nearest[i]);
            }
            else if (Math.Abs(Near(cell, i, nearest[i]) - nearest[i]) > 1e-9)
                return i;
            else
                open = open < 0 ? i : open;
        }
        return open;
    }

    private double Near(Cell cell, int factor, double at)
    {
        at = Math.Clamp(at, cell.Low[factor], cell.High[factor]);
        var (below, above) = (rules.Factors[factor].Floor(at), rules.Factors[factor].Ceiling(at));
        return at - below <= above - at ? below : above;
    }

    /// <summary>First the value nearest to the point, then what lies below and above it.</summary>
    private Cell? BranchNumber(Cell cell, int factor)
    {
        var at = Near(cell, factor, nearest[factor]);
        var isAbove = nearest[factor] > at || nearest[factor] == at && (random?.Next(2) ?? 0) == 1;
        for (var pass = 0; pass < 3; pass++)
        {
            var side = cell.Copy();
            if (pass == 0)
                side.Fix(factor, at);
            else if (isAbove == (pass == 1))
                side.Low[factor] = rules.Factors[factor].Ceiling(Math.BitIncrement(at));
            else
                side.High[factor] = rules.Factors[factor].Floor(Math.BitDecrement(at));
            if (side.Low[factor] <= side.High[factor] && Branch(side) is { } found)
                return found;
        }
        return null;
    }
}
