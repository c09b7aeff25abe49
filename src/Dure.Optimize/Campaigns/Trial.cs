namespace Dure.Optimize.Campaigns;

/// <summary>How far a trial has come.</summary>
public enum TrialState
{
    /// <summary>Under way, or approved and waiting.</summary>
    Pending,

    /// <summary>Its outcomes are there.</summary>
    Measured,

    /// <summary>The conditions themselves made it fail: it teaches where not to try.</summary>
    Failed,

    /// <summary>A device or a person was at fault, or it was vetoed: it teaches nothing.</summary>
    Void,
}

/// <summary>A trial of a campaign.</summary>
/// <param name="Point">For each factor its value in its unit, of a category the option's number.</param>
/// <param name="Values">For each outcome of the problem its value, NaN where it was not measured; empty unless measured.</param>
/// <param name="Deviations">How far each value may be off where that is known of it, e.g. of replicates; empty: not known.</param>
public sealed record CampaignTrial(double[] Point, TrialState State, double[] Values, double[] Deviations)
{
    /// <summary>Whether it was made with the cheap twin of the outcome; see <see cref="CheapTwin"/>.</summary>
    public bool IsCheap { get; init; }

    /// <summary>Whether earlier campaigns proposed it: <see cref="Suggestion.Earlier"/> was given. They are silenced by their own proposals only, so the mark must be kept.</summary>
    public bool IsByEarlier { get; init; }

    public static CampaignTrial Measured(double[] point, params double[] values) => new(point, TrialState.Measured, values, []);

    public static CampaignTrial Pending(double[] point) => new(point, TrialState.Pending, [], []);

    public static CampaignTrial Failed(double[] point) => new(point, TrialState.Failed, [], []);
}
