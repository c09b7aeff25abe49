namespace Dure.Plants.TennesseeEastman;

/// <summary>
/// The process in time, by explicit Euler steps: each step first scans (disturbances, rates, limits, instruments), then lets control move the valves,
/// then integrates. A scan's noise is only made when somebody reads it; the generator is moved past it all the same.
/// </summary>
internal static class ProcessDynamics
{
    /// <summary>The integration step of the published runs, 1 s.</summary>
    public const double StepHours = 1.0 / 3600;

    private static readonly NoiseGenerator.Jump PastScan = NoiseGenerator.JumpOver(Gauges.Continuous);

    /// <summary>The published base case (Downs and Vogel 1993, table 1), in single precision as there, then the valves' positions.</summary>
    private static ReadOnlySpan<float> BaseCase =>
    [
        10.40491389f, 4.363996017f, 7.570059737f, 0.4230042431f, 24.15513437f, 2.942597645f, 154.3770655f, 159.1865960f, 2.808522723f,
        63.75581199f, 26.74026066f, 46.38532432f, 0.2464521543f, 15.20484404f, 1.852266172f, 52.44639459f, 41.20394008f, 0.5699317760f,
        0.4306056376f, 0f, 0.9056036089f, 0f, 0.7509759687f, 0f, 48.27726193f, 39.38459028f, 0.3755297257f,
        107.7562698f, 29.77250546f, 88.32481135f, 23.03929507f, 62.85848794f, 5.546318688f, 11.92244772f, 5.555448243f, 0.9218489762f,
        94.59927549f, 77.29698353f,
        63.05263039f, 53.97970677f, 24.64355755f, 61.30192144f, 22.21000000f, 40.06374673f, 38.10034370f, 46.53415582f, 47.44573456f,
        41.10581288f, 18.11349055f, 50.00000000f,
    ];

    /// <summary>Puts the process into its base case at hour 0.</summary>
    public static void Start(ProcessNumbers process, int seed)
    {
        CopyBaseCase(process.Physical);
        process.Noise = NoiseGenerator.Of(seed).State;
        RandomWalks.Start(process.Walks);
        process.Near.Fill(100);
        (process.GasDue, process.ProductDue) = (Gauges.GasHours, Gauges.ProductHours);
        Observe(process, default, out var now);
        Rest(process, now);
    }

    public static void CopyBaseCase(Span<double> state)
    {
        for (var i = 0; i < BaseCase.Length; i++)
            state[i] = BaseCase[i];
        // Three traces in the stripper are double precision in the public code.
        (state[19], state[21], state[23]) = (7.9906200783e-3, 1.6054258216e-2, 8.8582855955e-2);
    }

    /// <summary>Lets commands, scan and analysers agree with the process as it stands.</summary>
    public static void Rest(ProcessNumbers process, in Operation now)
    {
        process.Positions.CopyTo(process.Commands);
        process.Positions.CopyTo(process.Aims);
        Gauges.Read(now, process.Scan);
        process.ScanNoise = 0;
        Gauges.Analyse(now, process.Samples);
        process.Samples.CopyTo(process.Reports);
        process.Shutdown = Shutdown.LimitPassed(now);
    }

    /// <summary>Looks at the process now: its rates, its limits, what its instruments see.</summary>
    /// <param name="rates">Filled but for the valves.</param>
    public static void Scan(ProcessNumbers process, DisturbanceSet active, Span<double> rates)
    {
        var (hours, noise) = (process.Hours, new NoiseGenerator(process.Noise));
        RandomWalks.Continue(process.Walks, hours, active, ref noise);
        Flowsheet.Evaluate(process.Physical, Surroundings.At(hours, process.Walks, active), process.Near, rates, out var now);
        Gauges.Read(now, process.Scan);
        process.Shutdown = Shutdown.LimitPassed(now);
        process.ScanNoise = 0;
        if (hours == 0)
            Gauges.Analyse(now, process.Samples);
        else if (process.Shutdown == 0)
        {
            process.ScanNoise = noise.State;
            noise.Skip(PastScan);
        }
        TakeSamples(process, now, ref noise);
        process.Noise = noise.State;
    }

    /// <summary>Lets the valves follow their commands and the process its rates; a plant that is shut down stays as it is.</summary>
    public static void Integrate(ProcessNumbers process, DisturbanceSet active, Span<double> rates)
    {
        Valves.Move(process.Commands, process.Aims, process.Positions, active, process.Hours == 0, rates[Flowsheet.ValvesAt..]);
        if (process.Shutdown == 0)
        {
            var state = process.Physical;
            for (var i = 0; i < state.Length; i++)
                state[i] += rates[i] * StepHours;
        }
        process.Hours += StepHours;
    }

    /// <summary>What the instruments say, noise included: 22 of the last scan, 19 of the analysers' reports.</summary>
    public static void Read(ProcessNumbers process, Span<double> readings)
    {
        process.Scan.CopyTo(readings);
        process.Reports.CopyTo(readings[Gauges.Continuous..]);
        if (process.ScanNoise == 0)
            return;
        var noise = new NoiseGenerator(process.ScanNoise);
        for (var i = 0; i < Gauges.Continuous; i++)
            readings[i] += noise.Normal() * Gauges.Noise[i];
    }

    /// <summary>How the process runs now; nothing changes.</summary>
    public static void Observe(ProcessNumbers process, DisturbanceSet active, out Operation now)
    {
        Span<double> rates = stackalloc double[Flowsheet.States], near = stackalloc double[4];
        process.Near.CopyTo(near);
        Flowsheet.Evaluate(process.Physical, Surroundings.At(process.Hours, process.Walks, active), near, rates, out now);
    }

    private static void TakeSamples(ProcessNumbers process, in Operation now, ref NoiseGenerator noise)
    {
        if (process.Hours >= process.GasDue)
        {
            Report(process, now, 0, Gauges.GasSamples, ref noise);
            process.GasDue += Gauges.GasHours;
        }
        if (process.Hours >= process.ProductDue)
        {
            Report(process, now, Gauges.GasSamples, Gauges.ProductSamples, ref noise);
            process.ProductDue += Gauges.ProductHours;
        }
    }

    /// <summary>Reports the samples at hand and takes new ones.</summary>
    private static void Report(ProcessNumbers process, in Operation now, int first, int count, ref NoiseGenerator noise)
    {
        Span<double> percents = stackalloc double[Gauges.Sampled];
        Gauges.Analyse(now, percents);
        for (var i = first; i < first + count; i++)
        {
            process.Reports[i] = process.Samples[i] + noise.Normal() * Gauges.Noise[Gauges.Continuous + i];
            process.Samples[i] = percents[i];
        }
    }
}
