using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Devices;
using Dure.Kernel;
using Dure.Lab.Safety;
using Dure.Loop;
using Dure.Plan.Sharing;

namespace Dure.Lab.Instruments;

/// <summary>
/// The instruments of a laboratory: registered and removed, set aside and returned, connected and connected again, stopped all at once. What was said of them is the
/// fold of the journal; whether they can be reached is seen anew.
/// </summary>
public sealed class InstrumentBench : IAsyncDisposable
{
    private const int MostInstruments = 1_000;
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly IBenchLedger ledger;
    private readonly IDecisionLedger decisionLedger;
    private readonly DecisionLog decisions;
    private readonly InstrumentConnector connector;
    private readonly TimeProvider time;
    private readonly Watch watch;
    private readonly ConcurrentDictionary<string, LabInstrument> instruments = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim oneAtATime = new(1, 1);
    private readonly CancellationTokenSource stopping = new();
    private readonly SemaphoreSlim connect = new(0);
    private Task connecting = Task.CompletedTask;
    private volatile string? stopped;
    private long stops;
    private (BenchEvent.Stopped Happened, string By)? unwritten;

    /// <param name="watch">Whether somebody is there, for instruments that ask for it.</param>
    public InstrumentBench(IBenchLedger ledger, IDecisionLedger decisionLedger, DecisionLog decisions, InstrumentConnector connector, Watch watch, TimeProvider time)
    {
        (this.ledger, this.decisionLedger, this.decisions, this.connector, this.watch, this.time) = (ledger, decisionLedger, decisions, connector, watch, time);
        foreach (var entry in ledger.Read())
            Take(entry.Event);
    }

    /// <summary>Raised when an instrument was connected, set aside or returned, or the laboratory stopped or released.</summary>
    public event Action? Changed;

    public IReadOnlyList<LabInstrument> All => [.. instruments.Values.OrderBy(one => one.Card.Name, StringComparer.Ordinal)];

    /// <summary>Why all was stopped; null while work may go on.</summary>
    public string? Stopped => stopped;

    /// <summary>Why the emergency stop could not be written down yet; empty: it was.</summary>
    public string TroubleOfStop { get; private set; } = "";

    /// <summary>Who may have how much of the laboratory; none: all have the same.</summary>
    public IReadOnlyList<Share> Shares { get; private set; } = [];

    public LabInstrument? TryFind(string name) => instruments.GetValueOrDefault(name);

    /// <exception cref="ProblemException">There is none of that name.</exception>
    public LabInstrument Find(string name) => TryFind(name) ?? throw Unknown(name);

    /// <summary>Connects what is registered, and again what was lost, until disposed.</summary>
    public void Start()
    {
        connecting = Task.Run(KeepConnected);
        connect.Release();
    }

    /// <summary>Takes an instrument in, or changes its card.</summary>
    /// <exception cref="ProblemException">The card cannot be read, or there are too many.</exception>
    public async Task<LabInstrument> Register(JsonObject card, string by, CancellationToken cancel)
    {
        var read = InstrumentCardText.Read(card);
        if (TryFind(read.Name) is { IsInUse: true } working && !working.Card.Link.Equals(read.Link))
            throw InUse(read.Name);
        if (instruments.Count >= MostInstruments && TryFind(read.Name) is null)
            throw new ProblemException("urn:dure:lab:too-many", $"The laboratory has {MostInstruments:N0} instruments.", "instruments", "Run a second node for the rest.");
        await Write(new BenchEvent.Registered(read.Name, card), by, cancel);
        connect.Release();
        return Find(read.Name);
    }

    /// <exception cref="ProblemException">A step is being made on it.</exception>
    public Task Remove(string name, string why, string by, CancellationToken cancel) => Find(name).IsInUse ? throw InUse(name) : Write(new BenchEvent.Removed(name, why), by, cancel);

    /// <summary>Tells one instrument to stop what it does. True when it confirmed.</summary>
    public Task<bool> Halt(string name, CancellationToken cancel) => Find(name).Stop(isEmergency: false, cancel);

