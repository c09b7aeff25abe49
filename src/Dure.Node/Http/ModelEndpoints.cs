using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Access;
using Dure.Node.Runs;

namespace Dure.Node.Http;

/// <summary>Training runs and the models they register.</summary>
internal static class ModelEndpoints
{
    public static void MapModels(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/training-runs", Train).Needs(Permission.Train).WithTags("Models").WithSummary("Train and register; the answer is a run to follow.");
        var models = app.MapGroup("/api/v1/models").WithTags("Models");
        models.MapGet("/", All).Needs(Permission.Read).WithSummary("List model versions.");
        models.MapGet("/{version}", One).Needs(Permission.Read).WithSummary("A model version with its comparison table.");
        models.MapGet("/{version}/card.md", Card).Needs(Permission.Read).WithSummary("The model card, as Markdown.");
        models.MapGet("/{version}/onnx", Onnx).Needs(Permission.Read).WithSummary("One machine's fitted model as ONNX.");
    }

    public static ModelVersion Find(this ModelRegistry registry, string? version) =>
        (ContentHash.TryParse(version, out var hash) ? registry.Find(hash) : version is null ? null : registry.Latest(version))
        ?? throw new ProblemException("urn:dure:learn:no-such-model", $"There is no model '{version}'.", "model version", "List them with GET /api/v1/models.");

    private static Task<IResult> Train(JsonObject request, RunBoard runs, HttpContext context)
    {
        DetectorCatalog.Named(Requests.Texts(request, "detectors"));
        return RunEndpoints.Accept(runs, TrainWork.Kind, request, context);
    }

    private static JsonObject All(ModelRegistry registry) => new() { ["models"] = new JsonArray([.. registry.Versions.Select(TrainWork.Describe)]) };

    private static JsonObject One(string version, ModelRegistry registry) => TrainWork.Describe(registry.Find(version));

    private static IResult Card(string version, string? language, ModelRegistry registry) => Results.Text(ModelCard.Markdown(registry.Find(version).Manifest, Requests.Language(language)), "text/markdown; charset=utf-8");

    private static IResult Onnx(string version, string asset, ModelRegistry registry)
    {
        var machine = registry.Find(version).Machine(AssetId.Parse(asset))
            ?? throw new ProblemException("urn:dure:learn:no-such-machine", $"The model is not fitted to '{asset}'.", "query 'asset'", "Name one of the model's machines.");
        return Results.File(registry.ReadOnnx(machine), "application/octet-stream", asset.Replace('/', '-') + ".onnx");
    }
}
