using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Historian.Forwarding;

/// <summary>
/// Batches on disk in the order they came, until they are acknowledged. An append returns when its batch is flushed; all that wait are
/// flushed together. Many may append; one reads and acknowledges.
/// </summary>
public sealed class Spool : IAsyncDisposable
{
    private const string IdFile = "id";
    private const int MaxGroupBytes = 4 * 1024 * 1024;
    private const int MaxAppendsWaiting = 1024;
    private const int MostPlaces = 16;

    private readonly Lock gate = new();
    private readonly string folder;
    private readonly SpoolOptions options;
    private readonly TimeProvider time;
    private readonly Channel<Write> waiting = Channel.CreateBounded<Write>(new BoundedChannelOptions(MaxAppendsWaiting) { SingleReader = true });
    private readonly List<SpoolSegment> segments = [];
    private readonly Acknowledged acknowledged;
    private readonly SpoolRoom room;
    private readonly Dictionary<long, (SpoolSegment Segment, long Offset)> places = [];
    private readonly List<string> notes = [];
    private readonly Task writer;
    private TaskCompletionSource appended = NewSignal();
    private SafeFileHandle? file;
    private Exception? fault;
    private long lastSequence;
    private long bytes;

    private Spool(string folder, SpoolOptions options, TimeProvider time)
    {
        (this.folder, this.options, this.time) = (folder, options, time);
        Directory.CreateDirectory(folder);
        Id = OwnId();
        acknowledged = new Acknowledged(folder);
        room = new SpoolRoom(options.MaxBytes, folder);
        FindSegments();
        writer = Task.Run(WriteAll);
    }

    private sealed record Write(ReadOnlyMemory<byte> Blocks, int Samples, TaskCompletionSource<long> Done);

    /// <summary>Tells this spool from any other, so that a batch's name is its own for ever.</summary>
    public string Id { get; }

    /// <summary>What opening found and mended, a sentence each.</summary>
    public IReadOnlyList<string> Notes
    {
        get
        {
            lock (gate)
                return [.. notes];
        }
    }

    public SpoolStatus Status
    {
        get
        {
            lock (gate)
                return new SpoolStatus(Waiting(), bytes, lastSequence, room.RefusedBatches, room.RefusedSamples);
        }
    }

    /// <summary>The highest number on disk; 0 when nothing was ever appended.</summary>
    public long LastSequence
    {
        get
        {
            lock (gate)
                return lastSequence;
        }
    }

    /// <exception cref="ProblemException">A file is damaged where it had been flushed; it says which and where.</exception>
    public static Spool Open(string folder, SpoolOptions options, TimeProvider time) => new(Path.GetFullPath(folder), options, time);

    /// <summary>Keeps a batch; on return it is on disk.</summary>
    /// <param name="whileFull">
    /// Given by senders that keep their data: told once when there is no room, which is then waited for. They get less of the spool than those that cannot wait.
    /// </param>
    /// <returns>Its number.</returns>
    /// <exception cref="ProblemException">The spool is full, or the disk failed: the batch is not kept.</exception>
    public async Task<long> Append(ReadOnlyMemory<byte> blocks, int samples, CancellationToken cancel, Action<Problem>? whileFull = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(blocks.Length, SpoolFrame.MaxBodySize / 2);
        var size = SpoolFrame.SizeOf(blocks.Length);
        for (var isTold = false; !TryReserve(size, samples, whileFull is not null, out var freed); isTold = true)
        {
            if (!isTold)
                whileFull?.Invoke(room.Crowded);
            await freed.WaitAsync(cancel);
        }
        var write = new Write(blocks, samples, new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await waiting.Writer.WriteAsync(write, cancel);
        }
        catch
        {
            lock (gate)
                room.GiveBack(size);
            throw;
        }
        return await write.Done.Task;
    }

    /// <summary>The batches that wait from a number on, without a gap, in order; none when there are none on disk.</summary>
    /// <param name="before">Batches from it on are left out.</param>
    /// <param name="maxBytes">Beyond it no further batch is added to the first.</param>
    /// <exception cref="ProblemException">A frame that had been flushed is damaged.</exception>
    public IReadOnlyList<SpooledBatch> Read(long from, long before, int maxBytes)
    {
        SpoolSegment segment;
        long offset, last;
        lock (gate)
        {
            from = acknowledged.NextOpen(from);
            last = Math.Min(Math.Min(lastSequence, before - 1), acknowledged.LastOpen(from));
            if (from > last)
                return [];
            if (places.Remove(from, out var place) && place.Segment.Last >= from)
                (segment, offset) = place;
            else
                (segment, offset) = (segments.FindLast(each => each.First <= from)!, 0);
            last = Math.Min(last, segment.Last);
        }
        return Read(segment, offset, from, last, maxBytes);
    }

