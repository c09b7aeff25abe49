using Dure.Kernel;

namespace Dure.Loop.Retraining;

/// <summary>Proposals to train again: each is answered once, by a person with a reason, and only a yes starts a training.</summary>
public sealed class RetrainingDesk : IDisposable
{
    private const int MostOpen = 100;
    private const int MostKept = 1000;
    private const int LongestReason = 2000;

    private readonly IRetrainingHost host;
    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private readonly Lock guard = new();
    private readonly List<ProposedRetraining> all;

    /// <param name="before">What the ledger holds, the oldest first.</param>
    public RetrainingDesk(IRetrainingHost host, IEnumerable<ProposedRetraining> before) => (this.host, all) = (host, [.. before.TakeLast(MostKept)]);

    /// <summary>The newest first.</summary>
    public IReadOnlyList<ProposedRetraining> All
    {
        get
        {
            lock (guard)
                return [.. all.AsEnumerable().Reverse()];
        }
    }

    /// <summary>The proposal of an entry, or null.</summary>
    public ProposedRetraining? TryFind(long entry)
    {
        lock (guard)
            return all.Find(one => one.Entry.Entry == entry);
    }

    /// <summary>The newest proposal of a model and a dataset version, or null.</summary>
    public ProposedRetraining? TryFind(ContentHash model, ContentHash dataset)
    {
        lock (guard)
            return all.FindLast(one => one.Proposal.Model == model && one.Proposal.Dataset == dataset);
    }

    /// <summary>Puts a proposal before people. The same that waits already is not put twice.</summary>
    /// <exception cref="ProblemException">Too many wait.</exception>
    public async Task<ProposedRetraining> Propose(RetrainingProposal proposal, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            if (TryFind(proposal.Model, proposal.Dataset) is { Answer: null } waiting)
                return waiting;
            if (All.Count(one => one.Answer is null) >= MostOpen)
                throw Bad($"{MostOpen} proposals wait for an answer.", "proposals to train again", "Answer some of them first.");
            var proposed = new ProposedRetraining(await host.Proposed(proposal, cancel), proposal);
            lock (guard)
            {
                all.Add(proposed);
                if (all.Count > MostKept && all.FindIndex(one => one.Answer is not null) is >= 0 and var oldest)
                    all.RemoveAt(oldest);
            }
            return proposed;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>A person's answer; a yes starts the training. A yes whose training could not start, for too much waited, may be said again.</summary>
    /// <exception cref="ProblemException">There is no such proposal, it is answered, or no reason is given.</exception>
    public async Task<ProposedRetraining> Answer(long entry, bool isApproved, string why, string by, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(why) || why.Length > LongestReason)
            throw Bad("No reason is given, or a very long one.", "field 'why'", $"Say in a sentence why; at most {LongestReason} characters.");
        await oneAtATime.WaitAsync(cancel);
        try
        {
            var asked = TryFind(entry) ?? throw new ProblemException("urn:dure:loop:no-such-proposal", "There is no such proposal to train again.", $"proposal {entry}", "List them with 'dure model proposals'.");
            if (isApproved && asked is { Answer.IsApproved: true, Run: null })
                return await Started(asked);
            if (asked.Answer is { } given)
                throw Bad($"It was {(given.IsApproved ? "approved" : "refused")} by {given.By} at {given.At:yyyy-MM-dd HH:mm}.", $"proposal {entry}", "Look at drift again for a new proposal.");
            var answered = Keep(asked with { Answer = await host.Answered(asked, isApproved, why, by, cancel) });
            return isApproved ? await Started(answered) : answered;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <summary>Starts what was approved before the host fell, and not yet begun.</summary>
    public async Task Resume(CancellationToken cancel)
    {
        foreach (var left in All.Where(one => one is { Answer.IsApproved: true, Run: null }))
            try
            {
                Keep(left with { Run = await host.Start(left, cancel) });
            }
            catch (ProblemException)
            {
                // Too much waits already, or the model is gone: that must not keep the node from starting, and is tried again at the next start.
            }
    }

    public void Dispose() => oneAtATime.Dispose();

    /// <summary>What was said stays said, whatever becomes of the caller.</summary>
    private async Task<ProposedRetraining> Started(ProposedRetraining approved) => Keep(approved with { Run = await host.Start(approved, CancellationToken.None) });

    private ProposedRetraining Keep(ProposedRetraining changed)
    {
        lock (guard)
            all[all.FindIndex(one => one.Entry == changed.Entry)] = changed;
        return changed;
    }

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:loop:bad-answer", what, where, mend);
}
