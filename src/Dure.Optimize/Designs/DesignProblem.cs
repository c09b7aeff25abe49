using Dure.Kernel;

namespace Dure.Optimize.Designs;

/// <summary>Refusals of designs and of their analysis.</summary>
internal static class DesignProblem
{
    public static ProblemException Of(string kind, string what, string where, string mend) => new($"urn:dure:optimize:design-{kind}", what, where, mend);

    /// <summary>Refuses factors that no design can be made of.</summary>
    public static void CheckFactors(IReadOnlyList<Factor> factors, string where, int least = 1, int most = 200)
    {
        if (factors.Count < least || factors.Count > most)
            throw Of("factors", $"There are {factors.Count} factors.", where, $"Name {least} to {most} factors.");
        foreach (var factor in factors)
            factor.Check();
        if (factors.GroupBy(f => f.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw Of("factors", $"{twice.Count()} factors are named {twice.Key}.", where, "Give each factor a name of its own.");
        var wholes = factors.OfType<MixtureComponent>().Select(c => c.Whole).Distinct().ToArray();
        if (wholes.Length > 1)
            throw Of("mixture", $"The components sum to {string.Join(" and to ", wholes)}.", where, "State the same whole for all components.");
        if (wholes.Length == 1 && factors.OfType<MixtureComponent>().Count() < 2)
            throw Of("mixture", "A mixture has one component.", where, "Name two components or more.");
    }

    /// <summary>Refuses factors other than those with a low and a high numeric setting.</summary>
    public static void CheckContinuous(IReadOnlyList<Factor> factors, string where, int least, int most)
    {
        CheckFactors(factors, where, least, most);
        if (factors.FirstOrDefault(f => f is not ContinuousFactor) is { } other)
            throw Of("factors", $"Factor {other.Name} is not continuous.", where, "Give it two limits, or use an optimal design.");
    }

    /// <summary>Refuses factors that have no two ends: mixtures, and kinds other than two.</summary>
    public static void CheckTwoLevel(IReadOnlyList<Factor> factors, string where, int least, int most)
    {
        CheckFactors(factors, where, least, most);
        if (factors.FirstOrDefault(f => f is MixtureComponent or CategoricalFactor { Levels.Count: > 2 }) is { } other)
            throw Of("factors", $"Factor {other.Name} does not have two levels.", where, "Give it two levels, or use an optimal or a mixture design.");
    }

    public static void CheckMost(long runs, string where)
    {
        if (runs > 1_000_000)
            throw Of("size", $"The design would have {runs:N0} runs.", where, "Use a fraction, fewer factors or fewer levels.");
    }

    /// <summary>Refuses responses that are missing or no numbers.</summary>
    public static void CheckResponses(ReadOnlySpan<double> responses, int runs, string where)
    {
        if (responses.Length != runs)
            throw Of("responses", $"There are {responses.Length} responses for {runs} runs.", where, "Give one response for each run, in the table's order.");
        for (var run = 0; run < runs; run++)
            if (!double.IsFinite(responses[run]))
                throw Of("responses", $"The response of run {run + 1} is {responses[run]}.", where, "Leave out the runs that failed (DesignTable.Only) or repeat them.");
    }
}
