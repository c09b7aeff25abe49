using System.Collections.Concurrent;
using Dure.Exchange.Protocol;

namespace Dure.Exchange.Processes;

/// <summary>
/// Brings messages to the other side: at once, then with growing pauses, for a day at most. What it delivered is a step of the process,
/// so after a crash it goes on where it was; a message that was delivered but not entered as such is sent again, and the other side knows it as repeated.
/// A message that the other side answers by itself is not entered as delivered at once: the answer mostly comes first and says so too, in its own entry.
/// </summary>
internal sealed class Courier(ProcessBook book, IConduct conduct, IPeerLink link, ProcessGates gates, TimeProvider time) : IAsyncDisposable
{
    private const int MaxAtOnce = 256;
    private const int MaxRefusals = 7;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);
    private static readonly TimeSpan AnswerComesWithin = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<string, Task> rounds = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource> awaitingAnswer = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim atOnce = new(MaxAtOnce, MaxAtOnce);
    private readonly CancellationTokenSource stop = new();

    /// <summary>Sees to it that the pending message of a process leaves. Called after each of its steps.</summary>
    public void Send(ExchangeProcess process)
    {
        if (awaitingAnswer.TryGetValue(process.Pid, out var answered))
            answered.TrySetResult();
        if (process.Pending is null || stop.IsCancellationRequested)
            return;
        var round = new Task<Task>(() => Round(process.Kind, process.Pid));
        if (rounds.TryAdd(process.Pid, round.Unwrap()))
            round.Start(TaskScheduler.Default);
    }

    /// <summary>Waits until nothing is on its way for a process, but not for long.</summary>
    public async Task Rest(string pid, TimeSpan atMost, CancellationToken cancel)
    {
        if (!rounds.TryGetValue(pid, out var round))
            return;
        if (awaitingAnswer.TryGetValue(pid, out var answered))
            answered.TrySetResult();
        await Task.WhenAny(round, Task.Delay(atMost, time, cancel));
    }

    /// <summary>Sees to it that a message which has been acknowledged is known as delivered.</summary>
    public Task Settle(string pid, CancellationToken cancel) => awaitingAnswer.ContainsKey(pid) ? Rest(pid, AnswerComesWithin, cancel) : Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await Task.WhenAll(rounds.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stop.Dispose();
    }

    private async Task Round(ProcessKind kind, string pid)
    {
        try
        {
            while (book.TryFind(kind, pid, out var process) && process.Pending is { } pending)
                await Deliver(process, pending);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return; // the next start goes on
        }
        finally
        {
            rounds.TryRemove(pid, out _);
        }
        // A message that was decided on between the last look and the removal found the round still there.
        if (book.TryFind(kind, pid, out var late))
            Send(late);
    }

    private async Task Deliver(ExchangeProcess process, Outgoing pending)
    {
        var began = time.GetTimestamp();
        var pause = FirstPause;
        for (var refusals = 0; ;)
        {
            var answer = await Post(process, pending);
            if (answer.IsAccepted || await HasArrived(process, pending, answer))
            {
                if (pending.Kind.IsAnswered())
                    await AwaitAnswer(process, pending);
                await Enter(process, pending, new ProcessStep { Delivers = true, PeerPid = PeerPidIn(process, answer) });
                return;
            }
            refusals += answer.Status == 0 || answer.Status >= 500 ? 0 : 1;
            if (!answer.IsTransient || refusals >= MaxRefusals || time.GetElapsedTime(began) > Patience)
            {
                await Enter(process, pending, GivingUp(process, pending, answer));
                return;
            }
            await Task.Delay(pause, time, stop.Token);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
            if (!book.TryFind(process.Kind, process.Pid, out process!) || process.Pending?.Entry != pending.Entry)
                return;
        }
    }

    private async Task AwaitAnswer(ExchangeProcess process, Outgoing pending)
    {
        var answered = awaitingAnswer[process.Pid] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            // What came before this could be found waiting is in the book.
            if (book.TryFind(process.Kind, process.Pid, out var now) && now.Pending?.Entry == pending.Entry)
                await answered.Task.WaitAsync(AnswerComesWithin, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        finally
        {
            awaitingAnswer.TryRemove(process.Pid, out _);
        }
    }

    /// <summary>The other side is told where it can be: else it would wait for what never comes.</summary>
    private static ProcessStep GivingUp(ExchangeProcess process, Outgoing pending, PeerAnswer answer)
    {
        var reason = $"{process.Peer} did not take {pending.Kind.WireType()}: {answer.Failure}";
        if (pending.Kind.Target() == ProcessState.Terminated || process.PeerPid is null || answer.Status is 0 or 404 || process.State.IsFinal())
            return new ProcessStep { Abandons = true, Ends = true, Reason = reason };
        var ending = process.Kind == ProcessKind.Negotiation ? MessageKind.ContractTermination : MessageKind.TransferTermination;
        return new ProcessStep { Abandons = true, Sends = (ending, Compose.Ending(ending, process.ProviderPid, process.ConsumerPid, "not-taken", $"{pending.Kind.WireType()} was not taken.")), Reason = reason };
    }

    private async Task<PeerAnswer> Post(ExchangeProcess process, Outgoing pending)
    {
        await atOnce.WaitAsync(stop.Token);
        try
        {
            return await link.Post(process.Peer, At(process, pending.Kind.Path(process.Role, process.PeerPid)), conduct.AddSecrets(process, pending), stop.Token);
        }
        finally
        {
            atOnce.Release();
        }
    }

    /// <summary>A refusal may mean that the message had arrived before and its acknowledgement was lost: then the other side is in the state it leads to.</summary>
    private async Task<bool> HasArrived(ExchangeProcess process, Outgoing pending, PeerAnswer refusal)
    {
        if (refusal.IsTransient || process.PeerPid is null)
            return false;
        var room = process.Kind == ProcessKind.Negotiation ? "negotiations" : "transfers";
        var state = await link.Get(process.Peer, At(process, $"{room}/{Uri.EscapeDataString(process.PeerPid)}"), stop.Token);
        return state.Body?["state"] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue<string>(out var text) && text == pending.Kind.Target().Wire();
    }

    private async Task Enter(ExchangeProcess process, Outgoing pending, ProcessStep step)
    {
        using var _ = await gates.Enter(process.Pid, stop.Token);
        if (!book.TryFind(process.Kind, process.Pid, out var now) || now.Pending?.Entry != pending.Entry)
            return; // an answer to it has come meanwhile and supposes that it arrived
        if (step.PeerPid is null && step.Delivers && now.PeerPid is null)
            step = step with { Delivers = false, Abandons = true, Ends = true, Reason = $"{process.Peer} answered the first message without an id of its own." };
        await book.Commit(process.Kind, process.Pid, await Reactions.Join(conduct, process.Kind, process.Pid, now, step, stop.Token), "node", stop.Token);
    }

    private static string? PeerPidIn(ExchangeProcess process, PeerAnswer answer) =>
        process.PeerPid is null && answer.Body?[process.Role == Role.Consumer ? "providerPid" : "consumerPid"] is System.Text.Json.Nodes.JsonValue value
            && value.TryGetValue<string>(out var pid) && pid.Length is > 0 and <= Dsp.MaxIdLength ? pid : null;

    private static Uri At(ExchangeProcess process, string path) => new($"{process.PeerAddress.AbsoluteUri.TrimEnd('/')}/{path}");
}
