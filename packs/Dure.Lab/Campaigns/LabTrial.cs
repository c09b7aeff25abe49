using Dure.Kernel;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Campaigns;

/// <summary>How far a trial of a laboratory's campaign has come.</summary>
public enum TrialStage
{
    /// <summary>Suggested or added; nobody has agreed to it by itself.</summary>
    Proposed,

    /// <summary>A person agreed to it.</summary>
    Approved,

    /// <summary>A step was commanded.</summary>
    Running,

    /// <summary>Its outcomes are there.</summary>
    Measured,

    /// <summary>The conditions themselves made it fail.</summary>
    Failed,

    /// <summary>Vetoed, or a device was at fault: it teaches nothing.</summary>
    Void,

    /// <summary>Nobody can say whether a step was done: a person decides. It is never run again by itself.</summary>
    Unknown,
}

/// <summary>How far a step has come.</summary>
public enum StepStage
{
    /// <summary>Written down and allowed; the device has not confirmed.</summary>
    Intended,

    /// <summary>The device has the key.</summary>
    Begun,
    Done,

    /// <summary>The device or the gate would not: nothing has run.</summary>
    Refused,

    /// <summary>It began and did not end well, or its result is another sample's.</summary>
    Failed,
    Unknown,
}

/// <summary>A step of a trial as it was made.</summary>
/// <param name="IntendedAt">When it was written down, before anything was sent.</param>
/// <param name="Results">What the device gave; empty until it is done.</param>
/// <param name="Cause">Why it did not end well; else empty.</param>
public sealed record TrialStep(StepKey Key, string Instrument, StepStage Stage, DateTimeOffset IntendedAt, DateTimeOffset? EndedAt, IReadOnlyDictionary<string, ActionValue> Results, string Cause)
{
    public bool HasEnded => Stage is not (StepStage.Intended or StepStage.Begun);
}

/// <summary>One trial: what was to be tried and why, how it was made, what came of it.</summary>
public sealed record LabTrial
{
    /// <summary>From 1, in the order of proposal; it never changes.</summary>
    public required int Number { get; init; }

    public required double[] Point { get; init; }

    /// <summary>Why the planner suggested it; null: a person added it.</summary>
    public Suggestion? Suggestion { get; init; }

    /// <summary>How many results were known when it was proposed.</summary>
    public required int Known { get; init; }

    public required DateTimeOffset ProposedAt { get; init; }
    public required string ProposedBy { get; init; }
    public TrialStage Stage { get; init; }

    /// <summary>Its outcomes in the plan's order, NaN where one was not measured; empty until there are any.</summary>
    public double[] Values { get; init; } = [];

    /// <summary>Why it is as it is: the reason of a veto, a fault's cause; else empty.</summary>
    public string Why { get; init; } = "";

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Who entered the outcome; null: the instruments gave it.</summary>
    public string? EnteredBy { get; init; }

    /// <summary>Whether an outcome was known once: it stays counted against the budget, whatever is entered later.</summary>
    public bool IsSpent { get; init; }

    /// <summary>The steps as they were made, those of earlier runs among them.</summary>
    public IReadOnlyList<TrialStep> Steps { get; init; } = [];

    public bool HasEnded => Stage is TrialStage.Measured or TrialStage.Failed or TrialStage.Void;

    /// <summary>How often it was agreed to make it, from 1: each approval makes it once, with a sample of its own.</summary>
    public int Run { get; init; } = 1;

    /// <summary>The step at a place of the protocol, from 1, in the present run; or null.</summary>
    public TrialStep? At(int place) => Steps.FirstOrDefault(one => one.Key.Step == place && one.Key.Run == Run);

    /// <summary>As the planner sees it: what is not known to have ended is under way.</summary>
    public CampaignTrial ForPlanner() => Stage switch
    {
        TrialStage.Measured => CampaignTrial.Measured(Point, Values),
        TrialStage.Failed => CampaignTrial.Failed(Point),
        TrialStage.Void => new CampaignTrial(Point, TrialState.Void, [], []),
        _ => CampaignTrial.Pending(Point),
    } with { IsCheap = Suggestion?.IsCheap ?? false, IsByEarlier = Suggestion?.Earlier is not null };
}
