using Dure.Kernel;

namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The Tennessee Eastman process without control, as published: twelve valves, 41 measurements, twenty disturbances, Euler steps of 1 s.
/// Left alone it shuts itself down within hours. For a plant that stands, see <see cref="TennesseeEastmanPlant"/>.
/// </summary>
public sealed class TennesseeEastmanProcess
{
    private readonly double[] numbers = new double[ProcessNumbers.Length];
    private DisturbanceSet active;

    /// <summary>In the base case at hour 0.</summary>
    /// <param name="seed">Of noise and disturbances; 0: the sequence of the public code.</param>
    public TennesseeEastmanProcess(int seed = 0) => ProcessDynamics.Start(Numbers, seed);

    /// <summary>The 41 measurements with names, units, noise and operating limits.</summary>
    public static IReadOnlyList<Measurement> Measurements => Gauges.All;

    public TimeSpan Elapsed => TimeSpan.FromSeconds(Math.Round(Numbers.Hours * 3600));

    /// <summary>Why the process stopped; null while it runs.</summary>
    public string? ShutdownReason => Shutdown.Reason((int)Numbers.Shutdown);

    /// <summary>The 50 states of the public code: lb-mol and energies of reactor, separator, stripper and mixing zone, coolant temperatures, valves.</summary>
    public ReadOnlySpan<double> States => Numbers.Physical;

    private ProcessNumbers Numbers => new(numbers);

    /// <summary>What a valve was told, in percent.</summary>
    public double this[Valve valve]
    {
        get => Numbers.Commands[Index(valve)];
        set
        {
            if (!double.IsFinite(value))
                throw new ProblemException("urn:dure:plants:not-a-number", $"The valve {valve} was given {value}.", "tennessee-eastman", "Give percent, 0 to 100.");
            Numbers.Commands[Index(valve)] = value;
        }
    }

    public void Switch(ProcessDisturbance disturbance, bool isOn)
    {
        if (!Enum.IsDefined(disturbance))
            throw new ProblemException("urn:dure:plants:unknown-fault", $"There is no disturbance {disturbance}.", "tennessee-eastman", "Give 1 to 20.");
        active = active.With(disturbance, isOn);
    }

    /// <summary>Lets the process run for whole seconds.</summary>
    public void Advance(int seconds)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(seconds);
        Span<double> rates = stackalloc double[Flowsheet.States];
        for (var i = 0; i < seconds; i++)
        {
            ProcessDynamics.Scan(Numbers, active, rates);
            ProcessDynamics.Integrate(Numbers, active, rates);
        }
    }

    /// <summary>The readings of the last scan, which the last step began with; analysers report older samples.</summary>
    public void Measure(Span<double> readings) => ProcessDynamics.Read(Numbers, readings);

    /// <summary>How each state changes now, per hour, undisturbed by any reading.</summary>
    public void Rates(Span<double> perHour)
    {
        var process = Numbers;
        Span<double> near = stackalloc double[4], aims = stackalloc double[Valves.Count];
        process.Near.CopyTo(near);
        process.Aims.CopyTo(aims);
        Flowsheet.Evaluate(process.Physical, Surroundings.At(process.Hours, process.Walks, active), near, perHour, out _);
        Valves.Move(process.Commands, aims, process.Positions, active, process.Hours == 0, perHour[Flowsheet.ValvesAt..]);
        if (process.Shutdown != 0)
            perHour.Clear();
    }

    public OperatingCost Cost()
    {
        ProcessDynamics.Observe(Numbers, active, out var now);
        return OperatingCost.Of(now);
    }

    private static int Index(Valve valve) => Enum.IsDefined(valve)
        ? (int)valve
        : throw new ProblemException("urn:dure:plants:unknown-valve", $"There is no valve {valve}.", "tennessee-eastman", "Give one of the twelve valves.");
}
