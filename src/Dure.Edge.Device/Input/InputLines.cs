using System.Buffers;
using System.IO.Pipelines;

namespace Dure.Edge.Device.Input;

/// <summary>Takes a stream apart into lines of bounded length, as they arrive.</summary>
internal sealed class InputLines(Stream input) : IAsyncDisposable
{
    private const int MaxLineBytes = 1 << 20;

    private readonly PipeReader reader = PipeReader.Create(input, new StreamPipeReaderOptions(bufferSize: 1 << 16, minimumReadSize: 1 << 12));
    private Task<ReadResult>? reading;
    private bool isSkipping;

    /// <summary>Number of the line last given, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>What came of waiting for input.</summary>
    public enum Arrival
    {
        Lines,
        Nothing,
        End,
    }

    /// <summary>
    /// Gives each line that has arrived to <paramref name="take"/>, or null for one that is too long. Waits for more input no longer than
    /// <paramref name="patience"/>.
    /// </summary>
    public async Task<Arrival> Take(Action<long, ReadOnlySequence<byte>?> take, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        reading ??= reader.ReadAsync(CancellationToken.None).AsTask();
        if (!reading.IsCompleted && !await Arrives(reading, patience, time, cancel))
            return Arrival.Nothing;
        var result = await reading;
        reading = null;
        var rest = result.Buffer;
        while (rest.PositionOf((byte)'\n') is { } end)
        {
            Give(take, rest.Slice(0, end));
            rest = rest.Slice(rest.GetPosition(1, end));
        }
        if (rest.Length > MaxLineBytes)
        {
            isSkipping = true;
            rest = rest.Slice(rest.End);
        }
        else if (result.IsCompleted && (rest.Length > 0 || isSkipping))
        {
            Give(take, rest);
            rest = rest.Slice(rest.End);
        }
        reader.AdvanceTo(rest.Start, result.Buffer.End);
        return result.IsCompleted ? Arrival.End : Arrival.Lines;
    }

    public async ValueTask DisposeAsync()
    {
        reader.CancelPendingRead();
        if (reading is null or { IsCompleted: true })
            await reader.CompleteAsync();
    }

    private void Give(Action<long, ReadOnlySequence<byte>?> take, ReadOnlySequence<byte> line)
    {
        take(++Number, isSkipping || line.Length > MaxLineBytes ? null : line);
        isSkipping = false;
    }

    /// <summary>The read itself is never cancelled: what it brings belongs to the next call.</summary>
    private static async Task<bool> Arrives(Task reading, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        try
        {
            await reading.WaitAsync(patience, time, cancel);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }
}
