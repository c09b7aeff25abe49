using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dure.Exchange.Shells;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>One call of the shells' interface: its identifiers, modifiers and body read, its answer written, as IDTA 01002 has them.</summary>
internal sealed class ShellCall(HttpContext context)
{
    private const int DefaultLimit = 100;
    private const int MostAtOnce = 1000;
    private static readonly JsonWriterOptions writerOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public HttpContext Context => context;
    public ShellStore Store { get; } = context.RequestServices.GetRequiredService<ShellStore>();
    public CancellationToken Cancel => context.RequestAborted;
    public string Actor => context.Actor();

    /// <summary>An identifier in the path: base64url without padding of its UTF-8.</summary>
    public string Id(string name) => Decoded((string?)context.Request.RouteValues[name] ?? "", name);

    public bool HasId(string name) => context.Request.RouteValues.ContainsKey(name);

    public ElementPath Path() => ElementPath.Parse((string?)context.Request.RouteValues["idShortPath"] ?? "");

    public string? Query(string name) => context.Request.Query[name] is [{ Length: > 0 } text] ? text : null;

    /// <summary>Values of a parameter that may be repeated or listed with commas, each base64url.</summary>
    public IReadOnlyList<string> DecodedList(string name) =>
        [.. context.Request.Query[name].SelectMany(text => (text ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries)).Select(text => Decoded(text, name))];

    public ShellForm Form() => new(
        Choice("level", "deep", "core") == "core",
        Choice("extent", "withoutBlobValue", "withBlobValue") == "withBlobValue");

    public int Limit() => Query("limit") is not { } text ? DefaultLimit
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit > 0 ? Math.Min(limit, MostAtOnce)
        : throw Bad("limit", $"'{text}' is not a number from 1 on.", "Leave it out, or send a whole number.");

    public string? Cursor => Query("cursor");

    /// <summary>A part of a list that is at hand as a whole; its cursor is a place in it.</summary>
    public (IEnumerable<T> Part, string? Cursor) Slice<T>(IReadOnlyList<T> all)
    {
        var limit = Limit();
        var start = Cursor is not { } text ? 0
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at
            : throw Bad("cursor", $"'{text}' is not a cursor.", "Send the cursor of the page before, or none.");
        return (all.Skip(start).Take(limit), start + (long)limit < all.Count ? (start + limit).ToString(CultureInfo.InvariantCulture) : null);
    }

    /// <summary>The body as an object of the metamodel that keeps its constraints, or a refusal that names the rule and the place.</summary>
    public async Task<T> Read<T>() where T : class
    {
        using var body = await RequestBody.Read(context);
        return ShellJson.Read<T>(body.Bytes).OrThrow();
    }

    public async Task<byte[]> Bytes()
    {
        using var body = await RequestBody.Read(context);
        return body.Bytes.ToArray();
    }

    public async Task Answer(int status, Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        await using (var writer = new Utf8JsonWriter(output, writerOptions))
            write(writer);
        await Answer(status, output.WrittenMemory);
    }

    public async Task Answer(int status, ReadOnlyMemory<byte> json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, Cancel);
    }

    public Task NoContent()
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    /// <param name="location">Where the new thing is, below this interface's address.</param>
    public Task Created(string location, Action<Utf8JsonWriter> write)
    {
        context.Response.Headers.Location = ShellApi.Prefix + location;
        return Answer(StatusCodes.Status201Created, write);
    }

    /// <summary>A page: the list, and where the next one begins.</summary>
    public Task Page<T>(IEnumerable<T> items, string? cursor, Action<Utf8JsonWriter, T> write) => Answer(StatusCodes.Status200OK, writer =>
    {
        writer.WriteStartObject();
        WritePaging(writer, cursor, null);
        writer.WriteStartArray("result");
        foreach (var item in items)
            write(writer, item);
        writer.WriteEndArray();
        writer.WriteEndObject();
    });

    public static void WritePaging(Utf8JsonWriter writer, string? cursor, string? resultType)
    {
        writer.WriteStartObject("paging_metadata");
        if (cursor is not null)
            writer.WriteString("cursor", cursor);
        if (resultType is not null)
            writer.WriteString("resultType", resultType);
        writer.WriteEndObject();
    }

    public static string Encoded(string id) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(id));

    public static ProblemException Bad(string where, string what, string mend) => new("urn:dure:exchange:bad-shell-call", what, where, mend);

    private string? Choice(string name, params string[] allowed) => Query(name) is not { } text ? null
        : allowed.FirstOrDefault(value => value.Equals(text, StringComparison.OrdinalIgnoreCase)) ?? throw Bad(name, $"'{text}' is not a value of '{name}'.", $"Use one of: {string.Join(", ", allowed)}.");

    private static string Decoded(string text, string name)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(Base64Url.DecodeFromChars(text.AsSpan().TrimEnd('='))) is { Length: > 0 } id ? id : throw Bad(name, "The identifier is empty.", "Send the identifier in base64url.");
        }
        catch (Exception cause) when (cause is FormatException or ArgumentException)
        {
            throw Bad(name, $"'{(text.Length > 80 ? text[..80] + "…" : text)}' is not an identifier in base64url.", "Encode the UTF-8 of the identifier in base64url, without padding.");
        }
    }
}
