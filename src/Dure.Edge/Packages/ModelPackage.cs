using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Edge.Alarms;
using Dure.Edge.Onnx;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Edge.Packages;

/// <summary>
/// What a device gets: one <c>.durepkg</c> file with a detector per machine, what each was fitted on, and the node's signature.
/// A package in hand has passed every check: signature, trusted key, hash of each file, and that nothing else is inside.
/// </summary>
public sealed class ModelPackage
{
    private readonly Dictionary<string, (PackageMachine Machine, OnnxModel Model)> machines;

    private ModelPackage(PackageManifest manifest, ContentHash hash, VerificationKey signedBy, Dictionary<string, (PackageMachine, OnnxModel)> machines)
    {
        (Manifest, Hash, SignedBy, this.machines) = (manifest, hash, signedBy, machines);
        AlarmRule = new AlarmRule(manifest.AlarmRule.RaiseAfter, manifest.AlarmRule.FallAfter);
    }

    public PackageManifest Manifest { get; }

    /// <summary>The hash of the whole file.</summary>
    public ContentHash Hash { get; }

    public VerificationKey SignedBy { get; }

    public AlarmRule AlarmRule { get; }

    /// <summary>The bytes of a package; the same content and key give the same files, and only the signature differs.</summary>
    public static byte[] Build(PackageContent content, NodeKey key)
    {
        var manifest = content.ToManifest();
        ManifestRules.Check(manifest, "package content");
        var bytes = CanonicalJson.Serialize(JsonSerializer.SerializeToNode(manifest, PackageJson.Default.PackageManifest));
        return PackageFiles.Write(
        [
            (PackageFiles.ManifestName, bytes),
            .. content.Machines.Select((machine, i) => (PackageFiles.MachineName(i), machine.Onnx)),
            (PackageFiles.SignatureName, Sign(bytes, key)),
        ]);
    }

    /// <summary>Reads and checks a package file.</summary>
    public static ModelPackage Open(string path, VerificationKey trusted)
    {
        if (!File.Exists(path))
            throw new ProblemException("urn:dure:edge:package-missing", "There is no such file.", path, "Download the package from the node, or correct the path.");
        using var file = File.OpenRead(path);
        return Open(file, trusted, path);
    }

