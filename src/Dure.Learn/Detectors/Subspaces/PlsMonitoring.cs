using Dure.Kernel;
using MathNet.Numerics.LinearAlgebra;

namespace Dure.Learn;

/// <summary>Monitoring by partial least squares: directions of the signals that go with a quality figure. T2 watches those, and so faults that
/// reach the product; SPE watches the rest. MacGregor, Jaeckle, Kiparissides and Koutoudi (1994).</summary>
public static class PlsMonitoring
{
    private const int MostSignals = 1000;

    /// <summary>Fits T2 and SPE to healthy rows; limits come from blocks left out of the fit.</summary>
    /// <param name="rows">Row-major signals; missing values (NaN) count as the mean.</param>
    /// <param name="columns">Signals a row.</param>
    /// <param name="quality">The quality figure of each row; rows without one (NaN) are left out.</param>
    /// <param name="components">Directions kept; null: as many as foretell the quality of blocks left out best, up to ten.</param>
    /// <param name="confidence">Share of healthy rows below each limit.</param>
    public static SubspaceMonitor FitMonitor(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> quality, int? components = null, double confidence = 0.99,
        CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(quality.Length * columns, rows.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, MostSignals);
        var (known, figures) = WithQuality(rows, columns, quality);
        var scale = CommissioningScale.Of(known, columns, columns + 2 * HeldOutBlocks.Count, "pls");
        var figure = CommissioningScale.Of(figures, 1, 2, "pls");
        if (scale.Constant.Count == columns || figure.Constant.Count == 1)
            throw new ProblemException("urn:dure:learn:nothing-moves", "No signal moved, or the quality figure did not.", "fit of pls", "Commission while machine and product vary.");
        // The quality figure rides along as a last column, which no distance looks at.
        var (x, y, joined) = (scale.Standardise(known), figure.Standardise(figures), new double[known.Length + figures.Length]);
        for (var row = 0; row < figures.Length; row++)
        {
            x.AsSpan(row * columns, columns).CopyTo(joined.AsSpan(row * (columns + 1)));
            joined[row * (columns + 1) + columns] = y[row];
        }
        var kept = Math.Clamp(components ?? BestCount(joined, columns), 1, columns);
        var heldOut = HeldOutBlocks.Evaluate(joined, columns + 1, 0, stretches => Pad(Fit([.. stretches.SelectMany(s => s)], columns, kept), columns), cancel);
        return new SubspaceMonitor(scale, 0, Fit(joined, columns, kept), heldOut, confidence);
    }

    private const int MostComponents = 10;

    private static int BestCount(double[] joined, int columns)
    {
        var (total, most) = (joined.Length / (columns + 1), Math.Min(MostComponents, columns));
        var errors = new double[most];
        for (var block = 0; block < HeldOutBlocks.Count; block++)
        {
            var (from, to) = (total * block / HeldOutBlocks.Count * (columns + 1), total * (block + 1) / HeldOutBlocks.Count * (columns + 1));
            var model = Directions.Of([.. joined[..from], .. joined[to..]], columns, most);
            for (var row = from; row < to; row += columns + 1)
                model.AddErrors(joined.AsSpan(row, columns), joined[row + columns], errors);
        }
        return errors.Index().MinBy(e => e.Item).Index + 1;
    }

    private static SubspaceFit Fit(double[] joined, int columns, int components)
    {
        var model = Directions.Of(joined, columns, components);
        var residual = Matrix<double>.Build.DenseIdentity(columns) - model.Loadings * model.Rotation.Transpose();
        var scaled = model.Rotation.Clone();
        for (var a = 0; a < scaled.ColumnCount; a++)
            scaled.SetColumn(a, scaled.Column(a) / Math.Sqrt(model.ScoreVariances[a]));
        return new(model.Centre, [new("T2", Moments.ToRowMajor(scaled * scaled.Transpose())), new("SPE", Moments.ToRowMajor(residual.TransposeThisAndMultiply(residual)))]);
    }

    private static SubspaceFit Pad(SubspaceFit fit, int columns) => new([.. fit.Centre, 0], [.. fit.Distances.Select(d => d with { Matrix = Pad(d.Matrix, columns) })]);

    private static double[] Pad(double[] matrix, int columns)
    {
        var padded = new double[(columns + 1) * (columns + 1)];
        for (var i = 0; i < columns; i++)
            matrix.AsSpan(i * columns, columns).CopyTo(padded.AsSpan(i * (columns + 1)));
        return padded;
    }

    private static (double[] Rows, double[] Quality) WithQuality(ReadOnlySpan<double> rows, int columns, ReadOnlySpan<double> quality)
    {
        var (known, figures) = (new List<double>(rows.Length), new List<double>(quality.Length));
        for (var row = 0; row < quality.Length; row++)
            if (double.IsFinite(quality[row]))
            {
                known.AddRange(rows.Slice(row * columns, columns));
                figures.Add(quality[row]);
            }
        return ([.. known], [.. figures]);
    }

    /// <summary>PLS with one quality figure: scores t = R' (x - centre), x near P t, quality near q' t. Wold, Sjöström and Eriksson (2001).</summary>
    private sealed record Directions(double[] Centre, double QualityMean, Matrix<double> Rotation, Matrix<double> Loadings, double[] QualityLoadings, double[] ScoreVariances)
    {
        // A remaining covariance with the quality below this is rounding noise: nothing is left to find.
        private const double SmallestWeight = 1e-9;

        public static Directions Of(double[] joined, int columns, int most)
        {
            var rows = Matrix<double>.Build.Dense(joined.Length / (columns + 1), columns, (i, j) => joined[i * (columns + 1) + j]);
            var y = Vector<double>.Build.Dense(rows.RowCount, i => joined[i * (columns + 1) + columns]);
            var (centre, mean) = (rows.ColumnSums() / rows.RowCount, y.Average());
            var left = Matrix<double>.Build.Dense(rows.RowCount, columns, (i, j) => rows[i, j] - centre[j]);
            y = y.Subtract(mean);
            var (weights, loadings, quality, variances) = (new List<Vector<double>>(), new List<Vector<double>>(), new List<double>(), new List<double>());
            while (weights.Count < most)
            {
                var weight = left.TransposeThisAndMultiply(y);
                if (weight.L2Norm() <= SmallestWeight * rows.RowCount && weights.Count > 0)
                    break;
                weight /= Math.Max(weight.L2Norm(), double.Epsilon);
                var score = left * weight;
                var square = Math.Max(score.DotProduct(score), SmallestWeight);
                var loading = left.TransposeThisAndMultiply(score) / square;
                left -= score.OuterProduct(loading);
                quality.Add(y.DotProduct(score) / square);
                variances.Add(square / (rows.RowCount - 1));
                weights.Add(weight);
                loadings.Add(loading);
            }
            var (w, p) = (Matrix<double>.Build.DenseOfColumnVectors(weights), Matrix<double>.Build.DenseOfColumnVectors(loadings));
            return new([.. centre], mean, w * p.TransposeThisAndMultiply(w).Inverse(), p, [.. quality], [.. variances]);
        }

        /// <summary>Adds the squared error of foretelling one row's quality by one direction, by two, and so on.</summary>
        public void AddErrors(ReadOnlySpan<double> row, double quality, Span<double> errors)
        {
            var foretold = QualityMean;
            for (var a = 0; a < errors.Length; a++)
            {
                for (var j = 0; a < QualityLoadings.Length && j < row.Length; j++)
                    foretold += QualityLoadings[a] * Rotation[j, a] * (row[j] - Centre[j]);
                errors[a] += (quality - foretold) * (quality - foretold);
            }
        }
    }
}
