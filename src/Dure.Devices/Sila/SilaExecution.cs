namespace Dure.Devices.Sila;

/// <summary>How far an observable command is; the numbers are those on the wire.</summary>
public enum SilaExecutionStatus
{
    Waiting = 0,
    Running = 1,
    FinishedSuccessfully = 2,
    FinishedWithError = 3,
}

/// <summary>Status, progress from 0 to 1 and time left as far as known.</summary>
public sealed record SilaExecutionInfo(SilaExecutionStatus Status, double? Progress, TimeSpan? Remaining)
{
    public bool IsFinished => Status is SilaExecutionStatus.FinishedSuccessfully or SilaExecutionStatus.FinishedWithError;
}

/// <summary>One run of an observable command on the server: what the delegate tells, and what those who watch see.</summary>
public sealed class SilaExecution
{
    /// <summary>Of more intermediate responses only the newest are kept for those who come late.</summary>
    public const int MaxIntermediates = 1000;

    private readonly Lock door = new();
    private readonly List<SilaValue.Structure> intermediates = [];
    private int dropped;
    private SilaExecutionInfo info = new(SilaExecutionStatus.Running, null, null);
    private SilaValue.Structure? result;
    private SilaException? error;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SilaExecution(Guid id, string command) => (Id, Command) = (id, command);

    public Guid Id { get; }

    internal string Command { get; }

    internal bool IsFinished
    {
        get
        {
            lock (door)
                return info.IsFinished;
        }
    }

    /// <summary>Tells progress, 0 to 1, and the time left if it is known.</summary>
    public void Report(double progress, TimeSpan? remaining = null) => Change(() => info = info with { Progress = Math.Clamp(progress, 0, 1), Remaining = remaining });

    /// <summary>Sends an intermediate response to all who listen.</summary>
    public void Publish(SilaValue.Structure intermediate) => Change(() =>
    {
        intermediates.Add(intermediate);
        if (intermediates.Count > MaxIntermediates)
        {
            intermediates.RemoveAt(0);
            dropped++;
        }
    });

    internal void Finish(SilaValue.Structure value) => Change(() => (result, info) = (value, new(SilaExecutionStatus.FinishedSuccessfully, 1, TimeSpan.Zero)));

    internal void Fail(SilaException cause) => Change(() => (error, info) = (cause, info with { Status = SilaExecutionStatus.FinishedWithError, Remaining = TimeSpan.Zero }));

    /// <exception cref="SilaException">It failed, or is not finished.</exception>
    internal SilaValue.Structure Result()
    {
        lock (door)
            return result ?? throw error ?? SilaException.Framework(SilaFrameworkError.CommandExecutionNotFinished, "The command has not ended yet.");
    }

    internal async IAsyncEnumerable<SilaExecutionInfo> Watch([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            SilaExecutionInfo now;
            Task next;
            lock (door)
                (now, next) = (info, changed.Task);
            yield return now;
            if (now.IsFinished)
                yield break;
            await next.WaitAsync(cancel);
        }
    }

    internal async IAsyncEnumerable<SilaValue.Structure> Intermediates([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        for (var at = 0; ;)
        {
            SilaValue.Structure[] news;
            Task next;
            bool isFinished;
            lock (door)
            {
                (next, isFinished) = (changed.Task, info.IsFinished);
                news = intermediates[Math.Max(0, at - dropped)..].ToArray();
                at = dropped + intermediates.Count;
            }
            foreach (var intermediate in news)
                yield return intermediate;
            if (isFinished)
                yield break;
            await next.WaitAsync(cancel);
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource before;
        lock (door)
        {
            if (info.IsFinished)
                return;
            change();
            before = changed;
            changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        before.SetResult();
    }
}
