using System.Text.Json.Nodes;
using Dure.Exchange.Identity;
using Dure.Exchange.Identity.Credentials;
using Dure.Exchange.Identity.Dcp;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Hosting;

namespace Dure.Node.Http.Exchange;

/// <summary>Members of the alliance this node keeps, credentials it holds, and the doors of the Decentralized Claims Protocol.</summary>
internal static class CredentialEndpoints
{
    public static void MapCredentials(this IEndpointRouteBuilder app)
    {
        var exchange = app.MapGroup("/api/v1/exchange").WithTags("Exchange");
        exchange.MapGet("/members", Members).Needs(Permission.Read).WithSummary("List the members of the alliance this node keeps.");
        exchange.MapPost("/members", Admit).Needs(Permission.Administer).WithSummary("Admit a member, or change what is said of it, and bring it its credential.");
        exchange.MapPost("/members/revoke", Revoke).Needs(Permission.Administer).WithSummary("End a membership at once.");
        exchange.MapGet("/credentials", Held).Needs(Permission.Read).WithSummary("List the credentials this node holds.");

        // Callers prove who they are by tokens of their own.
        var holder = app.MapGroup("/" + OwnIdentity.CredentialServicePath).AllowAnonymous().ExcludeFromDescription();
        holder.MapPost("/presentations/query", Door((exchange, token, body, context) => context.RequestServices.GetRequiredService<NodeOptions>().AsksForCredentials
            ? exchange.Service.Query(token, body, context.RequestAborted)
            : new(DcpAnswer.Unauthorised("Showing credentials to nodes of other makers is off (setting Node:AsksForCredentials).")))).AtMost(perSecond: 200);
        holder.MapPost("/credentials", Door((exchange, token, body, context) => exchange.Service.Receive(token, body, context.RequestAborted))).AtMost(perSecond: 50);
        holder.MapPost("/offers", Door((exchange, token, body, context) => exchange.Service.Offer(token, body, context.RequestAborted))).AtMost(perSecond: 50);

        var issuer = app.MapGroup("/" + IssuerDesk.Path).AllowAnonymous().ExcludeFromDescription();
        issuer.MapPost("/credentials", Door((exchange, token, body, context) => exchange.Issuer.Ask(token, body, work => Later(work, context), context.RequestAborted))).AtMost(perSecond: 50);
        issuer.MapGet("/requests/{id}", Door((exchange, token, _, context) => exchange.Issuer.Tell(token, (string)context.Request.RouteValues["id"]!, context.RequestAborted))).AtMost(perSecond: 50);
        issuer.MapGet("/metadata", Door((exchange, token, _, context) => exchange.Issuer.Metadata(token, context.RequestAborted))).AtMost(perSecond: 50);
        issuer.MapGet("/membership-schema.json", Schema);
    }

    private static JsonObject Members(ExchangeIdentity exchange) => new() { ["members"] = new JsonArray([.. exchange.Members.Members.Select(Describe)]) };

    private static async Task<JsonObject> Admit(JsonObject request, ExchangeIdentity exchange, HttpContext context)
    {
        var did = PartnerEndpoints.DidOf(request);
        var name = Requests.TextOr(request, "name", exchange.Partners.Find(did)?.Name ?? "");
        var answer = Describe(await exchange.Members.Admit(did, name, PartnerEndpoints.ClaimsOf(request), context.Actor(), context.RequestAborted));
        answer["delivered"] = await exchange.Issuer.DeliverMembership(did, context.Actor(), context.RequestAborted) is { } failure ? failure : "yes";
        return answer;
    }

    private static async Task<JsonObject> Revoke(JsonObject request, ExchangeIdentity exchange, HttpContext context)
    {
        var did = PartnerEndpoints.DidOf(request);
        return await exchange.Members.Revoke(did, Requests.TextOr(request, "reason", ""), context.Actor(), context.RequestAborted)
            ? Describe(exchange.Members.Find(did)!)
            : throw new ProblemException("urn:dure:exchange:no-such-member", $"{did} is not an active member.", "members", "List them with 'dure exchange members'.");
    }

