using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>The registries: descriptors of shells, of submodels, and of the submodels of a shell; many at once, too.</summary>
internal static class RegistryEndpoints
{
    private const string OfShell = "/shell-descriptors/{aasIdentifier}/submodel-descriptors";
    private const int MaxBulk = 10_000;

    /// <summary>What became of the last bulk changes: null for all well.</summary>
    private static readonly KeptOutcomes<Problem?> outcomes = new();

    public static void MapRegistries(this IEndpointRouteBuilder api)
    {
        DocumentEndpoints.Shells.Map(api, ShellFilter);
        DocumentEndpoints.Submodels.Map(api, _ => _ => true);
        api.Read(OfShell, List);
        api.Change("POST", OfShell, Post);
        api.Read(OfShell + "/{submodelIdentifier}", call => call.Answer(200, ShellJson.Write(Find(Load(call), call.Id("submodelIdentifier")))));
        api.Change("PUT", OfShell + "/{submodelIdentifier}", Put);
        api.Change("DELETE", OfShell + "/{submodelIdentifier}", Delete);
        MapBulk(api, "/bulk/shell-descriptors", DocumentEndpoints.Shells);
        MapBulk(api, "/bulk/submodel-descriptors", DocumentEndpoints.Submodels);
        api.Read("/bulk/status/{handleId}", Status);
        api.Read("/bulk/result/{handleId}", Result);
    }

    private static Func<StoredDocument, bool> ShellFilter(ShellCall call)
    {
        var (kind, type) = (call.Query("assetKind"), call.DecodedList("assetType") is [var first, ..] ? first : null);
        if (kind is null && type is null)
            return _ => true;
        return document => call.Store.ShellDescriptors.Load<ShellDescriptor>(document) is var descriptor && (kind is null || descriptor.AssetKind?.ToString() == kind) && (type is null || descriptor.AssetType == type);
    }

    private static ShellDescriptor Load(ShellCall call) => call.Store.ShellDescriptors.Load<ShellDescriptor>(call.Store.ShellDescriptors.Find(call.Id("aasIdentifier")));

    private static SubmodelDescriptor Find(ShellDescriptor shell, string id) => shell.SubmodelDescriptors?.FirstOrDefault(descriptor => descriptor.Id == id)
        ?? throw new ProblemException("urn:dure:exchange:unknown-shell-part", $"The shell's descriptor has none of a submodel '{id}'.", "submodelIdentifier", "List what there is.");

    private static Task List(ShellCall call)
    {
        var (part, cursor) = call.Slice(Load(call).SubmodelDescriptors ?? []);
        return call.Page(part, cursor, ShellJson.Write);
    }

    private static async Task Post(ShellCall call)
    {
        var descriptor = await call.Read<SubmodelDescriptor>();
        await Change(call, shell => shell.SubmodelDescriptors = shell.SubmodelDescriptors?.Any(other => other.Id == descriptor.Id) != true ? [.. shell.SubmodelDescriptors ?? [], descriptor]
            : throw new ProblemException("urn:dure:exchange:shell-conflict", $"There is a descriptor of '{descriptor.Id}' already.", "id", "Replace it with PUT."));
        await Created(call, descriptor);
    }

    private static async Task Put(ShellCall call)
    {
        var (id, descriptor, isNew) = (call.Id("submodelIdentifier"), await call.Read<SubmodelDescriptor>(), false);
        ShellRepositoryEndpoints.SameId(id, descriptor.Id);
        await Change(call, shell =>
        {
            isNew = shell.SubmodelDescriptors?.Any(other => other.Id == id) != true;
            shell.SubmodelDescriptors = [.. (shell.SubmodelDescriptors ?? []).Select(other => other.Id == id ? descriptor : other), .. isNew ? (SubmodelDescriptor[])[descriptor] : []];
        });
        if (isNew)
            await Created(call, descriptor);
        else
            await call.NoContent();
    }

