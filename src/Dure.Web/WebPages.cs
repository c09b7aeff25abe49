using System.Text.Encodings.Web;
using System.Text.Unicode;
using Dure.Datasets;
using Dure.Effects;
using Dure.Evidence;
using Dure.Exchange.Catalog;
using Dure.Exchange.Processes;
using Dure.Exchange.Protocol;
using Dure.Exchange.Shells;
using Dure.Exchange.Shells.Templates;
using Dure.Historian.Sources;
using Dure.Historian.Watching;
using Dure.Kernel;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Learn;
using Dure.Learn.Registry;
using Dure.Web.Assets;
using Dure.Web.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dure.Web;

/// <summary>The node's pages: what the host adds and maps.</summary>
public static class WebPages
{
    /// <summary>The policy that the host defines for pages: whoever may read.</summary>
    public const string Policy = "page";

    public static IServiceCollection AddDureWeb(this IServiceCollection services)
    {
        services.AddRazorComponents();
        // Korean goes out as written, not as numbered entities of eight bytes each; what HTML needs escaped still is.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddSingleton<EmbeddedAssets>();
        services.AddScoped<PageView>();
        services.AddSingleton<PlantQuality>();
        return services;
    }

    /// <summary>Maps all pages (policy <see cref="Policy"/>), the sign-in page and the assets (open to all).</summary>
    public static IEndpointConventionBuilder MapDureWeb(this IEndpointRouteBuilder app)
    {
        var everything = app.MapGroup("").ExcludeFromDescription();
        everything.MapGet("/assets/{version}/{name}", (string version, string name, HttpContext context, EmbeddedAssets assets) => assets.Serve(context, version, name)).AllowAnonymous();

        var pages = everything.MapGroup("").AddEndpointFilter(ReadView);
        pages.MapGet("/sign-in", (string? next, string? error) => Page<SignIn>(new { Next = next ?? "/", HasFailed = error is not null })).AllowAnonymous();

        var inside = pages.MapGroup("").RequireAuthorization(Policy);
        inside.MapGet("/", () => Page<Overview>());
        inside.MapGet("/machines", () => Page<AssetsPage>());
        inside.MapGet("/machines/{**path}", (string path, ShellStore shells, PlantIds ids) =>
            shells.Shells.TryFind(ids.Shell(path)) is { } found ? Page<AssetPage>(new { Path = path, Shell = shells.Shells.Load<AssetAdministrationShell>(found) }) : Missing(path, "/machines"));
        inside.MapGet("/signals", (string? asset) => Page<SignalsPage>(new { Asset = asset }));
        inside.MapGet("/sources", (string? kind) => Page<SourcesPage>(new { Kind = kind }));
        inside.MapGet("/sources/{name}", (string name, SourceRunner sources) =>
            sources.Sources.FirstOrDefault(source => source.Name == name) is { } found ? Page<SourcePage>(new { Source = found }) : Missing(name, "/sources"));
        inside.MapGet("/datasets", () => Page<DatasetsPage>());
        inside.MapGet("/datasets/{version}", (string version, DatasetCatalog datasets) =>
            datasets.TryFind(version) switch
            {
                null => Missing(version, "/datasets"),
                { Table: not null } table => Page<TablePage>(new { Version = table }),
                var series => Page<DatasetPage>(new { Version = series }),
            });
        inside.MapGet("/models", () => Page<ModelsPage>());
        inside.MapGet("/models/{version}", (string version, ModelRegistry models, PredictorRegistry predictors) =>
            ContentHash.TryParse(version, out var hash) && models.Find(hash) is { } found ? Page<ModelPage>(new { Model = found })
            : predictors.TryFind(version) switch
            {
                null => Missing(version, "/models"),
                { Manifest.Inspection: not null } inspection => Page<InspectionPage>(new { Model = inspection }),
                { Manifest.ImageClasses: not null } classes => Page<ImageClassPage>(new { Model = classes }),
                var predictor => Page<PredictorPage>(new { Model = predictor }),
            });
        inside.MapGet("/models/{version}/drift", (string version, string? dataset, PredictorRegistry predictors) =>
            predictors.TryFind(version) is { Manifest.LooksAtImages: false } predictor ? Page<DriftPage>(new { Model = predictor, Dataset = dataset }) : Missing(version, "/models"));
        inside.MapGet("/models/compare", (string? a, string? b) => Page<ComparePage>(new { A = a, B = b }));
        inside.MapGet("/train", (string? dataset, string? again) => Page<TrainPage>(new { Dataset = dataset, Again = again }));
        inside.MapGet("/runs", () => Page<RunsPage>());
        inside.MapGet("/runs/{id}", (string id, IRunBook runs) => runs.TryFind(id) is { } found ? Page<RunPage>(new { Run = found }) : Missing(id, "/runs"));
        inside.MapGet("/devices", () => Page<DevicesPage>());
        inside.MapGet("/effects", () => Page<EffectsPage>());
        inside.MapGet("/effects/{id}", (string id, ClaimBook claims) =>
            claims.Find(id) is { } found ? Page<EffectPage>(new { Recorded = found }) : Missing(id, "/effects"));
        inside.MapGet("/evidence", (long? before, long? entry) => Page<EvidencePage>(new { Before = before, Entry = entry }));
        MapLab(inside);
        if (HasSharing(app.ServiceProvider))
            MapSharing(inside);
        return everything;
    }

