using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Historian.Modbus;

/// <summary>What a Modbus source reads and how.</summary>
/// <param name="Period">From the beginning of one round to that of the next. A round that takes longer lets the missed ones fall out.</param>
/// <param name="Timeout">For connecting and for each answer.</param>
/// <param name="Gap">Registers that may be read along to join two requests.</param>
public sealed record ModbusSettings(string Host, int Port, byte Unit, TimeSpan Period, TimeSpan Timeout, int Gap, IReadOnlyList<ModbusRegister> Registers);

/// <summary>
/// Reads a device round by round over one connection. A value that cannot be read becomes a sample of bad quality; after a loss each value
/// gets one, so that nobody takes the last value for the present one.
/// </summary>
public sealed class ModbusSource : ISource
{
    private readonly ModbusSettings settings;
    private readonly TimeProvider time;
    private readonly Backoff backoff;
    private readonly Dictionary<string, Problem> badRegisters = new(StringComparer.Ordinal);
    private IReadOnlyList<ModbusRead> plan;
    private Problem? deskProblem;
    private Problem? told;
    private SourceState? toldState;

    public ModbusSource(ModbusSettings settings, TimeProvider time, Backoff backoff)
    {
        (this.settings, this.time, this.backoff) = (settings, time, backoff);
        plan = ReadPlan.Of(settings.Registers, settings.Gap);
    }

    /// <summary>Rounds that were left out because the ones before took longer than the period.</summary>
    public long SkippedRounds { get; private set; }

    private string Device => $"{settings.Host}:{settings.Port}";

    public async Task Run(ISourceDesk desk, CancellationToken cancel)
    {
        desk.Announce([.. settings.Registers.Select(register => new SourceItem(register.Name, register.Unit, $"{register.Table} {register.Address}, {register.Type}"))]);
        Tell(desk, SourceState.Starting, null);
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                using var connection = await ModbusConnection.Open(settings.Host, settings.Port, settings.Timeout, time, cancel);
                await Poll(connection, desk, cancel);
            }
            catch (ProblemException loss)
            {
                if (toldState == SourceState.Connected)
                    await DeliverLoss(desk, cancel);
                Tell(desk, SourceState.Retrying, loss.Problem);
                await Task.Delay(backoff.Next(), time, cancel);
            }
        }
        cancel.ThrowIfCancellationRequested();
    }

    private async Task Poll(ModbusConnection connection, ISourceDesk desk, CancellationToken cancel)
    {
        // A device may have been changed or mended while it was away.
        plan = ReadPlan.Of(settings.Registers, settings.Gap);
        badRegisters.Clear();
        var due = time.GetTimestamp();
        while (true)
        {
            var skippedBefore = SkippedRounds;
            await Round(connection, desk, cancel);
            backoff.Succeeded();
            var wait = settings.Period - time.GetElapsedTime(due);
            if (wait < TimeSpan.Zero)
            {
                var missed = (long)(-wait / settings.Period);
                SkippedRounds += missed;
                due += (long)(settings.Period.TotalSeconds * time.TimestampFrequency) * missed;
                wait = settings.Period - time.GetElapsedTime(due);
            }
            Tell(desk, SourceState.Connected, Complaint(SkippedRounds > skippedBefore));
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, time, cancel);
            due += (long)(settings.Period.TotalSeconds * time.TimestampFrequency);
        }
    }

    private async Task Round(ModbusConnection connection, ISourceDesk desk, CancellationToken cancel)
    {
        var batch = new SampleBatch($"modbus {Device}");
        var next = new List<ModbusRead>(plan.Count);
        ProblemException? loss = null;
        foreach (var read in plan)
        {
            if (loss is not null)
                break;
            try
            {
                var answer = await connection.Ask(settings.Unit, read, cancel);
                if (answer is ModbusAnswer.Refused { IsAboutPlace: true } && read.Registers.Count > 1)
                    await ReadSingly(connection, read, batch, next, cancel);
                else
                    Take(read, answer, batch, next);
            }
            catch (ProblemException failure)
            {
                loss = failure; // what was read before it is kept
            }
        }
        if (batch.Blocks.Count > 0)
            await Deliver(desk, batch, cancel);
        if (loss is not null)
            throw loss;
        plan = next;
    }

    /// <summary>A hole between two values fails the request that joins them: from now on each is asked for on its own.</summary>
    private async Task ReadSingly(ModbusConnection connection, ModbusRead joined, SampleBatch batch, List<ModbusRead> next, CancellationToken cancel)
    {
        foreach (var single in joined.Single())
            Take(single, await connection.Ask(settings.Unit, single, cancel), batch, next);
    }

    private void Take(ModbusRead read, ModbusAnswer answer, SampleBatch batch, List<ModbusRead> next)
    {
        next.Add(read);
        var at = Micros.Of(time.GetUtcNow());
        foreach (var register in read.Registers)
        {
            var block = new SignalBlock(register.Name, register.Unit);
            if (answer is ModbusAnswer.Data data)
            {
                var (value, quality) = ModbusValue.Read(register, data.Bytes, read.Start);
                block.Add(at, value, quality);
                badRegisters.Remove(register.Name);
            }
            else if (answer is ModbusAnswer.Refused refused)
            {
                block.Add(at, double.NaN, Quality.Bad);
                badRegisters[register.Name] = new Problem("urn:dure:modbus:refused", $"The device answers {refused.InWords}.", register.Where,
                    "Compare table and address with the device's manual; on the wire addresses count from 0. Until then the value has bad quality.");
            }
            batch.Blocks.Add(block);
        }
    }

    private Problem? Complaint(bool isSlow)
    {
        if (deskProblem is not null)
            return deskProblem;
        if (badRegisters.Count > 0)
        {
            var first = badRegisters.Values.MinBy(problem => problem.Where, StringComparer.Ordinal)!;
            return badRegisters.Count == 1 ? first : first with { What = $"{first.What} The same or another exception for {badRegisters.Count - 1} more." };
        }
        return isSlow
            ? new Problem("urn:dure:modbus:slow", $"The device takes longer than the period of {settings.Period.TotalSeconds:0.###} s for a round; rounds are left out.", Device,
                "Allow a longer period, or read fewer registers.")
            : null;
    }

    private async Task DeliverLoss(ISourceDesk desk, CancellationToken cancel)
    {
        var batch = new SampleBatch($"modbus {Device}");
        var at = Micros.Of(time.GetUtcNow());
        foreach (var register in settings.Registers)
        {
            var block = new SignalBlock(register.Name, register.Unit);
            block.Add(at, double.NaN, Quality.Bad);
            batch.Blocks.Add(block);
        }
        await Deliver(desk, batch, cancel);
    }

    /// <summary>A desk that cannot take the samples now says so; the device goes on, and so does the reading.</summary>
    private async Task Deliver(ISourceDesk desk, SampleBatch batch, CancellationToken cancel)
    {
        try
        {
            await desk.Deliver(batch, cancel);
            deskProblem = null;
        }
        catch (ProblemException refused)
        {
            deskProblem = refused.Problem;
        }
    }

    private void Tell(ISourceDesk desk, SourceState state, Problem? problem)
    {
        if (toldState == state && told == problem)
            return;
        (toldState, told) = (state, problem);
        desk.Report(state, problem);
    }
}