    private static async Task Delete(ShellCall call)
    {
        var id = call.Id("submodelIdentifier");
        await Change(call, shell =>
        {
            Find(shell, id);
            shell.SubmodelDescriptors = shell.SubmodelDescriptors!.Where(other => other.Id != id).ToArray() is { Length: > 0 } left ? left : null; // Find has found one
        });
        await call.NoContent();
    }

    private static Task Created(ShellCall call, SubmodelDescriptor descriptor) =>
        call.Created($"/shell-descriptors/{ShellCall.Encoded(call.Id("aasIdentifier"))}/submodel-descriptors/{ShellCall.Encoded(descriptor.Id)}", writer => ShellJson.Write(writer, descriptor));

    private static Task Change(ShellCall call, Action<ShellDescriptor> change) => call.Store.ShellDescriptors.Change<ShellDescriptor>(call.Id("aasIdentifier"), (shell, _) =>
    {
        change(shell);
        return shell;
    }, call.Actor, call.Cancel);

    private static void MapBulk<T>(IEndpointRouteBuilder api, string path, DocumentRoutes<T> routes) where T : class
    {
        api.Change("POST", path, call => Bulk(call, routes, item => PutItem(call, routes, item, Putting.OnlyNew)));
        api.Change("PUT", path, call => Bulk(call, routes, item => PutItem(call, routes, item, Putting.OnlyThere)));
        api.Change("DELETE", path, call => Bulk(call, routes, async item =>
        {
            var id = item.ValueKind == JsonValueKind.String ? item.GetString()! : throw ShellCall.Bad("request body", "An item is not an identifier.", "Send a list of identifiers."); // a string token has a string
            await routes.Shelf(call.Store).Remove(routes.Shelf(call.Store).Find(id).Id, call.Actor, call.Cancel);
        }));
    }

    private static Task PutItem<T>(ShellCall call, DocumentRoutes<T> routes, JsonElement item, Putting putting) where T : class
    {
        var value = ShellJson.Read<T>(item).OrThrow();
        return routes.Shelf(call.Store).Put(routes.IdOf(value), value, putting, call.Actor, call.Cancel);
    }

    /// <summary>Does one after the other and stops at the first that fails; how it went is asked for by the handle.</summary>
    private static async Task Bulk<T>(ShellCall call, DocumentRoutes<T> routes, Func<JsonElement, Task> change) where T : class
    {
        using var document = JsonDocument.Parse(await call.Bytes());
        if (document.RootElement.ValueKind != JsonValueKind.Array || document.RootElement.GetArrayLength() > MaxBulk)
            throw ShellCall.Bad("request body", $"The body is not a list of at most {MaxBulk} items.", $"Send the changes to {routes.Path} as a list.");
        Problem? failure = null;
        try
        {
            foreach (var item in document.RootElement.EnumerateArray())
                await change(item);
        }
        catch (ProblemException refused)
        {
            failure = refused.Problem;
        }
        call.Context.Response.Headers.Location = $"{ShellApi.Prefix}/bulk/status/{outcomes.Keep(failure)}";
        call.Context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    private static Task Status(ShellCall call)
    {
        _ = OutcomeOf(call);
        call.Context.Response.Headers.Location = $"{ShellApi.Prefix}/bulk/result/{call.Context.Request.RouteValues["handleId"]}";
        call.Context.Response.StatusCode = StatusCodes.Status302Found;
        return Task.CompletedTask;
    }

    private static Task Result(ShellCall call) => OutcomeOf(call) is { } failure ? throw new ProblemException(failure) : call.NoContent();

    private static Problem? OutcomeOf(ShellCall call) => outcomes.TryFind((string?)call.Context.Request.RouteValues["handleId"] ?? "", out var outcome) ? outcome
        : throw new ProblemException("urn:dure:exchange:unknown-shell-part", "There is no bulk change of this handle.", "handleId", "Use the handle that the change was answered with.");
}
