using System.Collections.Concurrent;
using System.Net;
using Dure.Evidence;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Handover.Live;

/// <summary>
/// Receives series under agreements as long as their transfers run: asks for what came after the piece it has, keeps it, and asks again. A cut
/// line or a restart of either side costs time and nothing else; what comes twice is known by its times.
/// </summary>
public sealed class SeriesDesk : IAsyncDisposable
{
    private const int MaxRefusals = 5;
    private const int MostBatchesInEntry = 256;

    /// <summary>A piece of fewer samples is followed by a breath even where there is more: whoever sends one sample at a time fills no journal with their batches.</summary>
    private const int LargePiece = 1000;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    /// <summary>A provider answers within fifteen seconds, if only to say that nothing has come.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(45);

    /// <summary>Between two pieces when there is not more already: what trickles in is taken together.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(250);

    /// <summary>How much time of samples may come again after a crash.</summary>
    private static readonly TimeSpan EntryPause = TimeSpan.FromSeconds(10);

    /// <summary>Where nothing comes, how often the place is noted all the same.</summary>
    private static readonly TimeSpan IdlePause = TimeSpan.FromMinutes(10);

    private readonly ProcessDesk desk;
    private readonly ReceivedBook received;
    private readonly ReceivedTokens tokens;
    private readonly SeriesBook book;
    private readonly HttpClient client;
    private readonly string folder;
    private readonly ISeriesLanding landing;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, Task> work = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Fetch> streams = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource stop = new();

    /// <param name="folder">A folder on the disk that the samples are kept on.</param>
    public SeriesDesk(ProcessDesk desk, ReceivedBook received, ReceivedTokens tokens, SeriesBook book, HttpClient client, ISeriesLanding landing, string folder, TimeProvider time)
    {
        (this.desk, this.received, this.tokens, this.book, this.client, this.landing, this.folder, this.time) = (desk, received, tokens, book, client, landing, folder, time);
        desk.Book.Changed += Consider;
    }

