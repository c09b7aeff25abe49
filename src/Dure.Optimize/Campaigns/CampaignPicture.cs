using Dure.Kernel;

namespace Dure.Optimize.Campaigns;

/// <summary>What a picture shows.</summary>
public sealed record PictureOptions
{
    /// <summary>The outcome; null: the first that is wanted.</summary>
    public string? Outcome { get; init; }

    /// <summary>The factor across the map; null: the one that matters most, or most after <see cref="Up"/>.</summary>
    public string? Across { get; init; }

    /// <summary>The factor up the map; null: the one that matters most after <see cref="Across"/>.</summary>
    public string? Up { get; init; }

    /// <summary>The number of the trial, from 0, at whose values the factors are held that are not shown; null: the best.</summary>
    public int? Around { get; init; }

    internal void Check(CampaignProblem problem, int trials)
    {
        _ = Outcome is null ? 0 : problem.NumberOf(Outcome);
        foreach (var factor in new[] { Across, Up })
            _ = factor is null ? 0 : problem.Space.NumberOf(factor);
        if (Across is not null && string.Equals(Across, Up, StringComparison.Ordinal))
            throw new ProblemException("urn:dure:optimize:bad-picture", $"The factor '{Across}' is both across and up.", "picture", "Name two factors, or one, or none.");
        if (Around is { } trial && (trial < 0 || trial >= trials))
            throw new ProblemException("urn:dure:optimize:bad-picture", $"There is no trial {trial + 1}.", "picture", $"There are {trials}.");
    }
}

/// <summary>
/// What is believed of one outcome over the space, for people to look at: a line (of a category bars) for each factor and a map over two. Factors that are
/// not shown are held at one trial's values; where sums bind them, at the nearest values that keep the sums. A trial lies at its point's numbers of the
/// factors shown. Deterministic.
/// </summary>
/// <param name="Outcome">Its number in the problem.</param>
/// <param name="Around">The values at which factors are held.</param>
/// <param name="Trial">The number of the trial that has them; null: they are the middle of the space.</param>
/// <param name="Profiles">One for each factor, in their order.</param>
/// <param name="Map">Null where fewer than two factors can be turned.</param>
public sealed record CampaignPicture(int Outcome, double[] Around, int? Trial, IReadOnlyList<FactorProfile> Profiles, PictureMap? Map);

/// <summary>What is believed along one factor.</summary>
/// <param name="Factor">Its number in the space.</param>
/// <param name="Share">
/// How much it matters: of the variance of what is expected over the space the share that is left when all other factors are held (total effect; Jansen
/// 1999), from 0 to 1. Shares of factors that act together count for each. With constraints each factor is varied as if it were free.
/// </param>
/// <param name="At">Values in its unit, of a category options' numbers: all, or of many some.</param>
/// <param name="Means">What is expected at each, in the outcome's unit.</param>
/// <param name="Lows">Nine in ten measurements lie from here…</param>
/// <param name="Highs">…to here, if the model is right.</param>
/// <param name="IsAllowed">Whether constraints let a trial be made there. In a table of candidates: whether they would; a row need not be there.</param>
public sealed record FactorProfile(int Factor, double Share, double[] At, double[] Means, double[] Lows, double[] Highs, bool[] IsAllowed);

/// <summary>What is believed over two factors: entry <c>u * AcrossAt.Length + a</c> is of the values <c>AcrossAt[a]</c> and <c>UpAt[u]</c>.</summary>
/// <param name="Across">The number of the factor across.</param>
/// <param name="Up">The number of the factor up.</param>
/// <param name="Means">What is expected, in the outcome's unit.</param>
/// <param name="Deviations">How sure that is: one deviation, without the noise of a measurement.</param>
/// <param name="IsAllowed">Whether constraints let a trial be made there.</param>
public sealed record PictureMap(int Across, int Up, double[] AcrossAt, double[] UpAt, double[] Means, double[] Deviations, bool[] IsAllowed);
