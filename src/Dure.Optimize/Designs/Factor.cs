using Dure.Kernel;

namespace Dure.Optimize.Designs;

/// <summary>What an experiment sets. Inside a design each value is one coded number; tables show the real ones.</summary>
/// <param name="Name">Unique in a design.</param>
/// <param name="Unit">Such as °C; empty where there is none.</param>
public abstract record Factor(string Name, string Unit)
{
    /// <summary>Whether it is set rarely, so that several runs share a setting (a whole plot).</summary>
    public bool IsHardToChange { get; init; }

    /// <summary>The least and the largest coded value.</summary>
    internal abstract (double Low, double High) Coded { get; }

    /// <summary>The coded values that may be taken; null where all between the least and the largest may.</summary>
    internal virtual double[]? CodedLevels => null;

    /// <summary>The real number of a coded value.</summary>
    internal abstract double Decode(double coded);

    /// <summary>The coded value of a real number.</summary>
    internal abstract double Encode(double real);

    /// <summary>The real value as text, without unit.</summary>
    internal virtual string Show(double coded) => Math.Round(Decode(coded), 10).ToString("G10");

    internal abstract void Check();

    private protected ProblemException Refusal(string what, string mend) => DesignProblem.Of("factor", what, $"factor {Name}", mend);

    private protected void CheckLimits(double low, double high)
    {
        if (string.IsNullOrWhiteSpace(Name))
            throw Refusal("A factor has no name.", "Give each factor a name of its own.");
        if (!double.IsFinite(low) || !double.IsFinite(high))
            throw Refusal($"The limits {low:G6} and {high:G6} are no numbers.", "Give two finite limits.");
        if (!(low < high))
            throw Refusal($"The low limit {low:G6} is not below the high limit {high:G6}.", "Exchange them or move them apart.");
    }
}

/// <summary>A quantity that may take any value between two limits; coded -1 at the low and +1 at the high one.</summary>
public sealed record ContinuousFactor(string Name, string Unit, double Low, double High) : Factor(Name, Unit)
{
    internal override (double Low, double High) Coded => (-1, 1);

    internal override double Decode(double coded) => (Low + High) / 2 + coded * (High - Low) / 2;

    internal override double Encode(double real) => (2 * real - Low - High) / (High - Low);

    internal override void Check() => CheckLimits(Low, High);
}

/// <summary>A quantity with a few settings, such as the sizes of a nozzle; coded like a continuous one.</summary>
public sealed record SteppedFactor(string Name, string Unit, IReadOnlyList<double> Levels) : Factor(Name, Unit)
{
    internal override (double Low, double High) Coded => (-1, 1);

    internal override double[] CodedLevels => [.. Levels.Select(Encode)];

    internal override double Decode(double coded) => (Levels[0] + Levels[^1]) / 2 + coded * (Levels[^1] - Levels[0]) / 2;

    internal override double Encode(double real) => (2 * real - Levels[0] - Levels[^1]) / (Levels[^1] - Levels[0]);

    internal override void Check()
    {
        if (Levels.Count < 2)
            throw Refusal($"It has {Levels.Count} levels.", "Give two levels or more, or leave the factor out.");
        CheckLimits(Levels[0], Levels[^1]);
        for (var i = 1; i < Levels.Count; i++)
            if (!(Levels[i] > Levels[i - 1]))
                throw Refusal($"The level {Levels[i]:G6} follows {Levels[i - 1]:G6}.", "List the levels rising, each once.");
    }
}

/// <summary>One of several kinds, such as a supplier; coded by its place in the list.</summary>
public sealed record CategoricalFactor(string Name, IReadOnlyList<string> Levels) : Factor(Name, "")
{
    internal override (double Low, double High) Coded => (0, Levels.Count - 1);

    internal override double[] CodedLevels => [.. Enumerable.Range(0, Levels.Count).Select(i => (double)i)];

    internal override double Decode(double coded) => coded;

    internal override double Encode(double real) => real;

    internal override string Show(double coded) => Levels[(int)coded];

    internal override void Check()
    {
        if (string.IsNullOrWhiteSpace(Name))
            throw Refusal("A factor has no name.", "Give each factor a name of its own.");
        if (Levels.Count < 2 || Levels.Distinct(StringComparer.Ordinal).Count() < Levels.Count)
            throw Refusal($"Its levels are {string.Join(", ", Levels)}.", "List two kinds or more, each once.");
    }
}

/// <summary>A part of a mixture: the components of a design always sum to the whole. Coded by its share of the whole.</summary>
/// <param name="Low">The least amount, in the unit.</param>
/// <param name="High">The largest amount.</param>
/// <param name="Whole">What all components sum to, such as 1 or 100 %; the same for all of a design.</param>
public sealed record MixtureComponent(string Name, string Unit, double Low, double High, double Whole) : Factor(Name, Unit)
{
    internal override (double Low, double High) Coded => (Low / Whole, High / Whole);

    internal override double Decode(double coded) => coded * Whole;

    internal override double Encode(double real) => real / Whole;

    internal override void Check()
    {
        CheckLimits(Low, High);
        if (!(Whole > 0) || Low < 0 || High > Whole)
            throw Refusal($"The limits {Low:G6} to {High:G6} do not lie within 0 to the whole, {Whole:G6}.", "Give amounts between 0 and the whole.");
    }
}
