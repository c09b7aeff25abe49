using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Historian.Signals;
using Dure.Historian.Storage;
using Dure.Kernel;

namespace Dure.Historian.Queries;

/// <summary>
/// What comes in of some signals, late samples and corrections too, in pieces of bounded size: for one reader that remembers its place. Nothing
/// is left out, whenever it asks again and whatever was restarted meanwhile: the journal says what came. New batches are handed over as they
/// were; older ones are read from the series in the stretches of time that they touched, so that samples which were handed over before may come
/// again among them, with the value they have now.
/// </summary>
public sealed class SeriesFeed : IDisposable
{
    private const int BytesPerSample = 40;
    private const int BytesPerBlock = 200;

    /// <summary>So many entries are looked at for one piece.</summary>
    private const int MostEntries = 20_000;

    /// <summary>So many batches are read from the series as one stretch.</summary>
    private const int MostBatchesInPlan = 4096;

    private readonly Journal journal;
    private readonly SignalBook signals;
    private readonly SeriesStore store;
    private readonly RecentBatches recent;
    private readonly Func<SignalDefinition, bool> isWanted;
    private readonly long oldest;
    private readonly Dictionary<int, bool> wanted = [];
    private TaskCompletionSource news = New();
    private (FeedCursor For, ReadPlan Plan)? plan;

    internal SeriesFeed(Journal journal, SignalBook signals, SeriesStore store, RecentBatches recent, Func<SignalDefinition, bool> isWanted, long oldest)
    {
        (this.journal, this.signals, this.store, this.recent, this.isWanted, this.oldest) = (journal, signals, store, recent, isWanted, oldest);
        recent.Want();
        journal.Appended += Hear;
    }

    /// <summary>About how many bytes a piece takes on a line.</summary>
    internal long MostBytes { get; set; } = 4 << 20;

    /// <summary>The next piece; empty when nothing has come.</summary>
    /// <exception cref="ProblemException">The cursor is not one of this node.</exception>
    public FeedPage Next(FeedCursor cursor, CancellationToken cancel)
    {
        var end = journal.Count;
        if (cursor.Entry > end || cursor.Until > end || (cursor.Entry >= 0 && cursor.Until - cursor.Entry > MostEntries))
            throw new ProblemException("urn:dure:historian:bad-cursor", "There is no such place in the journal.", $"cursor {cursor}", "Go on from a cursor that this node gave.");
        return cursor.IsReading ? ReadSeries(cursor, end, cancel) : Follow(cursor, end, cancel);
    }

    /// <summary>Completes when a batch has come since the cursor was given.</summary>
    public Task News(FeedCursor cursor)
    {
        var waiting = Volatile.Read(ref news).Task;
        return journal.Count > cursor.Entry && journal.Read(cursor.Entry, Math.Min(journal.Count, cursor.Entry + MostEntries)).Any(entry => entry.Kind == PlantHistorian.Ingested) ? Task.CompletedTask : waiting;
    }

    public void Dispose() => journal.Appended -= Hear;

    private void Hear(JournalEntry entry)
    {
        if (entry.Kind == PlantHistorian.Ingested)
            Interlocked.Exchange(ref news, New()).SetResult();
    }

    /// <summary>Goes through the journal from the cursor on, as long as the batches' rows are at hand.</summary>
    private FeedPage Follow(FeedCursor cursor, long end, CancellationToken cancel)
    {
        var (rows, bytes, at) = (new List<FeedRows>(), 0L, cursor.Entry);
        foreach (var entry in journal.Read(cursor.Entry, Math.Min(end, cursor.Entry + MostEntries)))
        {
            cancel.ThrowIfCancellationRequested();
            if (entry.Kind == PlantHistorian.Ingested)
            {
                var some = recent.TryFind(SequenceOf(entry), out var kept) ? Wanted(kept) : null;
                var size = some?.Sum(SizeOf) ?? long.MaxValue;
                if (rows.Count > 0 && bytes + Math.Min(size, MostBytes) > MostBytes)
                    return new FeedPage(rows, new FeedCursor(at), true);
                if (size > MostBytes)
                    return ReadSeries(new FeedCursor(entry.Index, EndOfPlan(entry.Index, end)), end, cancel);
                rows.AddRange(some!);
                bytes += size;
            }
            at = entry.Index + 1;
        }
        return new FeedPage(rows, new FeedCursor(at), at < end);
    }

    /// <summary>The entries from one on whose batches are not at hand.</summary>
    private long EndOfPlan(long from, long end)
    {
        var batches = 0;
        foreach (var entry in journal.Read(from, Math.Min(end, from + MostEntries)))
        {
            if (entry.Kind == PlantHistorian.Ingested && (++batches > MostBatchesInPlan || (entry.Index > from && recent.TryFind(SequenceOf(entry), out _))))
                return entry.Index;
        }
        return Math.Min(end, from + MostEntries);
    }

    private FeedPage ReadSeries(FeedCursor cursor, long end, CancellationToken cancel)
    {
        var key = cursor with { Series = 0, Time = 0 };
        if (plan is not { } known || known.For != key)
            plan = known = (key, cursor.Entry < 0 ? ReadPlan.Everything : ReadPlan.Of(journal.Read(cursor.Entry, cursor.Until).Where(entry => entry.Kind == PlantHistorian.Ingested)));
        var (rows, bytes) = (new List<FeedRows>(), 0L);
        for (var (number, time) = (cursor.Series, cursor.Time); number < signals.Count; (number, time) = (number + 1, 0))
        {
            if (!IsWanted(number))
                continue;
            foreach (var (from, to) in known.Plan.Of(signals[number].Id.Asset.Path))
            {
                using var scan = store.Read(number, Math.Max(Math.Max(from, time), oldest), to);
                while (scan.Next())
                {
                    cancel.ThrowIfCancellationRequested();
                    var room = (int)Math.Min(scan.Count, (MostBytes - bytes - BytesPerBlock) / BytesPerSample);
                    if (room > 0)
                        rows.Add(new FeedRows(signals[number], scan.Times[..room].ToArray(), scan.Values[..room].ToArray(), scan.Qualities[..room].ToArray()));
                    bytes += BytesPerBlock + (long)room * BytesPerSample;
                    if (room < scan.Count)
                        return new FeedPage(rows, cursor with { Series = number, Time = scan.Times[Math.Max(room, 0)] }, true);
                }
            }
        }
        return new FeedPage(rows, new FeedCursor(cursor.Until), cursor.Until < end);
    }

    private List<FeedRows> Wanted(IReadOnlyList<AcceptedRows> kept)
    {
        var some = new List<FeedRows>();
        foreach (var rows in kept)
        {
            if (!IsWanted(rows.Series))
                continue;
            var from = 0;
            while (from < rows.Times.Length && rows.Times[from] < oldest)
                from++;
            if (from < rows.Times.Length)
                some.Add(new FeedRows(signals[rows.Series], rows.Times.AsMemory(from), rows.Values.AsMemory(from), rows.Qualities.AsMemory(from)));
        }
        return some;
    }

    private bool IsWanted(int number) => wanted.TryGetValue(number, out var isIt) ? isIt : wanted[number] = isWanted(signals[number]);

    private static long SizeOf(FeedRows rows) => BytesPerBlock + rows.Signal.Id.Path.Length + 3L * rows.Signal.Description.Length + (long)rows.TimesMicros.Length * BytesPerSample;

    private static long SequenceOf(JournalEntry entry) => entry.Body["sequence"] is JsonValue value ? value.GetValue<long>() : -1;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
