using Dure.Datasets.Public;
using Dure.Kernel;

namespace Dure.Cli.Demo;

/// <summary>
/// A water loop that exists only here: a pump, two valves and a tank at 1 Hz, with noise, slow drift and planted faults. It stands in where
/// the real recordings cannot be had, has the same signals and units, and is called simulated wherever its numbers appear.
/// </summary>
public static class SimulatedWaterLoop
{
    public const string Site = "simulated-loop";
    private const int Machines = 12;
    private const int Rows = 1100;
    private const int FaultFreeRows = 4800;
    private static readonly DateTimeOffset FirstStart = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private enum Fault
    {
        None,
        InletValveCloses,
        OutletValveCloses,
        Leak,
        RotorImbalance,
        HotWater,
    }

    /// <summary>The fault-free recording first, then one recording with a fault per machine. The same seed gives the same bytes.</summary>
    public static IEnumerable<Recording> Record(int seed)
    {
        yield return Run(AssetId.Parse($"{Site}/fault-free/0"), Fault.None, FaultFreeRows, FirstStart, new Random(seed));
        for (var i = 0; i < Machines; i++)
        {
            var fault = (Fault)(1 + i % 5);
            yield return Run(AssetId.Parse($"{Site}/pump/{i}"), fault, Rows, FirstStart.AddHours(2 + i), new Random(seed + 1 + i));
        }
    }

    private static Recording Run(AssetId asset, Fault fault, int rows, DateTimeOffset start, Random random)
    {
        var names = Skab.Signals.Select(signal => signal.Name).ToArray();
        var columns = names.Select(_ => new double[rows]).ToArray();
        var times = new long[rows];
        var anomaly = new bool[rows];
        var (from, to) = (550 + random.Next(60), 900 + random.Next(60));
        var strength = 0.5 + 0.5 * random.NextDouble();
        Span<double> noise = stackalloc double[names.Length];
        noise.Clear();
        var drift = 0.0;

        for (var row = 0; row < rows; row++)
        {
            times[row] = Micros.Of(start.AddSeconds(row));
            anomaly[row] = fault != Fault.None && row >= from && row < to;
            var grade = anomaly[row] ? strength * Math.Min(1, (row - from + 1) / 40.0) : 0;
            for (var i = 0; i < noise.Length; i++)
                noise[i] = 0.6 * noise[i] + 0.8 * Gaussian(random);
            drift = 0.999 * drift + 0.01 * Gaussian(random);
            var values = Plant(fault, grade, drift, noise);
            for (var i = 0; i < columns.Length; i++)
                columns[i][row] = values[i];
        }
        return new Recording(asset, names, times, columns, fault == Fault.None ? null : anomaly);
    }

    /// <summary>One second of the loop: flow and pressure follow the valves, current follows the load, vibration follows rotor and flow.</summary>
    private static double[] Plant(Fault fault, double grade, double drift, ReadOnlySpan<double> noise)
    {
        var opening = 1 - (fault is Fault.InletValveCloses or Fault.OutletValveCloses ? 0.5 * grade : 0) - (fault == Fault.Leak ? 0.15 * grade : 0);
        var flow = 120 * opening + 3 * drift;
        var pressure = 0.6 + (fault == Fault.OutletValveCloses ? 0.4 * grade : fault is Fault.InletValveCloses or Fault.Leak ? -0.3 * grade : 0);
        var imbalance = fault == Fault.RotorImbalance ? grade : 0;
        return
        [
            0.20 + 0.02 * opening + 0.15 * imbalance + 0.004 * noise[0],
            0.25 + 0.02 * opening + 0.20 * imbalance + 0.005 * noise[1],
            2.4 - 0.5 * (1 - opening) + 0.2 * imbalance + 0.05 * noise[2],
            pressure + 0.05 * noise[3],
            85 + 2 * drift + 0.4 * imbalance + 0.1 * noise[4],
            28 + drift + (fault == Fault.HotWater ? 4 * grade : 0) + 0.03 * noise[5],
            230 + 3 * noise[6],
            flow + 0.8 * noise[7],
        ];
    }

    /// <summary>A standard normal draw. Box and Muller (1958).</summary>
    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
