using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Dure.HostTests;

/// <summary>A table of one's own, from the file to the model's door: by API, by command and by the page without a script.</summary>
public sealed class TableImportTests : IDisposable
{
    private const int Rows = 200;
    private readonly string folder = Directory.CreateTempSubdirectory("dure-table-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_table_comes_in_is_described_asked_taken_out_and_comes_in_again_as_the_same()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(folder, cancel);
        var csv = Table();

        var seen = await Post(node, "api/v1/datasets/import?file=parts.csv&dryRun=true", csv, cancel);
        Assert.Equal((Rows, 5), (seen["rows"]!.GetValue<int>(), seen["columns"]!.AsArray().Count));
        Assert.Empty((await node.Client.GetFromJsonAsync<JsonObject>("api/v1/datasets", cancel))!["datasets"]!.AsArray());

        var version = await Post(node, "api/v1/datasets/import?file=parts.csv&name=parts&title=Parts&licence=CC0-1.0&group=machine&target=passed&id=serial", csv, cancel);
        Assert.Equal(("table", Rows), (version["kind"]!.GetValue<string>(), version["rows"]!.GetValue<int>()));
        Assert.Equal(["identifier", "group", "time", "feature", "target"], version["columns"]!.AsArray().Select(column => column!["role"]!.GetValue<string>()));
        Assert.Equal(version["version"]!.GetValue<string>(), (await Post(node, "api/v1/datasets/import?file=parts.csv&name=parts&title=Parts&licence=CC0-1.0&group=machine&target=passed&id=serial", csv, cancel))["version"]!.GetValue<string>());

        Assert.Contains("| torque [Nm] | number | feature | Nm |", await node.Client.GetStringAsync("api/v1/datasets/parts/card.md", cancel), StringComparison.Ordinal);
        Assert.Equal(1 + Rows, (await node.Client.GetStringAsync("api/v1/datasets/parts/csv", cancel)).Trim().Split('\n').Length);
        Assert.Equal(HttpStatusCode.OK, (await node.Client.GetAsync("api/v1/datasets/parts/submodel", cancel)).StatusCode);
        using var asked = await node.Client.PostAsJsonAsync("api/v1/sql", new JsonObject { ["sql"] = "SELECT count(*) FROM dataset_parts WHERE machine = 'press1'" }, cancel);
        Assert.Equal(Rows / 2, (await asked.Content.ReadFromJsonAsync<JsonObject>(cancel))!["rows"]![0]![0]!.GetValue<int>());

        var page = await Page(node, $"datasets/{version["version"]}", cancel);
        Assert.Contains($"/train?dataset={version["version"]!.GetValue<string>()["sha256:".Length..]}", page, StringComparison.Ordinal);
        Assert.Contains("class=\"histogram\"", page, StringComparison.Ordinal);
        Assert.Contains("torque [Nm]", await Page(node, $"datasets/{version["version"]}?lang=ko", cancel), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(node.Folder, "uploads")));

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => node.Command(cancel, "train", "parts"));
        Assert.Contains("not series of machines", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_imported_is_said_and_nothing_is_kept()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(folder, cancel);

        using var refused = await Send(node, "api/v1/datasets/import?file=parts.csv&name=parts", Table().Replace("A-0050,press1", "A-0050", StringComparison.Ordinal), cancel);

        var problem = (await refused.Content.ReadFromJsonAsync<JsonObject>(cancel))!;
        Assert.Equal((HttpStatusCode.BadRequest, "urn:dure:datasets:broken-lines"), (refused.StatusCode, problem["type"]!.GetValue<string>()));
        Assert.Equal("parts.csv, line 52", problem["where"]!.GetValue<string>());
        using var misnamed = await Send(node, "api/v1/datasets/import?file=parts.csv&name=Parts%20of%20mine", Table(), cancel);
        Assert.Contains("is not a dataset name", await misnamed.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);
        Assert.Empty((await node.Client.GetFromJsonAsync<JsonObject>("api/v1/datasets", cancel))!["datasets"]!.AsArray());

        var token = (await node.Command(cancel, "token", "add", "reader", "--permission", "read")).Split('\n').SelectMany(line => line.Split(' ')).First(word => word.StartsWith("dure_", StringComparison.Ordinal)).Trim();
        using var reader = new HttpClient { BaseAddress = node.Address };
        reader.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var forbidden = await reader.PostAsync("api/v1/datasets/import?file=parts.csv&name=parts", new StringContent(Table()), cancel);
        Assert.Equal(HttpStatusCode.Forbidden, forbidden.StatusCode);
    }

    [Fact]
    public async Task The_page_takes_a_file_shows_it_and_imports_it_without_a_script()
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var node = await NodeProcess.Start(folder, cancel);
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = node.Address };
        browser.DefaultRequestHeaders.Authorization = node.Client.DefaultRequestHeaders.Authorization;

        using var upload = new MultipartFormDataContent { { new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(Table())), "file", "parts of may.csv" } };
        using var brought = await browser.PostAsync("datasets/import", upload, cancel);
        Assert.Equal(HttpStatusCode.Found, brought.StatusCode);
        var address = brought.Headers.Location!.ToString();
        var page = await browser.GetStringAsync(address, cancel);
        Assert.Contains("name=\"role3\"", page, StringComparison.Ordinal);
        Assert.Contains("value=\"parts-of-may\"", page, StringComparison.Ordinal);

        Dictionary<string, string> form = new(StringComparer.Ordinal) { ["file"] = "parts of may.csv", ["name"] = "Not A Name", ["title"] = "Parts of May", ["licence"] = "own data", ["do"] = "import" };
        foreach (var (i, (column, role)) in new[] { ("serial", "identifier"), ("machine", "group"), ("time", "time"), ("torque [Nm]", "feature"), ("passed", "target") }.Index())
            (form[$"column{i}"], form[$"role{i}"]) = (column, role);
        using var refused = await browser.PostAsync(address.Split('?')[0], new FormUrlEncodedContent(form), cancel);
        Assert.Contains("is not a dataset name", await refused.Content.ReadAsStringAsync(cancel), StringComparison.Ordinal);

        form["name"] = "may";
        using var imported = await browser.PostAsync(address.Split('?')[0], new FormUrlEncodedContent(form), cancel);
        Assert.Equal(HttpStatusCode.Found, imported.StatusCode);
        var described = (await node.Client.GetFromJsonAsync<JsonObject>("api/v1/datasets/may", cancel))!;
        Assert.Equal(["identifier", "group", "time", "feature", "target"], described["columns"]!.AsArray().Select(column => column!["role"]!.GetValue<string>()));
        Assert.Contains("Parts of May", await browser.GetStringAsync(imported.Headers.Location, cancel), StringComparison.Ordinal);
    }

    private static string Table() => string.Join('\n', ["serial,machine,time,torque [Nm],passed",
        .. Enumerable.Range(0, Rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"A-{i:0000},press{1 + i % 2},{new DateTime(2026, 5, 1).AddMinutes(i):yyyy-MM-dd HH:mm:ss},{40 + Math.Sin(i):0.00},{(i % 9 == 0 ? "no" : "yes")}"))]) + "\n";

    private static Task<HttpResponseMessage> Send(NodeProcess node, string path, string csv, CancellationToken cancel) =>
        node.Client.PostAsync(path, new StringContent(csv, new MediaTypeHeaderValue("text/csv")), cancel);

    private static async Task<JsonObject> Post(NodeProcess node, string path, string csv, CancellationToken cancel)
    {
        using var response = await Send(node, path, csv, cancel);
        var text = await response.Content.ReadAsStringAsync(cancel);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    private static Task<string> Page(NodeProcess node, string path, CancellationToken cancel) => node.Client.GetStringAsync(path, cancel);
}
