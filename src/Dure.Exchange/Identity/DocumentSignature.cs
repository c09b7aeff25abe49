using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>
/// A signature that stands beside the document it is of: a compact JWS whose payload is left out (RFC 7515, appendix F) and is the
/// document's canonical JSON (RFC 8785), so that spaces and the order of members do not matter. Its type keeps it from being taken for a token.
/// </summary>
public static class DocumentSignature
{
    private const string Type = "dure-document+jws";

    /// <summary>Signs a document as <paramref name="signer"/>.</summary>
    public static string SignDocument(JsonObject document, OwnIdentity signer)
    {
        var whole = Jws.Sign(CanonicalJson.Serialize(document), Type, signer.KeyId, signer.Keys.Sign);
        return $"{whole[..whole.IndexOf('.', StringComparison.Ordinal)]}.{whole[whole.LastIndexOf('.')..]}";
    }

    /// <summary>Whether <paramref name="signature"/> is of this document by this key.</summary>
    public static bool Verify(JsonObject document, string signature, VerificationKey key) => Attach(document, signature) is { } jws && jws.IsSignedBy(key);

    /// <summary>Whether the participant signed this document with a key that its own document shows for statements. Asks the network when the key is not at hand.</summary>
    public static async Task<bool> Verify(JsonObject document, string signature, Did signer, DidResolver resolver, CancellationToken cancel)
    {
        if (Attach(document, signature) is not { KeyId: { } keyId } jws)
            return false;
        var key = await resolver.FindKey(signer, keyId, KeyPurposes.Assertion, cancel);
        return key is not null && jws.IsSignedBy(key.Key);
    }

    /// <summary>The fingerprint or name of the key a signature says it was made with; null when it is not a signature of a document.</summary>
    public static string? KeyIdOf(string signature) => Attach([], signature)?.KeyId;

    private static Jws? Attach(JsonObject document, string signature) =>
        Jws.TryAttach(signature, document, CanonicalJson.Serialize(document)) is { Type: Type } jws ? jws : null;
}
