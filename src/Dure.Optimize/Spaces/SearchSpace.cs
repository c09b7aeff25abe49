using Dure.Kernel;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Spaces;

/// <summary>
/// What an experiment may try: factors, and constraints that every point keeps. A point has one number for each factor in the factor's unit, of a
/// category the option's number. The space is never enumerated. Sums are kept within 1e-9 of the larger of their bound and the greatest sum of
/// absolute terms that the declared ranges allow (a mixture within 1e-9 of its total), all else exactly.
/// Cannot be made where its constraints contradict each other.
/// </summary>
public sealed class SearchSpace
{
    private readonly Constraint.BlackBoxTest[] tests;

    /// <param name="candidates">Where given, the only points there are; those that do not keep the constraints are left out.</param>
    /// <exception cref="ProblemException">A factor or constraint is wrong, or no point keeps all constraints: then an irreducible set of those that contradict each other is named.</exception>
    public SearchSpace(IReadOnlyList<Factor> factors, IReadOnlyList<Constraint>? constraints = null, IReadOnlyList<double[]>? candidates = null)
        : this([.. factors], [.. constraints ?? []], SpaceRules.Of(factors, constraints ?? []), candidates)
    {
    }

    private SearchSpace(IReadOnlyList<Factor> factors, IReadOnlyList<Constraint> constraints, SpaceRules rules, IReadOnlyList<double[]>? candidates)
    {
        (Factors, Constraints, Rules, Code) = (factors, constraints, rules, new SpaceCoding(factors));
        tests = [.. constraints.OfType<Constraint.BlackBoxTest>()];
        Candidates = candidates is null ? null : CandidateTable.Of(this, candidates);
        AnyPoint = Candidates is { } table ? table.Row(0).ToArray() : Contradiction.PointOrThrow(rules, constraints);
    }

    public IReadOnlyList<Factor> Factors { get; }

    public IReadOnlyList<Constraint> Constraints { get; }

    /// <summary>What the columns of coded points say.</summary>
    public PointCoding Coding => Code.Points;

    /// <summary>Whether some constraint is a test in code.</summary>
    public bool HasTests => tests.Length > 0;

    internal SpaceRules Rules { get; }

    internal SpaceCoding Code { get; }

    /// <summary>The only points there are; null where the factors' ranges say it.</summary>
    internal CandidateTable? Candidates { get; }

    /// <summary>A point that keeps all but perhaps tests in code.</summary>
    internal double[] AnyPoint { get; }

    /// <summary>A factor's number by its name.</summary>
    public int NumberOf(string factor)
    {
        for (var i = 0; i < Factors.Count; i++)
            if (string.Equals(Factors[i].Name, factor, StringComparison.Ordinal))
                return i;
        throw new ProblemException("urn:dure:optimize:unknown-factor", $"There is no factor '{factor}'.", "search space", $"Known are: {string.Join(", ", Factors.Take(12).Select(known => known.Name))}.");
    }

    /// <summary>The least number a factor may have here, after pins and narrowing.</summary>
    public double LowOf(int factor) => Rules.Whole.Low[factor];

    public double HighOf(int factor) => Rules.Whole.High[factor];

    /// <summary>Whether a category's option is allowed here.</summary>
    public bool IsAllowed(int factor, int option) => option >= LowOf(factor) && option <= HighOf(factor) && Rules.IsAllowed(factor, option);

