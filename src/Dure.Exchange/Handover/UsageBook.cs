using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Evidence;

namespace Dure.Exchange.Handover;

/// <summary>What was used of an offer by one partner, or under one agreement.</summary>
/// <param name="Uses">How often.</param>
/// <param name="Bytes">How many bytes left, those that may have been on their way when the node fell included.</param>
public readonly record struct Usage(long Uses, long Bytes)
{
    internal Usage And(long uses, long bytes) => new(Uses + uses, Bytes + bytes);
}

/// <summary>What was used in one transfer.</summary>
/// <param name="Uses">How often.</param>
/// <param name="BytesOfUse">Bytes since the newest use began.</param>
/// <param name="Bytes">Bytes in all.</param>
public readonly record struct TransferUsage(long Uses, long BytesOfUse, long Bytes);

/// <summary>
/// Counts uses and bytes before the first byte leaves: a fold of the journal, so that nothing is forgotten by a restart. Bytes are
/// entered ahead in portions; what was entered and not sent is given back at the end, but not after a crash: counts err on the strict side.
/// </summary>
public sealed class UsageBook
{
    public const string Used = "data-used";

    private readonly Journal journal;
    private readonly ConcurrentDictionary<(string Offer, string Partner), Usage> byOffer = new();
    private readonly ConcurrentDictionary<string, Usage> byAgreement = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TransferUsage> byTransfer = new(StringComparer.Ordinal);

    private UsageBook(Journal journal) => this.journal = journal;

    public static UsageBook Read(Journal journal)
    {
        var book = new UsageBook(journal);
        foreach (var entry in journal.ReadKinds(Used))
            book.Apply(entry);
        return book;
    }

    /// <summary>What a partner used of an offer under all agreements on it: what limits are held against.</summary>
    public Usage Of(string offerId, string partner) => byOffer.GetValueOrDefault((offerId, partner));

    public Usage OfAgreement(string agreementId) => byAgreement.GetValueOrDefault(agreementId);

    public TransferUsage OfTransfer(string pid) => byTransfer.GetValueOrDefault(pid);

    /// <summary>Enters uses and bytes of a transfer; negative bytes give back what was not sent. On the disk when it returns.</summary>
    internal async Task Enter(string pid, string agreementId, string offerId, string partner, bool isNewUse, long bytes, CancellationToken cancel) =>
        Apply(await journal.Append(Used, pid, new JsonObject { ["agreement"] = agreementId, ["offer"] = offerId, ["partner"] = partner, ["uses"] = isNewUse ? 1 : 0, ["bytes"] = bytes }, partner, cancel));

    private void Apply(JournalEntry entry)
    {
        var body = entry.Body;
        var (uses, bytes) = ((long)body["uses"]!.GetValue<double>(), (long)body["bytes"]!.GetValue<double>());
        byOffer.AddOrUpdate((body["offer"]!.GetValue<string>(), body["partner"]!.GetValue<string>()), new Usage(uses, bytes), (_, before) => before.And(uses, bytes));
        byAgreement.AddOrUpdate(body["agreement"]!.GetValue<string>(), new Usage(uses, bytes), (_, before) => before.And(uses, bytes));
        byTransfer.AddOrUpdate(entry.Subject, new TransferUsage(uses, bytes, bytes),
            // A stream of an earlier use that still flows counts into the newest, and gives back to it: over all uses no more leaves than they allow together.
            (_, before) => new TransferUsage(before.Uses + uses, Math.Max(0, (uses > 0 ? 0 : before.BytesOfUse) + bytes), before.Bytes + bytes));
    }
}
