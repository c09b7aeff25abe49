using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>A real node that shares, at an address it keeps when it is killed and started again.</summary>
internal sealed class SharingNode : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string folder = Directory.CreateTempSubdirectory("dure-sharing-").FullName;
    private readonly int port = FreePort();
    private NodeProcess process = null!; // Start sets it before anyone sees the node

    private SharingNode()
    {
    }

    public string Did => $"did:web:127.0.0.1%3A{port}";
    public Uri Protocol => new($"http://127.0.0.1:{port}/dsp");
    public string Folder => folder;
    public NodeProcess Process => process;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<SharingNode> Start()
    {
        var node = new SharingNode();
        await node.StartAgain();
        return node;
    }

    /// <summary>Starts it after it was killed.</summary>
    public async Task StartAgain() => process = await NodeProcess.Start(folder, Cancel, "--url", $"http://127.0.0.1:{port}");

    public async Task Kill()
    {
        await process.Kill();
        await process.DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    public async Task<JsonObject> Get(string path) => (await process.Client.GetFromJsonAsync<JsonObject>($"api/v1/{path}", Cancel))!;

    public async Task<JsonObject> Post(string path, JsonObject body)
    {
        var (status, answer) = await TryPost(path, body);
        Assert.True((int)status < 300, $"{path}: {status} {answer.ToJsonString()} {process.Output}");
        return answer;
    }

    public async Task<(HttpStatusCode Status, JsonObject Answer)> TryPost(string path, JsonObject body)
    {
        using var response = await process.Client.PostAsync($"api/v1/{path}", JsonContent.Create(body), Cancel);
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!);
    }

    /// <summary>The code of an invitation to become a partner, or a member with what the alliance says of it.</summary>
    public async Task<string> Invite(string name, JsonObject? claims = null)
    {
        var request = new JsonObject { ["for"] = name, ["kind"] = claims is null ? "partner" : "member" };
        if (claims is not null)
            request["claims"] = claims;
        return Text(await Post("exchange/invitations", request), "code");
    }

    public Task Join(string code) => Post("exchange/join", new JsonObject { ["code"] = code });

    /// <summary>A small dataset of one machine, cut.</summary>
    public async Task<string> CutDataset(string name, int seed, int rows = 600)
    {
        var random = new Random(seed);
        string[] signals = [$"{name}/pump/A", $"{name}/pump/B"];
        await Post("signals", new JsonObject { ["signals"] = new JsonArray([.. signals.Select(id => new JsonObject { ["id"] = id, ["unit"] = "bar" })]) });
        await Post("ingest", new JsonObject
        {
            ["signals"] = new JsonArray([.. signals.Select(id => new JsonObject
            {
                ["signal"] = id,
                ["times"] = new JsonArray([.. Enumerable.Range(0, rows).Select(row => JsonValue.Create(1_600_000_000_000_000 + row * 1_000_000L))]),
                ["values"] = new JsonArray([.. Enumerable.Range(0, rows).Select(_ => JsonValue.Create(random.NextDouble()))]),
            })]),
        });
        var run = Text(await Post("datasets", new JsonObject { ["name"] = name, ["assets"] = new JsonArray($"{name}/pump") }), "id");
        var ended = await Until(() => Get($"runs/{run}"), answer => Text(answer, "state") is not ("Queued" or "Running"));
        return Text(ended["result"]!, "version");
    }

    public Task<JsonObject> Offer(string dataset, string id, JsonObject policy) => Post("exchange/offerings", new JsonObject { ["dataset"] = dataset, ["id"] = id, ["policy"] = policy });

    public Task<JsonObject> Offer(string dataset, string id, string terms) => Post("exchange/offerings", new JsonObject { ["dataset"] = dataset, ["id"] = id, ["terms"] = terms });

    public Task<JsonObject> Ask(string partner, string dataset, params string[] purposes) =>
        Post("exchange/requests", new JsonObject { ["partner"] = partner, ["dataset"] = dataset, ["purposes"] = new JsonArray([.. purposes.Select(purpose => JsonValue.Create(purpose))]) });

    /// <summary>Asks a partner to bring a dataset.</summary>
    public Task<JsonObject> AskToBring(string partner, string dataset) => Post("exchange/requests", new JsonObject { ["partner"] = partner, ["dataset"] = dataset, ["push"] = true });

    /// <summary>The transfers of an agreement, as this node knows them.</summary>
    public async Task<IReadOnlyList<JsonObject>> Transfers(string? agreement = null) =>
        [.. (await Get("exchange/transfers"))["transfers"]!.AsArray().Select(transfer => transfer!.AsObject()).Where(transfer => agreement is null || (string?)transfer["agreement"] == agreement)];

    public async Task<IReadOnlyList<JsonObject>> Negotiations() => [.. (await Get("exchange/negotiations"))["negotiations"]!.AsArray().Select(negotiation => negotiation!.AsObject())];

    /// <summary>Replaces an offered file by a long one, as only a test may: it is sent as it lies there, under the hash of the short one.</summary>
    public async Task<string> Stretch(string version, long bytes)
    {
        var manifest = await Get($"datasets/{version}/croissant");
        var hex = manifest["distribution"]![0]!["sha256"]!.GetValue<string>();
        hex = hex[(hex.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var file = Directory.EnumerateFiles(Path.Combine(folder, "blobs"), "*", SearchOption.AllDirectories).Single(path => path.Replace("/", "", StringComparison.Ordinal).Contains(hex, StringComparison.Ordinal));
        File.Delete(file);
        var chunk = new byte[1 << 20];
        new Random(7).NextBytes(chunk);
        await using var stream = File.Create(file);
        for (var written = 0L; written < bytes; written += chunk.Length)
        {
            BitConverter.TryWriteBytes(chunk, written); // no two chunks are alike
            await stream.WriteAsync(chunk.AsMemory(0, (int)Math.Min(chunk.Length, bytes - written)), Cancel);
        }
        return file;
    }

    public static async Task<T> Until<T>(Func<Task<T>> look, Func<T, bool> isDone, TimeSpan? patience = null)
    {
        for (var clock = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            var seen = await look();
            if (isDone(seen))
                return seen;
            Assert.True(clock.Elapsed < (patience ?? Patience), $"after {clock.Elapsed.TotalSeconds:F0} s still: {seen}");
            await Task.Delay(30, Cancel);
        }
    }

    public static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();
}
