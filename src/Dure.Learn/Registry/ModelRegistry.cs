using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Learn;

/// <summary>The models of a node: a fold of the journal's <c>model-registered</c> entries; manifests and fitted detectors are blobs.</summary>
public sealed class ModelRegistry
{
    public const string RegisteredKind = "model-registered";

    private const long LargestManifestBytes = 64 * 1024 * 1024;

    private readonly Journal journal;
    private readonly BlobStore blobs;
    private readonly Lock gate = new();
    private readonly List<ModelVersion> versions = [];

    private ModelRegistry(Journal journal, BlobStore blobs) => (this.journal, this.blobs) = (journal, blobs);

    /// <summary>All versions, oldest first.</summary>
    public IReadOnlyList<ModelVersion> Versions { get { lock (gate) return [.. versions]; } }

    public static ModelRegistry Open(Journal journal, BlobStore blobs)
    {
        var registry = new ModelRegistry(journal, blobs);
        foreach (var entry in journal.ReadKinds(RegisteredKind))
            registry.Add(registry.ReadManifest(entry), entry);
        return registry;
    }

    /// <summary>The newest version under a name.</summary>
    public ModelVersion? Latest(string name)
    {
        lock (gate)
            return versions.LastOrDefault(v => v.Name == name);
    }

    public ModelVersion? Find(ContentHash version)
    {
        lock (gate)
            return versions.FirstOrDefault(v => v.Version == version);
    }

    /// <summary>Keeps the fitted detectors, manifest and card, and records the version. Registering the same result again gives the
    /// version that is already there and writes nothing.</summary>
    public async ValueTask<ModelVersion> Register(TrainingResult result, string actor, CancellationToken cancel)
    {
        var manifest = ManifestWriter.Write(result, onnx => blobs.Put(onnx));
        var bytes = CanonicalJson.Serialize(JsonSerializer.SerializeToNode(manifest, ManifestJson.Default.ModelManifest));
        var version = blobs.Put(bytes);
        if (Find(version) is { } known)
            return known;
        var card = Encoding.UTF8.GetBytes(ModelCard.Markdown(manifest));
        var lineage = Lineage.Of(new EntryRef(result.Dataset.Entry, result.Dataset.EntryHash)).With(
        [
            new Artefact("model-manifest", manifest.Name + ".json", version, bytes.Length),
            new Artefact("model-card", manifest.Name + ".md", blobs.Put(card), card.Length),
            .. manifest.Machines.Select(m => new Artefact("onnx", m.Asset + ".onnx", ContentHash.Parse(m.Onnx), m.OnnxBytes)),
        ]);
        var body = lineage.Into(new JsonObject
        {
            ["name"] = manifest.Name,
            ["version"] = version.ToString(),
            ["dataset"] = manifest.DatasetId,
            ["recipe"] = result.Chosen.Recipe.ToJson(),
            ["seed"] = manifest.Seed,
            ["machines"] = manifest.Machines.Count,
        });
        return Add(manifest, await journal.Append(RegisteredKind, manifest.Name, body, actor, cancel));
    }

    /// <summary>The fitted detector of one machine as ONNX bytes.</summary>
    public byte[] ReadOnnx(ManifestMachine machine) => blobs.Read(ContentHash.Parse(machine.Onnx), LargestManifestBytes);

    private ModelVersion Add(ModelManifest manifest, JournalEntry entry)
    {
        lock (gate)
        {
            var added = new ModelVersion(manifest, VersionOf(entry), versions.Count(v => v.Name == manifest.Name) + 1, entry);
            versions.Add(added);
            return added;
        }
    }

    private ModelManifest ReadManifest(JournalEntry entry)
    {
        try
        {
            return JsonSerializer.Deserialize(blobs.Read(VersionOf(entry), LargestManifestBytes), ManifestJson.Default.ModelManifest) ?? throw Unreadable(entry, null);
        }
        catch (JsonException cause)
        {
            throw Unreadable(entry, cause);
        }
    }

    private static ContentHash VersionOf(JournalEntry entry) =>
        ContentHash.TryParse((string?)entry.Body["version"], out var version) ? version : throw Unreadable(entry, null);

    private static ProblemException Unreadable(JournalEntry entry, Exception? cause) => new("urn:dure:learn:unreadable-model",
        $"Entry {entry.Index} does not lead to a model manifest.", $"journal entry {entry.Index}", "Restore the journal and the blobs from a copy.", cause);
}
