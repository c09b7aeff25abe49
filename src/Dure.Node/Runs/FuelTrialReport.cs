using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Plants.Refinery;

namespace Dure.Node.Runs;

/// <summary>A trial as a document that lies beside its claim.</summary>
internal static class FuelTrialReport
{
    /// <summary>What the document is called in the claim's entry.</summary>
    public const string Role = "plant-trial";

    public static JsonObject Of(FuelTrialPlan plan, FuelTrial trial) => new()
    {
        ["plant"] = PlantTrialWork.CrudeUnit,
        ["simulated"] = true,
        ["seed"] = plan.Seed,
        ["pairs"] = plan.Pairs,
        ["asset"] = plan.Asset.Path,
        ["setPoints"] = new JsonArray([.. trial.Unit.Description.Setpoints.Select(one => new JsonObject { ["name"] = one.Name, ["unit"] = one.Unit })]),
        ["base"] = Numbers(trial.Base),
        ["optimised"] = Numbers(trial.Optimised!), // the search is over
        ["phases"] = new JsonArray([.. trial.Tallies.Select(Phase)]),
        ["moves"] = new JsonArray([.. trial.Moves.Where(move => move.Phase != FuelTrialPhase.Switchback).Select(Move)]),
        ["plainly"] = new JsonArray([.. FuelTrialStudy.Plainly.Select(line => JsonValue.Create(line))]),
    };

    /// <summary>The phases in words.</summary>
    public static IEnumerable<string> Told(FuelTrial trial) => trial.Tallies.Select(tally => string.Create(CultureInfo.InvariantCulture,
        $"{Word(tally.Phase)}: {(tally.To - tally.From).TotalDays:0.##} days, {tally.Moves} moves, {tally.SpecificFuel:0.000} kg of fuel per kmol, {tally.OffSpecificationMinutes} minutes off specification, {tally.EmissionMinutes} minutes above an emission limit, by the unit's true state"));

    private static JsonObject Phase(FuelTrialTally tally) => new()
    {
        ["phase"] = Word(tally.Phase),
        ["from"] = Time(tally.From),
        ["to"] = Time(tally.To),
        ["fuelTonnes"] = tally.FuelTonnes,
        ["feedKilomoles"] = tally.FeedKilomoles,
        ["offSpecificationMinutes"] = tally.OffSpecificationMinutes,
        ["emissionMinutes"] = tally.EmissionMinutes,
        ["moves"] = tally.Moves,
    };

    private static JsonObject Move(FuelTrialMove move) => new()
    {
        ["phase"] = Word(move.Phase), ["number"] = move.Number, ["at"] = Time(move.At), ["setPoints"] = Numbers(move.SetPoints), ["kind"] = move.Kind.ToLowerInvariant(), ["reason"] = move.Reason,
    };

    private static string Word(FuelTrialPhase phase) => phase switch
    {
        FuelTrialPhase.Baseline => "baseline",
        FuelTrialPhase.Search => "search",
        _ => "switchback",
    };

    private static JsonArray Numbers(IReadOnlyList<double> values) => [.. values.Select(value => JsonValue.Create(value))];

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
