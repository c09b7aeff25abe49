using Dure.Optimize.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Optimize;

public sealed class NumericsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void The_factor_of_a_matrix_solves_inverts_and_measures_it()
    {
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var size = random.Next(1, 200);
            var matrix = Positive(random, size);
            var factor = Cholesky.TryOf((double[])matrix.Clone(), size, 1, Cancel)!;
            var inverse = factor.Inverse(2, Cancel);
            var (x, right) = (new double[size], new double[size]);
            for (var i = 0; i < size; i++)
                x[i] = random.NextDouble();
            for (var i = 0; i < size; i++)
                right[i] = Vectors.Dot(matrix.AsSpan(i * size, size), x);
            var solved = (double[])right.Clone();
            factor.Solve(solved);
            for (var i = 0; i < size; i++)
            {
                Assert.Equal(x[i], solved[i], 1e-8);
                Assert.Equal(x[i], Vectors.Dot(inverse.AsSpan(i * size, size), right), 1e-7);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));
    }

    [Fact]
    public void The_determinant_is_that_of_the_diagonal_where_there_is_nothing_else()
    {
        var factor = Cholesky.TryOf([2, 0, 0, 0, 3, 0, 0, 0, 5], 3, 1, Cancel)!;
        Assert.Equal(Math.Log(30), factor.LogDeterminant, 1e-12);
    }

    [Fact]
    public void The_factor_has_the_same_bits_on_any_number_of_threads()
    {
        var matrix = Positive(new Random(1), 300);
        Assert.Equal(Cholesky.TryOf((double[])matrix.Clone(), 300, 1, Cancel)!.Inverse(1, Cancel), Cholesky.TryOf((double[])matrix.Clone(), 300, 2, Cancel)!.Inverse(2, Cancel));
    }

    [Theory]
    [InlineData(new double[] { 1, 0, 0, -1 })]
    [InlineData(new double[] { 1, 0, 2, 1 })]
    [InlineData(new double[] { double.NaN, 0, 2, 1 })]
    public void What_is_not_positive_definite_has_no_factor(double[] matrix) => Assert.Null(Cholesky.TryOf(matrix, 2, 1, Cancel));

    [Fact]
    public void The_search_finds_the_bottom_of_a_curved_valley()
    {
        // Rosenbrock (1960): from (-1.2, 1) to (1, 1).
        var found = Lbfgs.Minimize((at, slope) =>
        {
            var (a, b) = (at[1] - at[0] * at[0], 1 - at[0]);
            (slope[0], slope[1]) = (-400 * a * at[0] - 2 * b, 200 * a);
            return 100 * a * a + b * b;
        }, [-1.2, 1], tolerance: 1e-9, cancel: Cancel);
        Assert.True(found.HasConverged);
        Assert.Equal(1, found.At[0], 1e-7);
        Assert.Equal(1, found.At[1], 1e-7);
        Assert.InRange(found.Steps, 1, 60);
    }

    [Fact]
    public void A_cost_on_sizes_sets_small_variables_to_nothing()
    {
        // The minimum of (x - a)²/2 + c|x| is a moved towards 0 by c, and 0 where c is larger.
        double[] wanted = [3, -2, 0.5, -0.5, 1];
        var found = Lbfgs.Minimize((at, slope) =>
        {
            var sum = 0.0;
            for (var i = 0; i < wanted.Length; i++)
                sum += (slope[i] = at[i] - wanted[i]) * slope[i] / 2;
            return sum;
        }, new double[5], [1, 1, 1, 1, 0], cancel: Cancel);
        double[] expected = [2, -1, 0, 0, 1];
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found.At[i], 1e-5);
        Assert.Equal(0.0, found.At[2]);
        Assert.Equal(0.0, found.At[3]);
    }

    [Fact]
    public void A_function_that_breaks_off_is_left_where_it_still_has_a_value()
    {
        // -log x + x has its minimum at 1 and no value at or below 0.
        var found = Lbfgs.Minimize((at, slope) =>
        {
            slope[0] = 1 - 1 / at[0];
            return at[0] <= 0 ? double.NaN : at[0] - Math.Log(at[0]);
        }, [20], cancel: Cancel);
        Assert.Equal(1, found.At[0], 1e-5);
    }

    private static double[] Positive(Random random, int size)
    {
        var factors = Enumerable.Range(0, size * size).Select(_ => random.NextDouble() - 0.5).ToArray();
        var matrix = new double[size * size];
        for (var i = 0; i < size; i++)
            for (var j = 0; j < size; j++)
                matrix[i * size + j] = Vectors.Dot(factors.AsSpan(i * size, size), factors.AsSpan(j * size, size)) + (i == j ? 1 : 0);
        return matrix;
    }
}