    /// <summary>Takes it out of service; what runs on it goes on.</summary>
    public Task SetAside(string name, string why, string by, CancellationToken cancel) => Write(new BenchEvent.SetAside(Find(name).Card.Name, why.Length > 0 ? why : "A person took it out of service."), by, cancel);

    public Task Return(string name, string why, string by, CancellationToken cancel) => Write(new BenchEvent.Returned(Find(name).Card.Name, why), by, cancel);

    /// <summary>Emergency: nothing is commanded any more, and every instrument is told to stop. The latch holds even where the journal cannot be written: that is tried again.</summary>
    /// <returns>For each instrument whether it confirmed: one that did not needs its own button, and is told again until it does.</returns>
    public async Task<IReadOnlyDictionary<string, bool>> EmergencyStop(string why, string by, CancellationToken cancel)
    {
        Interlocked.Increment(ref stops);
        stopped = why.Length > 0 ? why : "Someone stopped the laboratory.";
        foreach (var one in All)
            one.IsStopped = false;
        unwritten = (new BenchEvent.Stopped(stopped), by);
        var written = WriteStop();
        var answers = await Task.WhenAll(All.Select(async one => (one.Card.Name, IsConfirmed: await StopForGood(one, cancel))));
        await written;
        Changed?.Invoke();
        return answers.ToDictionary(one => one.Name, one => one.IsConfirmed, StringComparer.Ordinal);
    }

    /// <summary>Work may go on after an emergency. One that was declared meanwhile stays.</summary>
    public async Task Release(string why, string by, CancellationToken cancel)
    {
        var seen = Volatile.Read(ref stops);
        await Write(new BenchEvent.Released(why), by, () => Volatile.Read(ref stops) == seen, cancel);
    }

    /// <summary>Says who may have how much: the whole list anew.</summary>
    /// <exception cref="ProblemException">An owner stands there twice, or a weight or quota is none.</exception>
    public Task Share(IReadOnlyList<Share> shares, string by, CancellationToken cancel)
    {
        _ = new FairShare(shares, TimeSpan.FromDays(7));
        return Write(new BenchEvent.Shared(shares), by, cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await connecting;
        foreach (var one in instruments.Values)
            await one.DisposeAsync();
        stopping.Dispose();
        oneAtATime.Dispose();
        connect.Dispose();
    }

    /// <summary>Stops what runs, and once more what was on its way through the gate when the stop came.</summary>
    private static async Task<bool> StopForGood(LabInstrument one, CancellationToken cancel)
    {
        try
        {
            await one.Stop(isEmergency: true, cancel);
            var isSettled = await one.Gate.Settle(one.Card.Timeout + Again, cancel);
            one.IsStopped = await one.Stop(isEmergency: true, cancel) && isSettled && await one.State(cancel) != InstrumentState.Busy;
        }
#pragma warning disable CA1031 // one device that fails must not keep the others from being stopped
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            one.NotConnected(failure.Message);
        }
#pragma warning restore CA1031
        return one.IsStopped;
    }

    private async Task WriteStop()
    {
        if (unwritten is not { } wanted)
            return;
        try
        {
            await Write(wanted.Happened, wanted.By, CancellationToken.None);
            (unwritten, TroubleOfStop) = (null, "");
        }
#pragma warning disable CA1031 // a full disk, say: the latch holds, and it is written as soon as it can be
        catch (Exception failure)
        {
            TroubleOfStop = failure.Message;
        }
#pragma warning restore CA1031
    }

    private Task Write(BenchEvent happened, string by, CancellationToken cancel) => Write(happened, by, () => true, cancel);

    /// <param name="holds">Asked once it is written: whether it is still to be taken up.</param>
    private async Task Write(BenchEvent happened, string by, Func<bool> holds, CancellationToken cancel)
    {
        await oneAtATime.WaitAsync(cancel);
        try
        {
            await ledger.Write(happened, by, cancel);
            if (holds() && Take(happened) is { } gone)
                await gone.DisposeAsync();
        }
        finally
        {
            oneAtATime.Release();
        }
        Changed?.Invoke();
    }

