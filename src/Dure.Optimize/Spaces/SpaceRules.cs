using Dure.Kernel;
using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>A weighted sum of numbers and its limit.</summary>
/// <param name="Tolerance">What the sum may lie beyond the limit: 1e-9 of the greatest sum of absolute terms that the declared ranges allow, or of the limit.</param>
/// <param name="Source">The constraint's place in the space's list.</param>
internal sealed record Row(int[] Factors, double[] Weights, Relation Relation, double Bound, double Tolerance, int Source)
{
    public double Sum(ReadOnlySpan<double> point)
    {
        var sum = 0.0;
        for (var i = 0; i < Factors.Length; i++)
            sum += Weights[i] * point[Factors[i]];
        return sum;
    }

    /// <summary>By how much a sum lies beyond the limit; at most 0 where it does not.</summary>
    public double Excess(double sum) => Relation switch
    {
        Relation.AtMost => sum - Bound,
        Relation.AtLeast => Bound - sum,
        _ => Math.Abs(sum - Bound),
    };
}

/// <summary>One condition of a forbidden combination: an option among some, or a number beyond a limit.</summary>
/// <param name="Allows">For each option of a category whether keeping it breaks the condition; null for a number.</param>
internal readonly record struct Literal(int Factor, bool[]? Allows, double Limit, bool IsAbove)
{
    public bool Holds(double at) => Allows is { } allows ? !allows[(int)at] : IsAbove ? at > Limit : at < Limit;
}

/// <summary>Conditions that never all hold.</summary>
internal sealed record Clause(Literal[] Literals, int Source)
{
    public bool Holds(ReadOnlySpan<double> point)
    {
        foreach (ref readonly var literal in Literals.AsSpan())
            if (!literal.Holds(point[literal.Factor]))
                return false;
        return true;
    }
}

/// <summary>Parts of a mixture that are absent or present with a least amount, and how many are present.</summary>
/// <param name="Tolerance">What an amount may lie beside 0 or below the least amount.</param>
internal sealed record Support(int[] Parts, int AtLeast, int AtMost, double LeastAmount, double Tolerance, int Source)
{
    public int Present(ReadOnlySpan<double> point)
    {
        var count = 0;
        foreach (var part in Parts)
            count += point[part] > Tolerance ? 1 : 0;
        return count;
    }
}

/// <summary>Ranges of all factors: of a category that is open the first and the last option, of one that is chosen twice the same.</summary>
internal sealed class Cell(double[] low, double[] high)
{
    public double[] Low { get; } = low;

    public double[] High { get; } = high;

    public Cell Copy() => new([.. Low], [.. High]);

    public void Fix(int factor, double at) => (Low[factor], High[factor]) = (at, at);

    public bool IsFixed(int factor) => Low[factor] >= High[factor];

    public bool Holds(int factor, double at) => at >= Low[factor] && at <= High[factor];
}

/// <summary>What a space demands, by factor numbers instead of names.</summary>
internal sealed class SpaceRules
{
    private SpaceRules(IReadOnlyList<Factor> factors, Row[] rows, Clause[] clauses, Support[] supports, Cell whole, bool[]?[] allowed)
    {
        (Factors, Rows, Clauses, Supports, Whole, Allowed) = (factors, rows, clauses, supports, whole, allowed);
        (IsCoupled, IsInClause) = (new bool[factors.Count], new bool[factors.Count]);
        foreach (var row in rows)
            foreach (var factor in row.Factors)
                IsCoupled[factor] = true;
        foreach (var support in supports)
            foreach (var factor in support.Parts)
                IsCoupled[factor] = true;
        foreach (var clause in clauses)
            foreach (var literal in clause.Literals)
                IsInClause[literal.Factor] = true;
    }

    public IReadOnlyList<Factor> Factors { get; }
    public Row[] Rows { get; }
    public Clause[] Clauses { get; }
    public Support[] Supports { get; }

    /// <summary>The ranges before any choice.</summary>
    public Cell Whole { get; }

    /// <summary>For each category the options that are allowed; null where all are.</summary>
    public bool[]?[] Allowed { get; }

    /// <summary>For each factor whether a sum reads it; the others may be chosen by themselves.</summary>
    public bool[] IsCoupled { get; }

    public bool[] IsInClause { get; }

    public bool IsAllowed(int factor, int option) => Allowed[factor] is not { } allowed || allowed[option];

