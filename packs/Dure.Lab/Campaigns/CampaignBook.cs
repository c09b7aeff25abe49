using System.Collections.Concurrent;
using Dure.Kernel;

namespace Dure.Lab.Campaigns;

/// <summary>
/// All campaigns of a laboratory: the fold of its journal. Whatever happens is checked, written, and only then taken up; one thing after the other.
/// </summary>
public sealed class CampaignBook : IDisposable
{
    private const int MostCampaigns = 10_000;

    private readonly ILabLedger ledger;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private readonly ConcurrentDictionary<string, Campaign> campaigns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Campaign, int Trial), bool> reserved = new();

    private CampaignBook(ILabLedger ledger) => this.ledger = ledger;

    /// <summary>Raised after a campaign changed, under the book's lock: be quick.</summary>
    public event Action<Campaign, LabEvent>? Changed;

    /// <summary>All campaigns, the newest first.</summary>
    public IReadOnlyList<Campaign> All => [.. campaigns.Values.OrderByDescending(campaign => campaign.DraftedAt)];

    /// <summary>Reads what there is.</summary>
    public static CampaignBook Open(ILabLedger ledger)
    {
        var book = new CampaignBook(ledger);
        foreach (var entry in ledger.Read())
            book.Take(entry);
        return book;
    }

    public Campaign? TryFind(string id) => campaigns.GetValueOrDefault(id);

    /// <exception cref="ProblemException">There is none of that name.</exception>
    public Campaign Find(string id) => TryFind(id) ?? throw new ProblemException("urn:dure:lab:no-such-campaign", $"There is no campaign '{id}'.", "campaign", "List them: dure lab list.");

    /// <summary>Checks an event against the rules, writes it and takes it up.</summary>
    /// <exception cref="ProblemException">It may not happen now; nothing was written.</exception>
    public async Task<Campaign> Write(LabEvent next, string actor, CancellationToken cancel) => (await Write(next.Campaign, _ => next, actor, cancel))!;

    /// <summary>Writes what follows for a campaign as it is at that moment; nothing, and null, where nothing follows.</summary>
    public async Task<Campaign?> Write(string id, Func<Campaign?, LabEvent?> next, string actor, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            if (next(TryFind(id)) is not { } happened)
                return null;
            Check(happened);
            Try(happened);
            return Take(await ledger.Write(happened, actor, cancel))!;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Takes up what was written elsewhere: by the gate, on its way to an instrument.</summary>
    public async Task<Campaign> Take(LabEvent happened, DateTimeOffset at, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            return Take(new LabEntry(-1, at, "", happened))!;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>
    /// Holds a trial for the command of its next step: until it is let go, nobody can veto it, enter an outcome or change the plan under it. Null when the step may be commanded, else why not.
    /// </summary>
    internal async Task<string?> Reserve(StepKey key, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            if (CampaignRules.Objection(Find(key.Campaign), key) is { } objection)
                return objection;
            reserved[(key.Campaign, key.Trial)] = true;
            return null;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    internal void LetGo(StepKey key) => reserved.TryRemove((key.Campaign, key.Trial), out _);

    public void Dispose() => oneAtATime.Dispose();

    /// <summary>What cannot be taken up must not be written: it could never be read again.</summary>
    private void Try(LabEvent happened)
    {
        var entry = new LabEntry(-1, DateTimeOffset.UnixEpoch, "", happened);
        _ = happened is LabEvent.Drafted drafted ? Campaign.Begin(entry, drafted) : Find(happened.Campaign).After(entry);
    }

    private void Check(LabEvent happened)
    {
        if (happened is LabEvent.Drafted drafted)
        {
            _ = CampaignText.Read(drafted.Plan);
            if (campaigns.ContainsKey(drafted.Campaign))
                throw new ProblemException("urn:dure:lab:not-now", $"There is a campaign '{drafted.Campaign}' already.", "campaign", "Draft it under another name.");
            if (campaigns.Count >= MostCampaigns)
                throw new ProblemException("urn:dure:lab:too-many", $"The laboratory has {MostCampaigns:N0} campaigns.", "campaigns", "Run a second node for the rest.");
            return;
        }
        CampaignRules.Check(Find(happened.Campaign), happened, trial => reserved.ContainsKey((happened.Campaign, trial)));
    }

    private Campaign? Take(LabEntry entry)
    {
        var id = entry.Event.Campaign;
        if (entry.Event is LabEvent.Drafted drafted)
            campaigns[id] = Campaign.Begin(entry, drafted);
        else if (campaigns.TryGetValue(id, out var before))
            campaigns[id] = before.After(entry);
        else
            return null; // of a campaign that this journal does not hold
        Changed?.Invoke(campaigns[id], entry.Event);
        return campaigns[id];
    }
}
