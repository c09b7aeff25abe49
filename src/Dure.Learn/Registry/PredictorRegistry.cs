using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn.Drift;
using Dure.Learn.Explanations;
using Dure.Learn.Recipes;
using Dure.Learn.Vision;

namespace Dure.Learn.Registry;

/// <summary>
/// The predictors of a node: a fold of the journal's entries of what was registered and at what stage it is; manifests, models and test predictions
/// are blobs.
/// </summary>
public sealed class PredictorRegistry
{
    public const string RegisteredKind = "predictor-registered";
    public const string StagedKind = "model-staged";

    private const long LargestBytes = 1L << 30;
    private const int LongestReason = 2000;
    private const int MostRead = 8;
    private const long MostReadBytes = 128L << 20;

    private readonly Journal journal;
    private readonly BlobStore blobs;
    private readonly Lock gate = new();
    private readonly List<PredictorVersion> versions = [];
    private readonly PredictorShelf<Predictor> predictors = new(MostRead, MostReadBytes);
    private readonly PredictorShelf<Inspection> inspections = new(MostRead, MostReadBytes);
    private readonly PredictorShelf<ImageClassifier> classifiers = new(MostRead, MostReadBytes);

    private PredictorRegistry(Journal journal, BlobStore blobs) => (this.journal, this.blobs) = (journal, blobs);

    /// <summary>All versions, oldest first.</summary>
    public IReadOnlyList<PredictorVersion> Versions { get { lock (gate) return [.. versions]; } }

    public static PredictorRegistry Open(Journal journal, BlobStore blobs)
    {
        var registry = new PredictorRegistry(journal, blobs);
        foreach (var entry in journal.ReadKinds(RegisteredKind, StagedKind))
            if (entry.Kind == RegisteredKind)
                registry.Add(registry.ReadManifest(entry), entry);
            else
                registry.Move(entry, Enum.TryParse<ModelStage>((string?)entry.Body["stage"], out var stage) ? stage : throw Unreadable(entry, null));
        return registry;
    }

    /// <summary>By version (whole, or its first 6 or more digits), by <c>name</c> (the newest) or by <c>name@number</c>; null when there is none.</summary>
    public PredictorVersion? TryFind(string text)
    {
        lock (gate)
        {
            if (ContentHash.TryParse(text, out var version))
                return versions.Find(one => one.Version == version);
            if (text.Split('@') is [var name, var number] && int.TryParse(number, out var wanted))
                return versions.Find(one => one.Name == name && one.Number == wanted);
            return versions.FindLast(one => one.Name == text)
                ?? (text.Length >= 6 && versions.FindAll(one => one.Version.Hex.StartsWith(text, StringComparison.Ordinal)) is [var only] ? only : null);
        }
    }

    /// <summary>Keeps model, ONNX, test predictions, manifest and card, and records the version. The same result again gives the version that is there and writes nothing.</summary>
    /// <param name="because">The entry that asked for the training, such as a person's answer to a proposal; null: nothing but the request.</param>
    public ValueTask<PredictorVersion> Register(TableResult result, string actor, CancellationToken cancel, EntryRef? because = null) =>
        Register(PredictorManifestWriter.Write(result, Keep), result.Dataset, actor, because, cancel);

    /// <summary>Keeps an inspection as a predictor is kept.</summary>
    public ValueTask<PredictorVersion> Register(TrainedInspection result, string actor, CancellationToken cancel) =>
        Register(InspectionManifestWriter.Write(result, Keep), result.Dataset, actor, null, cancel);

    /// <summary>Keeps a classifier of images as a predictor is kept.</summary>
    public ValueTask<PredictorVersion> Register(TrainedImageClasses result, string actor, CancellationToken cancel) =>
        Register(ImageClassManifestWriter.Write(result, Keep), result.Dataset, actor, null, cancel);

    private PredictorFile Keep(byte[] bytes) => new(blobs.Put(bytes).ToString(), bytes.Length);

