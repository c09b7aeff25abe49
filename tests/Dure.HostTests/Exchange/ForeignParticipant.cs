using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Partners;
using Dure.Kernel;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>
/// A participant that is no Dure node: its own identifier on this computer, its own keys, and any answer a test wants. As consumer it does
/// what a test tells it; as provider it plays by <see cref="Answers"/>.
/// </summary>
internal sealed class ForeignParticipant : IAsyncDisposable
{
    private static readonly string Context = "https://w3id.org/dspace/2025/1/context.jsonld";
    private readonly string folder = Directory.CreateTempSubdirectory("dure-foreign-").FullName;
    private readonly HttpListener listener = new();
    private readonly OwnIdentity identity;
    private readonly ConcurrentQueue<(string Path, JsonObject Body)> received = new();
    private readonly HttpClient client = new() { Timeout = TimeSpan.FromSeconds(60) };
    private readonly List<string> credentials = [];

    public ForeignParticipant()
    {
        Root = new Uri($"http://127.0.0.1:{SharingNode.FreePort()}/");
        identity = new OwnIdentity(ExchangeKeys.Open(folder, TimeProvider.System), TimeProvider.System);
        identity.Announce(Root);
        listener.Prefixes.Add(Root.AbsoluteUri);
        listener.Start();
        _ = Serve();
    }

    public Uri Root { get; }
    public Uri Protocol => new(Root, "dsp");
    public string Did => identity.Did.Value;

    /// <summary>Takes requests that the protocol's consumer would not answer; false: answered as usual.</summary>
    public Func<HttpListenerContext, JsonObject?, Task<bool>>? Answers { get; set; }

    /// <summary>Takes requests before their body is read, such as data that are brought; false: they are messages.</summary>
    public Func<HttpListenerContext, Task<bool>>? Takes { get; set; }

    /// <summary>Messages are taken no longer: each waits in vain.</summary>
    public bool IsDeaf { get; set; }

    public IReadOnlyCollection<(string Path, JsonObject Body)> Received => received;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public string TokenFor(string audience) => new SelfIssuedTokens(identity, () => credentials, TimeProvider.System).Header(Dure.Exchange.Identity.Did.Parse(audience));

    /// <summary>Accepts a node's invitation, and keeps the credential that came with it.</summary>
    public async Task Join(string code)
    {
        var invitation = InvitationCode.Parse(code);
        var (status, answer) = await Send(HttpMethod.Post, new Uri(invitation.Inviter.Address, "exchange/invitations/accept"), invitation.Inviter.Value,
            new JsonObject { ["id"] = invitation.Id, ["secret"] = invitation.Secret, ["name"] = $"Foreign {Root.Port}" });
        Assert.True(status == HttpStatusCode.OK, $"{status} {answer}");
        if ((string?)answer?["credential"] is { } credential)
            credentials.Add(credential);
    }

