using System.Text.Json.Nodes;
using Dure.Node.Access;
using Dure.Node.Runs;

namespace Dure.Node.Http;

/// <summary>Trials on virtual plants.</summary>
internal static class PlantEndpoints
{
    public static void MapPlants(this IEndpointRouteBuilder app) =>
        app.MapPost("/api/v1/plants/trials", Trial).Needs(Permission.Claim).WithTags("Plants").WithSummary("Try the set-point loop on a virtual plant and prove its effect; the answer is a run to follow.");

    private static Task<IResult> Trial(JsonObject request, RunBoard runs, HttpContext context)
    {
        PlantTrialWork.PlanOf(request); // refused before it is queued
        return RunEndpoints.Accept(runs, PlantTrialWork.Kind, request, context);
    }
}
