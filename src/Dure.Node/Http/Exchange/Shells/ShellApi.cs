using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Node.Access;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>
/// The interface of the Asset Administration Shell, V3.1 (IDTA 01002): repositories, registries, discovery, packages, queries. Its
/// refusals have the standard's form; see <see cref="ShellResults"/>.
/// </summary>
internal static class ShellApi
{
    public const string Prefix = "/api/v3";

    /// <summary>The profiles of which every operation is here; those for a single shell or submodel (/aas, /submodel) are other servers than a repository.</summary>
    private static readonly string[] profiles =
    [
        .. Profiles("AssetAdministrationShellRepositoryServiceSpecification", 3), .. Profiles("SubmodelRepositoryServiceSpecification", 2), "SubmodelRepositoryServiceSpecification/SSP-005",
        .. Profiles("ConceptDescriptionRepositoryServiceSpecification", 2), .. Profiles("AssetAdministrationShellRegistryServiceSpecification", 4),
        .. Profiles("SubmodelRegistryServiceSpecification", 4), .. Profiles("DiscoveryServiceSpecification", 2), .. Profiles("AasxFileServerServiceSpecification", 1),
    ];

    public static void MapShells(this WebApplication app)
    {
        var api = app.MapGroup(Prefix).ExcludeFromDescription(); // the standard describes it
        api.Read("/description", Describe);
        api.MapShellRepository();
        foreach (var prefix in (string[])["/submodels/{submodelIdentifier}", "/shells/{aasIdentifier}/submodels/{submodelIdentifier}"])
        {
            api.MapSubmodel(prefix);
            api.MapElements(prefix + "/submodel-elements");
        }
        api.MapSubmodelRepository();
        api.MapConcepts();
        api.MapRegistries();
        api.MapDiscovery();
        api.MapShellPackages();
        api.MapSerialization();
        api.MapShellQueries();
        api.Map("/{**rest}", context => ShellResults.Write(context, StatusCodes.Status404NotFound, "no-such-operation", $"There is no {context.Request.Method} {context.Request.Path}.")).Needs(Permission.Read);
    }

    public static void Read(this IEndpointRouteBuilder api, string path, Func<ShellCall, Task> handler) =>
        api.MapGet(path, context => handler(new ShellCall(context))).Needs(Permission.Read);

    /// <summary>Maps what only looks but needs a body.</summary>
    public static void Ask(this IEndpointRouteBuilder api, string path, Func<ShellCall, Task> handler) =>
        api.MapPost(path, context => handler(new ShellCall(context))).Needs(Permission.Read);

    public static void Change(this IEndpointRouteBuilder api, string method, string path, Func<ShellCall, Task> handler) =>
        api.MapMethods(path, [method], context => handler(new ShellCall(context))).Needs(Permission.Curate);

    private static IEnumerable<string> Profiles(string service, int upTo) => Enumerable.Range(1, upTo).Select(number => $"{service}/SSP-{number:000}");

    private static Task Describe(ShellCall call) => call.Answer(StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        writer.WriteStartArray("profiles");
        foreach (var profile in profiles)
            writer.WriteStringValue("https://admin-shell.io/aas/API/3/1/" + profile);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });
}
