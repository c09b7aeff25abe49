using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Historian.Ingest;
using Dure.Historian.Queries;
using Dure.Historian.Signals;
using Dure.Historian.Storage;
using Dure.Historian.Storage.Segments;
using Dure.Historian.Watching;
using Dure.Kernel;

namespace Dure.Historian;

/// <summary>
/// Keeps what machines measure. An append returns when its samples are on disk and its hash is in the journal; a sample that was
/// acknowledged is there once after any crash. Reading streams and never sees a time twice.
/// </summary>
public sealed class PlantHistorian : IAsyncDisposable
{
    /// <summary>Kind of the journal entry that holds a batch's hash.</summary>
    public const string Ingested = "ingested";

    private const int MaxAppendsUnderWay = 512;
    private const long MaxSteps = 100_000_000;

    private readonly Journal journal;
    private readonly SignalBook signals;
    private readonly RetentionBook retention;
    private readonly SeriesStore store;
    private readonly SegmentLedger ledger;
    private readonly BatchLedger batches;
    private readonly AdmissionDesk desk;
    private readonly TimeProvider time;
    private readonly WatchKeeper watching;
    private readonly RecentBatches recent = new();
    private readonly SemaphoreSlim underWay = new(MaxAppendsUnderWay, MaxAppendsUnderWay);
    private long duplicates;
    private long outOfOrder;
    private long rejected;

    private PlantHistorian(
        Journal journal, SignalBook signals, RetentionBook retention, SeriesStore store, SegmentLedger ledger, BatchLedger batches, AdmissionDesk desk, WatchKeeper watching,
        TimeProvider time, HistorianRecovery recovery)
    {
        (this.journal, this.signals, this.retention, this.store, this.ledger) = (journal, signals, retention, store, ledger);
        (this.desk, this.watching, this.time, this.batches, Recovery) = (desk, watching, time, batches, recovery);
        store.Tell = problem => Troubled?.Invoke(problem);
    }

    /// <summary>Something in the background failed and is tried again; from any thread.</summary>
    public event Action<Problem>? Troubled;

    /// <summary>What opening found and mended.</summary>
    public HistorianRecovery Recovery { get; }

    /// <summary>What is seen of the signals' quality while samples come in.</summary>
    public PlantWatch Watch => watching.Watch;

    /// <summary>How many signals are registered; none ever goes.</summary>
    public int SignalCount => signals.Count;

    public HistorianCounts Counts => new(signals.Count, store.Samples,
        batches.Count, Interlocked.Read(ref duplicates), Interlocked.Read(ref outOfOrder), Interlocked.Read(ref rejected));

    /// <summary>All signals, by path.</summary>
    public IReadOnlyList<SignalInfo> Signals => [.. Enumerable.Range(0, signals.Count).Select(Describe).OrderBy(signal => signal.Id)];

    /// <summary>Opens the store, replays its log, and enters into the journal what a crash kept from it.</summary>
    /// <exception cref="ProblemException">A file is damaged; it says which and where.</exception>
    public static async Task<PlantHistorian> Open(HistorianOptions options, Journal journal, TimeProvider time, CancellationToken cancel)
    {
        var signals = new SignalBook();
        var journaled = new HashSet<long>();
        var retention = new RetentionBook();
        var ledger = new SegmentLedger(journal, options.DataPath);
        foreach (var entry in journal.Read())
        {
            cancel.ThrowIfCancellationRequested();
            signals.Apply(entry);
            ledger.Apply(entry);
            retention.Apply(entry);
            if (entry.Kind == Ingested && entry.Body["sequence"] is { } sequence)
                journaled.Add(sequence.GetValue<long>());
        }
        var (replayedBatches, replayedSamples) = (0L, 0L);
        var missing = new SortedDictionary<long, BatchRecord>();
        var store = SeriesStore.Open(options.DataPath, new StoreOptions(options.MemorySamples, options.BulkSamples), (record, isReplayed) =>
        {
            if (isReplayed)
                (replayedBatches, replayedSamples) = (replayedBatches + 1, replayedSamples + record.Samples);
            if (!journaled.Contains(record.Sequence))
                missing[record.Sequence] = record;
        }, ledger.Enter, out var tornBytes);
        try
        {
            if (journaled.Count > 0 && journaled.Max() > store.LastSequence)
            {
                throw new ProblemException("urn:dure:historian:batches-gone", $"The journal names batches up to {journaled.Max()}, the series end at batch {store.LastSequence}.", options.DataPath,
                    "Restore the folder from a copy that is as new as the journal; the journal's entries say which samples are missing.");
            }
            foreach (var record in store.SealedAlone(sequence => journaled.Contains(sequence) || missing.ContainsKey(sequence)).ToArray())
                missing[record.Sequence] = record;
            var batches = new BatchLedger(journal, signals, store, journaled.Count);
            await batches.EnterMissing(missing.Values);
            await ledger.EnterMissing(store.SegmentSizes, cancel);
            var historian = new PlantHistorian(journal, signals, retention, store, ledger, batches, new AdmissionDesk(signals, time, options.ClockTolerance),
                WatchKeeper.Open(options.DataPath, signals, store, time), time, new HistorianRecovery(replayedBatches, replayedSamples, tornBytes, missing.Count));
            store.Start();
            return historian;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }
    }

