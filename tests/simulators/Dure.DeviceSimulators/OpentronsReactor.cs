using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dure.DeviceSimulators;

/// <summary>The reactor as a robot with the Opentrons HTTP interface: protocols, analyses, runs, actions, commands. Runs outlive a kill, as on the robot.</summary>
internal static class OpentronsReactor
{
    public static async Task<int> Start(SimulatedReactor reactor, string folder)
    {
        var runFile = Path.Combine(folder, "runs.log");
        var temperatures = new ConcurrentDictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in File.Exists(runFile) ? File.ReadAllLines(runFile) : [])
            temperatures[line.Split('\t')[0]] = double.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture);
        var latest = "";

        string Status(string id) => reactor.Find(id) switch
        {
            null => "idle",
            { State: "running" } => "running",
            { State: "done" } => "succeeded",
            { Cause: "It was stopped." } => "stopped",
            _ => "failed",
        };
        JsonObject WriteRun(string id) => new()
        {
            ["id"] = id,
            ["status"] = Status(id),
            ["current"] = id == latest && reactor.Fault != Dure.Devices.Conformance.DeviceFault.LieReady,
            ["errors"] = Status(id) == "failed" ? new JsonArray(new JsonObject { ["detail"] = reactor.Find(id)!.Cause }) : new JsonArray(),
        };
        IResult Created(JsonNode? data) => Results.Json(new JsonObject { ["data"] = data }, statusCode: 201);
        IResult Found(JsonNode? data) => Results.Json(new JsonObject { ["data"] = data });
        IResult Refused(int status, string detail) => Results.Json(new JsonObject { ["errors"] = new JsonArray(new JsonObject { ["detail"] = detail }) }, statusCode: status);

        return await Web.Start(0, app =>
        {
            app.Use(async (context, next) =>
            {
                if (context.Request.Headers["Opentrons-Version"] == "3")
                    await next(context);
                else
                    context.Response.StatusCode = 422;
            });
            app.MapGet("/health", () => new JsonObject { ["robot_model"] = "OT-3 Standard", ["robot_serial"] = "SIM0001", ["fw_version"] = "1.0" });
            app.MapPost("/protocols", async (HttpRequest request) => (await request.ReadFormAsync()).Files.Count == 1 ? Created(new JsonObject { ["id"] = "protocol-1" }) : Refused(422, "no file"));
            app.MapGet("/protocols/{id}/analyses", (string id) => Found(new JsonArray(new JsonObject { ["id"] = "analysis-1", ["status"] = "completed", ["result"] = "ok" })));
            app.MapGet("/runs", () => Found(new JsonArray([.. temperatures.Keys.Select(WriteRun)])));
            app.MapPost("/runs", (JsonObject body) =>
            {
                if (latest.Length > 0 && Status(latest) == "running")
                    return Refused(409, "another run is current");
                var id = Guid.NewGuid().ToString();
                var temperature = body["data"]!["runTimeParameterValues"]!["temperature"]!.GetValue<double>();
                File.AppendAllText(runFile, string.Create(CultureInfo.InvariantCulture, $"{id}\t{temperature:R}\n"));
                temperatures[latest = id] = temperature;
                return Created(WriteRun(id));
            });
            app.MapGet("/runs/{id}", (string id) => temperatures.ContainsKey(id) ? Found(WriteRun(id)) : Refused(404, "no such run"));
            app.MapPost("/runs/{id}/actions", (string id, JsonObject body) =>
            {
                if (!temperatures.TryGetValue(id, out var temperature))
                    return Refused(404, "no such run");
                switch (body["data"]!["actionType"]!.GetValue<string>())
                {
                    case "play" when Status(id) == "idle": return reactor.TryBegin(id, temperature) ? Created(new JsonObject { ["id"] = "action" }) : Refused(409, "the robot is busy");
                    case "stop" when Status(id) is "running" or "idle": reactor.Stop(); return Created(new JsonObject { ["id"] = "action" });
                    default: return Refused(409, $"not while the run is {Status(id)}");
                }
            });
            app.MapGet("/runs/{id}/commands", (string id) => Found(new JsonArray(new JsonObject
            {
                ["commandType"] = "comment",
                ["params"] = new JsonObject { ["message"] = string.Create(CultureInfo.InvariantCulture, $"yield={reactor.Find(id)?.YieldPercent:R} {reactor.Unit}") },
            })));
        });
    }
}
