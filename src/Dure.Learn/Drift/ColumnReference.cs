using System.Globalization;
using System.Text.Json.Nodes;
using Dure.Learn.Learners;
using Dure.Learn.Sketches;
using Dure.Learn.Tables;

namespace Dure.Learn.Drift;

/// <summary>How a column was when the model learnt: small, without single rows' values together, and mergeable over parts and sites.</summary>
public sealed class ColumnReference
{
    private const int MostCategories = 1000;

    private readonly Dictionary<int, long> categories = [];
    private double sum, squares, products;
    private long pairs;

    private ColumnReference(string name, bool isCategorical, QuantileSketch values) => (Name, IsCategorical, Values) = (name, isCategorical, values);

    public string Name { get; }

    public bool IsCategorical { get; }

    /// <summary>The distribution of the numbers; of categories only how many there are and how many were missing.</summary>
    public QuantileSketch Values { get; }

    /// <summary>How often each category came.</summary>
    public IReadOnlyDictionary<int, long> Categories => categories;

    public long Rows => Values.Count + Values.Missing;

    public double MissingShare => Rows == 0 ? 0 : (double)Values.Missing / Rows;

    internal double Mean => sum / Math.Max(1, Values.Count);

    internal double Spread => Math.Sqrt(Math.Max(0, squares / Math.Max(1, Values.Count) - Mean * Mean));

    /// <summary>
    /// How many rows alone would tell as much: rows that hang together tell less (of a first-order chain n (1 - r) / (1 + r), Bartlett 1946).
    /// </summary>
    internal double EffectiveRows
    {
        get
        {
            var variance = Spread * Spread;
            var hang = pairs > 0 && variance > 0 ? Math.Clamp((products / pairs - Mean * Mean) / variance, 0, 0.999) : 0;
            return Math.Max(1, Values.Count * (1 - hang) / (1 + hang));
        }
    }

    public static ColumnReference Of(FeatureColumn column, int seed = 0)
    {
        var reference = new ColumnReference(column.Name, column.IsCategorical, new(seed: seed));
        reference.Values.Add(column.Values);
        for (var row = 0; row < column.Values.Length; row++)
        {
            var value = (double)column.Values[row];
            if (double.IsNaN(value))
                continue;
            if (column.IsCategorical)
            {
                if (reference.categories.Count < MostCategories || reference.categories.ContainsKey((int)value))
                    reference.categories[(int)value] = reference.categories.GetValueOrDefault((int)value) + 1;
                continue;
            }
            (reference.sum, reference.squares) = (reference.sum + value, reference.squares + value * value);
            if (row > 0 && !float.IsNaN(column.Values[row - 1]))
                (reference.products, reference.pairs) = (reference.products + value * column.Values[row - 1], reference.pairs + 1);
        }
        return reference;
    }

    /// <summary>Takes in the same column of another part or site.</summary>
    public void Merge(ColumnReference other)
    {
        if (other.Name != Name || other.IsCategorical != IsCategorical)
            throw DriftProblem.Of($"'{other.Name}' does not merge into '{Name}'.", $"column '{Name}'", "Merge references of the same columns in the same order.");
        Values.Merge(other.Values);
        (sum, squares, products, pairs) = (sum + other.sum, squares + other.squares, products + other.products, pairs + other.pairs);
        foreach (var (category, count) in other.categories)
            categories[category] = categories.GetValueOrDefault(category) + count;
    }

    internal JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["categorical"] = IsCategorical,
        ["values"] = Values.ToJson(),
        ["sums"] = new JsonArray(sum, squares, products, pairs),
        ["categories"] = new JsonObject(categories.OrderBy(pair => pair.Key).Select(pair => KeyValuePair.Create(pair.Key.ToString(CultureInfo.InvariantCulture), (JsonNode?)JsonValue.Create(pair.Value)))),
    };

    internal static ColumnReference Read(JsonObject text)
    {
        var reference = new ColumnReference(text["name"]!.GetValue<string>(), text["categorical"]!.GetValue<bool>(), QuantileSketch.Read(text["values"]!.AsObject()));
        var sums = text["sums"]!.AsArray();
        (reference.sum, reference.squares, reference.products, reference.pairs) = (sums[0]!.GetValue<double>(), sums[1]!.GetValue<double>(), sums[2]!.GetValue<double>(), sums[3]!.GetValue<long>());
        foreach (var (category, count) in text["categories"]!.AsObject())
            reference.categories[int.Parse(category, NumberStyles.None, CultureInfo.InvariantCulture)] = count!.GetValue<long>();
        ModelFile.Must(reference.categories.Count <= 64 * MostCategories && reference.categories.Values.All(count => count > 0), "a column has too many categories, or one that never came");
        return reference;
    }
}

internal static class DriftProblem
{
    public static Kernel.ProblemException Of(string what, string where, string mend) => new("urn:dure:learn:bad-drift-reference", what, where, mend);
}
