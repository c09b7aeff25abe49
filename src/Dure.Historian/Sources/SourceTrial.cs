using Dure.Kernel;

namespace Dure.Historian.Sources;

/// <summary>What a source brought while it was tried, or what is wrong with it.</summary>
/// <param name="Problem">What the source said last; null when it said nothing was wrong.</param>
/// <param name="Items">What arrived, by name; nothing of it was kept.</param>
/// <param name="Took">How long it was tried.</param>
public sealed record TrialResult(SourceState State, Problem? Problem, IReadOnlyList<ItemView> Items, long Samples, IReadOnlyList<RejectedSample> Rejections, TimeSpan Took);

/// <summary>Runs a source that is not added, keeps nothing of what it brings, and returns as soon as there is something to look at.</summary>
internal sealed class SourceTrial : ISourceDesk
{
    private const int MostRejections = 20;

    /// <summary>After the first sample others mostly follow at once; a person waits no longer than a second.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(0.7);

    /// <summary>Sources that cannot connect say so at once, and mostly the same after the next try.</summary>
    private static readonly TimeSpan ProblemSettling = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(5);

    private readonly TimeProvider time;
    private readonly bool keepsUntilAccepted;
    private readonly Lock gate = new();
    private readonly ItemBoard board;
    private readonly List<RejectedSample> rejections = [];
    private readonly TaskCompletionSource settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (SourceState State, Problem? Problem) state = (SourceState.Starting, null);
    private ITimer? settling;
    private long samples;

    private SourceTrial(string name, TimeProvider time, bool keepsUntilAccepted) => (board, this.time, this.keepsUntilAccepted) = (new ItemBoard(name), time, keepsUntilAccepted);

    public static async Task<TrialResult> Run(ISource source, string name, bool keepsUntilAccepted, TimeSpan longest, TimeProvider time, CancellationToken cancel)
    {
        var trial = new SourceTrial(name, time, keepsUntilAccepted);
        var begun = time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var running = Task.Run(() => source.Run(trial, stop.Token), CancellationToken.None);
        using (var longestWait = CancellationTokenSource.CreateLinkedTokenSource(cancel))
        {
            await Task.WhenAny(running, trial.settled.Task, Task.Delay(longest, time, longestWait.Token));
            await longestWait.CancelAsync();
        }
        await stop.CancelAsync();
        var fault = await SourceEnd.Of(running, StopWithin, time);
        cancel.ThrowIfCancellationRequested();
        return trial.Result(fault, time.GetElapsedTime(begun));
    }

    public bool IsTrial => true;

    public void Announce(IReadOnlyList<SourceItem> items)
    {
        lock (gate)
        {
            foreach (var item in items)
                board.Announce(item);
        }
    }

    public ValueTask<BatchReceipt> Deliver(SampleBatch batch, CancellationToken cancel)
    {
        lock (gate)
        {
            var now = time.GetUtcNow();
            foreach (var block in batch.Blocks)
            {
                samples += block.Count;
                if (board.Meet(block.Signal) is not { } item)
                    continue;
                ItemBoard.Note(item, block, now);
                board.Hold(item, block);
            }
            rejections.AddRange(batch.Rejections.Take(MostRejections - rejections.Count));
            // A source that has told what it offers has no more to show once each item has come.
            Settle(board.Items.All(item => item is { Samples: > 0, Announced: not null }) ? TimeSpan.Zero : Settling);
        }
        if (keepsUntilAccepted)
            throw new ProblemException("urn:dure:sources:trial", "The source is only being tried; nothing is taken.", "trial", "Add the source to keep what it brings.");
        return ValueTask.FromResult(new BatchReceipt(null, null, 0, 0, 0, 0, 0, batch.RejectedCount, batch.Rejections));
    }

    public void Report(SourceState newState, Problem? problem = null)
    {
        lock (gate)
        {
            if (problem?.Type == "urn:dure:sources:trial")
                return;
            state = (newState, problem);
            if (newState == SourceState.Failed)
                settled.TrySetResult();
            else if (problem is not null)
                Settle(ProblemSettling);
        }
    }

    private void Settle(TimeSpan wait)
    {
        if (wait == TimeSpan.Zero)
            settled.TrySetResult();
        else
            settling ??= time.CreateTimer(_ => settled.TrySetResult(), null, wait, Timeout.InfiniteTimeSpan);
    }

    private TrialResult Result(Problem? fault, TimeSpan took)
    {
        lock (gate)
        {
            settling?.Dispose();
            var problem = fault ?? state.Problem;
            if (problem is null && samples == 0)
                problem = new Problem("urn:dure:sources:nothing-arrived", state.State == SourceState.Connected ? "It is connected, but nothing arrived while it was tried." : "Nothing arrived while it was tried.",
                    "trial", "Try longer, or look whether the sender sends: some send only when a value changes.");
            return new TrialResult(fault is null ? state.State : SourceState.Failed, problem, [.. board.Items.OrderBy(item => item.Name, StringComparer.Ordinal).Select(board.Describe)], samples, [.. rejections], took);
        }
    }
}
