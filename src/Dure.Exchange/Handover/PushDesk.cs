using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>
/// Brings data to the consumers that want them brought: when a transfer is started, to the address that the consumer gave, and only if that is its
/// own. A cut line or a restart of either side goes on where it was; what cannot be brought ends the transfer, with the reason for the consumer.
/// </summary>
public sealed class PushDesk : IAsyncDisposable
{
    private const int MaxAtOnce = 32;
    private const int MaxAtOncePerPartner = 4;
    private const int MaxRefusals = 5;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private readonly ProcessDesk desk;
    private readonly DataDoor door;
    private readonly IShelf shelf;
    private readonly ReceivedTokens tokens;
    private readonly PartnerHosts hosts;
    private readonly HttpClient client;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, Task> work = new(StringComparer.Ordinal);
    private readonly PartnerTurns turns = new(MaxAtOnce, MaxAtOncePerPartner);
    private readonly CancellationTokenSource stop = new();

    public PushDesk(ProcessDesk desk, DataDoor door, IShelf shelf, ReceivedTokens tokens, PartnerHosts hosts, HttpClient client, TimeProvider time)
    {
        (this.desk, this.door, this.shelf, this.tokens, this.hosts, this.client, this.time) = (desk, door, shelf, tokens, hosts, client, time);
        desk.Book.Changed += Consider;
    }

    /// <summary>Goes on with what a former run of the node left.</summary>
    public void Resume()
    {
        foreach (var process in desk.Book.All)
            Consider(process);
    }

    public async ValueTask DisposeAsync()
    {
        desk.Book.Changed -= Consider;
        await stop.CancelAsync();
        await Task.WhenAll(work.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        turns.Dispose();
        stop.Dispose();
    }

    /// <summary>Where a consumer wants its data.</summary>
    /// <exception cref="ProblemException">It names no address.</exception>
    internal static Uri AddressIn(JsonObject? dataAddress) =>
        dataAddress?["endpoint"] is JsonValue endpoint && endpoint.TryGetValue<string>(out var text) && Uri.TryCreate(text, UriKind.Absolute, out var address) ? address
            : throw new ProblemException("urn:dure:exchange:no-address", "It is not said where the data are to be brought.", "dataAddress.endpoint", "Send the address of your door, and its token as the property 'authorization'.");

    private void Consider(ExchangeProcess process)
    {
        if (process is not { Kind: ProcessKind.Transfer, Role: Role.Provider, Format: Dsp.PushFormat } || stop.IsCancellationRequested)
            return;
        if (process is { State: ProcessState.Started, Pending: null })
        {
            var task = new Task<Task>(() => Guard(process));
            if (work.TryAdd(process.Pid, task.Unwrap()))
                task.Start(TaskScheduler.Default);
        }
        else if (process.State.IsFinal())
        {
            tokens.Forget(process.Pid);
        }
    }

    private async Task Guard(ExchangeProcess transfer)
    {
        var (pid, steps) = (transfer.Pid, transfer.Entries.Length);
        try
        {
            if (await Push(pid, transfer.Peer))
                await Say(pid, MessageKind.TransferCompletion, null, null);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return; // the next start goes on
        }
        catch (Exception failed)
        {
            // The outermost place of this work: whatever a partner's door led to, both sides must hear of it.
            var problem = (failed as ProblemException)?.Problem;
            await Say(pid, MessageKind.TransferTermination, problem?.Type.StartsWith("urn:dure:exchange:", StringComparison.Ordinal) == true ? problem.What : "The data could not be brought.", problem?.What ?? failed.Message);
        }
        finally
        {
            work.TryRemove(pid, out _);
        }
        if (desk.Book.TryFind(ProcessKind.Transfer, pid, out var now) && now.Entries.Length > steps)
            Consider(now); // suspended and started again meanwhile
    }

    /// <returns>Whether all was brought; not when the transfer was stopped.</returns>
    private async Task<bool> Push(string pid, string partner)
    {
        var began = time.GetTimestamp();
        var refusals = 0;
        for (var pause = FirstPause; ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
        {
            if (!IsStarted(pid))
                return false;
            try
            {
                await turns.InTurn(partner, () => Bring(pid, stop.Token), stop.Token);
                return true;
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException or ProblemException { Problem.Type: DataDoor.Unsure } && time.GetElapsedTime(began) <= Patience)
            {
                // asked for again below, from where the partner then is
            }
            catch (ProblemException refused) when (refused.Problem.Type is Download.Refused or DataDoor.Refused && ++refusals < MaxRefusals)
            {
                // A suspension may still be on its way to either side: then it is not a refusal for good.
            }
            await Task.Delay(pause, time, stop.Token);
        }
    }

    private bool IsStarted(string pid) => desk.Book.TryFind(ProcessKind.Transfer, pid, out var transfer) && transfer.Heading == ProcessState.Started;

    private async Task Bring(string pid, CancellationToken cancel)
    {
        var (transfer, (offering, path)) = door.LookToBring(pid);
        var address = AddressIn(transfer.DataAddress);
        // Judged anew each time: the partner may have given another address when it let the transfer go on.
        await hosts.Check(transfer.Peer, address, "dataAddress.endpoint", cancel);
        var upload = new Upload(client, address, tokens.Find(pid) ?? throw new ProblemException("urn:dure:exchange:no-address", "The consumer gave no token for its door.", pid, "Send it as the property 'authorization' of the data address."));
        var (total, offset) = (new FileInfo(path).Length, await upload.Offset(cancel));
        if (offset > total)
            throw new ProblemException("urn:dure:exchange:wrong-offset", $"The consumer says that it has {offset} of {total} bytes.", address.Host, "Let it begin anew.");
        if (offset == 0 && shelf.ManifestOf(offering) is { } manifest)
            await upload.Manifest(manifest, cancel);
        await using var passage = await door.EnterToBring(transfer, offset, total - offset, cancel);
        await upload.Bring(passage, total, cancel);
    }

    private async Task Say(string pid, MessageKind kind, string? reason, string? why)
    {
        if (!IsStarted(pid))
            return;
        try
        {
            await desk.Decide(ProcessKind.Transfer, pid, kind, process => kind == MessageKind.TransferCompletion ? Compose.Later(kind, process.ProviderPid, process.ConsumerPid)
                : Compose.Ending(kind, process.ProviderPid, process.ConsumerPid, "not-brought", reason), why, "node", stop.Token);
        }
        catch (Exception late) when (late is ProblemException or OperationCanceledException)
        {
            // The other side said so first; or the node stops, and the next start finds it and comes here again.
        }
    }
}
