using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Tokens: made, listed without their secrets, revoked.</summary>
internal static class TokenEndpoints
{
    internal sealed record TokenRequest(string? Name, string[]? Permissions, string? Role);

    public static void MapTokens(this IEndpointRouteBuilder app)
    {
        var tokens = app.MapGroup("/api/v1/tokens").WithTags("Access");
        tokens.MapGet("/", All).Needs(Permission.Administer).WithSummary("List tokens, without their secrets.");
        tokens.MapPost("/", Add).Needs(Permission.Administer).WithSummary("Make a token for a machine (permissions) or a person (role); its text is in this answer only.");
        tokens.MapDelete("/{id}", Revoke).Needs(Permission.Administer).WithSummary("End a token at once.");
    }

    private static JsonObject All(TokenBook book) => new() { ["tokens"] = new JsonArray([.. book.Holders.Select(Describe)]) };

    private static async Task<JsonObject> Add(TokenRequest request, TokenBook book, HttpContext context)
    {
        if (request.Role is { } role && !Role.Names.Contains(role))
            throw new ProblemException("urn:dure:access:bad-role", $"'{role}' is not a role.", "field 'role'", $"Use one of: {string.Join(", ", Role.Names)}.");
        var permissions = request.Role is null ? request.Permissions ?? [] : Role.PermissionsOf(request.Role);
        var (holder, token) = await book.Issue(request.Name ?? "", permissions, context.Actor(), context.RequestAborted);
        var answer = Describe(holder);
        answer["token"] = token;
        return answer;
    }

    private static async Task<JsonObject> Revoke(string id, TokenBook book, HttpContext context) =>
        await book.Revoke(id, context.Actor(), context.RequestAborted)
            ? new JsonObject { ["revoked"] = id }
            : throw new ProblemException("urn:dure:access:no-such-token", "There is no such token.", $"token {id}", "List them with 'dure token list'.");

    private static JsonObject Describe(TokenHolder holder) => new()
    {
        ["id"] = holder.Id,
        ["name"] = holder.Name,
        ["permissions"] = new JsonArray([.. holder.Permissions.Select(permission => JsonValue.Create(permission))]),
        ["issuedAt"] = holder.IssuedAt,
    };
}
