using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Partners;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>Partners and how they come: invitations made, pasted, accepted.</summary>
internal static class PartnerEndpoints
{
    private const double DefaultHours = 7 * 24;

    public static void MapPartners(this IEndpointRouteBuilder app)
    {
        // Whoever accepts an invitation has no account here: the secret lets it in.
        app.MapPost("/" + Introductions.AcceptPath, (RequestDelegate)Accept).AllowAnonymous().ExcludeFromDescription().AtMost(perSecond: 10);

        var exchange = app.MapGroup("/api/v1/exchange").WithTags("Exchange");
        exchange.MapGet("/partners", Partners).Needs(Permission.Read).WithSummary("List partners.");
        exchange.MapPost("/partners", Add).Needs(Permission.Administer).WithSummary("Enter a partner by its identifier, without an invitation.");
        exchange.MapPost("/partners/rename", Rename).Needs(Permission.Administer).WithSummary("Give a partner another name.");
        exchange.MapPost("/partners/block", Block).Needs(Permission.Administer).WithSummary("Refuse all a partner sends, at once.");
        exchange.MapPost("/partners/unblock", Unblock).Needs(Permission.Administer).WithSummary("Take a blocked partner's messages again.");
        exchange.MapPost("/partners/trust-key", TrustKey).Needs(Permission.Administer).WithSummary("Take a partner's new key by its fingerprint, after it lost its keys.");
        exchange.MapGet("/invitations", All).Needs(Permission.Read).WithSummary("List invitations, without their secrets.");
        exchange.MapPost("/invitations", Invite).Needs(Permission.Administer).WithSummary("Make an invitation; its code is in this answer only.");
        exchange.MapDelete("/invitations/{id}", Revoke).Needs(Permission.Administer).WithSummary("End an invitation that nobody accepted yet.");
        exchange.MapPost("/join", Join).Needs(Permission.Administer).WithSummary("Accept another node's invitation.");
    }

