using System.Text.Json.Nodes;
using Dure.Lab.Campaigns;
using Dure.Lab.Instruments;
using Dure.Lab.Running;
using Dure.Node.Access;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Node.Http;

/// <summary>What the model of a campaign believes, whether to go on, and what in the laboratory needs a person.</summary>
internal static class LabPictureEndpoints
{
    public static void MapLabPictures(this IEndpointRouteBuilder app)
    {
        var lab = app.MapGroup("/api/v1/lab").WithTags("Laboratory");
        lab.MapGet("/campaigns/{id}/picture", Picture).Needs(Permission.Read).WithSummary("What the model believes of an outcome over the space: a map over two factors, a profile for each; 'outcome', 'across', 'up' and 'around' a trial choose what is shown.");
        lab.MapGet("/campaigns/{id}/advice", Advice).Needs(Permission.Read).WithSummary("Whether more trials are worth making, and what they promise.");
        lab.MapGet("/alarms", Alarms).Needs(Permission.Read).WithSummary("What in the laboratory needs a person now, the gravest first.");
    }

    private static async Task<JsonObject> Picture(string id, CampaignBook book, CampaignSight sight, HttpContext context, string? outcome = null, string? across = null, string? up = null, int? around = null)
    {
        var campaign = book.Find(id);
        var show = new PictureOptions { Outcome = outcome, Across = across, Up = up, Around = around - 1 };
        return await sight.Picture(campaign, show, context.RequestAborted) is not { } picture
            ? new JsonObject { ["campaign"] = id, ["known"] = campaign.Known, ["picture"] = null, ["why"] = "Too few trials are measured for a model." }
            : new JsonObject { ["campaign"] = id, ["known"] = campaign.Known, ["picture"] = Describe(campaign.Plan.Space, campaign.Plan.Outcomes[picture.Outcome], picture) };
    }

    private static async Task<JsonObject> Advice(string id, CampaignBook book, CampaignSight sight, HttpContext context)
    {
        var campaign = book.Find(id);
        var advice = await sight.Advice(campaign, context.RequestAborted);
        return new JsonObject
        {
            ["campaign"] = id, ["known"] = campaign.Known, ["stop"] = advice.IsAdvised, ["reason"] = advice.Reason, ["nextGain"] = Number(advice.NextGain), ["gainAhead"] = Number(advice.GainAhead),
            ["regretBound"] = Number(advice.RegretBound), ["chanceNothingBetter"] = Number(advice.ChanceWithin), ["sureSteps"] = advice.SureSteps,
        };
    }

    private static JsonObject Alarms(CampaignBook book, InstrumentBench bench, LabEngine engine) => new()
    {
        ["alarms"] = new JsonArray([.. LabAlarm.Of(book, bench, engine).Select(alarm => new JsonObject
        {
            ["kind"] = alarm.Kind.ToString(), ["campaign"] = alarm.Campaign?.Id, ["trial"] = alarm.Trial, ["instrument"] = alarm.Instrument, ["since"] = alarm.Since, ["cause"] = alarm.Cause,
        })]),
    };

    private static JsonObject Describe(SearchSpace space, Outcome outcome, CampaignPicture picture) => new()
    {
        ["outcome"] = outcome.Name,
        ["unit"] = outcome.Unit,
        ["around"] = new JsonObject(space.Write(picture.Around).Select(value => KeyValuePair.Create(value.Key, Plain(value.Value)))),
        ["trial"] = picture.Trial + 1,
        ["profiles"] = new JsonArray([.. picture.Profiles.Select(profile => new JsonObject
        {
            ["factor"] = space.Factors[profile.Factor].Name, ["share"] = Number(profile.Share), ["at"] = Values(space.Factors[profile.Factor], profile.At), ["means"] = Numbers(profile.Means),
            ["lows"] = Numbers(profile.Lows), ["highs"] = Numbers(profile.Highs), ["allowed"] = new JsonArray([.. profile.IsAllowed.Select(allowed => JsonValue.Create(allowed))]),
        })]),
        ["map"] = picture.Map is not { } map ? null : new JsonObject
        {
            ["across"] = space.Factors[map.Across].Name, ["up"] = space.Factors[map.Up].Name, ["acrossAt"] = Values(space.Factors[map.Across], map.AcrossAt), ["upAt"] = Values(space.Factors[map.Up], map.UpAt),
            ["means"] = Numbers(map.Means), ["deviations"] = Numbers(map.Deviations), ["allowed"] = new JsonArray([.. map.IsAllowed.Select(allowed => JsonValue.Create(allowed))]),
        },
    };

    private static JsonArray Values(Factor factor, double[] at) => factor is Factor.Category category ? new JsonArray([.. at.Select(option => JsonValue.Create(category.Options[(int)option]))]) : Numbers(at);

    private static JsonArray Numbers(double[] values) => new([.. values.Select(value => Number(value))]);

    private static JsonNode? Number(double? value) => value is { } number && double.IsFinite(number) ? JsonValue.Create(number) : null;

    private static JsonNode? Plain(object? value) => value switch { string option => option, long whole => whole, double number => number, _ => null };
}
