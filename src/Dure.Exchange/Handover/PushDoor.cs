using System.Collections.Concurrent;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Exchange.Handover;

/// <summary>What somebody brings, as the headers say it.</summary>
/// <param name="From">The first byte; null: the whole is brought, from its beginning.</param>
/// <param name="Total">How long the whole is; null where that is not said.</param>
/// <param name="Digest">The whole's SHA-256 in base64; null where none is given.</param>
public sealed record PushedRange(long? From, long? Total, string? Digest);

/// <summary>
/// The door by which partners bring data that this node asked them to bring: opened by a token bound to the transfer and the partner, for as long as
/// the transfer runs, for as many bytes as were announced. What has come survives a crash; the whole is checked by its hash and lands as what is fetched.
/// </summary>
public sealed class PushDoor : IDisposable
{
    /// <summary>What is brought does not begin where this node is.</summary>
    public const string Elsewhere = "urn:dure:exchange:wrong-offset";

    /// <summary>It is longer than announced, or than this node takes.</summary>
    public const string TooLarge = "urn:dure:exchange:too-large";

    public const int MaxManifestBytes = 64 << 20;
    private const int BufferBytes = 256 * 1024;
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(30);

    private readonly ProcessBook processes;
    private readonly FetchDesk fetches;
    private readonly TransferTokens tokens;
    private readonly long mostBytes;
    private readonly ConcurrentDictionary<string, NewestTurn> turns = new(StringComparer.Ordinal);
    private readonly PartialHashes hashes = new();

    public PushDoor(ProcessBook processes, FetchDesk fetches, TransferTokens tokens, long mostBytes)
    {
        (this.processes, this.fetches, this.tokens, this.mostBytes) = (processes, fetches, tokens, mostBytes);
        processes.Changed += Forget;
    }

    /// <summary>How many bytes of a transfer are here.</summary>
    /// <exception cref="ProblemException">Of type <see cref="DataDoor.Unauthorised"/> when the token opens nothing, <see cref="DataDoor.Refused"/> when the transfer does not run.</exception>
    public long Look(string pid, string? authorization)
    {
        var transfer = Find(pid, authorization);
        return fetches.BytesLanded(pid) ?? fetches.LengthOf(transfer);
    }

    /// <summary>Takes the provider's manifest.</summary>
    public async Task TakeManifest(string pid, string? authorization, Stream body, CancellationToken cancel)
    {
        var transfer = Find(pid, authorization);
        using var turn = await turns.GetOrAdd(pid, static _ => new NewestTurn()).Take(cancel);
        using var content = new MemoryStream();
        var buffer = new byte[BufferBytes];
        for (int read; (read = await body.ReadAsync(buffer, turn.Token)) > 0;)
        {
            if (content.Length + read > MaxManifestBytes)
                throw Long($"The manifest is larger than {MaxManifestBytes} bytes.");
            content.Write(buffer, 0, read);
        }
        await fetches.KeepManifest(transfer, content.ToArray(), turn.Token);
    }

    /// <summary>Takes bytes, and lands the whole when it is complete.</summary>
    /// <returns>Whether it is.</returns>
    /// <exception cref="ProblemException">As <see cref="Look"/>; or it is too long, begins elsewhere, or is not what its digest names.</exception>
    public async Task<bool> Take(string pid, string? authorization, PushedRange range, Stream body, CancellationToken cancel)
    {
        var transfer = Find(pid, authorization);
        using var turn = await turns.GetOrAdd(pid, static _ => new NewestTurn()).Take(cancel);
        // A former attempt may have brought all, and its answer was lost.
        if (fetches.BytesLanded(pid) is not null && !fetches.IsStarted(pid))
            return true;
        try
        {
            return await fetches.WhileStarted(transfer, (file, stopped) => TakeAndLand(transfer, file, range, body, stopped), turn.Token);
        }
        finally
        {
            if (processes.TryFind(ProcessKind.Transfer, pid, out var now))
                Forget(now); // ended before its hash was kept
        }
    }

    public void Dispose()
    {
        processes.Changed -= Forget;
        hashes.Dispose();
        foreach (var turn in turns.Values)
            turn.Dispose();
    }

    private void Forget(ExchangeProcess changed)
    {
        if (changed.Kind != ProcessKind.Transfer || !changed.State.IsFinal())
            return;
        turns.TryRemove(changed.Pid, out _);
        hashes.Forget(changed.Pid);
    }

