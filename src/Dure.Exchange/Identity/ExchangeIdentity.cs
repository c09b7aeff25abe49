using System.Net;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Identity.Dcp;
using Dure.Exchange.Partners;
using Dure.Exchange.Policies;

namespace Dure.Exchange.Identity;

/// <summary>What an operator decides about how this node knows others.</summary>
public sealed class ExchangeIdentityOptions
{
    /// <summary>Where the keys and the traces of used tokens lie.</summary>
    public required string KeysFolder { get; init; }

    /// <summary>This organisation's name, as partners see it.</summary>
    public required string Organisation { get; init; }

    /// <summary>Hosts, or <c>host:port</c>, that may have a private address.</summary>
    public IReadOnlyCollection<string> AllowedHosts { get; init; } = [];

    /// <summary>Alliances whose credentials count beside those this node joined.</summary>
    public IReadOnlyCollection<Did> TrustedAlliances { get; init; } = [];

    /// <summary>Whether nodes of other makers are asked for credentials, and may ask (Decentralized Claims Protocol).</summary>
    public bool AsksForCredentials { get; init; }
}

/// <summary>Everything by which this node and others know each other, opened in the order in which one rests on the other.</summary>
public sealed class ExchangeIdentity : IDisposable
{
    /// <summary>Says under which identifier the node answers from then on.</summary>
    public const string Announced = "exchange-announced";

    private readonly Journal journal;
    private readonly SeenTokens seen;
    private string? announced;

    private ExchangeIdentity(Journal journal, ExchangeIdentityOptions options, SendMessage? send, Action<TokenVerdict.Refused> refused, TimeProvider time)
    {
        Keys = ExchangeKeys.Open(options.KeysFolder, time);
        Own = new OwnIdentity(Keys, time);
        Partners = new PartnerBook(journal, Own);
        Rules = new AddressRules(options.AllowedHosts, Partners.IsIntroduced, () => Own.PublicAddress);
        Http = new GuardedHttp(Rules);
        Send = send ?? Http.Send;
        Resolver = new DidResolver(Own, Fetch, time);
        Hosts = new PartnerHosts(Resolver, Rules);
        Members = new MemberRegister(journal, Own, time);
        Invitations = new Invitations(journal, Own, time);
        Shelf = new CredentialShelf(journal, time);

        var issuerKeys = new IssuerKeys(Resolver, Partners);
        var alliances = options.TrustedAlliances.ToHashSet();
        Credentials = new CredentialVerifier(issuerKeys, new StatusLists(issuerKeys, FetchList, Members.IsRevoked, time),
            issuer => alliances.Contains(issuer) || Partners.IsTrustedAlliance(issuer) || (issuer == Own.Did && Members.IsAlliance), time);
        seen = SeenTokens.Open(Path.Combine(options.KeysFolder, "used-tokens"), TokenVerifier.Leeway, time);
        Verifier = new TokenVerifier(Own, Resolver, Partners, seen, Credentials.HoldsTrusted, time);
        var grants = options.AsksForCredentials ? new AccessGrants(time) : null;
        Tokens = new SelfIssuedTokens(Own, () => Shelf.Valid, time, grants is null ? null : grants.Grant);
        Callers = new CallerDesk(journal, Verifier, Credentials, Partners, grants is null ? null : new CredentialQuery(Own, Tokens, Resolver, issuerKeys, Send, time), refused, time);
        Service = new CredentialService(Own, Verifier, grants ?? new AccessGrants(time), Shelf, Credentials, Partners, time);
        Issuer = new IssuerDesk(Own, Verifier, Members, Tokens, Resolver, Send, time);
        Renewals = new Renewals(Tokens, Shelf, Credentials, Partners, Resolver, Send, time);
        Introductions = new Introductions(Own, Partners, Invitations, Members, Credentials, Verifier, Tokens, Resolver, Send, options.Organisation, time);

        this.journal = journal;
        foreach (var entry in journal.Read())
            Apply(entry);
        journal.Appended += Apply;
    }

    public ExchangeKeys Keys { get; }
    public OwnIdentity Own { get; }
    public PartnerBook Partners { get; }
    public Invitations Invitations { get; }
    public Introductions Introductions { get; }

    /// <summary>The members of the alliance that this node keeps.</summary>
    public MemberRegister Members { get; }

