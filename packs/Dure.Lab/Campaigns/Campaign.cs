using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Protocols;
using Dure.Lab.Rehearsals;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Campaigns;

/// <summary>A step in a campaign's course.</summary>
public sealed record CampaignMove(CampaignStage To, DateTimeOffset At, string By, string Why);

/// <summary>
/// A campaign as its events have made it. It cannot be changed: each event gives the next one, so that whoever reads it sees one moment.
/// </summary>
public sealed record Campaign
{
    private Campaign() { }

    public required string Id { get; init; }

    /// <summary>As it was last written, edits included.</summary>
    public required CampaignPlan Plan { get; init; }

    /// <summary>The plan's JSON.</summary>
    public required JsonObject PlanText { get; init; }

    /// <summary>Whose data it makes.</summary>
    public required string Owner { get; init; }

    public required DateTimeOffset DraftedAt { get; init; }
    public required string DraftedBy { get; init; }
    public CampaignStage Stage { get; private init; }
    public IReadOnlyList<Narrowing> Narrowings { get; private init; } = [];
    public ImmutableList<CampaignMove> Moves { get; private init; } = [];
    /// <summary>How it went on stand-ins, the newest last.</summary>
    public ImmutableList<Rehearsal> Rehearsals { get; private init; } = [];

    public ImmutableList<LabTrial> Trials { get; private init; } = [];

    /// <summary>Trials that count against the budget: all that are not void.</summary>
    public int Made { get; private init; }

    /// <summary>Results that are known: measured and failed ones.</summary>
    public int Known { get; private init; }

    /// <summary>The numbers of the trials that have not ended.</summary>
    public ImmutableSortedSet<int> Open { get; private init; } = [];

    /// <summary>The problem within what is pinned and narrowed now.</summary>
    /// <exception cref="ProblemException">Nothing is left between the pins.</exception>
    public CampaignProblem Problem() => Plan.Problem.In(Narrowed(Plan.Space, Narrowings));

    public LabTrial Trial(int number) => number >= 1 && number <= Trials.Count ? Trials[number - 1]
        : throw new ProblemException("urn:dure:lab:no-such-trial", $"The campaign has no trial {number}.", $"campaign {Id}", Trials.Count == 0 ? "It has none yet." : $"Name one from 1 to {Trials.Count}.");

    /// <summary>The campaign that an event begins.</summary>
    /// <exception cref="ProblemException">The plan cannot be read.</exception>
    public static Campaign Begin(LabEntry entry, LabEvent.Drafted drafted) => new()
    {
        Id = drafted.Campaign, Plan = CampaignText.Read(drafted.Plan), PlanText = drafted.Plan, Owner = drafted.Owner, DraftedAt = entry.Time, DraftedBy = entry.Actor,
    };

    /// <summary>The campaign after an event, which has happened: whether it may happen is asked before (<see cref="CampaignRules"/>).</summary>
    public Campaign After(LabEntry entry) => entry.Event switch
    {
        LabEvent.Moved moved => this with { Stage = moved.To, Moves = Moves.Add(new CampaignMove(moved.To, entry.Time, entry.Actor, moved.Why)) },
        LabEvent.Edited edited => this with
        {
            Plan = edited.Plan is null ? Plan : CampaignText.Read(edited.Plan),
            PlanText = edited.Plan ?? PlanText,
            Narrowings = edited.Narrowings,
        },
        LabEvent.Rehearsed rehearsed => this with { Rehearsals = Rehearsals.Add(rehearsed.Result) },
        LabEvent.Proposed proposed => this with
        {
            Made = Made + 1,
            Open = Open.Add(proposed.Trial),
            Trials = Trials.Add(new LabTrial { Number = proposed.Trial, Point = proposed.Point, Suggestion = proposed.Suggestion, Known = proposed.Known, ProposedAt = entry.Time, ProposedBy = entry.Actor }),
        },
        LabEvent.Answered answered => With(answered.Trial, trial => answered.IsApproved
            ? trial with { Stage = TrialStage.Approved, Why = answered.Why, EndedAt = null, Run = trial.Stage == TrialStage.Proposed ? trial.Run : trial.Run + 1 }
            : trial with { Stage = TrialStage.Void, Why = answered.Why, EndedAt = entry.Time }),
        LabEvent.Entered entered => With(entered.Trial, trial => trial with
        {
            Stage = entered.State switch { TrialState.Measured => TrialStage.Measured, TrialState.Failed => TrialStage.Failed, _ => TrialStage.Void },
            Values = entered.Values, Why = entered.Why, EndedAt = entry.Time, EnteredBy = entry.Actor, IsSpent = trial.IsSpent || entered.State != TrialState.Void,
        }),
        LabEvent.StepIntended step => With(step.Key.Trial, trial => trial with { Stage = step.Key.Run == trial.Run && !trial.HasEnded ? TrialStage.Running : trial.Stage, Steps = WithStep(trial, step.Key, step.Instrument, entry.Time) }),
        LabEvent.StepAnswered answered => With(answered.Key.Trial, trial => trial with
        {
            Steps = Changed(trial.Steps, answered.Key, step => step.HasEnded ? step : step with { Stage = answered.HasBegun ? StepStage.Begun : step.Stage, Cause = answered.Words }),
        }),
        LabEvent.StepEnded ended => With(ended.Key.Trial, trial => Ended(trial, ended, entry.Time)),
        _ => this,
    };

