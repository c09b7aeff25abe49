using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using System.Text;
using Dure.Exchange.Policies;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Credentials;

/// <summary>What trusted issuers say about a participant.</summary>
/// <param name="Values">By the claim's name; a claim may have several values.</param>
/// <param name="Refusals">Why credentials that were shown do not count, for an operator.</param>
public sealed record VerifiedClaims(IReadOnlyDictionary<string, IReadOnlyList<string>> Values, IReadOnlyList<string> Refusals)
{
    public static VerifiedClaims None { get; } = new(new Dictionary<string, IReadOnlyList<string>>(), []);

    /// <summary>What the credentials say of which it cannot be learned now whether they hold, together with <see cref="Values"/>; null where there are none such.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? IfAllHold { get; init; }

    /// <summary>Whether a trusted alliance stands by a membership.</summary>
    public bool IsMember => Values.ContainsKey(CredentialVerifier.MembershipClaim);

    /// <summary>The same, as policies ask for it.</summary>
    public PolicyClaims ForPolicies() => IfAllHold is null ? Of(Values) : Of(Values).OrIfAllHold(Of(IfAllHold));

    private static PolicyClaims Of(IReadOnlyDictionary<string, IReadOnlyList<string>> values) => values.Aggregate(PolicyClaims.None, (claims, claim) => claims.With(claim.Key, claim.Value));
}

/// <summary>
/// Says what counts of the credentials a participant shows: the issuer is trusted here, signed it, it is about this very participant, valid
/// now and not revoked. Everything else counts as not shown.
/// </summary>
/// <param name="isTrusted">Whether this node's people trust an issuer: by the operator's list, or because this node joined it.</param>
public sealed class CredentialVerifier(IssuerKeys keys, StatusLists statuses, Func<Did, bool> isTrusted, TimeProvider time)
{
    /// <summary>The claim that a verified membership makes, with the value <c>active</c>.</summary>
    public const string MembershipClaim = "Membership";

    private const int MostCredentials = 16;

    // A stranger's are looked at before it is known who it is: each may cost the check of a signature.
    private const int MostOfStranger = 4;
    private const int MostClaims = 64;
    private const int MostSignatures = 4000;

    /// <summary>As long as a document is believed: a key that was withdrawn must not go on counting.</summary>
    private static readonly TimeSpan SignatureMemory = TimeSpan.FromMinutes(2);

    // The text of a credential stands for its signature: the same text again need not be computed again.
    private readonly ConcurrentDictionary<ContentHash, DateTimeOffset> signatures = new();

    /// <summary>Whether one of the credentials makes its holder a member of a trusted alliance.</summary>
    public async ValueTask<bool> HoldsTrusted(Did holder, IReadOnlyList<string> credentials, CancellationToken cancel)
    {
        foreach (var text in credentials.Take(MostOfStranger))
            if (await Check(holder, text, StatusFreshness.Message, cancel) is { Refusal: null, Credential: { } credential } && credential.Types.Contains(Credential.Membership))
                return true;
        return false;
    }

    /// <summary>What the credentials that count say, taken together.</summary>
    public async ValueTask<VerifiedClaims> ClaimsOf(Did holder, IReadOnlyList<string> credentials, StatusFreshness freshness, CancellationToken cancel)
    {
        if (credentials.Count == 0)
            return VerifiedClaims.None;
        var values = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        var refusals = new List<string>();
        var unsure = new List<Credential>();
        foreach (var text in credentials.Take(MostCredentials))
        {
            var (credential, refusal, isUnsure) = await Judge(holder, text, freshness, cancel);
            if (refusal is null)
                Add(credential!, values);
            else
                refusals.Add(refusal);
            if (isUnsure)
                unsure.Add(credential!);
        }
        if (unsure.Count == 0)
            return new VerifiedClaims(values, refusals);
        var ifAllHold = new Dictionary<string, IReadOnlyList<string>>(values, StringComparer.Ordinal);
        foreach (var credential in unsure)
            Add(credential, ifAllHold);
        return new VerifiedClaims(values, refusals) { IfAllHold = ifAllHold };
    }

