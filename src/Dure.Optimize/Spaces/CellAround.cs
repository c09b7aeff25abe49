namespace Dure.Optimize.Spaces;

/// <summary>The part of a space around a point in which only continuous factors move: options, whole numbers, levels and the parts that are present stay.</summary>
internal static class CellAround
{
    public static Cell Of(SpaceRules rules, ReadOnlySpan<double> point)
    {
        var cell = WithChoicesOf(rules, point);
        foreach (var clause in rules.Clauses)
            Keep(rules, cell, clause, point);
        return cell;
    }

    /// <summary>The same, but forbidden combinations of continuous factors are left open.</summary>
    public static Cell WithChoicesOf(SpaceRules rules, ReadOnlySpan<double> point)
    {
        var cell = rules.Whole.Copy();
        for (var i = 0; i < point.Length; i++)
            if (rules.Factors[i].IsDiscrete)
                cell.Fix(i, point[i]);
        foreach (var support in rules.Supports)
            foreach (var part in support.Parts)
                CellSearch.Choose(cell, support, part, point[part] > support.Tolerance);
        return cell;
    }

    /// <summary>Keeps a forbidden combination broken by the continuous factor that is farthest on the right side, unless a choice breaks it.</summary>
    private static void Keep(SpaceRules rules, Cell cell, Clause clause, ReadOnlySpan<double> point)
    {
        var (keeper, most) = (-1, double.NegativeInfinity);
        for (var i = 0; i < clause.Literals.Length; i++)
        {
            var literal = clause.Literals[i];
            var at = point[literal.Factor];
            if (literal.Holds(at))
                continue;
            if (rules.Factors[literal.Factor].IsDiscrete)
                return;
            var spare = Math.Abs(at - literal.Limit) / Math.Max(double.Epsilon, rules.Factors[literal.Factor].High - rules.Factors[literal.Factor].Low);
            if (spare > most)
                (keeper, most) = (i, spare);
        }
        if (keeper < 0)
            return;
        var kept = clause.Literals[keeper];
        if (kept.IsAbove)
            cell.High[kept.Factor] = Math.Min(cell.High[kept.Factor], kept.Limit);
        else
            cell.Low[kept.Factor] = Math.Max(cell.Low[kept.Factor], kept.Limit);
    }
}