    public static ModelPackage Open(Stream package, VerificationKey trusted, string where = "package")
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[81920];
        while (package.Read(chunk) is var read and > 0)
        {
            buffer.Write(chunk, 0, read);
            if (buffer.Length > PackageFiles.MaxPackageBytes)
                throw PackageFiles.Damaged($"It has more than {PackageFiles.MaxPackageBytes} bytes.", where);
        }
        return Open(buffer.ToArray(), trusted, where);
    }

    /// <summary>Checks the bytes of a package; a <see cref="ProblemException"/> says which file or signature is wrong.</summary>
    public static ModelPackage Open(byte[] package, VerificationKey trusted, string where = "package")
    {
        var files = PackageFiles.Read(package, where);
        if (files.Count < 3)
            throw PackageFiles.Damaged($"It has {files.Count} files; a manifest, a signature and a machine are needed.", where);
        var (manifestBytes, machineFiles) = (files[0].Content, files[1..^1]);
        var signer = CheckSignature(manifestBytes.Span, files[^1].Content.Span, trusted, where);
        var manifest = ReadManifest(manifestBytes.Span, where);
        ManifestRules.Check(manifest, where);
        if (manifest.Machines.Count != machineFiles.Count)
            throw PackageFiles.Damaged($"The manifest names {manifest.Machines.Count} machines; {machineFiles.Count} model files are there.", where);
        var machines = new Dictionary<string, (PackageMachine, OnnxModel)>(StringComparer.Ordinal);
        foreach (var (machine, (name, content)) in manifest.Machines.Zip(machineFiles))
        {
            if (ContentHash.Of(content.Span) is var actual && machine.Sha256 != actual.ToString())
                throw PackageFiles.Damaged($"File '{name}' ({machine.Asset}) should hash to {machine.Sha256} and hashes to {actual}.", where);
            machines.Add(machine.Asset, (machine, OnnxModel.Read(content.Span)));
        }
        return new ModelPackage(manifest, ContentHash.Of(package), signer, machines);
    }

    /// <summary>A scorer for one machine, at its start state; null when the package has no such machine.</summary>
    public MachineScorer? ScorerFor(string asset) => machines.TryGetValue(asset, out var found)
        ? new MachineScorer(found.Model, asset, Manifest.Signals.Count, found.Machine.StartState)
        : null;

    /// <summary>Scores every machine's self-test rows; the answer names all that differ. Empty when this engine may be trusted with the package.</summary>
    /// <exception cref="ProblemException">A model cannot be run at all.</exception>
    public IReadOnlyList<Problem> SelfTest(CancellationToken cancel)
    {
        var problems = new List<Problem>();
        foreach (var machine in Manifest.Machines)
        {
            cancel.ThrowIfCancellationRequested();
            var scorer = ScorerFor(machine.Asset)!; // Open has read each machine
            for (var row = 0; row < machine.SelfTest.Count; row++)
            {
                var (values, expected) = machine.SelfTest[row];
                var score = scorer.Score([.. values]);
                if (!IsSame(score, expected))
                    problems.Add(new Problem("urn:dure:edge:self-test", $"Self-test row {row + 1} scores {score:R} here; {expected:R} was expected.", $"{machine.Asset} ({machine.Onnx})",
                        "Do not use the package on this device; report its hash and this line to the node's owner."));
            }
        }
        return problems;
    }

    /// <summary>Two engines may add in another order; more than that is a difference.</summary>
    private static bool IsSame(double a, double b) => Math.Abs(a - b) <= 1e-6 * Math.Max(1, Math.Abs(b));

    private static byte[] Sign(ReadOnlySpan<byte> manifest, NodeKey key) => CanonicalJson.Serialize(new JsonObject
    {
        ["algorithm"] = "ES256",
        ["key"] = key.PublicKey.ToJwk(),
        ["keyId"] = key.Id,
        ["signature"] = Base64Url.EncodeToString(key.Sign(manifest)),
        ["signs"] = PackageFiles.ManifestName,
    });

    private static VerificationKey CheckSignature(ReadOnlySpan<byte> manifest, ReadOnlySpan<byte> signature, VerificationKey trusted, string where)
    {
        var place = $"{where}, {PackageFiles.SignatureName}";
        var json = Canonical(signature, place) as JsonObject ?? throw PackageFiles.Damaged("It is not a JSON object.", place);
        var key = VerificationKey.FromJwk(json["key"]);
        if (json.Count != 5 || Text(json, "algorithm") != "ES256" || Text(json, "keyId") != key.Id || Text(json, "signs") != PackageFiles.ManifestName)
            throw PackageFiles.Damaged("It is not an ES256 signature over the manifest by the key it names.", place);
        if (!key.Equals(trusted))
            throw new ProblemException("urn:dure:edge:package-untrusted", $"It is signed by key {key.Id}; the trusted key is {trusted.Id}.", place,
                "Use the package of your own node, or give the public key of the node that signed this one, once you know that it is theirs.");
        var text = Text(json, "signature") ?? "";
        Span<byte> bytes = stackalloc byte[VerificationKey.SignatureSize];
        if (text.Length != Base64Url.GetEncodedLength(bytes.Length) || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var written)
            || Base64Url.EncodeToString(bytes) != text || !key.Verify(manifest, bytes[..written]))
            throw PackageFiles.Damaged($"The signature does not belong to {PackageFiles.ManifestName}: one of the two was changed.", place);
        return key;
    }

    private static PackageManifest ReadManifest(ReadOnlySpan<byte> bytes, string where)
    {
        var place = $"{where}, {PackageFiles.ManifestName}";
        try
        {
            return Canonical(bytes, place).Deserialize(PackageJson.Default.PackageManifest) ?? throw PackageFiles.Damaged("It is null.", place);
        }
        catch (JsonException cause)
        {
            throw new ProblemException("urn:dure:edge:package-format", "The signed manifest is not one that this version reads: " + cause.Message, place,
                "Update dure-edge to the node's version, or build the package with this one's.", cause);
        }
    }

    /// <summary>Only the canonical bytes are accepted, so that one content has one signature.</summary>
    private static JsonNode? Canonical(ReadOnlySpan<byte> bytes, string place)
    {
        var node = CanonicalJson.Parse(bytes);
        return CanonicalJson.Serialize(node).AsSpan().SequenceEqual(bytes) ? node : throw PackageFiles.Damaged("It is not canonical JSON.", place);
    }

    private static string? Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
