using Dure.Datasets;
using Dure.Kernel;

namespace Dure.Tests.Learn;

/// <summary>A small dataset version of made-up machines: healthy, then a fault in the last rows.</summary>
internal static class MadeDataset
{
    public const int TrainRows = 200;
    public const int Rows = 400;
    public const int FaultFrom = 320;

    public static readonly AssetId Reference = AssetId.Parse("made/reference");

    public static readonly string[] Signals = ["a", "b", "c", "d", "e"];

    public static DatasetVersion Version() => MadeVersion.Of("made", Rows, hasLabels: true, [.. Signals.Select(s => new DatasetColumn(s, "1", s))]);

    /// <summary>Machines in the order of the numbers given, then the reference.</summary>
    public static async IAsyncEnumerable<Frame> Frames(params int[] machines)
    {
        foreach (var machine in machines)
            yield return Frame(AssetId.Parse($"made/group{machine % 2}/{machine}"), machine, Rows, hasFault: true);
        yield return Frame(Reference, 99, 1200, hasFault: false);
        await Task.CompletedTask;
    }

    public static Frame Frame(AssetId asset, int seed, int rows, bool hasFault)
    {
        var table = Healthy.Rows(rows, seed);
        if (hasFault)
            for (var row = FaultFrom; row < rows; row++)
                table[row * Healthy.Columns + 1] += 6;
        return new()
        {
            Asset = asset,
            TimesMicros = [.. Enumerable.Range(0, rows).Select(i => i * 1_000_000L)],
            SignalNames = Signals,
            Values = [.. Enumerable.Range(0, Healthy.Columns).Select(j => Enumerable.Range(0, rows).Select(i => table[i * Healthy.Columns + j]).ToArray())],
            Labels = [.. Enumerable.Range(0, rows).Select(i => hasFault && i >= FaultFrom)],
            TrainRows = TrainRows,
        };
    }
}
