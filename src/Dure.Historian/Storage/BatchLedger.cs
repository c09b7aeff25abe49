using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Historian.Ingest;
using Dure.Historian.Signals;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>What the journal entry of a batch says besides its samples.</summary>
/// <param name="IsRecovered">Whether nobody was told that the batch is stored: it is entered so that the journal names all that the series hold.</param>
internal sealed record BatchFacts(long Duplicates, long OutOfOrder, long Rejected, bool IsRecovered)
{
    /// <summary>Earlier entries that the batch rests on.</summary>
    public Lineage RestsOn { get; init; } = Lineage.None;
}

/// <summary>
/// The batches in the journal: each gets an entry with its hash when its rows are durable. Those that the disk or the journal refused wait here,
/// unacknowledged, and are entered as soon as they are durable and before anything else is acknowledged.
/// </summary>
internal sealed class BatchLedger : IAsyncDisposable
{
    private const int MaxAssetsNamed = 64;
    private const int MaxSourceLength = 200;

    private readonly Journal journal;
    private readonly SignalBook signals;
    private readonly SeriesStore store;
    private readonly SemaphoreSlim entering = new(1, 1);
    private readonly Lock guard = new();
    private readonly SortedDictionary<long, SeriesStore.Admission> late = [];
    private volatile int lateCount;
    private long count;

    public BatchLedger(Journal journal, SignalBook signals, SeriesStore store, long count)
    {
        (this.journal, this.signals, this.store, this.count) = (journal, signals, store, count);
        store.OnSealed = EnterLateInBackground;
    }

    /// <summary>Batches in the journal.</summary>
    public long Count => Interlocked.Read(ref count);

    /// <summary>A source's name as it is stored: of bounded length, and without half a surrogate pair, which neither log nor journal can hold.</summary>
    public static string SourceName(string source)
    {
        if (source.Length > MaxSourceLength)
            source = source[..(char.IsHighSurrogate(source[MaxSourceLength - 1]) ? MaxSourceLength - 1 : MaxSourceLength)];
        if (!source.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF'))
            return source;
        var text = new StringBuilder(source.Length);
        foreach (var rune in source.EnumerateRunes()) // a lone half comes as the replacement character
            text.Append(rune);
        return text.ToString();
    }

    public ContentHash HashOf(BatchRecord record) => BatchHash.Of(record.Rows, number => signals[number].Id.Path);

    /// <summary>Enters a durable batch.</summary>
    /// <exception cref="ProblemException">The journal does not take it.</exception>
    public async Task<JournalEntry> Enter(BatchRecord record, ContentHash hash, BatchFacts facts, string actor)
    {
        var assets = AssetsOf(record);
        var body = new JsonObject
        {
            ["sequence"] = record.Sequence,
            ["source"] = record.Source,
            ["accepted"] = record.Samples,
            ["duplicates"] = facts.Duplicates,
            ["outOfOrder"] = facts.OutOfOrder,
            ["rejected"] = facts.Rejected,
            ["signals"] = record.Rows.Count,
            ["from"] = record.Rows.Min(rows => rows.Times[0]),
            ["to"] = record.Rows.Max(rows => rows.Times[^1]),
            // A batch over very many machines names none: it then counts for all.
            ["assets"] = assets is null ? null : new JsonArray([.. assets.Select(asset => JsonValue.Create(asset))]),
        };
        if (facts.IsRecovered)
            body["recovered"] = true;
        if (facts.RestsOn.Refs.Count > 0)
            facts.RestsOn.Into(body);
        var entry = await journal.Append(PlantHistorian.Ingested, hash.ToString(), body, actor, CancellationToken.None);
        Interlocked.Increment(ref count);
        return entry;
    }

    /// <summary>Enters the batches that a start found without an entry.</summary>
    public async Task EnterMissing(IEnumerable<BatchRecord> found)
    {
        foreach (var record in found)
            await EnterRecovered(record);
    }

    /// <summary>Keeps a batch that could not be made durable or entered.</summary>
    public void EnterLater(SeriesStore.Admission refused)
    {
        if (refused.Record is not { } record)
            return;
        lock (guard)
        {
            late[record.Sequence] = refused;
            lateCount = late.Count;
        }
        // It may have been sealed before it was put here, and then nothing else would look for it.
        if (!refused.Written.IsCompletedSuccessfully && store.IsSealed(record.Sequence))
            EnterLateInBackground();
    }

    /// <summary>Enters what is late and durable by now, oldest first.</summary>
    /// <exception cref="ProblemException">The journal does not take it; it stays late.</exception>
    public async ValueTask EnterLate()
    {
        if (lateCount == 0)
            return;
        await entering.WaitAsync();
        try
        {
            foreach (var batch in Late().Where(IsDurable))
            {
                await EnterRecovered(batch.Record!);
                batch.Journaled.TrySetResult();
                lock (guard)
                {
                    late.Remove(batch.Record!.Sequence);
                    lateCount = late.Count;
                }
            }
        }
        finally
        {
            entering.Release();
        }
    }

    /// <summary>Waits for what is being entered; what is still late then, the next start enters.</summary>
    public async ValueTask DisposeAsync()
    {
        await entering.WaitAsync();
        lateCount = 0;
    }

    private SeriesStore.Admission[] Late()
    {
        lock (guard)
            return [.. late.Values];
    }

    private bool IsDurable(SeriesStore.Admission batch) => batch.Written.IsCompletedSuccessfully || store.IsSealed(batch.Record!.Sequence);

    private void EnterLateInBackground()
    {
        if (lateCount > 0)
            _ = Task.Run(TryEnterLate);
    }

    private async Task TryEnterLate()
    {
        try
        {
            await EnterLate();
        }
        catch (ProblemException refused)
        {
            store.Tell(refused.Problem); // It is tried again before the next batch is acknowledged.
        }
    }

    private Task<JournalEntry> EnterRecovered(BatchRecord record) => Enter(record, HashOf(record), new BatchFacts(0, 0, 0, IsRecovered: true), "node");

    /// <summary>The machines of a batch by name; null when they are too many to name.</summary>
    private string[]? AssetsOf(BatchRecord record)
    {
        var assets = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rows in record.Rows)
        {
            if (assets.Add(signals[rows.Series].Id.Asset.Path) && assets.Count > MaxAssetsNamed)
                return null;
        }
        return [.. assets.Order(StringComparer.Ordinal)];
    }
}
