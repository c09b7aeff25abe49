using System.Text.Encodings.Web;
using System.Text.Json;
using Dure.Exchange.Handover;
using Dure.Kernel;
using Dure.Node.Http.Exchange.Shells;
using Microsoft.AspNetCore.Diagnostics;

namespace Dure.Node.Http;

/// <summary>Turns refusals into problem documents (RFC 9457) that say what is wrong, where, and how to mend it.</summary>
internal static class Problems
{
    private static readonly Dictionary<string, int> StatusOfType = new(StringComparer.Ordinal)
    {
        ["urn:dure:access:not-allowed"] = StatusCodes.Status403Forbidden,
        ["urn:dure:exchange:derived-shell"] = StatusCodes.Status405MethodNotAllowed,
        ["urn:dure:http:too-large"] = StatusCodes.Status413PayloadTooLarge,
        ["urn:dure:datasets:table-too-large"] = StatusCodes.Status413PayloadTooLarge,
        // A sender must keep what it has and try again: 400 would make it drop the batch.
        ["urn:dure:historian:disk-failed"] = StatusCodes.Status503ServiceUnavailable,
        ["urn:dure:historian:too-busy"] = StatusCodes.Status503ServiceUnavailable,
        ["urn:dure:evidence:journal-write-failed"] = StatusCodes.Status503ServiceUnavailable,
        ["urn:dure:evidence:journal-stopped"] = StatusCodes.Status503ServiceUnavailable,
        ["urn:dure:http:bad-encoding"] = StatusCodes.Status415UnsupportedMediaType,
    };

    /// <summary>Readable text: problem documents are never part of a page.</summary>
    private static readonly NodeJson Readable = new(new JsonSerializerOptions(NodeJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static void UseProblems(this WebApplication app) => app.UseExceptionHandler(new ExceptionHandlerOptions
    {
        ExceptionHandler = Handle,
        // A refusal is an answer, not a fault: the log is for what an operator must act on.
        SuppressDiagnosticsCallback = context => context.Exception is ProblemException or BadHttpRequestException or JsonException or OperationCanceledException,
    });

    public static Task Write(HttpContext context, int status, string type, string what, string where, string mend)
    {
        if (status == StatusCodes.Status405MethodNotAllowed)
            context.Response.Headers.Allow = HttpMethods.Get; // what cannot be changed can still be read
        if (ShellResults.AreFor(context.Request))
            return ShellResults.Write(context, status, type[(type.LastIndexOf(':') + 1)..], $"{where}: {what} {mend}");
        if (type == DataDoor.Unsure)
            context.Response.Headers.RetryAfter = "2";
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/problem+json";
        return JsonSerializer.SerializeAsync(context.Response.Body,
            new ProblemDocument(type, what, status, $"{where}: {what} {mend}", where, mend), Readable.ProblemDocument, context.RequestAborted);
    }

    public static Task Write(HttpContext context, Problem problem) =>
        Write(context, StatusOf(problem.Type), problem.Type, problem.What, problem.Where, problem.Mend);

    /// <summary>404 for what is not there, 409 for a conflict, the listed ones, 400 for everything else a caller can mend.</summary>
    private static int StatusOf(string type) =>
        StatusOfType.TryGetValue(type, out var status) ? status
        : type.Contains(":no-such-", StringComparison.Ordinal) || type.Contains(":unknown-", StringComparison.Ordinal) ? StatusCodes.Status404NotFound
        : type.Contains("conflict", StringComparison.Ordinal) || type.Contains("mismatch", StringComparison.Ordinal) ? StatusCodes.Status409Conflict
        : StatusCodes.Status400BadRequest;

    private static Task Handle(HttpContext context)
    {
        var failure = context.Features.Get<IExceptionHandlerFeature>()?.Error;
        return failure switch
        {
            ProblemException refused => Write(context, refused.Problem),
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => WriteTooLarge(context),
            BadHttpRequestException bad => Write(context, bad.StatusCode, "urn:dure:http:bad-request", bad.Message, $"{context.Request.Method} {context.Request.Path}",
                "Compare the request with the description at /openapi/v1.json."),
            JsonException json => Write(context, StatusCodes.Status400BadRequest, "urn:dure:http:bad-json", json.Message, "request body",
                "Send valid JSON as the description at /openapi/v1.json shows it."),
            _ => Write(context, StatusCodes.Status500InternalServerError, "urn:dure:node:fault", "The node failed at this request.",
                $"{context.Request.Method} {context.Request.Path}", $"Look for trace {context.TraceIdentifier} in the node's log; nothing that was acknowledged is lost."),
        };
    }

    public static Task WriteTooLarge(HttpContext context)
    {
        var limit = context.RequestServices.GetRequiredService<Hosting.NodeOptions>().MaxBatchBytes;
        return Write(context, StatusCodes.Status413PayloadTooLarge, "urn:dure:http:too-large",
            $"The body is larger than {limit / (1024 * 1024)} MiB.", "request body", "Send it in several smaller batches; 5,000 samples each is a good size.");
    }
}

/// <summary>A problem document as it goes over the wire; <c>what</c>, <c>where</c> and <c>mend</c> are Dure's own members.</summary>
internal sealed record ProblemDocument(string Type, string Title, int Status, string Detail, string Where, string Mend);