    /// <summary>The node has these batches: they are not sent again, and files of which nothing waits are deleted.</summary>
    public void Acknowledge(long from, long to)
    {
        var done = new List<SpoolSegment>();
        lock (gate)
        {
            acknowledged.Add(from, to);
            foreach (var segment in segments.SkipLast(1).Where(segment => segment.Last <= acknowledged.Through))
                done.Add(segment);
            foreach (var segment in done)
            {
                segments.Remove(segment);
                bytes -= segment.Bytes;
            }
            acknowledged.Save();
            room.Free();
        }
        foreach (var segment in done)
            File.Delete(segment.Path);
    }

    /// <summary>Whether live batches may overtake older ones: not when too many stretches would have to be remembered.</summary>
    public bool MayOvertake
    {
        get
        {
            lock (gate)
                return acknowledged.Stretches < Acknowledged.MostStretches;
        }
    }

    /// <summary>Completes when there are batches beyond a number.</summary>
    public async Task UntilBeyond(long sequence, CancellationToken cancel)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (lastSequence > sequence)
                    return;
                next = appended.Task;
            }
            await next.WaitAsync(cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await writer;
        file?.Dispose();
    }

    private long Waiting()
    {
        var (count, from) = (0L, acknowledged.Through + 1);
        while ((from = acknowledged.NextOpen(from)) <= lastSequence)
        {
            var last = Math.Min(acknowledged.LastOpen(from), lastSequence);
            count += last - from + 1;
            from = last + 1;
        }
        return count;
    }

    /// <summary>Sets room aside; else gives what completes when there may be some.</summary>
    private bool TryReserve(int size, int samples, bool isPatient, [NotNullWhen(false)] out Task? freed)
    {
        lock (gate)
        {
            if (fault is not null)
                throw Broken(fault);
            return room.TryReserve(bytes - (IsSpent ? segments[^1].Bytes : 0), size, samples, isPatient, out freed);
        }
    }

    /// <summary>Whether nothing in the file that is written to waits any more. Under the lock.</summary>
    private bool IsSpent => segments.Count > 0 && segments[^1].Last <= acknowledged.Through;

    private IReadOnlyList<SpooledBatch> Read(SpoolSegment segment, long offset, long from, long last, int maxBytes)
    {
        var found = new List<SpooledBatch>();
        using var handle = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var (end, taken) = (RandomAccess.GetLength(handle), 0);
        while (found.Count == 0 || found[^1].Sequence < last)
        {
            if (offset == end && IsFollowed(segment))
                return found.Count > 0 ? found : SkipGone(segment, from);
            var batch = SpoolFrame.Read(handle, offset, end, out var size, out _) ?? throw SpoolSegment.Damaged(segment.Path, offset);
            if (batch.Sequence >= from)
            {
                if (found.Count > 0 && taken + batch.Blocks.Length > maxBytes)
                    break;
                found.Add(batch);
                taken += batch.Blocks.Length;
            }
            offset += size;
        }
        lock (gate)
        {
            if (places.Count >= MostPlaces)
                places.Clear();
            if (found[^1].Sequence < segment.Last || segment == segments[^1])
                places[found[^1].Sequence + 1] = (segment, offset);
        }
        return found;
    }

    private bool IsFollowed(SpoolSegment segment)
    {
        lock (gate)
            return segment != segments[^1];
    }

    /// <summary>The file behind this one was moved away by a person: its batches are counted as gone.</summary>
    private List<SpooledBatch> SkipGone(SpoolSegment segment, long from)
    {
        lock (gate)
        {
            notes.Add($"Batches {from} to {segment.Last} are not in {folder}; they are counted as gone.");
            acknowledged.Add(from, segment.Last);
        }
        return [];
    }

    private async Task WriteAll()
    {
        var group = new List<Write>();
        var buffer = new MemoryStream();
        while (await waiting.Reader.WaitToReadAsync())
        {
            var first = lastSequence + 1;
            while (buffer.Length < MaxGroupBytes && waiting.Reader.TryRead(out var write))
            {
                SpoolFrame.Write(buffer, new SpooledBatch(first + group.Count, Micros.Of(time.GetUtcNow()), write.Samples, write.Blocks));
                group.Add(write);
            }
            Flush(buffer, group, first);
            group.Clear();
            buffer.SetLength(0);
        }
    }

    /// <summary>Writes and flushes a group. When the disk fails, the group is refused and what it left in the file is cut off.</summary>
    private void Flush(MemoryStream buffer, List<Write> group, long first)
    {
        SpoolSegment? segment = null;
        try
        {
            segment = WritableSegment(first);
            RandomAccess.Write(file!, buffer.GetBuffer().AsSpan(0, (int)buffer.Length), segment.Bytes);
            RandomAccess.FlushToDisk(file!);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            lock (gate)
            {
                room.GiveBack(buffer.Length);
                room.Refuse(group.Count, group.Sum(write => (long)write.Samples));
            }
            CutBack(segment, failure);
            foreach (var write in group)
                write.Done.SetException(Broken(failure));
            return;
        }
        TaskCompletionSource told;
        lock (gate)
        {
            segment.Bytes += buffer.Length;
            segment.Last = lastSequence = first + group.Count - 1;
            bytes += buffer.Length;
            room.Written(buffer.Length);
            (told, appended) = (appended, NewSignal());
        }
        for (var i = 0; i < group.Count; i++)
            group[i].Done.SetResult(first + i);
        told.SetResult();
    }

    private SpoolSegment WritableSegment(long first)
    {
        if (file is not null && segments[^1].Bytes < options.SegmentBytes && !DropSpent())
            return segments[^1];
        file?.Dispose();
        file = null;
        if (segments.Count == 0 || segments[^1].Bytes >= options.SegmentBytes || segments[^1].Last != first - 1)
        {
            var path = SpoolSegment.FileFor(folder, first);
            file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            lock (gate)
            {
                segments.RemoveAll(segment => segment.First == first);
                segments.Add(new SpoolSegment(first, path));
            }
        }
        file ??= File.OpenHandle(segments[^1].Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return segments[^1];
    }

    /// <summary>A small spool would be full of one file of which nothing waits: it goes before another is begun.</summary>
    private bool DropSpent()
    {
        SpoolSegment spent;
        lock (gate)
        {
            if (!IsSpent || segments[^1].Bytes <= options.MaxBytes / 8)
                return false;
            spent = segments[^1];
            segments.Remove(spent);
            bytes -= spent.Bytes;
        }
        File.Delete(spent.Path);
        return true;
    }

    /// <summary>After a failed flush nobody knows what is on disk behind the last good place; if it cannot be cut off, nothing more is taken.</summary>
    private void CutBack(SpoolSegment? segment, Exception cause)
    {
        try
        {
            if (file is not null && segment is not null)
            {
                RandomAccess.SetLength(file, segment.Bytes);
                RandomAccess.FlushToDisk(file);
            }
            file?.Dispose();
            file = null;
        }
        catch (IOException)
        {
            lock (gate)
                fault = cause;
        }
    }

    private void FindSegments()
    {
        segments.AddRange(SpoolSegment.Find(folder, notes));
        bytes = segments.Sum(segment => segment.Bytes);
        lastSequence = Math.Max(segments.Count > 0 ? segments[^1].Last : 0, acknowledged.Through);
        // A hole at the front: files before the first one were all acknowledged, or moved away by a person.
        if (segments.Count > 0 && segments[0].First > acknowledged.Through + 1)
        {
            notes.Add($"Batches {acknowledged.Through + 1} to {segments[0].First - 1} are not in {folder}; they are counted as gone.");
            acknowledged.Add(acknowledged.Through + 1, segments[0].First - 1);
        }
    }

    private string OwnId()
    {
        var path = Path.Combine(folder, IdFile);
        if (!File.Exists(path) || File.ReadAllText(path) is not { Length: 8 })
            File.WriteAllText(path, Guid.NewGuid().ToString("N")[..8]);
        return File.ReadAllText(path);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ProblemException Broken(Exception cause) => new("urn:dure:gateway:disk-failed", $"The spool cannot be written: {cause.Message}", folder,
        "Free space or mend the disk; what waits in the spool is kept.", cause);
}
