using Dure.Kernel;

namespace Dure.Plants;

/// <summary>
/// A simulated process that answers set-points as a plant does: it takes time, its instruments are noisy and drift, and things go wrong.
/// The same seed and the same calls give the same bytes. All that changes lies in one array of numbers, so that a snapshot is that array.
/// One plant is used by one thread at a time.
/// </summary>
public abstract class VirtualPlant
{
    /// <summary>What comes first of all numbers: the steps run, and the size of the disturbances.</summary>
    private const int Head = 2;

    private readonly Instruments instruments;
    private readonly double[] changePerInterval;
    private readonly double[] all;
    private readonly int ownStart;
    private readonly double[] truth;

    /// <param name="interval">The step by which the plant advances: set-points, faults and analysers act on this grid.</param>
    /// <param name="stateLength">How many numbers the plant keeps in <see cref="State"/>.</param>
    /// <param name="disturbance">Size of what comes from outside; 0: a quiet plant, 1: as described.</param>
    protected VirtualPlant(PlantDescription description, TimeSpan interval, int stateLength, int seed, double disturbance = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(interval, TimeSpan.Zero);
        if (!(disturbance >= 0 && double.IsFinite(disturbance)))
            throw new ProblemException("urn:dure:plants:bad-disturbance", $"The size of the disturbances was given as {disturbance}.", description.Name, "Give 0 for a quiet plant, 1 for one as described.");
        (Description, Interval, Seed) = (description, interval, seed);
        instruments = new Instruments(description, interval);
        changePerInterval = [.. description.Setpoints.Select(one => one.MaxChangePerMinute is { } most ? most * interval.TotalMinutes : double.PositiveInfinity)];
        foreach (var unit in description.Setpoints.Select(one => one.Unit).Concat(description.Measurements.Select(one => one.Unit)).Concat(description.Kpis.Select(one => one.Unit)))
            Unit.Parse(unit);
        truth = new double[description.Measurements.Count];
        ownStart = Head + 2 * Setpoints + description.Faults.Count + instruments.StateLength;
        all = new double[ownStart + stateLength];
        all[1] = disturbance;
        Since.Fill(double.NaN);
        for (var i = 0; i < Setpoints; i++)
            Targets[i] = Values[i] = description.Setpoints[i].Start;
    }

    public PlantDescription Description { get; }

    /// <summary>The step by which the plant advances.</summary>
    public TimeSpan Interval { get; }

    public int Seed { get; private set; }

    /// <summary>How long the plant has run.</summary>
    public TimeSpan Elapsed => Interval * StepCount;

    /// <summary>Why the plant has shut itself down; null while it runs. What is shut down stays as it is while time passes.</summary>
    public virtual string? ShutdownReason => null;

    /// <summary>Steps of <see cref="Interval"/> since the start.</summary>
    protected long StepCount => (long)all[0];

    /// <summary>Size of what comes from outside: 0 in a quiet plant.</summary>
    protected double DisturbanceSize => all[1];

    /// <summary>The plant's own numbers; everything that changes while it runs must lie here.</summary>
    protected Span<double> State => all.AsSpan(ownStart);

    /// <summary>The values of the set-points now, ramps applied, in the description's order.</summary>
    protected Span<double> Values => all.AsSpan(Head + Setpoints, Setpoints);

    private int Setpoints => Description.Setpoints.Count;

    private Span<double> Targets => all.AsSpan(Head, Setpoints);

    /// <summary>For each fault the hour at which it was switched on; NaN: off.</summary>
    private Span<double> Since => all.AsSpan(Head + 2 * Setpoints, Description.Faults.Count);

    private Span<double> Reports => all.AsSpan(Head + 2 * Setpoints + Description.Faults.Count, instruments.StateLength);

    /// <summary>Asks for a new value; the plant ramps to it while it advances.</summary>
    /// <exception cref="ProblemException">No such set-point, not a number, or outside its range: nothing changes.</exception>
    public void Set(string setpoint, double value)
    {
        var index = Description.Setpoint(setpoint);
        var its = Description.Setpoints[index];
        if (!double.IsFinite(value))
            throw new ProblemException("urn:dure:plants:not-a-number", $"The set-point {setpoint} was given {value}.", Description.Name, "Give a finite number.");
        if (value < its.Low || value > its.High)
            throw new ProblemException("urn:dure:plants:out-of-range", $"The set-point {setpoint} was given {value} {its.Unit}.", Description.Name,
                $"Give a value from {its.Low} to {its.High} {its.Unit}.");
        Targets[index] = value;
        if (double.IsPositiveInfinity(changePerInterval[index]))
            Values[index] = value;
    }

    /// <summary>The value a set-point was last given; where it ramps, the plant may still be on its way.</summary>
    public double SetpointOf(string setpoint) => Targets[Description.Setpoint(setpoint)];

