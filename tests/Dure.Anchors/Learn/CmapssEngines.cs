using System.Globalization;
using Dure.Learn.Features;
using Dure.Learn.Prognosis;

namespace Dure.Anchors.Learn;

/// <summary>C-MAPSS FD001: 100 engines that ran until they failed, and 100 that were cut off before (Saxena et al. 2008).</summary>
internal static class CmapssEngines
{
    /// <summary>The 14 sensors that are not constant.</summary>
    private static readonly int[] Sensors = [2, 3, 4, 7, 8, 9, 11, 12, 13, 14, 15, 17, 20, 21];

    public static IReadOnlyList<FeatureSignal> Signals { get; } = [.. Sensors.Select(sensor => new FeatureSignal($"sensor{sensor}"))];

    public static SignalRows[] Failed() => Read("train_FD001.txt");

    public static SignalRows[] CutOff() => Read("test_FD001.txt");

    /// <summary>Cycles that the engines that were cut off had left; not capped.</summary>
    public static double[] Truth() => [.. File.ReadLines(Shared.Path("data/learning/cmapss_fd001/RUL_FD001.txt")).Select(line => double.Parse(line, CultureInfo.InvariantCulture))];

    /// <summary>The first so many cycles of an engine.</summary>
    public static SignalRows First(SignalRows engine, int cycles) =>
        engine with { TimesMicros = engine.TimesMicros[..cycles], Signals = [.. engine.Signals.Select(signal => signal[..cycles])] };

    /// <summary>What a late answer costs more than an early one (Saxena et al. 2008, eq. 4).</summary>
    public static double Cost(double predicted, double truth) => predicted < truth ? Math.Exp((truth - predicted) / 13) - 1 : Math.Exp((predicted - truth) / 10) - 1;

    public static double Rmse(double[] predicted, double[] truth) => Math.Sqrt(predicted.Zip(truth, (p, t) => (p - t) * (p - t)).Average());

    public static double Score(double[] predicted, double[] truth) => predicted.Zip(truth, Cost).Sum();

    private static SignalRows[] Read(string file) =>
    [
        .. File.ReadLines(Shared.Path("data/learning/cmapss_fd001/" + file))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .GroupBy(row => row[0], StringComparer.Ordinal)
            .Select(engine =>
            {
                var rows = engine.ToArray();
                return new SignalRows(engine.Key, [.. rows.Select((_, cycle) => cycle * 1_000_000L)],
                    [.. Sensors.Select(sensor => rows.Select(row => double.Parse(row[4 + sensor], CultureInfo.InvariantCulture)).ToArray())]);
            }),
    ];
}
