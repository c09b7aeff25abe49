using Dure.Kernel;

namespace Dure.Datasets.Public;

/// <summary>What one machine's signals did over a stretch of time, as a file or a simulator gives it.</summary>
/// <param name="TimesMicros">Ascending; one per row.</param>
/// <param name="Columns">One array of row values per signal, in the order of <paramref name="Signals"/>.</param>
/// <param name="Anomaly">Per row whether a fault was on; null where nobody labelled (a fault-free recording).</param>
public sealed record Recording(
    AssetId Asset, IReadOnlyList<string> Signals, long[] TimesMicros, double[][] Columns, bool[]? Anomaly)
{
    public int Rows => TimesMicros.Length;
}
