using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Effects;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Runs;

namespace Dure.Node.Http;

/// <summary>Plans, effects and claims.</summary>
internal static class EffectEndpoints
{
    public static void MapEffects(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/effects/plans", Plan).Needs(Permission.Claim).WithTags("Effects").WithSummary("Put the plan of a comparison into the journal, before anything is trained.");
        app.MapPost("/api/v1/effects", Measure).Needs(Permission.Claim).WithTags("Effects").WithSummary("Measure and write the claim; the answer is a run to follow.");
        var claims = app.MapGroup("/api/v1/claims").WithTags("Effects");
        claims.MapGet("/", All).Needs(Permission.Read).WithSummary("List claims.");
        claims.MapGet("/{id}", One).Needs(Permission.Read).WithSummary("A claim with its findings.");
        claims.MapGet("/{id}/bundle", Bundle).Needs(Permission.Read).WithSummary("The claim with its evidence in one file, for 'dure verify'.");
    }

    public static RecordedClaim FindOrRefuse(this ClaimBook claims, string id) => claims.Find(id)
        ?? throw new ProblemException("urn:dure:effects:no-such-claim", $"There is no claim '{id}'.", "claim", "List them with GET /api/v1/claims.");

    private static async Task<JsonObject> Plan(JsonObject request, DatasetCatalog datasets, ClaimBook claims, Journal journal, HttpContext context)
    {
        var dataset = datasets.Find(Requests.Text(request, "dataset"));
        var plan = EffectWork.PlanFor(dataset, Requests.FlagOr(request, "simulated", false));
        var registered = await claims.Plan(plan, [journal.Entry(dataset.Entry)], context.Actor(), context.RequestAborted);
        return new JsonObject { ["plan"] = plan.Digest().ToString(), ["entry"] = registered.Entry.Index, ["metric"] = plan.Metric };
    }

    private static Task<IResult> Measure(JsonObject request, RunBoard runs, HttpContext context) => RunEndpoints.Accept(runs, EffectWork.Kind, request, context);

    private static JsonObject All(ClaimBook claims) => new() { ["claims"] = new JsonArray([.. claims.Claims.Select(claim => EffectWork.Describe(claim, null))]) };

    private static JsonObject One(string id, ClaimBook claims) => EffectWork.Describe(claims.FindOrRefuse(id), null);

    private static IResult Bundle(string id, ClaimBook claims, Journal journal, BlobStore blobs) =>
        Results.Bytes(ClaimBundle.Build(journal, blobs, claims.FindOrRefuse(id).Entry.Index), "application/json", $"{id}.claim.json");
}
