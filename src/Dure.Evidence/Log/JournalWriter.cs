using System.Buffers;
using System.Threading.Channels;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// The one task that writes: takes what waits, gives each entry its place, writes the group, flushes once, tells the
/// observers and then the callers. A write that fails (a full disk) fails its group and the journal goes on; a flush that
/// fails stops the journal, because what the disk then holds is unknown until it is opened again.
/// </summary>
internal sealed class JournalWriter : IAsyncDisposable
{
    private const int GroupEntries = 8192;
    private const int GroupBytes = 4 << 20;
    private const long HeadEntries = 100_000;

    private readonly Segments segments;
    private readonly JournalIndex index;
    private readonly HeadFile headFile;
    private readonly TimeProvider time;
    private readonly JournalOptions options;
    private readonly Func<SignedHead> sign;
    private readonly Action<JournalEntry> observe;
    private readonly Channel<Waiting> queue;
    private readonly ArrayBufferWriter<byte> frames = new(64 * 1024);
    private readonly List<(Waiting Waiting, JournalEntry Entry, int Offset)> group = [];
    private readonly Task running;
    private ContentHash last;
    private long count, headSize, headStamp;

    public JournalWriter(JournalOpening opening, HeadFile headFile, TimeProvider time, JournalOptions options, Func<SignedHead> sign, Action<JournalEntry> observe)
    {
        (segments, index, last) = (opening.Segments, opening.Index, opening.Last);
        (this.headFile, this.time, this.options, this.sign, this.observe) = (headFile, time, options, sign, observe);
        count = opening.Index.Count;
        headSize = opening.HeadSize;
        headStamp = time.GetTimestamp();
        queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.QueueCapacity) { FullMode = BoundedChannelFullMode.Wait, SingleReader = true });
        running = Task.Run(Run);
    }

    public long Count => Volatile.Read(ref count);

    public async ValueTask<JournalEntry> Append(EntryDraft draft, CancellationToken cancel)
    {
        if (draft.MaxLength > options.MaxEntryBytes)
            throw new ProblemException("urn:dure:evidence:entry-too-large", $"The entry has {draft.MaxLength} bytes; {options.MaxEntryBytes} are allowed.", "journal entry",
                "Keep the large part as a blob and name its hash in the entry.");
        var waiting = new Waiting(draft);
        try
        {
            await queue.Writer.WriteAsync(waiting, cancel);
        }
        catch (ChannelClosedException cause)
        {
            throw Stopped(cause.InnerException);
        }
        return await waiting.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        queue.Writer.TryComplete();
        await running;
    }

    private async Task Run()
    {
        try
        {
            while (await WaitForWork())
                WriteGroup();
            PersistHead();
        }
        catch (Exception cause)
        {
            // The outermost loop of the writer: nothing may be acknowledged after this, so everything waiting is refused.
            queue.Writer.TryComplete(cause);
            var stopped = Stopped(cause);
            foreach (var (waiting, _, _) in group)
                waiting.Done.TrySetException(stopped);
            while (queue.Reader.TryRead(out var waiting))
                waiting.Done.TrySetException(stopped);
        }
    }

    /// <summary>True when entries wait, false at the end. While nothing waits, the head is signed once it is old enough.</summary>
    private async ValueTask<bool> WaitForWork()
    {
        if (queue.Reader.TryPeek(out _))
            return true;
        var ready = queue.Reader.WaitToReadAsync().AsTask();
        if (count != headSize && !ready.IsCompleted)
        {
            try
            {
                return await ready.WaitAsync(options.HeadInterval, time);
            }
            catch (TimeoutException)
            {
                PersistHead();
            }
        }
        return await ready;
    }

    private void WriteGroup()
    {
        Collect();
        try
        {
            if (segments.Length >= options.SegmentBytes)
                segments.Begin(count);
            segments.Append(frames.WrittenSpan);
        }
        catch (IOException cause)
        {
            Refuse(cause);
            return;
        }
        segments.Flush();
        Publish();
        if (count - headSize >= HeadEntries || time.GetElapsedTime(headStamp) >= options.HeadInterval)
            PersistHead();
    }

    private void Collect()
    {
        group.Clear();
        frames.ResetWrittenCount();
        var now = time.GetUtcNow();
        var (next, previous) = (count, last);
        while (group.Count < GroupEntries && frames.WrittenCount < GroupBytes && queue.Reader.TryRead(out var waiting))
        {
            var entry = waiting.Draft.Seal(next++, now, previous);
            previous = entry.Hash;
            var offset = frames.WrittenCount;
            Frame.WriteHeader(frames.GetSpan(Frame.HeaderSize), entry.Bytes.Span, beginsGroup: offset == 0);
            frames.Advance(Frame.HeaderSize);
            frames.Write(entry.Bytes.Span);
            group.Add((waiting, entry, offset));
        }
    }

    private void Publish()
    {
        if (group.Count == 0)
            return;
        var start = segments.Length - frames.WrittenCount;
        foreach (var (_, entry, offset) in group)
            index.Add(start + offset, MerkleTree.LeafHash(entry.Bytes.Span));
        index.Write();
        last = group[^1].Entry.Hash;
        Volatile.Write(ref count, count + group.Count);
        foreach (var (_, entry, _) in group)
            observe(entry);
        foreach (var (waiting, entry, _) in group)
            waiting.Done.SetResult(entry);
        group.Clear();
    }

    private void PersistHead()
    {
        if (headSize == count)
            return;
        headStamp = time.GetTimestamp();
        try
        {
            headFile.Write(sign());
            headSize = count;
        }
        catch (IOException)
        {
            // A full disk: the entries are safe, the head before still holds, and a new one is tried after the interval.
        }
    }

    private void Refuse(IOException cause)
    {
        var refused = new ProblemException("urn:dure:evidence:journal-write-failed", $"The entry could not be written: {cause.Message}", segments.All[^1].Path,
            "Free space on the disk, then send it again; nothing of it was kept.", cause);
        foreach (var (waiting, _, _) in group)
            waiting.Done.SetException(refused);
        group.Clear();
    }

    private static ProblemException Stopped(Exception? cause) => new("urn:dure:evidence:journal-stopped",
        cause is null ? "The journal is closed." : $"The journal has stopped: {cause.Message}", "journal",
        cause is null ? "Open it again." : "Mend the cause and start the node again; every acknowledged entry is on the disk.", cause);

    /// <summary>An entry and the caller who waits for it.</summary>
    private sealed class Waiting(EntryDraft draft)
    {
        public EntryDraft Draft { get; } = draft;
        public TaskCompletionSource<JournalEntry> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
