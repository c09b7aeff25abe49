using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab.Rehearsals;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Campaigns;

/// <summary>Events as the journal's kinds and bodies; the campaign is the entry's subject. What the gate writes of steps is read by the host.</summary>
public static class LabEventText
{
    public const string Drafted = "campaign-drafted", Moved = "campaign-moved", Edited = "campaign-edited", Proposed = "trial-proposed", Answered = "trial-answered", Entered = "trial-entered", Rehearsed = "campaign-rehearsed", StepEnded = "step-ended";

    /// <summary>All kinds that are written here.</summary>
    public static IReadOnlyList<string> Kinds { get; } = [Drafted, Moved, Edited, Proposed, Answered, Entered, Rehearsed, StepEnded];

    public static (string Kind, JsonObject Body) Write(LabEvent happened) => happened switch
    {
        LabEvent.Drafted it => (Drafted, new JsonObject { ["plan"] = it.Plan.DeepClone(), ["owner"] = it.Owner }),
        LabEvent.Moved it => (Moved, new JsonObject { ["to"] = Word(it.To), ["why"] = it.Why }),
        LabEvent.Edited it => (Edited, new JsonObject { ["plan"] = it.Plan?.DeepClone(), ["narrowings"] = new JsonArray([.. it.Narrowings.Select(Write)]), ["why"] = it.Why }),
        LabEvent.Proposed it => (Proposed, new JsonObject { ["trial"] = it.Trial, ["point"] = Numbers(it.Point), ["known"] = it.Known, ["suggestion"] = it.Suggestion is { } suggestion ? Write(suggestion) : null }),
        LabEvent.Answered it => (Answered, new JsonObject { ["trial"] = it.Trial, ["answer"] = it.IsApproved ? "approved" : "vetoed", ["why"] = it.Why }),
        LabEvent.Entered it => (Entered, new JsonObject { ["trial"] = it.Trial, ["state"] = Word(it.State), ["values"] = Numbers(it.Values), ["why"] = it.Why }),
        LabEvent.Rehearsed it => (Rehearsed, RehearsalText.ToJson(it.Result)),
        LabEvent.StepEnded it => (StepEnded, new JsonObject
        {
            ["key"] = it.Key.ToString(), ["instrument"] = it.Instrument, ["stage"] = Word(it.Stage), ["results"] = ActionValue.ToJson(it.Results), ["cause"] = it.Cause,
        }),
        _ => throw new ArgumentException($"The gate writes {happened.GetType().Name}.", nameof(happened)),
    };

    /// <exception cref="ProblemException">The body is not what is written under this kind.</exception>
    public static LabEvent Read(string kind, string campaign, JsonObject body)
    {
        try
        {
            return kind switch
            {
                Drafted => new LabEvent.Drafted(campaign, body["plan"]!.AsObject(), Text(body, "owner")),
                Moved => new LabEvent.Moved(campaign, Enum.Parse<CampaignStage>(Text(body, "to"), ignoreCase: true), Text(body, "why")),
                Edited => new LabEvent.Edited(campaign, body["plan"] as JsonObject, [.. body["narrowings"]!.AsArray().Select(one => ReadNarrowing(one!.AsObject()))], Text(body, "why")),
                Proposed => new LabEvent.Proposed(campaign, Whole(body, "trial"), ReadNumbers(body["point"]), body["suggestion"] is JsonObject suggestion ? ReadSuggestion(suggestion) : null, Whole(body, "known")),
                Answered => new LabEvent.Answered(campaign, Whole(body, "trial"), Text(body, "answer") == "approved", Text(body, "why")),
                Entered => new LabEvent.Entered(campaign, Whole(body, "trial"), Enum.Parse<TrialState>(Text(body, "state"), ignoreCase: true), ReadNumbers(body["values"]), Text(body, "why")),
                Rehearsed => new LabEvent.Rehearsed(campaign, RehearsalText.Read(body)),
                StepEnded => new LabEvent.StepEnded(campaign, StepKey.TryParse(Text(body, "key"), out var key) ? key : throw new FormatException("The key is none."), Text(body, "instrument"), Enum.Parse<StepStage>(Text(body, "stage"), ignoreCase: true),
                    ActionValue.AllFromJson(body["results"] as JsonObject), Text(body, "cause")),
                _ => throw new FormatException($"'{kind}' is no event of a campaign."),
            };
        }
        catch (Exception wrong) when (wrong is NullReferenceException or FormatException or InvalidOperationException or ArgumentException)
        {
            throw new ProblemException("urn:dure:lab:unreadable-event", $"An entry of kind '{kind}' does not hold what it should: {wrong.Message}", $"campaign {campaign}", "Restore the journal from a copy.", wrong);
        }
    }

    private static JsonObject Write(Narrowing one) => one.Options is { } options
        ? new JsonObject { ["factor"] = one.Factor, ["options"] = new JsonArray([.. options.Select(option => JsonValue.Create(option))]) }
        : new JsonObject { ["factor"] = one.Factor, ["low"] = one.Low, ["high"] = one.High };

    private static Narrowing ReadNarrowing(JsonObject one) => one["options"] is JsonArray options
        ? new Narrowing(Text(one, "factor"), double.NaN, double.NaN, [.. options.Select(option => option!.GetValue<string>())])
        : new Narrowing(Text(one, "factor"), one["low"]!.GetValue<double>(), one["high"]!.GetValue<double>(), null);

    private static JsonObject Write(Suggestion one) => new()
    {
        ["reason"] = Word(one.Reason),
        ["expected"] = new JsonArray([.. one.Expected.Select(each => new JsonObject { ["mean"] = Number(each.Mean), ["low"] = Number(each.Low), ["high"] = Number(each.High) })]),
        ["gain"] = Number(one.ExpectedGain),
        ["chance"] = Number(one.ChanceOfHolding),
        ["nearest"] = one.Nearest + 1,
        ["calibration"] = one.Calibration,
        ["newest"] = one.NewestFactor,
        ["cheap"] = one.IsCheap ? true : null,
        ["earlier"] = one.Earlier,
        ["doubt"] = one.Doubt,
    };

    private static Suggestion ReadSuggestion(JsonObject one) => new()
    {
        Point = [],
        Reason = Enum.Parse<SuggestionReason>(Text(one, "reason"), ignoreCase: true),
        Expected = [.. one["expected"]!.AsArray().Select(each => new Expectation(Number(each!["mean"]), Number(each["low"]), Number(each["high"])))],
        ExpectedGain = Number(one["gain"]),
        ChanceOfHolding = Number(one["chance"]),
        Nearest = one["nearest"] is { } nearest ? nearest.GetValue<int>() - 1 : null,
        Calibration = one["calibration"]?.GetValue<double>(),
        NewestFactor = one["newest"]?.GetValue<string>(),
        IsCheap = one["cheap"]?.GetValue<bool>() ?? false,
        Earlier = one["earlier"]?.GetValue<string>(),
        Doubt = one["doubt"]?.GetValue<double>(),
    };

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();

    private static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(Number)]);

    private static JsonNode? Number(double value) => double.IsFinite(value) ? JsonValue.Create(value) : null; // JSON has no NaN

    private static double Number(JsonNode? json) => json?.GetValue<double>() ?? double.NaN;

    private static double[] ReadNumbers(JsonNode? json) => [.. json!.AsArray().Select(Number)];

    private static string Text(JsonObject body, string member) => body[member]!.GetValue<string>();

    private static int Whole(JsonObject body, string member) => (int)body[member]!.GetValue<double>();
}
