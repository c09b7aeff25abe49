using Dure.Optimize.Numerics;
using Dure.Optimize.Spaces;

namespace Dure.Tests.Optimize.Spaces;

/// <summary>
/// Says what a point does not keep, read from the factors and constraints as they were declared and computed here: none of the code that searches,
/// compiles or checks a space takes part.
/// </summary>
internal static class IndependentCheck
{
    /// <summary>The first thing not kept, in words; null where all is kept.</summary>
    public static string? Fault(IReadOnlyList<Factor> factors, IReadOnlyList<Constraint> constraints, double[] point)
    {
        if (point.Length != factors.Count)
            return "wrong length";
        var at = new Dictionary<string, double>(StringComparer.Ordinal);
        for (var i = 0; i < point.Length; i++)
        {
            if (FaultOf(factors[i], point[i]) is { } fault)
                return $"{factors[i].Name} = {point[i]:R}: {fault}";
            at.Add(factors[i].Name, point[i]);
        }
        foreach (var constraint in constraints)
            if (FaultOf(constraint, factors, at) is { } fault)
                return $"{constraint.Name}: {fault}";
        return null;
    }

    private static string? FaultOf(Factor factor, double value) => factor switch
    {
        Factor.Continuous line when !(line.Low <= value && value <= line.High) => "out of range",
        Factor.Integer whole when !(whole.Low <= value && value <= whole.High) || Math.Truncate(value) != value => "no whole number in range",
        Factor.Ordinal steps when !steps.LevelValues.Contains(value) => "no level",
        Factor.Category choice when !Enumerable.Range(0, choice.Options.Count).Any(option => option == value) => "no option",
        _ => null,
    };

    private static string? FaultOf(Constraint constraint, IReadOnlyList<Factor> factors, Dictionary<string, double> at)
    {
        switch (constraint)
        {
            case Constraint.LinearLimit linear:
                // Summed from the back and with the lost digits kept (Neumaier 1974), so that the order of sums differs from the product's.
                var (sum, lost, size) = (0.0, 0.0, Math.Abs(linear.Bound));
                var greatest = 0.0;
                foreach (var term in linear.Terms.Reverse())
                {
                    var part = term.Weight * at[term.Factor];
                    var next = sum + part;
                    lost += Math.Abs(sum) >= Math.Abs(part) ? sum - next + part : part - next + sum;
                    sum = next;
                    var factor = factors.Single(one => one.Name == term.Factor);
                    greatest += Math.Abs(term.Weight) * Math.Max(Math.Abs(factor.Low), Math.Abs(factor.High));
                }
                var over = sum + lost - linear.Bound;
                var allowed = 1e-9 * Math.Max(size, greatest);
                var isKept = linear.Relation == Relation.AtMost ? over <= allowed : linear.Relation == Relation.AtLeast ? over >= -allowed : Math.Abs(over) <= allowed;
                return isKept ? null : $"sum off by {over:R}, allowed {allowed:R}";
            case Constraint.MixtureSum mixture:
                var amounts = mixture.Parts.Select(part => at[part]).ToArray();
                if (Math.Abs(amounts.Sum() - mixture.Total) > 1e-9 * mixture.Total)
                    return $"total off by {amounts.Sum() - mixture.Total:R}";
                if (mixture.LeastAmount == 0)
                    return null;
                var nothing = 1e-9 * mixture.Total;
                if (amounts.Any(amount => amount > nothing && amount < mixture.LeastAmount - nothing))
                    return "a part below its least amount";
                var present = amounts.Count(amount => amount > nothing);
                return present >= mixture.AtLeast && present <= mixture.AtMost ? null : $"{present} parts present";
            case Constraint.ForbiddenCombination forbidden:
                return forbidden.Conditions.All(condition => IsMet(condition, factors, at)) ? "forbidden combination" : null;
            case Constraint.BlackBoxTest test:
                return test.IsAllowed([.. factors.Select(factor => at[factor.Name])]) ? null : "refused by a test";
            default:
                return "unknown constraint";
        }
    }

    private static bool IsMet(Condition condition, IReadOnlyList<Factor> factors, Dictionary<string, double> at) => condition switch
    {
        Condition.OneOf one => one.Options.Contains(((Factor.Category)factors.Single(factor => factor.Name == one.Factor)).Options[(int)at[one.Factor]]),
        Condition.Exactly exact => at[exact.Factor] == exact.Value,
        Condition.Side side => side.IsAbove ? at[side.Factor] > side.Limit : at[side.Factor] < side.Limit,
        _ => throw new ArgumentException("unknown condition", nameof(condition)),
    };
}
