using Dure.Kernel;

namespace Dure.Learn.Features;

/// <summary>A number that a kind of feature takes.</summary>
/// <param name="Default">Null: it must be given.</param>
internal sealed record FeatureParameter(string Name, double Least, double Most, bool IsWhole = false, double? Default = null, bool IsPowerOfTwo = false)
{
    public string Range => $"{(IsPowerOfTwo ? "a power of two" : IsWhole ? "a whole number" : "a number")} from {Least} to {Most}";

    public bool Takes(double value) => value >= Least && value <= Most && (!IsWhole || value == Math.Floor(value)) && (!IsPowerOfTwo || long.PopCount((long)value) == 1);
}

/// <summary>A kind of feature: one line of the language.</summary>
/// <param name="Word">What a recipe calls it.</param>
/// <param name="Inputs">How many features it is computed of.</param>
/// <param name="Unit">Its unit, of those of its inputs.</param>
/// <param name="Reach">How far it looks back itself.</param>
/// <param name="Make">Its state in one group, of the states of its inputs.</param>
internal sealed record FeatureKind(
    string Word,
    int Inputs,
    FeatureParameter[] Parameters,
    Func<Feature, Unit?[], Unit?> Unit,
    Func<Feature, FeatureReach> Reach,
    Func<StateMaker, Feature, FeatureState[], Unit?[], FeatureState> Make)
{
    private static readonly FeatureParameter Unknown = new("", 0, 0, Default: 0);

    /// <summary>What may be given, in words.</summary>
    public string Takes => string.Join(", ", [.. Inputs > 0 ? ["of"] : (string[])[], .. Inputs > 1 ? ["by"] : (string[])[], .. Parameters.Select(p => p.Name), "name"]);

    /// <summary>Whether it holds as many rows as it is told; a baseline is one sum of them.</summary>
    public bool RemembersRows => Word != "baseline" && Parameters.Any(p => p.Name == "rows");

    private bool HasWindow => Parameters.Any(p => p.Name == "seconds");

    public double Default(string parameter) => (Parameters.FirstOrDefault(p => p.Name == parameter) ?? Unknown).Default ?? 0;

    /// <exception cref="ProblemException">A number is missing or makes no sense.</exception>
    public void Check(Feature feature, string where)
    {
        foreach (var (name, value) in feature.Parameters)
        {
            if (Array.Find(Parameters, p => p.Name == name) is not { } parameter)
                throw FeatureText.Bad($"'{name}' means nothing here.", where, $"It takes: {Takes}.");
            if (!parameter.Takes(value))
                throw FeatureText.Bad($"'{name}' is {value}.", where, $"Give {parameter.Range}.");
        }
        if (HasWindow && feature.Parameters.ContainsKey("rows") == feature.Parameters.ContainsKey("seconds"))
            throw FeatureText.Bad("It does not say how long the window is, or says it twice.", where, "Give either 'rows' or 'seconds'.");
        foreach (var parameter in Parameters)
            if (parameter.Default is null && !(HasWindow && parameter.Name is "rows" or "seconds") && !feature.Parameters.ContainsKey(parameter.Name))
                throw FeatureText.Bad($"'{parameter.Name}' is missing.", where, $"Give {parameter.Range}.");
        if (Word == Feature.ValueOf && feature.Signal is null)
            throw FeatureText.Bad("It does not say 'of' which signal.", where, "Name a signal, or * for all.");
        if (feature.Inputs.Count != Inputs)
            throw FeatureText.Bad($"It is computed of {feature.Inputs.Count} features.", where, $"Give {Inputs}.");
    }
}

/// <summary>Makes the states of one group; what two features both need is made once.</summary>
/// <param name="rowsInTime">Rows that each window of time may hold at most.</param>
internal sealed class StateMaker(int rowsInTime)
{
    private readonly Dictionary<string, FeatureState> made = new(StringComparer.Ordinal);
    private readonly List<FeatureState> inOrder = [];

    /// <summary>All states, each after those it is computed of.</summary>
    public FeatureState[] All => [.. inOrder];

    public WindowEdge EdgeOf(Feature feature) => new(WindowLength.Of(feature), feature.Name, rowsInTime);

    public T Shared<T>(string key, Func<T> make) where T : FeatureState
    {
        if (made.TryGetValue(key, out var state))
            return (T)state;
        var fresh = make();
        made.Add(key, fresh);
        inOrder.Add(fresh);
        return fresh;
    }
}
