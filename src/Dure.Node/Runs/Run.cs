using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Node.Runs;

public enum RunState
{
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

/// <summary>One piece of long work and how far it is. Read by many, moved on by the board alone.</summary>
#pragma warning disable CA1001 // the source has no timer and no wait handle: nothing to dispose
public sealed class Run(string id, string kind, string actor, JsonObject request, DateTimeOffset requestedAt)
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource cancel = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Id => id;
    public string Kind => kind;
    public string Actor => actor;
    public JsonObject Request => request;
    public DateTimeOffset RequestedAt => requestedAt;
    public bool IsResumed { get; init; }

    public RunState State { get; private set; } = RunState.Queued;

    /// <summary>0 to 1.</summary>
    public double Share { get; private set; }

    public string Message { get; private set; } = "";

    /// <summary>What there is to see besides the message while it runs; null: nothing.</summary>
    public Func<JsonObject>? Detail { get; internal set; }

    public DateTimeOffset? StartedAt { get; private set; }
    public DateTimeOffset? EndedAt { get; private set; }
    public JsonObject? Result { get; private set; }
    public Problem? Problem { get; private set; }
    public bool HasEnded => State is RunState.Succeeded or RunState.Failed or RunState.Cancelled;

    /// <summary>Completes when the run has ended, however it ended.</summary>
    public Task Completion => ended.Task;

    internal CancellationToken CancelToken => cancel.Token;

    internal void Begin(DateTimeOffset at) => (State, StartedAt) = (RunState.Running, at);

    internal void Advance(double share, string message) => (Share, Message) = (share, message);

    internal void End(RunState state, JsonObject? result, Problem? problem, DateTimeOffset at)
    {
        (Result, Problem, EndedAt) = (result, problem, at);
        if (state == RunState.Succeeded)
            Share = 1;
        State = state;
        ended.TrySetResult();
    }

    internal bool TryCancel()
    {
        if (HasEnded)
            return false;
        cancel.Cancel();
        return true;
    }
}
