using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Learn.Features;

/// <summary>
/// Features as JSON: <c>{"kind": "mean", "of": "Pressure", "rows": 30}</c>. A text alone is a signal; <c>of</c> and <c>by</c> hold a signal or
/// another feature; a list of numbers stands for a feature with each of them. Members that mean nothing are refused.
/// </summary>
public static class FeatureText
{
    private const int MostNesting = 8;
    private const int LongestName = 200;

    /// <param name="where">What the errors call it, such as <c>feature 3</c>.</param>
    /// <exception cref="ProblemException">Names the feature, what is wrong and how to mend it.</exception>
    public static IReadOnlyList<Feature> Parse(JsonNode? text, string where) => Parse(text, where, MostNesting);

    /// <summary>The feature's JSON; a signal alone is its name.</summary>
    public static JsonNode Write(Feature feature)
    {
        if (feature is { Kind: Feature.ValueOf, OwnName: null })
            return JsonValue.Create(feature.Signal)!;
        var text = new JsonObject { ["kind"] = feature.Kind };
        if (feature.Signal is { } signal)
            text["of"] = signal;
        for (var i = 0; i < feature.Inputs.Count; i++)
            text[i == 0 ? "of" : "by"] = Write(feature.Inputs[i]);
        foreach (var parameter in FeatureKinds.Of(feature.Kind).Parameters.Where(p => feature.Parameters.ContainsKey(p.Name)))
            text[parameter.Name] = feature.Parameters[parameter.Name];
        if (feature.OwnName is { } name)
            text["name"] = name;
        return text;
    }

    private static List<Feature> Parse(JsonNode? text, string where, int levels)
    {
        if (levels == 0)
            throw Bad($"It is nested more than {MostNesting} deep.", where, "Compute it in fewer steps.");
        return text switch
        {
            JsonValue value when value.GetValueKind() == JsonValueKind.String => [Feature.Value(Checked(value.GetValue<string>(), where))],
            JsonObject members => ParseObject(members, where, levels),
            _ => throw Bad("It is neither a signal's name nor an object.", where, "Write \"Pressure\" or {\"kind\": \"mean\", \"of\": \"Pressure\", \"rows\": 30}."),
        };
    }

    private static List<Feature> ParseObject(JsonObject members, string where, int levels)
    {
        var kind = FeatureKinds.Find(TextOf(members["kind"]) ?? throw Bad("It has no kind.", where, $"Give one of: {FeatureKinds.Words}."), where);
        where = $"{where} ({kind.Word})";
        List<Feature> found = [new() { Kind = kind.Word }];
        var isValue = kind.Word == Feature.ValueOf;
        foreach (var (name, member) in members)
        {
            if (name == "kind")
                continue;
            if (name == "name")
                found = [found[0] with { OwnName = Checked(TextOf(member) ?? "", where) }];
            else if (isValue && name == "of")
                found = [found[0] with { Signal = Checked(TextOf(member) ?? "", where) }];
            else if (name is "of" or "by" && kind.Inputs > (name == "of" ? 0 : 1))
                continue; // read below, in this order whatever the text's
            else if (kind.Parameters.FirstOrDefault(p => p.Name == name) is { } parameter)
                found = Each(found, Numbers(member, parameter, where), (feature, number) => feature with { Parameters = new Dictionary<string, double>(feature.Parameters, StringComparer.Ordinal) { [name] = number } });
            else
                throw Bad($"'{name}' means nothing here.", where, $"It takes: {kind.Takes}.");
        }
        for (var i = 0; i < kind.Inputs; i++)
            found = Each(found, Parse(members[i == 0 ? "of" : "by"] ?? throw Bad($"It does not say '{(i == 0 ? "of" : "by")}' what.", where, "Name a signal or another feature."), where, levels - 1),
                (feature, input) => feature with { Inputs = [.. feature.Inputs, input] });
        if (found.Count > 1 && found[0].OwnName is not null)
            throw Bad("One name cannot serve several features.", where, "Leave the name out, or give one number instead of a list.");
        foreach (var feature in found)
            kind.Check(feature, where);
        return found;
    }

    private static List<Feature> Each<T>(List<Feature> features, IEnumerable<T> values, Func<Feature, T, Feature> set)
    {
        List<Feature> all = [.. features.SelectMany(_ => values, set)];
        return all.Count <= FeatureSet.MostFeatures ? all : throw Bad($"Its lists stand for {all.Count} features.", "features", $"Declare at most {FeatureSet.MostFeatures}.");
    }

    private static IEnumerable<double> Numbers(JsonNode? member, FeatureParameter parameter, string where) => member switch
    {
        JsonArray { Count: > 0 } list => [.. list.SelectMany(one => Numbers(one is JsonArray ? null : one, parameter, where))],
        not null when NumberOf(member) is { } number => [number],
        _ => throw Bad($"'{parameter.Name}' is no number.", where, $"Give {parameter.Range}."),
    };

    /// <summary>The number that a node is, whichever type it was made of; null when it is none.</summary>
    internal static double? NumberOf(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.Number ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : null;

    /// <inheritdoc cref="NumberOf"/>
    internal static int? WholeNumberOf(JsonNode? node) => NumberOf(node) is { } number && number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue ? (int)number : null;

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    private static string Checked(string name, string where) => name.Length is > 0 and <= LongestName && !name.AsSpan().ContainsAnyInRange('\0', '\u001f')
        ? name
        : throw Bad("A name is empty, too long or holds control characters.", where, $"Give 1 to {LongestName} characters.");

    internal static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:bad-feature", what, where, mend);
}
