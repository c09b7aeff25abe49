using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Evidence;

namespace Dure.Exchange.Handover.Live;

/// <summary>How far a stream of series was received.</summary>
/// <param name="Cursor">What the newest piece said about where to go on; null before the first.</param>
/// <param name="Samples">How many samples came, over all transfers of the agreement.</param>
/// <param name="Bytes">How many bytes.</param>
/// <param name="Refused">How many samples were not taken, such as those ahead of this node's clock.</param>
public sealed record SeriesProgress(string? Cursor, long Samples, long Bytes, long Refused)
{
    public static SeriesProgress None { get; } = new(null, 0, 0, 0);
}

/// <summary>
/// How far the series of each agreement were received: a fold of the journal. An entry names the batches that came since the one before, so that
/// each can be traced to its agreement. It is written some time after the samples: what comes again after a crash is known by its times.
/// </summary>
public sealed class SeriesBook
{
    public const string Arrived = "series-received";

    private readonly Journal journal;
    private readonly ConcurrentDictionary<string, SeriesProgress> byAgreement = new(StringComparer.Ordinal);

    private SeriesBook(Journal journal) => this.journal = journal;

    public static SeriesBook Read(Journal journal)
    {
        var book = new SeriesBook(journal);
        foreach (var entry in journal.ReadKinds(Arrived))
            book.Apply(entry);
        return book;
    }

    public SeriesProgress OfAgreement(string agreementId) => byAgreement.GetValueOrDefault(agreementId, SeriesProgress.None);

    /// <param name="batches">The batches' entries in the journal.</param>
    internal async Task Enter(string transferPid, string agreementId, string provider, SeriesProgress progress, IReadOnlyList<EntryRef> batches, CancellationToken cancel) =>
        Apply(await journal.Append(Arrived, transferPid, Lineage.Of(batches).Into(new JsonObject
        {
            ["agreement"] = agreementId,
            ["cursor"] = progress.Cursor,
            ["samples"] = progress.Samples,
            ["bytes"] = progress.Bytes,
            ["refused"] = progress.Refused,
        }), provider, cancel));

    private void Apply(JournalEntry entry)
    {
        var body = entry.Body;
        byAgreement[body["agreement"]!.GetValue<string>()] = new SeriesProgress(body["cursor"]?.GetValue<string>(), Whole(body, "samples"), Whole(body, "bytes"), Whole(body, "refused"));
    }

    private static long Whole(JsonObject body, string name) => (long)body[name]!.GetValue<double>();
}
