using System.Buffers;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover;
using Dure.Kernel;

namespace Dure.Node.Http.Exchange;

/// <summary>The door for data: a file of an agreement, whole or from a byte on, counted and stopped by its policy.</summary>
internal static class DataEndpoints
{
    public const string Root = "/exchange/data/";
    private const int BufferBytes = 256 * 1024;

    public static void MapExchangeData(this IEndpointRouteBuilder app)
    {
        app.MapMethods(Root + "{pid}", [HttpMethods.Head], Look).AllowAnonymous().ExcludeFromDescription();
        app.MapGet(Root + "{pid}", Send).AllowAnonymous().ExcludeFromDescription();
        app.MapGet(Root + "{pid}/manifest", Manifest).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task Look(HttpContext context)
    {
        if (await Guard(context, door => door.Look(Pid(context), context.Request.Headers.Authorization, context.RequestAborted)) is not { } goods)
            return;
        Describe(context, goods.Offering);
        context.Response.ContentLength = new FileInfo(goods.Path).Length;
    }

    private static async Task Manifest(HttpContext context)
    {
        if (await Guard(context, door => door.Look(Pid(context), context.Request.Headers.Authorization, context.RequestAborted)) is not { } goods)
            return;
        if (context.RequestServices.GetRequiredService<IShelf>().ManifestOf(goods.Offering) is not { } manifest)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        context.Response.ContentType = "application/ld+json";
        context.Response.ContentLength = manifest.Length;
        await context.Response.Body.WriteAsync(manifest, context.RequestAborted);
    }

    private static async Task Send(HttpContext context)
    {
        if (await Guard(context, door => door.Look(Pid(context), context.Request.Headers.Authorization, context.RequestAborted)) is not var (offering, path))
            return;
        var total = new FileInfo(path).Length;
        if (!TryRange(context, offering, total, out var from, out var length))
        {
            context.Response.StatusCode = StatusCodes.Status416RangeNotSatisfiable;
            Describe(context, offering);
            context.Response.Headers.ContentRange = $"bytes */{total}";
            return;
        }
        var entered = await Guard(context, door => door.Enter(Pid(context), context.Request.Headers.Authorization, from, length, context.Request.Headers.Range.Count > 0, context.RequestAborted));
        if (entered is null)
            return;
        await using var passage = entered;
        Describe(context, offering);
        context.Response.ContentLength = length;
        if (from > 0 || length < total)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = $"bytes {from}-{from + length - 1}/{total}";
        }
        await Stream(context, passage, path, from, length);
    }

    private static async Task Stream(HttpContext context, Passage passage, string path, long from, long length)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, passage.Stopped);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var done = 0L; done < length;)
            {
                var read = await RandomAccess.ReadAsync(file, buffer.AsMemory(0, (int)Math.Min(BufferBytes, length - done)), from + done, stop.Token);
                if (read == 0)
                    break;
                await passage.Let(read, stop.Token);
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), stop.Token);
                done += read;
            }
        }
        catch (Exception ended) when (ended is OperationCanceledException or ProblemException)
        {
            context.Abort(); // what left is counted; a cut answer must not look whole
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Describe(HttpContext context, Offering offering)
    {
        context.Response.ContentType = offering.MediaType;
        context.Response.Headers.AcceptRanges = "bytes";
        context.Response.Headers.CacheControl = "private, no-store";
        if (offering.Content is not { } content)
            return;
        context.Response.Headers.ETag = $"\"{content.Hex}\"";
        context.Response.Headers["Repr-Digest"] = $"sha-256=:{Convert.ToBase64String(content.ToArray())}:";
    }

    /// <summary>One range of bytes, by RFC 9110; several at once, or one of another file (If-Range), give the whole.</summary>
    private static bool TryRange(HttpContext context, Offering offering, long total, out long from, out long length)
    {
        (from, length) = (0, total);
        var range = context.Request.GetTypedHeaders().Range;
        var condition = context.Request.Headers.IfRange.ToString();
        if (range is not { Unit.Value: "bytes", Ranges.Count: 1 } || (condition.Length > 0 && condition != $"\"{offering.Content?.Hex}\""))
            return true;
        var wanted = range.Ranges.First();
        if (wanted.From is null)
            (from, length) = (Math.Max(0, total - wanted.To!.Value), Math.Min(total, wanted.To.Value));
        else
            (from, length) = (wanted.From.Value, Math.Min(total - 1, wanted.To ?? total - 1) - wanted.From.Value + 1);
        return from < total && length > 0;
    }

    private static async Task<T?> Guard<T>(HttpContext context, Func<DataDoor, Task<T>> work) where T : class
    {
        try
        {
            return await work(context.RequestServices.GetRequiredService<DataDoor>());
        }
        catch (ProblemException refused)
        {
            await OutsideProblems.Write(context, refused, static type => type switch
            {
                DataDoor.Unauthorised => StatusCodes.Status401Unauthorized,
                DataDoor.Refused => StatusCodes.Status403Forbidden,
                DataDoor.TooOften => StatusCodes.Status429TooManyRequests,
                _ => StatusCodes.Status503ServiceUnavailable,
            });
            return null;
        }
    }

    private static string Pid(HttpContext context) => (string)context.Request.RouteValues["pid"]!;
}
