using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Kernel;

namespace Dure.Exchange.Partners;

/// <summary>
/// How two nodes come to know each other: one person's invitation, pasted by another. The joining node proves with a token who it is and with
/// the secret that it was invited; the inviting one answers with a token of its own. Each pins the key the other signed with, and whatever
/// follows (the partner, the membership, the credential) is one entry of the journal, so that no crash leaves half an introduction.
/// </summary>
public sealed class Introductions(
    OwnIdentity own, PartnerBook partners, Invitations invitations, MemberRegister members, CredentialVerifier credentials,
    TokenVerifier tokens, SelfIssuedTokens issuing, DidResolver resolver, SendMessage send, string organisation, TimeProvider time) : IDisposable
{
    /// <summary>Where an invitation is accepted, below the inviting node's address.</summary>
    public const string AcceptPath = "exchange/invitations/accept";

    /// <summary>The longest message taken there.</summary>
    public const int MaxMessageBytes = 16 * 1024;

    private const int MostFailures = 60;
    private static readonly TimeSpan FailureWindow = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim accepting = new(1, 1);
    private readonly Lock guard = new();
    private (DateTimeOffset Since, int Count) failures;

    /// <summary>Accepts an invitation that a person pasted.</summary>
    /// <exception cref="ProblemException">It is cut, expired, or not from whoever answers at its address; or the other node refuses.</exception>
    public async Task<Partner> Join(string text, string actor, CancellationToken cancel)
    {
        var code = InvitationCode.Parse(text);
        if (code.Expires <= time.GetUtcNow())
            throw new ProblemException("urn:dure:exchange:invitation-expired", $"The invitation was good until {code.Expires:u}.", "invitation", $"Ask {code.Name} for a new one.");
        if (code.Inviter == own.Did)
            throw new ProblemException("urn:dure:exchange:own-identifier", "This node made the invitation itself.", "invitation", "Paste it on the other organisation's node.");
        if (partners.Find(code.Inviter) is { IsBlocked: true })
            throw new ProblemException("urn:dure:exchange:partner-blocked", $"{code.Inviter} is blocked here.", "invitation", "Unblock it first.");

        using var reachable = partners.Welcome(code.Inviter.Address);
        resolver.Forget(code.Inviter);
        var document = await resolver.Resolve(code.Inviter, cancel);
        if (!document.Methods.Any(method => document.IsVouchedFor(method.Key, code.Keys.ToHashSet(StringComparer.Ordinal))))
            throw Impostor(code);

        var answer = await Ask(code, cancel);
        var key = await CheckProof(code, answer, cancel);
        var more = new JsonObject();
        if (code.Kind == InvitationKind.Member)
            more[CredentialShelf.CredentialMember] = await CheckCredential(code, answer, cancel);
        await partners.Add(code.Inviter, code.Name, Introduction.Joined, code.Kind == InvitationKind.Member, [.. code.Keys.Append(key).Distinct()], more, actor, cancel);
        return partners.Get(code.Inviter);
    }

    /// <summary>Answers a node that accepts an invitation of this one.</summary>
    /// <returns>The answer's body; null when it is refused, which the outside is told without a reason.</returns>
    /// <param name="refused">Takes the reason, for the log.</param>
    /// <exception cref="ProblemException">Too many attempts failed of late.</exception>
    public async Task<JsonObject?> Accept(string? authorization, ReadOnlyMemory<byte> body, Action<string> refused, CancellationToken cancel)
    {
        ThrottleFailures();
        if (StrictJson.Read(body.Span, depth: 8) is not { } message)
            return Fail("The message is not a JSON object.", refused);
        // The secret comes first: without it nothing is fetched and nothing computed for a stranger.
        if (message.Text("id") is not { Length: <= 64 } id || message.Text("secret") is not { Length: <= 128 } secret || await invitations.Match(id, secret, cancel) is not { } invitation)
            return Fail("No invitation has this number and secret.", refused);
        if (ClaimedSender(authorization) is not { } claimed)
            return Fail("The token names no sender.", refused);
        using var reachable = partners.Welcome(claimed.Address);
        resolver.Forget(claimed); // it may come with new keys
        if (await tokens.Verify(authorization, Admission.Anyone, cancel) is not TokenVerdict.Accepted { } caller)
            return Fail("The sender's token is not taken.", refused);
        if (message.Text("name") is not { } name || !PartnerBook.IsName(name))
            return Fail("The sender gives no usable name.", refused);

        await accepting.WaitAsync(cancel);
        try
        {
            invitation = invitations.Get(id);
            var isAgain = invitation.AcceptedBy == caller.Caller; // its first answer was lost
            if (!isAgain && !invitation.IsOpen(time.GetUtcNow()))
                return Fail("The invitation was used, revoked or is expired.", refused);
            if (!isAgain)
                await Enter(invitation, caller, name, cancel);
            var answer = new JsonObject { ["name"] = organisation, ["proof"] = issuing.Issue(caller.Caller) };
            if (invitation.Kind == InvitationKind.Member)
                answer["credential"] = await members.Issue(caller.Caller, "node", cancel);
            return answer;
        }
        finally
        {
            accepting.Release();
        }
    }

    public void Dispose() => accepting.Dispose();

    private async Task Enter(Invitation invitation, TokenVerdict.Accepted caller, string name, CancellationToken cancel)
    {
        if (invitation.Kind == InvitationKind.Partner)
            await Write([]);
        else
            await members.Admitting(caller.Caller, name, invitation.Claims, membership => Write(new JsonObject { [MemberRegister.MembershipMember] = membership }), cancel);

        Task Write(JsonObject more)
        {
            more[Invitations.InvitationMember] = invitation.Id;
            return partners.Add(caller.Caller, name, Introduction.Invited, isAlliance: false, [caller.Key], more, $"invitation {invitation.Id}", CancellationToken.None);
        }
    }

    private async Task<JsonObject> Ask(InvitationCode code, CancellationToken cancel)
    {
        var address = new Uri(code.Inviter.Address, AcceptPath);
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Headers.TryAddWithoutValidation("Authorization", issuing.Header(code.Inviter));
        request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(new JsonObject { ["id"] = code.Id, ["secret"] = code.Secret, ["name"] = organisation }.ToJsonString()));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var answer = await send(request, MaxMessageBytes * 4, cancel);
        if (answer.Status == HttpStatusCode.TooManyRequests)
            throw new ProblemException("urn:dure:exchange:invitation-refused", $"{code.Name} takes no invitations just now.", address.ToString(), "Try again in a minute.");
        if (!answer.IsSuccess)
            throw new ProblemException("urn:dure:exchange:invitation-refused", $"{code.Name} did not accept the invitation ({(int)answer.Status}).", address.ToString(),
                $"It may have been used or revoked, or {code.Name} cannot reach this node at {own.PublicAddress} to see who it is. Its log says which; ask for a new invitation.");
        return StrictJson.Read(answer.Body, depth: 8)
            ?? throw new ProblemException("urn:dure:exchange:invitation-refused", "The answer is not a JSON object.", address.ToString(), "Check that the address is a Dure node's.");
    }

    private async Task<string> CheckProof(InvitationCode code, JsonObject answer, CancellationToken cancel)
    {
        var verdict = await tokens.Verify($"Bearer {answer.Text("proof")}", Admission.Anyone, cancel);
        if (verdict is not TokenVerdict.Accepted accepted || accepted.Caller != code.Inviter)
            throw Impostor(code);
        var document = await resolver.Resolve(code.Inviter, cancel);
        return document.Methods.FirstOrDefault(method => method.Key.Id == accepted.Key) is { } method && document.IsVouchedFor(method.Key, code.Keys.ToHashSet(StringComparer.Ordinal))
            ? accepted.Key
            : throw Impostor(code);
    }

    private async Task<string> CheckCredential(InvitationCode code, JsonObject answer, CancellationToken cancel)
    {
        var pinned = code.Keys.ToHashSet(StringComparer.Ordinal);
        if (answer.Text("credential") is not { } text || !Credential.TryParse(text, out var credential, out _) || credential.Issuer != code.Inviter || credential.Holder != own.Did
            || await credentials.CheckForHolder(credential, pinned, cancel) is not null)
            throw new ProblemException("urn:dure:exchange:bad-credential", $"{code.Name} gave no credential that holds.", "invitation", "Ask them to look at their log, and for a new invitation.");
        return text;
    }

    private void ThrottleFailures()
    {
        lock (guard)
        {
            var now = time.GetUtcNow();
            if (now - failures.Since > FailureWindow)
                failures = (now, 0);
            if (failures.Count >= MostFailures)
                throw new ProblemException("urn:dure:exchange:too-many-attempts", "Too many attempts failed in the last minute.", "invitation", "Try again in a minute.");
        }
    }

    private JsonObject? Fail(string reason, Action<string> refused)
    {
        lock (guard)
            failures = failures with { Count = failures.Count + 1 };
        refused(reason);
        return null;
    }

    private static Did? ClaimedSender(string? authorization) =>
        authorization is not null && authorization.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space
        && Jws.TryParse(authorization[(space + 1)..].Trim(), out var token, out _) && Did.TryParse(token.Payload.Text("iss"), out var claimed) ? claimed : null;

    private static ProblemException Impostor(InvitationCode code) => new("urn:dure:exchange:not-the-inviter", $"Whoever answers at {code.Inviter.Address} does not have the key that the invitation names.",
        code.Inviter.Value, $"Ask {code.Name} by another way whether the address is right. If they have changed their keys after a loss, they must send a new invitation.");
}
