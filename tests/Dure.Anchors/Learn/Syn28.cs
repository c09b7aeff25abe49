using Dure.Learn.Tables;

namespace Dure.Anchors.Learn;

/// <summary>A generated table of 28 columns, the same in every language: SplitMix64 from seed 42, forty numbers a row. The noise has spread 1.</summary>
internal static class Syn28
{
    private const int Drawn = 40, Columns = 28;

    /// <param name="first">The first row, as counted in the whole series.</param>
    public static (FeatureTable Table, float[] Labels) Rows(int first, int count)
    {
        var columns = Enumerable.Range(0, Columns).Select(_ => new float[count]).ToArray();
        var (labels, u) = (new float[count], new double[Drawn]);
        for (var row = 0; row < count; row++)
        {
            for (var i = 0; i < Drawn; i++)
                u[i] = Uniform((ulong)((long)(first + row) * Drawn + i + 1));
            for (var i = 0; i < Columns; i++)
                columns[i][row] = (float)u[i];
            labels[row] = (float)(10 * Math.Sin(Math.PI * u[0] * u[1]) + 20 * Math.Pow(u[2] - 0.5, 2) + 10 * u[3] + 5 * u[4] + (u[5] > 0.7 && u[6] < 0.4 ? 8 : 0) + u[Columns..].Sum() - 6);
        }
        return (new FeatureTable([.. columns.Select((values, i) => new FeatureColumn { Name = $"x{i}", Values = values })]), labels);
    }

    private static double Uniform(ulong number)
    {
        var z = 42 + number * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
