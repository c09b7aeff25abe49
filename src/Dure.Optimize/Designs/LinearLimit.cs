namespace Dure.Optimize.Designs;

/// <summary>A limit on a sum of settings in real units, such as 2·A + B ≤ 100.</summary>
/// <param name="Weights">By name of a numeric factor; others count 0.</param>
/// <param name="AtMost">What the sum may not exceed. Turn all signs for a least sum.</param>
public sealed record LinearLimit(IReadOnlyDictionary<string, double> Weights, double AtMost)
{
    public override string ToString() => $"{string.Join(" + ", Weights.Select(w => $"{w.Value:G6}·{w.Key}"))} ≤ {AtMost:G6}";
}
