using Dure.Optimize.Designs.Analysis;

namespace Dure.Optimize.Designs.Plots;

/// <summary>Lines of equal response on a grid of two coded factors, by triangles, in which a plane has no doubtful case as squares have.</summary>
internal sealed class Contours
{
    private const int Cells = 40;

    private readonly double[] grid = new double[(Cells + 1) * (Cells + 1)];

    public Contours(IFittedSurface fit, int factorX, int factorY, ReadOnlySpan<double> held)
    {
        var at = held.ToArray();
        for (var row = 0; row <= Cells; row++)
            for (var column = 0; column <= Cells; column++)
            {
                (at[factorX], at[factorY]) = (Place(column), Place(row));
                grid[row * (Cells + 1) + column] = fit.Predict(at).Mean;
            }
        Range = (grid.Min(), grid.Max());
    }

    public (double Low, double High) Range { get; }

    public List<((double X, double Y) A, (double X, double Y) B)> At(double level)
    {
        var lines = new List<((double X, double Y), (double X, double Y))>();
        for (var row = 0; row < Cells; row++)
            for (var column = 0; column < Cells; column++)
            {
                Cross((column, row), (column + 1, row), (column + 1, row + 1), level, lines);
                Cross((column, row), (column + 1, row + 1), (column, row + 1), level, lines);
            }
        return lines;
    }

    private void Cross((int X, int Y) a, (int X, int Y) b, (int X, int Y) c, double level, List<((double X, double Y), (double X, double Y))> lines)
    {
        Span<(double X, double Y)> ends = stackalloc (double, double)[3];
        var found = 0;
        foreach (var (from, to) in (ReadOnlySpan<((int X, int Y), (int X, int Y))>)[(a, b), (b, c), (c, a)])
        {
            var (low, high) = (Value(from), Value(to));
            if (low < level == high < level)
                continue;
            var share = (level - low) / (high - low);
            ends[found++] = (Place(from.X + share * (to.X - from.X)), Place(from.Y + share * (to.Y - from.Y)));
        }
        if (found == 2)
            lines.Add((ends[0], ends[1]));
    }

    private double Value((int X, int Y) at) => grid[at.Y * (Cells + 1) + at.X];

    private static double Place(double cell) => -1 + 2 * cell / Cells;
}
