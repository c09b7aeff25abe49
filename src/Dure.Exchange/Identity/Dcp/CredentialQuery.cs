using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity.Credentials;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Dcp;

/// <summary>The verifier's side: asks a caller's credential service for the credentials it did not bring along.</summary>
/// <param name="send">Sends a message, bounded in time and size.</param>
public sealed class CredentialQuery(OwnIdentity own, SelfIssuedTokens issuing, DidResolver resolver, IssuerKeys keys, SendMessage send, TimeProvider time)
{
    private const int MostPresentations = 8;

    /// <summary>The credentials a holder shows for scopes, unchecked but for the holder's signature over their presentation.</summary>
    /// <param name="accessToken">What the holder sent along for this.</param>
    public async Task<(IReadOnlyList<string> Credentials, IReadOnlyList<string> Refusals)> Ask(Did holder, string accessToken, IEnumerable<string> scopes, CancellationToken cancel)
    {
        try
        {
            var document = await resolver.Resolve(holder, cancel);
            if (document.Service(ServiceEntry.CredentialService) is not { } service || !Uri.TryCreate(service.Endpoint.TrimEnd('/') + "/presentations/query", UriKind.Absolute, out var address))
                return ([], [$"The document of {holder} names no credential service."]);
            using var request = new HttpRequestMessage(HttpMethod.Post, address);
            request.Headers.TryAddWithoutValidation("Authorization", issuing.Header(holder, accessToken));
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(DcpMessages.PresentationQuery(scopes).ToJsonString()));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var answer = await send(request, DcpMessages.MaxMessageBytes, cancel);
            return answer.IsSuccess ? await Open(answer.Body, holder, cancel) : ([], [$"The credential service of {holder} answered {(int)answer.Status}."]);
        }
        catch (ProblemException failed)
        {
            return ([], [failed.Problem.What]);
        }
    }

    private async Task<(IReadOnlyList<string> Credentials, IReadOnlyList<string> Refusals)> Open(byte[] body, Did holder, CancellationToken cancel)
    {
        var message = DcpMessages.Parse(body, "PresentationResponseMessage");
        if (message["presentation"] is not JsonArray { Count: <= MostPresentations } presentations)
            return ([], ["The answer holds no list of presentations, or too many."]);
        var (credentials, refusals) = (new List<string>(), new List<string>());
        foreach (var presentation in presentations)
        {
            var (shown, refusal) = await Presentation.Open(Claims.TextOf(presentation), holder, own.Did, keys, time.GetUtcNow(), cancel);
            credentials.AddRange(shown);
            if (refusal is not null)
                refusals.Add(refusal);
        }
        return (credentials, refusals);
    }
}
