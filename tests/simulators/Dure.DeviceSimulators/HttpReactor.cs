using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dure.DeviceSimulators;

/// <summary>The reactor behind the contract of HttpInstrument.</summary>
internal static class HttpReactor
{
    public static Task<int> Start(SimulatedReactor reactor) => Web.Start(0, app =>
    {
        app.MapGet("/description", () => JsonNode.Parse("""
            {"maker":"Dure","model":"Simulated HTTP reactor","serial":"0001","firmware":"1.0","actions":[{"name":"react","title":"React","text":"",
             "parameters":[{"name":"temperature","kind":"number","unit":"Cel","low":20,"high":90}],"results":[{"name":"yield","kind":"number","unit":"%","low":0,"high":100}]}]}
            """));
        app.MapGet("/state", () => new JsonObject { ["state"] = reactor.SaysBusy ? "busy" : "idle" });
        app.MapPut("/actions/{key}", (string key, JsonObject body) =>
        {
            var temperature = body["parameters"]!["temperature"]!["value"]!.GetValue<double>();
            return reactor.TryBegin(key, temperature) ? Results.Accepted() : Results.Json(new JsonObject { ["cause"] = "It is busy." }, statusCode: 409);
        });
        app.MapGet("/actions/{key}", (string key) => reactor.Find(key) is { } run ? Results.Json(Write(run, reactor.Unit)) : Results.NotFound());
        app.MapPost("/lease", (JsonObject body) => { reactor.Hold(TimeSpan.FromSeconds(body["seconds"]!.GetValue<double>())); return Results.NoContent(); });
        app.MapPost("/stop", () => { reactor.Stop(); return Results.NoContent(); });
    });

    private static JsonObject Write(Run run, string unit) => new()
    {
        ["action"] = "react",
        ["status"] = run.State,
        ["cause"] = run.Cause,
        ["results"] = new JsonObject { ["yield"] = new JsonObject { ["value"] = double.IsNaN(run.YieldPercent) ? JsonValue.Create("NaN") : JsonValue.Create(run.YieldPercent), ["unit"] = unit } },
    };
}
