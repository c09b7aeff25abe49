using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Web;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Dure.Node.Http;

/// <summary>Tables that people bring as files: by the API in one request, by the page in two steps, so that a person sees what was read before it is kept.</summary>
internal static class TableEndpoints
{
    /// <summary>Two fields of the form for each column, and some for the words.</summary>
    private const int MostFields = 2 * TableFacts.MaxColumns + 100;

    private const int MostFormBytes = 4 << 20;
    private const string MultipartForm = "multipart/form-data";

    public static void MapTables(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/datasets/import", Import).Needs(Permission.Curate).WithTags("Datasets")
            .WithSummary("Make a version of a CSV or Parquet file, streamed; with dryRun=true say what it would be. Query: file, name, title, licence, source, description, time, group, id, target, category, dates, leaveOutBroken, mendMidnights.");

        var pages = app.MapGroup("/datasets/import").ExcludeFromDescription();
        pages.MapPost("/", (Delegate)Upload).Needs(Permission.Curate).DisableAntiforgery(); // the origin is checked for every change by cookie
        pages.MapGet("/{file}", See).Needs(Permission.Curate);
        pages.MapPost("/{file}", (Delegate)Decide).Needs(Permission.Curate).DisableAntiforgery();
    }

    private static async Task<IResult> Import(HttpContext context, TableShelf shelf, DatasetCatalog catalog, bool dryRun = false)
    {
        AllowFile(context);
        var query = context.Request.Query;
        var spec = TableQuery.Read(key => query[key]);
        spec.Check();
        var (name, cancel) = (NameOf(query[TableQuery.File]), context.RequestAborted);
        var file = await shelf.Put(context.Request.Body, cancel);
        if (dryRun)
            return Results.Json(TableJson.Describe(await shelf.Look(file, name, spec, cancel)));
        var version = await catalog.Import(spec, shelf.PathOf(file), name, context.Actor(), cancel);
        shelf.Remove(file);
        var answer = DatasetEndpoints.Describe(version);
        answer["columns"] = TableJson.Columns(version.Table!.Columns); // what was imported is a table
        return Results.Json(answer, statusCode: StatusCodes.Status201Created);
    }

    /// <summary>Takes the file of a page's form and leads to what was read.</summary>
    private static async Task<IResult> Upload(HttpContext context, TableShelf shelf)
    {
        AllowFile(context);
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || type.MediaType != MultipartForm || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and < 200 } boundary)
            throw NoFile();
        try
        {
            var parts = new MultipartReader(boundary.ToString(), context.Request.Body);
            while (await parts.ReadNextSectionAsync(context.RequestAborted) is { } part)
            {
                if (!ContentDispositionHeaderValue.TryParse(part.ContentDisposition, out var disposition) || !disposition.IsFileDisposition())
                    continue;
                var name = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).ToString();
                if (name.Length == 0)
                    continue;
                var file = await shelf.Put(part.Body, context.RequestAborted);
                return Results.Redirect($"/datasets/import/{file.Hex}?file={Uri.EscapeDataString(NameOf(name))}");
            }
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException and not BadHttpRequestException)
        {
            throw new ProblemException("urn:dure:http:bad-form", $"The form cannot be read: {broken.Message}", "POST /datasets/import", "Send the file again.", broken);
        }
        throw NoFile();
    }

    private static async Task<IResult> See(string file, HttpContext context, TableShelf shelf)
    {
        var query = context.Request.Query;
        return await Page(file, NameOf(query[TableQuery.File]), TableQuery.Read(key => query[key]), isFirst: true, context, shelf);
    }

    /// <summary>The form of the page: looked at again with other roles, or imported.</summary>
    private static async Task<IResult> Decide(string file, HttpContext context, TableShelf shelf, DatasetCatalog catalog)
    {
        var form = await FormOf(context);
        var name = NameOf(form[TableQuery.File]);
        var spec = TableForm.Read(form);
        if (form["do"] != "import")
            return await Page(file, name, spec, isFirst: false, context, shelf);
        try
        {
            var hash = HashOf(file);
            var version = await catalog.Import(spec, shelf.PathOf(hash), name, context.Actor(), context.RequestAborted);
            shelf.Remove(hash);
            return Results.Redirect(Addresses.Dataset(version.Id.Hex));
        }
        catch (ProblemException refused)
        {
            return await Page(file, name, spec, isFirst: false, context, shelf, refused.Problem);
        }
    }

    private static async Task<IResult> Page(string file, string name, TableSpec spec, bool isFirst, HttpContext context, TableShelf shelf, Problem? refused = null)
    {
        var hash = HashOf(file);
        try
        {
            var seen = await shelf.Look(hash, name, spec, context.RequestAborted);
            return WebPages.Table(context, new TableView(hash, name, isFirst ? TableSuggestion.For(seen, spec) : spec, seen, refused ?? seen.Refusal));
        }
        catch (ProblemException unreadable)
        {
            return WebPages.Table(context, new TableView(hash, name, spec, null, unreadable.Problem));
        }
    }

    private static async Task<IFormCollection> FormOf(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostFormBytes;
        try
        {
            context.Features.Set<IFormFeature>(new FormFeature(context.Request, new FormOptions { ValueCountLimit = MostFields, BufferBodyLengthLimit = MostFormBytes }));
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception broken) when (broken is InvalidDataException or InvalidOperationException)
        {
            throw new ProblemException("urn:dure:http:bad-form", $"The form cannot be read: {broken.Message}", $"POST {context.Request.Path}", "Send the page's own form.", broken);
        }
    }

    private static ContentHash HashOf(string file) => ContentHash.TryParse($"sha256:{file}", out var hash) ? hash
        : throw new ProblemException("urn:dure:datasets:no-upload", "There is no such upload.", $"upload {file}", "Bring the file on the page of datasets.");

    /// <summary>What the file is called, without a path.</summary>
    private static string NameOf(string? name) => Path.GetFileName((name ?? "").Replace('\\', '/')) is { Length: > 0 and <= 200 } plain ? plain : "table";

    private static void AllowFile(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = TableFacts.MaxFileBytes + MostFormBytes;
    }

    private static ProblemException NoFile() => new("urn:dure:datasets:no-file", "The form holds no file.", "POST /datasets/import", "Choose a CSV or Parquet file.");
}
