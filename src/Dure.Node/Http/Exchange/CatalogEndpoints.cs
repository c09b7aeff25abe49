using System.Text.Json.Nodes;
using Dure.Exchange.Catalog;
using Dure.Exchange.Conduct;
using Dure.Exchange.Protocol;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange;

/// <summary>The catalogue of the Dataspace Protocol: to each caller what its policies let it see.</summary>
internal static class CatalogEndpoints
{
    public static void MapExchangeCatalog(this IEndpointRouteBuilder app)
    {
        app.MapPost($"{DspEndpoints.Root}/catalog/request", context => Answer(context, Page)).AllowAnonymous().ExcludeFromDescription();
        app.MapGet($"{DspEndpoints.Root}/catalog/datasets/{{id}}", context => Answer(context, Dataset)).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task Answer(HttpContext context, Func<HttpContext, string, Task<(int, JsonObject)>> work)
    {
        try
        {
            var (status, body) = await DspRequest.Caller(context) is { } caller
                ? await work(context, caller)
                : (StatusCodes.Status401Unauthorized, Dsp.CatalogError("unauthorised", "The caller has not proved who it is."));
            await DspRequest.Write(context, status, body);
        }
        catch (ProblemException refused)
        {
            var told = OutsideProblems.Told(context, refused);
            await DspRequest.Write(context, DspRequest.StatusOf(told), Dsp.CatalogError(told.Type, $"{told.What} {told.Mend}"));
        }
    }

    private static async Task<(int, JsonObject)> Page(HttpContext context, string caller)
    {
        var request = await DspRequest.Body(context);
        var services = context.RequestServices;
        var judge = services.GetRequiredService<UsageJudge>();
        var claims = await judge.ClaimsOf(caller, context.RequestAborted);
        var purposes = Compose.PurposesIn(request);
        var size = int.TryParse(context.Request.Query["limit"], out var asked) ? asked : CatalogDesk.PageSize;
        string? after = context.Request.Query["after"];
        var page = services.GetRequiredService<CatalogDesk>().Page(request, string.IsNullOrEmpty(after) ? null : after, size, offering => judge.MaySee(offering, caller, claims, purposes));
        if (page.Next is { } next)
        {
            context.Response.Headers.Link = $"<{DspEndpoints.Root}/catalog/request?after={Uri.EscapeDataString(next)}&limit={size}>; rel=\"next\"";
            page.Body["dure:next"] = next;
        }
        return (StatusCodes.Status200OK, page.Body);
    }

    private static async Task<(int, JsonObject)> Dataset(HttpContext context, string caller)
    {
        var services = context.RequestServices;
        var judge = services.GetRequiredService<UsageJudge>();
        return services.GetRequiredService<OfferingBook>().TryFind((string)context.Request.RouteValues["id"]!, out var offering)
            && judge.MaySee(offering, caller, await judge.ClaimsOf(caller, context.RequestAborted), null)
            ? (StatusCodes.Status200OK, services.GetRequiredService<CatalogDesk>().Dataset(offering))
            : (StatusCodes.Status404NotFound, Dsp.CatalogError("urn:dure:exchange:no-such-dataset", "There is no such dataset for you."));
    }
}
