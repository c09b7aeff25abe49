namespace Dure.Learn.Features;

/// <summary>How far back a feature looks from its row: what must lie between rows learnt from and rows judged by, so that no row serves both.</summary>
/// <param name="Rows">Rows before its own.</param>
/// <param name="Seconds">And so much time before those.</param>
/// <param name="IsWhole">It looks back to the start of its group, whatever the others say: rows may only be parted by groups.</param>
public readonly record struct FeatureReach(long Rows, double Seconds, bool IsWhole)
{
    /// <summary>A feature of a feature looks back by both.</summary>
    public FeatureReach After(FeatureReach input) => new(Rows + input.Rows, Seconds + input.Seconds, IsWhole || input.IsWhole);

    public FeatureReach AtLeast(FeatureReach other) => new(Math.Max(Rows, other.Rows), Math.Max(Seconds, other.Seconds), IsWhole || other.IsWhole);
}
