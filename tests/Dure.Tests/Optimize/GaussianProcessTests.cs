using Dure.Optimize.Gaussian;
using Xunit;

namespace Dure.Tests.Optimize;

/// <summary>A Gaussian process against its own definition, against finite differences, and against functions that are known.</summary>
public sealed class GaussianProcessTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static (double[] Points, double[] Values) Wave(int rows, int seed, int width = 2, double noise = 0.1)
    {
        var random = new Random(seed);
        var points = Enumerable.Range(0, rows * width).Select(_ => 3 * random.NextDouble() - 1.5).ToArray();
        return (points, [.. Enumerable.Range(0, rows).Select(row => Truth(points[row * width]) + noise * Normal(random))]);
    }

    private static double Truth(double x) => 10 + 4 * Math.Sin(2 * x);

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static GaussianProcess Fit((double[] Points, double[] Values) data, GaussianOptions? options = null, int width = 2, double[]? precisions = null) =>
        GaussianProcess.Fit(data.Points, width, data.Values, options ?? new GaussianOptions { Starts = 1, Threads = 1 }, precisions, Cancel);

    [Theory]
    [InlineData(Covariance.Matern52)]
    [InlineData(Covariance.Rbf)]
    public void The_slope_of_the_likelihood_is_that_of_differences(Covariance kind)
    {
        var (points, values) = Wave(40, 1, width: 3);
        double[] precisions = [.. Enumerable.Range(0, 40).Select(i => 0.5 + i / 40.0)];
        var likelihood = new Likelihood(kind, new PointSet(points, 3), [.. values.Select(value => (value - 10) / 3)], precisions, 1, Cancel);
        double[] at = [0.1, -0.4, 0.7, 0.3, -1.2];
        var (slope, unused) = (new double[5], new double[5]);
        likelihood.Of(at, slope);
        for (var i = 0; i < at.Length; i++)
        {
            double[] up = [.. at], down = [.. at];
            (up[i], down[i]) = (up[i] + 1e-5, down[i] - 1e-5);
            Assert.Equal((likelihood.Of(up, unused) - likelihood.Of(down, unused)) / 2e-5, slope[i], 1e-4);
        }
    }

    [Theory]
    [InlineData(1000)]
    [InlineData(50)]
    public void A_smooth_function_is_found_and_a_column_that_says_nothing_is_long(int exactRows)
    {
        var process = Fit(Wave(300, 2), new GaussianOptions { Starts = 1, LikelihoodRows = 150, ExactRows = exactRows, InducingPoints = 60, Threads = 1 });
        for (var x = -1.4; x < 1.4; x += 0.2)
            Assert.Equal(Truth(x), process.At([x, 0.3]).Mean, 0.2);
        Assert.True(process.State.Lengths[1] > 5 * process.State.Lengths[0]);
        Assert.Equal(0.1, process.Noise, 0.03);
    }

    [Fact]
    public void It_is_unsure_where_it_has_seen_nothing()
    {
        var process = Fit(Wave(80, 3));
        Assert.InRange(Math.Sqrt(process.At([0, 0]).Variance), 0, 0.2);
        Assert.InRange(Math.Sqrt(process.At([40, 0]).Variance), 1.5, 20);
    }

    [Fact]
    public void Leaving_a_row_out_by_formula_is_leaving_it_out()
    {
        var (points, values) = Wave(30, 4);
        var process = Fit((points, values));
        var formula = process.LeaveOneOut(values);
        for (var row = 0; row < 30; row += 7)
        {
            // The same lengths and noise on the other rows, from the definition.
            var others = Enumerable.Range(0, 30).Where(other => other != row).ToArray();
            double covariance(int a, int b)
            {
                var distance = 0.0;
                for (var i = 0; i < 2; i++)
                    distance += Math.Pow((points[2 * a + i] - points[2 * b + i]) / process.State.Lengths[i], 2);
                return Math.Pow(process.State.Deviation, 2) * new CovarianceKernel(Covariance.Matern52, [1]).At(distance);
            }
            var matrix = new double[29 * 29];
            for (var i = 0; i < 29; i++)
                for (var j = 0; j < 29; j++)
                    matrix[i * 29 + j] = covariance(others[i], others[j]) + (i == j ? Math.Pow(process.State.Noise, 2) : 0);
            var factor = Dure.Optimize.Numerics.Cholesky.TryOf(matrix, 29, 1, Cancel)!;
            double[] solved = [.. others.Select(other => (values[other] - process.State.Offset) / process.State.Scale)];
            double[] own = [.. others.Select(other => covariance(row, other))];
            var explained = (double[])own.Clone();
            factor.Solve(solved);
            factor.Solve(explained);
            Assert.Equal(process.State.Offset + process.State.Scale * own.Zip(solved, (a, b) => a * b).Sum(), formula[row].Mean, 1e-6);
            var variance = covariance(row, row) + Math.Pow(process.State.Noise, 2) - own.Zip(explained, (a, b) => a * b).Sum();
            Assert.Equal(variance * process.State.Scale * process.State.Scale, formula[row].Variance, 1e-6);
        }
    }

    [Fact]
    public void With_all_rows_as_inducing_points_the_sparse_process_is_the_exact_one()
    {
        var data = Wave(60, 5, noise: 0.5);
        var exact = Fit(data, new GaussianOptions { Starts = 1, Threads = 1 });
        var sparse = Fit(data, new GaussianOptions { Starts = 1, ExactRows = 10, InducingPoints = 60, Threads = 1 });
        for (var x = -1.4; x < 1.4; x += 0.4)
        {
            // Deviation and noise are chosen once more, without priors: close, not equal.
            Assert.Equal(exact.At([x, 0]).Mean, sparse.At([x, 0]).Mean, 0.05);
            Assert.Equal(Math.Sqrt(exact.At([x, 0]).Variance), Math.Sqrt(sparse.At([x, 0]).Variance), 0.1);
        }
    }

    [Fact]
    public void Intervals_of_a_sparse_process_hold_as_often_as_they_say()
    {
        var process = Fit(Wave(1500, 6, noise: 0.5), new GaussianOptions { Starts = 1, LikelihoodRows = 200, ExactRows = 100, InducingPoints = 50, Threads = 1 });
        var (points, values) = Wave(1000, 7, noise: 0.5);
        var held = Enumerable.Range(0, 1000).Count(row => process.At(points.AsSpan(2 * row, 2)) is var belief
            && Math.Abs(values[row] - belief.Mean) < 1.645 * Math.Sqrt(belief.Variance + process.Noise * process.Noise));
        Assert.InRange(held, 860, 940);
    }

    [Fact]
    public void A_row_that_counts_little_moves_it_little()
    {
        var (points, values) = Wave(100, 8);
        var precisions = Enumerable.Repeat(1.0, 100).ToArray();
        double[] wrong = [.. values];
        (wrong[50], precisions[50]) = (values[50] + 30, 1e-6);
        var at = points.AsSpan(100, 2).ToArray();
        foreach (var exactRows in (int[])[100, 20])
        {
            var process = Fit((points, wrong), new GaussianOptions { Starts = 1, ExactRows = exactRows, InducingPoints = 60, Threads = 1 }, precisions: precisions);
            Assert.Equal(Truth(at[0]), process.At(at).Mean, 0.4);
        }
    }

    [Fact]
    public void Equal_points_and_equal_values_do_no_harm()
    {
        var process = Fit(([.. Enumerable.Repeat(1.0, 40)], [.. Enumerable.Repeat(5.0, 20)]));
        Assert.Equal(5, process.At([1, 1]).Mean, 1e-6);
        Assert.Equal(5, Fit(([.. Enumerable.Repeat(1.0, 40)], [.. Enumerable.Repeat(5.0, 20)]), new GaussianOptions { ExactRows = 5, InducingPoints = 5, Starts = 1 }).At([1, 1]).Mean, 1e-6);
    }

    [Fact]
    public void It_is_the_same_on_any_number_of_threads()
    {
        var data = Wave(400, 9);
        foreach (var exactRows in (int[])[400, 100])
        {
            var options = new GaussianOptions { Starts = 2, LikelihoodRows = 100, ExactRows = exactRows, InducingPoints = 70 };
            Assert.Equal(Fit(data, options with { Threads = 1 }).State.Weights, Fit(data, options with { Threads = 2 }).State.Weights);
        }
    }
}
