using System.Text.Json.Nodes;
using Dure.Node.Access;
using Dure.Node.Runs;

namespace Dure.Node.Http;

/// <summary>Long work, seen from outside.</summary>
internal static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder app)
    {
        var runs = app.MapGroup("/api/v1/runs").WithTags("Runs");
        runs.MapGet("/", All).Needs(Permission.Read);
        runs.MapGet("/{id}", One).Needs(Permission.Read);
        runs.MapPost("/{id}/cancel", Cancel).Needs(Permission.Train);
    }

    /// <summary>Queues the work and answers at once with the run to follow.</summary>
    public static async Task<IResult> Accept(RunBoard board, string kind, JsonObject request, HttpContext context)
    {
        var run = await board.Request(kind, request, context.Actor(), context.RequestAborted);
        return Results.Json(Describe(run), statusCode: StatusCodes.Status202Accepted);
    }

    private static JsonArray All(RunBoard board) => [.. board.Recent.Select(run => Describe(run))];

    private static IResult One(string id, RunBoard board) => board.Find(id) is { } run ? Results.Json(Describe(run, withDetail: true)) : NoSuchRun(id);

    private static IResult Cancel(string id, RunBoard board) => board.Cancel(id) ? Results.Json(Describe(board.Find(id)!)) : NoSuchRun(id);

    private static IResult NoSuchRun(string id) => throw new Kernel.ProblemException("urn:dure:runs:no-such-run", "There is no such run, or it has ended.", $"run {id}", "List the runs with GET /api/v1/runs.");

    private static JsonObject Describe(Run run, bool withDetail = false) => new()
    {
        ["id"] = run.Id,
        ["kind"] = run.Kind,
        ["state"] = run.State.ToString(),
        ["share"] = run.Share,
        ["message"] = run.Message,
        ["requestedBy"] = run.Actor,
        ["requestedAt"] = run.RequestedAt,
        ["startedAt"] = run.StartedAt,
        ["endedAt"] = run.EndedAt,
        ["resumed"] = run.IsResumed,
        ["detail"] = withDetail ? run.Detail?.Invoke() : null,
        ["result"] = run.Result?.DeepClone(),
        ["problem"] = run.Problem is { } problem
            ? new JsonObject { ["type"] = problem.Type, ["what"] = problem.What, ["where"] = problem.Where, ["mend"] = problem.Mend }
            : null,
    };
}
