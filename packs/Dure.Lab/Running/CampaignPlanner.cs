using System.Collections.Concurrent;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Running;

/// <summary>
/// Sees to it that a running campaign has as many trials under way as its plan wants. Suggestions are computed aside, and each
/// says how many results it rests on.
/// </summary>
internal sealed class CampaignPlanner(CampaignBook book, Action<Exception, string> fault, Action done) : IAsyncDisposable
{
    private const string By = "planner";

    /// <summary>Campaigns that are thought about at once: the rest of the machine is for the instruments.</summary>
    private const int AtOnce = 2;

    private readonly ConcurrentDictionary<string, Task> thinking = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Stop> stops = new(StringComparer.Ordinal);

    /// <summary>Why nothing is suggested for a campaign as it was then.</summary>
    private sealed record Stop(int Trials, int Known, IReadOnlyList<Narrowing> Narrowings, CampaignStage To, string Why)
    {
        public bool Concerns(Campaign campaign) => campaign.Trials.Count == Trials && campaign.Known == Known && campaign.Narrowings == Narrowings;
    }

    /// <summary>Where a campaign goes for which nothing more can be suggested, once nothing of it is under way; null where nothing speaks against it.</summary>
    public (CampaignStage To, string Why)? Verdict(Campaign campaign) =>
        campaign.Open.IsEmpty && stops.TryGetValue(campaign.Id, out var stop) && stop.Concerns(campaign) && stops.TryRemove(campaign.Id, out _) ? (stop.To, stop.Why) : null;

    /// <summary>Begins to think about the next trials where some are wanted.</summary>
    public void Fill(Campaign campaign, CancellationToken cancel)
    {
        foreach (var (id, task) in thinking)
            if (task.IsCompleted)
                thinking.TryRemove(id, out _);
        if (Wanted(campaign) > 0 && thinking.Count < AtOnce && !thinking.ContainsKey(campaign.Id) && !(stops.TryGetValue(campaign.Id, out var stop) && stop.Concerns(campaign)))
            thinking[campaign.Id] = Task.Run(() => Think(campaign, cancel), CancellationToken.None);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(thinking.Values);

    private static int Wanted(Campaign campaign) => Math.Min(campaign.Plan.Parallel - campaign.Open.Count, campaign.Plan.Budget - campaign.Made);

    private async Task Think(Campaign campaign, CancellationToken cancel)
    {
        try
        {
            await Suggest(campaign, cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        catch (ProblemException wrong)
        {
            Halt(campaign, CampaignStage.Paused, wrong.Problem.ToString());
        }
#pragma warning disable CA1031 // the outermost loop of thinking: a campaign that cannot be thought about is paused with the reason, and the others go on
        catch (Exception failure)
        {
            fault(failure, campaign.Id);
            Halt(campaign, CampaignStage.Paused, $"No trial could be suggested: {failure.Message}");
        }
#pragma warning restore CA1031
        finally
        {
            _ = Task.Run(done, CancellationToken.None); // not before this task is over
        }
    }

    /// <summary>Suggests from what is known now. Where a result came in meanwhile it begins again, once: where they come faster than it thinks, it says what it knew.</summary>
    private async Task Suggest(Campaign campaign, CancellationToken cancel)
    {
        if (await TrySuggest(campaign, mayBeOld: false, cancel))
            return;
        if (book.TryFind(campaign.Id) is { Stage: CampaignStage.Running } now && Wanted(now) > 0)
            await TrySuggest(now, mayBeOld: true, cancel);
    }

    /// <summary>False where a result came in meanwhile, and nothing was written.</summary>
    private async Task<bool> TrySuggest(Campaign campaign, bool mayBeOld, CancellationToken cancel)
    {
        var planner = book.PlannerOf(campaign);
        CampaignTrial[] trials = [.. campaign.Trials.Select(trial => trial.ForPlanner())];
        if (campaign.Plan.StopsWhenAdvised && planner.Advise(trials, campaign.Plan.Seed, cancel: cancel) is { IsAdvised: true } advice)
        {
            Halt(campaign, CampaignStage.Done, $"Stop is advised: {advice.Reason}");
            return true;
        }
        var suggestions = planner.Suggest(trials, Wanted(campaign), campaign.Plan.Seed, cancel);
        if (suggestions.Count == 0)
            Halt(campaign, CampaignStage.Paused, "All that may be tried has been.");
        var isOld = false;
        foreach (var suggestion in suggestions)
            await book.Write(campaign.Id, now => Proposal(campaign, now!, suggestion, mayBeOld, out isOld), By, cancel);
        return !isOld;
    }

    private static LabEvent.Proposed? Proposal(Campaign then, Campaign now, Suggestion suggestion, bool mayBeOld, out bool isOld)
    {
        isOld = now.Known != then.Known && !mayBeOld;
        return isOld || now.Stage != CampaignStage.Running || now.Narrowings != then.Narrowings || now.Plan != then.Plan || Wanted(now) <= 0 ? null
            : new LabEvent.Proposed(now.Id, now.Trials.Count + 1, suggestion.Point, suggestion, then.Known);
    }

    private void Halt(Campaign campaign, CampaignStage to, string why) => stops[campaign.Id] = new Stop(campaign.Trials.Count, campaign.Known, campaign.Narrowings, to, why);
}
