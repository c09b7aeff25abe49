using Dure.Kernel;

namespace Dure.Exchange.Identity.Credentials;

/// <summary>Why a signature does not count.</summary>
/// <param name="IsUnreachable">The signer's document could not be had: the signature itself may be right.</param>
public sealed record SignatureRefusal(string Reason, bool IsUnreachable);

/// <summary>Checks that a participant signed something with a key it shows for that purpose and, where keys are pinned, with one of those.</summary>
public sealed class IssuerKeys(DidResolver resolver, IKnownParticipants known)
{
    /// <summary>Why the signature does not count; null when it does.</summary>
    /// <param name="pinned">The keys it may be of; null for those that are pinned for the signer.</param>
    public async ValueTask<SignatureRefusal?> Check(Jws jws, Did signer, KeyPurposes purpose, CancellationToken cancel, IReadOnlySet<string>? pinned = null)
    {
        if (jws.KeyId is { } keyId && keyId.StartsWith("did:", StringComparison.Ordinal) && !keyId.StartsWith(signer.Value + "#", StringComparison.Ordinal))
            return No($"The key it names is not one of {signer}.");
        try
        {
            var (method, document) = await resolver.FindKeyAndDocument(signer, jws.KeyId, purpose, cancel);
            if (method is null)
                return No($"The document of {signer} shows no key {Claims.Shown(jws.KeyId)} for this.");
            pinned ??= known.Of(signer)?.PinnedKeys;
            if (pinned is { Count: > 0 } && !document.IsVouchedFor(method.Key, pinned))
                return No($"The key {method.Key.Id} of {signer} is not the one that was pinned, and no pinned key vouches for it.");
            return jws.IsSignedBy(method.Key) ? null : No($"The signature is not of the key that {signer} shows.");
        }
        catch (ProblemException unreachable)
        {
            return new SignatureRefusal(unreachable.Problem.What, true);
        }
    }

    private static SignatureRefusal No(string reason) => new(reason, false);
}
