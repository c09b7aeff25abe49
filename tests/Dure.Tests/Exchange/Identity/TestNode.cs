using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Identity.Dcp;
using Dure.Exchange.Partners;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Dure.Tests.Mqtt;
using Xunit;

namespace Dure.Tests.Exchange.Identity;

/// <summary>Nodes that reach each other without a network, by their doors as the real node has them.</summary>
internal sealed class TestNetwork
{
    private readonly Dictionary<string, TestNode> nodes = [];

    /// <summary>Hosts that do not answer.</summary>
    public HashSet<string> Away { get; } = [];

    /// <summary>What was asked for, in order.</summary>
    public List<string> Asked { get; } = [];

    public List<Func<Task>> Later { get; } = [];

    /// <summary>Changes or loses an answer on its way.</summary>
    public Func<HttpRequestMessage, PartnerAnswer, PartnerAnswer>? Change { get; set; }

    public void Add(TestNode node) => nodes[node.X.Own.PublicAddress.Authority] = node;

    public async Task<PartnerAnswer> Send(HttpRequestMessage request, int mostBytes, CancellationToken cancel)
    {
        var address = request.RequestUri!;
        lock (Asked)
            Asked.Add($"{request.Method} {address}");
        if (Away.Contains(address.Authority) || !nodes.TryGetValue(address.Authority, out var node))
            throw new ProblemException("test:away", "It is away.", address.ToString(), "Wait.");
        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancel);
        var token = request.Headers.TryGetValues("Authorization", out var values) ? values.Single() : null;
        var answer = await node.Answer(address.AbsolutePath, token, body, request.Headers.IfNoneMatch.ToString(), Later, cancel);
        return Change?.Invoke(request, answer) ?? answer;
    }

    public async Task DoLater()
    {
        foreach (var work in Later.ToArray())
            await work();
        Later.Clear();
    }
}

/// <summary>One node with a journal of its own, in memory's network.</summary>
internal sealed class TestNode : IAsyncDisposable
{
    private readonly TempFolder folder = new();
    private readonly TestNetwork network;
    private readonly string organisation;
    private Uri address;
    private readonly bool asks;
    private readonly Did[] trusted;
    private NodeKey key = null!; // Open sets them before anyone sees the node
    private Journal journal = null!;

    private TestNode(string address, string organisation, TestNetwork network, ManualTime time, bool asks, Did[] trusted) =>
        (this.address, this.organisation, this.network, Time, this.asks, this.trusted) = (new Uri(address), organisation, network, time, asks, trusted);

    public ExchangeIdentity X { get; private set; } = null!;
    public ManualTime Time { get; }
    public Journal Journal => journal;
    /// <summary>What the start had to tell.</summary>
    public string? Note { get; private set; }
    public List<TokenVerdict.Refused> Refused { get; } = [];
    public List<string> RefusedInvitations { get; } = [];
    public Did Did => X.Own.Did;
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<TestNode> Start(string address, string organisation, TestNetwork network, ManualTime time, bool asks = false, params Did[] trusted)
    {
        var node = new TestNode(address, organisation, network, time, asks, trusted);
        await node.Open();
        return node;
    }

    /// <summary>Ends the node and starts it on the same folder.</summary>
    public async Task Restart(string? newAddress = null)
    {
        await Close();
        address = newAddress is null ? address : new Uri(newAddress);
        await Open();
    }

    public async Task<Partner> Join(TestNode inviter, InvitationKind kind = InvitationKind.Partner, params (string Name, string Value)[] claims) =>
        await X.Introductions.Join(await inviter.Invite(organisation, kind, claims), "operator", Cancel);

    public async Task<string> Invite(string who, InvitationKind kind = InvitationKind.Partner, params (string Name, string Value)[] claims) =>
        (await X.Invitations.Make(organisation, who, kind, claims.ToDictionary(claim => claim.Name, claim => (IReadOnlyList<string>)[claim.Value]), Invitations.DefaultLife, "operator", Cancel)).Code.ToString();

    /// <summary>Sends a message's token to another node, as all messages of an exchange do.</summary>
    public async Task<Did?> Greet(TestNode other) => await other.X.Callers.Identify(X.Tokens.Header(other.Did), Cancel);

    public async Task<VerifiedClaims> ClaimsOf(TestNode other, StatusFreshness? freshness = null) => await X.Callers.ClaimsOf(other.Did, freshness ?? StatusFreshness.Message, Cancel);

    public async Task<PartnerAnswer> Answer(string path, string? token, byte[] body, string tag, List<Func<Task>> later, CancellationToken cancel)
    {
        switch (path[X.Own.PublicAddress.AbsolutePath.Length..])
        {
            case ".well-known/did.json" or "did.json":
                return Ok(X.Own.Document().ToJson());
            case MemberRegister.ListPath when X.Members.IsAlliance:
                var (text, current) = X.Members.SignedList();
                return tag == current ? new PartnerAnswer(HttpStatusCode.NotModified, []) : new PartnerAnswer(HttpStatusCode.OK, Encoding.UTF8.GetBytes(text), current);
            case Introductions.AcceptPath:
                return await X.Introductions.Accept(token, body, RefusedInvitations.Add, cancel) is { } accepted ? Ok(accepted) : new PartnerAnswer(HttpStatusCode.Unauthorized, []);
            case OwnIdentity.CredentialServicePath + "/presentations/query":
                return Of(await X.Service.Query(token, body, cancel));
            case OwnIdentity.CredentialServicePath + "/credentials":
                return Of(await X.Service.Receive(token, body, cancel));
            case OwnIdentity.CredentialServicePath + "/offers":
                return Of(await X.Service.Offer(token, body, cancel));
            case IssuerDesk.Path + "/credentials":
                return Of(await X.Issuer.Ask(token, body, work => later.Add(() => work(CancellationToken.None)), cancel));
            default:
                return new PartnerAnswer(HttpStatusCode.NotFound, []);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Close();
        folder.Dispose();
    }

    private async Task Open()
    {
        key = NodeKey.LoadOrCreate(folder.Sub("keys"));
        journal = await Journal.Open(folder.Sub("journal"), key, Time, Cancel);
        X = ExchangeIdentity.Open(journal, new ExchangeIdentityOptions { KeysFolder = folder.Sub("keys/exchange"), Organisation = organisation, AsksForCredentials = asks, TrustedAlliances = trusted }, Time, Refused.Add, network.Send);
        Note = await X.Announce(address, Cancel);
        network.Add(this);
    }

    private async Task Close()
    {
        X.Dispose();
        await journal.DisposeAsync();
        key.Dispose();
    }

    private static PartnerAnswer Ok(JsonNode body) => new(HttpStatusCode.OK, Encoding.UTF8.GetBytes(body.ToJsonString()));

    private static PartnerAnswer Of(DcpAnswer answer) => new((HttpStatusCode)answer.Status, answer.Body is null ? [] : Encoding.UTF8.GetBytes(answer.Body.ToJsonString()), answer.Location);
}
