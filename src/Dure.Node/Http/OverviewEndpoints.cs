using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Fleet;
using Dure.Effects;
using Dure.Evidence;
using Dure.Historian;
using Dure.Learn;
using Dure.Loop;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>The chain in counts, once or once a second.</summary>
internal static class OverviewEndpoints
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static void MapOverview(this IEndpointRouteBuilder app)
    {
        var overview = app.MapGroup("/api/v1/overview").WithTags("Overview");
        overview.MapGet("/", (Chain chain) => chain.Counts()).Needs(Permission.Read).WithSummary("What the node holds, in counts.");
        overview.MapGet("/events", Events).Needs(Permission.Read).WithSummary("The same once a second, as server-sent events.");
    }

    private static async Task Events(HttpContext context, Chain chain, TimeProvider time, IHostApplicationLifetime lifetime)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await ServerSentEvents.Begin(context);
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            do
                await ServerSentEvents.Send(context, null, chain.Counts().ToJsonString(), ending.Token);
            while (await timer.WaitForNextTickAsync(ending.Token));
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the node stops: the stream just ends.
        }
    }
}

/// <summary>Counts along the chain, each asked of whoever keeps it.</summary>
internal sealed class Chain(PlantHistorian historian, DatasetCatalog datasets, ModelRegistry models, DeviceFleet fleet, DecisionLog decisions, ClaimBook claims, Journal journal)
{
    public JsonObject Counts()
    {
        var series = historian.Counts;
        return new JsonObject
        {
            ["samples"] = series.Samples,
            ["batches"] = series.Batches,
            ["signals"] = series.Signals,
            ["datasets"] = datasets.Versions.Count,
            ["models"] = models.Versions.Count,
            ["devices"] = fleet.Devices.Count,
            ["alarms"] = fleet.AlarmCount,
            ["decisions"] = decisions.Total,
            ["claims"] = claims.Claims.Count,
            ["entries"] = journal.Count,
        };
    }
}
