namespace Dure.Effects;

/// <summary>A figure of a block: the sum of one column over the sum of another, such as fuel per feed; without the other a mean. Always above 0, for effects are ratios.</summary>
/// <param name="Name">Stable name, such as <c>specific-fuel</c>.</param>
/// <param name="Meaning">What it is, in words.</param>
/// <param name="Unit">UCUM code.</param>
/// <param name="Numerator">Column of the record.</param>
/// <param name="Denominator">Column of the record; null: the mean of the numerator.</param>
/// <param name="Scale">What the quotient is multiplied by to be in <paramref name="Unit"/>.</param>
public sealed record SwitchbackMetric(string Name, string Meaning, string Unit, string Numerator, string? Denominator = null, double Scale = 1, bool HigherIsBetter = false);

/// <summary>What was measured, row by row; NaN where an instrument was silent.</summary>
/// <param name="TimesMicros">Ascending, µs since 1970.</param>
/// <param name="Columns">By name, each as long as the times.</param>
public sealed record SwitchbackRecord(long[] TimesMicros, IReadOnlyDictionary<string, double[]> Columns)
{
    internal double[] Column(string name) => Columns.TryGetValue(name, out var values) && values.Length == TimesMicros.Length ? values
        : throw new Kernel.ProblemException("urn:dure:effects:no-such-column", $"The record has no column '{name}' with a value for each of its {TimesMicros.Length} rows.", "switchback record", $"It has {string.Join(", ", Columns.Keys)}.");
}
