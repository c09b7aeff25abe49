using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Kernel;
using Dure.Lab.Protocols;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab;

/// <summary>A plan as JSON, with comments where wanted: what a file, the command line and later a page hold. Members that mean nothing are refused.</summary>
public static class CampaignText
{
    /// <summary>The version of the form.</summary>
    public const int Version = 1;

    private const int MostBytes = 4 << 20;
    private const int MostColumns = 1_000;
    private const int MostParallel = 100;

    /// <summary>A plan to begin with, explained in comments.</summary>
    public const string Example = """
        {
          "version": 1,
          "name": "coupling",
          // In words: what you are after, for those who approve and read it.
          "objective": "Raise the yield of the coupling and keep the impurity below 3 %",
          // What you may turn. A number has a unit (UCUM: Cel, min, mol/L, %) and a range, "log": true where ratios count more than
          // differences; "whole": true for counts; "levels" for steps; "options" for things without an order.
          "factors": [
            { "name": "temperature", "unit": "Cel", "low": 20, "high": 120 },
            { "name": "time", "unit": "min", "low": 1, "high": 60, "log": true },
            { "name": "equivalents", "levels": [1, 1.2, 1.5, 2] },
            { "name": "solvent", "options": ["water", "ethanol", "toluene"] }
          ],
          // What must not be tried. Sums: "terms" with "atMost", "atLeast" or "equals". Parts of a whole: "mixture" with "total",
          // at most "mostParts" of them. What does not go together: "forbidden".
          "constraints": [
            { "name": "no boiling ethanol", "forbidden": { "solvent": ["ethanol"], "temperature": { "above": 75 } } }
          ],
          // What you measure. "aim": "more" or "less" for what is to be improved; "atMost" and "atLeast" for what must hold.
          "outcomes": [
            { "name": "yield", "unit": "%", "aim": "more" },
            { "name": "impurity", "unit": "%", "atMost": 3 }
          ],
          // Also possible: "earlier": ["last-year.json"], plans with their sheets of campaigns over the same factors, to begin from;
          // "fidelity": { "name": "simulator", "cost": 0.05 }, a cheap twin of the only outcome and what it costs of a full trial;
          // "cost": { "base": 10, "extras": { "solvent": { "toluene": 5 } } }, what trials cost, to gain most per cost.
          // Trials at most, and the seed of what is left to chance.
          "budget": 30,
          "seed": 1
        }

        """;

    /// <exception cref="ProblemException">It is no plan; names the member, and how to mend it.</exception>
    public static CampaignPlan Parse(string text)
    {
        if (text.Length > MostBytes)
            throw Bad("plan", $"It has {text.Length:N0} characters.", $"Keep it under {MostBytes:N0}.");
        try
        {
            return Plan(JsonSerializer.Deserialize(text.TrimStart('\uFEFF'), CampaignJson.Default.PlanForm) ?? throw Bad("plan", "It is empty.", "Write { … }."));
        }
        catch (JsonException wrong)
        {
            var where = wrong.Path is { Length: > 1 } path ? $"plan{path[1..]}" : "plan";
            throw new ProblemException("urn:dure:lab:bad-plan", wrong.Message.Split(" Path:")[0], wrong.LineNumber is { } line ? $"{where}, line {line + 1}" : where, "Correct it; `dure lab new` writes a plan to begin with.", wrong);
        }
    }

    /// <summary>A plan as JSON that was read before.</summary>
    public static CampaignPlan Read(JsonObject plan) => Parse(plan.ToJsonString());

