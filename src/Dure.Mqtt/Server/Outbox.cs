using System.IO.Pipelines;
using Dure.Mqtt.Packets;

namespace Dure.Mqtt.Server;

/// <summary>
/// What is to be sent on one connection. Many threads append under <see cref="Gate"/>; whoever calls <see cref="Flush"/> first sends for
/// all, so that a message needs no hop to a writer of its own, and the transport never sees two writers.
/// </summary>
internal sealed class Outbox(PipeWriter output)
{
    // Rounds one caller sends before the rest goes to the thread pool, so that a publisher does not work for a busy receiver for ever.
    private const int MaxRoundsInline = 8;

    // A busy connection keeps its buffers; growing them anew for each burst would cost more than sending it. Trim() gives them back later.
    private const int KeptBytes = 8 * 1024 * 1024;

    // What is handed to the transport in one go: a receiver that takes some of much is seen to take it.
    private const int SliceBytes = 128 * 1024;

    private PacketBuffer filling = new(0);
    private PacketBuffer sending = new(0);
    private int sentOfSending;
    private bool isSending;
    private bool isClosed;
    private long sentBytes;
    private TaskCompletionSource? drained;

    public Lock Gate { get; } = new();

    /// <summary>Append here, holding <see cref="Gate"/>. After <see cref="Close"/> what is appended goes nowhere.</summary>
    public PacketBuffer Filling => filling;

    /// <summary>Bytes appended and not yet taken by the transport.</summary>
    public int Unsent => filling.Length + (isSending ? sending.Length - sentOfSending : 0);

    /// <summary>Grows while the receiver takes bytes; tells a slow one from one that has stopped.</summary>
    public long SentBytes => Volatile.Read(ref sentBytes);

    /// <summary>Starts sending what is there, unless someone already does.</summary>
    public void Flush()
    {
        if (!TryStart())
            return;
        for (var round = 0; round < MaxRoundsInline; round++)
        {
            var write = Write();
            if (!write.IsCompletedSuccessfully)
            {
                _ = Continue(write);
                return;
            }
            if (!HasMore(write.Result))
                return;
        }
        _ = Task.Run(() => Continue(Write()));
    }

    /// <summary>
    /// Completes when less than half of <paramref name="limit"/> waits or <paramref name="longest"/> has passed, or with false when the
    /// receiver takes nothing for as long as <paramref name="patience"/>, or for <paramref name="longest"/> if that is at least half of it.
    /// </summary>
    public async ValueTask<bool> WaitForRoom(int limit, TimeSpan patience, TimeSpan longest, TimeProvider time, CancellationToken cancel)
    {
        var begun = time.GetTimestamp();
        while (true)
        {
            Task wait;
            long before;
            lock (Gate)
            {
                if (isClosed || Unsent < limit / 2)
                    return true;
                before = sentBytes;
                drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = drained.Task;
            }
            try
            {
                var left = longest - time.GetElapsedTime(begun);
                if (left <= TimeSpan.Zero)
                    return true;
                await wait.WaitAsync(left < patience ? left : patience, time, cancel);
            }
            catch (TimeoutException)
            {
                if (SentBytes == before && longest >= patience / 2)
                    return false;
            }
        }
    }

    /// <summary>Nothing is sent any more.</summary>
    public void Close()
    {
        lock (Gate)
        {
            isClosed = true;
            filling.Clear();
            drained?.TrySetResult();
            drained = null;
        }
    }

    /// <summary>Sends the last bytes, waiting for as long as some are taken within <paramref name="patience"/> and ten times as long in all, then closes.</summary>
    public async Task Finish(TimeSpan patience, TimeProvider time)
    {
        Flush();
        await WaitForRoom(2, patience, patience * 10, time, CancellationToken.None);
        Close();
    }

    /// <summary>Gives memory back while nothing is to be sent.</summary>
    public void Trim()
    {
        lock (Gate)
        {
            if (isSending || filling.Length > 0)
                return;
            sending.Clear();
            filling.Shrink(0);
            sending.Shrink(0);
        }
    }

    private bool TryStart()
    {
        lock (Gate)
        {
            if (isSending || isClosed || filling.Length == 0)
                return false;
            isSending = true;
            Swap();
            return true;
        }
    }

    private void Swap() => (filling, sending) = (sending, filling);

    private int NextSlice => Math.Min(SliceBytes, sending.Length - sentOfSending);

    private ValueTask<FlushResult> Write()
    {
        try
        {
            return output.WriteAsync(sending.WrittenMemory.Slice(sentOfSending, NextSlice));
        }
        catch (InvalidOperationException)
        {
            return new ValueTask<FlushResult>(new FlushResult(isCanceled: false, isCompleted: true)); // the transport is gone
        }
    }

    private async Task Continue(ValueTask<FlushResult> write)
    {
        while (true)
        {
            FlushResult result;
            try
            {
                result = await write;
            }
            catch (Exception gone) when (gone is IOException or InvalidOperationException or OperationCanceledException or System.Net.Sockets.SocketException)
            {
                result = new FlushResult(isCanceled: false, isCompleted: true);
            }
            if (!HasMore(result))
                return;
            write = Write();
        }
    }

    private bool HasMore(FlushResult result)
    {
        lock (Gate)
        {
            var slice = NextSlice;
            sentBytes += slice;
            sentOfSending += slice;
            drained?.TrySetResult();
            drained = null;
            if (result.IsCompleted)
                isClosed = true;
            if (sentOfSending < sending.Length && !isClosed)
                return true;
            sentOfSending = 0;
            sending.Clear();
            sending.Shrink(KeptBytes);
            if (isClosed)
                filling.Clear();
            isSending = filling.Length > 0;
            if (isSending)
                Swap();
            return isSending;
        }
    }
}