    /// <summary>The place of the step that a trial is making or is to make next, from 1; null when all are done or people make it.</summary>
    public int? NextStep(LabTrial trial)
    {
        for (var place = 1; place <= (Plan.Protocol?.Steps.Count ?? 0); place++)
            if (trial.At(place) is not { Stage: StepStage.Done })
                return place;
        return null;
    }

    internal static SearchSpace Narrowed(SearchSpace space, IReadOnlyList<Narrowing> narrowings)
    {
        foreach (var one in narrowings)
            space = one.Options is { } options ? space.Allowing(one.Factor, options) : space.Narrowed(one.Factor, one.Low, one.High);
        return space;
    }

    /// <summary>A step that is over: the last one that went well makes the trial measured; one that did not makes it void, or leaves it to a person.</summary>
    private LabTrial Ended(LabTrial trial, LabEvent.StepEnded ended, DateTimeOffset at)
    {
        trial = trial with { Steps = WithStep(trial, ended.Key, ended.Instrument, at) }; // it may have been refused before it was intended
        trial = trial with { Steps = Changed(trial.Steps, ended.Key, step => step with { Stage = ended.Stage, EndedAt = at, Results = ended.Results, Cause = ended.Cause }) };
        return ended.Stage switch
        {
            _ when trial.HasEnded || ended.Key.Run != trial.Run => trial, // a person was faster
            StepStage.Done when NextStep(trial) is null => Measured(trial, at),
            StepStage.Done => trial with { Stage = TrialStage.Running },
            StepStage.Unknown => trial with { Stage = TrialStage.Unknown, Why = ended.Cause },
            _ => trial with { Stage = TrialStage.Void, Why = ended.Cause, EndedAt = at },
        };
    }

    /// <summary>A trial whose steps gave no number of any outcome is for a person to judge.</summary>
    private LabTrial Measured(LabTrial trial, DateTimeOffset at) => Values(trial) is var values && values.Any(double.IsFinite)
        ? trial with { Stage = TrialStage.Measured, Values = values, EndedAt = at, IsSpent = true }
        : trial with { Stage = TrialStage.Unknown, Why = "The steps ended well, but none gave an outcome." };

    private double[] Values(LabTrial trial) => [.. Plan.Outcomes.Select(outcome => Value(trial, outcome))];

    private double Value(LabTrial trial, Outcome outcome)
    {
        for (var place = 1; place <= Plan.Protocol!.Steps.Count; place++)
            if (Plan.Protocol.Steps[place - 1].Measure.TryGetValue(outcome.Name, out var result) && trial.At(place)?.Results.GetValueOrDefault(result) is ActionValue.Number number)
                return StepUnits.Convert(number, outcome.Unit, outcome.Name) ?? double.NaN;
        return double.NaN;
    }

    private static IReadOnlyList<TrialStep> WithStep(LabTrial trial, StepKey key, string instrument, DateTimeOffset at) => trial.Steps.Any(step => step.Key == key) ? trial.Steps
        : [.. trial.Steps, new TrialStep(key, instrument, StepStage.Intended, at, null, new Dictionary<string, ActionValue>(), "")];

    private static IReadOnlyList<TrialStep> Changed(IReadOnlyList<TrialStep> steps, StepKey key, Func<TrialStep, TrialStep> change) => [.. steps.Select(step => step.Key == key ? change(step) : step)];

    private Campaign With(int number, Func<LabTrial, LabTrial> change)
    {
        if (number < 1 || number > Trials.Count)
            return this; // nothing that this journal knows of
        var before = Trials[number - 1];
        var after = change(before);
        return this with
        {
            Trials = Trials.SetItem(number - 1, after),
            Open = after.HasEnded ? Open.Remove(number) : Open.Add(number),
            Made = Made + Counts(after) - Counts(before),
            Known = Known + Teaches(after) - Teaches(before),
        };
    }

    private static int Counts(LabTrial trial) => trial.Stage == TrialStage.Void && !trial.IsSpent ? 0 : 1;

    private static int Teaches(LabTrial trial) => trial.Stage is TrialStage.Measured or TrialStage.Failed ? 1 : 0;
}
