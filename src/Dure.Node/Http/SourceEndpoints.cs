using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Historian.Sources;
using Dure.Kernel;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Sources: what can be added, what runs and how it does, what it brings and what that is kept as.</summary>
internal static class SourceEndpoints
{
    private const int MostItems = 10_000;
    private const double DefaultTrialSeconds = 3;

    public static void MapSources(this IEndpointRouteBuilder app)
    {
        var sources = app.MapGroup("/api/v1/sources").WithTags("Sources");
        sources.MapGet("/kinds", Kinds).Needs(Permission.Read).WithSummary("The kinds of source that can be added, with their settings.");
        sources.MapGet("/", All).Needs(Permission.Read).WithSummary("List sources and doors with state, counters and problem.");
        sources.MapPost("/", Add).Needs(Permission.Curate).WithSummary("Add a source and start it.");
        sources.MapPost("/try", Try).Needs(Permission.Curate).WithSummary("Run a source for some seconds without adding it: what arrives, or what is wrong. Keeps nothing.");
        sources.MapGet("/{name}", One).Needs(Permission.Read).WithSummary("A source with its settings (no secrets) and last refusals.");
        sources.MapPost("/{name}", Change).Needs(Permission.Curate).WithSummary("Change a source's settings, rule, or whether it runs.");
        sources.MapDelete("/{name}", Remove).Needs(Permission.Curate).WithSummary("Stop and forget a source; its signals and samples stay.");
        sources.MapPost("/{name}/restart", Restart).Needs(Permission.Curate).WithSummary("Start a source anew.");
        sources.MapGet("/{name}/items", Items).Needs(Permission.Read).WithSummary("What a source brings: waiting, accepted and ignored items with newest values.");
        sources.MapPost("/{name}/accept", Accept).Needs(Permission.Curate).WithSummary("Keep items as signals: listed ones, or all that need no question.");
        sources.MapPost("/{name}/ignore", Ignore).Needs(Permission.Curate).WithSummary("Drop the items' samples from now on.");
        sources.MapPost("/{name}/withdraw", Withdraw).Needs(Permission.Curate).WithSummary("Let accepted or ignored items wait again.");
    }

    private static JsonObject Kinds(SourceRunner runner) => new() { ["kinds"] = new JsonArray([.. runner.Kinds.Select(SourceJson.Describe)]) };

    private static JsonObject All(SourceRunner runner) => new() { ["sources"] = new JsonArray([.. runner.Sources.Select(SourceJson.Describe)]) };

    private static JsonObject One(string name, SourceRunner runner)
    {
        var answer = SourceJson.Describe(runner.Status(name));
        if (runner.Definition(name) is { } definition)
        {
            answer["settings"] = definition.Settings.DeepClone();
            answer["secrets"] = new JsonArray([.. runner.SecretsOf(name).Select(secret => JsonValue.Create(secret))]);
            answer["rule"] = definition.Rule is { } rule ? new JsonObject { ["items"] = rule.Items, ["under"] = rule.Under } : null;
        }
        return answer;
    }

    private static async Task<JsonObject> Add(JsonObject request, SourceRunner runner, HttpContext context)
    {
        var name = Requests.Text(request, "name");
        await runner.Add(name, Requests.Text(request, "kind"), SettingsOf(request) ?? [], Requests.FlagOr(request, "enabled", true), RuleOf(request), context.Actor(), context.RequestAborted);
        return One(name, runner);
    }

    private static async Task<JsonObject> Try(JsonObject request, SourceRunner runner, HttpContext context)
    {
        var seconds = request["seconds"] is JsonValue given && given.GetValueKind() == JsonValueKind.Number ? given.GetValue<double>() : DefaultTrialSeconds;
        var existing = Requests.TextOr(request, "source", "");
        var name = Requests.TextOr(request, "name", "");
        var result = await runner.Try(Requests.Text(request, "kind"), name.Length > 0 ? name : Requests.Text(request, "kind"), existing.Length > 0 ? existing : null, SettingsOf(request) ?? [],
            TimeSpan.FromSeconds(double.IsFinite(seconds) ? Math.Clamp(seconds, -1, 1000) : -1), context.RequestAborted);
        return SourceJson.Describe(result);
    }

    private static async Task<JsonObject> Change(string name, JsonObject request, SourceRunner runner, HttpContext context)
    {
        await runner.Change(name, SettingsOf(request), request.ContainsKey("enabled") ? Requests.FlagOr(request, "enabled", true) : null,
            (request.ContainsKey("rule"), RuleOf(request)), context.Actor(), context.RequestAborted);
        return One(name, runner);
    }

    private static async Task<JsonObject> Remove(string name, SourceRunner runner, HttpContext context)
    {
        await runner.Remove(name, context.Actor(), context.RequestAborted);
        return new JsonObject { ["removed"] = name };
    }

