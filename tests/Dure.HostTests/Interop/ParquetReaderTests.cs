using System.Text.Json;
using Dure.Cli.Demo;
using Dure.Datasets;
using Dure.Datasets.Public;
using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>The exported Parquet under hyparquet, which is not ours: the same rows, times and values.</summary>
public sealed class ParquetReaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-parquet-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_reader_that_is_not_ours_reads_the_same_values_from_a_version()
    {
        var cancel = TestContext.Current.CancellationToken;
        var recordings = SimulatedWaterLoop.Record(seed: 3).Skip(1).Take(3).ToArray();
        using var key = NodeKey.LoadOrCreate(Path.Combine(folder, "keys"));
        await using var journal = await Journal.Open(Path.Combine(folder, "journal"), key, TimeProvider.System, cancel);
        await using var historian = await PlantHistorian.Open(new HistorianOptions { DataPath = Path.Combine(folder, "series") }, journal, TimeProvider.System, cancel);
        foreach (var recording in recordings)
            await Store(historian, recording, cancel);
        using var catalog = DatasetCatalog.Open(journal, BlobStore.Open(Path.Combine(folder, "blobs")), historian);
        var version = await catalog.Cut(Spec(recordings), "tester", null, cancel);

        var lines = await ClientScript.Run("read-parquet.mjs", catalog.ParquetPath(version), [], cancel);

        Assert.Equal(recordings.Sum(recording => recording.Rows), lines.Count);
        var place = 0;
        foreach (var recording in recordings.OrderBy(recording => recording.Asset))
        {
            for (var row = 0; row < recording.Rows; row++)
                AssertSame(recording, row, lines[place++]);
        }
    }

    private static void AssertSame(Recording recording, int row, string line)
    {
        using var read = JsonDocument.Parse(line);
        Assert.Equal(recording.Asset.Path, read.RootElement.GetProperty("asset").GetString());
        Assert.Equal(recording.TimesMicros[row] / 1000, read.RootElement.GetProperty("time").GetInt64());
        for (var i = 0; i < recording.Signals.Count; i++)
            Assert.Equal(recording.Columns[i][row], read.RootElement.GetProperty(recording.Signals[i]).GetDouble());
        Assert.Equal(recording.Anomaly![row], read.RootElement.GetProperty("label").GetBoolean());
        Assert.Equal(row < Skab.CommissioningRows ? Split.Train : Split.HeldOut, read.RootElement.GetProperty("split").GetString());
    }

    private static DatasetSpec Spec(Recording[] recordings) => new()
    {
        Name = "loop",
        Title = "Simulated loop",
        Description = "For a test",
        Licence = "Apache-2.0",
        Source = "Generated",
        Assets = [.. recordings.Select(recording => recording.Asset)],
        Signals = recordings[0].Signals,
        LabelSignal = Skab.AnomalyColumn,
        Split = new Split.CommissioningRows(Skab.CommissioningRows),
    };

    private static async Task Store(PlantHistorian historian, Recording recording, CancellationToken cancel)
    {
        await historian.Register(
        [
            .. Skab.Signals.Select(signal => new SignalDefinition(recording.Asset.Signal(signal.Name), Unit.Parse(signal.Unit))),
            new SignalDefinition(recording.Asset.Signal(Skab.AnomalyColumn), Unit.Parse("1"), "", SignalRole.Label),
        ], "tester", cancel);
        var batch = new SampleBatch("tester");
        for (var i = 0; i < recording.Signals.Count; i++)
            batch.Blocks.Add(Block(recording, recording.Signals[i], recording.Columns[i]));
        batch.Blocks.Add(Block(recording, Skab.AnomalyColumn, [.. recording.Anomaly!.Select(on => on ? 1.0 : 0.0)]));
        Assert.Equal(0, (await historian.Append(batch, "tester", cancel)).Rejected);
    }

    private static SignalBlock Block(Recording recording, string signal, double[] values)
    {
        var block = new SignalBlock(recording.Asset.Signal(signal).Path, null);
        for (var row = 0; row < recording.Rows; row++)
            block.Add(recording.TimesMicros[row], values[row]);
        return block;
    }
}