    public bool TryFind(SignalId id, out SignalInfo signal)
    {
        var isKnown = signals.TryFind(id, out var number);
        signal = isKnown ? Describe(number) : null!;
        return isKnown;
    }

    /// <summary>Whether a signal with this path is known; any text may be asked about.</summary>
    public bool Knows(string path) => signals.TryFind(path, out _);

    /// <summary>A known signal.</summary>
    /// <exception cref="ProblemException">It is not known.</exception>
    public SignalInfo Find(SignalId id) => TryFind(id, out var signal) ? signal
        : throw new ProblemException("urn:dure:historian:unknown-signal", "This signal is not known here.", $"signal {id}", "List the known ones with 'dure signals list'.");

    /// <summary>Makes signals known. Those known with the same unit and role are left as they are.</summary>
    /// <returns>How many are new.</returns>
    public Task<int> Register(IReadOnlyList<SignalDefinition> definitions, string actor, CancellationToken cancel) =>
        signals.Register(definitions, journal, actor, cancel);

    /// <summary>
    /// Takes a batch. Samples that cannot be are refused and named, the rest is kept. Sending a batch again changes nothing: its samples are
    /// duplicates.
    /// </summary>
    public async ValueTask<BatchReceipt> Append(SampleBatch batch, string actor, CancellationToken cancel)
    {
        await underWay.WaitAsync(cancel);
        try
        {
            return await Admit(batch, actor);
        }
        finally
        {
            underWay.Release();
        }
    }

    /// <summary>The samples of a signal within a range, ascending, in blocks.</summary>
    public async IAsyncEnumerable<SampleBlock> Read(SignalId id, TimeRange range, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        using var scan = store.Read(Find(id).Number, Micros.Of(range.Start), Micros.Of(range.End));
        while (scan.Next())
        {
            cancel.ThrowIfCancellationRequested();
            yield return new SampleBlock(scan.Times.ToArray(), scan.Values.ToArray(), scan.Qualities.ToArray());
        }
    }

    /// <summary>Follows what comes in of some signals, from a place in the journal on.</summary>
    /// <param name="isWanted">Which signals; asked once for each.</param>
    /// <param name="since">Samples of earlier times are left out; null for none.</param>
    public SeriesFeed Follow(Func<SignalDefinition, bool> isWanted, DateTimeOffset? since) => new(journal, signals, store, recent, isWanted, since is { } first ? Micros.Of(first) : 0);

    /// <summary>The newest sample of a signal; null when there is none.</summary>
    public Sample? Latest(SignalId id) => Find(id).Latest;

    /// <summary>The newest sample of a signal at or before a time; null when there is none.</summary>
    public Sample? At(SignalId id, DateTimeOffset time) => store.At(NumberOf(id), Micros.Of(time));

