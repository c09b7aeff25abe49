using System.Text.Json;
using Dure.Kernel;
using Dure.Optimize.Spaces;

namespace Dure.Lab.Protocols;

/// <summary>A step as a plan's JSON says it.</summary>
internal sealed record StepForm(string? Step, string? Instrument, IReadOnlyList<string>? Instruments, string? Action, IReadOnlyDictionary<string, JsonElement>? Set, IReadOnlyDictionary<string, JsonElement>? Uses, IReadOnlyDictionary<string, string>? Measure,
    string? Sample, string? Scanned, double? Seconds, double? WaitAtLeastSeconds, double? WaitAtMostSeconds)
{
    private const double MostSeconds = 366 * 86_400;

    /// <exception cref="ProblemException">It is no protocol for this plan.</exception>
    public static Protocol Read(IReadOnlyList<StepForm> forms, SearchSpace space, IReadOnlyList<string> outcomes)
    {
        if (forms.Any(form => form is null))
            throw Bad("protocol", "It holds a null.", "Leave it out.");
        return Protocol.Of([.. forms.Select((form, i) => form.Read(i))], space, outcomes);
    }

    private ProtocolStep Read(int number)
    {
        var name = IsName(Step) ? Step! : throw Bad($"step {number + 1}", "It has no name, or one that is too long.", "Give it a \"step\" of up to 60 characters.");
        var where = $"step '{name}'";
        IReadOnlyList<string> instruments = (Instrument, Instruments) switch
        {
            ({ } one, null) => [one],
            (null, { Count: > 0 } several) when several.All(IsName) => several,
            _ => throw Bad(where, "It is not clear which instrument does it.", "Give \"instrument\", or \"instruments\" where several can."),
        };
        if (!IsName(Action))
            throw Bad(where, "It has no action.", "Name the instrument's \"action\".");
        if (Measure?.Values.Any(result => !IsName(result)) == true)
            throw Bad(where, "It measures an outcome by a result without a name.", "Write {\"outcome\": \"result of the action\"}.");
        if (Seconds == 0)
            throw Bad(where, "It is expected to take no time.", "Give \"seconds\" above 0.");
        return new ProtocolStep
        {
            Name = name,
            Instruments = instruments,
            Action = Action!,
            Set = Sources(Set, $"{where}, parameter"),
            Uses = Sources(Uses, $"{where}, material"),
            Measure = Measure ?? new Dictionary<string, string>(),
            Sample = Sample,
            Scanned = Scanned,
            Expected = Time(Seconds, where, "seconds") ?? TimeSpan.FromMinutes(1),
            LeastWait = Time(WaitAtLeastSeconds, where, "waitAtLeastSeconds") ?? TimeSpan.Zero,
            MostWait = Time(WaitAtMostSeconds, where, "waitAtMostSeconds"),
        };
    }

    private static bool IsName(string? text) => text is { Length: > 0 and <= 60 } && !string.IsNullOrWhiteSpace(text);

    private static Dictionary<string, StepValue> Sources(IReadOnlyDictionary<string, JsonElement>? forms, string where) =>
        (forms ?? new Dictionary<string, JsonElement>()).ToDictionary(one => one.Key, one => Source(one.Value, $"{where} '{one.Key}'"), StringComparer.Ordinal);

    private static StepValue Source(JsonElement json, string where)
    {
        if (json.ValueKind == JsonValueKind.Object)
        {
            var members = json.EnumerateObject().ToDictionary(member => member.Name, member => member.Value, StringComparer.Ordinal);
            if (members.Count == 1 && members.TryGetValue("factor", out var factor) && factor.ValueKind == JsonValueKind.String)
                return new StepValue.OfFactor(factor.GetString()!);
            if (members.Count == 2 && members.TryGetValue("step", out var step) && members.TryGetValue("result", out var result) && step.ValueKind == JsonValueKind.String && result.ValueKind == JsonValueKind.String)
                return new StepValue.OfStep(step.GetString()!, result.GetString()!);
            if (members.TryGetValue("value", out var value) && value.ValueKind == JsonValueKind.Number && members.Count == (members.TryGetValue("unit", out var unit) ? 2 : 1) && (members.Count == 1 || unit.ValueKind == JsonValueKind.String))
                return new StepValue.Constant(new ActionValue.Number(value.GetDouble(), members.Count == 2 ? unit.GetString()! : ""));
        }
        return json.ValueKind switch
        {
            JsonValueKind.Number => new StepValue.Constant(new ActionValue.Number(json.GetDouble())),
            JsonValueKind.String => new StepValue.Constant(new ActionValue.Text(json.GetString()!)),
            JsonValueKind.True or JsonValueKind.False => new StepValue.Constant(new ActionValue.Flag(json.GetBoolean())),
            _ => throw Bad(where, "It is not clear where it comes from.", "Write {\"factor\": NAME}, {\"step\": NAME, \"result\": NAME}, {\"value\": 5, \"unit\": \"mL\"}, a text, or true or false."),
        };
    }

    private static TimeSpan? Time(double? seconds, string where, string member) => seconds switch
    {
        null => null,
        >= 0 and <= MostSeconds => TimeSpan.FromSeconds(seconds.Value),
        _ => throw Bad($"{where}, \"{member}\"", $"It is {seconds}.", "Give seconds from 0 to a year."),
    };

    private static ProblemException Bad(string where, string what, string mend) => new("urn:dure:lab:bad-protocol", what, where, mend);
}
