using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Rehearsals;
using Dure.Lab.Running;
using Dure.Lab.Virtual;
using Dure.Node.Access;
using Dure.Node.Http;
using Dure.Node.Lab;
using Dure.Optimize.Campaigns;

namespace Dure.Node.Mcp;

/// <summary>The laboratory's tools for language models: everything through the desk that people use, nothing around it.</summary>
internal sealed class LabTools
{
    /// <summary>What a model is told before anything else.</summary>
    public const string Instructions = """
        This is a laboratory's node. A campaign is a series of experiments towards an objective: it is drafted, approved by a person, started, perhaps paused, and ends.
        While it runs, a planner suggests trials with reasons, and instruments make them behind gates with limits, or people make them and enter what came of them.
        Units: every number of a factor or outcome is in the unit that the plan gives it (UCUM codes: Cel, K, min, s, mol/L, mg, %, 1). To give another unit of the same kind,
        send a text such as "353 K" or "0.5 h"; never convert in your head. Decimals are written with a point.
        Safety: what instruments do is real unless list_instruments says virtual. Approve, start or change a campaign only when a person has told you to, and write their reason
        as 'why'. Never widen a limit to make an error go away. In danger call stop_laboratory first and explain afterwards. An answer that is an error says what is wrong, where,
        and how to mend it.
        To plan: call example_plan, write a plan of the same form, call check_plan until it is accepted, then plan_campaign.
        """;

    private const int MostTrials = 200;
    private const int UsualTrials = 25;

    private static readonly McpArgument Id = new("campaign", "string", "The campaign's id, as list_campaigns gives it.");
    private static readonly McpArgument Number = new("trial", "integer", "The trial's number, from 1, as list_trials gives it.");
    private static readonly McpArgument Reason = new("why", "string", "The reason, in the words of the person who decided; the journal keeps it for good.");
    private static readonly McpArgument PlanForm = new("plan", "object", "The plan as JSON: version, name, objective, factors (each with unit and range, levels or options), constraints, outcomes (unit; aim more or less; atLeast, atMost), budget, and for instruments a protocol. example_plan shows all of it.");

    private readonly CampaignDesk desk;
    private readonly CampaignBook book;
    private readonly LabEngine engine;
    private readonly InstrumentBench bench;

    public LabTools(CampaignDesk desk, CampaignBook book, LabEngine engine, InstrumentBench bench)
    {
        (this.desk, this.book, this.engine, this.bench) = (desk, book, engine, bench);
        All = [.. Planning(), .. Reading(), .. Deciding(), .. Changing(), .. Trying(), .. Guarding()];
    }

    public IReadOnlyList<McpTool> All { get; }

    private IEnumerable<McpTool> Planning() =>
    [
        new("example_plan", Permission.Read, "Two plans with comments, to learn the form from: one whose trials people make, one with a protocol for (virtual) instruments.", [],
            _ => Task.FromResult<JsonNode>(JsonValue.Create($"{CampaignText.Example}\n{VirtualExample.Plan}"))),
        new("check_plan", Permission.Read, "Looks whether a plan makes sense, without writing anything down. Contradictions are named. Call it before plan_campaign.", [PlanForm], call =>
        {
            var plan = CampaignText.Read(PlanOf(call));
            return Task.FromResult<JsonNode>(new JsonObject { ["accepted"] = true, ["name"] = plan.Name, ["factors"] = plan.Space.Factors.Count, ["outcomes"] = plan.Outcomes.Count, ["steps"] = plan.Protocol?.Steps.Count ?? 0, ["budget"] = plan.Budget });
        }),
        new("plan_campaign", Permission.Experiment, "Writes a campaign down as a draft and gives its id. Nothing is tried before a person approves it and it is started.",
            [PlanForm, new("owner", "string", "Whose data it makes, such as a group or company (default: the caller); another than the caller only by who may approve.", IsRequired: false)],
            async call => LabJson.Describe(await desk.Draft(PlanOf(call), LabEndpoints.OwnerOf(call.Arguments, call.Context), call.Actor, call.Cancel))),
    ];

