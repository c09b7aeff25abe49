using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Running;
using Dure.Node.Access;
using Dure.Node.Lab;
using Dure.Node.Runs;
using Dure.Optimize.Campaigns;
using Dure.Web;

namespace Dure.Node.Http;

/// <summary>Campaigns of experiments, their trials, and the instruments that make them.</summary>
internal static class LabEndpoints
{
    private const int MostShown = 1_000;

    public static void MapLab(this IEndpointRouteBuilder app)
    {
        var campaigns = app.MapGroup("/api/v1/lab/campaigns").WithTags("Laboratory");
        campaigns.MapGet("/", All).Needs(Permission.Read).WithSummary("List campaigns, the newest first.");
        campaigns.MapPost("/", Draft).Needs(Permission.Experiment).WithSummary("Write a campaign down: {plan, owner}. Nothing is tried before it is approved and started.");
        campaigns.MapPost("/check", Check).Needs(Permission.Read).WithSummary("Look whether a plan makes sense, without writing anything down.");
        campaigns.MapGet("/{id}", One).Needs(Permission.Read).WithSummary("A campaign: its plan, its course, its best trials.");
        campaigns.MapGet("/{id}/trials", Trials).Needs(Permission.Read).WithSummary("Its trials with reasons, steps and outcomes; 'from' a number.");
        campaigns.MapGet("/{id}/report.md", Report).Needs(Permission.Read).WithSummary("What it has brought, as Markdown with its figures, written from the journal; 'lang' en or ko.");
        campaigns.MapPost("/{id}/approve", (string id, JsonObject? request, CampaignDesk desk, HttpContext context) => Move(id, CampaignStage.Approved, request, desk, context)).Needs(Permission.Approve).WithSummary("Agree to a draft.");
        campaigns.MapPost("/{id}/start", (string id, JsonObject? request, CampaignDesk desk, HttpContext context) => Move(id, CampaignStage.Running, request, desk, context)).Needs(Permission.Experiment).WithSummary("Start it, or go on after a pause.");
        campaigns.MapPost("/{id}/pause", (string id, JsonObject? request, CampaignDesk desk, HttpContext context) => Move(id, CampaignStage.Paused, request, desk, context)).Needs(Permission.Experiment).WithSummary("Begin no more trials; those under way go on to their end.");
        campaigns.MapPost("/{id}/end", (string id, JsonObject? request, CampaignDesk desk, HttpContext context) => Move(id, CampaignStage.Done, request, desk, context)).Needs(Permission.Experiment).WithSummary("End it for good.");
        campaigns.MapPost("/{id}/rehearse", Rehearse).Needs(Permission.Experiment).WithSummary("Play it on a stand-in, as a run: {runs, and one of virtual: true, earlier: ID of a campaign, data: trials as CSV}.");
        campaigns.MapPut("/{id}/plan", Change).Needs(Permission.Approve).WithSummary("Change ranges, limits, budget or protocol: {plan, why}.");
        campaigns.MapPost("/{id}/narrow", Narrow).Needs(Permission.Experiment).WithSummary("Hold a factor: {factor, from, to, why}; 'from' alone pins it, options are parted by commas.");
        campaigns.MapPost("/{id}/loosen", Loosen).Needs(Permission.Experiment).WithSummary("Let a factor have its whole range again: {factor, why}.");
        campaigns.MapPost("/{id}/trials", Add).Needs(Permission.Experiment).WithSummary("Add a trial of your own: {point: {factor: value}}.");
        campaigns.MapPost("/{id}/trials/{trial:int}/approve", (string id, int trial, JsonObject? request, CampaignDesk desk, LabEngine engine, HttpContext context) => Answer(id, trial, true, request, desk, engine, context)).Needs(Permission.Approve).WithSummary("Agree to a trial; after a fault, that it is made once more.");
        campaigns.MapPost("/{id}/trials/{trial:int}/veto", (string id, int trial, JsonObject? request, CampaignDesk desk, LabEngine engine, HttpContext context) => Answer(id, trial, false, request, desk, engine, context)).Needs(Permission.Experiment).WithSummary("Veto a trial that has not begun.");
        campaigns.MapPost("/{id}/trials/{trial:int}/outcome", Enter).Needs(Permission.Experiment).WithSummary("Enter or correct what came of a trial: {state: measured|failed|void, values: {outcome: value}, why}.");

        var instruments = app.MapGroup("/api/v1/lab/instruments").WithTags("Laboratory");
        instruments.MapGet("/", Instruments).Needs(Permission.Read).WithSummary("List the instruments and whether they can be used.");
        instruments.MapPost("/", Register).Needs(Permission.Approve).WithSummary("Take an instrument in by its card, or change the card.");
        instruments.MapDelete("/{name}", Remove).Needs(Permission.Approve).WithSummary("Take an instrument out.");
        instruments.MapPost("/{name}/set-aside", SetAside).Needs(Permission.Experiment).WithSummary("Take it out of service: {why}.");
        instruments.MapPost("/{name}/return", Return).Needs(Permission.Approve).WithSummary("Return it to service: {why}.");
        instruments.MapPost("/{name}/stop", Halt).Needs(Permission.Experiment).WithSummary("Tell one instrument to stop what it does.");
        app.MapPost("/api/v1/lab/stop", Stop).Needs(Permission.Experiment).WithTags("Laboratory").WithSummary("Emergency: stop every instrument and command nothing until the laboratory is released: {why}.");
        app.MapPost("/api/v1/lab/release", Release).Needs(Permission.Approve).WithTags("Laboratory").WithSummary("Work may go on after an emergency: {why}.");
    }

