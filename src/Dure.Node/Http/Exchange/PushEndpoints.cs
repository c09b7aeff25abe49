using System.Globalization;
using Dure.Exchange.Handover;
using Dure.Kernel;
using Microsoft.AspNetCore.Http.Features;

namespace Dure.Node.Http.Exchange;

/// <summary>The door by which partners bring data: how much is here, the manifest, and bytes from there on.</summary>
internal static class PushEndpoints
{
    public const string Root = "/exchange/inbox/";

    public static void MapExchangeInbox(this IEndpointRouteBuilder app)
    {
        app.MapMethods(Root + "{pid}", [HttpMethods.Head], Look).AllowAnonymous().ExcludeFromDescription();
        app.MapMethods(Root + "{pid}", [HttpMethods.Put, HttpMethods.Post], Take).AllowAnonymous().ExcludeFromDescription();
        app.MapPut(Root + "{pid}/manifest", TakeManifest).AllowAnonymous().ExcludeFromDescription();
    }

    private static Task Look(HttpContext context) => Answer(context, door => Task.FromResult<int?>(null));

    private static Task Take(HttpContext context) => Answer(context, door => Take(context, door));

    private static Task TakeManifest(HttpContext context) => Answer(context, door => TakeManifest(context, door));

    private static async Task<int?> Take(HttpContext context, PushDoor door)
    {
        var range = RangeIn(context.Request);
        // The door bounds it by what was announced, which may be more than a batch of samples.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = null;
        return await door.Take(Pid(context), context.Request.Headers.Authorization, range, context.Request.Body, context.RequestAborted) ? null : StatusCodes.Status202Accepted;
    }

    private static async Task<int?> TakeManifest(HttpContext context, PushDoor door)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = PushDoor.MaxManifestBytes + 1;
        await door.TakeManifest(Pid(context), context.Request.Headers.Authorization, context.Request.Body, context.RequestAborted);
        return null;
    }

    /// <summary>Which bytes are brought, by Content-Range (RFC 9110, 14.4), and the digest of the whole (RFC 9530).</summary>
    /// <exception cref="ProblemException">A header cannot be read, or its numbers do not fit together.</exception>
    internal static PushedRange RangeIn(HttpRequest request)
    {
        var digest = DigestIn(request.Headers["Repr-Digest"].ToString());
        if (request.Headers.ContentRange.ToString() is not { Length: > 0 } text)
            return new PushedRange(null, request.ContentLength, digest);
        if (text.Length > 100 || !text.StartsWith("bytes ", StringComparison.Ordinal) || text[6..].Split('/') is not [var bytes, var whole] || !Number(whole, out var total))
            throw Bad($"'{(text.Length > 100 ? text[..100] + "…" : text)}' is no range of bytes with a length of the whole.");
        if (bytes == "*")
            return request.ContentLength is null or 0 ? new PushedRange(total, total, digest) : throw Bad("A range without bytes comes with a body.");
        if (bytes.Split('-') is not [var first, var last] || !Number(first, out var from) || !Number(last, out var to) || to < from || to >= total)
            throw Bad($"The range '{text}' does not lie within the whole.");
        if (request.ContentLength is { } length && length != to - from + 1)
            throw Bad($"The range has {to - from + 1} bytes, and {length} are announced.");
        return to == total - 1 ? new PushedRange(from, total, digest) : throw Bad("The range ends before the whole does.");
    }

    private static string? DigestIn(string header)
    {
        var digest = header.Split(',').Select(value => value.Trim()).FirstOrDefault(value => value.StartsWith("sha-256=:", StringComparison.OrdinalIgnoreCase));
        return digest?[9..].TrimEnd(':');
    }

    private static bool Number(string text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static async Task Answer(HttpContext context, Func<PushDoor, Task<int?>> work)
    {
        var door = context.RequestServices.GetRequiredService<PushDoor>();
        context.Response.Headers.CacheControl = "private, no-store";
        try
        {
            var here = door.Look(Pid(context), context.Request.Headers.Authorization);
            context.Response.Headers[Upload.OffsetHeader] = here.ToString(CultureInfo.InvariantCulture);
            var status = await work(door);
            context.Response.Headers[Upload.OffsetHeader] = door.Look(Pid(context), context.Request.Headers.Authorization).ToString(CultureInfo.InvariantCulture);
            context.Response.StatusCode = status ?? StatusCodes.Status204NoContent;
        }
        catch (OperationCanceledException)
        {
            context.Abort(); // suspended, ended, silent for too long, or the partner came anew by another line
        }
        catch (BadHttpRequestException broken)
        {
            await Problems.Write(context, broken.StatusCode, "urn:dure:exchange:line-broke", "The bytes do not come as they were announced.", "request body", "Go on where this node says it is.");
        }
        catch (Exception ended) when (ended is IOException && context.RequestAborted.IsCancellationRequested)
        {
            context.Abort(); // the line broke, not the disk
        }
        catch (Exception refused) when (refused is ProblemException or IOException or UnauthorizedAccessException)
        {
            // 503 has the provider come again later, with growing pauses; 422 would have it give up.
            await OutsideProblems.Write(context, refused, static type => type switch
            {
                DataDoor.Unauthorised => StatusCodes.Status401Unauthorized,
                DataDoor.Refused => StatusCodes.Status403Forbidden,
                PushDoor.Elsewhere => StatusCodes.Status409Conflict,
                PushDoor.TooLarge => StatusCodes.Status413PayloadTooLarge,
                Download.NoRoom => StatusCodes.Status507InsufficientStorage,
                BadRange => StatusCodes.Status400BadRequest,
                _ => StatusCodes.Status422UnprocessableEntity,
            });
        }
    }

    private const string BadRange = "urn:dure:exchange:bad-range";

    private static ProblemException Bad(string what) => new(BadRange, what, "header Content-Range", "Write it as bytes FIRST-LAST/LENGTH up to the last byte, or leave it out and bring the whole.");

    private static string Pid(HttpContext context) => (string)context.Request.RouteValues["pid"]!;
}