    public async Task<(HttpStatusCode Status, JsonObject? Body)> Send(HttpMethod method, Uri address, string audience, JsonObject? body, string? token = null)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Headers.TryAddWithoutValidation("Authorization", token ?? TokenFor(audience));
        if (body is not null)
            request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await client.SendAsync(request, Cancel);
        var text = await response.Content.ReadAsStringAsync(Cancel);
        return (response.StatusCode, text.StartsWith('{') ? JsonNode.Parse(text)!.AsObject() : null);
    }

    public Task<(HttpStatusCode Status, JsonObject? Body)> Post(SharingNode node, string path, JsonObject body) => Send(HttpMethod.Post, new Uri($"{node.Protocol}/{path}"), node.Did, body);

    public Task<(HttpStatusCode Status, JsonObject? Body)> Get(SharingNode node, string path) => Send(HttpMethod.Get, new Uri($"{node.Protocol}/{path}"), node.Did, null);

    public static JsonObject Message(string type, string? providerPid = null, string? consumerPid = null)
    {
        var message = new JsonObject { ["@context"] = new JsonArray(Context), ["@type"] = type, ["@id"] = $"urn:uuid:{Guid.NewGuid()}" };
        if (providerPid is not null)
            message["providerPid"] = providerPid;
        if (consumerPid is not null)
            message["consumerPid"] = consumerPid;
        return message;
    }

    /// <summary>Negotiates an offering of a node and waits for the end.</summary>
    /// <returns>The agreement's id, or the reasons given with the termination.</returns>
    public async Task<(string? Agreement, string Reason)> Negotiate(SharingNode node, JsonObject offering, string[]? purposes = null, Action<JsonObject>? change = null)
    {
        var pid = $"urn:uuid:{Guid.NewGuid()}";
        var request = Message("ContractRequestMessage", null, pid);
        var offer = offering["policy"]!.DeepClone().AsObject();
        offer["@id"] = offering["offer"]!.DeepClone();
        offer["@type"] = "Offer";
        offer["target"] = offering["id"]!.DeepClone();
        request["offer"] = offer;
        request["callbackAddress"] = Protocol.AbsoluteUri;
        if (purposes is not null)
            request["dure:purpose"] = new JsonArray([.. purposes.Select(purpose => JsonValue.Create(purpose))]);
        change?.Invoke(request);
        var (status, answer) = await Post(node, "negotiations/request", request);
        if (status != HttpStatusCode.Created)
            return (null, $"{status} {answer?["reason"]?.ToJsonString()}");
        var provider = SharingNode.Text(answer!, "providerPid");
        var next = await Next(pid, "/agreement", "/termination", "/offers");
        if (!next.Path.EndsWith("/agreement", StringComparison.Ordinal))
            return (null, next.Body["reason"]?.ToJsonString() ?? next.Path);
        await Post(node, $"negotiations/{Uri.EscapeDataString(provider)}/agreement/verification", Message("ContractAgreementVerificationMessage", provider, pid));
        await Next(pid, "/events");
        return (SharingNode.Text(next.Body["agreement"]!, "@id"), "");
    }

    /// <summary>Begins a transfer and waits for its start.</summary>
    /// <returns>The open door, or the reasons given with the termination.</returns>
    public async Task<(Door? Door, string Reason)> Begin(SharingNode node, string agreement, string[]? purposes = null, string format = "HttpData-PULL", Action<JsonObject>? change = null)
    {
        var pid = $"urn:uuid:{Guid.NewGuid()}";
        var request = Message("TransferRequestMessage", null, pid);
        request["agreementId"] = agreement;
        request["format"] = format;
        request["callbackAddress"] = Protocol.AbsoluteUri;
        if (purposes is not null)
            request["dure:purpose"] = new JsonArray([.. purposes.Select(purpose => JsonValue.Create(purpose))]);
        change?.Invoke(request);
        var (status, answer) = await Post(node, "transfers/request", request);
        if (status != HttpStatusCode.Created)
            return (null, $"{status} {answer?["reason"]?.ToJsonString()}");
        var next = await Next(pid, "/start", "/termination");
        return next.Path.EndsWith("/start", StringComparison.Ordinal)
            ? (DoorOf(next.Body, pid, SharingNode.Text(answer!, "providerPid")), "")
            : (null, next.Body["reason"]?.ToJsonString() ?? "");
    }

    public static Door DoorOf(JsonObject start, string consumerPid, string providerPid) => new(new Uri(start["dataAddress"]!["endpoint"]!.GetValue<string>()),
        start["dataAddress"]!["endpointProperties"]!.AsArray().Single(property => (string?)property!["name"] == "authorization")!["value"]!.GetValue<string>(), consumerPid, providerPid);

    /// <summary>The next message for one of this participant's processes by one of these doors.</summary>
    public Task<(string Path, JsonObject Body)> Next(string pid, params string[] doors) => Next(pid, 0, doors);

    public async Task<(string Path, JsonObject Body)> Next(string pid, int skip, params string[] doors) => await SharingNode.Until(
        () => Task.FromResult(received.Where(message => message.Path.Contains(Uri.EscapeDataString(pid), StringComparison.Ordinal) && doors.Any(door => message.Path.EndsWith(door, StringComparison.Ordinal))).Skip(skip).FirstOrDefault()),
        message => message.Path is not null, TimeSpan.FromSeconds(30));

    /// <summary>Asks a door for its data, whole or from a byte on.</summary>
    public async Task<HttpResponseMessage> Ask(Door door, long? from = null, long? to = null, string? token = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, door.Address);
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token ?? door.Token}");
        if (from is not null)
            request.Headers.Range = new RangeHeaderValue(from, to);
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        client.Dispose();
        await Task.Yield();
        Directory.Delete(folder, recursive: true);
    }

    public static async Task Write(HttpListenerContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body.ToJsonString()));
        context.Response.Close();
    }

    private async Task Serve()
    {
        while (listener.IsListening)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            _ = Task.Run(() => Answer(context));
        }
    }

    private async Task Answer(HttpListenerContext context)
    {
        try
        {
            var path = context.Request.RawUrl!;
            if (Takes is { } takes && await takes(context))
                return;
            JsonObject? body = null;
            if (context.Request.HasEntityBody)
            {
                using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
                body = JsonNode.Parse(await reader.ReadToEndAsync()) as JsonObject;
            }
            if (IsDeaf && body is not null)
            {
                context.Response.Abort();
                return;
            }
            if (body is not null)
                received.Enqueue((path, body));
            if (Answers is { } answers && await answers(context, body))
                return;
            if (path.EndsWith("/.well-known/did.json", StringComparison.Ordinal))
                await Write(context, 200, identity.Document().ToJson());
            else if (path.EndsWith("/.well-known/dspace-version", StringComparison.Ordinal))
                await Write(context, 200, new JsonObject { ["protocolVersions"] = new JsonArray(new JsonObject { ["version"] = "2025-1", ["path"] = "/dsp", ["binding"] = "HTTPS" }) });
            else if (body is not null)
                await Write(context, 200, new JsonObject());
            else
                await Write(context, 404, new JsonObject());
        }
        catch (Exception gone) when (gone is HttpListenerException or ObjectDisposedException or IOException or InvalidOperationException)
        {
            // The node hung up, as some of these tests want it to.
        }
    }

    /// <summary>A door for data that a node opened.</summary>
    public sealed record Door(Uri Address, string Token, string ConsumerPid, string ProviderPid);
}
