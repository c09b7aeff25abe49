namespace Dure.Learn.Features;

/// <summary>Puts signals in the place of patterns: one feature for each signal that fits.</summary>
internal static class Patterns
{
    public static IEnumerable<Feature> Resolve(Feature feature, IReadOnlyList<FeatureSignal> signals)
    {
        string[] named = [.. Named(feature).Distinct(StringComparer.Ordinal)];
        foreach (var name in named)
            if (!name.Contains('*', StringComparison.Ordinal) && !Exists(name, feature, signals))
                throw FeatureText.Bad($"There is no signal '{name}'.", $"feature '{feature.Name}'", Closest(name, signals));
        string[] patterns = [.. named.Where(name => name.Contains('*', StringComparison.Ordinal))];
        if (patterns.Length == 0)
            return [feature];
        if (patterns.Length > 1 || patterns[0].Count(c => c == '*') > 1)
            throw FeatureText.Bad($"It holds the patterns {string.Join(" and ", patterns.Select(p => $"'{p}'"))}.", $"feature '{feature.Name}'", "Take one pattern with one *, the same in all places; it stands for one signal at a time.");
        if (feature.OwnName is not null)
            throw FeatureText.Bad("One name cannot serve the features of several signals.", $"feature '{feature.Name}'", "Leave the name out.");
        Feature[] all = [.. signals.Where(signal => Fits(signal.Name, patterns[0]) && (feature.Kind == Feature.ValueOf || !signal.IsCategory)).Select(signal => With(feature, patterns[0], signal.Name))];
        return all.Length > 0 ? all : throw FeatureText.Bad($"No signal fits '{patterns[0]}'.", $"feature '{feature.Name}'", Closest(patterns[0], signals));
    }

    private static bool Exists(string name, Feature feature, IReadOnlyList<FeatureSignal> signals)
    {
        var signal = signals.FirstOrDefault(signal => signal.Name == name);
        if (signal?.IsCategory == true && feature.Kind != Feature.ValueOf)
            throw FeatureText.Bad($"Signal '{name}' holds categories, with which one cannot reckon.", $"feature '{feature.Name}'", "Take the signal as it is.");
        return signal is not null;
    }

    private static IEnumerable<string> Named(Feature feature) => feature.Signal is { } signal ? [signal] : feature.Inputs.SelectMany(Named);

    private static Feature With(Feature feature, string pattern, string signal) => feature.Signal is { } named
        ? named == pattern ? feature with { Signal = signal } : feature
        : feature with { Inputs = [.. feature.Inputs.Select(input => With(input, pattern, signal))] };

    private static bool Fits(string name, string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);
        return name.Length >= pattern.Length - 1 && name.StartsWith(pattern[..star], StringComparison.Ordinal) && name.EndsWith(pattern[(star + 1)..], StringComparison.Ordinal);
    }

    private static string Closest(string name, IReadOnlyList<FeatureSignal> signals)
    {
        if (signals.FirstOrDefault(signal => string.Equals(signal.Name, name, StringComparison.OrdinalIgnoreCase)) is { } near)
            return $"Write '{near.Name}'.";
        var some = string.Join(", ", signals.Take(10).Select(signal => $"'{signal.Name}'"));
        return $"There are: {some}{(signals.Count > 10 ? ", …" : "")}.";
    }
}
