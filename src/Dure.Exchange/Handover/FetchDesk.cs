using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Handover.Live;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>How far the receiving of data is.</summary>
public enum FetchState
{
    Waiting,
    Receiving,

    /// <summary>Series are received as they grow.</summary>
    Flowing,
    Landed,
    Failed,
}

/// <summary>One transfer's data on their way in.</summary>
/// <param name="State">How far it is.</param>
/// <param name="Done">Bytes on the disk.</param>
/// <param name="Total">Bytes in all, where the provider says.</param>
/// <param name="Word">What is going on, or why it failed.</param>
public sealed record Fetch(FetchState State, long Done, long? Total, string Word);

/// <summary>
/// Brings in what was agreed on: begins the transfer once an agreement is final, fetches when the provider has started it, lands the
/// data and tells the provider. Whatever was cut off, by the line or by a crash, goes on where it was.
/// </summary>
public sealed class FetchDesk : IAsyncDisposable
{
    private const int MaxAtOnce = 16;
    private const int MaxAtOncePerPartner = 4;
    /// <summary>How often a refusal is asked about again: the suspension that it comes from may still be on its way.</summary>
    private const int MaxRefusals = 5;

    /// <summary>What a provider hears of what it cannot mend.</summary>
    private const string NotTakenIn = "The data could not be taken in.";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Patience = TimeSpan.FromDays(1);

    private readonly ProcessBook processes;
    private readonly ProcessDesk desk;
    private readonly ReceivedBook received;
    private readonly ReceivedTokens tokens;
    private readonly HttpClient client;
    private readonly ILanding landing;
    private readonly SeriesDesk series;
    private readonly string folder;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, Task> work = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Fetch> fetches = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new(StringComparer.Ordinal);
    private readonly PartnerTurns turns = new(MaxAtOnce, MaxAtOncePerPartner);
    private readonly CancellationTokenSource stop = new();

    public FetchDesk(ProcessDesk desk, ReceivedBook received, ReceivedTokens tokens, HttpClient client, ILanding landing, SeriesDesk series, string folder, TimeProvider time)
    {
        (this.desk, processes, this.received, this.tokens, this.client, this.landing, this.series, this.folder, this.time) = (desk, desk.Book, received, tokens, client, landing, series, folder, time);
        processes.Changed += Consider;
    }

    /// <summary>How far a transfer's data are; null when none were asked for.</summary>
    public Fetch? Find(string pid) => series.Find(pid) ?? FindFile(pid);

    private Fetch? FindFile(string pid) => received.OfTransfer(pid) switch
    {
        null => fetches.GetValueOrDefault(pid),
        { } landed when landing.IsThere(landed.Artefact, landed.Content) => new Fetch(FetchState.Landed, landed.Bytes, landed.Bytes, landed.Artefact),
        not null when fetches.GetValueOrDefault(pid) is { State: FetchState.Failed } failed => failed,
        { } arrived => new Fetch(FetchState.Receiving, arrived.Bytes, arrived.Bytes, "receives"),
    };

    /// <summary>Goes on with what a former run of the node left.</summary>
    public void Resume()
    {
        foreach (var process in processes.All)
            Consider(process);
        series.Resume();
    }

    /// <summary>How many bytes of what a provider brings are here.</summary>
    internal long LengthOf(ExchangeProcess transfer) => LengthOf(FileOf(transfer.Pid));

    /// <summary>How long what a transfer brought was; null before it is known as received.</summary>
    internal long? BytesLanded(string pid) => received.OfTransfer(pid)?.Bytes;

    internal void Report(string pid, long done, long? total) => fetches[pid] = new Fetch(FetchState.Receiving, done, total, "receives");

