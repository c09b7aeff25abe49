using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Shells;
using Dure.Tests.Exchange.Shells;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>A node whose one machine has signals and a dataset.</summary>
public sealed class MachineNode : IAsyncLifetime
{
    public const string Asset = "plant/hall 1/펌프";

    private readonly string folder = Directory.CreateTempSubdirectory("dure-assets-").FullName;

    internal NodeProcess Node { get; private set; } = null!; // InitializeAsync sets both before any test

    /// <summary>The id of the machine's shell.</summary>
    internal string ShellId { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        Node = await NodeProcess.Start(folder, CancellationToken.None);
        var csv = new StringBuilder("time,vibration [mm/s],temperature [Cel]\n");
        for (var i = 0; i < 300; i++)
            csv.Append(CultureInfo.InvariantCulture, $"2026-03-01T00:{i / 60:00}:{i % 60:00}Z,{2 + i % 7}.{i % 10},{40 + i % 5}\n");
        var file = Path.Combine(folder, "pump.csv");
        await File.WriteAllTextAsync(file, csv.ToString());
        await Node.Command(CancellationToken.None, "ingest", file, "--asset", Asset, "--register");
        await Node.Command(CancellationToken.None, "dataset", "cut", "pumps", "--asset", Asset, "--commissioning-rows", "100");
        var assets = JsonNode.Parse(await Node.Client.GetStringAsync("api/v1/assets"))!["assets"]!.AsArray();
        ShellId = (string)Assert.Single(assets)!["shell"]!;
    }

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}

/// <summary>Each machine has a shell that nobody wrote: read in all forms, found, taken along, and changed by nobody.</summary>
public sealed class AssetShellTests(MachineNode machine) : IClassFixture<MachineNode>
{
    private const string Nameplate = """
        {"asset":"plant/hall 1/펌프","manufacturerName":{"en":"Hanbit Pump Works","ko":"한빛펌프"},"productDesignation":{"en":"Circulation pump"},"street":{"ko":"테헤란로 12"},"city":{"en":"Seoul"},
        "zipCode":"06236","countryCode":"kr","orderCode":"CP-200","serialNumber":"HB-4711","yearOfConstruction":"2019"}
        """;

    private HttpClient Client => machine.Node.Client;