    /// <summary>Takes up an event; returns the instrument that it replaced.</summary>
    private LabInstrument? Take(BenchEvent happened)
    {
        switch (happened)
        {
            case BenchEvent.Registered registered:
                var card = InstrumentCardText.Read(registered.Card);
                var before = TryFind(card.Name);
                instruments[card.Name] = new LabInstrument(card, decisionLedger, decisions, Interlocks(card), time) { SetAside = before?.SetAside };
                return before;
            case BenchEvent.Removed removed:
                instruments.Remove(removed.Instrument, out var gone);
                return gone;
            case BenchEvent.SetAside aside:
                if (TryFind(aside.Instrument) is { } one)
                    one.SetAside = aside.Why;
                return null;
            case BenchEvent.Returned returned:
                if (TryFind(returned.Instrument) is { } back)
                    (back.SetAside, back.Faults, back.ReturnedAt) = (null, 0, time.GetUtcNow());
                return null;
            case BenchEvent.Stopped all:
                stopped ??= all.Why;
                return null;
            case BenchEvent.Shared shared:
                Shares = shared.Shares;
                return null;
            default:
                stopped = null;
                return null;
        }
    }

    private Interlock[] Interlocks(InstrumentCard card)
    {
        var notStopped = new Interlock("the laboratory is not stopped", () => stopped is null);
        return card.IsAttended ? [notStopped, new Interlock("somebody is there", () => watch.IsKept)] : [notStopped];
    }

    private async Task KeepConnected()
    {
        try
        {
            while (true)
            {
                await connect.WaitAsync(Again, stopping.Token);
                await WriteStop();
                foreach (var one in instruments.Values.Where(one => one.Looking.IsCompleted))
                    one.Looking = Look(one); // each by itself: one that does not answer keeps no other waiting
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await Task.WhenAll(instruments.Values.Select(one => one.Looking));
        }
    }

    /// <summary>Connects what is not connected, renews what is promised, halts what must not run.</summary>
    private async Task Look(LabInstrument one)
    {
        try
        {
            if (one.UnreachableSince is not null)
                await Connect(one);
            if (stopped is not null && !one.IsStopped)
                await StopForGood(one, stopping.Token);
            if (one.Card.Lease is { } lease && stopped is null)
                await one.Hold(lease, stopping.Token);
            if (one.Card.IsAttended && watch.IsKept)
                one.IsHalted = false;
            else if (one.Card.IsAttended && !one.IsHalted)
                one.IsHalted = await one.Stop(isEmergency: false, stopping.Token) && await one.Gate.Settle(one.Card.Timeout, stopping.Token) && await one.State(stopping.Token) != InstrumentState.Busy;
            if (one.Answered(await one.State(stopping.Token) != InstrumentState.Unknown))
                Changed?.Invoke();
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // the outermost loop of looking after an instrument: whatever fails is shown, and tried again
        catch (Exception failure)
        {
            one.NotConnected(failure.Message);
        }
#pragma warning restore CA1031
    }

    private async Task Connect(LabInstrument one)
    {
        var reached = await connector.Connect(one.Card, stopping.Token);
        if (one.Card.Lease is { } lease && !await reached.Hold(lease, stopping.Token))
        {
            await reached.DisposeAsync();
            throw new LinkException("The device does not make itself safe when the node falls silent, though its card says so.");
        }
        await one.Connected(reached);
        Changed?.Invoke();
    }

    private static ProblemException InUse(string name) => new("urn:dure:lab:in-use", "A step is being made on it.", $"instrument '{name}'", "Set it aside, wait until the step has ended, then change or remove it.");

    private static ProblemException Unknown(string name) => new("urn:dure:lab:no-such-instrument", $"There is no instrument '{name}'.", "instrument", "List them: dure lab instruments.");
}
