using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Hosting;
using Dure.Node.Runs;
using Dure.Node.Shells;

namespace Dure.Node.Http;

/// <summary>Dataset versions: cut, described, taken out.</summary>
internal static class DatasetEndpoints
{
    public static void MapDatasets(this IEndpointRouteBuilder app)
    {
        var datasets = app.MapGroup("/api/v1/datasets").WithTags("Datasets");
        datasets.MapGet("/", All).Needs(Permission.Read).WithSummary("List dataset versions.");
        datasets.MapPost("/", Cut).Needs(Permission.Curate).WithSummary("Cut a version; the answer is a run to follow.");
        datasets.MapGet("/{version}", One).Needs(Permission.Read).WithSummary("A version's parts and figures.");
        datasets.MapGet("/{version}/croissant", Croissant).Needs(Permission.Read).WithSummary("The Croissant manifest.");
        datasets.MapGet("/{version}/card.md", Card).Needs(Permission.Read).WithSummary("The data card, as Markdown.");
        datasets.MapGet("/{version}/submodel", Submodel).Needs(Permission.Read).WithSummary("The Asset Administration Shell submodel AI Dataset (IDTA 02058).");
        datasets.MapGet("/{version}/parquet", Parquet).Needs(Permission.Read).WithSummary("The table as Parquet.");
        datasets.MapGet("/{version}/csv", Csv).Needs(Permission.Read).WithSummary("The table as CSV.");
        datasets.MapGet("/{version}/images.zip", Images).Needs(Permission.Read).WithSummary("All images of a version whose rows are such.");
        datasets.MapGet("/{version}/images/{row:int}", Image).Needs(Permission.Read).WithSummary("The image of a row, as it was brought.");
    }

    public static DatasetVersion Find(this DatasetCatalog catalog, string? version) => (version is null ? null : catalog.TryFind(version))
        ?? throw new ProblemException("urn:dure:datasets:no-such-version", $"There is no dataset version '{version}'.", "dataset version", "List them with 'dure dataset list'.");

    private static JsonObject All(DatasetCatalog catalog) => new() { ["datasets"] = new JsonArray([.. catalog.Versions.Select(Describe)]) };

    private static Task<IResult> Cut(JsonObject request, RunBoard runs, HttpContext context) => RunEndpoints.Accept(runs, CutWork.Kind, request, context);

    private static JsonObject One(string version, DatasetCatalog catalog)
    {
        var found = catalog.Find(version);
        var answer = Describe(found);
        answer["parts"] = new JsonArray([.. found.Parts.Select(part => new JsonObject
        {
            ["asset"] = part.Asset.Path, ["rows"] = part.Rows, ["trainRows"] = part.TrainRows, ["heldOutRows"] = part.HeldOutRows, ["labelled"] = part.Labelled,
        })]);
        if (found.Table is { } table)
            answer["columns"] = TableJson.Columns(table.Columns);
        return answer;
    }

    private static JsonObject Croissant(string version, DatasetCatalog catalog) => catalog.Manifest(catalog.Find(version));

    private static IResult Card(string version, DatasetCatalog catalog) => Results.Text(catalog.Card(catalog.Find(version)).ToMarkdown(), "text/markdown; charset=utf-8");

    private static IResult Submodel(string version, DatasetCatalog catalog, NodeAddress address)
    {
        var found = catalog.Find(version);
        return Results.Bytes(ShellJson.Write(DatasetSubmodel.Of(found, catalog.Quality(found), address)), "application/json");
    }

    private static IResult Parquet(string version, DatasetCatalog catalog)
    {
        var found = catalog.Find(version);
        return Results.File(catalog.ParquetPath(found), "application/vnd.apache.parquet", $"{found.Name}-{found.Id.Short}.parquet", enableRangeProcessing: true);
    }

    private static IResult Csv(string version, DatasetCatalog catalog, CancellationToken cancel)
    {
        var found = catalog.Find(version);
        return Results.Stream(stream => catalog.Export(found, DatasetFormat.Csv, stream, cancel), "text/csv", $"{found.Name}-{found.Id.Short}.csv");
    }

    private static IResult Images(string version, DatasetCatalog catalog)
    {
        var found = catalog.Find(version);
        return Results.File(catalog.ImagesPath(found), "application/zip", $"{found.Name}-{found.Id.Short}.zip", enableRangeProcessing: true);
    }

    private static IResult Image(string version, int row, DatasetCatalog catalog, HttpContext context)
    {
        using var images = catalog.OpenImages(catalog.Find(version));
        if (row < 0 || row >= images.Names.Count)
            throw new ProblemException("urn:dure:datasets:no-images", $"There is no row {row}.", $"dataset {version}", $"Ask for 0 to {images.Names.Count - 1}.");
        var bytes = images.Read(row);
        context.Response.Headers.CacheControl = "private, max-age=86400, immutable"; // a version's rows never change
        return Results.Bytes(bytes, bytes is [0x89, ..] ? "image/png" : "image/jpeg");
    }

    internal static JsonObject Describe(DatasetVersion version) => new()
    {
        ["version"] = version.Id.ToString(),
        ["name"] = version.Name,
        ["number"] = version.Number,
        ["title"] = version.Title,
        ["kind"] = version.Table is null ? "series" : version.HasImages ? "images" : "table",
        ["rows"] = version.Rows,
        ["assets"] = version.Parts.Count,
        ["bytes"] = version.ParquetBytes,
        ["quality"] = version.QualityScore,
        ["entry"] = version.Entry,
        ["at"] = version.At,
    };
}