    /// <summary>The credentials this node holds.</summary>
    public CredentialShelf Shelf { get; }

    /// <summary>Makes the tokens that go with messages.</summary>
    public SelfIssuedTokens Tokens { get; }

    /// <summary>Checks the tokens that come with messages.</summary>
    public TokenVerifier Verifier { get; }
    public CredentialVerifier Credentials { get; }

    /// <summary>Who sent a message and what is known of them: what negotiation, transfer and the door for data ask.</summary>
    public CallerDesk Callers { get; }

    /// <summary>Shows this node's credentials and takes new ones.</summary>
    public CredentialService Service { get; }

    /// <summary>Gives credentials to members.</summary>
    public IssuerDesk Issuer { get; }

    /// <summary>Asks for new credentials in time.</summary>
    public Renewals Renewals { get; }
    public DidResolver Resolver { get; }

    /// <summary>Where this node may connect to.</summary>
    public AddressRules Rules { get; }

    /// <summary>Which addresses are a partner's own.</summary>
    public PartnerHosts Hosts { get; }

    /// <summary>The clients for addresses that partners give.</summary>
    public GuardedHttp Http { get; }

    /// <summary>Sends a message to a partner.</summary>
    public SendMessage Send { get; }

    /// <summary>Opens all of it. <see cref="Announce"/> must follow before anything is sent or taken.</summary>
    /// <param name="send">How messages travel; null for the network.</param>
    /// <param name="refused">Takes each token that was not taken, for the log.</param>
    public static ExchangeIdentity Open(Journal journal, ExchangeIdentityOptions options, TimeProvider time, Action<TokenVerdict.Refused> refused, SendMessage? send = null) =>
        new(journal, options, send, refused, time);

    /// <summary>Sets the address by which others reach this node.</summary>
    /// <returns>What an operator must know: partners know the node by another identifier. Null when they do not.</returns>
    public async Task<string?> Announce(Uri address, CancellationToken cancel)
    {
        Own.Announce(address);
        var before = announced;
        if (before == Own.Did.Value)
            return null;
        await journal.Append(Announced, Own.Did.Value, new JsonObject { ["address"] = Own.PublicAddress.ToString() }, "node", cancel);
        return before is not null && Partners.Partners.Count > 0
            ? $"Partners know this node as {before}; now it is {Own.Did}, a stranger to them. Start it with the former address, or invite them again."
            : null;
    }

    /// <summary>What trusted alliances say of this node itself now.</summary>
    public async ValueTask<PolicyClaims> OwnClaims(CancellationToken cancel) => (await Credentials.ClaimsOf(Own.Did, Shelf.Valid, StatusFreshness.Message, cancel)).ForPolicies();

    public void Dispose()
    {
        journal.Appended -= Apply;
        Introductions.Dispose();
        Members.Dispose();
        Resolver.Dispose();
        Http.Dispose();
        seen.Dispose();
        Keys.Dispose();
    }

    /// <summary>One reading of the journal for all that is a fold of it.</summary>
    private void Apply(JournalEntry entry)
    {
        if (entry.Kind == Announced)
            announced = entry.Subject;
        Partners.Apply(entry);
        Members.Apply(entry);
        Invitations.Apply(entry);
        Shelf.Apply(entry);
        Callers.Apply(entry);
    }

    private async Task<byte[]> Fetch(Uri address, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", "application/did+json, application/json, */*;q=0.5");
        var answer = await Send(request, DidDocument.MaxBytes, cancel);
        return answer.Status == HttpStatusCode.OK ? answer.Body : throw GuardedHttp.Failed(address, $"The answer was {(int)answer.Status}.", null);
    }

    private async Task<FetchedList> FetchList(Uri address, string? tag, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", "application/vc+jwt, */*;q=0.5");
        if (tag is not null)
            request.Headers.TryAddWithoutValidation("If-None-Match", tag);
        var answer = await Send(request, StatusLists.MaxBytes, cancel);
        return answer.Status switch
        {
            HttpStatusCode.OK => new FetchedList(answer.Body, answer.Tag),
            HttpStatusCode.NotModified when tag is not null => new FetchedList(null, tag),
            _ => throw GuardedHttp.Failed(address, $"The answer was {(int)answer.Status}.", null),
        };
    }
}
