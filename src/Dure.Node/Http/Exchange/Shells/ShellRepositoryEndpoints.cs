using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>Shells: what they are of, which submodels they have, how they look.</summary>
internal static class ShellRepositoryEndpoints
{
    private const string One = "/shells/{aasIdentifier}";
    private const string Key = "aasIdentifier";

    public static void MapShellRepository(this IEndpointRouteBuilder api)
    {
        api.Read("/shells", call => List(call, (writer, document) => writer.WriteRawValue(call.Store.Shells.Content(document).Span, skipInputValidation: true)));
        api.Read("/shells/$reference", call => List(call, (writer, document) => ShellJson.Write(writer, ReferenceTo(document.Id))));
        api.Change("POST", "/shells", Post);
        api.Read(One, call => call.Answer(200, call.Store.Shells.Content(Find(call))));
        api.Read(One + "/$reference", call => call.Answer(200, ShellJson.Write(ReferenceTo(Find(call).Id))));
        api.Change("PUT", One, Put);
        api.Change("DELETE", One, Delete);
        api.Read(One + "/asset-information", call => call.Answer(200, ShellJson.Write(Load(call).AssetInformation)));
        api.Change("PUT", One + "/asset-information", PutAsset);
        api.Read(One + "/asset-information/thumbnail", Thumbnail);
        api.Change("PUT", One + "/asset-information/thumbnail", PutThumbnail);
        api.Change("DELETE", One + "/asset-information/thumbnail", DeleteThumbnail);
        api.Read(One + "/submodel-refs", References);
        api.Change("POST", One + "/submodel-refs", PostReference);
        api.Change("DELETE", One + "/submodel-refs/{submodelIdentifier}", DeleteReference);
    }

    /// <summary>The asset ids that a list is asked for: each a SpecificAssetId as JSON in base64url.</summary>
    public static IReadOnlyList<AssetLink> AssetLinks(ShellCall call) => [.. call.DecodedList("assetIds").Select(text =>
    {
        var id = ShellJson.Read<SpecificAssetId>(System.Text.Encoding.UTF8.GetBytes(text)).OrThrow();
        return new AssetLink(id.Name, id.Value);
    })];

    public static bool RefersTo(AssetAdministrationShell shell, string submodel) => shell.Submodels?.Any(reference => reference.Keys[^1].Value == submodel) == true;

    private static StoredDocument Find(ShellCall call) => call.Store.Shells.Find(call.Id(Key));

    private static AssetAdministrationShell Load(ShellCall call) => call.Store.Shells.Load<AssetAdministrationShell>(Find(call));

    private static Reference ReferenceTo(string id) => Reference.Model(KeyKind.AssetAdministrationShell, id);

    private static Task List(ShellCall call, Action<Utf8JsonWriter, StoredDocument> write)
    {
        var (links, idShort) = (AssetLinks(call), call.Query("idShort"));
        var page = call.Store.Shells.Page(document => (idShort is null || document.IdShort == idShort) && links.All(document.AssetIds.Contains), call.Cursor, call.Limit(), call.Cancel);
        return call.Page(page.Documents, page.Cursor, write);
    }

    private static async Task Post(ShellCall call)
    {
        var shell = await call.Read<AssetAdministrationShell>();
        await call.Store.Shells.Put(shell.Id, shell, Putting.OnlyNew, call.Actor, call.Cancel);
        await call.Created($"/shells/{ShellCall.Encoded(shell.Id)}", writer => ShellJson.Write(writer, shell));
    }

    private static async Task Put(ShellCall call)
    {
        var (id, shell) = (call.Id(Key), await call.Read<AssetAdministrationShell>());
        SameId(id, shell.Id);
        if (await call.Store.Shells.Put(id, shell, Putting.Either, call.Actor, call.Cancel))
            await call.Created($"/shells/{ShellCall.Encoded(id)}", writer => ShellJson.Write(writer, shell));
        else
            await call.NoContent();
    }

    public static void SameId(string inPath, string inBody)
    {
        if (inPath != inBody)
            throw ShellCall.Bad("id", $"The path names '{inPath}', the body '{inBody}'.", "Send the same identifier in both.");
    }

    private static async Task Delete(ShellCall call)
    {
        var id = Find(call).Id;
        await call.Store.Shells.Remove(id, call.Actor, call.Cancel);
        await call.NoContent();
    }

    private static async Task PutAsset(ShellCall call)
    {
        var (id, asset) = (call.Id(Key), await call.Read<AssetInformation>());
        await Change(call, id, (shell, _) => shell.AssetInformation = asset);
    }

    private static Task Thumbnail(ShellCall call)
    {
        var document = Find(call);
        var path = call.Store.Shells.Load<AssetAdministrationShell>(document).AssetInformation.DefaultThumbnail?.Path;
        return ShellFiles.Send(call, document.Files.FirstOrDefault(file => file.Name == path) ?? throw NotThere("thumbnail"));
    }

    private static async Task PutThumbnail(ShellCall call)
    {
        var id = Find(call).Id;
        var file = await ShellFiles.Receive(call);
        await Change(call, id, (shell, files) =>
        {
            files.Add(file);
            shell.AssetInformation.DefaultThumbnail = new() { Path = file.Name, ContentType = file.ContentType };
        });
    }

    private static Task DeleteThumbnail(ShellCall call) => Change(call, call.Id(Key), (shell, _) =>
        shell.AssetInformation.DefaultThumbnail = shell.AssetInformation.DefaultThumbnail is null ? throw NotThere("thumbnail") : null);

    private static Task References(ShellCall call)
    {
        var (part, cursor) = call.Slice(Load(call).Submodels ?? []);
        return call.Page(part, cursor, ShellJson.Write);
    }

    private static async Task PostReference(ShellCall call)
    {
        var (id, reference) = (call.Id(Key), await call.Read<Reference>());
        await call.Store.Shells.Change<AssetAdministrationShell>(id, (shell, _) =>
        {
            if (shell.Submodels?.Any(reference.HasSameKeys) == true)
                throw new ProblemException("urn:dure:exchange:shell-conflict", "The shell refers to this submodel already.", "keys", "Leave it as it is.");
            shell.Submodels = [.. shell.Submodels ?? [], reference];
            return shell;
        }, call.Actor, call.Cancel);
        await call.Created($"/shells/{ShellCall.Encoded(id)}/submodel-refs", writer => ShellJson.Write(writer, reference));
    }

    private static Task DeleteReference(ShellCall call)
    {
        var submodel = call.Id("submodelIdentifier");
        return Change(call, call.Id(Key), (shell, _) => shell.Submodels = RefersTo(shell, submodel) ? Without(shell, submodel) : throw NotThere("reference to this submodel"));
    }

    public static IReadOnlyList<Reference>? Without(AssetAdministrationShell shell, string submodel) =>
        shell.Submodels!.Where(reference => reference.Keys[^1].Value != submodel).ToArray() is { Length: > 0 } left ? left : null; // asked of shells that refer to it

    private static async Task Change(ShellCall call, string id, Action<AssetAdministrationShell, List<StoredFile>> change)
    {
        await call.Store.Shells.Change<AssetAdministrationShell>(id, (shell, files) =>
        {
            change(shell, files);
            return shell;
        }, call.Actor, call.Cancel);
        await call.NoContent();
    }

    private static ProblemException NotThere(string what) => new("urn:dure:exchange:unknown-shell-part", $"The shell has no {what}.", "asset administration shell", "Put one first.");
}