    private static JsonObject Held(ExchangeIdentity exchange) => new()
    {
        ["credentials"] = new JsonArray([.. exchange.Shelf.All.Select(held => new JsonObject
        {
            ["id"] = held.Credential.Id,
            ["issuer"] = held.Credential.Issuer.Value,
            ["types"] = new JsonArray([.. held.Credential.Types.Select(type => JsonValue.Create(type))]),
            ["subject"] = held.Credential.Subject.DeepClone(),
            ["validFrom"] = held.Credential.ValidFrom,
            ["validUntil"] = held.Credential.ValidUntil,
            ["since"] = held.Since,
        })]),
        ["offers"] = new JsonArray([.. exchange.Service.Offers.Select(offer => new JsonObject { ["issuer"] = offer.Issuer.Value, ["at"] = offer.At, ["types"] = new JsonArray([.. offer.Types.Select(type => JsonValue.Create(type))]) })]),
    };

    private static RequestDelegate Door(Func<ExchangeIdentity, string?, byte[], HttpContext, ValueTask<DcpAnswer>> answer) => async context =>
    {
        DcpAnswer given;
        try
        {
            given = await answer(context.RequestServices.GetRequiredService<ExchangeIdentity>(), context.Request.Headers.Authorization, await OutsideCalls.Body(context, DcpMessages.MaxMessageBytes), context);
        }
        catch (ProblemException refused)
        {
            given = new DcpAnswer(refused.Problem.Type == "urn:dure:http:too-large" ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest, null, refused.Problem.What);
        }
        if (given.Reason is { } reason)
            context.RequestServices.GetRequiredService<RefusedTokens>().Tell(context.Request.Path, reason);
        if (given.Location is { } location)
            context.Response.Headers.Location = location;
        if (given.Status == StatusCodes.Status401Unauthorized)
            await OutsideCalls.Unauthorised(context);
        else if (given.Body is { } body)
            await DspRequest.Write(context, given.Status, body);
        else
            context.Response.StatusCode = given.Status;
    };

    /// <summary>Delivers after the answer has gone, since the receiver may look at what was asked first.</summary>
    private static void Later(Func<CancellationToken, Task<string?>> work, HttpContext context)
    {
        var refusals = context.RequestServices.GetRequiredService<RefusedTokens>();
        var stop = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        context.Response.OnCompleted(() =>
        {
            _ = Task.Run(async () =>
            {
                try
                {
                    if (await work(stop) is { } failure)
                        refusals.Tell("Bringing a credential", failure);
                }
                catch (Exception failure) when (failure is ProblemException or OperationCanceledException)
                {
                    refusals.Tell("Bringing a credential", failure.Message);
                }
            }, CancellationToken.None);
            return Task.CompletedTask;
        });
    }

    /// <summary>What the membership credential of this node says, as a JSON schema.</summary>
    private static JsonObject Schema() => new()
    {
        ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
        ["title"] = Credential.Membership,
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["credentialSubject"] = new JsonObject
            {
                ["type"] = "object",
                ["required"] = new JsonArray("id", "memberOf"),
                ["properties"] = new JsonObject
                {
                    ["id"] = new JsonObject { ["type"] = "string" },
                    ["name"] = new JsonObject { ["type"] = "string" },
                    ["memberOf"] = new JsonObject { ["type"] = "string" },
                },
            },
        },
    };

    private static JsonObject Describe(Member member)
    {
        var claims = new JsonObject();
        foreach (var (claim, values) in member.Claims)
            claims[claim] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);
        return new JsonObject
        {
            ["did"] = member.Did.Value,
            ["name"] = member.Name,
            ["claims"] = claims,
            ["since"] = member.Since,
            ["isActive"] = member.IsActive,
            ["revokedAt"] = member.RevokedAt,
            ["reason"] = member.Reason,
        };
    }
}
