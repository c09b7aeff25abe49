using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Real nodes on one computer come to know each other, as two people at two terminals would have them.</summary>
public sealed class AcquaintanceTests : IAsyncLifetime
{
    private readonly List<string> folders = [];
    private NodeProcess alliance = null!; // InitializeAsync sets them
    private NodeProcess lab = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        alliance = await Start();
        lab = await Start();
    }

    public async ValueTask DisposeAsync()
    {
        await alliance.DisposeAsync();
        await lab.DisposeAsync();
        foreach (var folder in folders)
            Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Two_nodes_know_each_other_after_one_line_was_pasted_and_a_membership_ends_at_once()
    {
        var code = (await Dure(alliance, "exchange", "invite", "Pump lab", "--member", "--claim", "region=KR")).Trim();
        Assert.Contains("know each other", await Dure(lab, "exchange", "join", code), StringComparison.Ordinal);
        Assert.Contains("This organisation", await Dure(lab, "exchange", "partners"), StringComparison.Ordinal);
        Assert.Contains("accepted", await Dure(alliance, "exchange", "invitations"), StringComparison.Ordinal);
        var member = Assert.Single((await Get(alliance, "api/v1/exchange/members"))["members"]!.AsArray())!;
        Assert.Equal("KR", member["claims"]!["region"]![0]!.GetValue<string>());
        var credential = Assert.Single((await Get(lab, "api/v1/exchange/credentials"))["credentials"]!.AsArray())!;
        Assert.Equal("KR", credential["subject"]!["region"]!.GetValue<string>());

        var again = await Post(lab, "api/v1/exchange/join", new JsonObject { ["code"] = code });
        Assert.Equal(HttpStatusCode.OK, again.StatusCode); // the same node may ask twice, nobody else
        await using var thief = await Start();
        Assert.Equal(HttpStatusCode.BadRequest, (await Post(thief, "api/v1/exchange/join", new JsonObject { ["code"] = code })).StatusCode);

        using var anyone = new HttpClient { BaseAddress = alliance.Address };
        using var list = await anyone.GetAsync("exchange/status/1", Cancel);
        Assert.Equal("application/vc+jwt", list.Content.Headers.ContentType!.MediaType);
        using var unchanged = new HttpRequestMessage(HttpMethod.Get, "exchange/status/1");
        unchanged.Headers.IfNoneMatch.Add(list.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await anyone.SendAsync(unchanged, Cancel)).StatusCode);
        await Dure(alliance, "exchange", "members", "revoke", member["did"]!.GetValue<string>(), "--reason", "left");
        using var changed = new HttpRequestMessage(HttpMethod.Get, "exchange/status/1");
        changed.Headers.IfNoneMatch.Add(list.Headers.ETag!);
        Assert.Equal(HttpStatusCode.OK, (await anyone.SendAsync(changed, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_node_killed_and_started_again_is_the_same_partner_and_follows_changed_keys()
    {
        var port = FreePort();
        await using var maker = await Start("--url", $"http://127.0.0.1:{port}");
        var code = (await Dure(maker, "exchange", "invite", "Pump lab")).Trim();
        await Dure(lab, "exchange", "join", code);
        var identity = await Get(maker, "api/v1/exchange/identity");
        var key = (await Dure(maker, "exchange", "keys", "rotate")).Trim();
        Assert.NotEqual(identity["key"]!.GetValue<string>(), key);
        await maker.Kill();

        await using var again = await NodeProcess.Start(maker.Folder, Cancel, "--url", $"http://127.0.0.1:{port}");
        var after = await Get(again, "api/v1/exchange/identity");
        Assert.Equal(identity["did"]!.GetValue<string>(), after["did"]!.GetValue<string>());
        Assert.Equal(key, after["key"]!.GetValue<string>());
        Assert.Single((await Get(again, "api/v1/exchange/partners"))["partners"]!.AsArray());
        using var anyone = new HttpClient { BaseAddress = again.Address };
        var document = (await anyone.GetFromJsonAsync<JsonObject>(".well-known/did.json", Cancel))!;
        Assert.Equal(2, document["verificationMethod"]!.AsArray().Count);
        Assert.Single(document["keySuccession"]!.AsArray());
    }

    [Theory]
    [InlineData("exchange/invitations/accept", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("exchange/invitations/accept", "nonsense", HttpStatusCode.Unauthorized)]
    [InlineData("exchange/invitations/accept", """{"id":"1","secret":"2","name":"3"}""", HttpStatusCode.Unauthorized)]
    [InlineData("exchange/credentials/presentations/query", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("exchange/credentials/credentials", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("exchange/credentials/offers", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("exchange/issuer/credentials", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("api/v1/exchange/members", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("api/v1/exchange/invitations", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("api/v1/exchange/join", "{}", HttpStatusCode.Unauthorized)]
    [InlineData("api/v1/exchange/keys/rotate", "{}", HttpStatusCode.Unauthorized)]
    public async Task Whoever_proves_nothing_gets_nothing_and_learns_nothing(string path, string body, HttpStatusCode expected)
    {
        using var anyone = new HttpClient { BaseAddress = lab.Address };
        using var answer = await anyone.PostAsync(path, new StringContent(body), Cancel);
        Assert.Equal(expected, answer.StatusCode);
        if (path.StartsWith("exchange", StringComparison.Ordinal))
            Assert.Equal("""{"error":"unauthorised"}""", await answer.Content.ReadAsStringAsync(Cancel));
        using var large = await anyone.PostAsync(path, new ByteArrayContent(new byte[400_000]), Cancel);
        Assert.True((int)large.StatusCode is 401 or 413, $"{large.StatusCode}");
    }

    [Fact]
    public async Task An_invitation_to_an_address_inside_is_refused_without_asking_there()
    {
        using var inside = new TcpListener(IPAddress.Loopback, 0);
        inside.Start();
        var folder = NewFolder();
        await using var outward = await NodeProcess.Start(folder, Cancel, "--public-url", "https://plant.example");
        Assert.Equal("did:web:plant.example", (await Get(outward, "api/v1/exchange/identity"))["did"]!.GetValue<string>());
        var code = JsonNode.Parse(Base64Text((await Dure(lab, "exchange", "invite", "Plant")).Trim()))!.AsObject();
        code["did"] = $"did:web:127.0.0.1%3A{((IPEndPoint)inside.LocalEndpoint).Port}";
        var answer = await Post(outward, "api/v1/exchange/join", new JsonObject { ["code"] = System.Buffers.Text.Base64Url.EncodeToString(System.Text.Encoding.UTF8.GetBytes(code.ToJsonString())) });
        Assert.Contains("address-refused", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.False(inside.Pending());
    }

    [Fact]
    public async Task The_public_address_must_be_https_and_its_host_is_answered()
    {
        var folder = NewFolder();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => NodeProcess.Start(folder, Cancel, "--public-url", "http://plant.example"));
        Assert.Contains("PublicUrl", refused.Message, StringComparison.Ordinal);
        await using var node = await NodeProcess.Start(folder, Cancel, "--public-url", "https://plant.example");
        foreach (var (host, expected) in new[] { ("plant.example", HttpStatusCode.OK), ("other.example", HttpStatusCode.BadRequest) })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, ".well-known/did.json") { Headers = { Host = host } };
            Assert.Equal(expected, (await node.Client.SendAsync(request, Cancel)).StatusCode);
        }
    }

    private static string Base64Text(string code) => System.Text.Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(code));

    private async Task<NodeProcess> Start(params string[] arguments) => await NodeProcess.Start(NewFolder(), Cancel, arguments);

    private string NewFolder()
    {
        folders.Add(Directory.CreateTempSubdirectory("dure-acquaintance-").FullName);
        return folders[^1];
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static async Task<JsonObject> Get(NodeProcess node, string path) => (await node.Client.GetFromJsonAsync<JsonObject>(path, Cancel))!;

    private static Task<HttpResponseMessage> Post(NodeProcess node, string path, JsonObject body) => node.Client.PostAsJsonAsync(path, body, Cancel);

    /// <summary>A command on a node, as its operator types it.</summary>
    private static async Task<string> Dure(NodeProcess node, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "dure.dll"), .. arguments, "--data", node.Folder])
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(Cancel);
        var complaint = process.StandardError.ReadToEndAsync(Cancel);
        await process.WaitForExitAsync(Cancel);
        Assert.True(process.ExitCode == 0, $"{await complaint} {node.Output}");
        return await output;
    }
}
