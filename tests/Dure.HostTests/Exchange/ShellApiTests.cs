using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Exchange.Shells;
using Dure.Tests.Exchange.Shells;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>A node that holds one of everything of shells.</summary>
public sealed class ShellNode : IAsyncLifetime
{
    public const string ConceptId = "urn:made:concept";
    public const string PackageId = "made-package";

    private readonly string folder = Directory.CreateTempSubdirectory("dure-shells-").FullName;

    internal NodeProcess Node { get; private set; } = null!; // InitializeAsync sets it before any test

    public static string Id(string id) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    public async ValueTask InitializeAsync() => Node = await NodeProcess.Start(folder, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Puts one of everything, whatever was there.</summary>
    internal async Task Fill()
    {
        await Put($"shells/{Id(MadeShells.ShellId)}", ShellJson.Write(MadeShells.Shell()));
        await Put($"submodels/{Id(MadeShells.SubmodelId)}", ShellJson.Write(MadeShells.Submodel()));
        await Put($"concept-descriptions/{Id(ConceptId)}", ShellJson.Write(MadeShells.Environment().ConceptDescriptions![0]));
        await Put($"shell-descriptors/{Id(MadeShells.ShellId)}", ShellJson.Write(ShellDescriptor()));
        await Put($"submodel-descriptors/{Id(MadeShells.SubmodelId)}", ShellJson.Write(SubmodelDescriptor()));
        Assert.Equal(HttpStatusCode.Created, (await Node.Client.PostAsync($"api/v3/lookup/shells/{Id(MadeShells.ShellId)}", Json("""[{"name":"serialNumber","value":"P-4711"}]"""))).StatusCode);
        await Check(await Node.Client.PutAsync($"api/v3/packages/{Id(PackageId)}", Form("made.aasx", Package())));
        await Check(await Node.Client.PutAsync($"api/v3/shells/{Id(MadeShells.ShellId)}/asset-information/thumbnail", Form("press.png", [1, 2, 3])));
        await Check(await Node.Client.PutAsync($"api/v3/submodels/{Id(MadeShells.SubmodelId)}/submodel-elements/Manual/attachment", Form("manual.pdf", "%PDF"u8.ToArray())));
    }

    internal static ShellDescriptor ShellDescriptor() => new() { Id = MadeShells.ShellId, IdShort = "press2", AssetKind = AssetKind.Instance, GlobalAssetId = "urn:a", SubmodelDescriptors = [SubmodelDescriptor()] };

    internal static SubmodelDescriptor SubmodelDescriptor(string id = MadeShells.SubmodelId) => new()
    {
        Id = id,
        Endpoints = [new() { Interface = "SUBMODEL-3.1", ProtocolInformation = new() { Href = "https://plant.example/api/v3/submodel", EndpointProtocol = "HTTP", EndpointProtocolVersion = ["1.1"] } }],
    };

    internal static byte[] Package(string shell = MadeShells.ShellId)
    {
        using var stream = new MemoryStream();
        new AasxPackage(new() { AssetAdministrationShells = [MadeShells.Shell(shell)] }, []).Write(stream, AasxForm.Json);
        return stream.ToArray();
    }

    internal static MultipartFormDataContent Form(string name, byte[] bytes)
    {
        var file = new ByteArrayContent(bytes);
        file.Headers.ContentType = new("application/octet-stream");
        return new MultipartFormDataContent { { new StringContent(name), "fileName" }, { file, "file", name } };
    }

    internal static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private async Task Put(string path, byte[] json) => await Check(await Node.Client.PutAsync("api/v3/" + path, Json(Encoding.UTF8.GetString(json))));

    private static async Task Check(HttpResponseMessage answer) => Assert.True(answer.StatusCode is HttpStatusCode.Created or HttpStatusCode.NoContent, $"{answer.RequestMessage?.RequestUri}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
}

/// <summary>The interface of shells against the published list of operations, on a real node.</summary>
public sealed class ShellApiTests(ShellNode shells) : IClassFixture<ShellNode>
{
    private const string NewId = "urn:made:new";
    private static int counter;

    private HttpClient Client => shells.Node.Client;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// The profiles that the node claims, and which of the published operations each consists of (IDTA 01002 V3.1, Service Specifications and
    /// Profiles): all that begin with one of the paths, or only those that read.
    /// </summary>
    private static readonly Dictionary<string, (string[] Paths, bool IsReadOnly)> profiles = new(StringComparer.Ordinal)
    {
        ["AssetAdministrationShellRepositoryServiceSpecification/SSP-001"] = (["/shells", "/serialization", "/description"], false),
        ["AssetAdministrationShellRepositoryServiceSpecification/SSP-002"] = (["/shells", "/serialization", "/description"], true),
        ["AssetAdministrationShellRepositoryServiceSpecification/SSP-003"] = (["/query/shells", "/description"], false),
        ["SubmodelRepositoryServiceSpecification/SSP-001"] = (["/submodels", "/serialization", "/description"], false),
        ["SubmodelRepositoryServiceSpecification/SSP-002"] = (["/submodels", "/serialization", "/description"], true),
        ["SubmodelRepositoryServiceSpecification/SSP-005"] = (["/query/submodels", "/description"], false),
        ["ConceptDescriptionRepositoryServiceSpecification/SSP-001"] = (["/concept-descriptions", "/serialization", "/description"], false),
        ["ConceptDescriptionRepositoryServiceSpecification/SSP-002"] = (["/query/concept-descriptions", "/description"], false),
        ["AssetAdministrationShellRegistryServiceSpecification/SSP-001"] = (["/shell-descriptors", "/description"], false),
        ["AssetAdministrationShellRegistryServiceSpecification/SSP-002"] = (["/shell-descriptors", "/description"], true),
        ["AssetAdministrationShellRegistryServiceSpecification/SSP-003"] = (["/bulk/shell-descriptors", "/bulk/status", "/bulk/result", "/description"], false),
        ["AssetAdministrationShellRegistryServiceSpecification/SSP-004"] = (["/query/shell-descriptors", "/description"], false),
        ["SubmodelRegistryServiceSpecification/SSP-001"] = (["/submodel-descriptors", "/description"], false),
        ["SubmodelRegistryServiceSpecification/SSP-002"] = (["/submodel-descriptors", "/description"], true),
        ["SubmodelRegistryServiceSpecification/SSP-003"] = (["/bulk/submodel-descriptors", "/bulk/status", "/bulk/result", "/description"], false),
        ["SubmodelRegistryServiceSpecification/SSP-004"] = (["/query/submodel-descriptors", "/description"], false),
        ["DiscoveryServiceSpecification/SSP-001"] = (["/lookup", "/description"], false),
        ["DiscoveryServiceSpecification/SSP-002"] = (["/lookup", "/description"], true),
        ["AasxFileServerServiceSpecification/SSP-001"] = (["/packages", "/description"], false),
    };

    /// <summary>Every operation of every claimed profile, each once with everything there, answers with a success that is published for it.</summary>
    [Fact]
    public async Task Every_operation_of_every_claimed_profile_answers_as_published()
    {
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = shells.Node.Address };
        client.DefaultRequestHeaders.Authorization = Client.DefaultRequestHeaders.Authorization;
        var (good, wrong) = (new HashSet<JsonObject>(), new List<string>());
        foreach (var operation in Operations())
        {
            await shells.Fill();
            using var request = RequestOf(operation, await Handle((string)operation["path"]!));
            using var answer = await client.SendAsync(request, Cancel);
            var status = (int)answer.StatusCode;
            if (operation["responses"]!.AsObject().ContainsKey(status.ToString(System.Globalization.CultureInfo.InvariantCulture)) && status < 400)
                good.Add(operation);
            else
                wrong.Add($"{request.Method} {request.RequestUri}: {status} {await answer.Content.ReadAsStringAsync(Cancel)}");
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(140, good.Count);

        var claimed = (await Body(await Client.GetAsync("api/v3/description", Cancel)))["profiles"]!.AsArray().Select(profile => ((string)profile!)["https://admin-shell.io/aas/API/3/1/".Length..]);
        Assert.Equal(profiles.Keys.Order(StringComparer.Ordinal), claimed.Order(StringComparer.Ordinal));
        Assert.All(good, operation => Assert.Contains(profiles.Values, profile => profile.Paths.Any(path => ((string)operation["path"]!).StartsWith(path, StringComparison.Ordinal))));
        Assert.All(profiles.Values, profile => Assert.All(profile.Paths, path => Assert.Contains(good, operation => ((string)operation["path"]!).StartsWith(path, StringComparison.Ordinal) && (!profile.IsReadOnly || (string)operation["method"]! is "GET" || path == "/lookup"))));
    }

    /// <summary>The outcome of something that was asked for a moment ago, for the operations that ask by a handle.</summary>
    private async Task<string> Handle(string path)
    {
        if (!path.Contains("{handleId}", StringComparison.Ordinal))
            return "";
        using var accepted = path.StartsWith("/bulk", StringComparison.Ordinal)
            ? await Client.PutAsync("api/v3/bulk/submodel-descriptors", ShellNode.Json($"[{Encoding.UTF8.GetString(ShellJson.Write(ShellNode.SubmodelDescriptor()))}]"), Cancel)
            : await Client.PostAsync($"api/v3/submodels/{ShellNode.Id(MadeShells.SubmodelId)}/submodel-elements/Reset/invoke-async/$value", ShellNode.Json("""{"inputArguments":{"Force":true},"clientTimeoutDuration":"PT5S"}"""), Cancel);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        return accepted.Headers.Location!.OriginalString.Split('/')[^1];
    }

    [Fact]
    public async Task An_operation_that_is_connected_to_nothing_ends_as_failed_and_says_why()
    {
        await shells.Fill();
        var reset = $"api/v3/submodels/{ShellNode.Id(MadeShells.SubmodelId)}/submodel-elements/Reset";
        using var answer = await Client.PostAsync(reset + "/invoke", ShellNode.Json("""{"inputArguments":[{"value":{"modelType":"Property","idShort":"Force","valueType":"xs:boolean","value":"true"}}]}"""), Cancel);
        var result = await Body(answer);
        Assert.Equal(("Failed", false), ((string)result["executionState"]!, (bool)result["success"]!));
        Assert.Contains("gate", (string)result["messages"]![0]!["text"]!, StringComparison.Ordinal);
        foreach (var wrong in (string[])["[]", """{"more":1}""", """{"inputArguments":[{"value":{"modelType":"Property","idShort":"Speed","valueType":"xs:int"}}]}""", """{"inputArguments":[{"value":{"modelType":"Property","idShort":"Force","valueType":"xs:boolean","value":"perhaps"}}]}""", """{"clientTimeoutDuration":"soon"}"""])
            Assert.Equal(HttpStatusCode.BadRequest, (await Client.PostAsync(reset + "/invoke", ShellNode.Json(wrong), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await Client.PostAsync(reset + "/invoke-async", ShellNode.Json("{}"), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Client.GetAsync(reset + "/operation-results/nothing", Cancel)).StatusCode);
    }

    /// <summary>What does not exist, is no identifier, or is no page is refused in the form of the standard.</summary>
    [Fact]
    public async Task Every_published_operation_refuses_bad_identifiers_limits_and_bodies()
    {
        await shells.Fill();
        var wrong = new List<string>();
        foreach (var operation in Operations())
        {
            var (path, parameters) = ((string)operation["path"]!, operation["params"]!.AsArray().Select(name => (string)name!).ToList());
            var body = operation["request"]!.AsObject().Select(pair => pair.Key).FirstOrDefault();
            if (path.Contains('{', StringComparison.Ordinal) && !path.Contains("handleId", StringComparison.Ordinal))
                await Expect(operation, Filled(path, "!!!"), body, [400], wrong);
            if (path.Contains('{', StringComparison.Ordinal) && (string)operation["method"]! is "GET" or "DELETE")
                await Expect(operation, Filled(path, ShellNode.Id("urn:nobody")), body, [404], wrong);
            if (parameters.Contains("Limit"))
                await Expect(operation, Filled(path, null) + "?limit=0", body, [400], wrong);
            if (parameters.Contains("Cursor"))
                await Expect(operation, Filled(path, null) + "?cursor=%21", body, [400], wrong);
            if (parameters.Contains("Level") && !path.EndsWith("$metadata", StringComparison.Ordinal) && !path.EndsWith("$reference", StringComparison.Ordinal))
                await Expect(operation, Filled(path, null) + "?level=bottom", body, [400], wrong);
            if (path.Contains("handleId", StringComparison.Ordinal))
                await Expect(operation, Filled(path, null), body, [404], wrong);
            if (body == "application/json")
                await Expect(operation, Filled(path, null), "broken", [400], wrong);
        }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [Fact]
    public async Task Nobody_reads_or_changes_shells_without_a_token_and_the_refusal_has_the_form_of_the_standard()
    {
        using var stranger = new HttpClient { BaseAddress = shells.Node.Address };
        foreach (var path in (string[])["shells", "description", "nothing/here"])
        {
            using var answer = await stranger.GetAsync("api/v3/" + path, Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Error", (string?)(await Body(answer))["messages"]![0]!["messageType"]);
        }
        var issued = JsonNode.Parse(await (await Client.PostAsync("api/v1/tokens", ShellNode.Json($$"""{"name":"reader{{counter++}}","permissions":["read"]}"""), Cancel)).Content.ReadAsStringAsync(Cancel))!;
        stranger.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (string)issued["token"]!);
        Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync("api/v3/shells", Cancel)).StatusCode);
        using var refused = await stranger.PostAsync("api/v3/shells", ShellNode.Json(Encoding.UTF8.GetString(ShellJson.Write(MadeShells.Shell("urn:x")))), Cancel);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal("not-allowed", (string?)(await Body(refused))["messages"]![0]!["code"]);
    }

    [Fact]
    public async Task Values_are_written_and_read_back_by_path()
    {
        await shells.Fill();
        var elements = $"api/v3/shells/{ShellNode.Id(MadeShells.ShellId)}/submodels/{ShellNode.Id(MadeShells.SubmodelId)}/submodel-elements";
        Assert.Equal(HttpStatusCode.NoContent, (await Client.PatchAsync($"{elements}/Readings%5B1%5D/$value", ShellNode.Json("99.25"), Cancel)).StatusCode);
        Assert.Equal("99.25", await Client.GetStringAsync($"{elements}/Readings%5B1%5D/$value", Cancel));
        Assert.Equal("""["Tool","Tool.Strokes","Tool.Maker"]""", await Client.GetStringAsync($"{elements}/Tool/$path?level=core", Cancel));
        using var refused = await Client.PatchAsync($"{elements}/Temperature/$value", ShellNode.Json("\"warm\""), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("xs:double", (string)(await Body(refused))["messages"]![0]!["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_goes_in_and_comes_out_and_into_a_package()
    {
        await shells.Fill();
        using var file = await Client.GetAsync($"api/v3/submodels/{ShellNode.Id(MadeShells.SubmodelId)}/submodel-elements/Manual/attachment", Cancel);
        Assert.Equal("%PDF", await file.Content.ReadAsStringAsync(Cancel));
        Assert.Equal("attachment", file.Content.Headers.ContentDisposition!.DispositionType);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/v3/serialization?aasIds={ShellNode.Id(MadeShells.ShellId)}&submodelIds={ShellNode.Id(MadeShells.SubmodelId)}");
        request.Headers.Accept.ParseAdd("application/asset-administration-shell-package+xml");
        using var answer = await Client.SendAsync(request, Cancel);
        var package = AasxPackage.Read(new MemoryStream(await answer.Content.ReadAsByteArrayAsync(Cancel)));
        Assert.Empty(package.Findings);
        Assert.Equal("%PDF", Encoding.UTF8.GetString(package.Files.Single(part => part.Path.EndsWith("manual.pdf", StringComparison.Ordinal)).Content.Span));
    }

    [Fact]
    public async Task A_bulk_change_tells_by_its_handle_how_it_went()
    {
        var descriptor = Encoding.UTF8.GetString(ShellJson.Write(ShellNode.SubmodelDescriptor($"urn:bulk:{counter++}")));
        foreach (var expected in (HttpStatusCode[])[HttpStatusCode.NoContent, HttpStatusCode.Conflict])
        {
            using var accepted = await Client.PostAsync("api/v3/bulk/submodel-descriptors", ShellNode.Json($"[{descriptor}]"), Cancel);
            Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
            using var patient = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = shells.Node.Address };
            patient.DefaultRequestHeaders.Authorization = Client.DefaultRequestHeaders.Authorization;
            using var status = await patient.GetAsync(accepted.Headers.Location, Cancel);
            Assert.Equal(HttpStatusCode.Found, status.StatusCode);
            using var result = await patient.GetAsync(status.Headers.Location, Cancel);
            Assert.Equal(expected, result.StatusCode);
        }
    }

    [Fact]
    public async Task What_breaks_a_constraint_is_refused_by_its_name()
    {
        using var answer = await Client.PostAsync("api/v3/shells", ShellNode.Json("""{"modelType":"AssetAdministrationShell","id":"urn:bad","assetInformation":{"assetKind":"Instance"}}"""), Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("AASd-131", (string)(await Body(answer))["messages"]![0]!["text"]!, StringComparison.Ordinal);
    }

    private static IEnumerable<JsonObject> Operations()
    {
        var file = Path.Combine(Checkout.Root, "..", "shared", "spec", "aas", "operations-v3.1.2.json");
        Assert.SkipUnless(File.Exists(file), "the folder 'shared' is not beside this checkout");
        return JsonNode.Parse(File.ReadAllText(file))!["operations"]!.AsArray().Select(operation => operation!.AsObject())
            .Where(operation => (string)operation["path"]! is var path && !path.StartsWith("/aas", StringComparison.Ordinal) && path != "/submodel" && !path.StartsWith("/submodel/", StringComparison.Ordinal));
    }

    private async Task Expect(JsonObject operation, string path, string? body, int[] expected, List<string> wrong)
    {
        using var request = new HttpRequestMessage(new HttpMethod((string)operation["method"]!), "api/v3" + path);
        request.Content = body switch
        {
            "broken" => ShellNode.Json("""{"modelType":"""),
            "multipart/form-data" => ShellNode.Form("a", ShellNode.Package()),
            "application/json" => BodyOf(operation),
            _ => null,
        };
        using var answer = await Client.SendAsync(request, Cancel);
        var text = await answer.Content.ReadAsStringAsync(Cancel);
        if (!expected.Contains((int)answer.StatusCode) || !text.Contains("\"messages\"", StringComparison.Ordinal))
            wrong.Add($"{request.Method} {request.RequestUri}: {(int)answer.StatusCode} instead of {expected[0]}, {text}");
    }

    private static HttpRequestMessage RequestOf(JsonObject operation, string handle)
    {
        var (method, path) = ((string)operation["method"]!, (string)operation["path"]!);
        var request = new HttpRequestMessage(new HttpMethod(method), "api/v3" + Filled(path.Replace("{handleId}", handle, StringComparison.Ordinal), null));
        if (operation["request"]!["multipart/form-data"] is not null)
            request.Content = path.StartsWith("/packages", StringComparison.Ordinal) ? ShellNode.Form("new.aasx", ShellNode.Package($"urn:made:{counter++}")) : ShellNode.Form("new.bin", [9, 9]);
        else if (operation["request"]!["application/json"] is not null)
            request.Content = BodyOf(operation);
        return request;
    }

    /// <summary>A path with identifiers of what is there, or with one that is given for all.</summary>
    private static string Filled(string path, string? id) => path
        .Replace("{aasIdentifier}", id ?? ShellNode.Id(MadeShells.ShellId), StringComparison.Ordinal)
        .Replace("{submodelIdentifier}", id ?? ShellNode.Id(MadeShells.SubmodelId), StringComparison.Ordinal)
        .Replace("{cdIdentifier}", id ?? ShellNode.Id(ShellNode.ConceptId), StringComparison.Ordinal)
        .Replace("{packageId}", id ?? ShellNode.Id(ShellNode.PackageId), StringComparison.Ordinal)
        .Replace("{handleId}", "handle", StringComparison.Ordinal)
        .Replace("{idShortPath}", path.Contains("invoke", StringComparison.Ordinal) || path.Contains("operation-", StringComparison.Ordinal) ? "Reset" : path.Contains("attachment", StringComparison.Ordinal) ? "Manual" : "Tool", StringComparison.Ordinal);

    private static StringContent BodyOf(JsonObject operation)
    {
        var (method, path, isNew) = ((string)operation["method"]!, (string)operation["path"]!, (string)operation["method"]! == "POST");
        var id = isNew ? $"{NewId}{counter++}" : null;
        if (path.Contains("/invoke", StringComparison.Ordinal))
            return ShellNode.Json("""{"clientTimeoutDuration":"PT5S"}""");
        if (path.Contains("$value", StringComparison.Ordinal))
            return ShellNode.Json(path.Contains("submodel-elements", StringComparison.Ordinal) ? """{"Strokes":5}""" : """{"Temperature":5}""");
        if (path.StartsWith("/query", StringComparison.Ordinal))
            return ShellNode.Json("""{"$condition":{"$boolean":true}}""");
        if (path.StartsWith("/lookup", StringComparison.Ordinal))
            return ShellNode.Json("""[{"name":"serialNumber","value":"P-4711"}]""");
        if (path.StartsWith("/bulk", StringComparison.Ordinal) && method == "DELETE")
            return ShellNode.Json("[]");
        var whole = (string?)operation["request"]!["application/json"] switch
        {
            "AssetAdministrationShell" => ShellJson.Write(MadeShells.Shell(id ?? MadeShells.ShellId)),
            "AssetInformation" => ShellJson.Write(MadeShells.Shell().AssetInformation),
            "Reference" => ShellJson.Write(Reference.Model(KeyKind.Submodel, id ?? "urn:y")),
            "Submodel" or "SubmodelMetadata" when path.Contains("$metadata", StringComparison.Ordinal) => """{"idShort":"Changed"}"""u8.ToArray(),
            "Submodel" => ShellJson.Write(MadeShells.Submodel(id ?? MadeShells.SubmodelId)),
            "SubmodelElementMetadata" => """{"modelType":"SubmodelElementCollection","idShort":"Tool"}"""u8.ToArray(),
            "ConceptDescription" => ShellJson.Write(MadeShells.Environment().ConceptDescriptions![0] with { Id = id ?? ShellNode.ConceptId }),
            "AssetAdministrationShellDescriptor" => ShellJson.Write(ShellNode.ShellDescriptor() with { Id = id ?? MadeShells.ShellId }),
            "SubmodelDescriptor" => ShellJson.Write(ShellNode.SubmodelDescriptor(id ?? MadeShells.SubmodelId)),
            "array" => Encoding.UTF8.GetBytes($"[{Encoding.UTF8.GetString(path.Contains("shell-", StringComparison.Ordinal) ? ShellJson.Write(ShellNode.ShellDescriptor() with { Id = id ?? MadeShells.ShellId }) : ShellJson.Write(ShellNode.SubmodelDescriptor(id ?? MadeShells.SubmodelId)))}]"),
            _ => ShellJson.Write(isNew ? new Capability { IdShort = $"New{counter++}" } : MadeShells.Submodel().SubmodelElements!.First(element => element.IdShort == "Tool")),
        };
        return ShellNode.Json(Encoding.UTF8.GetString(whole));
    }

    private static async Task<JsonNode> Body(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
}
