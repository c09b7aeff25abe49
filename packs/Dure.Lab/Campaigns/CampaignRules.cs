using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Campaigns;

/// <summary>What may happen to a campaign next. Asked before anything is written, under the same lock.</summary>
internal static class CampaignRules
{
    /// <summary>The type of a refusal by the rules: another time, or after another event, it may be otherwise.</summary>
    public const string NotNow = "urn:dure:lab:not-now";

    private const int MostText = 2_000;

    /// <summary>Why a step may not be commanded as things are now, or null.</summary>
    public static string? Objection(Campaign campaign, StepKey key)
    {
        var trial = campaign.Trial(key.Trial);
        var mayGoOn = trial.Run == key.Run && trial.Stage switch
        {
            TrialStage.Running => true,
            TrialStage.Approved => campaign.Stage == CampaignStage.Running,
            TrialStage.Proposed => campaign.Stage == CampaignStage.Running && !campaign.Plan.AsksPerson,
            _ => false,
        };
        if (!mayGoOn)
            return $"The trial is {Word(trial.Stage)}, the campaign {Word(campaign.Stage)}.";
        return campaign.Plan.Space.Check(trial.Point) is [var violation, ..] ? $"It is outside what the plan allows now: {violation}." : null;
    }

    /// <param name="isHeld">Whether a step of a trial is just being commanded.</param>
    /// <exception cref="ProblemException">It may not; says why and what to do.</exception>
    public static void Check(Campaign campaign, LabEvent next, Func<int, bool> isHeld)
    {
        var where = $"campaign {campaign.Id}";
        switch (next)
        {
            case LabEvent.Moved moved:
                CheckText(moved.Why, where);
                if (!Leads(campaign.Stage, moved.To))
                    throw Bad($"It is {Word(campaign.Stage)} and cannot become {Word(moved.To)}.", where, Mend(campaign.Stage));
                break;
            case LabEvent.Edited edited:
                CheckText(edited.Why, where);
                CheckEdit(campaign, edited, isHeld, where);
                break;
            case LabEvent.Proposed proposed:
                CheckProposal(campaign, proposed, where);
                break;
            case LabEvent.Answered answered:
                CheckText(answered.Why, where);
                NotHeld(answered.Trial, isHeld, where);
                CheckAnswer(campaign, answered, where);
                break;
            case LabEvent.Entered entered:
                CheckText(entered.Why, where);
                NotHeld(entered.Trial, isHeld, where);
                CheckEntry(campaign, entered, where);
                break;
            default:
                break; // what instruments did has happened
        }
    }

    private static bool Leads(CampaignStage from, CampaignStage to) => (from, to) switch
    {
        (CampaignStage.Draft, CampaignStage.Approved) => true,
        (CampaignStage.Approved or CampaignStage.Paused, CampaignStage.Running) => true,
        (CampaignStage.Running, CampaignStage.Paused) => true,
        (not CampaignStage.Done, CampaignStage.Done) => true,
        _ => false,
    };

    private static string Mend(CampaignStage stage) => stage switch
    {
        CampaignStage.Draft => "A draft is approved first, by someone who may.",
        CampaignStage.Approved => "Start it, or end it.",
        CampaignStage.Running => "Pause it, or end it.",
        CampaignStage.Paused => "Start it again, or end it.",
        _ => "It is over: draft a new one, with this one as its earlier campaign.",
    };

    private static void CheckEdit(Campaign campaign, LabEvent.Edited edited, Func<int, bool> isHeld, string where)
    {
        NotDone(campaign, where);
        var plan = edited.Plan is null ? campaign.Plan : CampaignText.Read(edited.Plan);
        if (!SameFactors(campaign.Plan.Space, plan.Space) || !campaign.Plan.Outcomes.Select(one => (one.Name, one.Unit)).SequenceEqual(plan.Outcomes.Select(one => (one.Name, one.Unit))))
            throw Bad("The changed plan has other factors, options or outcomes, so what is known would mean something else.", where, "Change ranges, limits, budget and protocol only; for the rest draft a new campaign.");
        if (campaign.Open.Any(number => campaign.Trials[number - 1].Stage is TrialStage.Running or TrialStage.Unknown || isHeld(number)) && edited.Plan is not null && !SameProtocol(campaign, plan))
            throw Bad("The protocol was changed while trials are being made by it.", where, "Pause the campaign, wait until none is under way, then change it.");
        _ = plan.Problem.In(Campaign.Narrowed(plan.Space, edited.Narrowings));
    }

    private static bool SameProtocol(Campaign campaign, CampaignPlan plan) =>
        (campaign.Plan.Protocol?.Steps.Select(step => (step.Name, step.Action)) ?? []).SequenceEqual(plan.Protocol?.Steps.Select(step => (step.Name, step.Action)) ?? []);

