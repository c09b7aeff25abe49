using System.Diagnostics;
using Dure.Datasets;
using Dure.Datasets.Public;
using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Xunit;

namespace Dure.Anchors.Datasets;

/// <summary>SKAB's own counts (its README and protocol): 37,401 rows, 13,067 anomalous; 23,801 in the test parts, 12,771 anomalous.</summary>
public sealed class SkabCutTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_34_recordings_give_the_published_numbers_of_rows_and_labels()
    {
        var data = Shared.Path("data/learning/skab");
        var folder = Directory.CreateTempSubdirectory("dure-skab-");
        try
        {
            using var key = NodeKey.LoadOrCreate(folder.FullName);
            await using var journal = await Journal.Open(Path.Combine(folder.FullName, "journal"), key, TimeProvider.System, Cancel);
            await using var historian = await PlantHistorian.Open(new HistorianOptions { DataPath = Path.Combine(folder.FullName, "series") }, journal, TimeProvider.System, Cancel);
            using var catalog = DatasetCatalog.Open(journal, BlobStore.Open(Path.Combine(folder.FullName, "blobs")), historian);
            var recordings = Skab.Recordings.Where(recording => !Skab.IsFaultFree(recording.Asset)).Select(recording => SkabReader.Read(Path.Combine(data, recording.Path), recording.Asset)).ToList();
            foreach (var recording in recordings)
                await Ingest(historian, recording);

            var clock = Stopwatch.StartNew();
            var version = await catalog.Cut(Spec([.. recordings.Select(recording => recording.Asset)]), "test", null, Cancel);
            var cutTime = clock.Elapsed;
            clock.Restart();
            var frames = new List<Frame>();
            await foreach (var frame in catalog.LoadFrames(version, Cancel))
                frames.Add(frame);
            TestContext.Current.TestOutputHelper?.WriteLine($"cut {cutTime.TotalSeconds:0.00} s, load {clock.Elapsed.TotalSeconds:0.00} s, {version.ParquetBytes} B, quality {version.QualityScore:0.000}, findings {string.Join(", ", catalog.Quality(version).ByKind())}");

            Assert.Equal(37_401, version.Rows);
            Assert.Equal(13_067, version.Parts.Sum(part => part.Labelled));
            Assert.Equal(23_801, version.Parts.Sum(part => part.HeldOutRows));
            Assert.Equal(12_771, version.Parts.Sum(part => part.HeldOutLabelled));
            foreach (var (recording, frame) in recordings.Zip(frames))
            {
                Assert.Equal(recording.TimesMicros, frame.TimesMicros);
                Assert.Equal(recording.Columns, frame.Values);
                Assert.Equal(recording.Anomaly, frame.Labels);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static DatasetSpec Spec(IReadOnlyList<AssetId> assets) => new()
    {
        Name = "skab",
        Title = Skab.Dataset.Title,
        Description = "Recordings of a water-circulation test bed with labelled faults.",
        Licence = Skab.Dataset.Licence,
        Source = Skab.Dataset.Citation,
        Assets = assets,
        Signals = [.. Skab.Signals.Select(signal => signal.Name)],
        LabelSignal = Skab.AnomalyColumn,
        Split = new Split.CommissioningRows(Skab.CommissioningRows),
    };

    private static async Task Ingest(PlantHistorian historian, Recording recording)
    {
        var definitions = Skab.Signals.Select(signal => new SignalDefinition(recording.Asset.Signal(signal.Name), Unit.Parse(signal.Unit), signal.Description))
            .Append(new SignalDefinition(recording.Asset.Signal(Skab.AnomalyColumn), Unit.One, "Point label", SignalRole.Label));
        await historian.Register([.. definitions], "test", Cancel);
        var batch = new SampleBatch(recording.Asset.Path);
        for (var i = 0; i <= recording.Columns.Length; i++)
        {
            var isLabel = i == recording.Columns.Length;
            var block = new SignalBlock(recording.Asset.Signal(isLabel ? Skab.AnomalyColumn : recording.Signals[i]).Path, null);
            for (var row = 0; row < recording.Rows; row++)
                block.Add(recording.TimesMicros[row], isLabel ? recording.Anomaly![row] ? 1 : 0 : recording.Columns[i][row]); // the 34 have labels
            batch.Blocks.Add(block);
        }
        var receipt = await historian.Append(batch, "test", Cancel);
        Assert.Equal(0, receipt.Rejected);
    }
}
