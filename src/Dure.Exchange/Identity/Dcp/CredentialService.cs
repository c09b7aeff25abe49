using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Partners;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Dcp;

/// <summary>An issuer's offer, for a person to see.</summary>
public sealed record CredentialOffer(Did Issuer, DateTimeOffset At, IReadOnlyList<string> Types);

/// <summary>
/// The holder's side of the Decentralized Claims Protocol: shows this node's credentials to those it wrote to, and takes new ones from the
/// alliances it joined.
/// </summary>
public sealed class CredentialService(
    OwnIdentity own, TokenVerifier tokens, AccessGrants grants, CredentialShelf shelf, CredentialVerifier credentials, PartnerBook partners, TimeProvider time)
{
    private const int MostScopes = 32;
    private const int MostOffers = 50;
    private readonly ConcurrentQueue<CredentialOffer> offers = new();

    /// <summary>The newest offers, oldest first.</summary>
    public IReadOnlyCollection<CredentialOffer> Offers => offers;

    /// <summary>Answers who asks for credentials (<c>POST presentations/query</c>).</summary>
    public async ValueTask<DcpAnswer> Query(string? authorization, byte[] body, CancellationToken cancel)
    {
        // The grant is checked before the signature: whoever has none is a stranger and causes no look-up.
        if (!TryGranted(authorization, out var why))
            return DcpAnswer.Unauthorised(why);
        var verdict = await tokens.Verify(authorization, Admission.Anyone, cancel);
        if (verdict is not TokenVerdict.Accepted verifier)
            return DcpAnswer.Unauthorised(((TokenVerdict.Refused)verdict).Reason);
        if (!grants.Allows(verifier.Caller, verifier.AccessToken))
            return DcpAnswer.Unauthorised("The access token is not the caller's.");
        if (!TryRead(body, "PresentationQueryMessage", out var message, out var bad))
            return bad;
        if (message.ContainsKey("presentationDefinition"))
            return new DcpAnswer(message.ContainsKey("scope") ? 400 : 501, null, "It asks by a presentation definition, which is not supported.");
        if (message["scope"] is not JsonArray || message.Texts("scope", MostScopes) is not { Count: > 0 } scopes)
            return new DcpAnswer(400, null, "It names no scope.");
        var shown = new List<Credential>();
        foreach (var scope in scopes)
        {
            if (Matching(scope) is not { } matching)
                return new DcpAnswer(400, null, $"The scope {Claims.Shown(scope)} is not known.");
            shown.AddRange(matching.Where(credential => !shown.Contains(credential)));
        }
        return DcpAnswer.Ok(DcpMessages.PresentationResponse(Presentation.Of(shown, own, verifier.Caller, time.GetUtcNow())));
    }

    /// <summary>Takes credentials that an issuer delivers (<c>POST credentials</c>).</summary>
    public async ValueTask<DcpAnswer> Receive(string? authorization, byte[] body, CancellationToken cancel)
    {
        var verdict = await tokens.Verify(authorization, cancel);
        if (verdict is not TokenVerdict.Accepted issuer)
            return DcpAnswer.Unauthorised(((TokenVerdict.Refused)verdict).Reason);
        if (!partners.IsTrustedAlliance(issuer.Caller))
            return DcpAnswer.Unauthorised("No person here joined an alliance of the sender.");
        if (!TryRead(body, "CredentialMessage", out var message, out var bad))
            return bad;
        if (message.Text("issuerPid") is not { Length: > 0 } || message.Text("status") is not ("ISSUED" or "REJECTED"))
            return new DcpAnswer(400, null, "It lacks 'issuerPid' or a known 'status'.");
        if (message.Text("status") == "REJECTED")
            return DcpAnswer.Ok();
        if (message["credentials"] is not JsonArray { Count: > 0 and <= MostScopes } containers)
            return new DcpAnswer(400, null, "It brings no credentials, or too many.");
        var good = new List<Credential>();
        foreach (var container in containers)
        {
            var (credential, refusal) = await Judge(container as JsonObject, issuer.Caller, cancel);
            if (credential is null)
                return new DcpAnswer(400, null, refusal);
            good.Add(credential);
        }
        foreach (var credential in good)
            await shelf.Keep(credential, issuer.Caller.Value, cancel);
        return DcpAnswer.Ok();
    }

    /// <summary>Takes note of an offer (<c>POST offers</c>).</summary>
    public async ValueTask<DcpAnswer> Offer(string? authorization, byte[] body, CancellationToken cancel)
    {
        var verdict = await tokens.Verify(authorization, cancel);
        if (verdict is not TokenVerdict.Accepted issuer)
            return DcpAnswer.Unauthorised(((TokenVerdict.Refused)verdict).Reason);
        if (!TryRead(body, "CredentialOfferMessage", out var message, out var bad))
            return bad;
        if (message.Text("issuer") != issuer.Caller.Value)
            return DcpAnswer.Unauthorised("It offers credentials of another issuer than its sender.");
        if (message["credentials"] is not JsonArray { Count: > 0 and <= MostScopes } offered || offered.Any(item => item is not JsonObject each || each.Text("id") is null || each.Text("type") != "CredentialObject"))
            return new DcpAnswer(400, null, "It offers nothing, or not as credential objects.");
        offers.Enqueue(new CredentialOffer(issuer.Caller, time.GetUtcNow(), [.. offered.Select(item => ((JsonObject)item!).Text("credentialType") ?? "").Where(type => type.Length is > 0 and <= 200)]));
        while (offers.Count > MostOffers)
            offers.TryDequeue(out _);
        return DcpAnswer.Ok();
    }

    private bool TryGranted(string? authorization, out string why)
    {
        why = "There is no bearer token.";
        if (authorization is null || !authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || !Jws.TryParse(authorization[7..].Trim(), out var token, out why))
            return false;
        why = "The token brings no access token that this node gave its sender.";
        return Did.TryParse(token.Payload.Text("iss"), out var claimed) && grants.Allows(claimed, token.Payload.Text("token"));
    }

    private IEnumerable<Credential>? Matching(string scope)
    {
        var parts = scope.Split(':', 2);
        var valid = shelf.All.Select(item => item.Credential).Where(credential => credential.ValidUntil is not { } until || until > time.GetUtcNow());
        if (parts.Length != 2 || parts[1].Length == 0)
            return null;
        var name = parts[1].EndsWith(":read", StringComparison.Ordinal) ? parts[1][..^5] : parts[1];
        return parts[0] switch
        {
            DcpMessages.TypeScope => valid.Where(credential => credential.Types.Contains(name)),
            DcpMessages.IdScope => valid.Where(credential => credential.Id == name),
            _ => null,
        };
    }

    private async ValueTask<(Credential? Credential, string Refusal)> Judge(JsonObject? container, Did issuer, CancellationToken cancel)
    {
        if (container?.Text("payload") is not { } text || container.Text("credentialType") is not { } type || container.Text("format") is not { } format)
            return (null, "A container lacks 'payload', 'credentialType' or 'format'.");
        if (format is not ("jwt" or "VC1_0_JWT" or "VC2_0_JOSE" or DcpMessages.Profile20 or DcpMessages.Profile11))
            return (null, $"The format {Claims.Shown(format)} is not known.");
        if (!Credential.TryParse(text, out var credential, out var unread))
            return (null, unread);
        if (!credential.Types.Contains(type))
            return (null, "The credential is of another type than its container says.");
        if (credential.Issuer != issuer || credential.Holder != own.Did)
            return (null, "The credential is of another issuer than its sender, or about someone else.");
        return await credentials.CheckForHolder(credential, null, cancel) is { } refusal ? (null, refusal) : (credential, "");
    }

    private static bool TryRead(byte[] body, string type, out JsonObject message, out DcpAnswer bad)
    {
        (message, bad) = ([], DcpAnswer.Ok());
        try
        {
            message = DcpMessages.Parse(body, type);
            return true;
        }
        catch (ProblemException refused)
        {
            bad = new DcpAnswer(400, null, refused.Problem.ToString());
            return false;
        }
    }
}
