using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Running;
using Dure.Optimize.Spaces;

namespace Dure.Node.Lab;

/// <summary>Campaigns, trials and instruments as the API gives them.</summary>
internal static class LabJson
{
    public static JsonObject Line(Campaign campaign) => new()
    {
        ["id"] = campaign.Id,
        ["name"] = campaign.Plan.Name,
        ["objective"] = campaign.Plan.Objective,
        ["owner"] = campaign.Owner,
        ["stage"] = Word(campaign.Stage),
        ["budget"] = campaign.Plan.Budget,
        ["made"] = campaign.Made,
        ["known"] = campaign.Known,
        ["open"] = campaign.Open.Count,
        ["draftedAt"] = campaign.DraftedAt,
        ["draftedBy"] = campaign.DraftedBy,
    };

    public static JsonObject Describe(Campaign campaign)
    {
        var described = Line(campaign);
        described["plan"] = campaign.PlanText.DeepClone();
        described["narrowings"] = new JsonArray([.. campaign.Narrowings.Select(one => new JsonObject
        {
            ["factor"] = one.Factor,
            ["low"] = Number(one.Low),
            ["high"] = Number(one.High),
            ["options"] = one.Options is { } options ? new JsonArray([.. options.Select(option => JsonValue.Create(option))]) : null,
        })]);
        described["moves"] = new JsonArray([.. campaign.Moves.Select(move => new JsonObject { ["to"] = Word(move.To), ["at"] = move.At, ["by"] = move.By, ["why"] = move.Why })]);
        described["best"] = new JsonArray([.. CampaignReport.BestOf(campaign.Plan, [.. campaign.Trials.Select(trial => trial.ForPlanner())]).Select(i => JsonValue.Create(campaign.Trials[i].Number))]);
        return described;
    }

    public static JsonObject Describe(Campaign campaign, LabTrial trial, LabEngine engine) => new()
    {
        ["trial"] = trial.Number,
        ["stage"] = Word(trial.Stage),
        ["point"] = new JsonObject(campaign.Plan.Space.Write(trial.Point).Select(value => KeyValuePair.Create(value.Key, Plain(value.Value)))),
        ["values"] = new JsonObject(campaign.Plan.Outcomes.Select((outcome, k) => KeyValuePair.Create(outcome.Name, k < trial.Values.Length ? Number(trial.Values[k]) : null))),
        ["why"] = trial.Why,
        ["reason"] = trial.Suggestion is { } suggestion ? CampaignWords.Why(campaign.Plan, suggestion, number => $"trial {number + 1}") : null,
        ["suggestion"] = trial.Suggestion is { } made ? new JsonObject
        {
            ["reason"] = Word(made.Reason),
            ["expected"] = new JsonArray([.. made.Expected.Select((expected, k) => new JsonObject { ["outcome"] = campaign.Plan.Outcomes[k].Name, ["mean"] = Number(expected.Mean), ["low"] = Number(expected.Low), ["high"] = Number(expected.High) })]),
            ["expectedGain"] = Number(made.ExpectedGain),
            ["chanceOfHolding"] = Number(made.ChanceOfHolding),
            ["nearest"] = made.Nearest + 1,
            ["calibration"] = made.Calibration,
        } : null,
        ["known"] = trial.Known,
        ["proposedAt"] = trial.ProposedAt,
        ["proposedBy"] = trial.ProposedBy,
        ["endedAt"] = trial.EndedAt,
        ["enteredBy"] = trial.EnteredBy,
        ["sample"] = campaign.Plan.Protocol is null ? null : SampleCode.Of(campaign.Id, trial.Number, trial.Run),
        ["lateSince"] = engine.LateSince(campaign.Id, trial.Number),
        ["keptBy"] = engine.Kept(campaign.Id, trial.Number),
        ["steps"] = new JsonArray([.. trial.Steps.Select(step => new JsonObject
        {
            ["step"] = campaign.Plan.Protocol is { } protocol && step.Key.Step <= protocol.Steps.Count ? protocol.Steps[step.Key.Step - 1].Name : "",
            ["key"] = step.Key.ToString(),
            ["instrument"] = step.Instrument,
            ["stage"] = Word(step.Stage),
            ["intendedAt"] = step.IntendedAt,
            ["endedAt"] = step.EndedAt,
            ["results"] = ActionValue.ToJson(step.Results),
            ["cause"] = step.Cause,
        })]),
    };

    public static JsonObject Describe(LabInstrument one) => new()
    {
        ["name"] = one.Card.Name,
        ["virtual"] = one.Card.Link.IsVirtual,
        ["allowedBy"] = one.Card.AllowedBy,
        ["usable"] = one.IsUsable,
        ["setAside"] = one.SetAside,
        ["unreachableSince"] = one.UnreachableSince,
        ["trouble"] = one.UnreachableSince is null ? "" : one.Trouble,
        ["identity"] = one.Description?.Identity is { } identity ? new JsonObject { ["maker"] = identity.Maker, ["model"] = identity.Model, ["serial"] = identity.Serial, ["firmware"] = identity.Firmware } : null,
        ["actions"] = new JsonArray([.. one.Card.Actions.Select(action => JsonValue.Create(action.Name))]),
    };

    private static JsonNode? Plain(object? value) => value switch { string option => option, long whole => whole, double number => number, _ => null };

    private static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null;

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();
}
