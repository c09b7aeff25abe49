using Dure.Optimize.Designs;
using Xunit;

namespace Dure.Tests.Optimize.Designs;

public sealed class SurfaceDesignTests
{
    [Theory]
    [InlineData(2, false, 13)]
    [InlineData(3, false, 19)]
    [InlineData(4, false, 29)]
    [InlineData(5, false, 47)]
    [InlineData(5, true, 31)]
    public void A_central_composite_has_corners_axes_and_a_centre(int factors, bool isHalved, int runs) =>
        Assert.Equal(runs, CentralComposite.Of(Plant.Factors(factors), centres: 5, isHalved: isHalved).Runs);

    [Fact]
    public void A_rotatable_design_is_as_sure_in_every_direction()
    {
        var factors = Plant.Factors(3);
        var (table, model) = (CentralComposite.Of(factors), DesignModel.Quadratic(factors));
        var random = new Random(1);
        double[] deviations = [.. Enumerable.Range(0, 20).Select(_ =>
        {
            double[] direction = [.. Enumerable.Range(0, 3).Select(_ => Plant.Gauss(random))];
            var length = Math.Sqrt(direction.Sum(x => x * x));
            return Leverage(table, model, [.. direction.Select(x => 0.8 * x / length)]);
        })];
        Assert.All(deviations, d => Assert.Equal(deviations[0], d, 1e-10));
        Assert.Equal(1.681792830507429, CentralComposite.AxialDistance(CompositeKind.Rotatable, 3, 8), 1e-12);
    }

    [Fact]
    public void Kinds_of_composites_keep_or_leave_the_limits_as_they_say()
    {
        ContinuousFactor[] factors = [new("T", "°C", 100, 200), new("p", "bar", 1, 3)];
        Assert.Equal(100, Least(CompositeKind.FaceCentred), 1e-9);
        Assert.Equal(100, Least(CompositeKind.Inscribed), 1e-9);
        Assert.Equal(150 - 50 * Math.Sqrt(2), Least(CompositeKind.Rotatable), 1e-9);
        double Least(CompositeKind kind)
        {
            var table = CentralComposite.Of(factors, kind);
            return Enumerable.Range(0, table.Runs).Min(run => table.Value(run, 0));
        }
    }

    [Theory]
    [InlineData(3, 15)]
    [InlineData(4, 27)]
    [InlineData(5, 46)]
    [InlineData(6, 54)]
    [InlineData(7, 62)]
    public void Box_and_Behnken_have_their_published_runs_and_leave_out_the_corners(int factors, int runs)
    {
        var table = BoxBehnken.Of(Plant.Factors(factors));
        Assert.Equal(runs, table.Runs);
        ScreeningTests.AssertOrthogonal(table);
        var rows = Plant.Rows(table);
        Assert.All(Enumerable.Range(0, factors), f => Assert.Equal(rows.Sum(r => r[0] * r[0]), rows.Sum(r => r[f] * r[f])));
        Assert.Equal(runs, rows.Count(r => r.Count(x => x != 0) <= 3));
        Assert.True(double.IsFinite(DesignQuality.Of(table, DesignModel.Quadratic(table.Factors), new DesignRegion(table.Factors)).LogDeterminant));
    }

    [Theory]
    [InlineData(4, 3)]
    [InlineData(5, 2)]
    public void Blocks_of_Box_and_Behnken_leave_all_effects_alone(int factors, int blocks)
    {
        var table = BoxBehnken.Of(Plant.Factors(factors), isBlocked: true);
        var model = DesignModel.Quadratic(table.Factors);
        var matrix = model.Matrix(table);
        Assert.Equal(blocks, table.BlockCount);
        for (var c = 1; c < model.Columns; c++)
        {
            var means = Enumerable.Range(0, table.Runs).GroupBy(table.Block).Select(g => g.Average(run => matrix[run * model.Columns + c])).ToArray();
            Assert.All(means, m => Assert.Equal(means[0], m, 1e-12));
        }
    }

    [Theory]
    [InlineData(3, 2, 6)]
    [InlineData(3, 3, 10)]
    [InlineData(4, 2, 10)]
    [InlineData(5, 3, 35)]
    public void Scheffes_lattice_has_its_runs_and_sums_to_the_whole(int parts, int steps, int runs)
    {
        var table = MixtureDesigns.Lattice(Plant.Mixture(parts), steps);
        Assert.Equal(runs, Plant.Rows(table).Select(r => string.Join(' ', r)).Distinct().Count());
        Assert.Equal(runs, table.Runs);
        Assert.All(Plant.Rows(table), row => Assert.Equal(1, row.Sum(), 1e-12));
        Assert.Equal((1 << parts) - 1, MixtureDesigns.Centroid(Plant.Mixture(parts)).Runs);
    }