    private static bool SameFactors(SearchSpace one, SearchSpace other) => one.Factors.Count == other.Factors.Count && one.Factors.Zip(other.Factors).All(pair =>
        pair.First.Name == pair.Second.Name && pair.First.UnitText == pair.Second.UnitText && pair.First.GetType() == pair.Second.GetType()
        && (pair.First is not Factor.Category category || category.Options.SequenceEqual(((Factor.Category)pair.Second).Options)));

    private static void CheckProposal(Campaign campaign, LabEvent.Proposed proposed, string where)
    {
        NotDone(campaign, where);
        if (proposed.Trial != campaign.Trials.Count + 1)
            throw Bad($"Trial {proposed.Trial} was to be added, but the next is {campaign.Trials.Count + 1}.", where, "Ask again: another was added meanwhile.");
        if (campaign.Made >= campaign.Plan.Budget)
            throw new ProblemException("urn:dure:lab:budget-spent", $"All {campaign.Plan.Budget} trials of the budget are made or under way.", where, "Raise the budget in the plan, or end the campaign.");
        var space = Campaign.Narrowed(campaign.Plan.Space, proposed.Suggestion is null ? [] : campaign.Narrowings);
        if (proposed.Point.Length != space.Factors.Count || proposed.Point.Any(value => !double.IsFinite(value)))
            throw Bad("The point has not one number for each factor.", where, "Give each factor a value.");
        if (space.Check(proposed.Point) is [var violation, ..])
            throw new ProblemException("urn:dure:lab:outside-plan", $"The trial is outside what the plan allows: {violation}.", $"{where}, trial {proposed.Trial}", "Change the values, or the plan first.");
    }

    private static void CheckAnswer(Campaign campaign, LabEvent.Answered answered, string where)
    {
        NotDone(campaign, where);
        var trial = campaign.Trial(answered.Trial);
        where = $"{where}, trial {trial.Number}";
        if (answered.IsApproved && trial.Stage is TrialStage.Proposed)
            return;
        if (answered.IsApproved && trial.Stage is TrialStage.Void or TrialStage.Unknown)
        {
            if (trial.Stage == TrialStage.Void && campaign.Made >= campaign.Plan.Budget)
                throw new ProblemException("urn:dure:lab:budget-spent", $"All {campaign.Plan.Budget} trials of the budget are made or under way.", where, "Raise the budget in the plan.");
            if (campaign.Plan.Space.Check(trial.Point) is [var violation, ..])
                throw new ProblemException("urn:dure:lab:outside-plan", $"The trial is outside what the plan allows now: {violation}.", where, "Add another trial, or change the plan first.");
            return;
        }
        if (!answered.IsApproved && trial.Stage is TrialStage.Proposed or TrialStage.Approved)
            return;
        throw Bad($"The trial is {Word(trial.Stage)}: it cannot be {(answered.IsApproved ? "approved" : "vetoed")} any more.", where,
            trial.Stage == TrialStage.Running ? "Stop the instrument if it must not go on; its end is entered then." : "Enter another outcome for it if it is wrong.");
    }

    private static void CheckEntry(Campaign campaign, LabEvent.Entered entered, string where)
    {
        if (campaign.Stage == CampaignStage.Draft)
            throw Bad("It is a draft: nothing has been tried.", where, "Have it approved first.");
        var trial = campaign.Trial(entered.Trial);
        where = $"{where}, trial {trial.Number}";
        if (trial.Stage == TrialStage.Running)
            throw Bad("The trial is being made by instruments.", where, "Wait for its end, then correct it if it is wrong.");
        if (entered.State == TrialState.Pending)
            throw Bad("An outcome was to be entered, but none is there.", where, "Give values, or say that it failed or is void.");
        if (entered.State != TrialState.Measured)
            return;
        if (entered.Values.Length != campaign.Plan.Outcomes.Count || !entered.Values.Any(double.IsFinite))
            throw Bad("There is no outcome with a number.", where, $"Give at least one of: {string.Join(", ", campaign.Plan.Outcomes.Select(outcome => outcome.Name))}.");
        if (entered.Values.Any(double.IsInfinity))
            throw Bad("An outcome is infinite.", where, "Give a finite number, or leave it out.");
    }

    private static void NotHeld(int trial, Func<int, bool> isHeld, string where)
    {
        if (isHeld(trial))
            throw Bad("A step of the trial is being commanded this very moment.", $"{where}, trial {trial}", "Ask again in a second.");
    }

    private static void NotDone(Campaign campaign, string where)
    {
        if (campaign.Stage == CampaignStage.Done)
            throw Bad("The campaign is over.", where, Mend(CampaignStage.Done));
    }

    private static void CheckText(string text, string where)
    {
        if (text.Length > MostText)
            throw Bad($"The reason has {text.Length:N0} characters.", where, $"Keep it under {MostText:N0}.");
    }

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();

    private static ProblemException Bad(string what, string where, string mend) => new(NotNow, what, where, mend);
}