    /// <summary>Reads and judges one credential.</summary>
    /// <returns>The credential as far as it could be read, and why it does not count; null when it does.</returns>
    public async ValueTask<(Credential? Credential, string? Refusal)> Check(Did holder, string text, StatusFreshness freshness, CancellationToken cancel)
    {
        var (credential, refusal, _) = await Judge(holder, text, freshness, cancel);
        return (credential, refusal);
    }

    /// <returns>As <see cref="Check"/>, and whether all that speaks against the credential is that its issuer cannot be asked now.</returns>
    private async ValueTask<(Credential? Credential, string? Refusal, bool IsUnsure)> Judge(Did holder, string text, StatusFreshness freshness, CancellationToken cancel)
    {
        if (!Credential.TryParse(text, out var credential, out var unread))
            return (null, unread, false);
        var now = time.GetUtcNow();
        if (credential.Holder != holder)
            return (credential, $"The credential is about {credential.Holder?.Value ?? "nobody"}, not about {holder}, who shows it.", false);
        if (!isTrusted(credential.Issuer))
            return (credential, $"The issuer {credential.Issuer} is not trusted here.", false);
        if (credential.ValidFrom > now + TokenVerifier.Leeway)
            return (credential, $"The credential is valid from {credential.ValidFrom:u} on; here it is {now:u}.", false);
        if (credential.ValidUntil <= now - TokenVerifier.Leeway)
            return (credential, $"The credential expired at {credential.ValidUntil:u}.", false);
        if (await CheckSignature(credential, now, freshness.Grace, cancel) is { } unsigned)
            return (credential, unsigned.Reason, unsigned.IsUnreachable); // nothing it says is asked about: it may be anybody's
        string? unknown = null;
        foreach (var status in credential.Statuses)
        {
            var answer = await statuses.Ask(credential.Issuer, status, freshness, cancel);
            if (answer == StatusAnswer.Revoked)
                return (credential, $"{credential.Issuer} has revoked the credential.", false);
            if (answer != StatusAnswer.Holds)
                unknown ??= $"Whether {credential.Issuer} revoked the credential cannot be learned at {status.List}.";
        }
        return (credential, unknown, unknown is not null);
    }

    /// <summary>Why a credential that this node is given to hold does not count: signature and times only, since it is about to trust the issuer.</summary>
    /// <param name="pinned">The keys the issuer may sign with; null for those that are pinned already.</param>
    internal async ValueTask<string?> CheckForHolder(Credential credential, IReadOnlySet<string>? pinned, CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        return credential.ValidFrom > now + TokenVerifier.Leeway || credential.ValidUntil <= now ? "It is not valid at this time."
            : (await keys.Check(credential.Jws, credential.Issuer, KeyPurposes.Assertion, cancel, pinned))?.Reason;
    }

    /// <param name="grace">For how long a signature counts that was seen to be right, when the issuer's document cannot be had.</param>
    private async ValueTask<SignatureRefusal?> CheckSignature(Credential credential, DateTimeOffset now, TimeSpan grace, CancellationToken cancel)
    {
        var hash = ContentHash.Of(Encoding.UTF8.GetBytes(credential.Text));
        var isKnown = signatures.TryGetValue(hash, out var at);
        if (isKnown && now - at < SignatureMemory)
            return null;
        if (await keys.Check(credential.Jws, credential.Issuer, KeyPurposes.Assertion, cancel) is { } unsigned)
            return unsigned.IsUnreachable && isKnown && now - at < grace ? null : unsigned;
        if (signatures.Count >= MostSignatures)
            signatures.Clear(); // costs time, never trust
        signatures[hash] = now;
        return null;
    }

    private static void Add(Credential credential, Dictionary<string, IReadOnlyList<string>> values)
    {
        if (credential.Types.Contains(Credential.Membership))
            Put(MembershipClaim, ["active"]);
        foreach (var (name, _) in credential.Subject)
        {
            // Only what this code concludes may stand under the name of the conclusion.
            if (name is not ("id" or "type" or MembershipClaim) && credential.Subject.Texts(name, MostClaims) is { Count: > 0 } texts)
                Put(name, texts);
        }

        void Put(string name, IReadOnlyList<string> more)
        {
            if (values.TryGetValue(name, out var there))
                values[name] = [.. there.Union(more)];
            else if (values.Count < MostClaims)
                values[name] = more;
        }
    }
}