    [Fact]
    public void A_lattice_over_low_limits_stays_above_them_in_real_units()
    {
        MixtureComponent[] parts = [new("water", "%", 20, 100, 100), new("oil", "%", 10, 100, 100), new("soap", "%", 0, 100, 100)];
        var table = MixtureDesigns.Lattice(parts, 2);
        Assert.All(Enumerable.Range(0, table.Runs), run =>
        {
            Assert.Equal(100, Enumerable.Range(0, 3).Sum(f => table.Value(run, f)), 1e-9);
            Assert.True(table.Value(run, 0) >= 20 - 1e-9 && table.Value(run, 1) >= 10 - 1e-9);
        });
        Plant.Refused("limits", () => MixtureDesigns.Lattice([parts[0], parts[1], parts[2] with { High = 30 }], 2));
    }

    [Fact]
    public void The_flare_of_McLean_and_Anderson_has_eight_corners()
    {
        MixtureComponent[] flare = [new("magnesium", "", 0.40, 0.60, 1), new("nitrate", "", 0.10, 0.50, 1), new("strontium", "", 0.10, 0.50, 1), new("binder", "", 0.03, 0.08, 1)];
        var region = new DesignRegion(flare);
        var table = MixtureDesigns.ExtremeVertices(region, withCentre: false);
        Assert.Equal(8, table.Runs);
        Assert.All(Plant.Rows(table), row => Assert.True(region.Contains(row)));
        Assert.Contains(Plant.Rows(table), row => row.Zip([0.40, 0.47, 0.10, 0.03], (a, b) => Math.Abs(a - b)).Max() < 1e-12);
        Assert.Equal(8 + 12 + 1, MixtureDesigns.ExtremeVertices(region, withEdges: true).Runs); // a solid of six faces
    }

    [Fact]
    public void Limits_that_contradict_each_other_are_refused()
    {
        Plant.Refused("limits", () => new DesignRegion([new MixtureComponent("a", "", 0.6, 1, 1), new MixtureComponent("b", "", 0.5, 1, 1)]));
        var what = Plant.Refused("limits", () => new DesignRegion(Plant.Factors(2), new LinearLimit(new Dictionary<string, double> { ["A"] = 1, ["B"] = 1 }, -3)));
        Assert.Contains("1·A + 1·B ≤ -3", what, StringComparison.Ordinal);
        Plant.Refused("limits", () => new DesignRegion(Plant.Factors(2), new LinearLimit(new Dictionary<string, double> { ["Z"] = 1 }, 1)));
        Plant.Refused("factor", () => new DesignRegion([new ContinuousFactor("A", "", 2, 1)]));
        Plant.Refused("mixture", () => new DesignRegion([new MixtureComponent("a", "", 0, 1, 1), new MixtureComponent("b", "%", 0, 100, 100)]));
    }

    [Fact]
    public void A_drawn_order_keeps_blocks_and_whole_plots_together_and_repeats_by_seed()
    {
        var table = TwoLevelFactorial.Full(Plant.Factors(4)).InBlocks("ABCD").Table;
        var drawn = table.Randomised(7);
        Assert.Equal(2, 1 + Enumerable.Range(1, 15).Count(run => drawn.Block(run) != drawn.Block(run - 1)));
        Assert.Equal(Enumerable.Range(0, 16), Enumerable.Range(0, 16).Select(drawn.StandardOrder).Order());
        Assert.All(Enumerable.Range(0, 16), run => Assert.Equal(table.Coded(drawn.StandardOrder(run)).ToArray(), drawn.Coded(run).ToArray()));
        Assert.Equal(drawn.ToCsv(), table.Randomised(7).ToCsv());
        Assert.NotEqual(drawn.ToCsv(), table.Randomised(8).ToCsv());
    }

    [Fact]
    public void A_table_shows_real_units_and_survives_its_way_out_and_back()
    {
        Factor[] factors = [new ContinuousFactor("T, oven", "°C", 150, 250), new CategoricalFactor("steel", ["S235", "S355"])];
        var table = TwoLevelFactorial.Full(factors).Table;
        Assert.Equal("run,block,\"T, oven [°C]\",steel\n1,1,150,S235\n2,1,250,S235\n3,1,150,S355\n4,1,250,S355\n", table.ToCsv());
        var brought = DesignTable.Of(factors, [[150, 0], [250, 0], [150, 1], [250, 1]]);
        Assert.Equal(Plant.Rows(table), Plant.Rows(brought));
        Plant.Refused("table", () => DesignTable.Of(factors, [[150, 2]]));
        Plant.Refused("table", () => DesignTable.Of(factors, [[double.NaN, 1]]));
    }

    private static double Leverage(DesignTable table, DesignModel model, double[] at)
    {
        var row = new double[model.Columns];
        model.Expand(at, row);
        var matrix = model.Matrix(table);
        var information = new double[model.Columns * model.Columns];
        for (var run = 0; run < table.Runs; run++)
            for (var a = 0; a < model.Columns; a++)
                for (var b = 0; b < model.Columns; b++)
                    information[a * model.Columns + b] += matrix[run * model.Columns + a] * matrix[run * model.Columns + b];
        var solved = (double[])row.Clone();
        Dure.Optimize.Numerics.Cholesky.TryOf(information, model.Columns, 1, TestContext.Current.CancellationToken)!.Solve(solved);
        return row.Zip(solved, (a, b) => a * b).Sum();
    }
}
