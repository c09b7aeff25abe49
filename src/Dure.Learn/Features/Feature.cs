using System.Globalization;
using System.Text.Json.Nodes;

namespace Dure.Learn.Features;

/// <summary>
/// One feature as a recipe declares it: what is computed, of what, with which numbers. Features nest: the mean of a difference, or a mean less
/// another mean. <see cref="FeatureText"/> is its form in JSON; <see cref="FeatureKinds"/> lists what can be computed.
/// </summary>
public sealed record Feature
{
    public const string ValueOf = "value";

    /// <summary>What is computed, such as <c>mean</c>; <see cref="ValueOf"/> is the signal itself.</summary>
    public required string Kind { get; init; }

    /// <summary>Of <see cref="ValueOf"/> the signal, or a pattern with one <c>*</c> that stands for all signals it fits; else null.</summary>
    public string? Signal { get; init; }

    /// <summary>What it is computed of: nothing, one feature or two.</summary>
    public IReadOnlyList<Feature> Inputs { get; init; } = [];

    /// <summary>The numbers that were given, by name; what is missing has its default.</summary>
    public IReadOnlyDictionary<string, double> Parameters { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>A name of the user's own; null: made of the declaration.</summary>
    public string? OwnName { get; init; }

    /// <summary>How a column of it is called: <c>Pressure mean 30</c>, <c>Pressure mean 5 minus Pressure baseline 10</c>.</summary>
    public string Name => OwnName ?? Expression;

    /// <summary>Says exactly what is computed, whatever signals are called: features of the same key are the same.</summary>
    internal string Key => Kind == ValueOf
        ? $"{Signal!.Length}:{Signal}"
        : $"{Kind}({string.Join(',', Inputs.Select(input => input.Key))};{string.Join(',', Parameters.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => string.Create(CultureInfo.InvariantCulture, $"{p.Key}={p.Value:R}")))})";

    private string Expression => Kind == ValueOf ? Signal! : string.Join(' ', Words());

    public static Feature Value(string signal) => new() { Kind = ValueOf, Signal = signal };

    /// <summary>For example <c>Feature.Of("mean", "Pressure", ("rows", 30))</c>.</summary>
    public static Feature Of(string kind, string signal, params (string Name, double Value)[] parameters) => Of(kind, [Value(signal)], parameters);

    public static Feature Of(string kind, Feature[] inputs, params (string Name, double Value)[] parameters) =>
        new() { Kind = kind, Inputs = inputs, Parameters = parameters.ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal) };

    /// <inheritdoc cref="FeatureText.Write"/>
    public JsonNode ToJson() => FeatureText.Write(this);

    /// <summary>The value given, or the kind's default.</summary>
    internal double this[string parameter] => Parameters.TryGetValue(parameter, out var value) ? value : FeatureKinds.Of(Kind).Default(parameter);

    private IEnumerable<string> Words()
    {
        if (Inputs.Count > 0)
            yield return InWords(Inputs[0]);
        yield return Kind;
        if (Inputs.Count > 1)
            yield return InWords(Inputs[1]);
        var isAlone = FeatureKinds.Of(Kind).Parameters.Count(p => p.Name != "seconds") <= 1;
        foreach (var parameter in FeatureKinds.Of(Kind).Parameters.Where(p => Parameters.ContainsKey(p.Name)))
        {
            var number = Parameters[parameter.Name].ToString("R", CultureInfo.InvariantCulture);
            yield return parameter.Name switch
            {
                "rows" => number,
                "seconds" => number + " s",
                _ => isAlone ? number : $"{parameter.Name} {number}",
            };
        }
    }

    private static string InWords(Feature input) => input.Inputs.Count > 1 ? $"({input.Expression})" : input.Expression;
}
