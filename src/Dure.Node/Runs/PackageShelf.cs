using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Packages;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Http;

namespace Dure.Node.Runs;

/// <summary>A package as it lies on the shelf.</summary>
internal sealed record ShelvedPackage(ContentHash Hash, long Bytes, ModelVersion Model, JournalEntry Entry);

/// <summary>The model packages this node has built: a fold of the journal's <c>package-built</c> entries; the files are blobs.</summary>
internal sealed class PackageShelf
{
    public const string Built = "package-built";
    private const int SelfTestRows = 5;

    private readonly Journal journal;
    private readonly BlobStore blobs;
    private readonly ModelRegistry models;
    private readonly DatasetCatalog datasets;
    private readonly NodeKey key;
    private readonly ConcurrentDictionary<ContentHash, ShelvedPackage> packages = new();

    public PackageShelf(Journal journal, BlobStore blobs, ModelRegistry models, DatasetCatalog datasets, NodeKey key)
    {
        (this.journal, this.blobs, this.models, this.datasets, this.key) = (journal, blobs, models, datasets, key);
        foreach (var entry in journal.ReadKinds(Built))
            Shelve(entry);
    }

    public IReadOnlyList<ShelvedPackage> All => [.. packages.Values.OrderBy(package => package.Entry.Index)];

    public ShelvedPackage Find(ContentHash hash) => packages.TryGetValue(hash, out var package) ? package
        : throw new ProblemException("urn:dure:edge:no-such-package", "There is no such package here.", $"package {hash.Short}", "Build one with 'dure package MODEL'.");

    public string PathOf(ShelvedPackage package) => blobs.PathOf(package.Hash);

    /// <summary>Packs a model with its preprocessing, limits, self-test rows and signature. A model has one package; asking again gives it.</summary>
    public async Task<ShelvedPackage> Build(ModelVersion model, string actor, CancellationToken cancel)
    {
        if (packages.Values.FirstOrDefault(package => package.Model.Version == model.Version) is { } known)
            return known;
        var bytes = ModelPackage.Build(await ContentOf(model, cancel), key);
        var hash = blobs.Put(bytes);
        var body = Lineage.Of(model.Entry).With(new Artefact("package", model.Name + ".durepkg", hash, bytes.Length)).Into(new JsonObject { ["model"] = model.Version.ToString() });
        return Shelve(await journal.Append(Built, hash.ToString(), body, actor, cancel));
    }

    private async Task<PackageContent> ContentOf(ModelVersion model, CancellationToken cancel)
    {
        var dataset = datasets.Find(model.Manifest.DatasetId);
        var units = dataset.Columns.ToDictionary(column => column.Name, column => column.Unit, StringComparer.Ordinal);
        var scores = HeldOutScores.Load(journal, blobs, model);
        var machines = new List<MachineContent>();
        await foreach (var frame in datasets.LoadFrames(dataset, cancel))
        {
            if (model.Machine(frame.Asset) is { } machine)
                machines.Add(ContentOf(machine, frame, model, scores[frame.Asset].Scores));
        }
        return new PackageContent
        {
            ModelName = model.Name,
            ModelVersion = model.Version,
            DatasetVersion = dataset.Id,
            Detector = model.Manifest.Detector,
            Signals = [.. model.Manifest.Machines[0].Signals.Select(signal => new PackageSignal(signal, units[signal]))],
            Machines = machines,
        };
    }

    /// <param name="scores">What the trainer's own engine gave for the held-out rows: the device's engine must give the same.</param>
    private MachineContent ContentOf(ManifestMachine machine, Frame frame, ModelVersion model, double[] scores)
    {
        var tests = new List<SelfTestRow>();
        for (var row = frame.TrainRows; row < Math.Min(frame.Rows, frame.TrainRows + SelfTestRows); row++)
        {
            var values = frame.RowMajor(row, 1);
            if (values.Any(double.IsNaN))
                break; // the manifest is JSON, which has no missing number; the rows before are test enough
            tests.Add(new SelfTestRow(values, scores[row - frame.TrainRows]));
        }
        return new MachineContent
        {
            Asset = frame.Asset,
            Onnx = models.ReadOnnx(machine),
            FittedRows = machine.RowsFitted,
            FittedFrom = machine.From,
            FittedTo = machine.To,
            RowsHash = ContentHash.Parse(machine.RowsHash),
            FittedAt = model.FittedAt,
            Limit = machine.Limit,
            Mean = machine.Mean,
            Sd = machine.Deviation,
            StartState = machine.StartState.Count > 0 ? machine.StartState : null,
            SelfTest = tests,
        };
    }

    private ShelvedPackage Shelve(JournalEntry entry)
    {
        var hash = ContentHash.Parse(entry.Subject);
        var package = new ShelvedPackage(hash, Lineage.From(entry).Artefacts.Single().Bytes, models.Find(entry.Body["model"]!.GetValue<string>()), entry);
        return packages.GetOrAdd(hash, package);
    }
}