    /// <summary>Whether a point keeps everything.</summary>
    public bool Contains(ReadOnlySpan<double> point)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(point.Length, Factors.Count);
        if (!Violations.IsFree(Rules, point) || Candidates is { } table && table.IndexOf(point) < 0)
            return false;
        foreach (var test in tests)
            if (!test.IsAllowed(point))
                return false;
        return true;
    }

    /// <summary>What a point does not keep; empty where it may be tried.</summary>
    public IReadOnlyList<Violation> Check(ReadOnlySpan<double> point)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(point.Length, Factors.Count);
        var found = Violations.Of(Rules, Constraints, point);
        if (Candidates is { } table && table.IndexOf(point) < 0)
            found.Add(new Violation("candidates", 1, "The point is not in the table of candidates.", "Take a row of the table."));
        if (Violations.IsFree(Rules, point))
            foreach (var test in tests)
                if (!test.IsAllowed(point))
                    found.Add(new Violation(test.Name, 1, "The test in code refuses the point.", "Ask who wrote the test what it allows."));
        return found;
    }

    /// <summary>Puts a point's coded form into a row of <see cref="Coding"/>'s columns. Codes do not change when the space is narrowed.</summary>
    public void Encode(ReadOnlySpan<double> point, Span<double> into) => Code.Encode(point, into);

    /// <summary>Feasible points by chance; see <see cref="SpaceSampler"/> for how they lie.</summary>
    public double[][] Sample(int count, Random random)
    {
        var sampler = new SpaceSampler(this, random);
        var points = new double[count][];
        for (var i = 0; i < count; i++)
            points[i] = sampler.Next();
        return points;
    }

    /// <summary>The same space with a number held at a value.</summary>
    public SearchSpace Pinned(string factor, double at) => Narrowed(factor, at, at);

    /// <summary>The same space with a category held at an option.</summary>
    public SearchSpace Pinned(string factor, string option) => Allowing(factor, option);

    /// <summary>The same space with a number in a narrower range; give the ends as they are to keep them. To widen, make a new space.</summary>
    public SearchSpace Narrowed(string factor, double low, double high)
    {
        var number = NumberOf(factor);
        var one = Factors[number];
        if (!one.IsNumber || !(low <= high && low >= LowOf(number) && high <= HighOf(number)) || one.Ceiling(low) > one.Floor(high))
            throw new ProblemException("urn:dure:optimize:bad-range", $"{low} to {high} holds none of its values, or goes beyond its range of {one.Shown(LowOf(number))} to {one.Shown(HighOf(number))}.",
                $"factor '{factor}'", one.IsNumber ? "Give a range inside it, the lower end first." : "Name the options to allow instead.");
        var whole = Rules.Whole.Copy();
        (whole.Low[number], whole.High[number]) = (one.Ceiling(low), one.Floor(high));
        return new SearchSpace(Factors, Constraints, Rules.Within(whole, Rules.Allowed), Candidates?.Rows);
    }

    /// <summary>The same space with only some of a category's options.</summary>
    public SearchSpace Allowing(string factor, params IReadOnlyList<string> options)
    {
        var number = NumberOf(factor);
        var kept = new bool[(int)Factors[number].High + 1];
        foreach (var option in options)
            kept[Factors[number] is Factor.Category category && category.NumberOf(option) is var at and >= 0 && IsAllowed(number, at) ? at
                : throw new ProblemException("urn:dure:optimize:unknown-option", $"It has no option '{option}' here.", $"factor '{factor}'", NamedPoints.Options(this, number))] = true;
        var (first, last) = (Array.IndexOf(kept, true), Array.LastIndexOf(kept, true));
        if (first < 0)
            throw new ProblemException("urn:dure:optimize:bad-range", "No option is named.", $"factor '{factor}'", NamedPoints.Options(this, number));
        var whole = Rules.Whole.Copy();
        (whole.Low[number], whole.High[number]) = (first, last);
        var allowed = (bool[]?[])Rules.Allowed.Clone();
        allowed[number] = kept;
        return new SearchSpace(Factors, Constraints, Rules.Within(whole, allowed), Candidates?.Rows);
    }

    /// <summary>
    /// The common logarithm of how many points there are before constraints: options, levels, whole numbers and sets of parts, and so many steps
    /// for each continuous factor.
    /// </summary>
    public double Log10Count(int stepsOfContinuous = 1)
    {
        var sum = Candidates is { } table ? Math.Log10(table.Count) : 0;
        for (var i = 0; i < Factors.Count && Candidates is null; i++)
            sum += Factors[i] switch
            {
                Factor.Category => Math.Log10(Enumerable.Range(0, (int)Factors[i].High + 1).Count(option => IsAllowed(i, option))),
                Factor.Continuous => LowOf(i) < HighOf(i) ? Math.Log10(stepsOfContinuous) : 0,
                var steps => Math.Log10(steps.CountBetween(LowOf(i), HighOf(i))),
            };
        foreach (var support in Candidates is null ? Rules.Supports : [])
        {
            var (sets, ways) = (0.0, 1.0);
            for (var present = 0; present <= support.AtMost; ways *= (double)(support.Parts.Length - present) / ++present)
                sets += present >= Math.Max(1, support.AtLeast) ? ways : 0;
            sum += Math.Log10(sets);
        }
        return sum;
    }
}
