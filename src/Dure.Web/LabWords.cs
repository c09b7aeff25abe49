using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Running;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;
using Dure.Web.Language;
using Dure.Web.Parts;

namespace Dure.Web;

/// <summary>The laboratory's campaigns, suggestions and advice in the reader's words.</summary>
internal static class LabWords
{
    public static string Stage(Wording words, CampaignStage stage) => words.Name("lab.stage", stage.ToString().ToLowerInvariant());

    public static Status MarkOf(CampaignStage stage) => stage switch { CampaignStage.Running => Status.Good, CampaignStage.Paused => Status.Watch, _ => Status.Unknown };

    public static string Stage(Wording words, TrialStage stage) => words.Name("lab.trial", stage.ToString().ToLowerInvariant());

    public static Status MarkOf(TrialStage stage) => stage switch { TrialStage.Measured => Status.Good, TrialStage.Unknown => Status.Alarm, TrialStage.Failed => Status.Watch, _ => Status.Unknown };

    public static string Stage(Wording words, StepStage stage) => words.Name("lab.step", stage.ToString().ToLowerInvariant());

    public static Status MarkOf(StepStage stage) => stage switch { StepStage.Done => Status.Good, StepStage.Unknown or StepStage.Failed => Status.Alarm, StepStage.Refused => Status.Watch, _ => Status.Unknown };

    public static string Alarm(Wording words, LabAlarm alarm) => alarm.Kind switch
    {
        LabAlarmKind.Stopped => words["lab.alarm.stopped"],
        LabAlarmKind.UnknownFate => words.Say("lab.alarm.unknown", alarm.Trial, alarm.Instrument ?? "–"),
        LabAlarmKind.Late => words.Say("lab.alarm.late", alarm.Trial, alarm.Instrument ?? "–"),
        LabAlarmKind.PausedByFaults => words["lab.alarm.paused"],
        LabAlarmKind.Kept => words.Say("lab.alarm.kept", alarm.Trial),
        LabAlarmKind.SetAside => words.Say("lab.alarm.aside", alarm.Instrument),
        LabAlarmKind.Unreachable => words.Say("lab.alarm.unreachable", alarm.Instrument),
        LabAlarmKind.WaitsForApproval => words.Say("lab.alarm.waits", alarm.Trial),
        _ => words["lab.alarm.draft"],
    };

    public static Status MarkOf(LabAlarmKind kind) => kind switch
    {
        LabAlarmKind.Stopped or LabAlarmKind.UnknownFate or LabAlarmKind.Unreachable => Status.Alarm,
        LabAlarmKind.WaitsForApproval or LabAlarmKind.DraftWaits => Status.Unknown,
        _ => Status.Watch,
    };

    /// <summary>Why a trial is suggested; of one that a person added, who did.</summary>
    public static string Reason(Wording words, LabTrial trial) => trial.Suggestion is not { } suggestion ? words.Say("lab.why.person", trial.ProposedBy) : suggestion.Reason switch
    {
        SuggestionReason.Start when suggestion.Nearest is null => words["lab.why.first"],
        SuggestionReason.Start => words.Say("lab.why.start", suggestion.NewestFactor),
        SuggestionReason.Explores => words.Say("lab.why.explores", suggestion.NewestFactor),
        SuggestionReason.SeeksLimits => words["lab.why.limits"],
        SuggestionReason.Transfers => words.Say("lab.why.transfers", suggestion.Earlier),
        _ => words["lab.why.improves"],
    };

    /// <summary>The same in one or two words, for tables.</summary>
    public static string Short(Wording words, LabTrial trial) => words.Name("lab.why.short", trial.Suggestion?.Reason.ToString().ToLowerInvariant() ?? "person");

