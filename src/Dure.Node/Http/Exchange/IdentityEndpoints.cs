using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Identity.Dcp;
using Dure.Node.Access;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>Who this node is: its document for everyone, its keys for its own people.</summary>
internal static class IdentityEndpoints
{
    public static void MapIdentity(this IEndpointRouteBuilder app)
    {
        // The second is for an address with a path, whose proxy takes the path away.
        app.MapGet("/.well-known/did.json", Document).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/did.json", Document).AllowAnonymous().ExcludeFromDescription();
        app.MapGet("/" + MemberRegister.ListPath, List).AllowAnonymous().ExcludeFromDescription();

        var own = app.MapGroup("/api/v1/exchange").WithTags("Exchange");
        own.MapGet("/identity", Identity).Needs(Permission.Read).WithSummary("The identifier, address and keys by which others know this node.");
        own.MapPost("/keys/rotate", Rotate).Needs(Permission.Administer).WithSummary("Make a new key; with compromised=true nothing the old ones signed counts any more.");
    }

    private static IResult Document(ExchangeIdentity exchange) => exchange.Own.IsKnown
        ? Results.Text(exchange.Own.Document().ToJson().ToJsonString(), "application/did+json")
        : Results.StatusCode(StatusCodes.Status503ServiceUnavailable);

    /// <summary>The list of revoked memberships, with a tag so that asking often costs little.</summary>
    private static IResult List(ExchangeIdentity exchange, HttpContext context)
    {
        if (!exchange.Own.IsKnown || !exchange.Members.IsAlliance)
            return Results.NotFound();
        var (text, tag) = exchange.Members.SignedList();
        context.Response.Headers.ETag = tag;
        context.Response.Headers.CacheControl = "no-cache";
        return context.Request.Headers.IfNoneMatch.ToString() == tag ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Text(text, "application/vc+jwt");
    }

    private static JsonObject Identity(ExchangeIdentity exchange, NodeOptions options) => new()
    {
        ["did"] = exchange.Own.Did.Value,
        ["address"] = exchange.Own.PublicAddress.ToString(),
        ["organisation"] = options.Organisation,
        ["key"] = exchange.Keys.Current.Id,
        ["retired"] = new JsonArray([.. exchange.Keys.Retired.Select(key => new JsonObject { ["key"] = key.Key.Id, ["tokensUntil"] = key.InvokesUntil, ["credentialsUntil"] = key.AssertsUntil })]),
        ["isAlliance"] = exchange.Members.IsAlliance,
        ["credentialService"] = options.AsksForCredentials ? new Uri(exchange.Own.PublicAddress, OwnIdentity.CredentialServicePath).ToString() : null,
        ["issuer"] = new Uri(exchange.Own.PublicAddress, IssuerDesk.Path).ToString(),
    };

    private static async Task<JsonObject> Rotate(JsonObject request, ExchangeIdentity exchange, Dure.Evidence.Journal journal, NodeOptions options, HttpContext context)
    {
        var isCompromised = Requests.FlagOr(request, "compromised", false);
        var key = exchange.Keys.Rotate(isCompromised);
        await journal.Append("exchange-keys-rotated", key.Id, new JsonObject { ["jwk"] = key.ToJwk(), ["compromised"] = isCompromised }, context.Actor(), context.RequestAborted);
        return Identity(exchange, options);
    }
}
