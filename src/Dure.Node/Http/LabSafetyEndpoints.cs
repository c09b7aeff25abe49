using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Instruments;
using Dure.Lab.Safety;
using Dure.Node.Access;
using Dure.Plan.Sharing;

namespace Dure.Node.Http;

/// <summary>The stock of materials, what must not meet, and whether somebody is there.</summary>
internal static class LabSafetyEndpoints
{
    private const int MostShares = 1_000;

    public static void MapLabSafety(this IEndpointRouteBuilder app)
    {
        var materials = app.MapGroup("/api/v1/lab/materials").WithTags("Laboratory");
        materials.MapGet("/", All).Needs(Permission.Read).WithSummary("The stock, and what must not meet.");
        materials.MapPut("/{name}", Count).Needs(Permission.Experiment).WithSummary("Put a material in, or count it anew: {unit, amount, least, hazards, expires}.");
        materials.MapPut("/", Separate).Needs(Permission.Approve).WithSummary("What must not come together in one sample, the whole list anew: {incompatibilities: [{one, other, why}]}; names or hazard classes.");
        app.MapPut("/api/v1/lab/shares", Share).Needs(Permission.Approve).WithTags("Laboratory").WithSummary("Who may have how much of the laboratory in a week: {shares: [{owner, weight, quotaHours}]}; none: all have the same.");
        app.MapPost("/api/v1/lab/watch", Keep).Needs(Permission.Experiment).WithTags("Laboratory").WithSummary("Say that you are there: {minutes}; 0 when you leave. Instruments that ask for it work only as long.");
    }

    private static JsonObject All(MaterialStore store, Watch watch) => new()
    {
        ["materials"] = new JsonArray([.. store.All.Select(one => new JsonObject
        {
            ["name"] = one.Name, ["unit"] = one.Unit, ["amount"] = one.Amount, ["least"] = one.Least, ["low"] = one.IsLow, ["hazards"] = new JsonArray([.. one.Hazards.Select(hazard => JsonValue.Create(hazard))]), ["expires"] = one.Expires,
        })]),
        ["incompatibilities"] = new JsonArray([.. store.Rules.Select(rule => new JsonObject { ["one"] = rule.One, ["other"] = rule.Other, ["why"] = rule.Why })]),
        ["watch"] = Describe(watch),
    };

    private static async Task<JsonObject> Count(string name, JsonObject request, MaterialStore store, Watch watch, HttpContext context)
    {
        var before = store.All.FirstOrDefault(one => one.Name == name);
        var counted = new Material(name, request["unit"] is null && before is not null ? before.Unit : Requests.Text(request, "unit"), Number(request, "amount"), request["least"] is null ? before?.Least ?? 0 : Number(request, "least"),
            request["hazards"] is null ? before?.Hazards ?? [] : Requests.Texts(request, "hazards"), request["expires"] is { } given ? Requests.Time(given, "expires") : before?.Expires); // what is not said stays as it was
        if (before is not null && (!before.Hazards.SequenceEqual(counted.Hazards) || before.Expires != counted.Expires) && !context.User.HasClaim(CallerAuthentication.PermissionClaim, Permission.Approve))
            throw new ProblemException("urn:dure:access:not-allowed", "What a material is dangerous with, and until when it keeps, is changed by someone who may approve.", $"material '{name}'", "Leave hazards and expires out, or ask them.");
        await store.Count(counted, context.Actor(), context.RequestAborted);
        return All(store, watch);
    }

    private static async Task<JsonObject> Separate(JsonObject request, MaterialStore store, Watch watch, HttpContext context)
    {
        if (request["incompatibilities"] is not JsonArray rules || rules.Any(rule => rule is not JsonObject))
            throw Requests.Bad("incompatibilities", "The field is no list.", "Send [{\"one\": …, \"other\": …, \"why\": …}].");
        await store.Separate([.. rules.Select(rule => new Incompatibility(Requests.Text(rule!.AsObject(), "one"), Requests.Text(rule.AsObject(), "other"), Requests.TextOr(rule.AsObject(), "why", "")))], context.Actor(), context.RequestAborted);
        return All(store, watch);
    }

    private static async Task<JsonObject> Share(JsonObject request, InstrumentBench bench, HttpContext context)
    {
        if (request["shares"] is not JsonArray { Count: <= MostShares } shares || shares.Any(share => share is not JsonObject))
            throw Requests.Bad("shares", "The field is no list, or too long.", $"Send [{{\"owner\": …, \"weight\": 1, \"quotaHours\": 40}}], up to {MostShares}.");
        await bench.Share([.. shares.Select(share => share!.AsObject()).Select(share => new Share(Requests.Text(share, "owner"), Requests.WholeOr(share, "weight", 1), share["quotaHours"] is null ? null : TimeSpan.FromHours(Math.Clamp(Number(share, "quotaHours"), -1, 1e6))))], context.Actor(), context.RequestAborted);
        return new JsonObject { ["shares"] = new JsonArray([.. bench.Shares.Select(share => new JsonObject { ["owner"] = share.Owner, ["weight"] = share.Weight, ["quotaHours"] = share.Quota?.TotalHours })]) };
    }

    private static JsonObject Keep(JsonObject request, Watch watch, HttpContext context)
    {
        if (Number(request, "minutes") is var minutes && minutes == 0)
            watch.Leave();
        else
            watch.Keep(TimeSpan.FromMinutes(Math.Clamp(minutes, -1, 1e6)), context.Actor());
        return Describe(watch);
    }

    private static JsonObject Describe(Watch watch) => new() { ["kept"] = watch.IsKept, ["until"] = watch.IsKept ? watch.Until : null, ["by"] = watch.IsKept ? watch.By : null };

    private static double Number(JsonObject request, string field) => request[field] is JsonValue value && value.TryGetValue<double>(out var number) && double.IsFinite(number) ? number
        : throw Requests.Bad(field, "The field is not a finite number.", "Send it as a number.");
}
