using Dure.Kernel;
using Dure.Optimize.SetPoints;
using Xunit;

namespace Dure.Tests.Optimize.SetPoints;

public sealed class SafeExplorerTests
{
    [Fact]
    public void Whatever_is_commanded_is_certified_truly_allowed_and_within_reach()
    {
        var near = new SetPointProblem([SlantedPlant.Problem.SetPoints[0] with { MostChange = 0.5 }, SlantedPlant.Problem.SetPoints[1] with { MostChange = 6 }], SlantedPlant.Problem.Limits);
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var explorer = new SafeExplorer(near, new SafeExplorerOptions { Seed = seed, Candidates = 64 }, [SlantedPlant.At(1, 55)]);
            IReadOnlyList<double> before = explorer.Current;
            for (var step = 1; step <= 20; step++)
            {
                var at = TimeSpan.FromHours(step);
                var move = explorer.Next(at);
                Assert.True(explorer.Certificate.IsCertified([.. move.SetPoints], at), $"seed {seed}, step {step}");
                Assert.True(SlantedPlant.Impurity(move.SetPoints) <= 1, $"seed {seed}, step {step}");
                Assert.True(Math.Abs(move.SetPoints[0] - before[0]) <= 0.5 + 1e-9 && Math.Abs(move.SetPoints[1] - before[1]) <= 6 + 1e-9, $"seed {seed}, step {step}");
                before = [.. move.SetPoints];
                explorer.Report(SlantedPlant.At(move.SetPoints, at, (2 * random.NextDouble() - 1) * SlantedPlant.NoiseBound));
                Assert.Null(explorer.Doubt);
            }
        }
    }

    [Fact]
    public void It_comes_near_the_best_that_the_limit_allows()
    {
        // The best at impurity 1, by a fine grid.
        var best = double.NegativeInfinity;
        for (var flow = 0.0; flow <= 4; flow += 0.005)
            for (var temperature = 50.0; temperature <= 90; temperature += 0.05)
                if (SlantedPlant.Impurity([flow, temperature]) <= 1)
                    best = Math.Max(best, SlantedPlant.Profit([flow, temperature]));
        var gaps = new List<double>();
        for (var seed = 0; seed < 9; seed++)
        {
            var random = new Random(seed);
            var explorer = new SafeExplorer(SlantedPlant.Problem, new SafeExplorerOptions { Seed = seed }, [SlantedPlant.At(1, 55)]);
            for (var step = 1; step <= 25; step++)
                explorer.Report(SlantedPlant.At(explorer.Next(TimeSpan.FromHours(step)).SetPoints, TimeSpan.FromHours(step), (2 * random.NextDouble() - 1) * SlantedPlant.NoiseBound));
            gaps.Add(best - SlantedPlant.Profit(explorer.Best(TimeSpan.FromHours(25))!.SetPoints));
        }
        gaps.Sort();
        Assert.InRange(gaps[4], 0, 0.35); // of a profit of 10; a noise bound's distance from the limit costs about 0.1
        Assert.True(SlantedPlant.Profit([1, 55]) < best - 5);
    }

    [Fact]
    public void The_same_seed_makes_the_same_moves()
    {
        Assert.Equal(Moves(3), Moves(3));
        Assert.NotEqual(Moves(3), Moves(4));

        static List<double> Moves(int seed)
        {
            var explorer = new SafeExplorer(SlantedPlant.Problem, new SafeExplorerOptions { Seed = seed, Candidates = 64 }, [SlantedPlant.At(1, 55)]);
            var moves = new List<double>();
            for (var step = 1; step <= 5; step++)
            {
                var move = explorer.Next(TimeSpan.FromHours(step));
                moves.AddRange(move.SetPoints);
                explorer.Report(SlantedPlant.At(move.SetPoints, TimeSpan.FromHours(step)));
            }
            return moves;
        }
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(5.0)]
    [InlineData(-5.0)]
    public void A_lying_instrument_sends_the_plant_back_to_where_it_was_safe(double reading)
    {
        var explorer = new SafeExplorer(SlantedPlant.Problem, new SafeExplorerOptions(), [SlantedPlant.At(1, 55)]);
        var move = explorer.Next(TimeSpan.FromHours(1));
        explorer.Report(new SettledPoint(move.SetPoints, 1, [reading], TimeSpan.FromHours(1)));
        Assert.NotNull(explorer.Doubt);
        for (var step = 2; step < 6; step++)
        {
            var next = explorer.Next(TimeSpan.FromHours(step));
            Assert.Equal(MoveKind.Retreat, next.Kind);
            Assert.Equal([1, 55], next.SetPoints);
            explorer.Report(SlantedPlant.At(next.SetPoints, TimeSpan.FromHours(step))); // a good reading later does not make it trust again
        }
    }

    [Fact]
    public void A_start_that_is_not_surely_allowed_is_refused_with_what_where_and_how_to_mend_it()
    {
        var problem = Assert.Throws<ProblemException>(() => new SafeExplorer(SlantedPlant.Problem, new SafeExplorerOptions(), [SlantedPlant.At(3, 75)])).Problem;
        Assert.Equal("urn:dure:optimize:unsafe-start", problem.Type);
        Assert.Contains("impurity reads", problem.What, StringComparison.Ordinal);
        Assert.NotEmpty(problem.Mend);
        Assert.Throws<ProblemException>(() => new SafeExplorer(SlantedPlant.Problem, new SafeExplorerOptions(), []));
        Assert.Contains("outside the ranges", Assert.Throws<ProblemException>(() => new SafeExplorer(SlantedPlant.Problem, new SafeExplorerOptions(), [SlantedPlant.At(1, 45)])).Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Where_drift_has_used_up_the_evidence_it_withdraws()
    {
        var drifting = SlantedPlant.Problem.With([SlantedPlant.Problem.Limits[0] with { DriftPerHour = 0.01 }]);
        var explorer = new SafeExplorer(drifting, new SafeExplorerOptions(), [SlantedPlant.At(1, 55)]);
        var move = explorer.Next(TimeSpan.FromHours(1));
        Assert.Equal(MoveKind.Explore, move.Kind);
        Assert.Equal(MoveKind.Retreat, explorer.Next(TimeSpan.FromHours(90)).Kind);
    }

    [Fact]
    public void Half_of_the_true_slopes_is_found_out_or_breaks_the_limit()
    {
        // What a certificate rests on has to be true: with false bounds limits are broken, and often the readings tell.
        var falsely = SlantedPlant.Problem.With([SlantedPlant.Problem.Limits[0] with { NoiseBound = 0.001, Slopes = [SlopeBound.Lipschitz(0.06), SlopeBound.Lipschitz(0.006)] }]);
        var (broken, doubted) = (0, 0);
        for (var seed = 0; seed < 10; seed++)
        {
            var explorer = new SafeExplorer(falsely, new SafeExplorerOptions { Seed = seed, Candidates = 64 }, [SlantedPlant.At(1, 55)]);
            for (var step = 1; step <= 10; step++)
            {
                var move = explorer.Next(TimeSpan.FromHours(step));
                broken += SlantedPlant.Impurity(move.SetPoints) > 1 ? 1 : 0;
                explorer.Report(SlantedPlant.At(move.SetPoints, TimeSpan.FromHours(step)));
            }
            doubted += explorer.Doubt is null ? 0 : 1;
        }
        Assert.True(broken + doubted >= 10, $"{broken} broken, {doubted} doubted");
    }

    [Fact]
    public void The_probabilistic_mode_goes_further_and_promises_less()
    {
        var limit = SlantedPlant.Problem.Limits[0];
        var wide = SlantedPlant.Problem.With([limit with { Slopes = [SlopeBound.Lipschitz(3), SlopeBound.Lipschitz(0.3)] }]);
        Assert.True(Furthest(new SafeExplorerOptions { DeviationsInsteadOfSlopes = 2 }) > Furthest(new SafeExplorerOptions()));

        double Furthest(SafeExplorerOptions options)
        {
            var explorer = new SafeExplorer(wide, options with { Candidates = 64 }, [SlantedPlant.At(1, 55), SlantedPlant.At(1.2, 56), SlantedPlant.At(0.9, 57)]);
            for (var step = 1; step <= 8; step++)
                explorer.Report(SlantedPlant.At(explorer.Next(TimeSpan.FromHours(step)).SetPoints, TimeSpan.FromHours(step)));
            return explorer.Evidence.Max(point => point.Objective);
        }
    }
}
