using Dure.Kernel;

namespace Dure.Learn;

/// <summary>All detectors that may be named, by the word that recipes and model cards use.</summary>
public static class DetectorCatalog
{
    public static IReadOnlyList<AnomalyRecipe> All { get; } =
        [new Mewma(), new RecoveringMewma(), new PcaMonitor(), new IsolationForest(), new DynamicPca(), new CanonicalVariates(), new NearestNeighbour(), new Autoencoder()];

    /// <summary>The detectors of these names, each once; none: those that are tried where nobody says.</summary>
    /// <exception cref="ProblemException">There is no detector of a name.</exception>
    public static IReadOnlyList<AnomalyRecipe> Named(IReadOnlyList<string> names) => names.Count == 0 ? new TrainingOptions().Recipes
        : [.. names.Distinct(StringComparer.Ordinal).Select(name => All.FirstOrDefault(recipe => recipe.Name == name)
            ?? throw new ProblemException("urn:dure:learn:no-such-detector", $"There is no detector '{name}'.", "detectors", $"Choose of: {string.Join(", ", All.Select(recipe => recipe.Name))}."))];
}
