using System.Text.Json.Nodes;
using Dure.Historian;
using Dure.Historian.Signals;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>How long samples are kept.</summary>
internal static class RetentionEndpoints
{
    internal sealed record RetentionRequest(string? Path, double? Days);

    public static void MapRetention(this IEndpointRouteBuilder app)
    {
        var retention = app.MapGroup("/api/v1/retention").WithTags("Signals");
        retention.MapGet("/", Rules).Needs(Permission.Read).WithSummary("The rules of how long samples are kept.");
        retention.MapPut("/", Set).Needs(Permission.Administer).WithSummary("Keep samples under a path for some days; without days, for ever.");
        retention.MapPost("/apply", Apply).Needs(Permission.Administer).WithSummary("Remove now what the rules no longer keep; it happens daily by itself.");
    }

    private static JsonObject Rules(PlantHistorian historian) => new()
    {
        ["rules"] = new JsonArray([.. historian.Retention.Select(rule => new JsonObject { ["path"] = rule.Path, ["days"] = rule.Kept?.TotalDays })]),
    };

    private static async Task<JsonObject> Set(RetentionRequest request, PlantHistorian historian, HttpContext context)
    {
        await historian.SetRetention(new RetentionRule(request.Path ?? "", request.Days is { } days ? DaysOf(days) : null), context.Actor(), context.RequestAborted);
        return Rules(historian);
    }

    private static async Task<JsonObject> Apply(PlantHistorian historian, HttpContext context) =>
        new() { ["removedSamples"] = await historian.ApplyRetention(context.Actor(), context.RequestAborted) };

    // What no TimeSpan holds is refused by the rule itself, with its own words.
    private static TimeSpan DaysOf(double days) => double.IsFinite(days) && Math.Abs(days) < 1e6 ? TimeSpan.FromDays(days) : TimeSpan.MaxValue;
}
