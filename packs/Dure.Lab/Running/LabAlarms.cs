using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;

namespace Dure.Lab.Running;

/// <summary>What needs a person.</summary>
public enum LabAlarmKind
{
    /// <summary>The whole laboratory is stopped.</summary>
    Stopped,

    /// <summary>Nobody can say whether a step was done.</summary>
    UnknownFate,

    /// <summary>A step takes far longer than expected.</summary>
    Late,

    /// <summary>A campaign was paused by the laboratory: faults, or nothing more to suggest.</summary>
    PausedByFaults,

    /// <summary>A trial's next step is kept from beginning.</summary>
    Kept,

    /// <summary>An instrument gets no work until a person returns it.</summary>
    SetAside,

    /// <summary>An instrument cannot be reached.</summary>
    Unreachable,

    /// <summary>A trial waits for a person's agreement.</summary>
    WaitsForApproval,

    /// <summary>A draft waits for approval.</summary>
    DraftWaits,
}

/// <summary>One thing that needs a person, the gravest kinds first.</summary>
/// <param name="Campaign">The campaign that it concerns, or null.</param>
/// <param name="Trial">The trial, or null.</param>
/// <param name="Instrument">The instrument, or null.</param>
/// <param name="Since">Since when, as far as that is known.</param>
/// <param name="Cause">Why, in English; empty where the kind says it all.</param>
public sealed record LabAlarm(LabAlarmKind Kind, Campaign? Campaign, int? Trial, string? Instrument, DateTimeOffset? Since, string Cause)
{
    private const string Laboratory = "laboratory"; // as the engine signs

    /// <summary>What needs a person now: read from the state, so nothing can be forgotten or left over.</summary>
    public static IReadOnlyList<LabAlarm> Of(CampaignBook book, InstrumentBench bench, LabEngine engine)
    {
        var found = new List<LabAlarm>();
        if (bench.Stopped is { } why)
            found.Add(new LabAlarm(LabAlarmKind.Stopped, null, null, null, null, why));
        foreach (var instrument in bench.All)
            if (instrument.SetAside is { } cause)
                found.Add(new LabAlarm(LabAlarmKind.SetAside, null, null, instrument.Card.Name, null, cause));
            else if (instrument.UnreachableSince is { } since)
                found.Add(new LabAlarm(LabAlarmKind.Unreachable, null, null, instrument.Card.Name, since, instrument.Trouble));
        foreach (var campaign in book.All)
            found.AddRange(Of(campaign, engine));
        return [.. found.OrderBy(alarm => alarm.Kind).ThenBy(alarm => alarm.Since ?? DateTimeOffset.MaxValue)];
    }

    /// <summary>What needs a person in one campaign.</summary>
    public static IEnumerable<LabAlarm> Of(Campaign campaign, LabEngine engine)
    {
        if (campaign.Stage == CampaignStage.Draft)
            yield return new LabAlarm(LabAlarmKind.DraftWaits, campaign, null, null, campaign.DraftedAt, "");
        if (campaign is { Stage: CampaignStage.Paused, Moves: [.., { By: Laboratory } paused] })
            yield return new LabAlarm(LabAlarmKind.PausedByFaults, campaign, null, null, paused.At, paused.Why);
        foreach (var number in campaign.Open)
        {
            var trial = campaign.Trials[number - 1];
            if (trial.Stage == TrialStage.Unknown)
                yield return new LabAlarm(LabAlarmKind.UnknownFate, campaign, number, trial.Steps.Count > 0 ? trial.Steps[^1].Instrument : null, trial.Steps.Count > 0 ? trial.Steps[^1].EndedAt : null, trial.Why);
            else if (engine.LateSince(campaign.Id, number) is { } late)
                yield return new LabAlarm(LabAlarmKind.Late, campaign, number, trial.Steps.Count > 0 ? trial.Steps[^1].Instrument : null, late, "");
            else if (engine.Kept(campaign.Id, number) is { } kept && campaign.Stage == CampaignStage.Running)
                yield return new LabAlarm(LabAlarmKind.Kept, campaign, number, null, null, kept);
            else if (trial.Stage == TrialStage.Proposed && campaign is { Stage: CampaignStage.Running, Plan: { AsksPerson: true, Protocol: not null } })
                yield return new LabAlarm(LabAlarmKind.WaitsForApproval, campaign, number, null, trial.ProposedAt, "");
        }
    }
}
