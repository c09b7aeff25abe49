using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// Merges segments in the background, so that a question looks into few files and late rows lie in their place (<see cref="MergePlan"/>).
/// Also removes what is older than its series' limit.
/// </summary>
internal sealed class Compactor(SeriesStore store) : IAsyncDisposable
{
    private readonly SemaphoreSlim wake = new(0);
    private readonly SemaphoreSlim oneAtATime = new(1);
    private readonly CancellationTokenSource stopping = new();
    private Task worker = Task.CompletedTask;

    /// <summary>Paths of segments that could not be read: a run ends before them. Only the worker looks here.</summary>
    private readonly HashSet<string> damaged = new(StringComparer.Ordinal);

    public void Start() => worker = Task.Run(Work);

    /// <summary>A segment was added: there may be something to merge.</summary>
    public void Wake() => wake.Release();

    public Task MergeAll(CancellationToken cancel) => Alone(held => held.Count > 1 ? MergeInto(held, cancel) : Task.FromResult(false), cancel);

    /// <summary>Removes blocks of which every row is older than its series' limit.</summary>
    /// <returns>How many samples went.</returns>
    public async Task<long> Retire(Func<int, long> oldestKept, CancellationToken cancel)
    {
        var retirement = new Retirement(oldestKept);
        try
        {
            await Alone(async held =>
            {
                foreach (var segment in held)
                    await RetireFrom(segment, retirement, cancel);
                return false;
            }, cancel);
        }
        finally
        {
            // What went is gone, also when the journal or the disk refused what was to follow.
            store.ForgetRetired(retirement.Removed);
        }
        return retirement.Removed.Values.Sum();
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        // What ended the worker was told when it happened; a shutdown goes on.
        await worker.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
        wake.Dispose();
        oneAtATime.Dispose();
    }

    private async Task Work()
    {
        try
        {
            while (true)
            {
                await wake.WaitAsync(stopping.Token);
                await MergeUntilNothingIsLeft();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: a merge that was cut off left nothing but a temporary file.
        }
    }

    private async Task MergeUntilNothingIsLeft()
    {
        try
        {
            while (await Alone(held => Choose(held) is { } run ? MergeInto(run, stopping.Token) : Task.FromResult(false), stopping.Token))
            {
            }
        }
        catch (ProblemException refused)
        {
            // A damaged part is left out from now on, and told of when it is read. Where the journal refused the entry, the next start makes it.
            if (refused.Problem.Type == Segment.DamagedType)
                damaged.Add(refused.Problem.Where);
            store.Tell(refused.Problem);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The parts stay as they are and are read as before.
            store.Tell(new Problem("urn:dure:historian:merge-failed", $"Segments could not be merged: {failure.Message}", store.Folder,
                "Free space or mend the disk; it is tried again with the next segment."));
        }
    }

    private async Task<bool> Alone(Func<IReadOnlyList<Segment>, Task<bool>> work, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        var held = store.HoldMergeable();
        try
        {
            return await work(held);
        }
        finally
        {
            foreach (var segment in held)
                segment.Release();
            oneAtATime.Release();
        }
    }

    /// <summary>What to merge among neighbours without a damaged one between them.</summary>
    private IReadOnlyList<Segment>? Choose(IReadOnlyList<Segment> held)
    {
        for (var end = held.Count; end > 0;)
        {
            var start = end;
            while (start > 0 && !damaged.Contains(held[start - 1].Path))
                start--;
            if (MergePlan.Choose([.. held.Take(end).Skip(start)]) is { } run)
                return run;
            end = start < end ? start : end - 1;
        }
        return null;
    }

    private async Task<bool> MergeInto(IReadOnlyList<Segment> run, CancellationToken cancel)
    {
        using var writer = new SegmentWriter(store.Folder);
        var pending = new PendingRows(writer);
        foreach (var number in run.SelectMany(Numbers).Distinct().Order().ToArray())
        {
            cancel.ThrowIfCancellationRequested();
            writer.BeginSeries(number);
            using var scan = new SeriesScan([.. run.SelectMany(segment => SourceOf(segment, number))]);
            while (scan.Next())
                pending.Take(scan);
            pending.Flush();
        }
        var (merged, facts) = writer.Finish(run[0].FirstSequence, run[^1].LastSequence, [.. run.Select(segment => segment.Name)]);
        store.Replace(run, merged);
        await store.OnSegment(facts);
        return true;
    }

    /// <summary>Of a segment of which nothing is kept an empty one stays: it says that its batches were there.</summary>
    private async Task RetireFrom(Segment segment, Retirement retirement, CancellationToken cancel)
    {
        if (!retirement.Touches(segment))
        {
            retirement.Pass(segment);
            return;
        }
        using var writer = new SegmentWriter(store.Folder);
        retirement.CopyKept(segment, writer, cancel);
        var (kept, facts) = writer.Finish(segment.FirstSequence, segment.LastSequence, [segment.Name]);
        retirement.Pass(segment, kept);
        store.Replace([segment], kept);
        await store.OnSegment(facts);
    }

    private static int[] Numbers(Segment segment)
    {
        var numbers = new int[segment.Series.Length];
        for (var i = 0; i < numbers.Length; i++)
            numbers[i] = segment.Series[i].Series;
        return numbers;
    }

    private static IEnumerable<ScanSource> SourceOf(Segment segment, int number) =>
        segment.TryFind(number, out var entry) ? [new ScanSource(segment, entry, 0, entry.Blocks, long.MinValue, long.MaxValue)] : [];

    /// <summary>Rows gathered until they fill a block; blocks that are full already are taken over as they are.</summary>
    private sealed class PendingRows(SegmentWriter writer)
    {
        private const int WorthCopying = BlockCodec.MostSamples * 3 / 4;

        private readonly long[] times = new long[BlockCodec.MostSamples];
        private readonly double[] values = new double[BlockCodec.MostSamples];
        private readonly Quality[] qualities = new Quality[BlockCodec.MostSamples];
        private int count;

        public void Take(SeriesScan scan)
        {
            if (scan.IsStored && scan.Count >= WorthCopying && (count == 0 || count >= BlockCodec.MostSamples / 2))
            {
                Flush();
                writer.Copy(scan.Entry, scan.Bytes);
                return;
            }
            for (var (taken, all) = (0, scan.Count); taken < all;)
            {
                var rows = Math.Min(all - taken, times.Length - count);
                scan.Times.Slice(taken, rows).CopyTo(times.AsSpan(count));
                scan.Values.Slice(taken, rows).CopyTo(values.AsSpan(count));
                scan.Qualities.Slice(taken, rows).CopyTo(qualities.AsSpan(count));
                (taken, count) = (taken + rows, count + rows);
                if (count == times.Length)
                    Flush();
            }
        }

        public void Flush()
        {
            if (count > 0)
                writer.Add(times.AsSpan(0, count), values.AsSpan(0, count), qualities.AsSpan(0, count));
            count = 0;
        }
    }
}