    private static JsonObject All(CampaignBook book) => new() { ["campaigns"] = new JsonArray([.. book.All.Take(MostShown).Select(LabJson.Line)]) };

    private static async Task<JsonObject> Draft(JsonObject request, CampaignDesk desk, HttpContext context) =>
        LabJson.Describe(await desk.Draft(Plan(request), OwnerOf(request, context), context.Actor(), context.RequestAborted));

    private static JsonObject Check(JsonObject request)
    {
        var plan = CampaignText.Read(Plan(request));
        return new JsonObject { ["name"] = plan.Name, ["factors"] = plan.Space.Factors.Count, ["outcomes"] = plan.Outcomes.Count, ["steps"] = plan.Protocol?.Steps.Count ?? 0, ["log10Combinations"] = plan.Space.Log10Count() };
    }

    private static JsonObject One(string id, CampaignBook book) => LabJson.Describe(book.Find(id));

    private static JsonObject Trials(string id, CampaignBook book, LabEngine engine, int from = 1)
    {
        var campaign = book.Find(id);
        return new JsonObject { ["total"] = campaign.Trials.Count, ["trials"] = new JsonArray([.. campaign.Trials.Skip(Math.Max(0, from - 1)).Take(MostShown).Select(trial => LabJson.Describe(campaign, trial, engine))]) };
    }

    private static async Task<IResult> Report(string id, string? lang, CampaignBook book, ILabLedger ledger, InstrumentBench bench, Journal journal, CampaignSight sight, HttpContext context) =>
        Results.Text((await LabReport.Markdown(book.Find(id).Id, lang, ledger, bench, journal, sight, context.RequestAborted))!, "text/markdown; charset=utf-8"); // Find has seen that it is there

    private static Task<IResult> Rehearse(string id, JsonObject request, CampaignBook book, RunBoard board, HttpContext context)
    {
        request["campaign"] = book.Find(id).Id;
        RehearsalWork.Check(request);
        return RunEndpoints.Accept(board, RehearsalWork.Kind, request, context);
    }

    private static async Task<JsonObject> Move(string id, CampaignStage to, JsonObject? request, CampaignDesk desk, HttpContext context) =>
        LabJson.Describe(await desk.Move(id, to, Why(request), context.Actor(), context.RequestAborted));

    private static async Task<JsonObject> Change(string id, JsonObject request, CampaignDesk desk, HttpContext context) =>
        LabJson.Describe(await desk.Change(id, Plan(request), Why(request), context.Actor(), context.RequestAborted));

    private static async Task<JsonObject> Narrow(string id, JsonObject request, CampaignDesk desk, HttpContext context) =>
        LabJson.Describe(await desk.Narrow(id, Requests.Text(request, "factor"), Given(request, "from") ?? throw Requests.Bad("from", "The field is missing.", "Send a value or an option."), Given(request, "to"), Why(request), context.Actor(), context.RequestAborted));

    private static async Task<JsonObject> Loosen(string id, JsonObject request, CampaignDesk desk, HttpContext context) =>
        LabJson.Describe(await desk.Loosen(id, Requests.Text(request, "factor"), Why(request), context.Actor(), context.RequestAborted));

    private static async Task<JsonObject> Add(string id, JsonObject request, CampaignDesk desk, CampaignBook book, LabEngine engine, HttpContext context)
    {
        var trial = await desk.Add(id, Values(request, "point"), context.Actor(), context.RequestAborted);
        return LabJson.Describe(book.Find(id), trial, engine);
    }

    private static async Task<JsonObject> Answer(string id, int trial, bool isApproved, JsonObject? request, CampaignDesk desk, LabEngine engine, HttpContext context)
    {
        var campaign = await desk.Answer(id, trial, isApproved, Why(request), context.Actor(), context.RequestAborted);
        return LabJson.Describe(campaign, campaign.Trial(trial), engine);
    }

