using System.Text.Json;
using Dure.Edge.Device.Forwarding;
using Dure.Edge.Device.Input;
using Dure.Edge.Device.Watching;
using Dure.Edge.Fleet;
using Dure.Edge.Packages;

namespace Dure.Edge.Device;

/// <summary>What a run did, for its last line.</summary>
internal sealed record RunSummary(long Scored, long Alarms, long Refused, long SeenBefore, ForwardingEnd End);

/// <summary>When rows become a report.</summary>
internal sealed record Batching
{
    public int MostRows { get; init; } = 500;
    public TimeSpan Longest { get; init; } = TimeSpan.FromMilliseconds(200);
}

/// <summary>
/// The device's work: rows in, scores and alarms out. Each report is on the disk before it is sent. When the buffer is full, reading stops
/// until the node takes some: the driver waits at its pipe, and no row is lost.
/// </summary>
internal sealed class DeviceRun(ModelPackage package, ReportBuffer buffer, NodeLink node, Patience patience, Batching batching, TimeProvider time, Action<string> say)
{
    private const int ComplaintsInFull = 100;
    private static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    private readonly MachineWatch watch = new(package);
    private readonly List<ScoredRow> scores = [];
    private readonly List<AlarmOnset> alarms = [];
    private readonly long started = time.GetTimestamp();
    private long batchBegun, scored, raised, refused, seenBefore;

    /// <summary>Where to write each score as a line of JSON too; null for nowhere.</summary>
    public Stream? ScoresOut { get; init; }

    /// <summary>Works until the input ends or <paramref name="stop"/> asks to end in good order; what was read is on the disk then.</summary>
    public async Task<RunSummary> Run(Stream input, CancellationToken stop)
    {
        if (buffer.Checkpoint is { } checkpoint)
            watch.Resume(checkpoint);
        var forwarder = new Forwarder(buffer, node, Health, patience, time, say);
        using var abort = new CancellationTokenSource();
        var forwarding = Task.Run(() => forwarder.Run(abort.Token), CancellationToken.None);
        var isWhole = await ReadAll(input, forwarding, stop);
        forwarder.Complete();
        if (!isWhole)
            abort.CancelAfter(patience.FirstWait * 10);
        var end = await EndOf(forwarding);
        return new RunSummary(scored, raised, refused, seenBefore, end);
    }

    /// <summary>True when the input ended by itself.</summary>
    private async Task<bool> ReadAll(Stream input, Task<ForwardingEnd> forwarding, CancellationToken stop)
    {
        await using var lines = new InputLines(input);
        var parser = new RowParser(watch.Signals);
        try
        {
            var arrival = InputLines.Arrival.Lines;
            while (arrival != InputLines.Arrival.End && !forwarding.IsCompleted)
            {
                if (await WaitForRoom(forwarding, stop))
                    arrival = await lines.Take((number, line) => Take(parser, number, line), Rest(), time, stop);
                if (scores.Count > 0 && (arrival != InputLines.Arrival.Lines || Rest() == TimeSpan.Zero))
                    Flush();
            }
            return arrival == InputLines.Arrival.End;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Flush();
            ScoresOut?.Flush();
        }
    }

    private void Take(RowParser parser, long number, System.Buffers.ReadOnlySequence<byte>? line)
    {
        if (line is not { } text)
        {
            Complain(number, new BadRow("It is longer than 1 MiB.", "Write one row per line."));
            return;
        }
        if (!parser.TryParse(text, out var row, out var bad))
        {
            if (bad is not null)
                Complain(number, bad);
            return;
        }
        switch (watch.Take(row))
        {
            case Watched.Scored(var score, var onset):
                Keep(score, onset);
                break;
            case Watched.Refused(var why):
                Complain(number, why);
                break;
            case Watched.SeenBefore:
                seenBefore++;
                break;
        }
    }

    private void Keep(ScoredRow score, AlarmOnset? onset)
    {
        if (scores.Count == 0)
            batchBegun = time.GetTimestamp();
        scores.Add(score);
        scored++;
        if (onset is not null)
        {
            alarms.Add(onset);
            raised++;
        }
        if (ScoresOut is not null)
            WriteScore(ScoresOut, score);
        if (scores.Count >= batching.MostRows)
            Flush();
    }

    private void Flush()
    {
        if (scores.Count == 0)
            return;
        buffer.Add(scores, alarms, watch.Checkpoint());
        scores.Clear();
        alarms.Clear();
    }

    /// <summary>How long the rows at hand may wait for more.</summary>
    private TimeSpan Rest()
    {
        if (scores.Count == 0)
            return Idle;
        var rest = batching.Longest - time.GetElapsedTime(batchBegun);
        return rest > TimeSpan.Zero ? rest : TimeSpan.Zero;
    }

    private async Task<bool> WaitForRoom(Task<ForwardingEnd> forwarding, CancellationToken stop)
    {
        var isTold = false;
        while (buffer.IsFull && !forwarding.IsCompleted)
        {
            var changed = buffer.Changed;
            if (!buffer.IsFull)
                break;
            if (!isTold)
                say("The buffer is full; reading waits until the node takes reports.");
            isTold = true;
            await Task.WhenAny(changed, forwarding).WaitAsync(stop);
        }
        return !forwarding.IsCompleted;
    }

    private void Complain(long line, BadRow why)
    {
        refused++;
        if (refused <= ComplaintsInFull)
            say($"line {line}: {why.What} {why.Mend}");
        if (refused == ComplaintsInFull)
            say($"Further refused lines are counted, not shown.");
    }

    private DeviceHealth Health() => new(time.GetElapsedTime(started).TotalSeconds, buffer.Waiting, Interlocked.Read(ref refused));

    private static async Task<ForwardingEnd> EndOf(Task<ForwardingEnd> forwarding)
    {
        try
        {
            return await forwarding;
        }
        catch (OperationCanceledException)
        {
            return new ForwardingEnd.NodeAway("the device was asked to stop");
        }
    }

    private static void WriteScore(Stream output, ScoredRow row)
    {
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("asset"u8, row.Asset);
            writer.WriteNumber("time"u8, row.TimeMicros);
            writer.WriteNumber("score"u8, row.Score);
            writer.WriteBoolean("alarm"u8, row.Alarm);
            writer.WriteEndObject();
        }
        output.WriteByte((byte)'\n');
    }
}