    private static async Task<JsonObject> Restart(string name, SourceRunner runner, HttpContext context)
    {
        await runner.Restart(name, context.RequestAborted);
        return One(name, runner);
    }

    private static JsonObject Items(string name, SourceRunner runner, int limit = 1000) => limit is < 1 or > MostItems
        ? throw new ProblemException("urn:dure:sources:bad-limit", $"{limit} items cannot be listed at once.", "query 'limit'", $"Ask for 1 to {MostItems:N0}.")
        : new JsonObject { ["items"] = new JsonArray([.. runner.Desk(name).Items(limit).Select(SourceJson.Describe)]) };

    private static async Task<JsonObject> Accept(string name, JsonObject request, SourceRunner runner, HttpContext context)
    {
        var (accepted, asked) = Requests.FlagOr(request, "all", false)
            ? await runner.Desk(name).AcceptAll(Requests.TextOr(request, "unit", "") is { Length: > 0 } unit ? unit : null, context.Actor(), context.RequestAborted)
            : (await runner.Desk(name).Accept(WishesOf(request), context.Actor(), context.RequestAborted), []);
        return new JsonObject
        {
            ["accepted"] = new JsonArray([.. accepted.Select(mapping => new JsonObject { ["item"] = mapping.Item, ["signal"] = mapping.Signal.Path, ["unit"] = mapping.Unit.Code })]),
            ["asked"] = new JsonArray([.. asked.Select(each => new JsonObject { ["item"] = each.Item, ["problem"] = SourceJson.Describe(each.Problem) })]),
        };
    }

    private static async Task<JsonObject> Ignore(string name, JsonObject request, SourceRunner runner, HttpContext context)
    {
        var items = ItemNames(request);
        await runner.Desk(name).Ignore(items, context.Actor(), context.RequestAborted);
        return new JsonObject { ["ignored"] = items.Count };
    }

    private static async Task<JsonObject> Withdraw(string name, JsonObject request, SourceRunner runner, HttpContext context)
    {
        var items = ItemNames(request);
        await runner.Desk(name).Withdraw(items, context.Actor(), context.RequestAborted);
        return new JsonObject { ["withdrawn"] = items.Count };
    }

    private static IReadOnlyList<string> ItemNames(JsonObject request) => Requests.Texts(request, "items") is { Count: > 0 and <= MostItems } items ? items
        : throw new ProblemException("urn:dure:http:bad-field", "No item is named, or too many are.", "field 'items'", $"Name 1 to {MostItems:N0} items.");

    private static List<ItemAcceptance> WishesOf(JsonObject request)
    {
        if (request["items"] is not JsonArray { Count: > 0 and <= MostItems } items)
            throw new ProblemException("urn:dure:http:bad-field", "No item is named, or too many are.", "field 'items'", $"Name 1 to {MostItems:N0} items as {{\"item\":…,\"path\":…,\"unit\":…}}, or send \"all\":true.");
        return [.. items.Select(item => item is JsonObject wish
            ? new ItemAcceptance(Requests.Text(wish, "item"), TextOrNull(wish, "path"), TextOrNull(wish, "unit"), NumberOrNull(wish, "scale"), NumberOrNull(wish, "offset"), TextOrNull(wish, "description"), TextOrNull(wish, "sourceUnit"))
            : throw new ProblemException("urn:dure:http:bad-field", "An item is not an object.", "field 'items'", "Write each as {\"item\":…,\"path\":…,\"unit\":…}."))];
    }

    private static string? TextOrNull(JsonObject request, string field) => Requests.TextOr(request, field, "") is { Length: > 0 } text ? text : null;

    private static double? NumberOrNull(JsonObject request, string field) => request[field] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<double>(out var number) => number,
        _ => throw new ProblemException("urn:dure:http:bad-field", "The field is not a number.", $"field '{field}'", "Send it as a number."),
    };

    private static JsonObject? SettingsOf(JsonObject request) => request["settings"] switch
    {
        null => null,
        JsonObject settings => settings,
        _ => throw new ProblemException("urn:dure:http:bad-field", "The settings are not an object.", "field 'settings'", "Send them as {\"host\":\"192.168.0.10\",…}; GET /api/v1/sources/kinds lists them."),
    };

    private static AcceptRule? RuleOf(JsonObject request) => request["rule"] switch
    {
        null => null,
        JsonObject rule => new AcceptRule(Requests.TextOr(rule, "items", ""), Requests.TextOr(rule, "under", "")),
        _ => throw new ProblemException("urn:dure:http:bad-field", "The rule is not an object.", "field 'rule'", "Send {\"items\":\"\",\"under\":\"plant/hall1\"}, or null for none."),
    };
}