    private async ValueTask<PredictorVersion> Register(PredictorManifest manifest, DatasetVersion dataset, string actor, EntryRef? because, CancellationToken cancel)
    {
        var bytes = CanonicalJson.Serialize(JsonSerializer.SerializeToNode(manifest, PredictorJson.Default.PredictorManifest));
        var version = blobs.Put(bytes);
        if (TryFind(version.ToString()) is { } known)
            return known;
        var card = Encoding.UTF8.GetBytes(PredictorCard.Markdown(manifest));
        var lineage = Lineage.Of([new EntryRef(dataset.Entry, dataset.EntryHash), .. because is { } cause ? [cause] : Array.Empty<EntryRef>()]).With([
            new Artefact("model-manifest", manifest.Name + ".json", version, bytes.Length),
            new Artefact("model-card", manifest.Name + ".md", blobs.Put(card), card.Length),
            .. Kept("model", ".predictor.json", manifest, manifest.Model),
            .. Kept("onnx", ".onnx", manifest, manifest.Onnx),
            .. Kept("test-predictions", ".test", manifest, manifest.TestPredictions),
            .. Kept("drift-reference", ".reference.json", manifest, manifest.Reference),
            .. Kept("dependence", ".dependence.json", manifest, manifest.Dependence)]);
        var body = lineage.Into(new JsonObject
        {
            ["name"] = manifest.Name,
            ["version"] = version.ToString(),
            ["dataset"] = manifest.DatasetId,
            ["target"] = manifest.Target,
            ["learner"] = manifest.Learner,
            ["seed"] = manifest.Seed,
        });
        return Add(manifest, await journal.Append(RegisteredKind, manifest.Name, body, actor, cancel));
    }

