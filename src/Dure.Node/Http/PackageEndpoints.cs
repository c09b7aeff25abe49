using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Access;
using Dure.Node.Runs;

namespace Dure.Node.Http;

/// <summary>Model packages for devices.</summary>
internal static class PackageEndpoints
{
    public static void MapPackages(this IEndpointRouteBuilder app)
    {
        var packages = app.MapGroup("/api/v1/packages").WithTags("Packages");
        packages.MapGet("/", All).Needs(Permission.Read).WithSummary("List packages.");
        packages.MapPost("/", Build).Needs(Permission.Deploy).WithSummary("Pack a model with preprocessing, limits, self-test and signature.");
        packages.MapGet("/{hash}", Download).Needs(Permission.Read).WithSummary("The .durepkg file.");
    }

    private static JsonObject All(PackageShelf shelf) => new() { ["packages"] = new JsonArray([.. shelf.All.Select(Describe)]) };

    private static async Task<JsonObject> Build(JsonObject request, PackageShelf shelf, ModelRegistry models, HttpContext context) =>
        Describe(await shelf.Build(models.Find(Requests.Text(request, "model")), context.Actor(), context.RequestAborted));

    private static IResult Download(string hash, PackageShelf shelf)
    {
        var package = shelf.Find(ContentHash.Parse(hash));
        return Results.File(shelf.PathOf(package), "application/octet-stream", $"{package.Model.Name}-{package.Hash.Short}.durepkg", enableRangeProcessing: true);
    }

    private static JsonObject Describe(ShelvedPackage package) => new()
    {
        ["hash"] = package.Hash.ToString(),
        ["model"] = package.Model.Version.ToString(),
        ["machines"] = package.Model.Manifest.Machines.Count,
        ["bytes"] = package.Bytes,
        ["entry"] = package.Entry.Index,
    };
}
