using Dure.Optimize.Numerics;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Optimize.Spaces;

public sealed class LinearProgramTests
{
    private const double Infinity = double.PositiveInfinity;

    [Fact]
    public void The_textbook_factory_makes_2_doors_and_6_windows()
    {
        // Hillier and Lieberman, the Wyndor Glass problem: most 3x + 5y with x at most 4, 2y at most 12, 3x + 2y at most 18: 36 at (2, 6).
        var program = new LinearProgram([1, 0, 0, 2, 3, 2], [Relation.AtMost, Relation.AtMost, Relation.AtMost], [4, 12, 18], [0, 0], [Infinity, Infinity]);
        Assert.Equal(LinearOutcome.Best, program.Solve([-3, -5]));
        Assert.Equal(2, program.Point[0], 1e-12);
        Assert.Equal(6, program.Point[1], 1e-12);
    }

    [Fact]
    public void The_program_on_which_the_first_simplex_rule_cycles_ends()
    {
        // Beale (1955): best value -1/20 at (1/25, 0, 1, 0).
        var program = new LinearProgram([0.25, -60, -1.0 / 25, 9, 0.5, -90, -1.0 / 50, 3, 0, 0, 1, 0], [Relation.AtMost, Relation.AtMost, Relation.AtMost], [0, 0, 1],
            [0, 0, 0, 0], [Infinity, Infinity, Infinity, Infinity]);
        double[] cost = [-0.75, 150, -1.0 / 50, 6];
        Assert.Equal(LinearOutcome.Best, program.Solve(cost));
        Assert.Equal(-0.05, Vectors.Dot(cost, program.Point), 1e-12);
    }

    [Fact]
    public void Contradicting_rows_are_infeasible() => Assert.Equal(LinearOutcome.Infeasible,
        new LinearProgram([1, 1, 1, 1], [Relation.AtMost, Relation.AtLeast], [1, 2], [0, 0], [5, 5]).Solve([]));

    [Fact]
    public void A_cost_that_falls_without_end_is_unbounded() => Assert.Equal(LinearOutcome.Unbounded,
        new LinearProgram([1, -1], [Relation.AtMost], [1], [0, 0], [Infinity, Infinity]).Solve([-1, -1]));

    [Fact]
    public void A_variable_without_bounds_may_be_below_zero()
    {
        var program = new LinearProgram([1, 1], [Relation.Equal], [-3], [-Infinity, 0], [Infinity, 1]);
        Assert.Equal(LinearOutcome.Best, program.Solve([2, 1]));
        Assert.Equal(-4, program.Point[0], 1e-12);
    }

    /// <summary>The best of two variables lies on a corner: all corners are tried by hand.</summary>
    [Fact]
    public void In_the_plane_it_finds_the_best_corner() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var rows = random.Next(1, 7);
            var (weights, bounds) = (new double[2 * rows], new double[rows]);
            for (var i = 0; i < rows; i++)
                (weights[2 * i], weights[2 * i + 1], bounds[i]) = (2 * random.NextDouble() - 1, 2 * random.NextDouble() - 1, 1.2 * random.NextDouble() - 0.3);
            double[] cost = [random.NextDouble() - 0.5, random.NextDouble() - 0.5];
            var program = new LinearProgram(weights, Enumerable.Repeat(Relation.AtMost, rows).ToArray(), bounds, [0, 0], [1, 1]);
            var outcome = program.Solve(cost);
            var best = BestCorner(weights, bounds, cost);
            return best is null ? outcome == LinearOutcome.Infeasible : outcome == LinearOutcome.Best && Math.Abs(Vectors.Dot(cost, program.Point) - best.Value) < 1e-8;
        }).QuickCheckThrowOnFailure();

    private static double? BestCorner(double[] weights, double[] bounds, double[] cost)
    {
        var lines = new List<(double A, double B, double C)> { (1, 0, 0), (1, 0, 1), (0, 1, 0), (0, 1, 1) };
        for (var i = 0; i < bounds.Length; i++)
            lines.Add((weights[2 * i], weights[2 * i + 1], bounds[i]));
        double? best = null;
        foreach (var one in lines)
            foreach (var other in lines)
            {
                var turn = one.A * other.B - one.B * other.A;
                if (Math.Abs(turn) < 1e-9)
                    continue;
                var (x, y) = ((one.C * other.B - one.B * other.C) / turn, (one.A * other.C - one.C * other.A) / turn);
                var isKept = x is > -1e-10 and < 1 + 1e-10 && y is > -1e-10 and < 1 + 1e-10;
                for (var i = 0; i < bounds.Length; i++)
                    isKept &= weights[2 * i] * x + weights[2 * i + 1] * y <= bounds[i] + 1e-10;
                if (isKept)
                    best = Math.Min(best ?? double.MaxValue, cost[0] * x + cost[1] * y);
            }
        return best;
    }

    [Fact]
    public void Row_space_and_null_space_are_orthonormal_and_complete()
    {
        var random = new Random(5);
        for (var tries = 0; tries < 50; tries++)
        {
            var (rows, columns) = (random.Next(0, 6), random.Next(6, 12));
            var matrix = new double[rows * columns];
            for (var i = 0; i < matrix.Length; i++)
                matrix[i] = random.Next(-2, 3);
            var basis = Orthonormal.RowSpace(matrix, columns);
            double[] all = [.. basis, .. Orthonormal.NullSpace(basis, columns)];
            Assert.Equal(columns * columns, all.Length);
            for (var i = 0; i < columns; i++)
                for (var j = 0; j < columns; j++)
                    Assert.Equal(i == j ? 1 : 0, Vectors.Dot(all.AsSpan(i * columns, columns), all.AsSpan(j * columns, columns)), 1e-12);
            for (var row = 0; row < rows; row++)
                for (var i = basis.Length / columns; i < columns; i++)
                    Assert.Equal(0, Vectors.Dot(matrix.AsSpan(row * columns, columns), all.AsSpan(i * columns, columns)), 1e-11);
        }
    }
}
