using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>
/// The trials before there is a model. Where most factors are numbers: the middle of what may be tried, then what lies farthest from all tried: numbers
/// have ends, and what they do is mostly seen there. Where most are categories, which have no middle and no ends: drawn ones.
/// </summary>
/// <remarks>Chosen on half of the public tables and judged on the other half: see docs/optimise.md.</remarks>
internal static class StartRule
{
    private const int OfNumbers = 3;
    private const int OfCategories = 5;

    public static int Trials(PointCoding coding) => IsMostlyNumbers(coding) ? OfNumbers : OfCategories;

    /// <summary>The number of the candidate to try next.</summary>
    /// <param name="tried">Made or under way; not among the candidates any more.</param>
    public static int Next(TrialTable candidates, TrialTable tried, Random random)
    {
        if (!IsMostlyNumbers(candidates.Coding))
            return random.Next(candidates.Count);
        var worth = tried.Count == 0 ? Centrality(candidates) : Remoteness(candidates, tried);
        var best = 0;
        for (var i = 0; i < worth.Length; i++)
        {
            worth[i] += 1e-9 * random.NextDouble(); // of equals any
            best = worth[i] > worth[best] ? i : best;
        }
        return best;
    }

    private static bool IsMostlyNumbers(PointCoding coding) =>
        2 * Enumerable.Range(0, coding.Columns).Where(coding.IsCode).Select(coding.FactorOf).Distinct().Count() <= coding.Factors;

    /// <summary>Less the mean squared distance to all candidates.</summary>
    private static double[] Centrality(TrialTable candidates)
    {
        var worth = new double[candidates.Count];
        for (var column = 0; column < candidates.Coding.Columns; column++)
        {
            var entries = candidates.Column(column);
            var mean = 0.0;
            var shares = new Dictionary<double, double>();
            foreach (var entry in entries)
            {
                mean += entry / entries.Length;
                shares[entry] = shares.GetValueOrDefault(entry) + 1.0 / entries.Length;
            }
            for (var i = 0; i < worth.Length; i++)
                worth[i] -= candidates.Coding.IsCode(column) ? 1 - shares[entries[i]] : (entries[i] - mean) * (entries[i] - mean);
        }
        return worth;
    }

    /// <summary>The squared distance to the nearest tried.</summary>
    private static double[] Remoteness(TrialTable candidates, TrialTable tried)
    {
        var worth = new double[candidates.Count];
        for (var i = 0; i < worth.Length; i++)
        {
            worth[i] = double.PositiveInfinity;
            for (var other = 0; other < tried.Count; other++)
                worth[i] = Math.Min(worth[i], Squared(candidates, i, tried, other));
        }
        return worth;
    }

    internal static double Squared(TrialTable table, int row, TrialTable others, int other)
    {
        var sum = 0.0;
        for (var column = 0; column < table.Coding.Columns; column++)
        {
            var away = table.At(row, column) - others.At(other, column);
            sum += table.Coding.IsCode(column) ? (away == 0 ? 0 : 1) : away * away;
        }
        return sum;
    }
}
