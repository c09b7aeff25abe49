using System.Buffers;
using System.Buffers.Binary;
using System.Threading.Channels;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Historian.Storage;

/// <summary>
/// Accepted batches in the order they were accepted, in files of the form <c>FIRSTSEQUENCE.wal</c>. A record is its length (31 bits, and one
/// that says whether it begins a group written and flushed at once), a CRC-32C over that word and the bytes (4), and the bytes. One task
/// writes; all records that wait are written and flushed together.
/// </summary>
internal sealed class WriteAheadLog : IAsyncDisposable
{
    public const string Suffix = ".wal";
    private const int HeaderSize = 8;
    private const int MaxGroupBytes = 8 * 1024 * 1024;
    private const int MaxRecordBytes = 512 * 1024 * 1024;
    private const int GroupBit = int.MinValue;
    private const int SequenceSize = sizeof(long);
    private const long FarthestSequence = 1_000_000;

    private readonly string folder;
    // The historian bounds how many appends are under way. A bound here would refuse rows that memory already shows.
    private readonly Channel<Write> waiting = Channel.CreateUnbounded<Write>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task writer;
    private SafeFileHandle? file;
    private long position;
    private volatile Exception? fault;

    public WriteAheadLog(string folder)
    {
        this.folder = folder;
        writer = Task.Run(WriteAll);
    }

    /// <summary>A record to write, or a new file to begin, or (neither) only a wish to know that all before it is on disk.</summary>
    private sealed record Write(byte[]? Record, int Length, long? BeginFileAt, TaskCompletionSource Done, bool Mends = false);

    /// <summary>Whether a write failed: nothing more is acknowledged until <see cref="BeginAnew"/>.</summary>
    public bool IsBroken => fault is not null;

    /// <summary>Puts a record in line; the call order is the order on disk. The returned task completes when it is flushed.</summary>
    public Task Enqueue(BatchRecord record)
    {
        var (bytes, length) = RecordCodec.Encode(record, HeaderSize);
        return Enqueue(new Write(bytes, length, null, NewDone()));
    }

    /// <summary>Lets the following records go to a new file.</summary>
    public Task BeginFile(long firstSequence) => Enqueue(new Write(null, 0, firstSequence, NewDone()));

    /// <summary>After a failure: begins a new file and goes on. Only when whatever the failed file held is durable elsewhere.</summary>
    public Task BeginAnew(long firstSequence) => Enqueue(new Write(null, 0, firstSequence, NewDone(), Mends: true));

    /// <summary>Completes when everything put in line before is flushed.</summary>
    public Task Flushed() => Enqueue(new Write(null, 0, null, NewDone()));

    public static IEnumerable<(long FirstSequence, string Path)> Files(string folder) => Directory.EnumerateFiles(folder, "*" + Suffix)
        .Select(path => (FirstSequence: long.Parse(Path.GetFileNameWithoutExtension(path)), path)).OrderBy(file => file.FirstSequence);

    public static string FileFor(string folder, long firstSequence) => Path.Combine(folder, $"{firstSequence:D19}{Suffix}");

    /// <summary>
    /// The whole records of a file in order. A group that a crash cut short was never acknowledged: at the end of the last file it is cut off.
    /// Damage anywhere else is told, never skipped.
    /// </summary>
    /// <param name="mayEndAfter">Whether the file may end with a damaged record behind a batch: it is the last, or what follows is not needed.</param>
    /// <exception cref="ProblemException">A record is damaged, and an acknowledged group follows it.</exception>
    public static IEnumerable<BatchRecord> Replay(string path, Func<long, bool> mayEndAfter, Action<long> onTornBytes)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        var lastSequence = long.Parse(Path.GetFileNameWithoutExtension(path)) - 1;
        while (stream.Position < stream.Length)
        {
            var start = stream.Position;
            if (ReadRecord(stream, out _) is { } bytes)
            {
                var record = RecordCodec.Decode(bytes);
                lastSequence = record.Sequence;
                yield return record;
                continue;
            }
            if (!mayEndAfter(lastSequence) || HasGroupAfter(stream, start, lastSequence))
            {
                throw new ProblemException("urn:dure:historian:damaged-log", $"The record at byte {start} (after batch {lastSequence}) is damaged, and acknowledged records follow it.", path,
                    "Restore the file from a copy; or move it away to lose its batches, which the journal names.");
            }
            onTornBytes(stream.Length - start);
            stream.SetLength(start);
            stream.Flush(flushToDisk: true);
            yield break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await writer;
        file?.Dispose();
    }

