using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Edge.Fleet;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Node.Access;
using Dure.Node.Runs;

namespace Dure.Node.Http;

/// <summary>Devices: enrolled, given packages, heard, watched.</summary>
internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder app)
    {
        var devices = app.MapGroup("/api/v1/devices").WithTags("Devices");
        devices.MapGet("/", All).Needs(Permission.Read).WithSummary("List devices.");
        devices.MapPost("/", Enrol).Needs(Permission.Deploy).WithSummary("Make a device known; its token is in this answer only.");
        devices.MapPost("/{id}/deployments", Deploy).Needs(Permission.Deploy).WithSummary("Record which package a device is to run.");
        devices.MapPost("/{id}/reports", Report).AllowAnonymous().WithSummary("A device's scores and alarms; with the device's own token.");
        devices.MapGet("/events", Events).Needs(Permission.Read).WithSummary("Scores and alarms live, as server-sent events.");
        devices.MapGet("/{id}", One).Needs(Permission.Read).WithSummary("A device and its newest alarms.");
        app.MapPost("/api/v1/score-comparisons", Compare).Needs(Permission.Deploy).WithTags("Devices").WithSummary("Compare a device's scores with the node's own.");
    }

    private static JsonObject All(DeviceFleet fleet) => new() { ["devices"] = new JsonArray([.. fleet.Devices.Select(Describe)]) };

    private static JsonObject One(string id, DeviceFleet fleet)
    {
        var answer = Describe(FindDevice(fleet, id));
        answer["newestAlarms"] = new JsonArray([.. fleet.RecentAlarms.Where(alarm => alarm.Device == id).Take(100).Select(Describe)]);
        return answer;
    }

    private static async Task<JsonObject> Enrol(JsonObject request, DeviceFleet fleet, HttpContext context)
    {
        var (device, token) = await fleet.Enrol(Requests.Text(request, "name"), context.Actor(), context.RequestAborted);
        var answer = Describe(device);
        answer["token"] = token;
        return answer;
    }

    private static async Task<JsonObject> Deploy(string id, JsonObject request, DeviceFleet fleet, PackageShelf shelf, DeviceRecord record, HttpContext context)
    {
        var package = shelf.Find(Requests.Hash(request, "package"));
        await record.RegisterSeries(package.Model, context.Actor(), context.RequestAborted);
        await fleet.Deploy(id, package.Hash, package.Model.Version, EntryRef.To(package.Entry), context.Actor(), context.RequestAborted);
        return Describe(FindDevice(fleet, id));
    }

    /// <summary>The device is known by its own token, which opens this one door for this one device.</summary>
    private static async Task<IResult> Report(string id, HttpContext context, DeviceFleet fleet, DeviceRecord record)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) || fleet.Authenticate(header[7..].Trim()) is not { } device || device.Id != id)
        {
            await Problems.Write(context, StatusCodes.Status401Unauthorized, "urn:dure:edge:wrong-token", "The token is not this device's.", $"device {id}",
                "Send the token that enrolling gave; a lost one is replaced by enrolling the device anew.");
            return Results.Empty;
        }
        using var body = await RequestBody.Read(context);
        var report = JsonSerializer.Deserialize(body.Bytes.Span, FleetJson.Default.DeviceReport);
        if (report?.Scores is null || report.Alarms is null || report.Sequence < 1 || report.Scores.Count > DeviceReport.MaxRows)
            throw new ProblemException("urn:dure:edge:bad-report", "The report lacks its sequence, scores or alarms, or has too many rows.", "request body", $"Send at most {DeviceReport.MaxRows:N0} rows per report.");
        return Results.Json(await record.Take(device, report, context.RequestAborted), FleetJson.Default.ReportReceipt);
    }

    private static async Task Events(HttpContext context, DeviceFleet fleet, IHostApplicationLifetime lifetime)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        await ServerSentEvents.Begin(context);
        try
        {
            await foreach (var happened in fleet.Watch(ending.Token))
            {
                switch (happened)
                {
                    case FleetEvent.Scored(var device, var row):
                        await ServerSentEvents.Send(context, "score", new JsonObject
                        {
                            ["device"] = device,
                            ["asset"] = row.Asset,
                            ["time"] = row.TimeMicros,
                            ["score"] = row.Score,
                            ["alarm"] = row.Alarm,
                        }.ToJsonString(), ending.Token);
                        break;
                    case FleetEvent.Raised(var alarm):
                        await ServerSentEvents.Send(context, "alarm", Describe(alarm).ToJsonString(), ending.Token);
                        break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The page was closed, or the node stops: the stream just ends.
        }
    }

    private static async Task<JsonObject> Compare(JsonObject request, ScoreComparison comparison, HttpContext context) =>
        await comparison.Run(Requests.Text(request, "model"), Requests.Text(request, "device"), context.Actor(), context.RequestAborted);

    private static Device FindDevice(DeviceFleet fleet, string id) => fleet.Find(id)
        ?? throw new ProblemException("urn:dure:edge:no-such-device", "There is no such device.", $"device {id}", "List them with 'dure edge list'.");

    private static JsonObject Describe(RaisedAlarm alarm) => new()
    {
        ["device"] = alarm.Device,
        ["asset"] = alarm.Asset.Path,
        ["from"] = Micros.Of(alarm.From),
        ["score"] = alarm.Score,
        ["entry"] = alarm.Entry,
        ["contributions"] = new JsonArray([.. alarm.Contributions.Select(part => new JsonObject { ["signal"] = part.Signal, ["share"] = part.Share })]),
    };

    private static JsonObject Describe(Device device) => new()
    {
        ["id"] = device.Id,
        ["name"] = device.Name,
        ["package"] = device.Package?.ToString(),
        ["model"] = device.Model?.ToString(),
        ["deployedAt"] = device.DeployedAt,
        ["lastSeen"] = device.LastSeen,
        ["rows"] = device.Rows,
        ["alarms"] = device.Alarms,
    };
}
