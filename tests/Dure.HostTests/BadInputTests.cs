using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>One node for all of these: each answer is clear, and the node stays up.</summary>
public sealed class StandingNode : IAsyncLifetime
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-bad-").FullName;

    internal NodeProcess Node { get; private set; } = null!; // InitializeAsync sets it before any test

    public async ValueTask InitializeAsync()
    {
        Node = await NodeProcess.Start(folder, CancellationToken.None);
        await Node.Client.PostAsync("api/v1/signals", JsonContent.Create(new JsonObject
        {
            ["signals"] = new JsonArray(
                new JsonObject { ["id"] = "plant/pump1/Pressure", ["unit"] = "bar", ["low"] = 0, ["high"] = 10 },
                new JsonObject { ["id"] = "plant/pump1/Current", ["unit"] = "A" }),
        }));
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>What users and strangers send by mistake or malice, over HTTP to a real node.</summary>
public sealed class BadInputTests(StandingNode standing) : IClassFixture<StandingNode>
{
    private const long Gibibyte = 1L << 30;
    private static long hour;

    private HttpClient Client => standing.Node.Client;

    [Fact]
    public async Task A_form_that_cannot_be_read_is_the_senders_fault()
    {
        using var form = new ByteArrayContent([.. "q="u8, .. Enumerable.Repeat((byte)'x', 6 * 1024 * 1024)]);
        form.Headers.ContentType = new("application/x-www-form-urlencoded");
        using var answer = await standing.Node.Client.PostAsync("query", form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_batch_that_is_not_JSON_is_refused_with_the_byte_where_it_breaks()
    {
        var problem = await Refused(HttpStatusCode.BadRequest, await Post("api/v1/ingest", """{"signals":[{"signal":"plant/pump1/Pressure","samples":[[1,2],]}]}"""));
        Assert.Contains("byte", Text(problem, "where"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_signal_is_named_with_the_command_that_makes_it_known_and_the_rest_is_kept()
    {
        var receipt = await Receipt(await Post("api/v1/ingest", Batch(("plant/pump1/Presure", null, "[[T,1.5]]"), ("plant/pump1/Pressure", null, "[[T,1.5]]"))));
        Assert.Equal(1, receipt["accepted"]!.GetValue<int>());
        var rejection = receipt["rejections"]![0]!;
        Assert.Contains("plant/pump1/Presure", Text(rejection, "where"), StringComparison.Ordinal);
        Assert.Contains("dure signals add", Text(rejection, "mend"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_unit_of_another_dimension_is_refused_naming_both_units()
    {
        var response = await Post("api/v1/ingest", Batch(("plant/pump1/Pressure", "Cel", "[[T,1.5]]")));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var what = Text((await Json(response))["rejections"]![0]!, "what");
        Assert.Contains("'bar'", what, StringComparison.Ordinal);
        Assert.Contains("'Cel'", what, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_unit_of_the_same_dimension_is_converted()
    {
        var time = NextTime();
        await Receipt(await Post("api/v1/ingest", $$"""{"signals":[{"signal":"plant/pump1/Pressure","unit":"mbar","samples":[[{{time}},1500]]}]}"""));
        var samples = await Client.GetFromJsonAsync<JsonObject>($"api/v1/signals/samples?signal=plant/pump1/Pressure&from={time}&to={time + 1}", TestContext.Current.CancellationToken);
        Assert.Equal(1.5, samples!["samples"]![0]![1]!.GetValue<double>(), 9);
    }

    [Fact]
    public async Task A_value_that_is_no_number_is_refused_and_null_is_kept_as_bad()
    {
        var receipt = await Receipt(await Post("api/v1/ingest", Batch(("plant/pump1/Current", null, """[[T,"NaN"],[T+1,null],[T+2,3]]"""))));
        Assert.Equal((2, 1), (receipt["accepted"]!.GetValue<int>(), receipt["rejected"]!.GetValue<int>()));
        Assert.Contains("null", Text(receipt["rejections"]![0]!, "mend"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_going_back_is_kept_and_counted()
    {
        var time = NextTime();
        await Receipt(await Post("api/v1/ingest", $$"""{"signals":[{"signal":"plant/pump1/Current","samples":[[{{time}},1]]}]}"""));
        var receipt = await Receipt(await Post("api/v1/ingest", $$"""{"signals":[{"signal":"plant/pump1/Current","samples":[[{{time - 5}},2]]}]}"""));
        Assert.Equal((1, 1), (receipt["accepted"]!.GetValue<int>(), receipt["outOfOrder"]!.GetValue<int>()));
    }

    [Fact]
    public async Task A_time_far_ahead_of_the_clock_is_refused_naming_both_times()
    {
        var response = await Post("api/v1/ingest", """{"signals":[{"signal":"plant/pump1/Pressure","samples":[["2199-01-01T00:00:00Z",1]]}]}""");
        Assert.Contains("2199-01-01", Text((await Json(response))["rejections"]![0]!, "what"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sample_outside_the_engineering_range_is_kept_as_uncertain()
    {
        var time = NextTime();
        var receipt = await Receipt(await Post("api/v1/ingest", $$"""{"signals":[{"signal":"plant/pump1/Pressure","samples":[[{{time}},99]]}]}"""));
        Assert.Equal(1, receipt["outOfRange"]!.GetValue<int>());
        var samples = await Client.GetFromJsonAsync<JsonObject>($"api/v1/signals/samples?signal=plant/pump1/Pressure&from={time}&to={time + 1}", TestContext.Current.CancellationToken);
        Assert.Equal("uncertain", samples!["samples"]![0]![2]!.GetValue<string>());
    }

    [Fact]
    public async Task A_broken_line_of_a_CSV_file_is_named_by_its_number_and_the_others_are_kept()
    {
        const string Csv = "time;Pressure [bar];Current\n2020-01-01 00:00:00;1.1;2.1\n2020-01-01 00:00:01;1.2\n2020-01-01 00:00:02;abc;2.3\n2020-01-01 00:00:01.5;1.4;2.4\n";
        var receipt = await Receipt(await Post("api/v1/ingest/csv?asset=plant/pump1", Csv, "text/csv"));
        var places = receipt["rejections"]!.AsArray().Select(rejection => Text(rejection!, "where")).ToArray();
        Assert.Contains("line 3", places);
        Assert.Contains("line 4", places);
        Assert.Contains(receipt["rejections"]!.AsArray(), rejection => Text(rejection!, "where") == "line 5" && Text(rejection!, "what").Contains("goes back", StringComparison.Ordinal));
        Assert.Equal(5, receipt["accepted"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_broken_line_of_line_protocol_is_named_as_InfluxDB_clients_expect_it()
    {
        var time = NextTime();
        var response = await Post("api/v2/write?precision=us", $"pump,asset=plant/pump1 Pressure=1.5 {time}\npump Pressure\npump,asset=plant/pump1 Current=\"text\" {time}\n", "text/plain");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var answer = await Json(response);
        Assert.Contains("partial write: line 2", Text(answer, "error"), StringComparison.Ordinal);
        Assert.Contains("dropped=2", Text(answer, "error"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_batch_of_one_gibibyte_is_refused_and_the_node_answers_on(bool saysItsLength)
    {
        using var content = new ZeroContent(Gibibyte, saysItsLength);
        HttpStatusCode? status = null;
        try
        {
            using var response = await Client.PostAsync("api/v1/ingest", content, TestContext.Current.CancellationToken);
            status = response.StatusCode;
            Assert.Contains("32 MiB", Text(await Json(response), "title"), StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            // The node closed the connection while the rest was still being sent; that is its right.
        }
        Assert.True(status is null or HttpStatusCode.RequestEntityTooLarge, $"answered {status}");
        Assert.True((await Client.GetAsync("health", TestContext.Current.CancellationToken)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_gzip_body_that_unpacks_to_a_gibibyte_is_refused()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            for (var i = 0; i < 1024; i++)
                await gzip.WriteAsync(new byte[1024 * 1024], TestContext.Current.CancellationToken);
        }
        using var content = new ByteArrayContent(packed.ToArray());
        content.Headers.ContentEncoding.Add("gzip");
        await Refused(HttpStatusCode.RequestEntityTooLarge, await Client.PostAsync("api/v1/ingest", content, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task An_unknown_packing_of_the_body_is_refused()
    {
        using var content = new StringContent("{}");
        content.Headers.ContentEncoding.Add("br");
        await Refused(HttpStatusCode.UnsupportedMediaType, await Client.PostAsync("api/v1/ingest", content, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("dure_000000000000_AAAA")]
    [InlineData("nonsense")]
    [InlineData("")]
    public async Task A_wrong_token_is_refused_and_told_how_to_get_one(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/signals");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var nobody = new HttpClient { BaseAddress = Client.BaseAddress };
        var problem = await Refused(HttpStatusCode.Unauthorized, await nobody.SendAsync(request, TestContext.Current.CancellationToken));
        Assert.Contains("dure token add", Text(problem, "mend"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_opens_only_the_doors_it_names_and_none_after_it_is_revoked()
    {
        var made = await Json(await Post("api/v1/tokens", """{"name":"gateway","permissions":["ingest"]}"""));
        using var gateway = new HttpClient { BaseAddress = Client.BaseAddress };
        gateway.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Text(made, "token"));
        await Receipt(await gateway.PostAsync("api/v1/ingest", new StringContent(Batch(("plant/pump1/Current", null, "[[T,1]]"))), TestContext.Current.CancellationToken));
        await Refused(HttpStatusCode.Forbidden, await gateway.GetAsync("api/v1/journal", TestContext.Current.CancellationToken));
        await Client.DeleteAsync($"api/v1/tokens/{Text(made, "id")}", TestContext.Current.CancellationToken);
        await Refused(HttpStatusCode.Unauthorized, await gateway.PostAsync("api/v1/ingest", new StringContent("{}"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("SELECT * FROM read_csv('/etc/passwd')")]
    [InlineData("COPY (SELECT 1) TO '/tmp/out.csv'")]
    [InlineData("SELECT 1; SELECT 2")]
    [InlineData("INSTALL httpfs")]
    public async Task SQL_that_reaches_outside_is_refused(string sql) =>
        await Refused(HttpStatusCode.BadRequest, await Client.PostAsync("api/v1/sql", JsonContent.Create(new JsonObject { ["sql"] = sql }), TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("api/v1/signals/resample?signal=plant/pump1/Nothing", HttpStatusCode.NotFound)]
    [InlineData("api/v1/signals/resample?signal=plant/pump1/Pressure&from=5&to=1", HttpStatusCode.BadRequest)]
    [InlineData("api/v1/signals/resample?signal=plant/pump1/Pressure&points=100000", HttpStatusCode.BadRequest)]
    [InlineData("api/v1/datasets/nothing", HttpStatusCode.NotFound)]
    [InlineData("api/v1/models/sha256:0", HttpStatusCode.NotFound)]
    [InlineData("api/v1/claims/nothing/bundle", HttpStatusCode.NotFound)]
    [InlineData("api/v1/packages/nothing", HttpStatusCode.BadRequest)]
    [InlineData("api/v1/runs/nothing", HttpStatusCode.NotFound)]
    [InlineData("api/v1/journal?from=-1", HttpStatusCode.BadRequest)]
    [InlineData("api/v1/explain?subject=plant/pump1", HttpStatusCode.NotFound)]
    public async Task A_question_that_cannot_be_answered_gets_a_problem_that_teaches(string path, HttpStatusCode status) =>
        await Refused(status, await Client.GetAsync(path, TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_run_on_nothing_fails_in_words()
    {
        var run = await Json(await Post("api/v1/training-runs", """{"dataset":"nothing"}"""));
        while (Text(run, "state") is "Queued" or "Running")
            run = (await Client.GetFromJsonAsync<JsonObject>($"api/v1/runs/{Text(run, "id")}", TestContext.Current.CancellationToken))!;
        Assert.Equal("Failed", Text(run, "state"));
        Assert.Contains("'nothing'", Text(run["problem"]!, "what"), StringComparison.Ordinal);
    }

    private static long NextTime() => 1_600_000_000_000_000 + Interlocked.Increment(ref hour) * 3_600_000_000;

    /// <summary>A batch of blocks; <c>T</c> stands for a time that no other test uses, <c>T+n</c> for n µs later.</summary>
    private static string Batch(params (string Signal, string? Unit, string Samples)[] blocks)
    {
        var time = NextTime();
        return "{\"signals\":[" + string.Join(',', blocks.Select(block =>
            $"{{\"signal\":\"{block.Signal}\"{(block.Unit is null ? "" : $",\"unit\":\"{block.Unit}\"")},\"samples\":{Times(block.Samples, time)}}}")) + "]}";
    }

    private static string Times(string samples, long time) =>
        System.Text.RegularExpressions.Regex.Replace(samples, @"T(\+(?<later>\d+))?", match => (time + (match.Groups["later"].Success ? long.Parse(match.Groups["later"].Value) : 0)).ToString(), System.Text.RegularExpressions.RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));

    private Task<HttpResponseMessage> Post(string path, string body, string type = "application/json") =>
        Client.PostAsync(path, new StringContent(body, Encoding.UTF8, type), TestContext.Current.CancellationToken);

    private static async Task<JsonObject> Json(HttpResponseMessage response) => (await response.Content.ReadFromJsonAsync<JsonObject>(TestContext.Current.CancellationToken))!;

    private static async Task<JsonObject> Receipt(HttpResponseMessage response)
    {
        var answer = await Json(response);
        Assert.True(response.IsSuccessStatusCode, answer.ToJsonString());
        return answer;
    }

    /// <summary>The answer is a problem document whose what, where and mend say something.</summary>
    private static async Task<JsonObject> Refused(HttpStatusCode status, HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == response.StatusCode, $"{response.StatusCode}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonNode.Parse(text)!.AsObject();
        Assert.StartsWith("urn:dure:", Text(problem, "type"), StringComparison.Ordinal);
        Assert.NotEmpty(Text(problem, "title"));
        Assert.NotEmpty(Text(problem, "where"));
        Assert.NotEmpty(Text(problem, "mend"));
        return problem;
    }

    private static string Text(JsonNode node, string name) => node[name]!.GetValue<string>();

    /// <summary>So many zeros, never held in memory.</summary>
    private sealed class ZeroContent(long length, bool saysItsLength) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            var zeros = new byte[1024 * 1024];
            for (var sent = 0L; sent < length; sent += zeros.Length)
                await stream.WriteAsync(zeros);
        }

        protected override bool TryComputeLength(out long computed)
        {
            computed = length;
            return saysItsLength;
        }
    }
}
