using System.Collections.Concurrent;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Campaigns;

/// <summary>Something that was computed of a campaign, and of how many results.</summary>
/// <param name="Known">Results that were known then.</param>
/// <param name="IsCurrent">Whether no result came in since.</param>
public sealed record Seen<T>(T? Value, int Known, bool IsCurrent) where T : class;

/// <summary>
/// The model's picture of a campaign and the advice to go on or to stop, for whoever asks: computed when asked for, once for each state of the campaign, one
/// after the other, so that looking never slows the laboratory down by more than one core. Whoever cannot wait gets the last one that is ready.
/// </summary>
public sealed class CampaignSight : IDisposable
{
    /// <summary>Answers that are kept; beyond them all is forgotten and computed again.</summary>
    private const int MostKept = 500;

    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private readonly ConcurrentDictionary<string, Task<CampaignPicture?>> pictures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Task<StopAdvice?>> advices = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (int Known, CampaignPicture? Picture)> lastPictures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (int Known, StopAdvice? Advice)> lastAdvices = new(StringComparer.Ordinal);

    /// <summary>What is believed over the whole space of the plan, whatever is pinned now; null before there is a model.</summary>
    /// <exception cref="Kernel.ProblemException">There is no such outcome, factor or trial.</exception>
    public Task<CampaignPicture?> Picture(Campaign campaign, PictureOptions show, CancellationToken cancel) =>
        Once(pictures, $"{State(campaign)} {show.Outcome}|{show.Across}|{show.Up}|{show.Around}", () => new TrialPlanner(campaign.Plan.Problem).Picture(Trials(campaign), show, CancellationToken.None)).WaitAsync(cancel);

    /// <summary>Whether more trials are worth making within what is pinned now.</summary>
    public Task<StopAdvice> Advice(Campaign campaign, CancellationToken cancel) => WithValue(Once(advices, State(campaign), () => Advise(campaign)).WaitAsync(cancel));

    /// <summary>The picture, or where it takes longer than that, the last one that was made with the same view.</summary>
    public Task<Seen<CampaignPicture>> Picture(Campaign campaign, PictureOptions show, TimeSpan patience, CancellationToken cancel)
    {
        var view = $"{campaign.Id} {show.Outcome}|{show.Across}|{show.Up}|{show.Around}";
        return Within(pictures, $"{State(campaign)} {view[(campaign.Id.Length + 1)..]}", () => Picture(campaign, show, cancel), lastPictures, view, campaign.Known, patience, cancel);
    }

    /// <summary>The advice, or where it takes longer than that, the last one.</summary>
    public Task<Seen<StopAdvice>> Advice(Campaign campaign, TimeSpan patience, CancellationToken cancel) =>
        Within(advices, State(campaign), () => Once(advices, State(campaign), () => Advise(campaign)).WaitAsync(cancel), lastAdvices, campaign.Id, campaign.Known, patience, cancel);

    public void Dispose() => oneAtATime.Dispose();

    private static async Task<StopAdvice> WithValue(Task<StopAdvice?> advice) => (await advice)!; // Advise never gives null

    private static StopAdvice Advise(Campaign campaign)
    {
        var done = campaign.Trials.OrderBy(trial => trial.EndedAt ?? DateTimeOffset.MaxValue).Select(trial => trial.ForPlanner()).ToArray();
        return new TrialPlanner(campaign.Problem()).Advise(done, campaign.Plan.Seed);
    }

    private static CampaignTrial[] Trials(Campaign campaign) => [.. campaign.Trials.Select(trial => trial.ForPlanner())];

    /// <summary>What the answers depend on: results, corrections among them, what is excluded, and what may be tried.</summary>
    private static string State(Campaign campaign)
    {
        var hash = new HashCode();
        foreach (var trial in campaign.Trials)
        {
            hash.Add(trial.Stage);
            hash.Add(trial.EndedAt);
        }
        foreach (var one in campaign.Narrowings)
            hash.Add(one);
        hash.Add(campaign.PlanText); // by reference: an edit brings another
        return $"{campaign.Id} {campaign.Trials.Count} {campaign.Known} {hash.ToHashCode()}";
    }

    private Task<T?> Once<T>(ConcurrentDictionary<string, Task<T?>> made, string key, Func<T?> make) where T : class
    {
        if (made.Count >= MostKept)
            made.Clear();
        var task = made.GetOrAdd(key, _ => Task.Run(() => Make(make)));
        if (task.IsFaulted)
            made.TryRemove(key, out _); // whoever asks again gets it tried again
        return task;
    }

    private async Task<T?> Make<T>(Func<T?> make) where T : class
    {
        await oneAtATime.WaitAsync();
        try
        {
            return make();
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private async Task<Seen<T>> Within<T>(ConcurrentDictionary<string, Task<T?>> made, string key, Func<Task<T?>> make, ConcurrentDictionary<string, (int Known, T? Value)> last, string view, int known, TimeSpan patience, CancellationToken cancel) where T : class
    {
        if (last.Count >= MostKept)
            last.Clear();
        var hasBefore = last.TryGetValue(view, out var before);
        var task = hasBefore && oneAtATime.CurrentCount == 0 && !made.ContainsKey(key) ? null : make(); // while something is computed, no queue is built up behind it
        if (task is null || await Task.WhenAny(task, Task.Delay(patience, cancel)) != task)
            return new Seen<T>(before.Value, before.Known, IsCurrent: false);
        var value = await task;
        last[view] = (known, value);
        return new Seen<T>(value, known, IsCurrent: true);
    }
}