    /// <summary>How a stream goes; null when the transfer is none, or none that was begun since the node started.</summary>
    public Fetch? Find(string pid) => streams.GetValueOrDefault(pid);

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
        stop.Dispose();
    }

    private static bool Flows(ExchangeProcess process) => process is { Kind: ProcessKind.Transfer, Role: Role.Consumer, Format: Dsp.SeriesFormat, State: ProcessState.Started, Pending: null };

    private void Consider(ExchangeProcess process)
    {
        if (process is not { Kind: ProcessKind.Transfer, Role: Role.Consumer, Format: Dsp.SeriesFormat } || stop.IsCancellationRequested)
            return;
        if (Flows(process))
        {
            var task = new Task<Task>(() => Guard(process));
            if (work.TryAdd(process.Pid, task.Unwrap()))
                task.Start(TaskScheduler.Default);
            return;
        }
        if (running.TryGetValue(process.Pid, out var limit))
            limit.Cancel();
        if (process.State.IsFinal())
            tokens.Forget(process.Pid);
    }

    private async Task Guard(ExchangeProcess transfer)
    {
        var pid = transfer.Pid;
        var entries = transfer.Entries.Length;
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            running[pid] = limit;
            await Receive(pid, limit.Token);
        }
        catch (OperationCanceledException)
        {
            // suspended or ended, or the node stops: whatever starts it again brings it back here
        }
        catch (Exception failed)
        {
            // The outermost place of this work: whatever a partner's data led to, both sides must see it.
            Tell(pid, FetchState.Failed, (failed as ProblemException)?.Problem.What ?? failed.Message);
            await End(pid, failed);
        }
        finally
        {
            running.TryRemove(pid, out _);
            work.TryRemove(pid, out _);
        }
        if (desk.Book.TryFind(ProcessKind.Transfer, pid, out var now) && now.Entries.Length > entries)
            Consider(now); // suspended and started again meanwhile
    }

    private async Task Receive(string pid, CancellationToken cancel)
    {
        var (pause, refusals) = (FirstPause, 0);
        for (; ; )
        {
            if (!desk.Book.TryFind(ProcessKind.Transfer, pid, out var transfer) || !Flows(transfer))
                return;
            var stream = new Stream(this, transfer, OriginOf(transfer));
            var isPressed = false;
            try
            {
                await stream.RunAndNote(cancel);
            }
            catch (Exception broken) when (broken is IOException or HttpRequestException)
            {
                Tell(pid, FetchState.Flowing, $"goes on in {pause.TotalSeconds:F1} s: {broken.Message}");
            }
            catch (ProblemException refused) when (refused.Problem.Type == Download.Refused && ++refusals < MaxRefusals)
            {
                Tell(pid, FetchState.Flowing, $"asks again in {pause.TotalSeconds:F1} s: {refused.Problem.What}");
            }
            catch (ProblemException pressed) when (IsOfTheMoment(pressed.Problem.Type))
            {
                isPressed = true;
                Tell(pid, FetchState.Flowing, $"goes on in {pause.TotalSeconds:F1} s: {pressed.Problem.What}");
            }
            // What came and could not be kept comes again, and is to be asked for less and less often.
            if (stream.HasReceived && !isPressed)
                (pause, refusals) = (FirstPause, 0);
            await Task.Delay(pause, time, cancel);
            pause = pause * 2 > LongestPause ? LongestPause : pause * 2;
        }
    }

    private Origin OriginOf(ExchangeProcess transfer) => desk.Book.TryFindAgreement(transfer.AgreementId!, out var negotiation) && negotiation.Peer == transfer.Peer && negotiation.Agreement is { } agreement
        ? new Origin(transfer.Peer, transfer.Dataset, transfer.Pid, negotiation, agreement)
        : throw new ProblemException("urn:dure:exchange:unknown-agreement", "The transfer rests on no agreement of this node.", transfer.Pid, "Negotiate first.");

    private void Tell(string pid, FetchState state, string word) => streams[pid] = streams.GetValueOrDefault(pid, new Fetch(state, 0, null, "")) with { State = state, Word = word };

    /// <summary>This house cannot take anything just now, whoever sends it: a disk that is full or slow. It passes, and the series goes on where it was.</summary>
    internal static bool IsOfTheMoment(string type) =>
        type is "urn:dure:historian:disk-failed" or "urn:dure:historian:too-busy" or "urn:dure:evidence:journal-write-failed" or "urn:dure:evidence:journal-stopped";

    /// <summary>The provider hears why its series are not taken. Where people must make room first it is suspended, and goes on when one says so; all else is ended.</summary>
    private async Task End(string pid, Exception failed)
    {
        if (!desk.Book.TryFind(ProcessKind.Transfer, pid, out var transfer) || transfer.Heading != ProcessState.Started)
            return;
        var problem = (failed as ProblemException)?.Problem;
        var message = problem?.Type == Download.NoRoom ? MessageKind.TransferSuspension : MessageKind.TransferTermination;
        var reason = problem?.Type.StartsWith("urn:dure:exchange:", StringComparison.Ordinal) == true ? problem.What : "The series could not be taken in.";
        try
        {
            await desk.Decide(ProcessKind.Transfer, pid, message, process => Compose.Ending(message, process.ProviderPid, process.ConsumerPid, "not-received", reason),
                problem?.What ?? failed.Message, "node", stop.Token);
        }
        catch (Exception late) when (late is ProblemException or OperationCanceledException)
        {
            // It was ended meanwhile; or the node stops, and the next start finds it and comes here again.
        }
    }

    /// <summary>One line to the provider, from where the former one ended until it is cut.</summary>
    private sealed class Stream(SeriesDesk owner, ExchangeProcess transfer, Origin origin)
    {
        private readonly List<EntryRef> batches = [];
        private readonly string agreement = transfer.AgreementId!;
        private SeriesProgress progress = owner.book.OfAgreement(transfer.AgreementId!);
        private long notedAt = owner.time.GetTimestamp();
        private bool hasMoved;

        public bool HasReceived { get; private set; }

        /// <summary>Receives until it is cut, and notes how far it came.</summary>
        public async Task RunAndNote(CancellationToken cancel)
        {
            try
            {
                await Run(cancel);
            }
            finally
            {
                await Note();
            }
        }

        private async Task Run(CancellationToken cancel)
        {
            if (transfer.DataAddress?["endpoint"] is not { } endpoint || !Uri.TryCreate(endpoint.ToString(), UriKind.Absolute, out var address) || owner.tokens.Find(transfer.Pid) is not { } token)
                throw new ProblemException("urn:dure:exchange:no-address", "The provider's start message names no address or no token.", transfer.Pid, "Ask the provider to start the transfer again.");
            for (; ; )
            {
                cancel.ThrowIfCancellationRequested();
                var page = await Ask(address, token, cancel);
                HasReceived = true;
                if (page.Rows.Count > 0)
                    await Land(page, cancel);
                hasMoved |= progress.Cursor != page.Next;
                progress = progress with { Cursor = page.Next };
                owner.streams[transfer.Pid] = new Fetch(FetchState.Flowing, progress.Bytes, null, $"{progress.Samples} samples{(progress.Refused > 0 ? $", {progress.Refused} not taken" : "")}");
                var since = owner.time.GetElapsedTime(notedAt);
                if (batches.Count >= MostBatchesInEntry || (batches.Count > 0 && since > EntryPause) || since > IdlePause)
                    await Note();
                if (!page.HasMore || page.Samples < LargePiece)
                    await Task.Delay(Breath, owner.time, cancel);
            }
        }

        /// <summary>Enters how far it is, with the batches that came.</summary>
        private async Task Note()
        {
            if (hasMoved)
                await owner.book.Enter(transfer.Pid, agreement, transfer.Peer, progress, batches, CancellationToken.None);
            batches.Clear();
            (hasMoved, notedAt) = (false, owner.time.GetTimestamp());
        }

        private async Task Land(SeriesPage page, CancellationToken cancel)
        {
            // A signal without samples is none that came.
            var some = page.Rows.Where(rows => rows.TimesMicros.Length > 0).ToList();
            if (some.Count == 0)
                return;
            owner.received.CheckRoomFor(origin, some.Select(rows => rows.Path));
            if (Download.RoomBeside(Path.Combine(owner.folder, "series")) == 0)
                throw new ProblemException(Download.NoRoom, "There is no room for the series.", "disk", "Make room on the disk, then let the transfer go on.");
            // The rules are attached before the samples can be found: a crash in between leaves rules without samples, never samples without rules.
            var names = await owner.received.EnterSignals(origin, [.. some.Select(rows => rows.Path)], owner.landing.Knows, owner.stop.Token);
            cancel.ThrowIfCancellationRequested(); // ended while it came
            var landed = await owner.landing.Land([.. some.Zip(names, (rows, name) => (name, rows))], $"exchange {transfer.Pid} {agreement}", transfer.Peer, ReceivedBook.EntriesOf(names.SelectMany(owner.received.OriginsOfSignal)), owner.stop.Token);
            if (landed.Entry is { } entry)
                batches.Add(entry);
            progress = progress with { Samples = progress.Samples + landed.Accepted, Refused = progress.Refused + landed.Refused };
        }

        private async Task<SeriesPage> Ask(Uri address, string token, CancellationToken cancel)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(LongestSilence); // and from each read on anew: a slow line takes its time
            using var request = new HttpRequestMessage(HttpMethod.Get, progress.Cursor is { } after ? new Uri($"{address.AbsoluteUri}?after={Uri.EscapeDataString(after)}") : address);
            request.Headers.TryAddWithoutValidation("Authorization", token.Contains(' ') ? token : $"Bearer {token}");
            try
            {
                using var response = await owner.client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
                if (response.StatusCode != HttpStatusCode.OK)
                    throw await Download.Refusal(response, address, limit.Token);
                var bytes = await ReadAll(response, address, limit);
                progress = progress with { Bytes = progress.Bytes + bytes.Length };
                return SeriesFrame.Read(bytes);
            }
            catch (OperationCanceledException silent) when (!cancel.IsCancellationRequested)
            {
                throw new IOException($"The provider sent nothing for {LongestSilence.TotalSeconds:F0} s.", silent);
            }
        }

        private static async Task<byte[]> ReadAll(HttpResponseMessage response, Uri address, CancellationTokenSource limit)
        {
            if (response.Content.Headers.ContentLength > SeriesFrame.MaxBytes)
                throw TooLarge(address);
            await using var stream = await response.Content.ReadAsStreamAsync(limit.Token);
            using var content = new MemoryStream((int)(response.Content.Headers.ContentLength ?? 4096));
            var buffer = new byte[64 * 1024];
            for (int read; (read = await stream.ReadAsync(buffer, limit.Token)) > 0;)
            {
                limit.CancelAfter(LongestSilence);
                if (content.Length + read > SeriesFrame.MaxBytes)
                    throw TooLarge(address);
                content.Write(buffer, 0, read);
            }
            return content.Length < (response.Content.Headers.ContentLength ?? 0) ? throw new IOException("The line broke.") : content.ToArray();
        }

        private static ProblemException TooLarge(Uri address) => new("urn:dure:exchange:too-large", $"A piece of the series is larger than {SeriesFrame.MaxBytes} bytes.", address.Host, "Ask the provider what it is.");
    }
}