    private string ShellPath => $"api/v3/shells/{ShellNode.Id(machine.ShellId)}";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_shell_of_a_machine_leads_to_its_series_and_datasets_in_every_form()
    {
        var submodels = await SubmodelIds();
        Assert.Contains(submodels, id => id.EndsWith(":time-series", StringComparison.Ordinal));
        Assert.Contains(submodels, id => id.EndsWith(":ai-dataset", StringComparison.Ordinal));
        foreach (var id in submodels)
            foreach (var path in (string[])["", "/$metadata", "/$value", "/$reference", "/$path", "/submodel-elements", "/submodel-elements/$value"])
                foreach (var root in (string[])[$"api/v3/submodels/{ShellNode.Id(id)}", $"{ShellPath}/submodels/{ShellNode.Id(id)}"])
                    Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync(root + path, Cancel)).StatusCode);
        var series = submodels.First(id => id.EndsWith(":time-series", StringComparison.Ordinal));
        var segment = JsonNode.Parse(await Client.GetStringAsync($"api/v3/submodels/{ShellNode.Id(series)}/submodel-elements/Segments.vibration/$value", Cancel))!;
        Assert.Equal((300, "2026-03-01T00:00:00Z"), ((int)segment["RecordCount"]!, (string)segment["StartTime"]!));
        var samples = await Client.GetStringAsync($"{(string)segment["Endpoint"]!}?{(string)segment["Query"]!}", Cancel);
        Assert.Equal(301, samples.TrimEnd().Split('\n').Length);
        var cut = JsonNode.Parse(await Client.GetStringAsync($"api/v3/submodels/{ShellNode.Id(series)}/submodel-elements/Segments.pumps_1/$value", Cancel))!;
        Assert.Equal("PAR1"u8.ToArray(), (await Client.GetByteArrayAsync((string)cut["File"]!["value"]!, Cancel))[..4]);
    }

    [Fact]
    public async Task A_dataset_version_gives_the_same_submodel_by_its_own_address()
    {
        var id = (await SubmodelIds()).First(id => id.EndsWith(":ai-dataset", StringComparison.Ordinal));
        var own = ShellJson.Read<Submodel>(await Client.GetByteArrayAsync($"api/v1/datasets/{id.Split(':')[^2]}/submodel", Cancel)).OrThrow();
        Fits("IDTA-02058-1-0-1_AIDataset", own);
        Assert.Equal(ShellJson.Write(own), ShellJson.Write(await Read(id)));
    }

    [Fact]
    public async Task It_is_listed_found_by_discovery_and_by_query()
    {
        Assert.Contains(machine.ShellId, await Client.GetStringAsync("api/v3/shells", Cancel), StringComparison.Ordinal);
        var found = await Client.PostAsync("api/v3/lookup/shellsByAssetLink", ShellNode.Json("""[{"name":"assetPath","value":"plant/hall 1/펌프"}]"""), Cancel);
        Assert.Contains(machine.ShellId, await found.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        var asked = await Client.PostAsync("api/v3/query/submodels", ShellNode.Json("""{"$select":"id","$condition":{"$gt":[{"$field":"$sme.Segments.vibration.RecordCount#value"},{"$numVal":299}]}}"""), Cancel);
        Assert.Contains(":time-series", await asked.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_about_the_machine_is_answered_by_invoking_it()
    {
        var ask = $"api/v3/submodels/{ShellNode.Id((await SubmodelIds()).First(id => id.EndsWith(":questions", StringComparison.Ordinal)))}/submodel-elements/LatestSample";
        using var answer = await Client.PostAsync(ask + "/invoke/$value", ShellNode.Json("""{"inputArguments":{"Signal":"temperature"},"clientTimeoutDuration":"PT5S"}"""), Cancel);
        var result = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal(("Completed", 44.0, "Cel"), ((string)result["executionState"]!, (double)result["outputArguments"]!["Value"]!, (string)result["outputArguments"]!["Unit"]!));
        using var later = await Client.PostAsync(ask + "/invoke-async", ShellNode.Json("""{"inputArguments":[{"value":{"modelType":"Property","idShort":"Signal","valueType":"xs:string","value":"nobody"}}],"clientTimeoutDuration":"PT5S"}"""), Cancel);
        var failed = JsonNode.Parse(await Client.GetStringAsync(later.Headers.Location!.OriginalString.Replace("operation-status", "operation-results", StringComparison.Ordinal), Cancel))!; // a client that follows the redirection leaves its token behind
        Assert.Equal("Failed", (string)failed["executionState"]!);
        Assert.Contains("no signal 'nobody'", (string)failed["messages"]![0]!["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_changes_what_follows_from_the_books()
    {
        var shell = ShellNode.Json(await Client.GetStringAsync(ShellPath, Cancel));
        var series = $"api/v3/submodels/{ShellNode.Id((await SubmodelIds()).First(id => id.EndsWith(":time-series", StringComparison.Ordinal)))}";
        foreach (var (method, path, body) in (List<(HttpMethod, string, HttpContent?)>)
            [(HttpMethod.Put, ShellPath, shell), (HttpMethod.Delete, ShellPath, null), (HttpMethod.Delete, series, null), (HttpMethod.Patch, series + "/$value", ShellNode.Json("{}")), (HttpMethod.Delete, series + "/submodel-elements/Metadata", null)])
        {
            using var request = new HttpRequestMessage(method, path) { Content = body };
            using var answer = await Client.SendAsync(request, Cancel);
            var text = await answer.Content.ReadAsStringAsync(Cancel);
            Assert.True(answer.StatusCode == HttpStatusCode.MethodNotAllowed, $"{method} {path}: {answer.StatusCode} {text}");
            Assert.Contains("what the node knows", text, StringComparison.Ordinal);
            Assert.Equal(["GET"], answer.Content.Headers.Allow);
        }
        Assert.Equal(HttpStatusCode.Conflict, (await Client.PostAsync("api/v3/shells", ShellNode.Json(await Client.GetStringAsync(ShellPath, Cancel)), Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_nameplate_and_technical_data_filled_by_form_are_part_of_the_shell_and_of_its_package()
    {
        await Post("api/v1/assets/nameplate", Nameplate);
        await Post("api/v1/assets/technical-data", """{"asset":"plant/hall 1/펌프","manufacturerName":"Hanbit","productDesignation":{"ko":"순환 펌프"},"articleNumber":"1","orderCode":"2","properties":"Rated power | 정격 출력 = 2.2 [kW]"}""");
        var submodels = await SubmodelIds();
        Fits("IDTA-02006-3-0-1_DigitalNameplate", await Read(submodels.First(id => id.EndsWith(":nameplate", StringComparison.Ordinal))));
        Fits("IDTA-02003-2-0-1_TechnicalData", await Read(submodels.First(id => id.EndsWith(":technical-data", StringComparison.Ordinal))));
        var shell = JsonNode.Parse(await Client.GetStringAsync(ShellPath, Cancel))!;
        Assert.Equal("Circulation pump", (string)shell["displayName"]![0]!["text"]!);
        Assert.Contains("HB-4711", shell["assetInformation"]!.ToJsonString(), StringComparison.Ordinal);

        var package = AasxPackage.Read(new MemoryStream(await Client.GetByteArrayAsync($"api/v1/assets/aasx?asset={Uri.EscapeDataString(MachineNode.Asset)}", Cancel)));
        Assert.Empty(package.Findings);
        Assert.Equal(submodels.Order(StringComparer.Ordinal), package.Environment.Submodels!.Select(submodel => submodel.Id).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("\"kr\"", "\"KOR\"", "countryCode")]
    [InlineData("\"2019\"", "\"19\"", "yearOfConstruction")]
    [InlineData("\"orderCode\":\"CP-200\",", "", "orderCode")]
    [InlineData("{\"en\":\"Seoul\"}", "{}", "city")]
    [InlineData("펌프", "nobody", "asset")]
    public async Task A_form_with_a_mistake_is_refused_by_its_field(string was, string instead, string field)
    {
        using var answer = await Client.PostAsync("api/v1/assets/nameplate", ShellNode.Json(Nameplate.Replace(was, instead, StringComparison.Ordinal)), Cancel);
        Assert.True(answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound, $"{answer.StatusCode}");
        Assert.Contains(field, (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["where"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_from_elsewhere_is_taken_in_and_a_machines_own_is_not()
    {
        var bytes = ShellNode.Package("urn:elsewhere:1");
        var outcome = JsonNode.Parse(await (await Client.PostAsync("api/v1/shells/import", new ByteArrayContent(bytes), Cancel)).Content.ReadAsStringAsync(Cancel))!;
        Assert.Equal("urn:elsewhere:1", (string)outcome["added"]![0]!);
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync($"api/v3/shells/{ShellNode.Id("urn:elsewhere:1")}", Cancel)).StatusCode);

        using var kept = await Client.PostAsync("api/v3/packages", ShellNode.Form("b.aasx", ShellNode.Package("urn:elsewhere:2")), Cancel);
        var id = (string)JsonNode.Parse(await kept.Content.ReadAsStringAsync(Cancel))!["packageId"]!;
        Assert.Equal(HttpStatusCode.OK, (await Client.PostAsync($"api/v1/shells/import?package={id}", null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Client.GetAsync($"api/v3/shells/{ShellNode.Id("urn:elsewhere:2")}", Cancel)).StatusCode);

        var own = await Client.GetByteArrayAsync($"api/v1/assets/aasx?asset={Uri.EscapeDataString(MachineNode.Asset)}", Cancel);
        Assert.Equal(HttpStatusCode.Conflict, (await Client.PostAsync("api/v1/shells/import", new ByteArrayContent(own), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.PostAsync("api/v1/shells/import", new ByteArrayContent([1, 2, 3]), Cancel)).StatusCode);
    }

    [Fact]
    public async Task The_command_lists_exports_and_imports()
    {
        Assert.Contains(machine.ShellId, await machine.Node.Command(Cancel, "shells", "list"), StringComparison.Ordinal);
        var file = Path.Combine(machine.Node.Folder, "own.aasx");
        await machine.Node.Command(Cancel, "shells", "export", MachineNode.Asset, "--out", file);
        Assert.Contains((await Packed(file)).Environment.AssetAdministrationShells!, shell => shell.Id == machine.ShellId);
        await File.WriteAllBytesAsync(file, ShellNode.Package("urn:elsewhere:3"), Cancel);
        Assert.Contains("1 new", await machine.Node.Command(Cancel, "shells", "import", file), StringComparison.Ordinal);
        Assert.Contains("1 as they were", await machine.Node.Command(Cancel, "shells", "import", file, "--replace"), StringComparison.Ordinal);
    }

    private static async Task<AasxPackage> Packed(string file) => AasxPackage.Read(new MemoryStream(await File.ReadAllBytesAsync(file, Cancel)));

    internal static void Fits(string template, Submodel filled)
    {
        var file = Path.Combine(Checkout.Root, "..", "shared", "spec", "aas", "submodel-templates", template + ".json");
        Assert.SkipUnless(File.Exists(file), "the folder 'shared' is not beside this checkout");
        TemplateFit.Check(File.ReadAllBytes(file), filled);
    }

    private async Task<Submodel> Read(string id) => ShellJson.Read<Submodel>(await Client.GetByteArrayAsync($"api/v3/submodels/{ShellNode.Id(id)}", Cancel)).OrThrow();

    private async Task<List<string>> SubmodelIds() => [.. JsonNode.Parse(await Client.GetStringAsync(ShellPath, Cancel))!["submodels"]!.AsArray().Select(reference => (string)reference!["keys"]![0]!["value"]!)];

    private async Task Post(string path, string body)
    {
        using var answer = await Client.PostAsync(path, ShellNode.Json(body), Cancel);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Cancel));
    }
}
