using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Node.Runs;

/// <summary>Does one kind of long work. The request is all it may depend on, so that a run cut off by a crash can be done again.</summary>
public delegate Task<JsonObject> RunHandler(JsonObject request, RunContext context);

/// <summary>What a run's work sees of the outside: who asked for it, where to tell progress, and when to stop.</summary>
public sealed class RunContext(Run run, string actor, CancellationToken cancel)
{
    public string Actor => actor;
    public CancellationToken Cancel => cancel;

    /// <summary>The run's id: what is kept on the way is kept under it.</summary>
    public string RunId => run.Id;

    /// <summary>Gives those who look on more than a message, such as a learning curve; made only when someone asks.</summary>
    public void Show(Func<JsonObject> detail) => run.Detail = detail;

    /// <summary>Tells how far the work is.</summary>
    /// <param name="share">0 to 1.</param>
    /// <param name="message">What is being done, in a few words.</param>
    public void Report(double share, string message) => run.Advance(Math.Clamp(share, 0, 1), message);
}

/// <summary>
/// Long work: queued, run one at a time, shown with progress, cancelled on request. Requests and ends stand in the journal, so a run that a
/// crash cut off is queued again at the next start.
/// </summary>
public sealed class RunBoard : IAsyncDisposable
{
    public const string Requested = "run-requested";
    public const string Ended = "run-ended";
    private const int MaxQueued = 100;
    private const int MaxKept = 1000;

    private readonly Journal journal;
    private readonly TimeProvider time;
    private readonly ILogger<RunBoard> log;
    private readonly Dictionary<string, RunHandler> handlers;
    private readonly ConcurrentDictionary<string, Run> runs = new(StringComparer.Ordinal);
    private readonly Channel<Run> queue = Channel.CreateBounded<Run>(MaxQueued);
    private readonly CancellationTokenSource stopping = new();
    private Task worker = Task.CompletedTask;

    public RunBoard(Journal journal, TimeProvider time, ILogger<RunBoard> log, IReadOnlyDictionary<string, RunHandler> handlers)
    {
        (this.journal, this.time, this.log) = (journal, time, log);
        this.handlers = new Dictionary<string, RunHandler>(handlers, StringComparer.Ordinal);
    }

    public IReadOnlyList<Run> Recent => [.. runs.Values.OrderByDescending(run => run.RequestedAt).Take(MaxKept)];

    public Run? Find(string id) => runs.GetValueOrDefault(id);

    /// <summary>Starts working, first on what an earlier process left unfinished. Returns how many runs that is.</summary>
    public int Start()
    {
        var unfinished = new Dictionary<string, JournalEntry>(StringComparer.Ordinal);
        foreach (var entry in journal.ReadKinds(Requested, Ended))
        {
            if (entry.Kind == Requested)
                unfinished[entry.Subject] = entry;
            else if (entry.Kind == Ended)
                unfinished.Remove(entry.Subject);
        }
        foreach (var entry in unfinished.Values.OrderBy(entry => entry.Index).Take(MaxQueued))
            Enqueue(new Run(entry.Subject, entry.Body["kind"]!.GetValue<string>(), entry.Actor, entry.Body["request"]!.AsObject(), entry.Time) { IsResumed = true });
        worker = Task.Run(Work);
        return unfinished.Count;
    }

    /// <summary>Queues work; durable when it returns.</summary>
    /// <exception cref="ProblemException">The queue is full.</exception>
    public async Task<Run> Request(string kind, JsonObject request, string actor, CancellationToken cancel)
    {
        if (!handlers.ContainsKey(kind))
            throw new ArgumentException($"No handler for runs of kind '{kind}'.", nameof(kind));
        var run = new Run(Guid.CreateVersion7(time.GetUtcNow()).ToString("N"), kind, actor, request, time.GetUtcNow());
        if (queue.Reader.Count >= MaxQueued)
            throw new ProblemException("urn:dure:runs:queue-full", $"{MaxQueued} runs are waiting.", "run queue", "Wait for some to end, or cancel them.");
        await journal.Append(Requested, run.Id, new JsonObject { ["kind"] = kind, ["request"] = request.DeepClone() }, actor, cancel);
        Enqueue(run);
        return run;
    }

    /// <summary>Asks a run to stop; false when there is no such run or it has ended.</summary>
    public bool Cancel(string id) => runs.TryGetValue(id, out var run) && run.TryCancel();

    private void Enqueue(Run run)
    {
        runs[run.Id] = run;
        if (!queue.Writer.TryWrite(run))
            run.End(RunState.Failed, null, new Problem("urn:dure:runs:queue-full", "The queue is full.", "run queue", "Ask for the work again later."), time.GetUtcNow());
    }

    private async Task Work()
    {
        try
        {
            await foreach (var run in queue.Reader.ReadAllAsync(stopping.Token))
                await Execute(run);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The node stops; what was not done is in the journal and is queued again at the next start.
        }
    }

    private async Task Execute(Run run)
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token, run.CancelToken);
        try
        {
            run.Begin(time.GetUtcNow());
            var result = await handlers[run.Kind](run.Request, new RunContext(run, run.Actor, cancel.Token));
            await Conclude(run, RunState.Succeeded, result, null);
        }
        catch (OperationCanceledException) when (run.CancelToken.IsCancellationRequested)
        {
            await Conclude(run, RunState.Cancelled, null, null);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            throw;
        }
        catch (ProblemException refused)
        {
            await Conclude(run, RunState.Failed, null, refused.Problem);
        }
#pragma warning disable CA1031 // the outermost loop of background work: one failed run must not end the others
        catch (Exception fault)
        {
            log.LogError(fault, "Run {Run} of kind {Kind} failed", run.Id, run.Kind);
            await Conclude(run, RunState.Failed, null, new Problem("urn:dure:node:fault", $"The work failed: {fault.Message}", $"run {run.Id}", "See the node's log; nothing that was acknowledged is lost."));
        }
#pragma warning restore CA1031
    }

    private async Task Conclude(Run run, RunState state, JsonObject? result, Problem? problem)
    {
        var body = new JsonObject { ["state"] = state.ToString() };
        if (problem is not null)
            body["problem"] = problem.ToString();
        await journal.Append(Ended, run.Id, body, run.Actor, CancellationToken.None);
        run.End(state, result, problem, time.GetUtcNow());
        foreach (var old in runs.Values.Where(old => old.HasEnded).OrderByDescending(old => old.RequestedAt).Skip(MaxKept))
            runs.TryRemove(old.Id, out _);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        queue.Writer.TryComplete();
        await worker;
        stopping.Dispose();
    }
}