    private IEnumerable<McpTool> Reading() =>
    [
        new("list_campaigns", Permission.Read, "All campaigns, the newest first: id, name, stage (draft, approved, running, paused, done), how many trials are known.", [],
            _ => Task.FromResult<JsonNode>(new JsonObject { ["campaigns"] = new JsonArray([.. book.All.Take(MostTrials).Select(LabJson.Line)]) })),
        new("read_campaign", Permission.Read, "A campaign: its plan with units, its stage and who moved it, what is held, the numbers of the best trials.", [Id], call => Task.FromResult<JsonNode>(LabJson.Describe(Found(call)))),
        new("list_trials", Permission.Read, "Trials of a campaign: point and values (numbers in the plan's units), why each was suggested, expected gain, chance of holding the limits, what became of it.",
            [Id, new("from", "integer", "The first trial, from 1 (default 1).", IsRequired: false), new("count", "integer", $"How many, up to {MostTrials} (default {UsualTrials}).", IsRequired: false)], call =>
        {
            var (campaign, from, count) = (Found(call), Requests.WholeOr(call.Arguments, "from", 1), Requests.WholeOr(call.Arguments, "count", UsualTrials));
            var some = campaign.Trials.Skip(Math.Max(0, from - 1)).Take(Math.Clamp(count, 1, MostTrials));
            return Task.FromResult<JsonNode>(new JsonObject { ["total"] = campaign.Trials.Count, ["trials"] = new JsonArray([.. some.Select(trial => LabJson.Describe(campaign, trial, engine))]) });
        }),
        new("report_campaign", Permission.Read, "What a campaign has brought, as Markdown: the best, how it came about, every trial.", [Id], call =>
        {
            var campaign = Found(call);
            return Task.FromResult<JsonNode>(JsonValue.Create(CampaignReport.Write(campaign.Plan, [.. campaign.Trials.Select(trial => trial.ForPlanner())], [.. campaign.Trials.Select(trial => trial.Number)]) + RehearsalText.Report(campaign)));
        }),
        new("list_instruments", Permission.Read, "The instruments: whether each is virtual (nothing real happens) or real, can be used, was set aside and why; and whether the laboratory is stopped.", [], _ => Task.FromResult<JsonNode>(Instruments())),
    ];

    private IEnumerable<McpTool> Deciding() =>
    [
        Move("approve_campaign", Permission.Approve, CampaignStage.Approved, "Agrees to a draft on behalf of a person: real instruments may then work within its plan. Only when a person has read the plan and told you to.") with { IsGrave = true },
        Move("start_campaign", Permission.Experiment, CampaignStage.Running, "Starts an approved campaign, or goes on after a pause: from now on trials are suggested and, with a protocol, made.") with { IsGrave = true },
        Move("pause_campaign", Permission.Experiment, CampaignStage.Paused, "Begins no more trials; those under way go on to their end. For danger use stop_laboratory."),
        Move("end_campaign", Permission.Experiment, CampaignStage.Done, "Ends a campaign for good; it cannot be started again.") with { IsGrave = true },
    ];

    private IEnumerable<McpTool> Changing() =>
    [
        new("pin_factor", Permission.Experiment, "Holds a factor in all trials suggested from now on: at a value or option ('from' alone), in a part of its range ('from' and 'to'), or at some options, parted by commas. Only inside the plan's range.",
            [Id, new("factor", "string", "The factor's name."), new("from", "string", "A value with or without a unit (\"80\", \"353 K\"), an option, or options parted by commas."), new("to", "string", "The upper end of a range, with or without a unit.", IsRequired: false), Reason],
            async call => LabJson.Describe(await desk.Narrow(Text(call, "campaign"), Text(call, "factor"), TextOrNumber(call, "from")!, TextOrNumber(call, "to"), Text(call, "why"), call.Actor, call.Cancel))),
        new("loosen_factor", Permission.Experiment, "Lets a factor have its whole range again.", [Id, new("factor", "string", "The factor's name."), Reason],
            async call => LabJson.Describe(await desk.Loosen(Text(call, "campaign"), Text(call, "factor"), Text(call, "why"), call.Actor, call.Cancel))),
        new("change_plan", Permission.Approve, "Changes ranges, limits, budget or protocol of a campaign: the whole plan anew, with the same factors and outcomes. It is an approval: only when a person has told you to.", [Id, PlanForm, Reason],
            async call => LabJson.Describe(await desk.Change(Text(call, "campaign"), PlanOf(call), Text(call, "why"), call.Actor, call.Cancel))) { IsGrave = true },
    ];

