using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity.Credentials;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Dcp;

/// <summary>
/// The issuer's side: takes requests of members, and delivers credentials to them. Requests live in memory: after a restart a member asks
/// again, and gets the same.
/// </summary>
/// <param name="send">Sends a message, bounded in time and size.</param>
public sealed class IssuerDesk(
    OwnIdentity own, TokenVerifier tokens, MemberRegister members, SelfIssuedTokens issuing, DidResolver resolver, SendMessage send, TimeProvider time)
{
    /// <summary>Where issuing is asked for, below the public address.</summary>
    public const string Path = "exchange/issuer";

    /// <summary>The name under which the membership credential is asked for.</summary>
    public const string MembershipId = "membership";
    private const int MostRequests = 1000;
    private const int MostItems = 8;

    /// <summary>Each credential is an entry of the journal: a member gets one in so long.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, Request> requests = new(StringComparer.Ordinal);

    private sealed record Request(Did Holder, string HolderPid, string Status, DateTimeOffset At);

    /// <summary>Takes a member's request (<c>POST credentials</c>); the credential follows to its credential service.</summary>
    /// <param name="later">Takes the delivery, to be done after the answer.</param>
    public async ValueTask<DcpAnswer> Ask(string? authorization, byte[] body, Action<Func<CancellationToken, Task<string?>>> later, CancellationToken cancel)
    {
        var verdict = await tokens.Verify(authorization, cancel);
        if (verdict is not TokenVerdict.Accepted holder)
            return DcpAnswer.Unauthorised(((TokenVerdict.Refused)verdict).Reason);
        JsonObject message;
        try
        {
            message = DcpMessages.Parse(body, "CredentialRequestMessage");
        }
        catch (ProblemException refused)
        {
            return new DcpAnswer(400, null, refused.Problem.ToString());
        }
        if (message.Text("holderPid") is not { Length: > 0 and <= 256 } holderPid)
            return new DcpAnswer(400, null, "It lacks 'holderPid'.");
        if (message["credentials"] is not JsonArray { Count: > 0 and <= MostItems } asked || asked.Any(item => (item as JsonObject)?.Text("id") != MembershipId))
            return new DcpAnswer(400, null, $"It asks for other credentials than '{MembershipId}'.");
        var now = time.GetUtcNow();
        if (requests.Values.Any(request => request.Holder == holder.Caller && now - request.At < Pause))
            return new DcpAnswer(429, null, $"{holder.Caller} asked less than {Pause.TotalSeconds:0} seconds ago.");
        if (requests.Count >= MostRequests)
            requests.Clear();
        var pid = Guid.NewGuid().ToString();
        var isMember = members.Find(holder.Caller) is { IsActive: true };
        requests[pid] = new Request(holder.Caller, holderPid, isMember ? "RECEIVED" : "REJECTED", now);
        later(async stop =>
        {
            var credential = isMember ? await members.Issue(holder.Caller, holder.Caller.Value, stop) : null;
            var failure = await Deliver(holder.Caller, DcpMessages.CredentialDelivery(pid, holderPid, credential, isMember ? null : "not a member"), stop);
            if (failure is null && isMember)
                requests[pid] = new Request(holder.Caller, holderPid, "ISSUED", now);
            return failure;
        });
        return new DcpAnswer(201, null, null, new Uri(own.PublicAddress, $"{Path}/requests/{pid}").ToString());
    }

    /// <summary>Tells how a request stands (<c>GET requests/{id}</c>), to whom it belongs.</summary>
    public async ValueTask<DcpAnswer> Tell(string? authorization, string pid, CancellationToken cancel)
    {
        var verdict = await tokens.Verify(authorization, cancel);
        if (verdict is not TokenVerdict.Accepted holder)
            return DcpAnswer.Unauthorised(((TokenVerdict.Refused)verdict).Reason);
        if (!requests.TryGetValue(pid, out var request) || request.Holder != holder.Caller)
            return new DcpAnswer(404, null, "There is no such request of the sender.");
        var status = DcpMessages.Of("CredentialStatus");
        (status["issuerPid"], status["holderPid"], status["status"]) = (pid, request.HolderPid, request.Status);
        return DcpAnswer.Ok(status);
    }

    /// <summary>Tells what can be asked for (<c>GET metadata</c>).</summary>
    public async ValueTask<DcpAnswer> Metadata(string? authorization, CancellationToken cancel)
    {
        var verdict = await tokens.Verify(authorization, cancel);
        if (verdict is TokenVerdict.Refused refused)
            return DcpAnswer.Unauthorised(refused.Reason);
        var metadata = DcpMessages.Of("IssuerMetadata");
        metadata["issuer"] = own.Did.Value;
        metadata["credentialsSupported"] = new JsonArray(Supported("reissue"));
        return DcpAnswer.Ok(metadata);
    }

    /// <summary>Signs a credential for a member and brings it there; what a person asked for who admitted it.</summary>
    /// <returns>Why it could not be brought; null when it was.</returns>
    public async Task<string?> DeliverMembership(Did member, string actor, CancellationToken cancel) =>
        await Deliver(member, DcpMessages.CredentialDelivery(Guid.NewGuid().ToString(), null, await members.Issue(member, actor, cancel), null), cancel);

    /// <summary>Offers a membership credential.</summary>
    /// <returns>Why the offer could not be brought; null when it was.</returns>
    public Task<string?> OfferMembership(Did member, string reason, CancellationToken cancel)
    {
        var offer = DcpMessages.Of("CredentialOfferMessage");
        offer["issuer"] = own.Did.Value;
        offer["credentials"] = new JsonArray(Supported(reason));
        return Post(member, "offers", offer, cancel);
    }

    private JsonObject Supported(string reason) => DcpMessages.MembershipObject(MembershipId, new Uri(own.PublicAddress, $"{Path}/membership-schema.json"), reason);

    private Task<string?> Deliver(Did holder, JsonObject message, CancellationToken cancel) => Post(holder, "credentials", message, cancel);

    private async Task<string?> Post(Did holder, string path, JsonObject message, CancellationToken cancel)
    {
        try
        {
            var document = await resolver.Resolve(holder, cancel);
            if (document.Service(ServiceEntry.CredentialService) is not { } service || !Uri.TryCreate($"{service.Endpoint.TrimEnd('/')}/{path}", UriKind.Absolute, out var address))
                return $"The document of {holder} names no credential service.";
            using var request = new HttpRequestMessage(HttpMethod.Post, address);
            request.Headers.TryAddWithoutValidation("Authorization", issuing.Header(holder));
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(message.ToJsonString()));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var answer = await send(request, DcpMessages.MaxMessageBytes, cancel);
            return answer.IsSuccess ? null : $"The credential service of {holder} answered {(int)answer.Status}.";
        }
        catch (ProblemException failed)
        {
            return failed.Problem.What;
        }
    }
}
