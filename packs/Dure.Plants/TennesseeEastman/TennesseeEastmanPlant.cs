using Dure.Kernel;
using Dure.Plants.TennesseeEastman.Control;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The Tennessee Eastman process under decentralised control: it stands for days, and a supervisor moves twelve set-points.
/// The process itself is <see cref="TennesseeEastmanProcess"/>, the same to the last digit; its control is our own.
/// </summary>
public sealed class TennesseeEastmanPlant : VirtualPlant
{
    /// <summary>At its base case.</summary>
    /// <param name="seed">Of noise and disturbances; 0: the sequence of the public code.</param>
    public TennesseeEastmanPlant(int seed = 0)
        : base(TennesseeEastmanDescription.Plant, TimeSpan.FromSeconds(1), ProcessNumbers.Length + ControlStructure.Length, seed)
    {
        ProcessDynamics.Start(Process, seed);
        Rest();
    }

    public override string? ShutdownReason => Shutdown.Reason((int)Process.Shutdown);

    /// <summary>What running costs now.</summary>
    public OperatingCost Cost
    {
        get
        {
            ProcessDynamics.Observe(Process, Active, out var now);
            return OperatingCost.Of(now);
        }
    }

    /// <summary>Where control has sent a valve, in percent.</summary>
    public double this[Valve valve] => Process.Commands[(int)valve];

    /// <summary>
    /// Puts the plant at once where it would come to rest at its set-points and in its present surroundings: a way to skip hours of waiting.
    /// Time does not pass; analysers have reported. A disturbance that varies goes on from there.
    /// </summary>
    /// <exception cref="ProblemException">
    /// The plant is shut down, or does not come to rest there: no solution, a valve beyond its ends, or a shutdown limit passed. Nothing changes.
    /// </exception>
    public void Settle()
    {
        if (ShutdownReason is { } reason)
            throw Unsettled($"The plant is shut down: {reason}.", "Start a new plant.");
        Span<double> wanted = stackalloc double[SupervisorSetpoints.Count], state = stackalloc double[Flowsheet.States];
        for (var i = 0; i < wanted.Length; i++)
            wanted[i] = SetpointOf(SupervisorSetpoints.All[i].Name);
        if (!RestingState.TryFind(wanted, Surroundings.At(Process.Hours, Process.Walks, Active), state, out var why))
            throw Unsettled(why, "Move the set-points towards the base case.");
        state.CopyTo(Process.Physical);
        wanted.CopyTo(Values);
        Rest();
    }

    private ProcessNumbers Process => new(State[..ProcessNumbers.Length]);

    private Span<double> Control => State[ProcessNumbers.Length..];

    private DisturbanceSet Active
    {
        get
        {
            var active = default(DisturbanceSet);
            for (var i = 0; i < TennesseeEastmanDescription.Disturbances; i++)
                active = active.With((ProcessDisturbance)(i + 1), IsOn(i));
            return active;
        }
    }

    protected override void AdvanceOnce()
    {
        Span<double> rates = stackalloc double[Flowsheet.States], readings = stackalloc double[Gauges.Count];
        var process = Process;
        var active = Active;
        ProcessDynamics.Scan(process, active, rates);
        ProcessDynamics.Read(process, readings);
        ControlStructure.Act(Control, Values, readings, process.Commands, ProcessDynamics.StepHours);
        ProcessDynamics.Integrate(process, active, rates);
    }

    protected override void Sense(Span<double> truth)
    {
        ProcessDynamics.Observe(Process, Active, out var now);
        Gauges.Read(now, truth);
        Gauges.Analyse(now, truth[Gauges.Continuous..]);
        Process.Positions.CopyTo(truth[Gauges.Count..]);
    }

    /// <summary>The last scan, which the last step began with, with the noise of the public code; the valves without noise.</summary>
    protected override void Read(Span<double> readings)
    {
        ProcessDynamics.Read(Process, readings);
        Process.Positions.CopyTo(readings[Gauges.Count..]);
    }

    protected override void Assess(Span<double> kpis)
    {
        ProcessDynamics.Observe(Process, Active, out var now);
        TennesseeEastmanDescription.Assess(now, kpis);
    }

    /// <summary>Lets valves, loops and analysers take over the process as it stands, taken for at rest.</summary>
    private void Rest()
    {
        ProcessDynamics.Observe(Process, Active, out var now);
        ProcessDynamics.Rest(Process, now);
        ControlStructure.Rest(Control, Process.Scan, Process.Reports[Gauges.ProductG - Gauges.Continuous], Process.Positions);
    }

    private static ProblemException Unsettled(string what, string mend) => new("urn:dure:plants:unsettled", what, "tennessee-eastman", mend);
}
