namespace Dure.Optimize.Campaigns;

/// <summary>Why a trial is suggested.</summary>
public enum SuggestionReason
{
    /// <summary>There is too little to learn from yet: it shows the middle or an end of what may be tried.</summary>
    Start,

    /// <summary>It is the likeliest to be better than all so far, where enough is known.</summary>
    Improves,

    /// <summary>Little is known there, and it might be better.</summary>
    Explores,

    /// <summary>No trial holds all limits yet: it is most likely to.</summary>
    SeeksLimits,

    /// <summary>Earlier campaigns say that it is good: see <see cref="Suggestion.Earlier"/>.</summary>
    Transfers,
}

/// <summary>What is expected of an outcome.</summary>
/// <param name="Low">Nine in ten measurements lie from here…</param>
/// <param name="High">…to here, if the model is right.</param>
public readonly record struct Expectation(double Mean, double Low, double High);

/// <summary>A trial to make next, and why.</summary>
public sealed record Suggestion
{
    /// <summary>Deviations of a normal distribution within which nine in ten lie.</summary>
    internal const double NineInTen = 1.6448536269514722;

    /// <summary>For each factor its value in its unit, of a category the option's number.</summary>
    public required double[] Point { get; init; }

    public required SuggestionReason Reason { get; init; }

    /// <summary>For each outcome; empty before there is a model.</summary>
    public IReadOnlyList<Expectation> Expected { get; init; } = [];

    /// <summary>By how much the best is expected to be exceeded, in the unit of the outcome; of several wanted the hypervolume. Never below 0.</summary>
    public double ExpectedGain { get; init; }

    /// <summary>The probability that it holds all limits and succeeds.</summary>
    public double ChanceOfHolding { get; init; } = 1;

    /// <summary>The number of the trial most like it; null before there is one.</summary>
    public int? Nearest { get; init; }

    /// <summary>The share of trials that, left out, lie within the nine-in-ten interval that the others give, of the outcome where it is least; null before there are five.</summary>
    public double? Calibration { get; init; }

    /// <summary>The factor whose value is the least like those tried; null before there is a trial.</summary>
    public string? NewestFactor { get; init; }

    /// <summary>Whether to make it with the cheap twin of the outcome.</summary>
    public bool IsCheap { get; init; }

    /// <summary>The earlier campaign that speaks for it most; null where none does.</summary>
    public string? Earlier { get; init; }

    /// <summary>How probable it is that no earlier campaign helps, from 0 to 1; null where none was asked.</summary>
    public double? Doubt { get; init; }

    /// <summary>The same as a trial under way.</summary>
    public CampaignTrial AsTrial() => CampaignTrial.Pending(Point) with { IsCheap = IsCheap, IsByEarlier = Earlier is not null };
}
