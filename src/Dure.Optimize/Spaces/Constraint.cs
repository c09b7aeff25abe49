using Dure.Kernel;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>Whether a point is allowed, asked of code; must always give the same answer for the same point.</summary>
public delegate bool PointTest(ReadOnlySpan<double> point);

/// <summary>One share of a weighted sum.</summary>
/// <param name="Factor">The factor's name: continuous, whole or of levels.</param>
public readonly record struct Term(string Factor, double Weight);

/// <summary>Something that every point of a space keeps, by a name that messages use.</summary>
public abstract class Constraint
{
    private Constraint(string name) => Name = !string.IsNullOrWhiteSpace(name) ? name
        : throw new ProblemException("urn:dure:optimize:bad-constraint", "A constraint has no name.", "search space", "Name each constraint: messages use it.");

    public string Name { get; }

    /// <param name="unit">The unit of the sum, for messages.</param>
    public static Constraint Linear(string name, IReadOnlyList<Term> terms, Relation relation, double bound, string unit = "1") =>
        new LinearLimit(name, terms, relation, bound, unit);

    /// <summary>Parts that sum to a total, all in the same unit.</summary>
    /// <param name="atLeast">How many parts are present at least.</param>
    /// <param name="atMost">How many parts are present at most; null: all.</param>
    /// <param name="leastAmount">
    /// How much there is of each part that is present, at least; 0 lets amounts be as small as they like, or where the number of parts is
    /// limited, a millionth of the total.
    /// </param>
    public static Constraint Mixture(string name, IReadOnlyList<string> parts, double total, int atLeast = 0, int? atMost = null, double leastAmount = 0) =>
        new MixtureSum(name, parts, total, atLeast, atMost ?? parts.Count, leastAmount);

    /// <summary>Conditions that must never all hold at once.</summary>
    public static Constraint Forbidden(string name, params IReadOnlyList<Condition> conditions) => new ForbiddenCombination(name, conditions);

    /// <summary>A test in code. It is only asked, so points are found by trial; a space with a test that hardly ever agrees says so.</summary>
    public static Constraint BlackBox(string name, PointTest isAllowed) => new BlackBoxTest(name, isAllowed);

    public sealed class LinearLimit : Constraint
    {
        internal LinearLimit(string name, IReadOnlyList<Term> terms, Relation relation, double bound, string unit) : base(name) =>
            (Terms, Relation, Bound, Unit) = ([.. terms], relation, bound, unit);

        public IReadOnlyList<Term> Terms { get; }
        public Relation Relation { get; }
        public double Bound { get; }
        public string Unit { get; }
    }

    public sealed class MixtureSum : Constraint
    {
        internal MixtureSum(string name, IReadOnlyList<string> parts, double total, int atLeast, int atMost, double leastAmount) : base(name) =>
            (Parts, Total, AtLeast, AtMost, LeastAmount) = ([.. parts], total, atLeast, atMost, leastAmount == 0 && (atLeast > 0 || atMost < parts.Count) ? 1e-6 * total : leastAmount);

        public IReadOnlyList<string> Parts { get; }
        public double Total { get; }
        public int AtLeast { get; }
        public int AtMost { get; }

        /// <summary>The least amount of a part that is present, in the parts' unit.</summary>
        public double LeastAmount { get; }
    }

    public sealed class ForbiddenCombination : Constraint
    {
        internal ForbiddenCombination(string name, IReadOnlyList<Condition> conditions) : base(name) => Conditions = [.. conditions];

        public IReadOnlyList<Condition> Conditions { get; }
    }

    public sealed class BlackBoxTest : Constraint
    {
        internal BlackBoxTest(string name, PointTest isAllowed) : base(name) => IsAllowed = isAllowed;

        public PointTest IsAllowed { get; }
    }
}

/// <summary>Something that holds of a point or not.</summary>
public abstract record Condition
{
    private Condition(string factor) => Factor = factor;

    public string Factor { get; }

    /// <summary>A category has one of some options.</summary>
    public static Condition Is(string factor, params IReadOnlyList<string> options) => new OneOf(factor, [.. options]);

    /// <summary>A whole number or a level has a value.</summary>
    public static Condition At(string factor, double value) => new Exactly(factor, value);

    /// <summary>A number is greater than a limit; the limit itself is not.</summary>
    public static Condition Above(string factor, double limit) => new Side(factor, limit, IsAbove: true);

    /// <summary>A number is less than a limit; the limit itself is not.</summary>
    public static Condition Below(string factor, double limit) => new Side(factor, limit, IsAbove: false);

    internal sealed record OneOf(string Factor, IReadOnlyList<string> Options) : Condition(Factor);

    internal sealed record Exactly(string Factor, double Value) : Condition(Factor);

    internal sealed record Side(string Factor, double Limit, bool IsAbove) : Condition(Factor);
}

/// <summary>What a point does not keep.</summary>
/// <param name="Constraint">The constraint's name, or the factor's.</param>
/// <param name="By">By how much, in the unit of the constraint; 1 where it is not measured.</param>
/// <param name="What">What is wrong, with the values that show it.</param>
/// <param name="Mend">What to do about it.</param>
public sealed record Violation(string Constraint, double By, string What, string Mend)
{
    public override string ToString() => $"{Constraint}: {What} {Mend}";
}