    /// <summary>The same without some constraints, by their places.</summary>
    public SpaceRules Keeping(Predicate<int> source) => new(Factors, Array.FindAll(Rows, row => source(row.Source)),
        Array.FindAll(Clauses, clause => source(clause.Source)), Array.FindAll(Supports, support => source(support.Source)), Whole, Allowed);

    public SpaceRules Within(Cell whole, bool[]?[] allowed) => new(Factors, Rows, Clauses, Supports, whole, allowed);

    public static SpaceRules Of(IReadOnlyList<Factor> factors, IReadOnlyList<Constraint> constraints)
    {
        var numbers = NumbersOf(factors);
        var (rows, clauses, supports) = (new List<Row>(), new List<Clause>(), new List<Support>());
        var names = new HashSet<string>(StringComparer.Ordinal);
        var mixtureOf = new Dictionary<int, string>();
        for (var source = 0; source < constraints.Count; source++)
        {
            var constraint = constraints[source];
            if (!names.Add(constraint.Name))
                throw Bad(constraint, "Two constraints have this name.", "Give each a name of its own: messages use it.");
            switch (constraint)
            {
                case Constraint.LinearLimit linear:
                    rows.Add(RowOf(linear, factors, numbers, source));
                    break;
                case Constraint.MixtureSum mixture:
                    rows.Add(RowOf(mixture, factors, numbers, mixtureOf, source));
                    if (SupportOf(mixture, factors, numbers, source) is { } support)
                        supports.Add(support);
                    break;
                case Constraint.ForbiddenCombination forbidden:
                    clauses.Add(new Clause([.. forbidden.Conditions.SelectMany(condition => LiteralsOf(condition, forbidden, factors, numbers))], source));
                    if (forbidden.Conditions.Count == 0)
                        throw Bad(constraint, "It has no conditions.", "Give the conditions that must not hold together.");
                    break;
            }
        }
        var whole = new Cell([.. factors.Select(factor => factor.Low)], [.. factors.Select(factor => factor.High)]);
        return new SpaceRules(factors, [.. rows], [.. clauses], [.. supports], whole, new bool[]?[factors.Count]);
    }

