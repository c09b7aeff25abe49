using System.Collections.Concurrent;
using Dure.Exchange.Processes;
using Dure.Kernel;

namespace Dure.Exchange.Handover.Live;

/// <summary>A piece of series that may leave, and the token that is cancelled when no more may.</summary>
/// <param name="Leaves">To be called as the bytes leave: on a slow line that takes longer than nobody may ask.</param>
public sealed record SeriesPiece(ReadOnlyMemory<byte> Bytes, Action Leaves, CancellationToken Stopped);

/// <summary>
/// The way by which series leave, piece by piece: a consumer asks for what came after the piece it has, and waits if there is nothing yet. It asks
/// again only when it has kept what it got, so a slow one holds up nothing but itself. Each piece is judged and its bytes are counted before
/// it leaves; between the pieces the transfer is watched as a stream is.
/// </summary>
public sealed class SeriesDoor : IAsyncDisposable
{
    /// <summary>A consumer asks to go on from where it never was.</summary>
    public const string BadPlace = "urn:dure:exchange:bad-place";

    /// <summary>How long an answer is waited with when nothing comes.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    /// <summary>What a consumer has not asked about for so long is closed, with what was counted ahead given back; it opens again when it does.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromMinutes(1);

    private readonly DataDoor door;
    private readonly ISeriesShelf shelf;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<string, Session> sessions = new(StringComparer.Ordinal);
    private readonly ProcessGates opening = new();
    private readonly ITimer sweep;

    public SeriesDoor(DataDoor door, ISeriesShelf shelf, TimeProvider time)
    {
        (this.door, this.shelf, this.time) = (door, shelf, time);
        sweep = time.CreateTimer(_ => _ = Sweep(), null, LongestSilence / 2, LongestSilence / 2);
    }

    /// <summary>The next piece of a transfer.</summary>
    /// <param name="pid">The transfer.</param>
    /// <param name="authorization">The value of the Authorization header.</param>
    /// <param name="after">What the piece before said; null for the first.</param>
    /// <exception cref="ProblemException">Of type <see cref="DataDoor.Unauthorised"/> or <see cref="DataDoor.Refused"/>; or the place is none of this agreement.</exception>
    public async Task<SeriesPiece> Next(string pid, string? authorization, string? after, CancellationToken cancel)
    {
        await door.LookAtSeries(pid, authorization, cancel);
        var session = await Open(pid, authorization, cancel);
        try
        {
            using var turn = await session.Turns.Take(cancel, session.Stopped);
            var page = await Wait(session.Reader, after, turn.Token);
            var bytes = SeriesFrame.Write(page);
            await session.Passage.Let(bytes.Length, turn.Token);
            return new SeriesPiece(bytes, () => session.UsedAt = time.GetTimestamp(), session.Stopped);
        }
        catch (OperationCanceledException) when (session.Stopped.IsCancellationRequested)
        {
            throw session.Passage.WhyStopped is { } why
                ? new ProblemException(DataDoor.Refused, why, "transfer", "Ask the provider.")
                : new ProblemException("urn:dure:exchange:too-busy", "The way was closed while nobody asked.", "transfer", "Ask again.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await sweep.DisposeAsync();
        foreach (var pid in sessions.Keys)
            await Close(pid);
    }

    private async Task<SeriesPage> Wait(ISeriesReader reader, string? after, CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        for (; ; )
        {
            var page = reader.Next(after, cancel);
            var left = LongestWait - time.GetElapsedTime(began);
            if (page.Rows.Count > 0 || left <= TimeSpan.Zero)
                return page;
            after = page.Next;
            if (page.HasMore)
                continue;
            await Task.WhenAny(reader.News(after), Task.Delay(left, time, cancel));
            cancel.ThrowIfCancellationRequested();
        }
    }

    /// <summary>One session a transfer; one whose passage was stopped makes room for the next, which is judged anew.</summary>
    private async Task<Session> Open(string pid, string? authorization, CancellationToken cancel)
    {
        using var _ = await opening.Enter(pid, cancel);
        if (sessions.TryGetValue(pid, out var known))
        {
            if (known.Passage.WhyStopped is null)
            {
                known.UsedAt = time.GetTimestamp();
                return known;
            }
            await Close(pid);
        }
        var (_, offering, agreed, agreedAt) = await door.LookAtSeries(pid, authorization, cancel);
        return sessions[pid] = new Session(await door.EnterSeries(pid, authorization, cancel), shelf.Open(offering.Series!, agreed, agreedAt)) { UsedAt = time.GetTimestamp() };
    }

    private async Task Close(string pid)
    {
        if (sessions.TryRemove(pid, out var session))
            await session.DisposeAsync();
    }

    private async Task Sweep()
    {
        foreach (var (pid, session) in sessions)
        {
            if (time.GetElapsedTime(session.UsedAt) < LongestSilence && session.Passage.WhyStopped is null)
                continue;
            using var _ = await opening.Enter(pid, CancellationToken.None);
            if (sessions.TryGetValue(pid, out var now) && now == session)
                await Close(pid);
        }
    }

    private sealed class Session(Passage passage, ISeriesReader reader) : IAsyncDisposable
    {
        public Passage Passage { get; } = passage;
        public CancellationToken Stopped { get; } = passage.Stopped;
        public ISeriesReader Reader { get; } = reader;
        public NewestTurn Turns { get; } = new();
        public long UsedAt { get; set; }

        /// <summary>Whoever still has its turn is stopped with the passage.</summary>
        public async ValueTask DisposeAsync()
        {
            try
            {
                await Passage.DisposeAsync();
            }
            finally
            {
                using (await Turns.Take())
                    Reader.Dispose();
            }
        }
    }
}
