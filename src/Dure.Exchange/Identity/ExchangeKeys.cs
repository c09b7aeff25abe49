using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>A key that signs no more. Its private half is gone; its public half is still shown for a while.</summary>
/// <param name="InvokesUntil">Until when tokens it signed are taken.</param>
/// <param name="AssertsUntil">Until when credentials and documents it signed can be checked.</param>
public sealed record RetiredKey(VerificationKey Key, DateTimeOffset InvokesUntil, DateTimeOffset AssertsUntil);

/// <summary>
/// The keys a node shows to its partners (ES256), apart from the one that signs its journal, so that either can be changed alone. One file
/// holds them all and is replaced as a whole: a crash leaves the ring before or after a rotation, never between.
/// </summary>
public sealed class ExchangeKeys : IDisposable
{
    /// <summary>How long tokens of a retired key are taken: longer than any token lives.</summary>
    public static readonly TimeSpan TokenGrace = TimeSpan.FromHours(1);

    /// <summary>How long credentials of a retired key can be checked: longer than any credential lives.</summary>
    public static readonly TimeSpan CredentialGrace = TimeSpan.FromDays(400);

    internal const string SuccessionType = "dure-succession+jwt";
    private const string FileName = "exchange-keys.json";
    private const int MaxFileBytes = 256 * 1024;
    private const int MaxRetired = 32;

    private readonly string path;
    private readonly TimeProvider time;
    private readonly Lock guard = new();
    private ECDsa signer;
    private VerificationKey current;
    private IReadOnlyList<RetiredKey> retired;
    private IReadOnlyList<string> successions;

    private ExchangeKeys(string path, TimeProvider time, ECDsa signer, IReadOnlyList<RetiredKey> retired, IReadOnlyList<string> successions)
    {
        (this.path, this.time, this.signer, this.retired, this.successions) = (path, time, signer, retired, successions);
        current = PublicOf(signer);
    }

    /// <summary>The key that signs.</summary>
    public VerificationKey Current
    {
        get
        {
            lock (guard)
                return current;
        }
    }

    /// <summary>Keys that sign no more and that something can still be checked with.</summary>
    public IReadOnlyList<RetiredKey> Retired
    {
        get
        {
            lock (guard)
                return [.. retired.Where(key => key.AssertsUntil > time.GetUtcNow())];
        }
    }

    /// <summary>Statements, each signed by a key about its successor: a partner who knows an old key follows them to the present one.</summary>
    public IReadOnlyList<string> Successions
    {
        get
        {
            lock (guard)
                return successions;
        }
    }

    /// <summary>The keys in <paramref name="folder"/>; the first is made when there is none.</summary>
    /// <exception cref="ProblemException">The file cannot be read as keys.</exception>
    public static ExchangeKeys Open(string folder, TimeProvider time)
    {
        Directory.CreateDirectory(folder);
        foreach (var left in Directory.EnumerateFiles(folder, $"{FileName}.*{DurableFile.TemporarySuffix}"))
            File.Delete(left); // written by a rotation that a crash cut off: it may hold a private key
        var path = Path.Combine(folder, FileName);
        if (File.Exists(path))
            return Load(path, time);
        var keys = new ExchangeKeys(path, time, ECDsa.Create(ECCurve.NamedCurves.nistP256), [], []);
        Save(path, keys.signer, [], []);
        return keys;
    }