    /// <summary>Does something with a transfer's file that ends when the transfer does not run any longer. A full disk suspends it until a person has made room.</summary>
    internal async Task<T> WhileStarted<T>(ExchangeProcess transfer, Func<string, CancellationToken, Task<T>> work, CancellationToken cancel)
    {
        var pid = transfer.Pid;
        Directory.CreateDirectory(folder);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, cancel);
        running[pid] = limit;
        try
        {
            // What was stopped before this could be found running ends here.
            return IsStarted(pid) ? await work(FileOf(pid), limit.Token) : throw Ended();
        }
        catch (IOException gone) when (!IsStarted(pid))
        {
            throw Ended(gone); // and its file was taken away
        }
        catch (Exception full) when (Download.IsNoRoom(full))
        {
            var problem = full as ProblemException ?? new ProblemException(Download.NoRoom, "The disk is full.", "disk", "Make room on the disk, then let the transfer go on.", full);
            await Tell(pid, problem);
            throw problem;
        }
        finally
        {
            running.TryRemove(pid, out _);
            // What was written while the transfer was ended may have come after its file had been deleted.
            if (processes.TryFind(ProcessKind.Transfer, pid, out var last) && last.State.IsFinal())
                Delete(pid);
        }
    }

    internal bool IsStarted(string pid) => processes.TryFind(ProcessKind.Transfer, pid, out var transfer) && transfer.Heading == ProcessState.Started;

    internal Task KeepManifest(ExchangeProcess transfer, byte[] manifest, CancellationToken cancel) => WhileStarted(transfer, async (file, stopped) =>
    {
        await File.WriteAllBytesAsync(file + ".manifest", manifest, stopped);
        return true;
    }, cancel);

    /// <summary>
    /// Lands what a provider has brought, within <see cref="WhileStarted"/>. What cannot be taken in ends the transfer, and the provider hears why;
    /// what fails in this house is tried again when the provider comes again.
    /// </summary>
    /// <param name="content">The hash of the whole; null to go on with a landing that was cut off.</param>
    internal async Task LandBrought(ExchangeProcess transfer, string file, ContentHash? content, CancellationToken stopped)
    {
        try
        {
            var origin = OriginOf(transfer);
            if (content is { } hash)
            {
                var manifest = File.Exists(file + ".manifest") ? await File.ReadAllBytesAsync(file + ".manifest", stopped) : null;
                stopped.ThrowIfCancellationRequested(); // ended while its last bytes came
                await received.Enter(origin, NameOf(hash, manifest, file), hash, new FileInfo(file).Length, stop.Token);
            }
            await Land(transfer, origin, file);
        }
        catch (Exception failed) when (OwnTrouble.MayPass(failed))
        {
            fetches[transfer.Pid] = new Fetch(FetchState.Receiving, LengthOf(file), null, $"goes on when the provider comes again: {(failed as ProblemException)?.Problem.What ?? failed.Message}");
            throw;
        }
        catch (ProblemException refused)
        {
            fetches[transfer.Pid] = new Fetch(FetchState.Failed, 0, null, refused.Problem.What);
            await Tell(transfer.Pid, refused);
            if (OwnTrouble.Is(refused.Problem))
                throw new ProblemException("urn:dure:exchange:not-received", NotTakenIn, "content", "Look whether the data fit their manifest, then negotiate anew.", refused);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        processes.Changed -= Consider;
        await stop.CancelAsync();
        await Task.WhenAll(work.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        turns.Dispose();
        stop.Dispose();
    }

    private void Consider(ExchangeProcess process)
    {
        if (process.Role != Role.Consumer || stop.IsCancellationRequested)
            return;
        if (process is { Kind: ProcessKind.Negotiation, State: ProcessState.Finalized, ThenFetches: true })
            Begin(process.Pid, () => BeginTransfer(process));
        else if (process is { Kind: ProcessKind.Transfer, State: ProcessState.Started, Pending: null, Format: Dsp.PullFormat })
            Begin(process.Pid, () => Receive(process));
        else if (process.Kind == ProcessKind.Transfer && process.Heading != ProcessState.Started)
            Leave(process);
    }

    /// <summary>What was suspended or ended is not received any longer; what was ended is not kept either.</summary>
    private void Leave(ExchangeProcess transfer)
    {
        if (running.TryGetValue(transfer.Pid, out var limit))
            limit.Cancel();
        if (!transfer.State.IsFinal() || work.ContainsKey(transfer.Pid))
            return;
        tokens.Forget(transfer.Pid);
        Delete(transfer.Pid);
    }

    private void Delete(string pid)
    {
        if (!Directory.Exists(folder))
            return;
        File.Delete(FileOf(pid));
        File.Delete(FileOf(pid) + ".manifest");
    }

    private static ProblemException Ended(Exception? cause = null) => new(DataDoor.Refused, "The transfer does not run any longer.", "transfer", "Ask for it to be started again.", cause);

    private string FileOf(string pid) => Path.Combine(folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(pid))) + ".part");

    private void Begin(string pid, Func<Task> begin)
    {
        var task = new Task<Task>(() => Guard(pid, begin));
        if (work.TryAdd(pid, task.Unwrap()))
            task.Start(TaskScheduler.Default);
    }

    private async Task Guard(string pid, Func<Task> begin)
    {
        var steps = processes.TryFind(ProcessKind.Transfer, pid, out var before) ? before.Entries.Length : 0;
        try
        {
            await begin();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return; // the next start goes on
        }
        catch (Exception failed) when (failed is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // The outermost place of this work: whatever a partner's data led to, a person must see it.
            fetches[pid] = fetches.GetValueOrDefault(pid, new Fetch(FetchState.Failed, 0, null, "")) with { State = FetchState.Failed, Word = (failed as ProblemException)?.Problem.What ?? failed.Message };
            await Tell(pid, failed);
        }
        finally
        {
            work.TryRemove(pid, out _);
        }
        if (processes.TryFind(ProcessKind.Transfer, pid, out var now) && (fetches.GetValueOrDefault(pid)?.State != FetchState.Failed || now.Entries.Length > steps))
            Consider(now); // suspended and started again meanwhile, also when that is what it failed for
    }

    /// <summary>
    /// The provider hears why its data were not taken, else it would hold the way open for nothing. What can be mended here is suspended, and goes
    /// on when a person says so; all else is ended.
    /// </summary>
    private async Task Tell(string pid, Exception failed)
    {
        if (!processes.TryFind(ProcessKind.Transfer, pid, out var transfer) || transfer.Heading != ProcessState.Started)
            return;
        var problem = (failed as ProblemException)?.Problem;
        var message = problem?.Type == Download.NoRoom ? MessageKind.TransferSuspension : MessageKind.TransferTermination;
        // What went wrong in this house is said without its details: file names are nobody else's business.
        var reason = problem?.Type.StartsWith("urn:dure:exchange:", StringComparison.Ordinal) == true ? problem.What : NotTakenIn;
        try
        {
            await desk.Decide(ProcessKind.Transfer, pid, message, process => Compose.Ending(message, process.ProviderPid, process.ConsumerPid, "not-received", reason), problem?.What ?? failed.Message, "node", stop.Token);
        }
        catch (Exception late) when (late is ProblemException or OperationCanceledException)
        {
            // It was ended meanwhile; or the node stops, and the next start finds it and comes here again.
        }
    }

    private async Task BeginTransfer(ExchangeProcess negotiation)
    {
        if (processes.HasAskedForData(negotiation.AgreementId!))
            return;
        var format = negotiation.Format ?? Dsp.PullFormat;
        await desk.Begin(MessageKind.TransferRequest,
            new ProcessStep.Beginning(Role.Consumer, negotiation.Peer, negotiation.PeerAddress, negotiation.Dataset, negotiation.Purposes, negotiation.AgreementId, format),
            pid => Compose.TransferRequest(pid, negotiation.AgreementId!, format, desk.OwnAddress, null, negotiation.Purposes), "node", stop.Token);
    }

    private async Task Receive(ExchangeProcess transfer)
    {
        var pid = transfer.Pid;
        fetches[pid] = new Fetch(FetchState.Waiting, 0, null, "waits for its turn");
        Directory.CreateDirectory(folder);
        var file = FileOf(pid);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
        running[pid] = limit;
        try
        {
            var began = time.GetTimestamp();
            var refusals = 0;
            for (var pause = FirstPause; ; pause = pause * 2 > LongestPause ? LongestPause : pause * 2)
            {
                // What was ended before this work could be found running ends here.
                if (!processes.TryFind(ProcessKind.Transfer, pid, out transfer!) || transfer.Heading != ProcessState.Started)
                    return;
                var before = LengthOf(file);
                try
                {
                    await turns.InTurn(transfer.Peer, () => FetchAndLand(transfer, file, limit.Token), limit.Token);
                    return;
                }
                catch (Exception broken) when (broken is IOException or HttpRequestException)
                {
                    if (time.GetElapsedTime(began) > Patience)
                        throw;
                    fetches[pid] = new Fetch(FetchState.Receiving, before, null, $"goes on in {pause.TotalSeconds:F1} s: {broken.Message}");
                    if (LengthOf(file) > before)
                        pause = FirstPause;
                    await Task.Delay(pause, time, limit.Token);
                }
                catch (ProblemException refused) when (refused.Problem.Type == Download.Refused && ++refusals < MaxRefusals)
                {
                    fetches[pid] = new Fetch(FetchState.Receiving, before, null, $"asks again in {pause.TotalSeconds:F1} s: {refused.Problem.What}");
                    await Task.Delay(pause, time, limit.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // suspended or ended: whatever starts it again brings it back here
        }
        finally
        {
            running.TryRemove(pid, out _);
        }
    }

    private async Task FetchAndLand(ExchangeProcess transfer, string file, CancellationToken cancel)
    {
        var pid = transfer.Pid;
        if (transfer.DataAddress?["endpoint"] is not JsonValue endpoint || !endpoint.TryGetValue<string>(out var where) || !Uri.TryCreate(where, UriKind.Absolute, out var address) || (tokens.Find(pid) ?? (received.OfTransfer(pid) is null ? null : "")) is not { } token)
            throw new ProblemException("urn:dure:exchange:no-address", "The provider's start message names no address or no token.", pid, "Ask the provider to start the transfer again.");
        var origin = OriginOf(transfer);
        var manifestFile = file + ".manifest";
        if (received.OfTransfer(pid) is null)
        {
            var download = new Download(client, address, token, file, new Progress(progress => fetches[pid] = new Fetch(FetchState.Receiving, progress.Done, progress.Total, "receives")));
            var manifest = await download.Manifest(cancel);
            var content = await download.Run(cancel);
            if (manifest is not null)
                await File.WriteAllBytesAsync(manifestFile, manifest, stop.Token);
            cancel.ThrowIfCancellationRequested(); // ended while its last bytes came
            // The rules are attached before the data can be found: a crash in between leaves rules without data, never data without rules.
            await received.Enter(origin, NameOf(content, manifest, file), content, new FileInfo(file).Length, stop.Token);
        }
        await Land(transfer, origin, file);
    }

    private async Task Land(ExchangeProcess transfer, Origin origin, string file)
    {
        var (pid, manifestFile) = (transfer.Pid, file + ".manifest");
        await landing.Land(file, received.OfTransfer(pid)!.Content, File.Exists(manifestFile) ? await File.ReadAllBytesAsync(manifestFile, stop.Token) : null, origin, stop.Token);
        File.Delete(file);
        File.Delete(manifestFile);
        tokens.Forget(pid);
        await desk.Decide(ProcessKind.Transfer, pid, MessageKind.TransferCompletion, process => Compose.Later(MessageKind.TransferCompletion, process.ProviderPid, process.ConsumerPid), null, "node", stop.Token);
    }

    private Origin OriginOf(ExchangeProcess transfer) => processes.TryFindAgreement(transfer.AgreementId!, out var negotiation) && negotiation.Peer == transfer.Peer && negotiation.Agreement is { } agreement
        ? new Origin(transfer.Peer, transfer.Dataset, transfer.Pid, negotiation, agreement)
        : throw new ProblemException("urn:dure:exchange:unknown-agreement", "The transfer rests on no agreement of this node.", transfer.Pid, "Negotiate first.");

    /// <summary>What is not as its manifest says is not kept: the next transfer begins anew.</summary>
    private string NameOf(ContentHash content, byte[]? manifest, string file)
    {
        try
        {
            return landing.NameOf(content, manifest);
        }
        catch (ProblemException)
        {
            File.Delete(file);
            File.Delete(file + ".manifest");
            throw;
        }
    }

    private static long LengthOf(string file) => File.Exists(file) ? new FileInfo(file).Length : 0;

    private sealed class Progress(Action<(long Done, long? Total)> report) : IProgress<(long Done, long? Total)>
    {
        public void Report((long Done, long? Total) value) => report(value);
    }
}