    /// <summary>What the model's stop advice says, and on what grounds.</summary>
    public static string Advice(Wording words, CampaignPlan plan, StopAdvice advice)
    {
        if (advice is { IsAdvised: true, ChanceWithin: >= 1, NextGain: 0 })
            return words["lab.advice.all"];
        if (advice.IsAdvised)
            return words.Say("lab.advice.stop", advice.SureSteps);
        if (advice.SureSteps > 0)
            return words.Say("lab.advice.nearly", advice.SureSteps);
        if (plan.Outcomes.Count(outcome => outcome.Aim != Aim.Held) > 1)
            return words["lab.advice.several"];
        return words[advice.ChanceWithin is null ? "lab.advice.early" : "lab.advice.go"];
    }

    /// <summary>A factor's value as people read it, with its unit.</summary>
    public static string Value(Factor factor, double value) => factor is Factor.Category category ? category.Options[(int)value] : WithUnit(Figures.Number(value), factor.UnitText);

    public static string Value(Outcome outcome, double value) => double.IsFinite(value) ? WithUnit(Figures.Number(value), outcome.Unit) : "–";

    /// <summary>A factor's range or options, as they are in a space.</summary>
    public static string Range(SearchSpace space, int number) => space.Factors[number] switch
    {
        Factor.Category category => string.Join(", ", category.Options.Where((_, option) => space.IsAllowed(number, option))),
        Factor.Ordinal ordinal => WithUnit(string.Join(" · ", ordinal.LevelValues.Where(level => level >= space.LowOf(number) && level <= space.HighOf(number)).Select(Figures.Number)), ordinal.UnitText),
        var factor when space.LowOf(number) == space.HighOf(number) => Value(factor, space.LowOf(number)),
        var factor => WithUnit($"{Figures.Number(space.LowOf(number))} … {Figures.Number(space.HighOf(number))}", factor.UnitText),
    };

    /// <summary>What is wanted of an outcome.</summary>
    public static string Wanted(Wording words, Outcome outcome)
    {
        var parts = new List<string>();
        if (outcome.Aim != Aim.Held)
            parts.Add(words[outcome.Aim == Aim.More ? "lab.aim.more" : "lab.aim.less"]);
        if (outcome.Least is { } least)
            parts.Add($"≥ {Value(outcome, least)}");
        if (outcome.Most is { } most)
            parts.Add($"≤ {Value(outcome, most)}");
        return string.Join(", ", parts);
    }

    /// <summary>A trial's point in a line.</summary>
    public static string Point(SearchSpace space, double[] point) => string.Join(", ", space.Factors.Select((factor, i) => $"{factor.Name} {Value(factor, point[i])}"));

    public static string Outcomes(CampaignPlan plan, LabTrial trial) => trial.Values.Length == 0 ? "" : string.Join(", ", plan.Outcomes.Select((outcome, k) => $"{outcome.Name} {Value(outcome, trial.Values[k])}"));

    public static string WithUnit(string number, string ucum) => Units.Shown(ucum) is { Length: > 0 } unit ? $"{number} {unit}" : number;

    /// <summary>The best trials by number: those that hold all limits and that no other beats.</summary>
    public static LabTrial[] Best(Campaign campaign) => [.. CampaignReport.BestOf(campaign.Plan, [.. campaign.Trials.Select(trial => trial.ForPlanner())]).Select(i => campaign.Trials[i])];

    /// <summary>Whether all instruments that a campaign's protocol names are virtual, some are, or none is; null: people make its trials.</summary>
    public static (bool Some, bool All)? Virtual(CampaignPlan plan, InstrumentBench bench)
    {
        if (plan.Protocol is not { } protocol)
            return null;
        var named = protocol.Steps.SelectMany(step => step.Instruments).Distinct(StringComparer.Ordinal).Select(bench.TryFind).OfType<LabInstrument>().ToArray();
        return (Array.Exists(named, one => one.Card.Link.IsVirtual), named.Length > 0 && Array.TrueForAll(named, one => one.Card.Link.IsVirtual));
    }
}