    private async Task<bool> TakeAndLand(ExchangeProcess transfer, string file, PushedRange range, Stream body, CancellationToken stopped)
    {
        ContentHash? content = null;
        if (fetches.BytesLanded(transfer.Pid) is null && (content = await Take(transfer, file, range, body, stopped)) is null)
            return false;
        await fetches.LandBrought(transfer, file, content, stopped);
        return true;
    }

    private ExchangeProcess Find(string pid, string? authorization)
    {
        // A wrong token and a transfer that does not exist are told alike.
        if (!processes.TryFind(ProcessKind.Transfer, pid, out var transfer) || transfer is not { Role: Role.Consumer, Format: Dsp.PushFormat } || !tokens.Opens(transfer, authorization))
            throw new ProblemException(DataDoor.Unauthorised, "This token opens nothing.", "header Authorization", "Use the token of the transfer's newest data address.");
        if (transfer.Heading != ProcessState.Started && fetches.BytesLanded(pid) is null)
            throw new ProblemException(DataDoor.Refused, $"The transfer is {transfer.Heading.Wire()}.{(transfer.Reason is { } reason ? $" {reason}" : "")}", "transfer", "Bring data while it is STARTED.");
        return transfer;
    }

    /// <returns>The hash of the whole; null when more is to come.</returns>
    private async Task<ContentHash?> Take(ExchangeProcess transfer, string file, PushedRange range, Stream body, CancellationToken cancel)
    {
        if (range.From is null)
            File.Delete(file);
        var hash = await hashes.Take(transfer.Pid, file, cancel);
        try
        {
            return await Take(transfer, file, range, body, hash, cancel);
        }
        finally
        {
            hashes.Keep(transfer.Pid, hash);
        }
    }

    private async Task<ContentHash?> Take(ExchangeProcess transfer, string file, PushedRange range, Stream body, PartialHash hash, CancellationToken cancel)
    {
        var have = hash.Length;
        if (range.From is { } from && from != have)
            throw new ProblemException(Elsewhere, $"{have} bytes are here, and what is brought begins at {from}.", "header Content-Range", $"Go on at the byte that {Upload.OffsetHeader} says.");
        var most = MostOf(transfer, range.Total, file, have);
        await using (var target = new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.Read, 1, FileOptions.Asynchronous))
        {
            var buffer = new byte[BufferBytes];
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            for (int read; (read = await Read(body, buffer, silence)) > 0;)
            {
                if (have + read > most)
                    throw Long(range.Total is null ? $"More than {most} bytes are brought." : "More is brought than was said.");
                await target.WriteAsync(buffer.AsMemory(0, read), cancel);
                hash.Append(buffer, read);
                fetches.Report(transfer.Pid, have += read, range.Total);
            }
            target.Flush(flushToDisk: true);
        }
        if (have < range.Total)
            return null;
        var digest = hash.Value();
        if (range.Digest is null || range.Digest == Convert.ToBase64String(digest))
            return new ContentHash(digest);
        File.Delete(file);
        throw new ProblemException("urn:dure:exchange:wrong-content", "The content is not the one its digest names.", "header Repr-Digest", "Bring it anew.");
    }

    private static async ValueTask<int> Read(Stream body, byte[] buffer, CancellationTokenSource silence)
    {
        silence.CancelAfter(LongestSilence);
        return await body.ReadAsync(buffer, silence.Token);
    }

    /// <summary>What the catalogue announced, else what this node takes at most, and never more than there is room for.</summary>
    private long MostOf(ExchangeProcess transfer, long? total, string file, long have)
    {
        var announced = processes.TryFindAgreement(transfer.AgreementId!, out var negotiation) ? negotiation.Announced : null;
        var most = announced ?? mostBytes;
        if (total > most)
            throw Long(announced is null ? $"{total} bytes are brought; this node takes {most} at most." : $"{total} bytes are brought, and {most} were announced.");
        var room = Download.RoomBeside(file);
        return (total ?? have) - have > room ? throw new ProblemException(Download.NoRoom, $"{total} bytes are brought, and there is room for {room}.", "header Content-Range", "Make room on the disk, then let the transfer go on.")
            : total ?? Math.Min(most, have + room / 2);
    }

    private static ProblemException Long(string what) => new(TooLarge, what, "request body", "Bring what was agreed on.");
}
