using System.Text.Json.Nodes;
using Dure.Exchange.Protocol;
using Dure.Kernel;
using Microsoft.Net.Http.Headers;

namespace Dure.Node.Http.Exchange;

/// <summary>What all doors of the Dataspace Protocol do alike: who calls, what the body is, how the answer is written.</summary>
internal static class DspRequest
{
    private const string TooLarge = "urn:dure:http:too-large";
    private const string BadType = "urn:dure:http:bad-encoding";

    public static async ValueTask<string?> Caller(HttpContext context) =>
        await context.RequestServices.GetRequiredService<ICallerCheck>().Caller(context.Request.Headers.Authorization, context.RequestAborted);

    /// <exception cref="ProblemException">The body is no JSON object within the protocol's limits.</exception>
    public static async Task<JsonObject> Body(HttpContext context)
    {
        if (context.Request.ContentType is { } type && !(MediaTypeHeaderValue.TryParse(type, out var media) && media.MediaType.Value?.ToLowerInvariant() is "application/json" or "application/ld+json"))
            throw new ProblemException(BadType, "The body is not said to be JSON.", "header Content-Type", "Send application/json.");
        if (context.Request.ContentLength > Dsp.MaxMessageBytes)
            throw Long();
        var buffer = new byte[(int)Math.Min(context.Request.ContentLength ?? 4096, 16 * 1024) + 1];
        var length = 0;
        for (int read; (read = await context.Request.Body.ReadAsync(buffer.AsMemory(length), context.RequestAborted)) > 0;)
        {
            length += read;
            if (length > Dsp.MaxMessageBytes)
                throw Long();
            if (length == buffer.Length)
                Array.Resize(ref buffer, Math.Min(buffer.Length * 2, Dsp.MaxMessageBytes + 1));
        }
        return MessageReader.ReadObject(buffer.AsSpan(0, length));
    }

    public static int StatusOf(Problem problem) => problem.Type switch
    {
        TooLarge => StatusCodes.Status413PayloadTooLarge,
        BadType => StatusCodes.Status415UnsupportedMediaType,
        OwnTrouble.Type => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };

    public static Task Write(HttpContext context, int status, JsonNode body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(body.ToJsonString(), context.RequestAborted);
    }

    private static ProblemException Long() => new(TooLarge, $"The message has more than {Dsp.MaxMessageBytes} bytes.", "request body", "Send a shorter one.");
}
