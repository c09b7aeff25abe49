using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Dure.Historian.Storage.Coding;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;

namespace Dure.Historian.Storage;

/// <summary>
/// Writes full memories as segments, in order, one at a time, and deletes the log files they replace. When the disk fails it tries again until
/// it works, and then sets the log going again: nothing needs a restart.
/// </summary>
internal sealed class Sealer(SeriesStore store) : IAsyncDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private readonly Channel<Memory?> waiting = Channel.CreateUnbounded<Memory?>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConditionalWeakTable<Memory, TaskCompletionSource> sealedOnes = [];
    private readonly CancellationTokenSource stopping = new();
    private Task worker = Task.CompletedTask;
    private volatile Exception? fault;
    private volatile Task last = Task.CompletedTask;
    private int isMending;

    private readonly Lock deleting = new();
    private bool isClosed;

    public void Start() => worker = Task.Run(Work);

    /// <summary>Puts a memory in line; completes when its segment is durable, faults at the first failure (it is tried again all the same).</summary>
    public Task Enqueue(Memory memory)
    {
        last = Sealed(memory);
        waiting.Writer.TryWrite(memory);
        return last;
    }

    public Task Sealed(Memory memory) => sealedOnes.GetValue(memory, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Completes when all that is in line now is sealed.</summary>
    public Task AllSealed() => last;

    /// <exception cref="ProblemException">The disk does not take what comes in.</exception>
    public void RefuseWhenBroken(bool isLogBroken, bool isBehind)
    {
        if (isLogBroken && Interlocked.Exchange(ref isMending, 1) == 0)
            waiting.Writer.TryWrite(null);
        if (isLogBroken || fault is not null && isBehind)
            throw Broken(fault);
        if (isBehind)
            throw new ProblemException("urn:dure:historian:too-busy", "The disk does not keep up with what comes in.", "ingest", "Send again after a pause.");
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        // What is not written within the grace stays in the log, which the next start replays.
        stopping.CancelAfter(TimeSpan.FromSeconds(fault is null ? 30 : 0));
        await worker;
        lock (deleting)
            isClosed = true;
        stopping.Dispose();
    }

    private async Task Work()
    {
        try
        {
            await foreach (var memory in waiting.Reader.ReadAllAsync(stopping.Token))
            {
                if (memory is not null)
                    await UntilItWorks(() => Seal(memory), memory);
                else
                    await Mend();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: the log still holds what was not written.
        }
    }

    private async Task UntilItWorks(Func<Task> step, Memory? memory)
    {
        while (true)
        {
            try
            {
                await step();
                fault = null;
                return;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ProblemException)
            {
                fault = failure;
                if (memory is not null && Sealed(memory) is { IsCompleted: false })
                    sealedOnes.GetOrCreateValue(memory).TrySetException(Broken(failure));
                await Task.Delay(RetryAfter, stopping.Token);
            }
        }
    }

    private async Task Seal(Memory memory)
    {
        var (segment, facts) = Write(memory);
        store.Replace(memory, segment);
        sealedOnes.GetValue(memory, _ => new TaskCompletionSource()).TrySetResult();
        fault = null;
        store.OnSealed();
        _ = DeleteLogs(memory.LogFiles, memory.Journaled);
        try
        {
            await store.OnSegment(facts);
        }
        catch (ProblemException refused)
        {
            store.Tell(refused.Problem); // The next start enters it.
        }
        store.Merge();
    }

    /// <summary>The log of a memory goes when every batch in it has its journal entry, however late: until then a start finds in it what is missing.</summary>
    private async Task DeleteLogs(IReadOnlyList<string> files, IReadOnlyList<Task> journaled)
    {
        if (files.Count == 0)
            return;
        await Task.WhenAll(journaled);
        lock (deleting)
        {
            if (isClosed)
                return;
            try
            {
                foreach (var file in files)
                    File.Delete(file);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The next start deletes it.
            }
        }
    }

    private (Segment, SegmentFacts) Write(Memory memory)
    {
        using var writer = new SegmentWriter(store.Folder);
        foreach (var (number, buffer) in memory.Buffers.OrderBy(pair => pair.Key))
        {
            writer.BeginSeries(number);
            for (var at = 0; at < buffer.Count; at += BlockCodec.MostSamples)
            {
                var count = Math.Min(BlockCodec.MostSamples, buffer.Count - at);
                writer.Add(buffer.Times.Slice(at, count), buffer.Values.Slice(at, count), buffer.Qualities.Slice(at, count));
            }
        }
        return writer.Finish(memory.FirstSequence, memory.LastSequence, []);
    }

    /// <summary>The log failed: what memory holds, acknowledged or not, is written as segments, and a new log begins.</summary>
    private async Task Mend()
    {
        if (store.SetAsideAfterFailure() is { } memory)
            await UntilItWorks(() => Seal(memory), memory);
        await UntilItWorks(store.BeginLogAnew, null);
        Interlocked.Exchange(ref isMending, 0);
    }

    private ProblemException Broken(Exception? cause) => new("urn:dure:historian:disk-failed", $"The disk does not take what comes in: {cause?.Message ?? "a write failed"}", store.Folder,
        "Free space or mend the disk; the node tries again by itself. Nothing that was acknowledged is lost; send this batch again.", cause);
}
