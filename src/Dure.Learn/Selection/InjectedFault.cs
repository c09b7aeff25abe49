namespace Dure.Learn;

public enum FaultShape
{
    /// <summary>The signal moves by the size at once and stays there.</summary>
    Step,

    /// <summary>The signal drifts evenly to the size by the end of the rows.</summary>
    Ramp,

    /// <summary>Noise of that standard deviation comes on top.</summary>
    Noise,

    /// <summary>The sensor repeats one value: its commissioning mean moved by the size.</summary>
    Stuck,
}

/// <summary>A fault made by rule in recorded healthy rows; sizes are commissioning standard deviations.</summary>
/// <param name="Shape">How the signal changes.</param>
/// <param name="Size">How much, in commissioning standard deviations.</param>
/// <param name="Signals">How many neighbouring signals change together, in alternating directions.</param>
public sealed record InjectedFault(FaultShape Shape, double Size, int Signals)
{
    /// <summary>The faults detectors are chosen by: shifts of 1 to 3 standard deviations are the customary range of control chart
    /// comparisons, Montgomery (2013), table 9.3; each on one signal and on half of eight.</summary>
    public static IReadOnlyList<InjectedFault> Standard { get; } =
    [
        .. from shape in Enum.GetValues<FaultShape>()
           from size in new[] { 1.0, 2.0, 3.0 }
           from signals in new[] { 1, 4 }
           select new InjectedFault(shape, size, signals),
    ];

    /// <summary>A copy of row-major rows with the fault from row <paramref name="onset"/> to the end, beginning at signal <paramref name="first"/>.</summary>
    public double[] Into(ReadOnlySpan<double> rows, CommissioningScale scale, int onset, int first, Random random)
    {
        var columns = scale.Columns;
        var faulty = rows.ToArray();
        var count = rows.Length / columns;
        for (var s = 0; s < Math.Min(Signals, columns); s++)
        {
            var j = (first + s) % columns;
            var size = (s % 2 == 0 ? Size : -Size) * scale.Deviation[j];
            for (var row = onset; row < count; row++)
            {
                ref var value = ref faulty[row * columns + j];
                value = Shape switch
                {
                    FaultShape.Step => value + size,
                    FaultShape.Ramp => value + size * (row - onset + 1) / (count - onset),
                    FaultShape.Noise => value + size * Gaussian(random),
                    _ => scale.Mean[j] + size,
                };
            }
        }
        return faulty;
    }

    // Box and Muller (1958).
    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