    private static CampaignPlan Plan(PlanForm form)
    {
        if (form.Version != Version)
            throw Bad("version", $"The plan is of version {form.Version?.ToString() ?? "none"}.", $"Write \"version\": {Version}.");
        if (string.IsNullOrWhiteSpace(form.Name) || form.Name.Length > 100)
            throw Bad("name", "It has no name, or one that is too long.", "Give it one of up to 100 characters.");
        if (form.Factors is not { Count: > 0 } factors)
            throw Bad("factors", "There is nothing to turn.", "Name at least one factor.");
        if (form.Outcomes is not { Count: > 0 } outcomes)
            throw Bad("outcomes", "There is nothing to measure.", "Name at least one outcome.");
        if (form.Budget is not (>= 1 and <= CampaignPlan.MostTrials))
            throw Bad("budget", form.Budget is { } budget ? $"It is {budget}." : "There is none.", $"Say how many trials there may be, 1 to {CampaignPlan.MostTrials:N0}.");
        if (factors.Any(factor => factor is null) || outcomes.Any(outcome => outcome is null) || form.Constraints?.Any(constraint => constraint is null) == true)
            throw Bad("plan", "A list of factors, constraints or outcomes holds a null.", "Leave it out.");
        foreach (var name in factors.SelectMany(factor => (factor.Options ?? []).Prepend(factor.Name)).Concat(outcomes.Select(outcome => outcome.Name)).Where(name => name is not null))
            if (name!.Length == 0 || name != name.Trim() || name.AsSpan().ContainsAny('\r', '\n')) // those that are missing are named below
                throw Bad($"'{name}'", "A name or option is empty, has spaces around it or a line break in it.", "A sheet could not tell it: write it without.");
        var space = new SearchSpace([.. factors.Select(FactorOf)], [.. (form.Constraints ?? []).Select(ConstraintOf)]);
        if (space.Coding.Columns > MostColumns)
            throw Bad("factors", $"Descriptors make {space.Coding.Columns:N0} columns.", $"Keep them to {MostColumns:N0} in all: take fewer descriptors, such as their first principal components.");
        foreach (var name in outcomes.Select(outcome => outcome.Name ?? "").Where(name => factors.Any(factor => factor.Name == name) || TrialSheet.OwnColumns.Contains(name)))
            throw Bad($"outcome '{name}'", "A factor or a column of the sheet has the same name.", "Give it another.");
        var plan = new CampaignPlan(form.Name, form.Objective ?? "", space, [.. outcomes.Select(OutcomeOf)], form.Budget.Value, form.Seed ?? 1, CheapOf(form.Fidelity), CostOf(form.Cost, space))
        {
            Protocol = form.Protocol is { } steps ? StepForm.Read(steps, space, [.. outcomes.Select(outcome => outcome.Name!)]) : null,
            Parallel = form.Parallel switch { null => 1, >= 1 and <= MostParallel => form.Parallel.Value, _ => throw Bad("parallel", $"It is {form.Parallel}.", $"Say how many trials may be under way at once, 1 to {MostParallel}.") },
            AsksPerson = form.AskForEachTrial ?? false,
            StopsWhenAdvised = form.StopWhenAdvised ?? false,
            Priority = form.Priority switch { null => 5, >= 0 and <= 9 => form.Priority.Value, _ => throw Bad("priority", $"It is {form.Priority}.", "Say 0 to 9; 5 is usual.") },
            Earlier = [.. form.Earlier ?? []],
        };
        foreach (var name in factors.Select(factor => factor.Name!).Concat(outcomes.Select(outcome => outcome.Name!)).Where(TrialSheet.OwnOf(plan).Contains)) // checked above
            throw Bad($"'{name}'", "The sheet of trials has a column of that name for itself.", "Give it another.");
        if (plan.Earlier.Any(string.IsNullOrWhiteSpace) || plan.Earlier.Count > EarlierCampaign.MostCampaigns)
            throw Bad("earlier", "One has no name, or there are too many.", $"Name the plans of {EarlierCampaign.MostCampaigns} campaigns at most.");
        if (plan.Earlier.Count > 0 && (plan.Cheap is not null || plan.Outcomes.Count(outcome => outcome.Aim != Aim.Held) > 1))
            throw Bad("earlier", "Earlier campaigns are read where one outcome is wanted and there is no \"fidelity\".", "Leave one of the two out.");
        if (plan.Cheap is not null && plan.Protocol is not null)
            throw Bad("fidelity", "A protocol makes full trials only.", "Leave \"fidelity\" or \"protocol\" out.");
        return plan;
    }

    private static CheapTwin? CheapOf(FidelityForm? form) => form is null ? null
        : string.IsNullOrWhiteSpace(form.Name) || form.Name != form.Name.Trim() || form.Name == TrialSheet.Full ? throw Bad("fidelity", "The cheap twin has no name, or one that means something else.", "Name it, such as \"simulator\".")
        : new CheapTwin(form.Name, form.Cost ?? throw Bad("fidelity", "It is not said what it costs.", "Give \"cost\": the share of a full trial's, above 0 and below 1."));

