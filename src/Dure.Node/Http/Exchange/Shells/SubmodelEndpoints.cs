using System.Text;
using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>Submodels as wholes: in their repository, and by way of a shell that refers to them.</summary>
internal static class SubmodelEndpoints
{
    public static void MapSubmodelRepository(this IEndpointRouteBuilder api)
    {
        api.Read("/submodels", call => List(call, call.Form().WriteNormal));
        api.Read("/submodels/$metadata", call => List(call, ShellForm.WriteMetadata));
        api.Read("/submodels/$value", call => List(call, call.Form().WriteValue));
        api.Read("/submodels/$reference", call => List(call, (writer, submodel) => ShellJson.Write(writer, ElementTree.ReferenceTo(submodel, null))));
        api.Read("/submodels/$path", call => List(call, (writer, submodel) => WritePaths(writer, call.Form(), submodel)));
        api.Change("POST", "/submodels", Post);
    }

    public static void MapSubmodel(this IEndpointRouteBuilder api, string one)
    {
        api.Read(one, call => call.Answer(200, writer => call.Form().WriteNormal(writer, Load(call))));
        api.Read(one + "/$metadata", call => call.Answer(200, writer => ShellForm.WriteMetadata(writer, Load(call))));
        api.Read(one + "/$value", call => call.Answer(200, writer => call.Form().WriteValue(writer, Load(call))));
        api.Read(one + "/$reference", call => call.Answer(200, writer => ShellJson.Write(writer, ElementTree.ReferenceTo(Load(call), null))));
        api.Read(one + "/$path", call => call.Answer(200, writer =>
        {
            writer.WriteStartArray();
            WritePaths(writer, call.Form(), Load(call));
            writer.WriteEndArray();
        }));
        api.Change("PUT", one, Put);
        api.Change("PATCH", one, Patch);
        api.Change("PATCH", one + "/$metadata", Patch);
        api.Change("PATCH", one + "/$value", PatchValue);
        api.Change("DELETE", one, Delete);
    }

    /// <summary>The submodel that a call is about. By way of a shell, the shell must refer to it.</summary>
    public static string IdOf(ShellCall call)
    {
        var id = call.Id("submodelIdentifier");
        if (call.HasId("aasIdentifier") && !ShellRepositoryEndpoints.RefersTo(ShellOf(call), id))
            throw new ProblemException("urn:dure:exchange:unknown-shell-part", $"The shell does not refer to a submodel '{id}'.", "submodelIdentifier", "Read the shell's references at …/submodel-refs.");
        return id;
    }

    public static Submodel Load(ShellCall call) => call.Store.Submodels.Load<Submodel>(call.Store.Submodels.Find(IdOf(call)));

    public static async Task Change(ShellCall call, Func<Submodel, List<StoredFile>, Submodel> change)
    {
        await call.Store.Submodels.Change(IdOf(call), change, call.Actor, call.Cancel);
        await call.NoContent();
    }

    private static AssetAdministrationShell ShellOf(ShellCall call) => call.Store.Shells.Load<AssetAdministrationShell>(call.Store.Shells.Find(call.Id("aasIdentifier")));

    private static Task List(ShellCall call, Action<Utf8JsonWriter, Submodel> write)
    {
        var (idShort, semanticId) = (call.Query("idShort"), SemanticIdOf(call));
        var page = call.Store.Submodels.Page(document => (idShort is null || document.IdShort == idShort) && (semanticId is null || document.SemanticId == semanticId), call.Cursor, call.Limit(), call.Cancel);
        return call.Page(page.Documents, page.Cursor, (writer, document) => write(writer, call.Store.Submodels.Load<Submodel>(document)));
    }

    /// <summary>A reference as JSON in base64url, compared by its keys.</summary>
    private static string? SemanticIdOf(ShellCall call) => call.DecodedList("semanticId") is [var text, ..]
        ? string.Join('\n', ShellJson.Read<Reference>(Encoding.UTF8.GetBytes(text)).OrThrow().Keys.Select(key => key.Value))
        : null;

    private static void WritePaths(Utf8JsonWriter writer, ShellForm form, Submodel submodel)
    {
        foreach (var path in form.Paths(submodel, ""))
            writer.WriteStringValue(path);
    }

    private static async Task Post(ShellCall call)
    {
        var submodel = await call.Read<Submodel>();
        await call.Store.Submodels.Put(submodel.Id, submodel, Putting.OnlyNew, call.Actor, call.Cancel);
        await call.Created($"/submodels/{ShellCall.Encoded(submodel.Id)}", writer => ShellJson.Write(writer, submodel));
    }

    /// <summary>By way of a shell a new submodel becomes one of the shell's.</summary>
    private static async Task Put(ShellCall call)
    {
        var (id, submodel) = (call.Id("submodelIdentifier"), await call.Read<Submodel>());
        ShellRepositoryEndpoints.SameId(id, submodel.Id);
        var isOfShell = call.HasId("aasIdentifier");
        var mustRefer = isOfShell && !ShellRepositoryEndpoints.RefersTo(ShellOf(call), id);
        var isNew = await call.Store.Submodels.Put(id, submodel, Putting.Either, call.Actor, call.Cancel);
        if (mustRefer)
            await call.Store.Shells.Change<AssetAdministrationShell>(call.Id("aasIdentifier"), (shell, _) =>
            {
                shell.Submodels = [.. shell.Submodels ?? [], Reference.Model(KeyKind.Submodel, id)];
                return shell;
            }, call.Actor, call.Cancel);
        if (isNew)
            await call.Created($"/submodels/{ShellCall.Encoded(id)}", writer => ShellJson.Write(writer, submodel));
        else
            await call.NoContent();
    }

    private static async Task Patch(ShellCall call)
    {
        _ = call.Form(); // what is no modifier is refused, although a change has no use for one
        var bytes = await call.Bytes();
        await Change(call, (submodel, _) =>
        {
            var patched = ShellForm.Patch(submodel, bytes);
            ShellRepositoryEndpoints.SameId(submodel.Id, patched.Id);
            return patched;
        });
    }

    private static async Task PatchValue(ShellCall call)
    {
        _ = call.Form(); // what is no modifier is refused, although a change has no use for one
        var bytes = await call.Bytes();
        await Change(call, (submodel, _) =>
        {
            ShellForm.ApplyValue(bytes, submodel);
            return submodel;
        });
    }

    private static async Task Delete(ShellCall call)
    {
        var id = call.Store.Submodels.Find(IdOf(call)).Id;
        if (call.HasId("aasIdentifier"))
            await call.Store.Shells.Change<AssetAdministrationShell>(call.Id("aasIdentifier"), (shell, _) =>
            {
                shell.Submodels = ShellRepositoryEndpoints.Without(shell, id);
                return shell;
            }, call.Actor, call.Cancel);
        await call.Store.Submodels.Remove(id, call.Actor, call.Cancel);
        await call.NoContent();
    }
}