    /// <summary>Moves a version to a stage; durable on return.</summary>
    /// <param name="why">In a sentence, for those who ask later.</param>
    /// <exception cref="ProblemException">There is no reason, or it is at that stage.</exception>
    public async ValueTask<PredictorVersion> Stage(PredictorVersion version, ModelStage stage, string why, string actor, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(why) || why.Length > LongestReason)
            throw new ProblemException("urn:dure:learn:bad-stage", "No reason is given, or a very long one.", "stage", $"Say in a sentence why; at most {LongestReason} characters.");
        if (version.Stage == stage)
            throw new ProblemException("urn:dure:learn:bad-stage", $"The model is {stage.ToString().ToLowerInvariant()} already.", $"model {version.Version.Short}", "Choose another stage.");
        var entry = await journal.Append(StagedKind, version.Name, new JsonObject { ["version"] = version.Version.ToString(), ["stage"] = stage.ToString(), ["from"] = version.Stage.ToString(), ["why"] = why }, actor, cancel);
        return Move(entry, stage)!; // it was found here
    }

    /// <summary>The predictor itself; those used last are at hand.</summary>
    /// <exception cref="ProblemException">The version looks at images, not at rows.</exception>
    public Predictor Read(PredictorVersion version)
    {
        if (version.Manifest.LooksAtImages)
            throw Wrong(version, "It looks at images, not at rows.", "Show it an image: dure model inspect, or the model's page.");
        var file = version.Manifest.Model;
        return predictors.Get(file.Hash, file.Bytes, () => Predictor.Read(Blob(file)));
    }

    /// <summary>The inspection itself; those used last are at hand.</summary>
    /// <exception cref="ProblemException">The version predicts a column: it looks at rows, not at images.</exception>
    public Inspection ReadInspection(PredictorVersion version)
    {
        if (version.Manifest.Inspection is null)
            throw NoInspection(version);
        var file = version.Manifest.Model;
        var backbone = InspectionRecipe.Parse(version.Manifest.Recipe).Backbone;
        return inspections.Get(file.Hash, BytesAtHand(file, backbone), () => Inspection.Read(Blob(file), backbone is null ? null : ReadBackbone(backbone)));
    }

    /// <summary>What an inspection takes while it is at hand: its own file and the network it rests on, which each holds for itself.</summary>
    internal long BytesAtHand(PredictorFile file, BackboneRecipe? backbone) =>
        file.Bytes + (backbone is not null && new FileInfo(blobs.PathOf(backbone.File)) is { Exists: true } network ? network.Length : 0);

    /// <summary>The classifier of images itself; those used last are at hand.</summary>
    /// <exception cref="ProblemException">The version is none.</exception>
    public ImageClassifier ReadClassifier(PredictorVersion version)
    {
        if (version.Manifest.ImageClasses is null)
            throw NoInspection(version);
        var file = version.Manifest.Model;
        return classifiers.Get(file.Hash, file.Bytes, () => ImageClassifier.Read(Blob(file)));
    }

    private static ProblemException NoInspection(PredictorVersion version) => version.Manifest.LooksAtImages
        ? Wrong(version, version.Manifest.Inspection is null ? "It tells kinds of images apart; what is strange it does not know." : "It says what is strange; kinds of images it does not know.", "Show it an image: dure model inspect, or the model's page.")
        : Wrong(version, "It looks at rows, not at images.", "Give it rows: POST /api/v1/predictors/VERSION/predictions, or the model's page.");

    /// <summary>The network that a recipe of an inspection names.</summary>
    /// <exception cref="ProblemException">It is not here, or has no such values.</exception>
    public OnnxBackbone ReadBackbone(BackboneRecipe recipe) => blobs.Has(recipe.File) ? new OnnxBackbone(blobs.Read(recipe.File, LargestBytes), recipe.Values, recipe.Size, recipe.Means, recipe.Spreads)
        : throw new ProblemException("urn:dure:learn:bad-backbone", $"There is no file {recipe.File.Short}.", "recipe, backbone.file", "Send the ONNX file to POST /api/v1/backbones and name the hash it answers.");

    /// <exception cref="ProblemException">The model has no such form.</exception>
    public byte[] ReadOnnx(PredictorVersion version) => Blob(version.Manifest.Onnx ?? throw Wrong(version, "An inspection has no form as ONNX: what it compares with is no network.", "Ask the node, or take the backbone that it rests on."));

    public DriftReference ReadReference(PredictorVersion version) => DriftReference.Read(Blob(version.Manifest.Reference ?? throw Wrong(version, "Drift of images is not told.", "Show it newer images that someone has looked at, and compare.")));

    private byte[] Blob(PredictorFile file) => blobs.Read(ContentHash.Parse(file.Hash), LargestBytes);

    private static ProblemException Wrong(PredictorVersion version, string what, string mend) => new("urn:dure:learn:other-model", what, $"model {version.Name}@{version.Number}", mend);

    public TestPredictions ReadTest(PredictorVersion version) => TestPredictions.Read(blobs.Read(ContentHash.Parse(version.Manifest.TestPredictions.Hash), LargestBytes));

    /// <summary>How what is predicted goes with the features that matter most; none of models that were trained before it was looked at.</summary>
    public IReadOnlyList<FeatureDependence> ReadDependences(PredictorVersion version) =>
        version.Manifest.Dependence is { } file ? FeatureDependence.Read(blobs.Read(ContentHash.Parse(file.Hash), LargestBytes)) : [];

    private static Artefact[] Kept(string role, string ending, PredictorManifest manifest, PredictorFile? file) => file is null ? [] : [new(role, manifest.Name + ending, ContentHash.Parse(file.Hash), file.Bytes)];

    private PredictorVersion Add(PredictorManifest manifest, JournalEntry entry)
    {
        lock (gate)
        {
            var added = new PredictorVersion(manifest, VersionOf(entry), versions.Count(one => one.Name == manifest.Name) + 1, entry, ModelStage.Candidate);
            versions.Add(added);
            return added;
        }
    }

    private PredictorVersion? Move(JournalEntry entry, ModelStage stage)
    {
        var version = VersionOf(entry);
        lock (gate)
            return versions.FindIndex(one => one.Version == version) is >= 0 and var at ? versions[at] = versions[at] with { Stage = stage, Staged = entry } : null;
    }

    private PredictorManifest ReadManifest(JournalEntry entry)
    {
        try
        {
            return JsonSerializer.Deserialize(blobs.Read(VersionOf(entry), LargestBytes), PredictorJson.Default.PredictorManifest) ?? throw Unreadable(entry, null);
        }
        catch (JsonException cause)
        {
            throw Unreadable(entry, cause);
        }
    }

    private static ContentHash VersionOf(JournalEntry entry) => ContentHash.TryParse((string?)entry.Body["version"], out var version) ? version : throw Unreadable(entry, null);

    private static ProblemException Unreadable(JournalEntry entry, Exception? cause) => new("urn:dure:learn:unreadable-model",
        $"Entry {entry.Index} does not lead to a model.", $"journal entry {entry.Index}", "Restore the journal and the blobs from a copy.", cause);
}