    /// <summary>The signature of <paramref name="data"/> by the present key: r and s, 64 bytes.</summary>
    public byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (guard)
            return SignWith(signer, data);
    }

    /// <summary>
    /// Makes a new key; it signs from now on, and the old private half is deleted. Partners follow by themselves, because the old key
    /// vouches for the new one.
    /// </summary>
    /// <param name="isCompromised">
    /// The old keys may be in wrong hands: nothing they signed counts any more, they vouch for nothing, and each partner who pinned one must
    /// be told the new fingerprint by a person.
    /// </param>
    public VerificationKey Rotate(bool isCompromised = false)
    {
        lock (guard)
        {
            var now = time.GetUtcNow();
            var next = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            IReadOnlyList<RetiredKey> stillShown = isCompromised ? []
                : [.. retired.Where(key => key.AssertsUntil > now).Append(new RetiredKey(current, now + TokenGrace, now + CredentialGrace)).TakeLast(MaxRetired)];
            IReadOnlyList<string> vouched = isCompromised ? [] : [.. successions.Append(Vouch(PublicOf(next), now)).TakeLast(MaxRetired)];
            Save(path, next, stillShown, vouched);
            signer.Dispose();
            (signer, current, retired, successions) = (next, PublicOf(next), stillShown, vouched);
            return current;
        }
    }

    public void Dispose()
    {
        lock (guard)
            signer.Dispose();
    }

    private string Vouch(VerificationKey next, DateTimeOffset now)
    {
        var statement = new JsonObject { ["old"] = current.Id, ["new"] = next.Id, ["iat"] = now.ToUnixTimeSeconds() };
        return Jws.Sign(Encoding.UTF8.GetBytes(statement.ToJsonString()), SuccessionType, current.Id, data => SignWith(signer, data));
    }

    private static byte[] SignWith(ECDsa key, ReadOnlySpan<byte> data) =>
        key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static VerificationKey PublicOf(ECDsa key)
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        return VerificationKey.FromCoordinates(point.X, point.Y);
    }

    private static void Save(string path, ECDsa signer, IReadOnlyList<RetiredKey> retired, IReadOnlyList<string> successions)
    {
        var ring = new JsonObject
        {
            ["version"] = 1,
            ["current"] = signer.ExportPkcs8PrivateKeyPem(),
            ["retired"] = new JsonArray([.. retired.Select(key => new JsonObject
            {
                ["jwk"] = key.Key.ToJwk(),
                ["invokesUntil"] = key.InvokesUntil.ToUnixTimeSeconds(),
                ["assertsUntil"] = key.AssertsUntil.ToUnixTimeSeconds(),
            })]),
            ["successions"] = new JsonArray([.. successions.Select(statement => JsonValue.Create(statement))]),
        };
        DurableFile.Write(path, Encoding.UTF8.GetBytes(ring.ToJsonString()), ownerOnly: true);
    }

    private static ExchangeKeys Load(string path, TimeProvider time)
    {
        if (new FileInfo(path).Length > MaxFileBytes)
            throw Unreadable(path, "The file is too large for keys.", null);
        var signer = ECDsa.Create();
        try
        {
            var ring = (JsonObject)CanonicalJson.Parse(File.ReadAllBytes(path))!;
            signer.ImportFromPem(ring["current"]!.GetValue<string>());
            if (signer.KeySize != 256)
                throw new CryptographicException($"The key has {signer.KeySize} bits; ES256 needs P-256.");
            var retired = ring["retired"]!.AsArray().Select(key => new RetiredKey(VerificationKey.FromJwk(key!["jwk"]),
                DateTimeOffset.FromUnixTimeSeconds(key["invokesUntil"]!.GetValue<long>()), DateTimeOffset.FromUnixTimeSeconds(key["assertsUntil"]!.GetValue<long>()))).ToArray();
            return new ExchangeKeys(path, time, signer, retired, [.. ring["successions"]!.AsArray().Select(statement => statement!.GetValue<string>())]);
        }
        catch (Exception cause) when (cause is ProblemException or ArgumentException or CryptographicException or InvalidOperationException or InvalidCastException or NullReferenceException or FormatException)
        {
            signer.Dispose();
            throw Unreadable(path, "The file does not hold the node's exchange keys.", cause);
        }
    }

    private static ProblemException Unreadable(string path, string what, Exception? cause) => new("urn:dure:exchange:bad-keys", what, path,
        "Restore the file from a copy. Without one, remove it: the node makes a new key, and each partner must be told its fingerprint.", cause);
}
