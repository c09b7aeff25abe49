using Dure.Exchange.Shells;
using Dure.Kernel;
using Microsoft.Net.Http.Headers;

namespace Dure.Node.Http.Exchange.Shells;

/// <summary>Files of shells: received as multipart forms, kept as blobs, sent for saving, never for showing.</summary>
internal static class ShellFiles
{
    private const int MaxName = 200;
    private const string Unknown = "application/octet-stream";

    /// <summary>The form's file in the blob store; its name tells it from others of the same document by its content.</summary>
    public static async Task<StoredFile> Receive(ShellCall call)
    {
        var (file, name) = await Form(call);
        await using var content = file.OpenReadStream();
        var hash = await call.Store.Blobs.Put(content, call.Cancel);
        return new StoredFile($"/aasx/files/{hash.Short}/{name}", TypeOf(file.ContentType), hash, file.Length);
    }

    public static async Task<(IFormFile File, string Name)> Form(ShellCall call)
    {
        if (!call.Context.Request.HasFormContentType)
            throw ShellCall.Bad("header Content-Type", "The body is not a form.", "Send multipart/form-data with the parts 'fileName' and 'file'.");
        var form = await ReadForm(call);
        var file = form.Files.GetFile("file") ?? throw ShellCall.Bad("part 'file'", "The form has no file.", "Send multipart/form-data with the parts 'fileName' and 'file'.");
        return (file, NameOf(form["fileName"] is [{ Length: > 0 } given] ? given : file.FileName));
    }

    public static async Task Send(ShellCall call, StoredFile file)
    {
        await using var content = call.Store.Blobs.OpenRead(file.Content);
        var response = call.Context.Response;
        response.ContentType = TypeOf(file.ContentType);
        response.ContentLength = file.Bytes;
        response.Headers.ContentDisposition = Disposition(Path.GetFileName(file.Name));
        await content.CopyToAsync(response.Body, call.Cancel);
    }

    public static string Disposition(string name)
    {
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(name);
        return disposition.ToString();
    }

    private static async Task<IFormCollection> ReadForm(ShellCall call)
    {
        try
        {
            return await call.Context.Request.ReadFormAsync(call.Cancel);
        }
        catch (InvalidDataException cause)
        {
            throw new ProblemException("urn:dure:exchange:bad-shell-call", $"The form cannot be read: {cause.Message}", "request body", "Send multipart/form-data with the parts 'fileName' and 'file'.", cause);
        }
    }

    /// <summary>Letters, digits and simple marks: the name becomes part of a path in documents and packages.</summary>
    private static string NameOf(string given)
    {
        var last = given[(given.LastIndexOfAny(['/', '\\']) + 1)..];
        var safe = string.Concat(last.Take(MaxName).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_')).Trim('.');
        return safe.Length == 0 ? "file" : safe;
    }

    private static string TypeOf(string? given) => given is { Length: > 0 and <= 128 } && MediaTypeHeaderValue.TryParse(given, out _) ? given : Unknown;
}
