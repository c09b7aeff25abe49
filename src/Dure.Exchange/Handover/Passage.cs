using Dure.Exchange.Catalog;
using Dure.Exchange.Policies;
using Dure.Exchange.Processes;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>
/// Bytes on their way out. Whoever sends them asks for each portion before it leaves, and stops when <see cref="Stopped"/> says so.
/// </summary>
public sealed class Passage : IAsyncDisposable
{
    /// <summary>How many bytes are entered ahead at most; after a crash so many may have been counted and not sent.</summary>
    internal const long Portion = 64L << 20;

    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(400);

    private readonly DataDoor door;
    private readonly CancellationTokenSource stop = new();
    private readonly Task watch;
    private long entered;

    internal Passage(DataDoor door, ExchangeProcess transfer, ExchangeProcess negotiation, Offering offering, string path, long from, long length, long counted, TimeProvider time)
    {
        (this.door, Transfer, Negotiation, Offering, Path, From, Length, entered) = (door, transfer, negotiation, offering, path, from, length, counted);
        watch = Watch(time);
    }

    /// <summary>How many bytes are entered ahead for this one: less where few flow at a time and a passage stays open for long.</summary>
    internal long MostAhead { get; init; } = Portion;

    public ExchangeProcess Transfer { get; }
    public Offering Offering { get; }

    /// <summary>The file the bytes come from.</summary>
    public string Path { get; }

    public long From { get; }

    /// <summary>How many bytes were asked for.</summary>
    public long Length { get; }

    /// <summary>How many have been let through.</summary>
    public long Sent { get; private set; }

    /// <summary>Why it was stopped; null while it was not.</summary>
    public string? WhyStopped { get; private set; }

    /// <summary>Cancelled when no more may leave.</summary>
    public CancellationToken Stopped => stop.Token;

    internal ExchangeProcess Negotiation { get; }

    /// <summary>Bytes that have been counted and not yet been let through.</summary>
    internal long Ahead => Interlocked.Read(ref entered) - Sent;

    /// <summary>Bytes that were asked for, are not counted yet, and may still be.</summary>
    internal long NotCounted => stop.IsCancellationRequested ? 0 : Math.Max(0, Length - Interlocked.Read(ref entered));

    /// <summary>Lets the next bytes through: they are counted when this returns.</summary>
    /// <exception cref="ProblemException">No more may leave, with the reason.</exception>
    public async ValueTask Let(int bytes, CancellationToken cancel)
    {
        if (WhyStopped is { } why)
            throw new ProblemException(DataDoor.Refused, why, "transfer", "Ask the provider.");
        if (Sent + bytes > entered)
        {
            Interlocked.Add(ref entered, await door.Count(this, bytes, Math.Max(bytes, Math.Min(MostAhead, Length - entered)), cancel));
        }
        Sent += bytes;
    }

    /// <summary>Ends the stream at once.</summary>
    public void Stop(string why)
    {
        WhyStopped ??= why;
        try
        {
            stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // it has ended by itself meanwhile
        }
    }

    /// <summary>Gives back what was counted and not sent.</summary>
    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await door.Leave(this, entered - Sent);
        stop.Dispose();
    }

    /// <summary>A stream that cannot be watched any longer does not go on.</summary>
    private async Task Watch(TimeProvider time)
    {
        try
        {
            await Look(time);
        }
        catch (Exception broken) when (broken is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            Stop("Whether it may still be used cannot be told.");
        }
    }

    private async Task Look(TimeProvider time)
    {
        for (var pause = Glance; !stop.IsCancellationRequested;)
        {
            await Task.Delay(pause, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
                return;
            var decision = await door.Judge(this, stop.Token);
            if (decision is PolicyDecision.Refused refused)
                Stop(string.Join(" ", refused.Reasons.Take(8).Select(reason => reason.Sentence)));
            // An end in time is not waited for longer than it is away.
            var left = decision is PolicyDecision.Permitted { Until: { } until } ? until - time.GetUtcNow() : Glance;
            pause = left < Glance ? TimeSpan.FromTicks(Math.Max(left.Ticks, TimeSpan.TicksPerMillisecond)) : Glance;
        }
    }
}
