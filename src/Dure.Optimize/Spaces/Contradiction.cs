using Dure.Kernel;

namespace Dure.Optimize.Spaces;

/// <summary>
/// Finds out whether a space has a point; and where it has none, an irreducible set of constraints and ranges that contradict each other: without
/// any one of them there would be a point (deletion filter; Chinneck and Dravnieks 1991).
/// </summary>
internal static class Contradiction
{
    /// <summary>A feasible point.</summary>
    /// <exception cref="ProblemException">There is none, or none was found within the bound of the search.</exception>
    public static double[] PointOrThrow(SpaceRules rules, IReadOnlyList<Constraint> constraints)
    {
        var search = SearchOf(rules, CellSearch.DefaultBudget);
        if (search.Find(rules.Whole) is not null)
            return search.Point;
        if (search.IsUndecided)
            throw new ProblemException("urn:dure:optimize:undecided-space",
                $"Whether the constraints leave any point could not be decided within {CellSearch.DefaultBudget} steps.", "search space",
                "Narrow the whole numbers, or state fewer mixtures with limited parts and forbidden combinations.");
        var (names, isProven) = NamesOf(rules, constraints);
        throw new ProblemException("urn:dure:optimize:contradiction",
            $"No point keeps all of: {string.Join("; ", names)}." + (isProven ? "" : " Perhaps fewer of them contradict each other already."),
            "search space", names.Count == 1 ? "Relax it." : "Relax one of them.");
    }

    private static (List<string> Names, bool IsProven) NamesOf(SpaceRules rules, IReadOnlyList<Constraint> constraints)
    {
        var isProven = true;
        var kept = Enumerable.Range(0, constraints.Count).Where(i => constraints[i] is not Constraint.BlackBoxTest).ToHashSet();
        foreach (var source in kept.Order().ToArray())
        {
            kept.Remove(source);
            if (!IsEmpty(rules.Keeping(kept.Contains), ref isProven))
                kept.Add(source);
        }
        var left = rules.Keeping(kept.Contains);
        var names = kept.Order().Select(source => $"'{constraints[source].Name}'").ToList();
        for (var factor = 0; factor < rules.Factors.Count; factor++)
        {
            if (!left.IsCoupled[factor] && !left.IsInClause[factor])
                continue;
            foreach (var isHigh in (ReadOnlySpan<bool>)[false, true])
            {
                var without = Without(left, factor, isHigh);
                if (without is not null && IsEmpty(without, ref isProven))
                    left = without;
                else if (without is not null)
                    names.Add(RangeOf(left, factor, isHigh));
            }
        }
        return ([.. names.Distinct(StringComparer.Ordinal)], isProven);
    }

    /// <summary>The same space with one end of a range moved far away, or all options or levels back; null where that changes nothing.</summary>
    private static SpaceRules? Without(SpaceRules rules, int factor, bool isHigh)
    {
        var (whole, one) = (rules.Whole.Copy(), rules.Factors[factor]);
        var (low, high) = (whole.Low[factor], whole.High[factor]);
        if (one is Factor.Category or Factor.Ordinal)
        {
            if (isHigh ? high == one.High && (low == one.Low || one is Factor.Ordinal) && rules.Allowed[factor] is null : low == one.Low || one is Factor.Category)
                return null;
            var allowed = (bool[]?[])rules.Allowed.Clone();
            allowed[factor] = null;
            if (isHigh || one is Factor.Category)
                whole.High[factor] = one.High;
            if (!isHigh || one is Factor.Category)
                whole.Low[factor] = one.Low;
            return rules.Within(whole, allowed);
        }
        var far = 1e4 * Math.Max(1, Math.Max(Math.Abs(one.Low), Math.Abs(one.High)));
        if (isHigh)
            whole.High[factor] = Math.Max(high, far);
        else
            whole.Low[factor] = Math.Min(low, -far);
        return rules.Within(whole, rules.Allowed);
    }

    private static string RangeOf(SpaceRules rules, int number, bool isHigh)
    {
        var (factor, low, high) = (rules.Factors[number], rules.Whole.Low[number], rules.Whole.High[number]);
        if (factor is Factor.Category)
            return $"the options allowed of '{factor.Name}'";
        return low == high ? $"'{factor.Name}' held at {factor.Shown(low)}" : $"'{factor.Name}' {(isHigh ? $"at most {factor.Shown(high)}" : $"at least {factor.Shown(low)}")}";
    }

    private static bool IsEmpty(SpaceRules rules, ref bool isProven)
    {
        var search = SearchOf(rules, CellSearch.DefaultBudget / 20);
        var isEmpty = search.Find(rules.Whole) is null && !search.IsUndecided;
        isProven &= !search.IsUndecided;
        return isEmpty;
    }

    private static CellSearch SearchOf(SpaceRules rules, int budget) =>
        new(rules, [.. rules.Whole.Low.Select((low, i) => rules.Factors[i] is Factor.Category ? low : 0.5 * (low + rules.Whole.High[i]))], budget: budget);
}
