namespace Dure.Node.Http;

/// <summary>Writes server-sent events (WHATWG HTML, section 9.2).</summary>
internal static class ServerSentEvents
{
    public static async Task Begin(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }

    public static async Task Send(HttpContext context, string? kind, string data, CancellationToken cancel)
    {
        await context.Response.WriteAsync((kind is null ? "" : $"event: {kind}\n") + $"data: {data}\n\n", cancel);
        await context.Response.Body.FlushAsync(cancel);
    }
}
