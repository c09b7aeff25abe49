using System.Text.Json.Nodes;
using Dure.Loop;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>What the gate decided.</summary>
internal static class DecisionEndpoints
{
    public static void MapDecisions(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/decisions", Newest).Needs(Permission.Read).WithTags("Loop").WithSummary("Counts of decisions, and the newest of them.");

    private static JsonObject Newest(DecisionLog log, int count = 20)
    {
        var recent = log.Recent;
        return new JsonObject
        {
            ["total"] = log.Total,
            ["allowed"] = log.Allowed,
            ["refused"] = log.Refused,
            ["lastEntryHash"] = recent.Count > 0 ? recent[0].Entry.Hash.ToString() : null,
            ["newest"] = new JsonArray([.. recent.Take(Math.Clamp(count, 0, 200)).Select(Describe)]),
        };
    }

    private static JsonObject Describe(LoggedDecision logged) => new()
    {
        ["asset"] = logged.Record.Proposal.Asset.Path,
        ["action"] = logged.Record.Proposal.Action,
        ["at"] = logged.Record.Proposal.At,
        ["reason"] = logged.Record.Proposal.Reason,
        ["decision"] = logged.Record.Decision.Word,
        ["explanation"] = logged.Record.Decision.Explanation,
        ["outcome"] = logged.Record.Outcome?.Words,
        ["simulated"] = logged.Record.Outcome?.IsSimulated,
        ["entry"] = logged.Entry.Entry,
    };
}