    private static Dictionary<string, int> NumbersOf(IReadOnlyList<Factor> factors)
    {
        if (factors.Count is < 1 or > 2000)
            throw new ProblemException("urn:dure:optimize:bad-space", $"The space has {factors.Count} factors.", "search space", "Give 1 to 2000.");
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < factors.Count; i++)
            if (!numbers.TryAdd(factors[i].Name, i))
                throw new ProblemException("urn:dure:optimize:bad-space", "Two factors have this name.", $"factor '{factors[i].Name}'", "Give each a name of its own.");
        return numbers;
    }

    private static Row RowOf(Constraint.LinearLimit linear, IReadOnlyList<Factor> factors, Dictionary<string, int> numbers, int source)
    {
        if (!double.IsFinite(linear.Bound) || linear.Terms.Count == 0 || linear.Terms.Any(term => !double.IsFinite(term.Weight)) || !Enum.IsDefined(linear.Relation))
            throw Bad(linear, $"It has {linear.Terms.Count} terms and the bound {linear.Bound}.", "Give at least one term, and finite weights and bound.");
        var places = linear.Terms.Select(term => NumberIn(linear, term.Factor, factors, numbers)).ToArray();
        if (places.Distinct().Count() != places.Length)
            throw Bad(linear, "It names a factor twice.", "Add up the two weights.");
        return new Row(places, [.. linear.Terms.Select(term => term.Weight)], linear.Relation, linear.Bound,
            1e-9 * Math.Max(Math.Abs(linear.Bound), linear.Terms.Zip(places, (term, at) => Math.Abs(term.Weight) * Math.Max(Math.Abs(factors[at].Low), Math.Abs(factors[at].High))).Sum()), source);
    }

    private static Row RowOf(Constraint.MixtureSum mixture, IReadOnlyList<Factor> factors, Dictionary<string, int> numbers, Dictionary<int, string> mixtureOf, int source)
    {
        var places = mixture.Parts.Select(part => NumberIn(mixture, part, factors, numbers)).ToArray();
        if (places.Length < 2 || !double.IsFinite(mixture.Total) || mixture.Total <= 0)
            throw Bad(mixture, $"It has {places.Length} parts and the total {mixture.Total}.", "Give at least two parts and a total above 0.");
        foreach (var place in places)
        {
            if (factors[place] is not Factor.Continuous part || part.Low < 0)
                throw Bad(mixture, $"The part '{factors[place].Name}' is not a continuous amount of at least 0.", "Declare it by Factor.Number with a low bound of 0 or more.");
            if (part.Unit.Code != factors[places[0]].UnitText)
                throw Bad(mixture, $"'{part.Name}' is in {part.Unit.Code}, '{factors[places[0]].Name}' in {factors[places[0]].UnitText}.", "Declare all parts in one unit.");
            if (!mixtureOf.TryAdd(place, mixture.Name))
                throw Bad(mixture, $"'{part.Name}' is already a part of '{mixtureOf[place]}', or given twice.", "Let each part belong to one mixture, once.");
        }
        if (mixture.AtLeast < 0 || mixture.AtMost > places.Length || mixture.AtLeast > mixture.AtMost || mixture.AtMost < 1)
            throw Bad(mixture, $"It wants {mixture.AtLeast} to {mixture.AtMost} of {places.Length} parts.", "Give limits between 0 and the number of parts, the lower first.");
        if (!(mixture.LeastAmount >= 0 && mixture.LeastAmount <= mixture.Total))
            throw Bad(mixture, $"The least amount of a part is {mixture.LeastAmount} of a total of {mixture.Total}.", "Give a number from 0 to the total.");
        return new Row(places, [.. places.Select(_ => 1.0)], Relation.Equal, mixture.Total, 1e-9 * mixture.Total, source);
    }

    private static Support? SupportOf(Constraint.MixtureSum mixture, IReadOnlyList<Factor> factors, Dictionary<string, int> numbers, int source)
    {
        if (mixture.LeastAmount == 0)
            return null;
        var tolerance = 1e-9 * mixture.Total;
        if (mixture.LeastAmount < 100 * tolerance)
            throw Bad(mixture, $"The least amount of a part is {mixture.LeastAmount} of a total of {mixture.Total}.", "Give 0, or at least 1e-7 of the total, so that it can be told from nothing.");
        return new Support([.. mixture.Parts.Select(part => numbers[part])], mixture.AtLeast, mixture.AtMost, mixture.LeastAmount, tolerance, source);
    }

    private static int NumberIn(Constraint constraint, string name, IReadOnlyList<Factor> factors, Dictionary<string, int> numbers)
    {
        var place = PlaceIn(constraint, name, numbers);
        return factors[place].IsNumber ? place : throw Bad(constraint, $"'{name}' is a category, which cannot be added up.", "Use a forbidden combination for categories.");
    }

    private static int PlaceIn(Constraint constraint, string name, Dictionary<string, int> numbers) => numbers.TryGetValue(name, out var place) ? place
        : throw Bad(constraint, $"There is no factor '{name}'.", $"Known are: {string.Join(", ", numbers.Keys.Take(12))}.");

    /// <summary>A condition as tests of one factor each; a value of steps lies above the one before and below the one after.</summary>
    private static IEnumerable<Literal> LiteralsOf(Condition condition, Constraint constraint, IReadOnlyList<Factor> factors, Dictionary<string, int> numbers)
    {
        var place = PlaceIn(constraint, condition.Factor, numbers);
        var factor = factors[place];
        switch (condition)
        {
            case Condition.OneOf one when factor is Factor.Category category:
                var allows = Enumerable.Repeat(true, category.Options.Count).ToArray();
                foreach (var option in one.Options)
                    allows[category.NumberOf(option) is var number and >= 0 ? number
                        : throw Bad(constraint, $"'{factor.Name}' has no option '{option}'.", $"It has: {string.Join(", ", category.Options.Take(12))}.")] = false;
                return [new Literal(place, allows, 0, false)];
            case Condition.Side side when factor.IsNumber && double.IsFinite(side.Limit):
                return [new Literal(place, null, side.Limit, side.IsAbove)];
            case Condition.Exactly exact when factor.IsNumber && factor.IsDiscrete && factor.IsLevel(exact.Value):
                return [new Literal(place, null, Math.BitDecrement(exact.Value), true), new Literal(place, null, Math.BitIncrement(exact.Value), false)];
            default:
                throw Bad(constraint, $"A condition on '{factor.Name}' does not fit it.", "Name options of a category, a value of a whole number or of levels, or a finite limit of a number.");
        }
    }

    private static ProblemException Bad(Constraint constraint, string what, string mend) => new("urn:dure:optimize:bad-constraint", what, $"constraint '{constraint.Name}'", mend);
}
