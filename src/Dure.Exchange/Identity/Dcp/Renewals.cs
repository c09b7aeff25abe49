using System.Net.Http.Headers;
using System.Text;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Partners;
using Dure.Kernel;

namespace Dure.Exchange.Identity.Dcp;

/// <summary>
/// Asks the alliances that this node joined for new credentials before the old ones end, and when an old one counts no more because the alliance
/// made new keys. The alliance answers by bringing one to the credential service.
/// </summary>
public sealed class Renewals(SelfIssuedTokens issuing, CredentialShelf shelf, CredentialVerifier credentials, PartnerBook partners, DidResolver resolver, SendMessage send, TimeProvider time)
{
    /// <summary>How long before its end a credential is renewed.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(30);

    /// <summary>Asks for each that needs it.</summary>
    /// <returns>What could not be asked for, in words for an operator.</returns>
    public async Task<IReadOnlyList<string>> AskForDue(CancellationToken cancel)
    {
        var troubles = new List<string>();
        foreach (var held in shelf.All)
        {
            var credential = held.Credential;
            if (!partners.IsTrustedAlliance(credential.Issuer) || !credential.Types.Contains(Credential.Membership))
                continue;
            var isDue = credential.ValidUntil is { } until && until - time.GetUtcNow() < Ahead;
            if ((isDue || await credentials.CheckForHolder(credential, null, cancel) is not null) && await Ask(credential.Issuer, cancel) is { } trouble)
                troubles.Add(trouble);
        }
        return troubles;
    }

    private async Task<string?> Ask(Did issuer, CancellationToken cancel)
    {
        try
        {
            var document = await resolver.Resolve(issuer, cancel);
            if (document.Service(ServiceEntry.IssuerService) is not { } service || !Uri.TryCreate($"{service.Endpoint.TrimEnd('/')}/credentials", UriKind.Absolute, out var address))
                return $"The document of {issuer} says nowhere that credentials can be asked for.";
            using var request = new HttpRequestMessage(HttpMethod.Post, address);
            request.Headers.TryAddWithoutValidation("Authorization", issuing.Header(issuer));
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(DcpMessages.CredentialRequest(Guid.NewGuid().ToString(), IssuerDesk.MembershipId).ToJsonString()));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            var answer = await send(request, DcpMessages.MaxMessageBytes, cancel);
            return answer.IsSuccess ? null : $"{issuer} answered {(int)answer.Status} when asked for a new credential.";
        }
        catch (ProblemException failed)
        {
            return failed.Problem.What;
        }
    }
}
