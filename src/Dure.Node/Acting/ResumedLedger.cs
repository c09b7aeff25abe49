using Dure.Evidence;
using Dure.Kernel;
using Dure.Loop;

namespace Dure.Node.Acting;

/// <summary>
/// The journal as the ledger of work that may be run again from its beginning: what was decided under a key before is not entered again, so that each
/// command stands in the journal once, however often a crash cut the work off.
/// </summary>
internal sealed class ResumedLedger : IDecisionLedger
{
    private readonly JournalLedger ledger;
    private readonly DecisionLog log;
    private readonly Dictionary<string, JournalEntry> decided = new(StringComparer.Ordinal);
    private readonly HashSet<long> acted = [];
    private readonly HashSet<long> fresh = [];

    /// <param name="asset">Whose decisions these are; no other work proposes for it.</param>
    /// <param name="log">Gets the decisions that are new.</param>
    public ResumedLedger(Journal journal, AssetId asset, DecisionLog log)
    {
        (ledger, this.log) = (new JournalLedger(journal), log);
        foreach (var entry in EntriesOf(journal, asset))
            if (entry.Kind == JournalLedger.ActedKind)
                acted.Add(Lineage.From(entry).Refs[0].Entry); // JournalLedger names the decision first
            else if ((string?)entry.Body["key"] is { } key)
                decided[key] = entry;
    }

    /// <summary>All decisions about an asset and what came of them, in their order.</summary>
    public static IEnumerable<JournalEntry> EntriesOf(Journal journal, AssetId asset) =>
        journal.ReadKinds(JournalLedger.DecidedKind, JournalLedger.ActedKind).Where(entry => entry.Subject == asset.Path);

    /// <exception cref="ProblemException">Another decision stands under this key.</exception>
    public async Task<EntryReference> Decided(DecisionRecord decision, CancellationToken cancel)
    {
        if (decision.Proposal.Key is { } key && decided.TryGetValue(key, out var before))
        {
            if ((string?)before.Body["decision"] != decision.Decision.Word || (double?)before.Body["setpoint"] != decision.Proposal.Setpoint)
                throw new ProblemException("urn:dure:loop:other-decision", $"'{decision.Proposal.Action}' to {decision.Proposal.Setpoint} is {decision.Decision.Word}; the journal has {before.Body["setpoint"]}, {before.Body["decision"]}.", $"journal entry {before.Index}",
                    "The program was changed while the work was cut off. Ask for it anew, with another seed.");
            return new(before.Index, before.Hash);
        }
        var entry = await ledger.Decided(decision, cancel);
        fresh.Add(entry.Entry);
        if (decision.Decision is not Decision.Allowed)
            log.Add(decision, entry);
        return entry;
    }

    public async Task Acted(EntryReference decision, DecisionRecord record, CancellationToken cancel)
    {
        if (!acted.Add(decision.Entry))
            return;
        await ledger.Acted(decision, record, cancel);
        if (fresh.Contains(decision.Entry))
            log.Add(record, decision);
    }
}