    /// <summary>What a signal was at each of many times: for each the newest sample at or before it.</summary>
    /// <param name="timesMicros">Ascending, µs since 1970.</param>
    /// <param name="oldestAge">How old a sample may be at its time; null for any age.</param>
    public AsOfColumn AsOf(SignalId id, ReadOnlySpan<long> timesMicros, TimeSpan? oldestAge, CancellationToken cancel)
    {
        for (var i = 1; i < timesMicros.Length; i++)
            ArgumentOutOfRangeException.ThrowIfLessThan(timesMicros[i], timesMicros[i - 1], nameof(timesMicros));
        if (timesMicros.Length == 0)
            return new AsOfColumn([], [], []);
        var number = NumberOf(id);
        var before = store.At(number, timesMicros[0]);
        using var scan = store.Read(number, timesMicros[0], timesMicros[^1] is long.MaxValue ? long.MaxValue : timesMicros[^1] + 1);
        using var join = new AsOfJoin(scan, oldestAge is { } age ? (long)age.TotalMicroseconds : long.MaxValue);
        return join.Run(before, timesMicros, cancel);
    }

    /// <summary>The range cut into equal steps with statistics of each; steps without samples have a count of 0.</summary>
    /// <param name="range">Clipped to the samples there are.</param>
    /// <param name="buckets">1 to 4,000.</param>
    public IReadOnlyList<Bucket> Resample(SignalId id, TimeRange range, int buckets, CancellationToken cancel, Aggregates aggregates = Aggregates.Basic)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buckets, 4000);
        var facts = store.Facts(NumberOf(id));
        var (from, to) = (Math.Max(facts.FirstTime, Micros.Of(range.Start)), Math.Min(facts.LastTime, Micros.Of(range.End) - 1) + 1);
        return from >= to ? [] : [.. Resample(id, from, to, Math.Max(1, (to - from + buckets - 1) / buckets), aggregates, cancel)];
    }

    /// <summary>A range in steps of a given length from its start on, streamed; steps without samples have a count of 0.</summary>
    /// <param name="range">Not clipped: it begins and ends where it says, so both ends must be given.</param>
    /// <param name="step">One microsecond or more; at most 100 million steps make a range.</param>
    public IEnumerable<Bucket> Resample(SignalId id, TimeRange range, TimeSpan step, CancellationToken cancel, Aggregates aggregates = Aggregates.Basic)
    {
        var (from, to, width) = (Micros.Of(range.Start), Micros.Of(range.End), (long)step.TotalMicroseconds);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1, nameof(step));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((to - from) / width, MaxSteps, nameof(step));
        return Resample(id, from, to, width, aggregates, cancel);
    }

    /// <summary>How long samples are kept, by path; without a rule, for ever.</summary>
    public IReadOnlyList<RetentionRule> Retention => retention.Rules;

    /// <exception cref="ProblemException">The rule cannot be.</exception>
    public Task SetRetention(RetentionRule rule, string actor, CancellationToken cancel) => retention.Change(rule, journal, actor, cancel);

    /// <summary>Removes stored blocks of which every sample is older than its signal's rule keeps; the journal says how many went.</summary>
    public async Task<long> ApplyRetention(string actor, CancellationToken cancel)
    {
        if (retention.Rules.Count == 0)
            return 0;
        var now = time.GetUtcNow();
        var removed = await store.Retire(number => retention.OldestKept(signals[number].Id, now), cancel);
        if (removed > 0)
            await journal.Append(RetentionBook.Applied, "series", new JsonObject { ["removedSamples"] = removed, ["asOf"] = Micros.Of(now) }, actor, cancel);
        return removed;
    }

    /// <summary>Writes what is in memory to disk and merges all segments: the smallest and quickest form. It happens by itself in the background, too.</summary>
    public Task Compact(CancellationToken cancel) => store.Compact(cancel);

    /// <summary>The batches that brought samples of these assets within the range: what a dataset cut from them rests on.</summary>
    public IReadOnlyList<BatchReference> BatchesOf(IReadOnlyCollection<AssetId> assets, TimeRange range, CancellationToken cancel)
    {
        var wanted = assets.Select(asset => asset.Path).ToHashSet(StringComparer.Ordinal);
        var (from, to) = (Micros.Of(range.Start), Micros.Of(range.End));
        var found = new List<BatchReference>();
        foreach (var entry in journal.ReadKinds(Ingested))
        {
            cancel.ThrowIfCancellationRequested();
            if (Touches(entry.Body, wanted, from, to))
                found.Add(new BatchReference(ContentHash.Parse(entry.Subject), entry.Index, entry.Hash));
        }
        return found;
    }

    /// <summary>The segments that hold samples of a range, with their hashes as the journal has them.</summary>
    public IReadOnlyList<SegmentReference> SegmentsOf(TimeRange range)
    {
        var (from, to) = (Micros.Of(range.Start), Micros.Of(range.End));
        return [.. store.SegmentNames.Select(ledger.Find).OfType<SegmentReference>().Where(segment => segment.Samples > 0 && segment.From < to && segment.To >= from)];
    }

    /// <summary>Compares the segments' files with their hashes in the journal.</summary>
    public IAsyncEnumerable<Problem> VerifySegments(CancellationToken cancel) => ledger.Verify(store.SegmentNames, cancel);

    public async ValueTask DisposeAsync()
    {
        watching.Dispose();
        await store.DisposeAsync();
        signals.Dispose();
        await batches.DisposeAsync();
        underWay.Dispose();
    }

    private IEnumerable<Bucket> Resample(SignalId id, long from, long to, long width, Aggregates aggregates, CancellationToken cancel)
    {
        var number = NumberOf(id);
        var before = aggregates.HasFlag(Aggregates.TimeWeighted) && from > 0 ? store.At(number, from - 1) : null;
        using var scan = store.Read(number, from, to);
        foreach (var bucket in new Resampling(scan, from, width, aggregates).Run((to - from + width - 1) / width, before, cancel))
            yield return bucket;
    }

    private int NumberOf(SignalId id) => signals.TryFind(id, out var number) ? number : Find(id).Number;

    private async Task<BatchReceipt> Admit(SampleBatch batch, string actor)
    {
        var judged = desk.Judge(batch);
        Interlocked.Add(ref rejected, batch.RejectedCount);
        if (judged.Rows.Count == 0)
            return new BatchReceipt(null, null, 0, judged.DuplicatesWithin, 0, 0, 0, batch.RejectedCount, batch.Rejections);

        var admission = store.Append(judged.Rows, BatchLedger.SourceName(batch.Source));
        recent.Keep(admission.Record);
        try
        {
            watching.Observe(judged.Rows, admission.Record?.Rows ?? []); // before anything is awaited: in the order of appends
            var same = judged.DuplicatesWithin + admission.Duplicates;
            Interlocked.Add(ref duplicates, same);
            Interlocked.Add(ref outOfOrder, admission.OutOfOrder);
            // Hashed while the disk writes.
            var hash = admission.Record is { } written ? batches.HashOf(written) : default;
            await admission.Durable;
            await batches.EnterLate();
            if (admission.Record is not { } record)
                return new BatchReceipt(null, null, 0, same, 0, 0, 0, batch.RejectedCount, batch.Rejections);

            var entry = await batches.Enter(record, hash, new BatchFacts(same, admission.OutOfOrder, batch.RejectedCount, IsRecovered: false) { RestsOn = batch.RestsOn }, actor);
            admission.Journaled.SetResult();
            return new BatchReceipt(hash, entry.Index, record.Samples, same, admission.Corrected, admission.OutOfOrder, judged.OutOfRange, batch.RejectedCount, batch.Rejections);
        }
        catch
        {
            batches.EnterLater(admission);
            throw;
        }
    }

    private static bool Touches(JsonObject body, HashSet<string> assets, long from, long to) =>
        body["from"]!.GetValue<long>() < to && body["to"]!.GetValue<long>() >= from
        && (body["assets"] is not JsonArray named || named.Any(asset => assets.Contains(asset!.GetValue<string>())));

    private SignalInfo Describe(int number)
    {
        var facts = store.Facts(number);
        return new SignalInfo(number, signals[number], facts.Samples, facts.Samples > 0 ? Micros.Time(facts.FirstTime) : null, facts.Latest);
    }
}
