using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Dure.Kernel;

/// <summary>A value that an action on a device is given, or that comes of it. As JSON: <c>{value, unit}</c>, a text, or true and false.</summary>
public abstract record ActionValue
{
    private ActionValue() { }

    /// <param name="Unit">The device's own spelling, preferably UCUM; empty: a plain number.</param>
    public sealed record Number(double Value, string Unit = "") : ActionValue
    {
        public override JsonNode ToJson() => new JsonObject { ["value"] = double.IsFinite(Value) ? JsonValue.Create(Value) : JsonValue.Create(Value.ToString(CultureInfo.InvariantCulture)), ["unit"] = Unit }; // JSON has no NaN

        public override string ToString() => $"{Value:0.######} {Unit}".TrimEnd();
    }

    public sealed record Text(string Value) : ActionValue
    {
        public override JsonNode ToJson() => JsonValue.Create(Value);

        public override string ToString() => Value;
    }

    public sealed record Flag(bool Value) : ActionValue
    {
        public override JsonNode ToJson() => JsonValue.Create(Value);

        public override string ToString() => Value ? "yes" : "no";
    }

    public abstract JsonNode ToJson();

    /// <summary>The value, or null where the JSON is none.</summary>
    public static ActionValue? FromJson(JsonNode? json) => json switch
    {
        JsonObject number when number["value"] is JsonValue value && (value.TryGetValue<double>(out var read) || value.TryGetValue<string>(out var written) && double.TryParse(written, CultureInfo.InvariantCulture, out read)) =>
            new Number(read, number["unit"] is JsonValue unit && unit.TryGetValue<string>(out var code) ? code : ""),
        JsonValue text when text.GetValueKind() == JsonValueKind.String => new Text(text.GetValue<string>()),
        JsonValue flag when flag.GetValueKind() is JsonValueKind.True or JsonValueKind.False => new Flag(flag.GetValue<bool>()),
        _ => null,
    };

    /// <summary>Values by name as an object.</summary>
    public static JsonObject ToJson(IReadOnlyDictionary<string, ActionValue> values) => new(values.Select(value => KeyValuePair.Create(value.Key, (JsonNode?)value.Value.ToJson())));

    /// <summary>Values by name; members that are no values are left out.</summary>
    public static Dictionary<string, ActionValue> AllFromJson(JsonObject? json) =>
        (json ?? []).Select(member => (member.Key, Value: FromJson(member.Value))).Where(member => member.Value is not null).ToDictionary(member => member.Key, member => member.Value!, StringComparer.Ordinal);
}
