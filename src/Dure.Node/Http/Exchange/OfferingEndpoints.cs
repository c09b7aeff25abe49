using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Exchange.Catalog;
using Dure.Exchange.Handover;
using Dure.Exchange.Policies;
using Dure.Historian;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Access;
using Dure.Node.Hosting;
using Dure.Node.Runs;

namespace Dure.Node.Http.Exchange;

/// <summary>What this organisation offers to others: datasets, and packed models.</summary>
internal static class OfferingEndpoints
{
    public static void MapOfferings(this IEndpointRouteBuilder app)
    {
        var exchange = app.MapGroup("/api/v1/exchange").WithTags("Exchange");
        exchange.MapGet("/offerings", (OfferingBook book) => new JsonObject { ["offerings"] = new JsonArray([.. book.All.Select(Describe)]) }).Needs(Permission.Read).WithSummary("What this node offers, with what was used of it.");
        exchange.MapPost("/offerings", Publish).Needs(Permission.Share).WithSummary("Offer a dataset version, a model or series as they grow, under terms in words or a policy.");
        exchange.MapPost("/terms", (JsonObject request, TimeProvider time) => TermsRequest.Preview(request, time)).Needs(Permission.Read).WithSummary("Say terms, typed or as fields, as the rules they make, in English and Korean; offers nothing.");
        exchange.MapDelete("/offerings/{id}", Withdraw).Needs(Permission.Share).WithSummary("Stop offering it; agreements keep their own terms.");
    }

    private static async Task<JsonObject> Publish(JsonObject request, DatasetCatalog datasets, ModelRegistry models, PackageShelf packages, PlantHistorian historian, SeriesShelf series, OfferingBook book, Obligations obligations, TimeProvider time, HttpContext context)
    {
        var terms = TermsRequest.PolicyIn(request, time);
        if (request["series"] is not null)
            return Describe(await book.Publish(SeriesOffering.In(request, historian, series, terms), context.Actor(), context.RequestAborted));
        var (goods, inherited) = request["model"] is null
            ? await DatasetIn(request, datasets, terms, obligations, context.RequestAborted)
            : await ModelIn(request, models, packages, terms, obligations, context);
        return Describe(await book.Publish(inherited is null ? goods : goods with { Policy = PolicyInheritance.Combine([terms, inherited]) }, context.Actor(), context.RequestAborted));
    }

    private static async Task<(Offering Goods, UsagePolicy? Inherited)> DatasetIn(JsonObject request, DatasetCatalog datasets, UsagePolicy terms, Obligations obligations, CancellationToken cancel)
    {
        var version = datasets.Find(Requests.Text(request, "dataset"));
        if (version.HasImages)
            throw Requests.Bad("dataset", "Its rows are images; an exchange hands over tables, and the images would stay behind.", "Hand them over yourself: dure dataset export VERSION images.zip.");
        return (new Offering
        {
            Id = Requests.TextOr(request, "id", version.Name),
            OfferId = "",
            Title = Requests.TextOr(request, "title", version.Title),
            Description = Requests.TextOr(request, "description", version.Table is null
                ? $"{version.Rows:N0} rows of {version.Parts.Count} machines, {version.Columns.Count} signals."
                : $"{version.Rows:N0} rows, {version.Columns.Count} columns."),
            Keywords = Requests.Texts(request, "keywords") is { Count: > 0 } named ? named : [.. version.SignalNames.Take(20)],
            Source = version.Id.ToString(),
            Content = version.Parquet,
            Bytes = version.ParquetBytes,
            MediaType = Dure.Datasets.Croissant.ParquetMediaType,
            Policy = terms,
            NeedsApproval = Requests.FlagOr(request, "needsApproval", false),
        }, await obligations.ToPassOn(version.Name, version.Entry, cancel));
    }

    private static async Task<(Offering Goods, UsagePolicy? Inherited)> ModelIn(JsonObject request, ModelRegistry models, PackageShelf packages, UsagePolicy terms, Obligations obligations, HttpContext context)
    {
        var version = models.Find(Requests.Text(request, "model"));
        var model = version.Manifest;
        var inherited = await obligations.ToDerive(model.Name, version.Entry.Index, context.RequestAborted);
        var package = await packages.Build(version, context.Actor(), context.RequestAborted);
        return (new Offering
        {
            Id = Requests.TextOr(request, "id", $"{model.Name}.durepkg"),
            OfferId = "",
            Title = Requests.TextOr(request, "title", $"{model.Name}: {model.Title}"),
            Description = Requests.TextOr(request, "description", $"A model of {model.Machines.Count} machines, packed for devices; trained on {model.DatasetName}."),
            Keywords = Requests.Texts(request, "keywords") is { Count: > 0 } named ? named : ["model", .. model.Machines.SelectMany(machine => machine.Signals).Distinct().Take(20)],
            Source = version.Version.ToString(),
            Content = package.Hash,
            Bytes = package.Bytes,
            MediaType = "application/vnd.dure.package",
            Policy = terms,
            NeedsApproval = Requests.FlagOr(request, "needsApproval", false),
        }, inherited);
    }

    private static async Task<JsonObject> Withdraw(string id, OfferingBook book, HttpContext context) => await book.Withdraw(id, context.Actor(), context.RequestAborted)
        ? new JsonObject { ["withdrawn"] = id }
        : throw new ProblemException("urn:dure:exchange:no-such-offering", $"'{id}' is not offered.", "offering", "List them with: dure exchange offers");

    private static JsonObject Describe(Offering offering) => new()
    {
        ["id"] = offering.Id,
        ["offer"] = offering.OfferId,
        ["title"] = offering.Title,
        ["description"] = offering.Description,
        ["source"] = offering.Source,
        ["series"] = offering.Series is { } series ? new JsonArray([.. series.Patterns.Select(pattern => JsonValue.Create(pattern))]) : null,
        ["bytes"] = offering.Bytes,
        ["needsApproval"] = offering.NeedsApproval,
        ["terms"] = SharingEndpoints.Words(offering.Policy),
        ["policy"] = offering.Policy.ToJson(),
        ["at"] = offering.PublishedAt,
        ["entry"] = offering.Entry.Entry,
    };
}
