using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>Looks for what a point does not keep, by plain arithmetic on the point alone: no part of any search takes part.</summary>
internal static class Violations
{
    public static bool IsFree(SpaceRules rules, ReadOnlySpan<double> point)
    {
        for (var i = 0; i < point.Length; i++)
            if (!IsInRange(rules, i, point[i]))
                return false;
        foreach (var row in rules.Rows)
            if (!(row.Excess(row.Sum(point)) <= row.Tolerance))
                return false;
        foreach (var clause in rules.Clauses)
            if (clause.Holds(point))
                return false;
        foreach (var support in rules.Supports)
        {
            var present = 0;
            foreach (var part in support.Parts)
            {
                if (point[part] <= support.Tolerance)
                    continue;
                if (point[part] < support.LeastAmount - support.Tolerance)
                    return false;
                present++;
            }
            if (present < support.AtLeast || present > support.AtMost)
                return false;
        }
        return true;
    }

    private static bool IsInRange(SpaceRules rules, int factor, double at) => at >= rules.Whole.Low[factor] && at <= rules.Whole.High[factor]
        && rules.Factors[factor].IsLevel(at) && (rules.Allowed[factor] is not { } allowed || allowed[(int)at]);

    public static List<Violation> Of(SpaceRules rules, IReadOnlyList<Constraint> constraints, ReadOnlySpan<double> point)
    {
        var found = new List<Violation>();
        var isSound = true;
        for (var i = 0; i < point.Length; i++)
            if (!IsInRange(rules, i, point[i]))
            {
                found.Add(OutOfRange(rules, i, point[i]));
                isSound &= rules.Factors[i].IsNumber && double.IsFinite(point[i]);
            }
        if (!isSound)
            return found;
        foreach (var row in rules.Rows)
            if (row.Excess(row.Sum(point)) is var by && !(by <= row.Tolerance))
                found.Add(Beyond(row, constraints[row.Source], row.Sum(point), by));
        foreach (var clause in rules.Clauses)
            if (clause.Holds(point))
                found.Add(Forbidden(rules, clause, constraints[clause.Source], point));
        foreach (var support in rules.Supports)
            AddCounts(rules, support, constraints[support.Source], point, found);
        return found;
    }

    private static Violation OutOfRange(SpaceRules rules, int number, double at)
    {
        var (factor, low, high) = (rules.Factors[number], rules.Whole.Low[number], rules.Whole.High[number]);
        if (factor is Factor.Category category)
            return new Violation(factor.Name, 1, $"It is {factor.Shown(at)}, which is not allowed here.",
                $"Choose one of: {string.Join(", ", category.Options.Where((_, i) => i >= low && i <= high && rules.IsAllowed(number, i)).Take(12))}.");
        var by = double.IsFinite(at) ? Math.Max(low - at, at - high) : double.PositiveInfinity;
        if (by > 0 || !double.IsFinite(at))
            return new Violation(factor.Name, by, $"It is {factor.Shown(at)}, outside {factor.Shown(low)} to {factor.Shown(high)}.", low == high ? $"Keep it at {factor.Shown(low)}." : "Keep it between the two.");
        var (below, above) = (factor.Floor(at), factor.Ceiling(at));
        return new Violation(factor.Name, Math.Min(at - below, above - at), $"It is {factor.Shown(at)}, which is between two values it can have.", $"Take {factor.Shown(below)} or {factor.Shown(above)}.");
    }

    private static Violation Beyond(Row row, Constraint constraint, double sum, double by)
    {
        var unit = constraint is Constraint.LinearLimit { Unit: not "1" } limit ? " " + limit.Unit : "";
        var word = row.Relation switch { Relation.AtMost => "at most", Relation.AtLeast => "at least", _ => "exactly" };
        var mend = sum > row.Bound ? $"Bring the sum down by {by:G6}{unit}." : $"Bring the sum up by {by:G6}{unit}.";
        return new Violation(constraint.Name, by, $"The sum is {sum:G12}{unit}, allowed is {word} {row.Bound:G12}{unit}.", mend);
    }

    private static Violation Forbidden(SpaceRules rules, Clause clause, Constraint constraint, ReadOnlySpan<double> point)
    {
        var parts = new List<string>();
        foreach (var literal in clause.Literals)
            if ($"{rules.Factors[literal.Factor].Name} = {rules.Factors[literal.Factor].Shown(point[literal.Factor])}" is var part && !parts.Contains(part))
                parts.Add(part);
        return new Violation(constraint.Name, 1, $"Together they are forbidden: {string.Join(" and ", parts)}.", "Change one of them.");
    }

    private static void AddCounts(SpaceRules rules, Support support, Constraint constraint, ReadOnlySpan<double> point, List<Violation> found)
    {
        foreach (var part in support.Parts)
            if (point[part] > support.Tolerance && point[part] < support.LeastAmount - support.Tolerance)
                found.Add(new Violation(constraint.Name, support.LeastAmount - point[part],
                    $"There is {rules.Factors[part].Shown(point[part])} of '{rules.Factors[part].Name}', more than nothing and less than {rules.Factors[part].Shown(support.LeastAmount)}.",
                    "Leave it out, or take the least amount or more."));
        var present = support.Present(point);
        if (present < support.AtLeast || present > support.AtMost)
            found.Add(new Violation(constraint.Name, Math.Max(support.AtLeast - present, present - support.AtMost),
                $"{present} parts are present, allowed are {support.AtLeast} to {support.AtMost}.", present > support.AtMost ? "Leave some out." : "Add some."));
    }
}
