using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Lab;
using Dure.Optimize.Spaces;

namespace Dure.Cli.Commands;

/// <summary>Campaigns and trials as the node gives them, in lines for people.</summary>
internal static class LabTold
{
    public static CampaignPlan PlanOf(JsonNode campaign) => CampaignText.Read(campaign["plan"]!.AsObject());

    /// <summary>One line: what it is called, how far it is.</summary>
    public static string Line(JsonNode campaign) =>
        $"{campaign.Text("id")}  {campaign.Text("stage"),-8} {campaign["known"],4} of {campaign["budget"],-5} {campaign.Text("owner"),-16} {campaign.Text("name")}";

    /// <summary>What was tried, with units: <c>temperature = 80 Cel, solvent = 'water'</c>.</summary>
    public static string Point(CampaignPlan plan, JsonNode trial) =>
        plan.Space.Describe(plan.Space.Read(trial["point"]!.AsObject().ToDictionary(each => each.Key, each => (object?)JsonSerializer.SerializeToElement(each.Value), StringComparer.Ordinal)));

    /// <summary>What came of it, with units; empty where nothing is known.</summary>
    public static string Outcomes(CampaignPlan plan, JsonNode trial) => string.Join(", ", plan.Outcomes
        .Where(outcome => trial["values"]![outcome.Name] is not null)
        .Select(outcome => $"{outcome.Name} {CampaignWords.Shown(trial["values"]!.Number(outcome.Name))} {(outcome.Unit == "1" ? "" : outcome.Unit)}".TrimEnd()));

    public static void Campaign(JsonNode campaign)
    {
        Console.WriteLine(Line(campaign));
        if (campaign.Text("objective") is { Length: > 0 } objective)
            Console.WriteLine($"  {objective}");
        Console.WriteLine($"  {campaign["made"]} of {campaign["budget"]} trials made, {campaign["open"]} under way{(campaign["best"]!.AsArray() is { Count: > 0 } best ? $"; the best: trial {string.Join(", ", best)}" : "")}");
        var space = PlanOf(campaign).Space;
        foreach (var held in campaign["narrowings"]!.AsArray())
            Console.WriteLine($"  {held.Text("factor")} is held {Part(space.Factors[space.NumberOf(held.Text("factor"))], held!)}");
        foreach (var move in campaign["moves"]!.AsArray())
            Console.WriteLine($"  {At(move!["at"])} {move.Text("to"),-8} by {move.Text("by")}{(move.Text("why") is { Length: > 0 } why ? $": {why}" : "")}");
    }

    public static void Trial(CampaignPlan plan, JsonNode trial)
    {
        Console.WriteLine($"{trial["trial"],4}  {trial.Text("stage"),-9} {(Outcomes(plan, trial) is { Length: > 0 } outcomes ? outcomes + "  <-  " : "")}{Point(plan, trial)}");
        if (trial["reason"]?.GetValue<string>() is { } reason)
            Console.WriteLine($"      {reason}");
        if (trial.Text("why") is { Length: > 0 } why)
            Console.WriteLine($"      ! {why}");
        if (trial["keptBy"]?.GetValue<string>() is { Length: > 0 } kept)
            Console.WriteLine($"      ! waits: {kept}");
        if (trial["lateSince"] is { } late)
            Console.WriteLine($"      ! late since {At(late)}");
    }

    public static void Instrument(JsonNode one)
    {
        var state = one["setAside"] is { } aside ? $"set aside: {aside}" : one["unreachableSince"] is { } since ? $"not reached since {At(since)}: {one.Text("trouble")}" : "ready";
        Console.WriteLine($"{one.Text("name"),-20} {string.Join(", ", one["actions"]!.AsArray()),-24} {(one["virtual"]!.GetValue<bool>() ? "virtual, " : "")}{state}");
    }

    private static string Part(Factor factor, JsonNode held)
    {
        string shown(string end) => $"{CampaignWords.Shown(held.Number(end))} {(factor.UnitText is "1" ? "" : factor.UnitText)}".TrimEnd();
        return held["options"] is JsonArray options ? $"at {string.Join(", ", options)}" : held.Number("low") == held.Number("high") ? $"at {shown("low")}" : $"from {shown("low")} to {shown("high")}";
    }

    private static string At(JsonNode? time) => time!.GetValue<DateTimeOffset>().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
