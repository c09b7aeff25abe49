using Dure.Optimize.Campaigns;

namespace Dure.Lab.Campaigns;

/// <summary>Something that a person, or the laboratory for a reason, did to a campaign.</summary>
/// <param name="Entry">Its number in the journal.</param>
/// <param name="What">A word: approved, running, paused, done, changed, narrowed, loosened, added, agreed, vetoed, entered.</param>
/// <param name="Trial">The trial that it concerns, or null.</param>
/// <param name="Factor">The factor that was held or let loose, or null.</param>
public sealed record CampaignAct(long Entry, DateTimeOffset At, string By, string What, int? Trial, string? Factor, string Why);

/// <summary>A campaign told from the journal alone: its state folded anew, and who did what to it and why.</summary>
/// <param name="First">Its first entry in the journal.</param>
/// <param name="Last">Its last.</param>
public sealed record CampaignHistory(Campaign Campaign, IReadOnlyList<CampaignAct> Acts, long First, long Last)
{
    /// <summary>The history of a campaign; null where the journal does not hold it.</summary>
    public static CampaignHistory? Read(ILabLedger ledger, string id)
    {
        Campaign? campaign = null;
        var (acts, first, last) = (new List<CampaignAct>(), -1L, -1L);
        foreach (var entry in ledger.Read())
        {
            if (entry.Event.Campaign != id || campaign is null && entry.Event is not LabEvent.Drafted)
                continue;
            if (ActOf(campaign, entry) is { } act)
                acts.Add(act);
            campaign = entry.Event is LabEvent.Drafted drafted ? Campaign.Begin(entry, drafted) : campaign!.After(entry); // a draft came before
            (first, last) = (first < 0 ? entry.Index : first, entry.Index);
        }
        return campaign is null ? null : new CampaignHistory(campaign, acts, first, last);
    }

    private static CampaignAct? ActOf(Campaign? before, LabEntry entry)
    {
        CampaignAct act(string what, string why, int? trial = null, string? factor = null) => new(entry.Index, entry.Time, entry.Actor, what, trial, factor, why);
        return entry.Event switch
        {
            LabEvent.Drafted => act("drafted", ""),
            LabEvent.Moved moved => act(moved.To.ToString().ToLowerInvariant(), moved.Why),
            LabEvent.Edited { Plan: not null } edited => act("changed", edited.Why),
            LabEvent.Edited edited when edited.Narrowings.FirstOrDefault(one => before?.Narrowings.Contains(one) != true) is { } narrowed => act("narrowed", Said(narrowed, edited.Why), factor: narrowed.Factor),
            LabEvent.Edited edited => act("loosened", edited.Why, factor: before?.Narrowings.FirstOrDefault(one => edited.Narrowings.All(now => now.Factor != one.Factor))?.Factor),
            LabEvent.Proposed { Suggestion: null } proposed => act("added", "", proposed.Trial),
            LabEvent.Answered answered => act(answered.IsApproved ? "agreed" : "vetoed", answered.Why, answered.Trial),
            LabEvent.Entered entered => act("entered", entered.State == TrialState.Measured ? entered.Why : $"{entered.State.ToString().ToLowerInvariant()}{(entered.Why.Length > 0 ? $": {entered.Why}" : "")}", entered.Trial),
            _ => null,
        };
    }

    private static string Said(Narrowing one, string why)
    {
        var to = one.Options is { } options ? string.Join(", ", options) : one.Low == one.High ? CampaignWords.Shown(one.Low) : $"{CampaignWords.Shown(one.Low)} … {CampaignWords.Shown(one.High)}";
        return why.Length > 0 ? $"{to}: {why}" : to;
    }
}
