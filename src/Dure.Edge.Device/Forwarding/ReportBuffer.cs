using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Dure.Edge.Device.Watching;
using Dure.Edge.Fleet;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Edge.Device.Forwarding;

/// <summary>A report on the disk: what to tell the node, and where the watch stood after it.</summary>
/// <param name="Index">Its place among this buffer's reports, from 1.</param>
internal sealed record BufferedReport(long Index, IReadOnlyList<ScoredRow> Scores, IReadOnlyList<AlarmOnset> Alarms, WatchCheckpoint Checkpoint);

/// <summary>What the buffer knows when it is empty.</summary>
/// <param name="Device">Whose reports these are.</param>
/// <param name="Offset">Added to an index it gives the sequence number that the node counts by; null until the node has told it.</param>
/// <param name="Acknowledged">The newest report that the node has.</param>
internal sealed record BufferState(string Device, long? Offset, long Acknowledged, WatchCheckpoint? Checkpoint);

/// <summary>
/// Reports on their way to the node: each is on the disk before it is sent and until it is acknowledged, in order. A report carries its
/// checkpoint, so that after a kill the watch goes on exactly behind the newest report. For one process at a time.
/// </summary>
internal sealed class ReportBuffer : IDisposable
{
    private const string StateName = "state.json", LockName = "lock", Suffix = ".report";
    private const int ForgottenAtOnce = 16;

    private readonly string folder;
    private readonly long maxBytes;
    private readonly FileStream taken;
    private readonly Lock guard = new();
    private readonly Queue<(long Index, long Bytes)> waiting = new();
    private readonly List<long> done = []; // acknowledged, and still on the disk
    private BufferState state;
    private long newest, bytes;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ReportBuffer(string folder, long maxBytes, FileStream taken, BufferState state)
    {
        (this.folder, this.maxBytes, this.taken, this.state, newest) = (folder, maxBytes, taken, state, state.Acknowledged);
        foreach (var path in Directory.EnumerateFiles(folder, "*" + Suffix).Order(StringComparer.Ordinal))
        {
            if (!long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
                continue;
            if (index <= state.Acknowledged)
                File.Delete(path);
            else
                Enqueue(index, new FileInfo(path).Length);
        }
        Checkpoint = newest > state.Acknowledged ? Read(newest).Checkpoint : state.Checkpoint;
    }

    /// <summary>Where the watch stood after the newest report; null in a new buffer.</summary>
    public WatchCheckpoint? Checkpoint { get; }

    public long? Offset { get { lock (guard) return state.Offset; } }

    public int Waiting { get { lock (guard) return waiting.Count; } }

    public bool IsFull { get { lock (guard) return bytes >= maxBytes; } }

    public static ReportBuffer Open(string folder, string device, long maxBytes)
    {
        Directory.CreateDirectory(folder);
        var taken = Lock(folder);
        try
        {
            foreach (var leftover in Directory.EnumerateFiles(folder, "*" + DurableFile.TemporarySuffix))
                File.Delete(leftover);
            var path = Path.Combine(folder, StateName);
            var state = File.Exists(path) ? Parse(path, BufferJson.Default.BufferState) : new BufferState(device, null, 0, null);
            if (state.Device != device)
                throw new ProblemException("urn:dure:edge:wrong-buffer", $"The buffer belongs to device {state.Device}, not {device}.", folder, "Give each device a folder of its own with --buffer.");
            return new ReportBuffer(folder, maxBytes, taken, state);
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    /// <summary>Keeps a report; it is on the disk when this returns.</summary>
    public void Add(IReadOnlyList<ScoredRow> scores, IReadOnlyList<AlarmOnset> alarms, WatchCheckpoint checkpoint)
    {
        var index = newest + 1;
        var content = JsonSerializer.SerializeToUtf8Bytes(new BufferedReport(index, scores, alarms, checkpoint), BufferJson.Default.BufferedReport);
        DurableFile.Write(PathOf(index), content);
        lock (guard)
            Enqueue(index, content.Length);
        Wake();
    }

    /// <summary>The oldest report that waits; null when none does.</summary>
    public BufferedReport? Oldest()
    {
        long index;
        lock (guard)
        {
            if (waiting.Count == 0)
                return null;
            index = waiting.Peek().Index;
        }
        return Read(index);
    }

    /// <summary>
    /// The node has the report: forget it. Under load this is noted on the disk for several at once; what a crash forgets is sent again,
    /// and the node knows it by its number.
    /// </summary>
    public void Acknowledge(BufferedReport report)
    {
        lock (guard)
            bytes -= waiting.Dequeue().Bytes;
        done.Add(report.Index);
        if (Waiting == 0 || done.Count >= ForgottenAtOnce)
        {
            Save(state with { Acknowledged = report.Index, Checkpoint = report.Checkpoint });
            foreach (var index in done)
                File.Delete(PathOf(index));
            done.Clear();
        }
        Wake();
    }

    public void SetOffset(long offset) => Save(state with { Offset = offset });

    /// <summary>Completes at the next change of what waits.</summary>
    public Task Changed { get { lock (guard) return changed.Task; } }

    /// <summary>Makes whoever waits for a change look again.</summary>
    public void Wake()
    {
        TaskCompletionSource woken;
        lock (guard)
            (woken, changed) = (changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        woken.TrySetResult();
    }

    public void Dispose() => taken.Dispose();

    private void Enqueue(long index, long length)
    {
        waiting.Enqueue((index, length));
        (newest, bytes) = (index, bytes + length);
    }

    private void Save(BufferState next)
    {
        DurableFile.Write(Path.Combine(folder, StateName), JsonSerializer.SerializeToUtf8Bytes(next, BufferJson.Default.BufferState));
        lock (guard)
            state = next;
    }

    private BufferedReport Read(long index) => Parse(PathOf(index), BufferJson.Default.BufferedReport);

    private string PathOf(long index) => Path.Combine(folder, index.ToString("000000000000", CultureInfo.InvariantCulture) + Suffix);

    private static T Parse<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type) ?? throw Broken(path, null);
        }
        catch (JsonException cause)
        {
            throw Broken(path, cause);
        }
    }

    private static FileStream Lock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException cause) when (cause is not DirectoryNotFoundException)
        {
            throw new ProblemException("urn:dure:edge:buffer-in-use", "Another dure-edge uses this buffer.", folder, "Stop it first, or give this one another folder with --buffer.", cause);
        }
    }

    private static ProblemException Broken(string path, Exception? cause) => new("urn:dure:edge:buffer-damaged", "The file is damaged.", path,
        "Move it away and start again; the rows in it are lost unless the driver sends them once more.", cause);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BufferedReport))]
[JsonSerializable(typeof(BufferState))]
internal sealed partial class BufferJson : JsonSerializerContext;
