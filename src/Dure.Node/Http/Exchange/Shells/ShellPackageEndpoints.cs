using System.Buffers;
using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>The file server for packages, and environments put together from what the repositories hold.</summary>
internal static class ShellPackageEndpoints
{
    private const string One = "/packages/{packageId}";
    public const string PackageType = "application/asset-administration-shell-package";
    private const int MaxShells = 10_000;

    public static void MapShellPackages(this IEndpointRouteBuilder api)
    {
        api.Read("/packages", List);
        api.Change("POST", "/packages", Post);
        api.Read(One, Send);
        api.Change("PUT", One, Put);
        api.Change("DELETE", One, async call =>
        {
            await call.Store.Packages.Remove(Find(call).Id, call.Actor, call.Cancel);
            await call.NoContent();
        });
    }

    public static void MapSerialization(this IEndpointRouteBuilder api) => api.Read("/serialization", Serialize);

    private static StoredDocument Find(ShellCall call) => call.Store.Packages.Find(call.Id("packageId"));

    private static Task List(ShellCall call)
    {
        var shell = call.DecodedList("aasId") is [var first, ..] ? first : null;
        var page = call.Store.Packages.Page(document => shell is null || ShellsIn(call, document).Contains(shell), call.Cursor, call.Limit(), call.Cancel);
        return call.Page(page.Documents, page.Cursor, (writer, document) => writer.WriteRawValue(call.Store.Packages.Content(document).Span, skipInputValidation: true));
    }

    private static List<string> ShellsIn(ShellCall call, StoredDocument document)
    {
        using var description = JsonDocument.Parse(call.Store.Packages.Content(document));
        return [.. description.RootElement.GetProperty("aasIds").EnumerateArray().Select(id => id.GetString()!)]; // Describe wrote a list of texts
    }

    private static async Task Post(ShellCall call)
    {
        var (file, shells) = await Receive(call);
        var id = file.Content.Hex[..32];
        await Keep(call, id, file, shells, Putting.OnlyNew);
        await call.Created($"/packages/{ShellCall.Encoded(id)}", writer => Describe(writer, id, shells));
    }

    private static async Task Put(ShellCall call)
    {
        var id = call.Id("packageId");
        if (id.Length > 128)
            throw ShellCall.Bad("packageId", "The identifier has more than 128 characters.", "Choose a shorter one.");
        var (file, shells) = await Receive(call);
        if (await Keep(call, id, file, shells, Putting.Either))
            await call.Created($"/packages/{ShellCall.Encoded(id)}", writer => Describe(writer, id, shells));
        else
            await call.NoContent();
    }

    /// <summary>Only what can be read as a package is kept as one.</summary>
    private static async Task<(StoredFile File, IReadOnlyList<string> Shells)> Receive(ShellCall call)
    {
        var (file, name) = await ShellFiles.Form(call);
        await using var content = file.OpenReadStream();
        var package = AasxPackage.Read(content);
        content.Position = 0;
        return (new StoredFile(name, PackageType, await call.Store.Blobs.Put(content, call.Cancel), file.Length), [.. (package.Environment.AssetAdministrationShells ?? []).Select(shell => shell.Id)]);
    }

    private static Task<bool> Keep(ShellCall call, string id, StoredFile file, IReadOnlyList<string> shells, Putting putting)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(output))
            Describe(writer, id, shells);
        return call.Store.Packages.Change(id, _ => new Dure.Exchange.Shells.Change(output.WrittenMemory, [file]), putting, call.Actor, call.Cancel);
    }

    private static void Describe(Utf8JsonWriter writer, string id, IReadOnlyList<string> shells)
    {
        writer.WriteStartObject();
        writer.WriteString("packageId", id);
        writer.WriteStartArray("aasIds");
        foreach (var shell in shells)
            writer.WriteStringValue(shell);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static Task Send(ShellCall call)
    {
        var file = Find(call).Files[0]; // Keep has put one
        call.Context.Response.Headers["X-FileName"] = file.Name;
        return ShellFiles.Send(call, file);
    }

    /// <summary>The shells and submodels named, or all; with the concepts that their semantic ids lead to.</summary>
    private static async Task Serialize(ShellCall call)
    {
        var form = call.Context.Request.Headers.Accept.ToString();
        var package = Collect(call);
        var response = call.Context.Response;
        if (form.Contains(PackageType, StringComparison.OrdinalIgnoreCase))
        {
            using var zip = new MemoryStream();
            package.Write(zip, form.Contains("+json", StringComparison.OrdinalIgnoreCase) ? AasxForm.Json : AasxForm.Xml);
            response.ContentType = form.Contains("+json", StringComparison.OrdinalIgnoreCase) ? PackageType + "+json" : PackageType + "+xml";
            response.Headers.ContentDisposition = ShellFiles.Disposition("shells.aasx");
            await response.Body.WriteAsync(zip.GetBuffer().AsMemory(0, (int)zip.Length), call.Cancel);
        }
        else if (form.Contains("/xml", StringComparison.OrdinalIgnoreCase) && !form.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            using var xml = new MemoryStream();
            ShellXml.Write(xml, package.Environment);
            response.ContentType = "application/xml";
            await response.Body.WriteAsync(xml.GetBuffer().AsMemory(0, (int)xml.Length), call.Cancel);
        }
        else
            await call.Answer(200, ShellJson.Write(package.Environment));
    }

    private static AasxPackage Collect(ShellCall call)
    {
        var store = call.Store;
        var (shellIds, submodelIds) = (call.DecodedList("aasIds"), call.DecodedList("submodelIds"));
        var isAll = shellIds.Count == 0 && submodelIds.Count == 0;
        if (isAll && store.Shells.Count + store.Submodels.Count > MaxShells)
            throw ShellCall.Bad("aasIds", $"There are more than {MaxShells} shells and submodels.", "Name those that you want.");
        var shells = (isAll ? store.Shells.All() : shellIds.Distinct(StringComparer.Ordinal).Select(store.Shells.Find)).ToList();
        var documents = (isAll ? store.Submodels.All() : submodelIds.Distinct(StringComparer.Ordinal).Select(store.Submodels.Find)).ToList();
        return ShellBundle.Of(store, shells, documents, call.Query("includeConceptDescriptions") is not "false");
    }
}