    /// <summary>Switches a fault on or off; on twice is once.</summary>
    public void Switch(string fault, bool isOn)
    {
        var index = Description.Fault(fault);
        if (isOn == IsOn(index))
            return;
        if (isOn && Description.Faults[index].Sensor is { } sensor)
            Instruments.Hold(Reports, Description.Measurement(sensor.Measurement), Measure(sensor.Measurement));
        Since[index] = isOn ? Elapsed.TotalHours : double.NaN;
    }

    public bool IsOn(string fault) => IsOn(Description.Fault(fault));

    /// <summary>Lets the plant run.</summary>
    /// <param name="time">A whole number of <see cref="Interval"/>s.</param>
    /// <exception cref="ProblemException">A time that is negative or not a whole number of intervals.</exception>
    public void Advance(TimeSpan time, CancellationToken cancel = default)
    {
        var steps = Math.DivRem(time.Ticks, Interval.Ticks, out var rest);
        if (steps < 0 || rest != 0)
            throw new ProblemException("urn:dure:plants:bad-time", $"The plant was to advance by {time}.", Description.Name, $"Give a whole number of times {Interval}.");
        if (StepCount == 0)
            Sample(0);
        for (; steps > 0; steps--)
        {
            cancel.ThrowIfCancellationRequested();
            Ramp();
            if (ShutdownReason is null)
                AdvanceOnce();
            all[0]++;
            Sample(StepCount);
        }
    }

    /// <summary>What the instruments say: noise, drift, delays and sensor faults included; the same however often it is asked. In the description's order.</summary>
    public double[] Measure()
    {
        var readings = new double[truth.Length];
        Measure(readings);
        return readings;
    }

    public void Measure(Span<double> readings)
    {
        if (StepCount == 0)
            Sample(0);
        Read(readings);
        instruments.Lie(Reports, Since, Elapsed.TotalHours, readings);
    }

    public double Measure(string measurement)
    {
        var index = Description.Measurement(measurement);
        Measure(truth);
        return truth[index];
    }

    /// <summary>What is: no noise, no delay. For tests and judges, not for controllers.</summary>
    public double[] Truth()
    {
        var values = new double[truth.Length];
        Sense(values);
        return values;
    }

    public double Truth(string measurement)
    {
        var index = Description.Measurement(measurement);
        Sense(truth);
        return truth[index];
    }

    /// <summary>The figures by which its running is judged, from the true state, in the description's order.</summary>
    public double[] Kpis()
    {
        var values = new double[Description.Kpis.Count];
        Assess(values);
        return values;
    }

    public double Kpi(string kpi) => Kpis()[Description.Kpi(kpi)];

    /// <summary>The measurements whose true value is outside its operating limit now.</summary>
    public IReadOnlyList<string> Breaches()
    {
        Sense(truth);
        return [.. Description.Measurements.Where((one, i) => truth[i] < one.Low || truth[i] > one.High || double.IsNaN(truth[i])).Select(one => one.Name)];
    }

    /// <summary>The whole state, as bytes that <see cref="Restore"/> takes; the plant continues from them to the same bytes.</summary>
    public byte[] Save() => PlantSnapshot.Write(Description.Name, Seed, all);

    /// <summary>Takes over a saved state, its seed included.</summary>
    /// <exception cref="ProblemException">Bytes of another plant, of another version or damaged: nothing changes.</exception>
    public void Restore(ReadOnlySpan<byte> snapshot)
    {
        Seed = PlantSnapshot.Read(snapshot, Description.Name, all);
        Restored();
    }

    /// <summary>Moves <see cref="State"/> on by one <see cref="Interval"/>; <see cref="Values"/> and <see cref="IsOn(int)"/> hold for all of it.</summary>
    protected abstract void AdvanceOnce();

    /// <summary>Writes the true values of all measurements.</summary>
    protected abstract void Sense(Span<double> truth);

    /// <summary>Writes the figures.</summary>
    protected abstract void Assess(Span<double> kpis);

    /// <summary>Writes what the instruments say before sensor faults; a plant with noise of its own writes that.</summary>
    protected virtual void Read(Span<double> readings)
    {
        Sense(readings);
        instruments.Read(Reports, Seed, StepCount, readings);
    }

    /// <summary>Called after <see cref="State"/> was replaced; what is derived from it is computed again here.</summary>
    protected virtual void Restored()
    {
    }

    /// <summary>Whether a fault is on, by its place in the description.</summary>
    protected bool IsOn(int fault) => !double.IsNaN(Since[fault]);

    private void Ramp()
    {
        var targets = Targets;
        var values = Values;
        for (var i = 0; i < values.Length; i++)
            values[i] += Math.Clamp(targets[i] - values[i], -changePerInterval[i], changePerInterval[i]);
    }

    private void Sample(long step)
    {
        if (!instruments.IsDue(step))
            return;
        Sense(truth);
        instruments.Sample(Reports, step, truth);
    }
}
