using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Catalog;

/// <summary>What this node offers: a fold of the journal's publications and withdrawals. Agreements outlive a withdrawal by their own terms.</summary>
public sealed class OfferingBook
{
    public const string Published = "offering-published";
    public const string Withdrawn = "offering-withdrawn";
    public const int MaxOfferings = 100_000;

    private readonly Journal journal;
    private readonly ConcurrentDictionary<string, Offering> offered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Offering> byOffer = new(StringComparer.Ordinal);
    private volatile Offering[]? sorted;

    private OfferingBook(Journal journal) => this.journal = journal;

    /// <summary>Everything that is offered now, in the order of ids.</summary>
    public IReadOnlyList<Offering> All => sorted ??= [.. offered.Values.OrderBy(offering => offering.Id, StringComparer.Ordinal)];

    public static OfferingBook Read(Journal journal)
    {
        var book = new OfferingBook(journal);
        foreach (var entry in journal.ReadKinds(Published, Withdrawn))
            book.Apply(entry);
        return book;
    }

    public bool TryFind(string id, [NotNullWhen(true)] out Offering? offering) => offered.TryGetValue(id, out offering);

    /// <summary>The offering that an offer was for, also when it has been replaced or withdrawn since.</summary>
    public bool TryFindOffer(string offerId, [NotNullWhen(true)] out Offering? offering) => byOffer.TryGetValue(offerId, out offering);

    /// <summary>Offers something, in place of what had the same id.</summary>
    /// <exception cref="ProblemException">A field is wrong, or too much is offered already.</exception>
    public async Task<Offering> Publish(Offering offering, string actor, CancellationToken cancel)
    {
        offering.Check();
        if (offered.Count >= MaxOfferings)
            throw new ProblemException("urn:dure:exchange:too-many-offerings", $"{MaxOfferings} datasets are offered.", "catalogue", "Withdraw some first.");
        var entry = await journal.Append(Published, offering.Id, (offering with { OfferId = $"urn:uuid:{Guid.NewGuid()}" }).ToJson(), actor, cancel);
        return Apply(entry)!;
    }

    /// <summary>Stops offering something; false when it is not offered.</summary>
    public async Task<bool> Withdraw(string id, string actor, CancellationToken cancel)
    {
        if (!offered.ContainsKey(id))
            return false;
        Apply(await journal.Append(Withdrawn, id, [], actor, cancel));
        return true;
    }

    private Offering? Apply(JournalEntry entry)
    {
        Offering? offering = null;
        if (entry.Kind == Withdrawn)
            offered.TryRemove(entry.Subject, out _);
        else
            offered[entry.Subject] = byOffer[(offering = Offering.Of(entry)).OfferId] = offering;
        sorted = null;
        return offering;
    }
}
