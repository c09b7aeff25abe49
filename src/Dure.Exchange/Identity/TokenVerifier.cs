using Dure.Kernel;

namespace Dure.Exchange.Identity;

/// <summary>
/// Checks the token of an incoming message by DCP 1.0.1, section 4.3: who, to whom, when, signed by a key that the sender's document shows for
/// this, and never used before. What costs nothing is checked first, then whether the sender is known at all; only then is anything fetched
/// or computed.
/// </summary>
/// <param name="holdsTrustedCredential">Whether a stranger's credentials, named as that stranger's, hold one of a trusted alliance.</param>
public sealed class TokenVerifier(
    OwnIdentity own, DidResolver resolver, IKnownParticipants known, SeenTokens seen,
    Func<Did, IReadOnlyList<string>, CancellationToken, ValueTask<bool>> holdsTrustedCredential, TimeProvider time)
{
    /// <summary>How far two clocks may lie apart.</summary>
    public static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    /// <summary>Longer-lived tokens are refused: their numbers must be remembered for as long.</summary>
    public static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(15);

    private const string Scheme = "Bearer ";
    private const int MaxNumberLength = 256;
    private const int MostCredentials = 16;

    /// <summary>Checks the header <c>Authorization</c> of a message from a partner or a member.</summary>
    public ValueTask<TokenVerdict> Verify(string? authorization, CancellationToken cancel) => Verify(authorization, Admission.Known, cancel);

    /// <summary>Checks the header <c>Authorization</c> of a message.</summary>
    public async ValueTask<TokenVerdict> Verify(string? authorization, Admission admission, CancellationToken cancel)
    {
        if (string.IsNullOrWhiteSpace(authorization))
            return No(TokenRefusal.Missing, "There is no token.", null);
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
            return No(TokenRefusal.Missing, "The header 'Authorization' does not begin with 'Bearer'.", null);
        if (!Jws.TryParse(authorization[Scheme.Length..].Trim(), out var token, out var why))
            return No(TokenRefusal.Malformed, why, null);
        if (CheckClaims(token, out var caller, out var number, out var issuedAt, out var expires) is { } refused)
            return refused;

        var standing = known.Of(caller!);
        var credentials = token.Payload.Texts(SelfIssuedTokens.CredentialsClaim, MostCredentials) ?? [];
        if (standing is { IsBlocked: true })
            return No(TokenRefusal.Blocked, "The partner is blocked here.", caller);
        if (standing is null && admission == Admission.Known && !await holdsTrustedCredential(caller!, credentials, cancel))
            return No(TokenRefusal.Stranger, "The sender is no partner and shows no credential of an alliance that is trusted here.", caller);

        var (key, unsigned) = await CheckSignature(token, caller!, admission == Admission.Known ? standing?.PinnedKeys : null, cancel);
        if (unsigned is not null)
            return unsigned;
        return Count(caller!, number!, issuedAt, expires) is { } spent ? spent : new TokenVerdict.Accepted(caller!, token.Payload, credentials, key);
    }

    private TokenVerdict.Refused? CheckClaims(Jws token, out Did? caller, out string? number, out DateTimeOffset issuedAt, out DateTimeOffset expires)
    {
        var claims = token.Payload;
        (number, issuedAt, expires) = (claims.Text("jti"), default, default);
        if (!Did.TryParse(claims.Text("iss"), out caller))
            return No(TokenRefusal.Malformed, $"The issuer {Claims.Shown(claims.Text("iss"))} is not a did:web.", null);
        if (token.Type is { } type && !type.Equals(SelfIssuedTokens.Type, StringComparison.OrdinalIgnoreCase))
            return No(TokenRefusal.Malformed, $"It is of the type {Claims.Shown(type)}, not a token.", caller);
        if (claims.Text("sub") != caller.Value)
            return No(TokenRefusal.NotSelfIssued, "Issuer and subject differ.", caller);
        if (claims.Texts("aud", 1) is not [var audience] || audience != own.Did.Value)
            return No(TokenRefusal.WrongAudience, $"It is meant for {Claims.Shown(claims.Texts("aud", 1) is [var other] ? other : "several or nobody")}, not for {own.Did}.", caller);
        if (token.KeyId is { } keyId && !keyId.StartsWith('#') && keyId.StartsWith("did:", StringComparison.Ordinal) && !keyId.StartsWith(caller.Value + "#", StringComparison.Ordinal))
            return No(TokenRefusal.UnknownKey, "The key it names is not one of its sender's.", caller);
        if (number is not { Length: > 0 and <= MaxNumberLength })
            return No(TokenRefusal.NoNumber, "It has no number of its own ('jti'), or too long a one.", caller);
        return CheckTimes(token, caller, out issuedAt, out expires);
    }

    private TokenVerdict.Refused? CheckTimes(Jws token, Did caller, out DateTimeOffset issuedAt, out DateTimeOffset expires)
    {
        var (claims, now) = (token.Payload, time.GetUtcNow());
        (issuedAt, expires) = (claims.Instant("iat") ?? DateTimeOffset.MaxValue, claims.Instant("exp") ?? DateTimeOffset.MinValue);
        if (claims.Instant("iat") is null || claims.Instant("exp") is null || (claims.ContainsKey("nbf") && claims.Instant("nbf") is null))
            return No(TokenRefusal.Malformed, "Its times ('iat', 'exp', 'nbf') are missing or no numbers.", caller);
        if (expires <= now - Leeway)
            return No(TokenRefusal.Expired, $"It expired at {expires:u}; here it is {now:u}.", caller);
        if (issuedAt > now + Leeway || claims.Instant("nbf") > now + Leeway)
            return No(TokenRefusal.NotYetValid, $"It is valid from {(claims.Instant("nbf") is { } from && from > issuedAt ? from : issuedAt):u} on; here it is {now:u}. Compare the clocks.", caller);
        return expires - issuedAt > LongestLife || expires > now + LongestLife + Leeway
            ? No(TokenRefusal.LivesTooLong, $"It lives longer than {LongestLife.TotalMinutes:0} minutes.", caller)
            : null;
    }

    private async ValueTask<(string Key, TokenVerdict.Refused? Refused)> CheckSignature(Jws token, Did caller, IReadOnlySet<string>? pins, CancellationToken cancel)
    {
        try
        {
            var (method, document) = await resolver.FindKeyAndDocument(caller, token.KeyId, KeyPurposes.Invocation, cancel);
            if (method is null)
                return ("", No(TokenRefusal.UnknownKey, $"The sender's document shows no key {Claims.Shown(token.KeyId)} for invoking capabilities.", caller));
            if (pins is { Count: > 0 } && !document.IsVouchedFor(method.Key, pins))
                return ("", No(TokenRefusal.KeyNotPinned, $"The key {method.Key.Id} is not the one that was pinned, and no pinned key vouches for it. If the partner made new keys after a loss, trust the new fingerprint by hand.", caller));
            if (!token.IsSignedBy(method.Key))
                return ("", No(TokenRefusal.BadSignature, "The signature is not of the key that the sender's document shows.", caller));
            if (pins is { Count: > 0 } && !pins.Contains(method.Key.Id))
                await known.Follow(caller, method.Key.Id, cancel);
            return (method.Key.Id, null);
        }
        catch (ProblemException unreachable)
        {
            return ("", No(TokenRefusal.NoDocument, unreachable.Problem.What, caller));
        }
    }

    private TokenVerdict.Refused? Count(Did caller, string number, DateTimeOffset issuedAt, DateTimeOffset expires)
    {
        try
        {
            return seen.Use(caller.Value, number, issuedAt, expires + Leeway, time.GetUtcNow()) switch
            {
                TokenUse.First => null,
                TokenUse.Again => No(TokenRefusal.UsedBefore, "It was used before.", caller),
                TokenUse.Unknowable => No(TokenRefusal.UsedBefore, "It was made before this computer stopped without warning, so it may have been used. A fresh one is taken.", caller),
                _ => No(TokenRefusal.Busy, "More tokens are in use than can be remembered.", caller),
            };
        }
        catch (IOException failure)
        {
            return No(TokenRefusal.Busy, $"That it was used cannot be written down: {failure.Message}", caller);
        }
    }

    private static TokenVerdict.Refused No(TokenRefusal code, string reason, Did? claimed) => new(code, reason, claimed);
}
