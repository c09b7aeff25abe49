using System.Text.Json.Nodes;
using Dure.Evidence;

namespace Dure.Node.Http;

/// <summary>Whether the node lives and can write; for watchdogs, without a token, and without telling anything else.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app) =>
        app.MapGet("/health", (Journal journal) => new JsonObject { ["status"] = "ok", ["entries"] = journal.Count > 0 }).AllowAnonymous().WithTags("Health");
}
