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
        ControlStructure.Start(Control, Process.Positions);
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

    private ProcessNumbers Process => new(State[..ProcessNumbers.Length]);

    private Span<double> Control => State[ProcessNumbers.Length..];

    private DisturbanceSet Active
    {
        get
        {
            var active = default(DisturbanceSet);
            for (var i = 0; i < TennesseeEastmanDescription.Disturbances; i++)
                active = active.With((Disturbance)(i + 1), IsOn(i));
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
    }

    protected override void Read(Span<double> readings) => ProcessDynamics.Read(Process, readings);

    protected override void Assess(Span<double> kpis)
    {
        ProcessDynamics.Observe(Process, Active, out var now);
        TennesseeEastmanDescription.Assess(now, kpis);
    }
}
