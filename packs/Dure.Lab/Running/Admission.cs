using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Plan.Sharing;

namespace Dure.Lab.Running;

/// <summary>
/// Whose trial is next in a laboratory that several share: by their weights and quotas, within an owner by priority. What has begun goes on. Where no shares are set, every owner has the same. What was used this period is read from the trials themselves.
/// </summary>
internal sealed class Admission
{
    /// <summary>How long a quota lasts.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromDays(7);

    private readonly HashSet<(string Campaign, int Trial, int Run)> entered = [];
    private readonly HashSet<string> asked = new(StringComparer.Ordinal);
    private FairShare? shares;
    private string sharesKnown = "";

    /// <summary>Whether a trial was let in.</summary>
    public bool IsIn(LabTrial trial, Campaign campaign) => entered.Contains((campaign.Id, trial.Number, trial.Run));

    /// <summary>Lets in the next of those that wait.</summary>
    /// <param name="waiting">Trials of which nothing has begun.</param>
    /// <param name="room">How many of these may be in at once.</param>
    /// <param name="refused">Told of trials that can never enter, and why.</param>
    public void LetIn(IReadOnlyList<(Campaign Campaign, LabTrial Trial)> waiting, IReadOnlyList<Share> set, IReadOnlyList<Campaign> campaigns, int room, DateTimeOffset now, Action<Campaign, LabTrial, string> refused)
    {
        var fair = Shares(set, campaigns, now);
        var names = new Dictionary<string, (Campaign Campaign, LabTrial Trial)>(StringComparer.Ordinal);
        foreach (var (campaign, trial) in waiting)
        {
            if (IsIn(trial, campaign))
            {
                room--;
                continue;
            }
            var name = NameOf(campaign, trial);
            names[name] = (campaign, trial);
            try
            {
                if (asked.Add(name))
                    fair.Add(new ShareRequest(name, campaign.Owner, Work(campaign), campaign.Plan.Priority));
            }
            catch (Kernel.ProblemException wrong)
            {
                asked.Remove(name);
                refused(campaign, trial, wrong.Problem.ToString());
            }
        }
        while (room > 0 && fair.TakeNext(now) is { } next)
        {
            if (!names.TryGetValue(next.Name, out var found))
            {
                fair.Settle(next.Name, TimeSpan.Zero); // vetoed, or kept back, while it waited: it asks again when it comes back
                asked.Remove(next.Name);
                continue;
            }
            entered.Add((found.Campaign.Id, found.Trial.Number, found.Trial.Run));
            room--;
        }
    }

    /// <summary>A trial is over: its owner is charged what it really took.</summary>
    public void Settle(Campaign campaign, LabTrial trial)
    {
        if (entered.Remove((campaign.Id, trial.Number, trial.Run)) && asked.Remove(NameOf(campaign, trial)))
            shares?.Settle(NameOf(campaign, trial), Used(trial));
    }

    private FairShare Shares(IReadOnlyList<Share> set, IReadOnlyList<Campaign> campaigns, DateTimeOffset now)
    {
        IReadOnlyList<Share> wanted = set.Count > 0 ? set : [.. campaigns.Where(one => one.Stage == CampaignStage.Running).Select(one => one.Owner).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(owner => new Share(owner, 1))];
        var known = string.Join(';', wanted);
        if (shares is not null && known == sharesKnown)
            return shares;
        (shares, sharesKnown) = (new FairShare(wanted, Period), known);
        asked.Clear();
        entered.Clear();
        var first = new DateTimeOffset(now.UtcTicks / Period.Ticks * Period.Ticks, TimeSpan.Zero);
        foreach (var campaign in campaigns.Where(campaign => wanted.Any(share => share.Owner == campaign.Owner)))
            foreach (var trial in campaign.Trials.Where(trial => trial.Steps.Count > 0 && trial.Steps[^1].IntendedAt >= first))
                Charge(shares, campaign, trial);
        return shares;
    }

    /// <summary>What was used before the books were opened.</summary>
    private static void Charge(FairShare fair, Campaign campaign, LabTrial trial)
    {
        if (Used(trial) is var used && used <= TimeSpan.Zero)
            return;
        try
        {
            fair.Add(new ShareRequest(NameOf(campaign, trial), campaign.Owner, used));
            if (fair.TakeNext(trial.Steps[^1].IntendedAt) is { } taken)
                fair.Settle(taken.Name, used);
        }
        catch (Kernel.ProblemException)
        {
            // More than the whole quota: nothing is left of it anyway.
        }
    }

    private static TimeSpan Work(Campaign campaign) => TimeSpan.FromTicks(Math.Max(1, campaign.Plan.Protocol!.Steps.Sum(step => step.Expected.Ticks)));

    private static TimeSpan Used(LabTrial trial) => TimeSpan.FromTicks(trial.Steps.Where(step => step.EndedAt is not null).Sum(step => Math.Max(0, (step.EndedAt!.Value - step.IntendedAt).Ticks)));

    private static string NameOf(Campaign campaign, LabTrial trial) => new StepKey(campaign.Id, trial.Number, 0, trial.Run).ToString();
}