    private static async Task<JsonObject> Enter(string id, int trial, JsonObject request, CampaignDesk desk, LabEngine engine, HttpContext context)
    {
        var state = Requests.TextOr(request, "state", "measured") switch
        {
            "measured" => TrialState.Measured,
            "failed" => TrialState.Failed,
            "void" => TrialState.Void,
            var other => throw Requests.Bad("state", $"There is no state '{other}'.", "Send measured, failed (the conditions cannot work) or void (a device's or a person's fault)."),
        };
        var campaign = (await desk.Enter(id, trial, state, Values(request, "values"), Why(request), context.Actor(), context.RequestAborted))!;
        return LabJson.Describe(campaign, campaign.Trial(trial), engine);
    }

    private static JsonObject Instruments(InstrumentBench bench) => new() { ["stopped"] = bench.Stopped, ["instruments"] = new JsonArray([.. bench.All.Select(LabJson.Describe)]) };

    private static async Task<JsonObject> Register(JsonObject card, InstrumentBench bench, HttpContext context) => LabJson.Describe(await bench.Register(card, context.Actor(), context.RequestAborted));

    private static async Task<IResult> Remove(string name, InstrumentBench bench, HttpContext context)
    {
        await bench.Remove(name, "", context.Actor(), context.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<JsonObject> SetAside(string name, JsonObject? request, InstrumentBench bench, HttpContext context)
    {
        await bench.SetAside(name, Why(request), context.Actor(), context.RequestAborted);
        return LabJson.Describe(bench.Find(name));
    }

    private static async Task<JsonObject> Return(string name, JsonObject? request, InstrumentBench bench, HttpContext context)
    {
        await bench.Return(name, Why(request), context.Actor(), context.RequestAborted);
        return LabJson.Describe(bench.Find(name));
    }

    /// <summary>Whose campaign it is: the caller's, unless somebody who may approve says otherwise.</summary>
    internal static string OwnerOf(JsonObject request, HttpContext context)
    {
        var owner = Requests.TextOr(request, "owner", context.Actor());
        return owner == context.Actor() || context.User.HasClaim(CallerAuthentication.PermissionClaim, Permission.Approve) ? owner
            : throw new ProblemException("urn:dure:access:not-allowed", $"A campaign of {owner} is not drafted by {context.Actor()}.", "field 'owner'", "Leave it out, or ask somebody who may approve.");
    }

    private static async Task<JsonObject> Halt(string name, InstrumentBench bench, HttpContext context) => new() { ["confirmed"] = await bench.Halt(name, context.RequestAborted) };

    private static async Task<JsonObject> Stop(InstrumentBench bench, HttpContext context)
    {
        var answers = await bench.EmergencyStop(await Reason(context), context.Actor(), CancellationToken.None); // an emergency does not end with its caller
        return new JsonObject { ["stopped"] = bench.Stopped, ["confirmed"] = new JsonObject(answers.Select(answer => KeyValuePair.Create(answer.Key, (JsonNode?)JsonValue.Create(answer.Value)))) };
    }

    /// <summary>Why, as well as it can be read: nothing that comes with an emergency stop may keep it from happening.</summary>
    private static async Task<string> Reason(HttpContext context)
    {
        const int most = 2_000;
        try
        {
            var bytes = new byte[2 * most];
            using var limit = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
            var length = await context.Request.Body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, limit.Token);
            return JsonNode.Parse(bytes.AsSpan(0, length)) is JsonObject request && request["why"] is JsonValue why ? why.ToString()[..Math.Min(most, why.ToString().Length)] : "";
        }
        catch (Exception unreadable) when (unreadable is JsonException or IOException or OperationCanceledException or ArgumentException or BadHttpRequestException)
        {
            return "";
        }
    }

    private static async Task<JsonObject> Release(JsonObject? request, InstrumentBench bench, HttpContext context)
    {
        await bench.Release(Why(request), context.Actor(), context.RequestAborted);
        return Instruments(bench);
    }

    private static JsonObject Plan(JsonObject request) => request["plan"] as JsonObject ?? throw Requests.Bad("plan", "The field is missing.", "Send the plan as an object: `dure lab new` writes one to begin with.");

    private static string Why(JsonObject? request) => request is null ? "" : Requests.TextOr(request, "why", "");

    private static string? Given(JsonObject request, string field) => request[field] is JsonValue value ? value.ToString() : null;

    private static Dictionary<string, object?> Values(JsonObject request, string field) => (request[field] as JsonObject ?? []).ToDictionary(
        member => member.Key, member => member.Value is JsonValue value ? (object?)JsonSerializer.SerializeToElement(value) : null, StringComparer.Ordinal);
}