    private static TrialCost? CostOf(CostForm? form, SearchSpace space)
    {
        if (form is null)
            return null;
        var extras = new List<LevelCost>();
        foreach (var (factor, levels) in form.Extras ?? new Dictionary<string, IReadOnlyDictionary<string, double>>())
            foreach (var (level, extra) in levels ?? throw Bad("cost", $"The extras of '{factor}' are null.", "Leave them out."))
                extras.Add(new LevelCost(factor, LevelOf(space.Factors[space.NumberOf(factor)], level), extra));
        return new TrialCost(form.Base ?? throw Bad("cost", "It is not said what any trial costs.", "Give \"base\"."), extras);
    }

    private static double LevelOf(Factor factor, string level) => factor switch
    {
        Factor.Category category when category.NumberOf(level) is var option and >= 0 => option,
        not Factor.Category when double.TryParse(level, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) => number,
        _ => throw Bad("cost", $"'{level}' is no level of '{factor.Name}'.", "Name an option or a level as the plan does."),
    };

    private static Factor FactorOf(FactorForm form)
    {
        var name = form.Name ?? throw Bad("factors", "One has no name.", "Give each a name.");
        if (TrialSheet.OwnColumns.Contains(name))
            throw Bad($"factor '{name}'", "The sheet of trials has a column of that name for itself.", "Give it another.");
        var (unit, isRange) = (form.Unit ?? "1", form.Low is not null && form.High is not null);
        string[] beside = form.Options is not null ? ["options", "descriptors"] : form.Levels is not null ? ["levels", "unit"] : ["unit", "low", "high", "log", "whole"];
        Only($"factor '{name}'", beside, ("unit", form.Unit), ("low", form.Low), ("high", form.High), ("log", form.Log), ("whole", form.Whole), ("levels", form.Levels), ("options", form.Options), ("descriptors", form.Descriptors));
        return (form.Options, form.Levels, isRange) switch
        {
            ({ } options, null, false) => form.Descriptors is { } described ? Factor.Described(name, options, described) : Factor.Choice(name, options),
            (null, { } levels, false) => Factor.Levels(name, unit, levels),
            (null, null, true) when form.Whole == true => Factor.Whole(name, unit, Whole(name, form.Low!.Value), Whole(name, form.High!.Value), form.Log == true),
            (null, null, true) => Factor.Number(name, unit, form.Low!.Value, form.High!.Value, form.Log == true),
            _ => throw Bad($"factor '{name}'", "It is not clear what it is.", "Give \"low\" and \"high\", or \"levels\", or \"options\"."),
        };
    }

    private static long Whole(string name, double at) => at == Math.Floor(at) && Math.Abs(at) < 1e15 ? (long)at : throw Bad($"factor '{name}'", $"{at} is no whole number.", "Give whole ends, or leave \"whole\" out.");

    private static Constraint ConstraintOf(ConstraintForm form)
    {
        var name = form.Name ?? throw Bad("constraints", "One has no name.", "Give each a name, by which it is told when it is broken.");
        string[] beside = form.Terms is not null ? ["terms", "atMost", "atLeast", "equals", "unit"] : form.Mixture is not null ? ["mixture", "total", "leastParts", "mostParts", "leastAmount"] : ["forbidden"];
        Only($"constraint '{name}'", beside, ("terms", form.Terms), ("atMost", form.AtMost), ("atLeast", form.AtLeast), ("equals", form.Equals_), ("unit", form.Unit), ("mixture", form.Mixture), ("total", form.Total),
            ("leastParts", form.LeastParts), ("mostParts", form.MostParts), ("leastAmount", form.LeastAmount), ("forbidden", form.Forbidden));
        switch (form)
        {
            case { Terms: { } terms, Mixture: null, Forbidden: null }:
                var (relation, bound) = (form.AtMost, form.AtLeast, form.Equals_) switch
                {
                    ({ } most, null, null) => (Dure.Optimize.Numerics.Relation.AtMost, most),
                    (null, { } least, null) => (Dure.Optimize.Numerics.Relation.AtLeast, least),
                    (null, null, { } equal) => (Dure.Optimize.Numerics.Relation.Equal, equal),
                    _ => throw Bad($"constraint '{name}'", "It has no bound, or more than one.", "Give one of \"atMost\", \"atLeast\" and \"equals\"."),
                };
                return Constraint.Linear(name, [.. terms.Select(term => new Term(term.Key, term.Value))], relation, bound, form.Unit ?? "1");
            case { Terms: null, Mixture: { } parts, Forbidden: null }:
                return Constraint.Mixture(name, parts, form.Total ?? 1, form.LeastParts ?? 0, form.MostParts, form.LeastAmount ?? 0);
            case { Terms: null, Mixture: null, Forbidden: { } together }:
                return Constraint.Forbidden(name, [.. together.SelectMany(each => Conditions(name, each.Key, each.Value))]);
            default:
                throw Bad($"constraint '{name}'", "It is not clear what it says.", "Give one of \"terms\", \"mixture\" and \"forbidden\".");
        }
    }