    private static async Task Accept(HttpContext context)
    {
        var exchange = context.RequestServices.GetRequiredService<ExchangeIdentity>();
        var refusals = context.RequestServices.GetRequiredService<RefusedTokens>();
        byte[] message;
        try
        {
            message = await OutsideCalls.Body(context, Introductions.MaxMessageBytes);
        }
        catch (ProblemException)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }
        try
        {
            if (await exchange.Introductions.Accept(context.Request.Headers.Authorization, message, reason => refusals.Tell("Accepting invitations", reason), context.RequestAborted) is { } answer)
                await DspRequest.Write(context, StatusCodes.Status200OK, answer);
            else
                await OutsideCalls.Unauthorised(context);
        }
        catch (ProblemException refused)
        {
            refusals.Tell("Accepting invitations", refused.Problem.What);
            context.Response.StatusCode = refused.Problem.Type.EndsWith("too-many-attempts", StringComparison.Ordinal) ? StatusCodes.Status429TooManyRequests : StatusCodes.Status400BadRequest;
        }
    }

    private static JsonObject Partners(ExchangeIdentity exchange) => new() { ["partners"] = new JsonArray([.. exchange.Partners.Partners.Select(Describe)]) };

    private static async Task<JsonObject> Add(JsonObject request, ExchangeIdentity exchange, HttpContext context) =>
        Describe(await exchange.Partners.Add(DidOf(request), Requests.Text(request, "name"), context.Actor(), context.RequestAborted));

    private static Task<JsonObject> Rename(JsonObject request, ExchangeIdentity exchange, HttpContext context) =>
        Change(request, exchange, did => exchange.Partners.Rename(did, Requests.Text(request, "name"), context.Actor(), context.RequestAborted));

    private static Task<JsonObject> Block(JsonObject request, ExchangeIdentity exchange, HttpContext context) =>
        Change(request, exchange, did => exchange.Partners.Block(did, Requests.TextOr(request, "reason", ""), context.Actor(), context.RequestAborted));

    private static Task<JsonObject> Unblock(JsonObject request, ExchangeIdentity exchange, HttpContext context) =>
        Change(request, exchange, did => exchange.Partners.Unblock(did, context.Actor(), context.RequestAborted));

    private static Task<JsonObject> TrustKey(JsonObject request, ExchangeIdentity exchange, HttpContext context) =>
        Change(request, exchange, did => exchange.Partners.TrustKey(did, Requests.Text(request, "key"), context.Actor(), context.RequestAborted));

    private static async Task<JsonObject> Change(JsonObject request, ExchangeIdentity exchange, Func<Did, Task> change)
    {
        var did = DidOf(request);
        await change(did);
        return Describe(exchange.Partners.Get(did));
    }

    private static JsonObject All(ExchangeIdentity exchange, TimeProvider time) => new() { ["invitations"] = new JsonArray([.. exchange.Invitations.All.Select(invitation => Describe(invitation, time.GetUtcNow()))]) };

    private static async Task<JsonObject> Invite(JsonObject request, ExchangeIdentity exchange, NodeOptions options, TimeProvider time, HttpContext context)
    {
        var kind = Requests.TextOr(request, "kind", "partner") switch
        {
            "partner" => InvitationKind.Partner,
            "member" => InvitationKind.Member,
            var other => throw new ProblemException("urn:dure:http:bad-field", $"'{other}' is not a kind of invitation.", "field 'kind'", "Use partner or member."),
        };
        var hours = request["hours"] is JsonValue given && given.GetValueKind() == JsonValueKind.Number ? given.GetValue<double>() : DefaultHours;
        var (invitation, code) = await exchange.Invitations.Make(options.Organisation, Requests.Text(request, "for"), kind, ClaimsOf(request),
            double.IsFinite(hours) && Math.Abs(hours) < 1e6 ? TimeSpan.FromHours(hours) : TimeSpan.Zero, context.Actor(), context.RequestAborted);
        var answer = Describe(invitation, time.GetUtcNow());
        answer["code"] = code.ToString();
        return answer;
    }

    private static async Task<JsonObject> Revoke(string id, ExchangeIdentity exchange, HttpContext context)
    {
        await exchange.Invitations.Revoke(id, context.Actor(), context.RequestAborted);
        return new JsonObject { ["revoked"] = id };
    }

    private static async Task<JsonObject> Join(JsonObject request, ExchangeIdentity exchange, HttpContext context) =>
        Describe(await exchange.Introductions.Join(Requests.Text(request, "code"), context.Actor(), context.RequestAborted));

    internal static Did DidOf(JsonObject request) => Did.Parse(Requests.Text(request, "did"));

    /// <summary>Claims as <c>{"region":"KR","group":["a","b"]}</c>.</summary>
    internal static IReadOnlyDictionary<string, IReadOnlyList<string>> ClaimsOf(JsonObject request)
    {
        if (request["claims"] is null)
            return new Dictionary<string, IReadOnlyList<string>>();
        if (request["claims"] is not JsonObject said)
            throw new ProblemException("urn:dure:http:bad-field", "The claims are not an object.", "field 'claims'", "Send {\"region\":\"KR\",\"BusinessPartnerGroup\":[\"gold\"]}.");
        return said.ToDictionary(claim => claim.Key, claim => claim.Value is JsonArray ? Requests.Texts(said, claim.Key) : [Requests.Text(said, claim.Key)], StringComparer.Ordinal);
    }

    private static JsonObject Describe(Partner partner) => new()
    {
        ["did"] = partner.Did.Value,
        ["name"] = partner.Name,
        ["address"] = partner.Address.ToString(),
        ["since"] = partner.Since,
        ["introduction"] = partner.Introduction.ToString(),
        ["isAlliance"] = partner.IsAlliance,
        ["isBlocked"] = partner.IsBlocked,
        ["keys"] = new JsonArray([.. partner.Keys.Select(key => JsonValue.Create(key))]),
        ["trouble"] = partner.Trouble is { } trouble ? new JsonObject { ["at"] = trouble.At, ["code"] = trouble.Code, ["reason"] = trouble.Reason } : null,
    };

    private static JsonObject Describe(Invitation invitation, DateTimeOffset now) => new()
    {
        ["id"] = invitation.Id,
        ["for"] = invitation.For,
        ["kind"] = invitation.Kind == InvitationKind.Member ? "member" : "partner",
        ["made"] = invitation.Made,
        ["expires"] = invitation.Expires,
        ["state"] = invitation.AcceptedBy is not null ? "accepted" : invitation.IsRevoked ? "revoked" : invitation.IsOpen(now) ? "open" : "expired",
        ["acceptedBy"] = invitation.AcceptedBy?.Value,
        ["acceptedAt"] = invitation.AcceptedAt,
    };
}
