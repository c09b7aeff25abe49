using System.Runtime.InteropServices;

namespace Dure.Plants;

/// <summary>
/// How readings differ from the truth: noise, drift between calibrations, analysers that sample seldom and answer late, and sensor faults.
/// It keeps a value for each measurement that may get stuck, and the samples each analyser still works on, in a span of the plant's state.
/// </summary>
internal sealed class Instruments
{
    private const int NoiseStream = 1 << 20;
    private const int DriftStream = 2 << 20;

    private readonly Analyser[] analysers;
    private readonly (int Fault, int Measurement, SensorFault Sensor)[] faults;
    private readonly Measurement[] measurements;
    private readonly double hoursPerStep;
    private readonly double calibrationHours;

    public Instruments(PlantDescription plant, TimeSpan interval)
    {
        measurements = [.. plant.Measurements];
        hoursPerStep = interval.TotalHours;
        calibrationHours = plant.CalibratedEvery.TotalHours;
        faults = [.. plant.Faults.Index().Where(one => one.Item.Sensor is not null)
            .Select(one => (one.Index, plant.Measurement(one.Item.Sensor!.Measurement), one.Item.Sensor!))];
        var made = new List<Analyser>();
        StateLength = measurements.Length;
        for (var i = 0; i < measurements.Length; i++)
        {
            var its = measurements[i];
            if (its.SampledEvery <= TimeSpan.Zero)
                continue;
            var analyser = new Analyser(i, (int)Math.Round(its.SampledEvery / interval), (int)Math.Round(its.Delay / interval), StateLength);
            made.Add(analyser);
            StateLength += analyser.Slots;
        }
        analysers = [.. made];
    }

    /// <summary>How many numbers of the plant's state belong to the instruments.</summary>
    public int StateLength { get; }

    public bool IsDue(long step)
    {
        foreach (var analyser in analysers)
            if (step % analyser.Every == 0)
                return true;
        return false;
    }

    /// <summary>Lets the analysers that are due take their sample.</summary>
    public void Sample(Span<double> state, long step, ReadOnlySpan<double> truth)
    {
        foreach (var analyser in analysers)
        {
            if (step == 0)
                state.Slice(analyser.Start, analyser.Slots).Fill(truth[analyser.Measurement]);
            else if (step % analyser.Every == 0)
                state[analyser.Slot(step / analyser.Every)] = truth[analyser.Measurement];
        }
    }

    /// <summary>Turns true values into readings, without sensor faults.</summary>
    public void Read(ReadOnlySpan<double> state, int seed, long step, Span<double> readings)
    {
        foreach (var analyser in analysers)
            readings[analyser.Measurement] = state[analyser.Slot(analyser.Reported(step))];
        var period = (long)(step * hoursPerStep / calibrationHours);
        var hoursSince = step * hoursPerStep - period * calibrationHours;
        for (var i = 0; i < readings.Length; i++)
        {
            var its = measurements[i];
            if (its.NoiseStandardDeviation > 0)
                readings[i] += its.NoiseStandardDeviation * SeededNoise.Normal(seed, NoiseStream + i, PlaceOf(i, step));
            if (its.DriftPerHour > 0)
                readings[i] += its.DriftPerHour * SeededNoise.Normal(seed, DriftStream + i, period) * hoursSince;
        }
    }

    /// <summary>Keeps what a measurement reads now, for the time that it is stuck.</summary>
    public static void Hold(Span<double> state, int measurement, double reading) => state[measurement] = reading;

    /// <summary>Applies the sensor faults that are on.</summary>
    public void Lie(ReadOnlySpan<double> state, ReadOnlySpan<double> since, double hours, Span<double> readings)
    {
        foreach (var (fault, measurement, sensor) in faults)
        {
            if (double.IsNaN(since[fault]))
                continue;
            if (sensor.IsStuck)
                readings[measurement] = state[measurement];
            readings[measurement] += sensor.Bias + sensor.DriftPerHour * (hours - since[fault]);
            if (sensor.IsSilent)
                readings[measurement] = double.NaN;
        }
    }

    /// <summary>An analyser's report keeps its noise until the next one.</summary>
    private long PlaceOf(int measurement, long step)
    {
        foreach (var analyser in analysers)
            if (analyser.Measurement == measurement)
                return analyser.Reported(step);
        return step;
    }

    /// <summary>An analyser that takes sample number k at step k × Every and reports it Delay steps later.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Analyser(int Measurement, int Every, int Delay, int Start)
    {
        /// <summary>Samples under way at once, and the one reported.</summary>
        public int Slots => Delay / Every + 2;

        /// <summary>The number of the sample that is reported at a step; below zero before the first.</summary>
        public long Reported(long step) => (long)Math.Floor((step - Delay) / (double)Every);

        public int Slot(long sample) => Start + (int)(((sample % Slots) + Slots) % Slots);
    }
}
