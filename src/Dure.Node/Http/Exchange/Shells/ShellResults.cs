using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>Refusals as IDTA 01002 wants them: a Result with messages.</summary>
internal static class ShellResults
{
    private const int MaxCode = 32;
    private static readonly JsonWriterOptions options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether a request is one to the shells' interface.</summary>
    public static bool AreFor(HttpRequest request) => request.Path.StartsWithSegments(ShellApi.Prefix, StringComparison.Ordinal);

    /// <param name="code">The last part of a problem's type.</param>
    public static async Task Write(HttpContext context, int status, string code, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await using var writer = new Utf8JsonWriter(context.Response.Body, options);
        writer.WriteStartObject();
        writer.WriteStartArray("messages");
        WriteMessage(writer, context, status >= 500 ? "Exception" : "Error", code, text);
        writer.WriteEndArray();
        writer.WriteEndObject();
        await writer.FlushAsync(context.RequestAborted);
    }

    public static void WriteMessage(Utf8JsonWriter writer, HttpContext context, string messageType, string code, string text)
    {
        writer.WriteStartObject();
        writer.WriteString("messageType", messageType);
        writer.WriteString("text", text);
        writer.WriteString("code", code.Length > MaxCode ? code[..MaxCode] : code);
        writer.WriteString("correlationId", context.TraceIdentifier);
        writer.WriteString("timestamp", context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime);
        writer.WriteEndObject();
    }
}
