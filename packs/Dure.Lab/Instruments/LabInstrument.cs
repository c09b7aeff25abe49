using Dure.Devices;
using Dure.Loop;

namespace Dure.Lab.Instruments;

/// <summary>An instrument of the laboratory as it is now: its card, its driver when it could be reached, its gate.</summary>
public sealed class LabInstrument : IAsyncDisposable
{
    private const int MostSilences = 3;

    private readonly TimeProvider time;
    private volatile IInstrument? driver;
    private volatile bool isDisposed;
    private volatile int silences;
    private int uses;

    /// <param name="interlocks">What must hold for any action on it, beside its own.</param>
    public LabInstrument(InstrumentCard card, IDecisionLedger ledger, DecisionLog decisions, IReadOnlyList<Interlock> interlocks, TimeProvider time)
    {
        (Card, this.time, UnreachableSince) = (card, time, time.GetUtcNow());
        var envelope = new Envelope(card.Name, card.AllowedBy, card.Actions,
            [new Interlock($"{card.Name} is in service", () => SetAside is null), new Interlock($"{card.Name} can be reached", () => driver is not null), .. interlocks]);
        Gate = new Gate(asset => asset == card.Asset ? envelope : Envelope.Nothing, new InstrumentActuator(card.Name, card.Link.IsVirtual, () => driver), ledger, decisions);
    }

    public InstrumentCard Card { get; }

    /// <summary>The only way to make it do something.</summary>
    public Gate Gate { get; }

    /// <summary>What it can do, as it said itself; null while it has not been reached.</summary>
    public InstrumentDescription? Description => driver?.Description;

    /// <summary>Why it is out of service until a person returns it; null while it is in service.</summary>
    public string? SetAside { get; internal set; }

    /// <summary>Since when it has not been reached; null while it is connected.</summary>
    public DateTimeOffset? UnreachableSince { get; private set; }

    /// <summary>Why it was not reached the last time.</summary>
    public string Trouble { get; private set; } = "";

    /// <summary>Steps in a row that did not end well.</summary>
    internal int Faults { get; set; }

    /// <summary>Whether it may be given work.</summary>
    public bool IsUsable => SetAside is null && driver is not null && !IsSilent;

    /// <summary>Whether it has not answered the last times that it was asked how it is; one lost message is none.</summary>
    public bool IsSilent => silences >= MostSilences;

    /// <summary>Whether a step is being made on it, or looked for.</summary>
    public bool IsInUse => Volatile.Read(ref uses) > 0;

    /// <summary>When a person last returned it to service.</summary>
    internal DateTimeOffset? ReturnedAt { get; set; }

    /// <summary>Whether it confirmed the emergency stop that holds.</summary>
    internal bool IsStopped { get; set; }

    /// <summary>What is being looked after on it.</summary>
    internal Task Looking { get; set; } = Task.CompletedTask;

    /// <summary>Keeps it from being changed or removed until disposed.</summary>
    internal IDisposable Use()
    {
        Interlocked.Increment(ref uses);
        return new Using(this);
    }

    /// <summary>What became of a key; unknown while it cannot be reached.</summary>
    public Task<ActionStatus> Query(string key, CancellationToken cancel) =>
        driver is { } connected ? connected.Query(key, cancel) : Task.FromResult<ActionStatus>(new ActionStatus.Unknown($"{Card.Name} cannot be reached: {Trouble}"));

    public Task<InstrumentState> State(CancellationToken cancel) => driver is { } connected ? connected.State(cancel) : Task.FromResult(InstrumentState.Unknown);

    /// <summary>Stops what runs. This needs no gate: stopping is always allowed. True when the device confirmed.</summary>
    public Task<bool> Stop(bool isEmergency, CancellationToken cancel) => driver is { } connected ? connected.Stop(isEmergency, cancel) : Task.FromResult(false);

    /// <summary>Tells the device that it is watched for a while; false where it does not know that, or did not answer.</summary>
    internal Task<bool> Hold(TimeSpan lease, CancellationToken cancel) => driver is { } connected ? connected.Hold(lease, cancel) : Task.FromResult(false);

    /// <summary>Whether it was stopped because nobody is there.</summary>
    internal bool IsHalted { get; set; }

    /// <summary>Notes whether it said how it is; true when that changes whether it can be used.</summary>
    internal bool Answered(bool hasAnswered)
    {
        var before = IsSilent;
        silences = hasAnswered ? 0 : silences + 1;
        return IsSilent != before;
    }

    internal async Task Connected(IInstrument reached)
    {
        (driver, UnreachableSince, Trouble, silences) = (reached, null, "", 0);
        if (isDisposed)
            await reached.DisposeAsync(); // it was removed while it was being reached
    }

    internal void NotConnected(string why)
    {
        Trouble = why;
        UnreachableSince ??= time.GetUtcNow();
    }

    public async ValueTask DisposeAsync()
    {
        isDisposed = true; // the gate is left: somebody may wait in it
        if (driver is { } connected)
            await connected.DisposeAsync();
    }

    private sealed class Using(LabInstrument instrument) : IDisposable
    {
        private int isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref isOver, 1) == 0)
                Interlocked.Decrement(ref instrument.uses);
        }
    }
}
