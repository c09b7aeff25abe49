using Dure.Mqtt.Packets;
using Microsoft.Win32.SafeHandles;

namespace Dure.Mqtt.Server.Store;

/// <summary>
/// An append-only file in segments. Many threads append to memory under <see cref="Gate"/>; one thread writes what has gathered and
/// flushes it to the disk once for all who wait. A failed write fails those who wait and is tried again.
/// </summary>
internal sealed class GroupCommitFile : IAsyncDisposable
{
    // What may gather while the disk does not take it; then appending fails.
    private const int MaxUnwrittenBytes = 1024 * 1024 * 1024;
    private const int KeptBytes = 4 * 1024 * 1024;
    private const int EagerBytes = 1024 * 1024;

    private readonly string folder;
    private readonly Lock writing = new();
    private readonly AutoResetEvent work = new(initialState: false);
    private readonly Thread writer;
    private SafeFileHandle file;
    private long fileLength;
    private PacketBuffer filling = new(64 * 1024);
    private PacketBuffer written = new(64 * 1024);
    private TaskCompletionSource gathering = NewWait();
    private TaskCompletionSource? committing;
    private long committingEnd;
    private long durable;
    private bool isStopping;

    public GroupCommitFile(string folder, int segment, long length)
    {
        this.folder = folder;
        Segment = segment;
        file = Open(PathOf(folder, segment));
        fileLength = length;
        RandomAccess.SetLength(file, length);
        writer = new Thread(WriteLoop) { IsBackground = true, Name = "mqtt session log" };
        writer.Start();
    }

    public Lock Gate { get; } = new();

    /// <summary>Append here, holding <see cref="Gate"/>.</summary>
    public PacketBuffer Filling => filling;

    public int Segment { get; private set; }

    /// <summary>Bytes ever appended; holding <see cref="Gate"/>.</summary>
    public long End { get; private set; }

    public long Durable => Volatile.Read(ref durable);

    /// <summary>Bytes in the current segment's file.</summary>
    public long SegmentBytes => Volatile.Read(ref fileLength);

    public static string PathOf(string folder, int segment) => Path.Combine(folder, $"{segment:D8}.log");

    /// <summary>Counts what was appended since <paramref name="mark"/> and returns the position behind it; holding <see cref="Gate"/>.</summary>
    public long Appended(int mark)
    {
        if (filling.Length > MaxUnwrittenBytes)
        {
            filling.Cut(mark);
            throw new IOException($"The MQTT session log in {folder} cannot be written: {MaxUnwrittenBytes} bytes wait.");
        }
        End += filling.Length - mark;
        if (filling.Length > EagerBytes)
            work.Set();
        return End;
    }

    /// <summary>Completes when everything up to a position is on the disk.</summary>
    public ValueTask Sync(long position, CancellationToken cancel) => Durable >= position ? ValueTask.CompletedTask : new ValueTask(WaitUntil(position, cancel));

    /// <summary>Writes what has gathered, although nobody waits for it.</summary>
    public void Nudge() => work.Set();

    /// <summary>Writes what has gathered to the old segment and goes on in a new one.</summary>
    public void StartSegment()
    {
        lock (writing)
        {
            WriteOnce();
            lock (Gate)
            {
                if (written.Length > 0)
                    throw new IOException("The log cannot be written now; it goes on in its old segment.");
                var next = Open(PathOf(folder, Segment + 1)); // first of all: when it fails, everything is as it was
                try
                {
                    // What came in between still belongs to the old segment.
                    RandomAccess.Write(file, filling.Written, fileLength);
                    RandomAccess.FlushToDisk(file);
                }
                catch
                {
                    next.Dispose();
                    throw;
                }
                filling.Clear();
                durable = End;
                gathering.TrySetResult();
                gathering = NewWait();
                file.Dispose();
                Segment++;
                (file, fileLength) = (next, 0);
            }
        }
    }

    /// <summary>Removes the segments before the current one, the oldest first: a crash between must not leave what a later one took back.</summary>
    public void DropOldSegments()
    {
        var old = Directory.EnumerateFiles(folder, "*.log").Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path), out var segment) ? segment : int.MaxValue);
        foreach (var segment in old.Where(segment => segment < Segment).Order())
            File.Delete(PathOf(folder, segment));
    }

    public async ValueTask DisposeAsync()
    {
        isStopping = true;
        work.Set();
        await Task.Run(writer.Join);
        file.Dispose();
        work.Dispose();
    }

    private static SafeFileHandle Open(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);

    private static TaskCompletionSource NewWait() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // A write may carry less than a waiter needs, as after a failure, when the old bytes are tried again alone: so it looks again.
    private async Task WaitUntil(long position, CancellationToken cancel)
    {
        while (true)
        {
            Task wait;
            lock (Gate)
            {
                if (durable >= position)
                    return;
                wait = committing is not null && position <= committingEnd ? committing.Task : gathering.Task;
            }
            work.Set();
            await wait.WaitAsync(cancel);
        }
    }

    private void WriteLoop()
    {
        while (!isStopping)
        {
            work.WaitOne();
            lock (writing)
                WriteOnce();
        }
    }

    private void WriteOnce()
    {
        lock (Gate)
        {
            if (written.Length == 0)
            {
                if (filling.Length == 0)
                    return;
                (filling, written) = (written, filling);
                committingEnd = End;
            }
            // After a failure the old bytes are tried again, and those who wait now wait for them first.
            committing ??= gathering;
            if (ReferenceEquals(committing, gathering))
                gathering = NewWait();
        }
        try
        {
            RandomAccess.Write(file, written.Written, fileLength);
            RandomAccess.FlushToDisk(file);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            lock (Gate)
            {
                committing.TrySetException(failed);
                committing = null;
            }
            return;
        }
        Volatile.Write(ref fileLength, fileLength + written.Length);
        lock (Gate)
        {
            written.Clear();
            written.Shrink(KeptBytes);
            durable = committingEnd;
            committing.TrySetResult();
            committing = null;
        }
    }
}