    private static IEnumerable<Condition> Conditions(string constraint, string factor, JsonElement wanted)
    {
        ProblemException unclear() => Bad($"constraint '{constraint}', {factor}", "It is not clear which values are meant.", "Write a list of options, a number, or { \"above\": 75 } or { \"below\": 5 }.");
        return wanted.ValueKind switch
        {
            JsonValueKind.Array when wanted.EnumerateArray().All(option => option.ValueKind == JsonValueKind.String) => [Condition.Is(factor, [.. wanted.EnumerateArray().Select(option => option.GetString()!)])], // they are strings
            JsonValueKind.String => [Condition.Is(factor, wanted.GetString()!)],
            JsonValueKind.Number => [Condition.At(factor, wanted.GetDouble())],
            JsonValueKind.Object when wanted.EnumerateObject().Any() => wanted.EnumerateObject().Select(side => (side.Name, side.Value.ValueKind) switch
            {
                ("above", JsonValueKind.Number) => Condition.Above(factor, side.Value.GetDouble()),
                ("below", JsonValueKind.Number) => Condition.Below(factor, side.Value.GetDouble()),
                _ => throw unclear(),
            }),
            _ => throw unclear(),
        };
    }

    private static Outcome OutcomeOf(OutcomeForm form)
    {
        var name = form.Name ?? throw Bad("outcomes", "One has no name.", "Give each a name.");
        var aim = form.Aim switch
        {
            "more" => Aim.More,
            "less" => Aim.Less,
            null or "held" => Aim.Held,
            _ => throw Bad($"outcome '{name}'", $"Its aim is '{form.Aim}'.", "Write \"more\", \"less\", or leave it out and give limits."),
        };
        return new Outcome(name, form.Unit ?? "1", aim, form.AtLeast, form.AtMost, form.Reference);
    }

    /// <summary>Refuses a member that means nothing beside the others: a slip must not be silent.</summary>
    private static void Only(string where, string[] beside, params ReadOnlySpan<(string Name, object? Value)> members)
    {
        foreach (var (name, value) in members)
            if (value is not null && !beside.Contains(name))
                throw Bad(where, $"\"{name}\" means nothing beside \"{beside[0]}\".", $"Leave it out; beside it may stand: {string.Join(", ", beside[1..])}.");
    }

    private static ProblemException Bad(string where, string what, string mend) => new("urn:dure:lab:bad-plan", what, where, mend);
}

internal sealed record PlanForm(int? Version, string? Name, string? Objective, IReadOnlyList<FactorForm>? Factors, IReadOnlyList<ConstraintForm>? Constraints, IReadOnlyList<OutcomeForm>? Outcomes, int? Budget, int? Seed,
    IReadOnlyList<StepForm>? Protocol, int? Parallel, bool? AskForEachTrial, bool? StopWhenAdvised, int? Priority, IReadOnlyList<string>? Earlier, FidelityForm? Fidelity, CostForm? Cost);

internal sealed record FidelityForm(string? Name, double? Cost);

internal sealed record CostForm(double? Base, IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>>? Extras);

internal sealed record FactorForm(string? Name, string? Unit, double? Low, double? High, bool? Log, bool? Whole, IReadOnlyList<double>? Levels, IReadOnlyList<string>? Options, IReadOnlyList<IReadOnlyList<double>>? Descriptors);

internal sealed record ConstraintForm(string? Name, string? Unit, IReadOnlyDictionary<string, double>? Terms, double? AtMost, double? AtLeast, [property: JsonPropertyName("equals")] double? Equals_,
    IReadOnlyList<string>? Mixture, double? Total, int? LeastParts, int? MostParts, double? LeastAmount, IReadOnlyDictionary<string, JsonElement>? Forbidden);

internal sealed record OutcomeForm(string? Name, string? Unit, string? Aim, double? AtLeast, double? AtMost, double? Reference);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true,
    NumberHandling = JsonNumberHandling.Strict, MaxDepth = 16, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(PlanForm))]
internal sealed partial class CampaignJson : JsonSerializerContext;
