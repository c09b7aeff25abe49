namespace Dure.HostTests.Collect;

/// <summary>One way by which samples come to a node, as the conformance cases use it. Values are sent in one asset, <see cref="Asset"/>.</summary>
internal abstract class Door(DoorNode node)
{
    protected DoorNode Node => node;

    /// <summary>The source or door whose counters show what happened.</summary>
    public abstract string Source { get; }

    /// <summary>The machine whose signals come by this door.</summary>
    public abstract string Asset { get; }

    /// <summary>Whether the sender says the times; else the node stamps what it reads.</summary>
    public virtual bool SaysTimes => true;

    /// <summary>Whether samples travel with their unit.</summary>
    public virtual bool SaysUnits => true;

    public string Signal(string name) => $"{Asset}/{name}";

    /// <summary>Makes the door ready for a signal of the given unit. Called once for each case.</summary>
    /// <param name="sentUnit">The unit its samples will be sent in; null for the signal's own.</param>
    public virtual Task Prepare(string name, string unit, string? sentUnit, CancellationToken cancel) => node.Register(Signal(name), unit, cancel);

    /// <summary>Sends samples; when it returns, the door has acknowledged them.</summary>
    /// <exception cref="IOException">The node went away; nothing is known of the samples.</exception>
    public abstract Task Send(string name, string? unit, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel);

    /// <summary>Begins to send samples and loses the connection on the way.</summary>
    public abstract Task SendTorn(string name, IReadOnlyList<(long Time, double Value)> samples, CancellationToken cancel);

    /// <summary>Sends one sample that is right, beside bytes that are none.</summary>
    /// <returns>What a refusal names as the place; empty where the good sample alone shows that the door got over it.</returns>
    public abstract Task<string> SendBroken(string name, (long Time, double Value) good, CancellationToken cancel);
}
