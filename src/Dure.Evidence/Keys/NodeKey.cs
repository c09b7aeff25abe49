using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>A node's signing key (ES256). It is made on first start, kept in one file that only its owner may read, and never leaves the folder.</summary>
public sealed class NodeKey : IDisposable
{
    private const string FileName = "node-key.pem";
    private const int MaxFileBytes = 16 * 1024;

    private readonly ECDsa signer;
    private readonly Lock signing = new();

    private NodeKey(ECDsa signer)
    {
        this.signer = signer;
        var point = signer.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = VerificationKey.FromCoordinates(point.X, point.Y);
    }

    public VerificationKey PublicKey { get; }

    /// <summary>The fingerprint of the public key; stands in everything this key signs.</summary>
    public string Id => PublicKey.Id;

    /// <summary>The key in <paramref name="folder"/>, made there when the folder has none.</summary>
    public static NodeKey LoadOrCreate(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        return File.Exists(path) ? Load(path) : Create(path);
    }

    /// <summary>The signature of <paramref name="data"/> as r and s, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (signing)
            return signer.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    public JsonObject ToJwk() => PublicKey.ToJwk();

    public void Dispose() => signer.Dispose();

    private static NodeKey Create(string path)
    {
        var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.Write(path, Encoding.ASCII.GetBytes(ecdsa.ExportPkcs8PrivateKeyPem() + "\n"), ownerOnly: true);
        return new NodeKey(ecdsa);
    }

    private static NodeKey Load(string path)
    {
        if (new FileInfo(path).Length > MaxFileBytes)
            throw Unreadable(path, "The file is too large for a key.", null);
        var ecdsa = ECDsa.Create();
        try
        {
            ecdsa.ImportFromPem(File.ReadAllText(path));
            if (ecdsa.KeySize != 256)
                throw Unreadable(path, $"The key has {ecdsa.KeySize} bits; ES256 needs P-256.", null);
            return new NodeKey(ecdsa);
        }
        catch (Exception cause) when (cause is ArgumentException or CryptographicException)
        {
            ecdsa.Dispose();
            throw Unreadable(path, "The file does not hold a private key in PEM form.", cause);
        }
    }

    private static ProblemException Unreadable(string path, string what, Exception? cause) => new("urn:dure:evidence:bad-key", what, path,
        "Restore the file from a copy. With a new key the node is a new signer: old heads stay valid under the old public key only.", cause);
}
