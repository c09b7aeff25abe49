using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Conduct;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Identity.Dcp;
using Dure.Exchange.Partners;
using Dure.Exchange.Policies;
using Dure.Exchange.Protocol;

namespace Dure.Exchange.Identity;

/// <summary>
/// Who a message is from and what trusted alliances say of them: the one face of all this for negotiation, transfer and the door for data.
/// Credentials that counted once are remembered (a fold of the journal), so that a running stream can be judged again without a new message,
/// also after a restart; whether they still count is asked each time.
/// </summary>
public sealed class CallerDesk : ICallerCheck, IPartnerClaims
{
    public const string Shown = "credential-shown";
    private const int MostPerCaller = 8;

    /// <summary>Whoever has nothing to show is not asked with every message.</summary>
    private static readonly TimeSpan AskPause = TimeSpan.FromMinutes(1);

    private readonly Journal journal;
    private readonly TokenVerifier tokens;
    private readonly CredentialVerifier credentials;
    private readonly PartnerBook partners;
    private readonly CredentialQuery? query;
    private readonly Action<TokenVerdict.Refused> refused;
    private readonly TimeProvider time;
    private readonly ConcurrentDictionary<Did, IReadOnlyList<string>> shown = new();
    private readonly ConcurrentDictionary<Did, DateTimeOffset> asked = new();

    /// <param name="query">Asks callers that bring no credentials; null where the Decentralized Claims Protocol is off.</param>
    /// <param name="refused">Takes each refusal, for the log.</param>
    internal CallerDesk(Journal journal, TokenVerifier tokens, CredentialVerifier credentials, PartnerBook partners, CredentialQuery? query, Action<TokenVerdict.Refused> refused, TimeProvider time) =>
        (this.journal, this.tokens, this.credentials, this.partners, this.query, this.refused, this.time) = (journal, tokens, credentials, partners, query, refused, time);

    /// <summary>Who sent a message; null when that is not proved. Why not goes to the log and the partner's page.</summary>
    public async ValueTask<string?> Caller(string? authorization, CancellationToken cancel) => (await Identify(authorization, cancel))?.Value;

    /// <summary>Who sent a message; null when that is not proved.</summary>
    public async ValueTask<Did?> Identify(string? authorization, CancellationToken cancel)
    {
        var verdict = await tokens.Verify(authorization, cancel);
        if (verdict is TokenVerdict.Refused no)
        {
            if (no.Claimed is { } claimed)
                partners.Note(claimed, no.Code.ToString(), no.Reason, time.GetUtcNow());
            refused(no);
            return null;
        }
        var accepted = (TokenVerdict.Accepted)verdict;
        await Remember(accepted, cancel);
        return accepted.Caller;
    }

    /// <summary>What trusted alliances say of a participant now.</summary>
    /// <param name="freshness">How new the knowledge must be that nothing was revoked.</param>
    public async ValueTask<VerifiedClaims> ClaimsOf(Did caller, StatusFreshness freshness, CancellationToken cancel) =>
        partners.Of(caller) is { IsBlocked: true } || !shown.TryGetValue(caller, out var texts) ? VerifiedClaims.None : await credentials.ClaimsOf(caller, texts, freshness, cancel);

    public bool IsBlocked(string partner) => Did.TryParse(partner, out var did) && partners.Of(did) is { IsBlocked: true };

    /// <inheritdoc/>
    public async ValueTask<PolicyClaims> Of(string partner, TimeSpan maxAge, CancellationToken cancel)
    {
        if (!Did.TryParse(partner, out var did))
            return PolicyClaims.None;
        // Whoever asks for news of the last moment has data flowing, and is given no grace.
        var freshness = maxAge < StatusFreshness.Message.MaxAge ? StatusFreshness.Stream with { MaxAge = maxAge } : StatusFreshness.Message with { MaxAge = maxAge };
        return (await ClaimsOf(did, freshness, cancel)).ForPolicies();
    }

    private async ValueTask Remember(TokenVerdict.Accepted caller, CancellationToken cancel)
    {
        var known = shown.GetValueOrDefault(caller.Caller, []);
        var brought = caller.Credentials;
        if (brought.Count == 0 && query is not null && caller.AccessToken is { } access && MayAsk(caller.Caller) && !(await credentials.ClaimsOf(caller.Caller, known, StatusFreshness.Message, cancel)).IsMember)
            (brought, _) = await query.Ask(caller.Caller, access, [DcpMessages.MembershipScope], cancel);
        foreach (var text in brought)
            if (!known.Contains(text) && await credentials.Check(caller.Caller, text, StatusFreshness.Message, cancel) is { Refusal: null, Credential: { } credential } && !await IsSaid(credential, caller.Caller, known, cancel))
                await journal.Append(Shown, caller.Caller.Value, new JsonObject { ["credential"] = text }, caller.Caller.Value, cancel);
    }

    /// <summary>Whether a credential of the same issuer and kind still counts: then another says nothing new, and no one can fill the journal with them.</summary>
    private async ValueTask<bool> IsSaid(Credential credential, Did caller, IReadOnlyList<string> known, CancellationToken cancel)
    {
        foreach (var text in known)
            if (await credentials.Check(caller, text, StatusFreshness.Message, cancel) is { Refusal: null, Credential: { } before } && before.Issuer == credential.Issuer && before.Types.SequenceEqual(credential.Types))
                return true;
        return false;
    }

    private bool MayAsk(Did caller)
    {
        var now = time.GetUtcNow();
        if (asked.TryGetValue(caller, out var before) && now - before < AskPause)
            return false;
        asked[caller] = now;
        return true;
    }

    internal void Apply(JournalEntry entry)
    {
        if (entry.Kind == Shown && Did.TryParse(entry.Subject, out var did) && entry.Body.Text("credential") is { } text)
            shown[did] = [.. shown.GetValueOrDefault(did, []).Where(before => before != text).Append(text).TakeLast(MostPerCaller)];
    }
}
