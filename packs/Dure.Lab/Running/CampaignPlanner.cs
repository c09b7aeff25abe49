using System.Collections.Concurrent;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Running;

/// <summary>
/// Sees to it that a running campaign has as many trials under way as its plan wants. Suggestions are computed aside; one that was made while a result came in is
/// thrown away and made again, so that none rests on less than was known.
/// </summary>
internal sealed class CampaignPlanner(CampaignBook book, Action done) : IAsyncDisposable
{
    private const string By = "planner";

    /// <summary>Campaigns that are thought about at once: the rest of the machine is for the instruments.</summary>
    private const int AtOnce = 2;

    private readonly ConcurrentDictionary<string, Task> thinking = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (int Trials, string Why)> troubles = new(StringComparer.Ordinal);

    /// <summary>Why nothing more can be suggested; null where nothing speaks against it.</summary>
    public string? Trouble(Campaign campaign) => campaign.Open.IsEmpty && troubles.TryRemove(campaign.Id, out var trouble) && trouble.Trials == campaign.Trials.Count ? trouble.Why : null;

    /// <summary>Begins to think about the next trials where some are wanted.</summary>
    public void Fill(Campaign campaign, CancellationToken cancel)
    {
        foreach (var (id, task) in thinking)
            if (task.IsCompleted)
                thinking.TryRemove(id, out _);
        if (Wanted(campaign) > 0 && thinking.Count < AtOnce && !thinking.ContainsKey(campaign.Id))
            thinking[campaign.Id] = Task.Run(() => Suggest(campaign, cancel), CancellationToken.None);
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(thinking.Values);

    private static int Wanted(Campaign campaign) => Math.Min(campaign.Plan.Parallel - campaign.Open.Count, campaign.Plan.Budget - campaign.Made);

    private async Task Suggest(Campaign campaign, CancellationToken cancel)
    {
        try
        {
            var suggestions = new TrialPlanner(campaign.Problem()).Suggest([.. campaign.Trials.Select(trial => trial.ForPlanner())], Wanted(campaign), campaign.Plan.Seed, cancel);
            if (suggestions.Count == 0)
                troubles[campaign.Id] = (campaign.Trials.Count, "All that may be tried has been.");
            for (var i = 0; i < suggestions.Count; i++)
            {
                var (suggestion, expected) = (suggestions[i], campaign.Trials.Count + i);
                await book.Write(campaign.Id, now => now is { Stage: CampaignStage.Running } && now.Known == campaign.Known && now.Trials.Count == expected && now.Narrowings == campaign.Narrowings
                    ? new LabEvent.Proposed(campaign.Id, expected + 1, suggestion.Point, suggestion, now.Known) : null, By, cancel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
        }
        catch (ProblemException wrong)
        {
            troubles[campaign.Id] = (campaign.Trials.Count, wrong.Problem.ToString());
        }
        finally
        {
            _ = Task.Run(done, CancellationToken.None); // not before this task is over
        }
    }
}
