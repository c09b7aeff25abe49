using Dure.Exchange.Handover;
using Dure.Exchange.Handover.Live;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange;

/// <summary>The door for series: what came after a piece, judged and counted, or a wait for it.</summary>
internal static class SeriesEndpoints
{
    public const string Root = "/exchange/series/";
    private const int Portion = 64 * 1024;

    public static void MapExchangeSeries(this IEndpointRouteBuilder app) => app.MapGet(Root + "{pid}", Send).AllowAnonymous().ExcludeFromDescription();

    private static async Task Send(HttpContext context)
    {
        SeriesPiece piece;
        // A node that stops waits for nobody who waits for samples.
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);
        try
        {
            piece = await context.RequestServices.GetRequiredService<SeriesDoor>().Next((string)context.Request.RouteValues["pid"]!, context.Request.Headers.Authorization, context.Request.Query["after"], ends.Token);
        }
        catch (OperationCanceledException)
        {
            context.Abort(); // the caller hung up, or asked anew by another line
            return;
        }
        catch (ProblemException refused)
        {
            await OutsideProblems.Write(context, refused, static type => type switch
            {
                DataDoor.Unauthorised => StatusCodes.Status401Unauthorized,
                DataDoor.Refused => StatusCodes.Status403Forbidden,
                SeriesDoor.BadPlace or "urn:dure:historian:bad-cursor" => StatusCodes.Status400BadRequest,
                _ => StatusCodes.Status503ServiceUnavailable,
            });
            return;
        }
        context.Response.ContentType = SeriesFrame.MediaType;
        context.Response.ContentLength = piece.Bytes.Length;
        context.Response.Headers.CacheControl = "private, no-store";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, piece.Stopped);
        try
        {
            for (var rest = piece.Bytes; !rest.IsEmpty; rest = rest[Math.Min(Portion, rest.Length)..])
            {
                await context.Response.Body.WriteAsync(rest[..Math.Min(Portion, rest.Length)], stop.Token);
                piece.Leaves();
            }
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }
}
