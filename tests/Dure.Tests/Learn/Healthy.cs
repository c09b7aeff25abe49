using Dure.Learn;

namespace Dure.Tests.Learn;

/// <summary>Rows of a made-up healthy machine: five normal signals, two of which move together.</summary>
internal static class Healthy
{
    public const int Columns = 5;

    public static double[] Rows(int count, int seed)
    {
        var random = new Random(seed);
        var rows = new double[count * Columns];
        for (var row = 0; row < rows.Length; row += Columns)
        {
            for (var j = 0; j < Columns; j++)
                rows[row + j] = Gaussian(random);
            rows[row + 4] = 0.8 * rows[row] + 0.6 * rows[row + 4];
        }
        return rows;
    }

    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}

internal static class MadeRecipes
{
    public static IReadOnlyList<AnomalyRecipe> All => DetectorCatalog.All;

    public static AnomalyRecipe Named(string name) => All.First(r => r.Name == name);
}
