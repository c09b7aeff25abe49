using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Dure.DeviceSimulators;

/// <summary>
/// A station of a laboratory that works on one sample at a time, over the contract of HttpInstrument. It writes down each begin and end before it tells of them, so a
/// kill loses nothing; a run that the kill cut off has failed. Its line loses requests, loses answers and doubles messages, one in fifty each.
/// </summary>
internal static class Station
{
    private const double Share = 0.02;

    public static async Task<int> Start(string folder, int port, int milliseconds, int seed)
    {
        var work = new StationWork(Path.Combine(folder, "station.log"), TimeSpan.FromMilliseconds(milliseconds));
        var random = new Random(seed);
        return await Web.Start(port, app =>
        {
            app.Use(async (context, next) =>
            {
                double chance;
                lock (random)
                    chance = random.NextDouble();
                if (chance < Share)
                {
                    context.Abort(); // the request never came
                    return;
                }
                if (chance < 3 * Share && context.Request.Method == "PUT" && chance >= 2 * Share)
                {
                    context.Request.EnableBuffering();
                    await next(context); // the message came twice
                    context.Request.Body.Position = 0;
                    if (!context.Response.HasStarted && await JsonNode.ParseAsync(context.Request.Body) is JsonObject again)
                        work.Begin(Path.GetFileName(context.Request.Path.Value!), again);
                    return;
                }
                if (chance < 2 * Share)
                {
                    var real = context.Response.Body;
                    context.Response.Body = Stream.Null;
                    await next(context); // done, and the answer is lost
                    context.Response.Body = real;
                    context.Abort();
                    return;
                }
                await next(context);
            });
            app.MapGet("/description", () => JsonNode.Parse("""
                {"maker":"Dure","model":"Simulated station","serial":"1","firmware":"1","actions":[{"name":"work","title":"Work","text":"",
                 "parameters":[{"name":"barcode","kind":"text"},{"name":"amount","kind":"number","unit":"mL","low":0,"high":200}],
                 "results":[{"name":"barcode","kind":"text"},{"name":"response","kind":"number","unit":"%","low":0,"high":100}]}]}
                """));
            app.MapGet("/state", () => new JsonObject { ["state"] = work.IsBusy ? "busy" : "idle" });
            app.MapPut("/actions/{key}", (string key, JsonObject body) => work.Begin(key, body) ? Results.Accepted() : Results.Json(new JsonObject { ["cause"] = "It is busy." }, statusCode: 409));
            app.MapGet("/actions/{key}", (string key) => work.Describe(key) is { } run ? Results.Json(run) : Results.NotFound());
            app.MapPost("/stop", () => Results.NoContent());
        });
    }
}

/// <summary>What a station has done. A line of the file is begin, key, barcode, amount and time in ticks, or end, key, response and time.</summary>
internal sealed class StationWork
{
    private readonly Lock door = new();
    private readonly TimeSpan duration;
    private readonly FileStream file;
    private readonly Dictionary<string, (string Barcode, double Amount, bool HasEnded, bool IsLost)> runs = new(StringComparer.Ordinal);
    private bool isBusy;

    public StationWork(string path, TimeSpan duration)
    {
        this.duration = duration;
        foreach (var parts in File.Exists(path) ? File.ReadAllLines(path).Select(line => line.Split('\t')) : [])
            if (parts[0] == "begin")
                runs[parts[1]] = (parts[2], double.Parse(parts[3], CultureInfo.InvariantCulture), HasEnded: false, IsLost: true);
            else
                runs[parts[1]] = runs[parts[1]] with { HasEnded = true, IsLost = false };
        file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, 0);
    }

    public bool IsBusy
    {
        get
        {
            lock (door)
                return isBusy;
        }
    }

    public bool Begin(string key, JsonObject body)
    {
        lock (door)
        {
            if (runs.ContainsKey(key))
                return true;
            var now = TimeProvider.System.GetUtcNow().Ticks;
            if (isBusy)
                return false;
            var (barcode, amount) = (body["parameters"]!["barcode"]!["value"]!.GetValue<string>(), body["parameters"]!["amount"]!["value"]!.GetValue<double>());
            isBusy = true;
            Write(string.Create(CultureInfo.InvariantCulture, $"begin\t{key}\t{barcode}\t{amount:R}\t{now}"));
            runs[key] = (barcode, amount, HasEnded: false, IsLost: false);
            _ = End(key, amount);
            return true;
        }
    }

    public JsonObject? Describe(string key)
    {
        lock (door)
        {
            if (!runs.TryGetValue(key, out var run))
                return null;
            if (run.IsLost)
                return new JsonObject { ["action"] = "work", ["status"] = "failed", ["cause"] = "The power went while it ran." };
            if (!run.HasEnded)
                return new JsonObject { ["action"] = "work", ["status"] = "running" };
            return new JsonObject
            {
                ["action"] = "work", ["status"] = "done",
                ["results"] = new JsonObject { ["barcode"] = new JsonObject { ["value"] = run.Barcode }, ["response"] = new JsonObject { ["value"] = Response(run.Barcode, run.Amount), ["unit"] = "%" } },
            };
        }
    }

    /// <summary>What comes of an amount, a little different for each sample.</summary>
    public static double Response(string barcode, double amount) => Math.Round(Math.Max(0, 90 - (amount - 61) * (amount - 61) / 60) + 5 * Encoding.UTF8.GetBytes(barcode).Aggregate(17u, (hash, one) => unchecked(hash * 31 + one)) / uint.MaxValue, 6);

    private async Task End(string key, double amount)
    {
        await Task.Delay(duration);
        lock (door)
        {
            Write(string.Create(CultureInfo.InvariantCulture, $"end\t{key}\t{Response(runs[key].Barcode, amount):R}\t{TimeProvider.System.GetUtcNow().Ticks}"));
            runs[key] = runs[key] with { HasEnded = true };
            isBusy = false;
        }
    }

    private void Write(string line)
    {
        file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        file.Flush(flushToDisk: true);
    }
}