    /// <summary>The record at the stream's place, which moves behind it; null when it is damaged or cut off.</summary>
    private static byte[]? ReadRecord(FileStream stream, out bool beginsGroup)
    {
        beginsGroup = false;
        var header = new byte[HeaderSize];
        if (stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize)
            return null;
        var word = BinaryPrimitives.ReadInt32LittleEndian(header);
        var length = word & ~GroupBit;
        if (length is < SequenceSize or > MaxRecordBytes || length > stream.Length - stream.Position)
            return null;
        beginsGroup = (word & GroupBit) != 0;
        var record = new byte[length];
        stream.ReadExactly(record);
        return Crc32C.Of(header.AsSpan(0, 4), record) == BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(4)) ? record : null;
    }

    /// <summary>
    /// Whether a whole later group lies behind a damaged record: then the damaged one had been acknowledged. Looks at every place, since the
    /// damaged record's length cannot be trusted; a plausible sequence number is asked for before a checksum is computed.
    /// </summary>
    private static bool HasGroupAfter(FileStream stream, long damagedAt, long lastSequence)
    {
        var window = new byte[HeaderSize + SequenceSize];
        for (var at = damagedAt + 1; at + window.Length <= stream.Length; at++)
        {
            stream.Position = at;
            stream.ReadExactly(window);
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(window.AsSpan(HeaderSize));
            if (sequence <= lastSequence || sequence > lastSequence + FarthestSequence || BinaryPrimitives.ReadInt32LittleEndian(window) >= 0)
                continue;
            stream.Position = at;
            if (ReadRecord(stream, out var beginsGroup) is not null && beginsGroup)
                return true;
        }
        return false;
    }

    private static TaskCompletionSource NewDone() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private Task Enqueue(Write write)
    {
        if (!waiting.Writer.TryWrite(write))
            write.Done.SetException(new ObjectDisposedException(nameof(WriteAheadLog)));
        return write.Done.Task;
    }

    private async Task WriteAll()
    {
        var group = new List<Write>();
        while (await waiting.Reader.WaitToReadAsync())
        {
            for (var bytes = 0L; bytes < MaxGroupBytes && waiting.Reader.TryRead(out var write);)
            {
                if (write.BeginFileAt is { } sequence)
                {
                    Flush(group);
                    if (fault is null || write.Mends)
                        Begin(sequence);
                }
                group.Add(write);
                bytes += write.Length;
            }
            Flush(group);
        }
    }

    /// <summary>Begins a file. Not while the log is broken, unless that mends it: what was written in part must stay the end of the last file.</summary>
    private void Begin(long sequence)
    {
        try
        {
            if (fault is not null)
                CutOffUnacknowledged();
            file?.Dispose();
            file = null;
            file = File.OpenHandle(FileFor(folder, sequence), FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);
            position = RandomAccess.GetLength(file);
            fault = null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            fault = failure;
        }
    }

    /// <summary>What lies beyond the last flush was never acknowledged: a file that others follow must not end with half a record.</summary>
    private void CutOffUnacknowledged()
    {
        if (file is null)
            return;
        try
        {
            RandomAccess.SetLength(file, position);
            RandomAccess.FlushToDisk(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It stays as it is: its batches are in segments, so the next start does without them.
        }
    }

    private static void Frame(Write write, bool beginsGroup)
    {
        var header = write.Record.AsSpan(0, HeaderSize);
        var record = write.Record.AsSpan(HeaderSize, write.Length - HeaderSize);
        BinaryPrimitives.WriteInt32LittleEndian(header, record.Length | (beginsGroup ? GroupBit : 0));
        BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Crc32C.Of(header[..4], record));
    }

    /// <summary>Writes and flushes what has gathered. After a failure nothing more is acknowledged: what is on disk is no longer known.</summary>
    private void Flush(List<Write> group)
    {
        var records = new List<ReadOnlyMemory<byte>>(group.Count);
        foreach (var write in group)
        {
            if (write.Record is null || fault is not null)
                continue;
            Frame(write, beginsGroup: records.Count == 0);
            records.Add(write.Record.AsMemory(0, write.Length));
        }
        if (records.Count > 0)
        {
            try
            {
                RandomAccess.Write(file!, records, position);
                RandomAccess.FlushToDisk(file!);
                position += records.Sum(record => (long)record.Length);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                fault = failure;
            }
        }
        foreach (var write in group)
        {
            if (write.Record is { } rented)
                ArrayPool<byte>.Shared.Return(rented);
            if (fault is null)
                write.Done.SetResult();
            else
                write.Done.SetException(Broken(fault));
        }
        group.Clear();
    }

    private ProblemException Broken(Exception cause) => new("urn:dure:historian:disk-failed", $"The log cannot be written: {cause.Message}", folder,
        "Free space or mend the disk; the node tries again by itself. Nothing that was acknowledged is lost; send this batch again.", cause);
}