    private IEnumerable<McpTool> Trying() =>
    [
        Answer("approve_trial", Permission.Approve, true, "Agrees to a trial where the plan asks a person for each; after a fault, that it is made once more. Only when a person has told you to.") with { IsGrave = true },
        Answer("veto_trial", Permission.Experiment, false, "Vetoes a trial that has not begun: it is not made and teaches nothing."),
        new("add_trial", Permission.Experiment, "Adds a trial of a person's own; it must keep the plan's ranges and constraints. Instruments make it as any other.",
            [Id, new("point", "object", "For each factor a number in the plan's unit, a text with a unit (\"353 K\"), or an option's name.")],
            async call =>
            {
                var trial = await desk.Add(Text(call, "campaign"), Values(call, "point"), call.Actor, call.Cancel);
                return LabJson.Describe(Found(call), trial, engine);
            }),
        new("enter_outcome", Permission.Experiment, "Enters or corrects what came of a trial. Enter only what was measured: never an estimate, never a number made up.",
            [Id, Number, new("state", "string", "measured: values follow. failed: the conditions themselves cannot work, it teaches where not to try. void: a device or a person was at fault, it teaches nothing.", true, "measured", "failed", "void"),
                new("values", "object", "For each outcome that was measured a number in the plan's unit, or a text with a unit.", IsRequired: false), Reason],
            async call =>
            {
                var state = Enum.TryParse<TrialState>(Text(call, "state"), ignoreCase: true, out var read) && read != TrialState.Pending ? read : throw Requests.Bad("state", $"There is no state '{Text(call, "state")}'.", "Send measured, failed or void.");
                var campaign = (await desk.Enter(Text(call, "campaign"), Trial(call), state, Values(call, "values"), Text(call, "why"), call.Actor, call.Cancel))!;
                return LabJson.Describe(campaign, campaign.Trial(Trial(call)), engine);
            }),
    ];

    private IEnumerable<McpTool> Guarding() =>
    [
        new("stop_laboratory", Permission.Experiment, "EMERGENCY: stops every instrument at once and commands nothing more until a person releases the laboratory. Call it whenever somebody may be in danger; it needs no approval. 'confirmed' says for each instrument whether it did; one that did not needs its own button: tell the person.",
            [Reason with { IsRequired = false }], async call =>
            {
                var answers = await bench.EmergencyStop(Requests.TextOr(call.Arguments, "why", ""), call.Actor, CancellationToken.None); // an emergency does not end with its caller
                var told = Instruments();
                told["confirmed"] = new JsonObject(answers.Select(answer => KeyValuePair.Create(answer.Key, (JsonNode?)JsonValue.Create(answer.Value))));
                return told;
            }),
        new("set_instrument_aside", Permission.Experiment, "Takes an instrument out of service; what runs on it goes on. A person returns it.", [new("instrument", "string", "Its name, as list_instruments gives it."), Reason],
            async call =>
            {
                await bench.SetAside(Text(call, "instrument"), Text(call, "why"), call.Actor, call.Cancel);
                return LabJson.Describe(bench.Find(Text(call, "instrument")));
            }),
    ];

    private McpTool Move(string name, string permission, CampaignStage to, string description) => new(name, permission, description, [Id, Reason],
        async call => LabJson.Describe(await desk.Move(Text(call, "campaign"), to, Text(call, "why"), call.Actor, call.Cancel)));

    private McpTool Answer(string name, string permission, bool isApproved, string description) => new(name, permission, description, [Id, Number, Reason], async call =>
    {
        var campaign = await desk.Answer(Text(call, "campaign"), Trial(call), isApproved, Text(call, "why"), call.Actor, call.Cancel);
        return LabJson.Describe(campaign, campaign.Trial(Trial(call)), engine);
    });

    private JsonObject Instruments() => new() { ["stopped"] = bench.Stopped, ["instruments"] = new JsonArray([.. bench.All.Select(LabJson.Describe)]) };

    private Campaign Found(McpCall call) => book.Find(Text(call, "campaign"));

    private static string Text(McpCall call, string argument) => Requests.Text(call.Arguments, argument);

    private static int Trial(McpCall call) => Requests.WholeOr(call.Arguments, "trial", 0);

    private static string? TextOrNumber(McpCall call, string argument) => call.Arguments[argument]?.ToString();

    private static JsonObject PlanOf(McpCall call) => call.Arguments["plan"] as JsonObject ?? throw Requests.Bad("plan", "It is no object.", "Send the plan as a JSON object, not as text.");

    private static Dictionary<string, object?> Values(McpCall call, string argument) => (call.Arguments[argument] as JsonObject ?? []).ToDictionary(
        member => member.Key, member => member.Value is JsonValue value ? (object?)JsonSerializer.SerializeToElement(value) : null, StringComparer.Ordinal);
}
