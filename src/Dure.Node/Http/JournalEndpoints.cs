using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>The journal as others may see and check it.</summary>
internal static class JournalEndpoints
{
    private const int MaxEntriesPerPage = 500;

    public static void MapJournal(this IEndpointRouteBuilder app)
    {
        var journal = app.MapGroup("/api/v1/journal").WithTags("Evidence");
        journal.MapGet("/", Page).Needs(Permission.Read).WithSummary("Entries from a number on.");
        journal.MapGet("/head", Head).Needs(Permission.Read).WithSummary("The signed Merkle head.");
        journal.MapGet("/key", Key).Needs(Permission.Read).WithSummary("The node's public key (JWK).");
        journal.MapPost("/verify", Verify).Needs(Permission.Read).WithSummary("Recompute every hash of the journal and check the signed head.");
    }

    private static JsonObject Page(Journal journal, long from = 0, int count = 100)
    {
        if (from < 0 || count is < 1 or > MaxEntriesPerPage)
            throw new ProblemException("urn:dure:evidence:bad-page", $"from={from}, count={count} cannot be served.", "query", $"Use from >= 0 and count 1 to {MaxEntriesPerPage}.");
        var last = Math.Min(journal.Count, from + count);
        return new JsonObject
        {
            ["total"] = journal.Count,
            ["entries"] = new JsonArray([.. (from < last ? journal.Read(from, last) : []).Select(Describe)]),
        };
    }

    private static JsonObject Head(Journal journal)
    {
        var head = journal.Head();
        return new JsonObject { ["size"] = head.Size, ["root"] = head.Root.ToString(), ["time"] = head.Time, ["keyId"] = head.KeyId };
    }

    private static JsonObject Key(NodeKey key) => key.PublicKey.ToJwk();

    private static JsonObject Verify(Journal journal, TimeProvider time, HttpContext context)
    {
        var begun = time.GetTimestamp();
        var verdict = journal.Verify(null, context.RequestAborted);
        return new JsonObject
        {
            ["ok"] = verdict.IsIntact,
            ["entries"] = verdict.Entries,
            ["seconds"] = Math.Round(time.GetElapsedTime(begun).TotalSeconds, 3),
            ["problem"] = verdict.Fault?.ToString(),
        };
    }

    internal static JsonObject Describe(JournalEntry entry) => new()
    {
        ["index"] = entry.Index,
        ["time"] = entry.Time,
        ["kind"] = entry.Kind,
        ["subject"] = entry.Subject,
        ["actor"] = entry.Actor,
        ["body"] = entry.Body.DeepClone(),
        ["previous"] = entry.Previous.ToString(),
        ["hash"] = entry.Hash.ToString(),
    };
}