    /// <summary>The page of a file that may become a dataset; the host answers its forms with it.</summary>
    public static IResult Table(HttpContext context, TableView shown)
    {
        context.Response.Headers.CacheControl = "private, no-cache";
        context.RequestServices.GetRequiredService<PageView>().Read(context);
        return Page<TableImportPage>(new { Shown = shown });
    }

    /// <summary>Whether this node shares by policies; under a compatibility kit's script there is nothing to show.</summary>
    internal static bool HasSharing(IServiceProvider services) => services.GetService<OfferingBook>() is not null;

    private static void MapLab(RouteGroupBuilder inside)
    {
        inside.MapGet("/lab", (int? told, string? silent) => Page<LabPage>(new { Told = told, Silent = silent }));
        inside.MapGet("/lab/new", () => Page<CampaignDraftPage>());
        inside.MapGet("/lab/instruments", () => Page<InstrumentsPage>());
        inside.MapGet("/lab/campaigns/{id}", (string id, string? shows, string? outcome, string? across, string? up, int? trial, int? before, CampaignBook book) =>
            book.TryFind(id) is { } found ? Page<CampaignPage>(new { Campaign = found, At = new CampaignView(id, shows == "uncertainty", outcome, across, up, trial, before) }) : Missing(id, "/lab"));
        inside.MapGet("/lab/campaigns/{id}/report", async (string id, ILabLedger ledger, InstrumentBench bench, Journal journal, CampaignSight sight, PageView view, CancellationToken cancel) =>
            await LabReport.Read(id, ledger, bench, journal, sight, view.Words, cancel) is { } report ? Page<CampaignReportPage>(new { Report = report }) : Missing(id, "/lab"));
        inside.MapGet("/lab/campaigns/{id}/report.md", async (string id, string? lang, ILabLedger ledger, InstrumentBench bench, Journal journal, CampaignSight sight, CancellationToken cancel) =>
            await LabReport.Markdown(id, lang, ledger, bench, journal, sight, cancel) is { } text ? Results.Text(text, "text/markdown; charset=utf-8") : Missing(id, "/lab"));
    }

    private static void MapSharing(RouteGroupBuilder inside)
    {
        inside.MapGet("/sharing", () => Page<SharingPage>());
        inside.MapGet("/sharing/catalogue", (string? q) => Page<CataloguePage>(new { Q = q }));
        inside.MapGet("/sharing/partners", () => Page<PartnersPage>());
        inside.MapGet("/sharing/{id}", (string id, ProcessBook book) =>
            NegotiationOf(book, id) is { } found ? Page<ExchangePage>(new { Negotiation = found }) : Missing(id, "/sharing"));
    }

    /// <summary>The negotiation with an id, or the one that a transfer with that id rests on.</summary>
    private static ExchangeProcess? NegotiationOf(ProcessBook book, string id) =>
        book.TryFind(ProcessKind.Negotiation, id, out var negotiation) ? negotiation
        : book.TryFind(ProcessKind.Transfer, id, out var transfer) && transfer.AgreementId is { } agreement && book.TryFindAgreement(agreement, out negotiation) ? negotiation
        : null;

    private static IResult Page<TPage>(object? parameters = null) where TPage : Microsoft.AspNetCore.Components.IComponent =>
        new RazorComponentResult<TPage>(parameters ?? new { }) { PreventStreamingRendering = true };

    private static RazorComponentResult<Missing> Missing(string what, string list) =>
        new(new { What = what, Back = list }) { StatusCode = StatusCodes.Status404NotFound, PreventStreamingRendering = true };

    private static ValueTask<object?> ReadView(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        // A page shows what is so now, and only to whoever signed in.
        call.HttpContext.Response.Headers.CacheControl = "private, no-cache";
        call.HttpContext.RequestServices.GetRequiredService<PageView>().Read(call.HttpContext);
        return next(call);
    }
}
