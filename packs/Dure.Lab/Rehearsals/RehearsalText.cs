using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Lab.Campaigns;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Rehearsals;

/// <summary>Rehearsals for people and for programs.</summary>
public static class RehearsalText
{
    public static JsonObject ToJson(Rehearsal of) => new()
    {
        ["origin"] = of.Origin, ["dataHash"] = of.DataHash, ["noise"] = Numbers(of.Noise), ["runs"] = of.Runs, ["trials"] = of.Trials, ["outcome"] = of.Outcome, ["unit"] = of.Unit,
        ["best"] = of.Best, ["usual"] = of.Usual, ["planned"] = ToJson(of.Planned), ["byChance"] = ToJson(of.ByChance),
    };

    /// <summary>What <see cref="ToJson(Rehearsal)"/> has written.</summary>
    public static Rehearsal Read(JsonObject json) => new(Text(json, "origin"), Text(json, "dataHash"), Numbers(json["noise"]), Whole(json["runs"])!.Value, Whole(json["trials"])!.Value, Text(json, "outcome"), Text(json, "unit"),
        json["best"]!.GetValue<double>(), json["usual"]!.GetValue<double>(), Course(json["planned"]!), Course(json["byChance"]!)); // it was written whole

    /// <summary>For a campaign's report: the last rehearsal, and what really came beside it; empty where there was none.</summary>
    public static string Report(Campaign campaign)
    {
        if (campaign.Rehearsals is not [.., var last])
            return "";
        var (k, sign) = (campaign.Plan.Outcomes.ToList().FindIndex(outcome => outcome.Name == last.Outcome), campaign.Plan.Outcomes.Any(outcome => outcome.Name == last.Outcome && outcome.Aim == Aim.Less) ? -1 : 1);
        double[] real = [.. campaign.Trials.Where(trial => trial.Stage is TrialStage.Measured or TrialStage.Failed).Select(trial => IsGood(campaign, trial) ? sign * trial.Values[k] : double.NegativeInfinity)];
        var text = new StringBuilder().AppendLine().AppendLine("## Rehearsed before it touched an instrument").AppendLine().Append(Tell(last)).AppendLine();
        foreach (var at in new[] { last.Trials / 4, last.Trials / 2, last.Trials }.Where(at => at > 0 && at <= real.Length).Distinct())
            text.AppendLine(CultureInfo.InvariantCulture, $"- in reality the best after {at} trials was {(real.Take(at).Max() is var best and > double.NegativeInfinity ? $"{CampaignWords.Shown(sign * best)} {last.Unit}" : "none that holds the limits")}; rehearsed {CampaignWords.Shown(last.Planned.Course[at - 1])} {last.Unit}");
        return text.ToString();
    }

    private static bool IsGood(Campaign campaign, LabTrial trial) =>
        trial.Stage == TrialStage.Measured && !campaign.Plan.Outcomes.Where((outcome, k) => !double.IsFinite(trial.Values[k]) || !outcome.Holds(trial.Values[k])).Any();

    /// <summary>Lines for the terminal and the report.</summary>
    public static string Tell(Rehearsal of)
    {
        var unit = of.Unit == "1" ? "" : $" {of.Unit}";
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"Rehearsed {of.Runs} times, {of.Trials} trials each, on {of.Origin}{(of.DataHash.Length > 0 ? $" (SHA-256 {of.DataHash[..12]}…)" : "")}.");
        text.AppendLine(CultureInfo.InvariantCulture, $"There the best {of.Outcome} known is {CampaignWords.Shown(of.Best)}{unit}; a trial by chance that holds the limits brings {CampaignWords.Shown(of.Usual)}{unit}.").AppendLine();
        text.AppendLine("| median of the runs | planned | by chance |").AppendLine("|---|---|---|");
        Row("trials until within 5 % of the best", of.Planned.Within5, of.ByChance.Within5);
        Row("trials until within 1 % of the best", of.Planned.Within1, of.ByChance.Within1);
        foreach (var at in new[] { of.Trials / 4, of.Trials / 2, of.Trials }.Where(at => at > 0).Distinct())
            text.AppendLine(CultureInfo.InvariantCulture, $"| best {of.Outcome} after {at} trials | {Value(of.Planned, at)} | {Value(of.ByChance, at)} |");
        return text.AppendLine(CultureInfo.InvariantCulture, $"| trials that broke a limit or failed | {of.Planned.ShareOutside:P0} | {of.ByChance.ShareOutside:P0} |").ToString();

        void Row(string what, int? planned, int? byChance) => text.AppendLine(CultureInfo.InvariantCulture, $"| {what} | {planned?.ToString(CultureInfo.InvariantCulture) ?? $"more than {of.Trials}"} | {byChance?.ToString(CultureInfo.InvariantCulture) ?? $"more than {of.Trials}"} |");
        string Value(RehearsedCourse course, int at) => double.IsNaN(course.Course[at - 1]) ? "none holds the limits" : $"{CampaignWords.Shown(course.Course[at - 1])}{unit}";
    }

    private static JsonObject ToJson(RehearsedCourse course) => new()
    {
        ["within5"] = course.Within5, ["within1"] = course.Within1, ["course"] = Numbers(course.Course), ["shareOutside"] = course.ShareOutside,
    };

    private static RehearsedCourse Course(JsonNode json) => new(Whole(json["within5"]), Whole(json["within1"]), Numbers(json["course"]), json["shareOutside"]!.GetValue<double>());

    private static double[] Numbers(JsonNode? json) => [.. json!.AsArray().Select(value => value?.GetValue<double>() ?? double.NaN)];

    private static int? Whole(JsonNode? json) => (int?)json?.GetValue<double>(); // the journal keeps numbers as they come

    private static string Text(JsonObject json, string member) => json[member]!.GetValue<string>();

    private static JsonArray Numbers(IEnumerable<double> values) => new([.. values.Select(value => double.IsFinite(value) ? JsonValue.Create(value) : null)]); // JSON has no NaN
}
