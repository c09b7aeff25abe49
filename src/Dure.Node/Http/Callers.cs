using System.Security.Claims;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Who asks, as the journal records it, and how an endpoint says what it asks of a caller.</summary>
internal static class Callers
{
    public static string Actor(this HttpContext context) => context.User.FindFirstValue(ClaimTypes.Name) ?? "nobody";

    /// <summary>Lets through only callers that hold the permission; the permission stands in the endpoint's description.</summary>
    public static T Needs<T>(this T endpoint, string permission) where T : IEndpointConventionBuilder
    {
        endpoint.RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireClaim(CallerAuthentication.PermissionClaim, permission));
        return endpoint;
    }

    /// <summary>
    /// Refuses changes asked for by another site's page in a signed-in browser: with a cookie, the Origin must be the node's own.
    /// Tokens are not sent by browsers on their own and need no such check.
    /// </summary>
    public static void UseSameOriginForCookies(this WebApplication app) => app.Use(async (context, next) =>
    {
        var request = context.Request;
        var changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method) && !HttpMethods.IsOptions(request.Method);
        if (changes && context.User.HasClaim(CallerAuthentication.ByCookie, "true"))
        {
            var origin = request.Headers.Origin.ToString();
            if (origin != $"{request.Scheme}://{request.Host}")
            {
                await Problems.Write(context, StatusCodes.Status403Forbidden, "urn:dure:access:other-origin",
                    $"The request comes from the page of another site ('{origin}').", $"{request.Method} {request.Path}", "Use the node's own pages, or a token.");
                return;
            }
        }
        await next(context);
    });

    /// <summary>What a browser must not do with the node's pages.</summary>
    public static void UsePageHeaders(this WebApplication app) => app.Use((context, next) =>
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
        headers.XContentTypeOptions = "nosniff";
        // Not "no-referrer": with it browsers send "Origin: null" with the node's own forms, and signing out is refused.
        headers["Referrer-Policy"] = "same-origin";
        return next(context);
    });
}
