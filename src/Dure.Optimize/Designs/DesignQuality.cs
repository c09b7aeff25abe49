using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs;

/// <summary>What a design tells about a model, before any result is known.</summary>
/// <param name="LogDeterminant">Of the information matrix X'V⁻¹X in coded settings.</param>
/// <param name="DEfficiency">100 |X'V⁻¹X|^(1/p) / n: 100 for an orthogonal two-level design without whole plots.</param>
/// <param name="AverageVariance">The variance of a prediction on average over the region, as a multiple of that of one run.</param>
/// <param name="LargestVariance">That of the least certain of the design's own runs.</param>
public sealed record DesignQuality(double LogDeterminant, double DEfficiency, double AverageVariance, double LargestVariance)
{
    private const int Draws = 4000;

    // Of a variance by the other columns: beyond it a column differs from a sum of others by a hundred-thousandth only.
    private const double MostInflation = 1e10;

    /// <summary>Of any table. A design that cannot tell the model's terms apart is refused.</summary>
    public static DesignQuality Of(DesignTable table, DesignModel model, DesignRegion region, double wholePlotRatio = 1) => Of(table, model, Moments(region, model, 1), wholePlotRatio);

    internal static DesignQuality Of(DesignTable table, DesignModel model, double[] moments, double wholePlotRatio)
    {
        var (matrix, p) = (model.Matrix(table), model.Columns);
        var information = Information(table, matrix, p, wholePlotRatio);
        if (table.Runs < p || Factor(information, p) is not { } found)
            throw DesignProblem.Of("singular", $"{table.Runs} runs cannot tell the {p} coefficients of the model apart.", "design", "Add runs, or leave out terms.");
        var (inverse, logDeterminant) = found;
        var largest = 0.0;
        for (var run = 0; run < table.Runs; run++)
            largest = Math.Max(largest, Quadratic(inverse, matrix.AsSpan(run * p, p)));
        return new(logDeterminant, 100 * Math.Exp(logDeterminant / p) / table.Runs, Trace(inverse, moments), largest);
    }

    /// <summary>The inverse of an information matrix; null where a column is a sum of others but for rounding.</summary>
    internal static (double[] Inverse, double LogDeterminant)? Factor(double[] information, int p)
    {
        if (Cholesky.TryOf((double[])information.Clone(), p, 1) is not { } factor)
            return null;
        var inverse = factor.Inverse(1);
        for (var i = 0; i < p; i++)
            if (!(inverse[i * p + i] * information[i * p + i] < MostInflation))
                return null;
        return (inverse, factor.LogDeterminant);
    }

    /// <summary>X'V⁻¹X, the plots' runs bound together by V = I + ratio · J.</summary>
    internal static double[] Information(DesignTable table, double[] matrix, int p, double wholePlotRatio)
    {
        var information = new double[p * p];
        for (var run = 0; run < table.Runs; run++)
            AddSquare(information, matrix.AsSpan(run * p, p), 1);
        if (!table.HasWholePlots)
            return information;
        foreach (var plot in Enumerable.Range(0, table.Runs).GroupBy(table.WholePlot))
        {
            var sum = new double[p];
            foreach (var run in plot)
                Vectors.Add(sum, 1, matrix.AsSpan(run * p, p));
            AddSquare(information, sum, -wholePlotRatio / (1 + plot.Count() * wholePlotRatio));
        }
        return information;
    }

    /// <summary>The mean of the products of all columns over the region: exact in a box, else over settings drawn by seed.</summary>
    internal static double[] Moments(DesignRegion region, DesignModel model, int seed)
    {
        var p = model.Columns;
        var moments = new double[p * p];
        if (region.IsBox)
        {
            for (var a = 0; a < p; a++)
                for (var b = 0; b <= a; b++)
                    moments[a * p + b] = moments[b * p + a] = model.Moment(a, b);
            return moments;
        }
        var (random, row) = (new Random(seed), new double[p]);
        for (var draw = 0; draw < Draws; draw++)
        {
            model.Expand(region.Draw(random), row);
            AddSquare(moments, row, 1.0 / Draws);
        }
        return moments;
    }

    internal static void AddSquare(double[] matrix, ReadOnlySpan<double> row, double weight)
    {
        for (var a = 0; a < row.Length; a++)
            if (row[a] != 0)
                Vectors.Add(matrix.AsSpan(a * row.Length, row.Length), weight * row[a], row);
    }

    internal static double Quadratic(double[] matrix, ReadOnlySpan<double> row) => Between(matrix, row, row);

    internal static double Between(double[] matrix, ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
            if (a[i] != 0)
                sum += a[i] * Vectors.Dot(matrix.AsSpan(i * a.Length, a.Length), b);
        return sum;
    }

    /// <summary>The trace of the product of two symmetric matrices.</summary>
    internal static double Trace(double[] a, double[] b) => Vectors.Dot(a, b);
}
