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
    public const int LongestWindow = 4096;
    private const int Version = 1;

    /// <summary>A row comes out after each so many rows of a group; 1: after each.</summary>
    public int Every { get; init; } = 1;

    /// <summary>
    /// A row that comes out holds all features as they were in so many rows of its group, the oldest first, its own last; 1: in its own only. Before its
    /// first row a machine counts as it was in that.
    /// </summary>
    public int Window { get; init; } = 1;

    /// <summary>Reads <c>{"version": 1, "every": 1, "window": 1, "features": [...]}</c>.</summary>
    /// <exception cref="ProblemException">Names the feature, what is wrong and how to mend it.</exception>
    public static FeatureSet Parse(JsonObject text)
    {
        foreach (var (name, _) in text)
            if (name is not ("version" or "every" or "window" or "features"))
                throw FeatureText.Bad($"'{name}' means nothing here.", "features", "It takes: version, every, window, features.");
        if (FeatureText.WholeNumberOf(text["version"]) != Version)
            throw FeatureText.Bad($"The features are of version {text["version"]?.ToJsonString() ?? "none"}.", "features", $"Write \"version\": {Version}, or take a newer release that knows it.");
        if (text["features"] is not JsonArray { Count: > 0 } list)
            throw FeatureText.Bad("There are no features.", "features", "Give a list, for instance [\"*\"] for all signals as they are.");
        var every = text["every"] is null ? 1 : FeatureText.WholeNumberOf(text["every"]);
        if (every is null or < 1 or > 1 << 24)
            throw FeatureText.Bad("'every' makes no sense.", "features", "Give a whole number of rows from 1.");
        var window = text["window"] is null ? 1 : FeatureText.WholeNumberOf(text["window"]);
        if (window is null or < 1 or > LongestWindow)
            throw FeatureText.Bad("'window' makes no sense.", "features", $"Give 1 to {LongestWindow} rows.");
        var features = new List<Feature>();
        for (var i = 0; i < list.Count && features.Count <= MostFeatures; i++)
            features.AddRange(FeatureText.Parse(list[i], $"feature {i + 1}"));
        return features.Count <= MostFeatures
            ? new FeatureSet(features) { Every = every.Value, Window = window.Value }
            : throw FeatureText.Bad($"There are more than {MostFeatures} features.", "features", "Declare fewer.");
    }

    /// <summary>The set as a recipe holds it; lists of numbers are written out.</summary>
    public JsonObject ToJson()
    {
        var text = new JsonObject { ["version"] = Version };
        if (Every != 1)
            text["every"] = Every;
        if (Window != 1)
            text["window"] = Window;
        text["features"] = new JsonArray([.. Features.Select(FeatureText.Write)]);
        return text;
    }

    /// <summary>Sets the features to signals: patterns stand for signals now, units are checked.</summary>
    /// <exception cref="ProblemException">A signal is missing, units do not fit, or two features have one name.</exception>
    public FeaturePlan Bind(IReadOnlyList<FeatureSignal> signals) => new(this, signals);
}
