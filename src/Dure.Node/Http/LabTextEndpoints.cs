using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Virtual;
using Dure.Node.Access;

namespace Dure.Node.Http;

/// <summary>Plans and cards as people write them, with comments; the example to begin with; and the emergency button, which needs no script.</summary>
internal static class LabTextEndpoints
{
    private static readonly JsonDocumentOptions WithComments = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static void MapLabTexts(this IEndpointRouteBuilder app)
    {
        var lab = app.MapGroup("/api/v1/lab").WithTags("Laboratory");
        lab.MapPost("/texts/check", Check).Needs(Permission.Read).WithSummary("Look whether a plan with comments makes sense and the laboratory can make its trials: {plan: text}.");
        lab.MapPost("/texts/draft", Draft).Needs(Permission.Experiment).WithSummary("Draft a campaign by a plan with comments: {plan: text, owner}.");
        lab.MapPost("/texts/instrument", Register).Needs(Permission.Approve).WithSummary("Take an instrument in by a card with comments: {card: text}.");
        lab.MapPost("/example", Example).Needs(Permission.Experiment).Needs(Permission.Approve).WithSummary("Draft the virtual laboratory's campaign; its instruments are taken in where they are missing.");
        app.MapPost("/lab/stop", Stop).Needs(Permission.Experiment).ExcludeFromDescription();
    }

    private static JsonObject Check(JsonObject request, InstrumentBench bench)
    {
        var plan = CampaignText.Parse(Requests.Text(request, "plan"));
        return new JsonObject
        {
            ["name"] = plan.Name, ["factors"] = plan.Space.Factors.Count, ["constraints"] = plan.Space.Constraints.Count, ["outcomes"] = plan.Outcomes.Count, ["budget"] = plan.Budget,
            ["steps"] = plan.Protocol?.Steps.Count ?? 0, ["missing"] = new JsonArray([.. Missing(plan, bench).Select(one => JsonValue.Create(one))]),
        };
    }

    private static async Task<JsonObject> Draft(JsonObject request, CampaignDesk desk, HttpContext context)
    {
        var text = Requests.Text(request, "plan");
        _ = CampaignText.Parse(text); // names the line of what is wrong
        var campaign = await desk.Draft(Parsed(text), Requests.TextOr(request, "owner", context.Actor()), context.Actor(), context.RequestAborted);
        return new JsonObject { ["id"] = campaign.Id };
    }

    private static async Task<JsonObject> Register(JsonObject request, InstrumentBench bench, HttpContext context)
    {
        var text = Requests.Text(request, "card");
        _ = InstrumentCardText.Parse(text);
        var instrument = await bench.Register(Parsed(text), context.Actor(), context.RequestAborted);
        return new JsonObject { ["id"] = instrument.Card.Name };
    }

    private static async Task<JsonObject> Example(InstrumentBench bench, CampaignDesk desk, HttpContext context)
    {
        foreach (var card in VirtualExample.Cards(context.Actor()).Where(card => bench.TryFind((string)card["name"]!) is null)) // the example's cards have names
            await bench.Register(card, context.Actor(), context.RequestAborted);
        var campaign = await desk.Draft(Parsed(VirtualExample.Plan), context.Actor(), context.Actor(), context.RequestAborted);
        return new JsonObject { ["id"] = campaign.Id };
    }

    /// <summary>Stops at once; the page that follows says who confirmed it.</summary>
    private static async Task<IResult> Stop(InstrumentBench bench, HttpContext context)
    {
        var answers = await bench.EmergencyStop($"{context.Actor()} pressed the emergency stop.", context.Actor(), CancellationToken.None); // an emergency does not end with its caller
        var silent = string.Join(',', answers.Where(answer => !answer.Value).Select(answer => answer.Key).Order(StringComparer.Ordinal));
        context.Response.Headers.Location = $"/lab?told={answers.Count}&silent={Uri.EscapeDataString(silent)}";
        return Results.StatusCode(StatusCodes.Status303SeeOther);
    }

    /// <summary>The instruments that a plan's protocol names and that are not there, or may not do what it asks.</summary>
    private static IEnumerable<string> Missing(CampaignPlan plan, InstrumentBench bench) =>
        (plan.Protocol?.Steps ?? []).Where(step => step.Instruments.All(name => bench.TryFind(name)?.Card.Actions.Any(action => action.Name == step.Action) != true))
            .Select(step => $"{step.Name}: {string.Join(" / ", step.Instruments)} ({step.Action})");

    private static JsonObject Parsed(string text)
    {
        try
        {
            return JsonNode.Parse(text.TrimStart('\uFEFF'), documentOptions: WithComments) as JsonObject ?? throw Requests.Bad("text", "It is no object.", "Write { … }.");
        }
        catch (JsonException wrong)
        {
            throw new ProblemException("urn:dure:lab:bad-plan", wrong.Message, $"line {wrong.LineNumber + 1}", "Correct it.", wrong);
        }
    }
}
