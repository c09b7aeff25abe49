using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests.Interop;

/// <summary>What Telegraf's two InfluxDB outputs send, byte for byte as they form it: greeting, database, gzip, batches with texts in them.</summary>
public sealed class TelegrafTests : IDisposable
{
    private const string Batch = """
        cpu,cpu=cpu-total,host=line1-pc usage_idle=91.25,usage_user=3.5 1750000000000000000
        mem,host=line1-pc available=16200003584i,used_percent=31.4 1750000000000000000
        system,host=line1-pc load1=0.25,uptime_format="2 days,  3:04",n_cpus=8i 1750000000000000000

        """;

    private readonly string folder = Directory.CreateTempSubdirectory("dure-telegraf-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Its_influxdb_v2_output_writes_unchanged()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(folder, cancel);
        using var client = new HttpClient { BaseAddress = node.Address };
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Token {node.Token}");
        using var answer = await client.PostAsync("api/v2/write?bucket=telegraf&org=plant&precision=ns", Packed(), cancel);
        await AssertKept(node, answer, cancel);
    }

    [Fact]
    public async Task Its_influxdb_v1_output_greets_creates_its_database_and_writes()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(folder, cancel);
        using var client = new HttpClient { BaseAddress = node.Address };
        using var ping = await client.GetAsync("ping", cancel);
        Assert.Contains("X-Influxdb-Version", ping.Headers.Select(header => header.Key));
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"telegraf:{node.Token}")));
        using var created = await client.PostAsync("query", new FormUrlEncodedContent([new("q", "CREATE DATABASE \"telegraf\"")]), cancel);
        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        using var answer = await client.PostAsync("write?consistency=any&db=telegraf&rp=", Packed(), cancel);
        await AssertKept(node, answer, cancel);
    }

    private static async Task AssertKept(NodeProcess node, HttpResponseMessage answer, CancellationToken cancel)
    {
        // The text in the batch is named as dropped, as InfluxDB names a partial write; all numbers are kept.
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var body = await answer.Content.ReadFromJsonAsync<JsonObject>(cancel);
        Assert.Contains("partial write", body!["error"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.EndsWith("dropped=1", body["error"]!.GetValue<string>(), StringComparison.Ordinal);
        var signals = await node.Client.GetFromJsonAsync<JsonObject>("api/v1/signals", cancel);
        var values = signals!["signals"]!.AsArray().ToDictionary(signal => signal!["id"]!.GetValue<string>(), signal => signal!["latest"]!["value"]!.GetValue<double>());
        Assert.Equal((91.25, 16_200_003_584, 0.25, 8), (values["cpu/cpu-total/line1-pc/usage_idle"], values["mem/line1-pc/available"], values["system/line1-pc/load1"], values["system/line1-pc/n_cpus"]));
        Assert.Equal(6, values.Count);
    }

    private static ByteArrayContent Packed()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(Encoding.UTF8.GetBytes(Batch));
        var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain") { CharSet = "utf-8" };
        return content;
    }
}
