using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Learn.Features;

/// <summary>A signal that features are computed of.</summary>
/// <param name="Unit">Null when not known; units are then not checked.</param>
/// <param name="IsCategory">Its values are codes without an order: it can only be used as it is, and a pattern passes it by elsewhere.</param>
public sealed record FeatureSignal(string Name, Unit? Unit = null, bool IsCategory = false);

/// <summary>All features of a recipe: a declared and versioned list, the same wherever it is computed.</summary>
public sealed record FeatureSet(IReadOnlyList<Feature> Features)
{
    public const int MostFeatures = 10_000;
    private const int Version = 1;

    /// <summary>A row comes out after each so many rows of a group; 1: after each.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Reads <c>{"version": 1, "every": 1, "features": [...]}</c>.</summary>
    /// <exception cref="ProblemException">Names the feature, what is wrong and how to mend it.</exception>
    public static FeatureSet Parse(JsonObject text)
    {
        foreach (var (name, _) in text)
            if (name is not ("version" or "every" or "features"))
                throw FeatureText.Bad($"'{name}' means nothing here.", "features", "It takes: version, every, features.");
        if (FeatureText.WholeNumberOf(text["version"]) != Version)
            throw FeatureText.Bad($"The features are of version {text["version"]?.ToJsonString() ?? "none"}.", "features", $"Write \"version\": {Version}, or take a newer release that knows it.");
        if (text["features"] is not JsonArray { Count: > 0 } list)
            throw FeatureText.Bad("There are no features.", "features", "Give a list, for instance [\"*\"] for all signals as they are.");
        var every = text["every"] is null ? 1 : FeatureText.WholeNumberOf(text["every"]);
        if (every is null or < 1 or > 1 << 24)
            throw FeatureText.Bad("'every' makes no sense.", "features", "Give a whole number of rows from 1.");
        var features = new List<Feature>();
        for (var i = 0; i < list.Count && features.Count <= MostFeatures; i++)
            features.AddRange(FeatureText.Parse(list[i], $"feature {i + 1}"));
        return features.Count <= MostFeatures
            ? new FeatureSet(features) { Every = every.Value }
            : throw FeatureText.Bad($"There are more than {MostFeatures} features.", "features", "Declare fewer.");
    }

    /// <summary>The set as a recipe holds it; lists of numbers are written out.</summary>
    public JsonObject ToJson()
    {
        var text = new JsonObject { ["version"] = Version };
        if (Every != 1)
            text["every"] = Every;
        text["features"] = new JsonArray([.. Features.Select(FeatureText.Write)]);
        return text;
    }

    /// <summary>Sets the features to signals: patterns stand for signals now, units are checked.</summary>
    /// <exception cref="ProblemException">A signal is missing, units do not fit, or two features have one name.</exception>
    public FeaturePlan Bind(IReadOnlyList<FeatureSignal> signals) => new(this, signals);
}
