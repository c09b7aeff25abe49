using Dure.Kernel;
using Dure.Optimize.SetPoints;
using Dure.Plants.Reactors;
using Xunit;

namespace Dure.Tests.Optimize.SetPoints;

public sealed class ModifierAdaptationTests
{
    private const double Optimum = 190.9803;

    private static readonly SetPointProblem Reactor = new([new("feed of B", "kg/s", 3, 6), new("temperature", "Cel", 70, 100)], []);

    [Theory]
    [InlineData(3, 70)]
    [InlineData(3, 100)]
    [InlineData(6, 70)]
    [InlineData(6, 100)]
    [InlineData(4.5, 85)]
    public void A_model_that_is_wrong_in_structure_leads_to_the_plants_own_optimum_within_15_evaluations(double feed, double temperature)
    {
        var search = Search(feed, temperature);
        for (var n = 1; n < 15; n++)
            search.Report(Plant(search.Next()));
        Assert.Equal(15, search.Points.Count);
        Assert.InRange(search.Best.Objective, Optimum * 0.999, Optimum + 0.001);
    }

    [Fact]
    public void The_model_alone_is_far_off()
    {
        var (best, at) = (double.NegativeInfinity, (0.0, 0.0));
        for (var feed = 3.0; feed <= 6; feed += 0.05)
            for (var temperature = 70.0; temperature <= 100; temperature += 0.5)
                if (WilliamsOttoWithoutC.SteadyProfit(feed, temperature) is var profit && profit > best)
                    (best, at) = (profit, (feed, temperature));
        Assert.True(WilliamsOtto.SteadyProfit(at.Item1, at.Item2) < Optimum * 0.99);
    }

    [Fact]
    public void A_limit_holds_where_it_has_settled()
    {
        var limited = new SetPointProblem(Reactor.SetPoints, [new("G", "kg/kg", 0, [], High: 0.08)]);
        var search = new ModifierAdaptation(limited, (at, outputs) =>
        {
            var x = WilliamsOttoWithoutC.SteadyStateOf(at[0], at[1]);
            (outputs[0], outputs[1]) = (WilliamsOtto.Profit(x[2], x[3], at[0]), x[4]);
        }, new ModifierOptions(), Limited([5.5, 78]));
        for (var n = 1; n < 20; n++)
            search.Report(Limited(search.Next()));
        Assert.True(search.Best.Readings[0] <= 0.08);
        Assert.InRange(search.Best.Objective, 178.5291 * 0.99, 178.6); // XA is not limited here and not active there

        static SettledPoint Limited(double[] at)
        {
            var x = WilliamsOtto.SteadyStateOf(at[0], at[1]);
            return new SettledPoint(at, WilliamsOtto.Profit(x[3], x[4], at[0]), [x[5]]);
        }
    }

    [Fact]
    public void A_measurement_that_is_no_number_is_refused_and_changes_nothing()
    {
        var search = Search(4.5, 85);
        Assert.Throws<ProblemException>(() => search.Report(new SettledPoint([4.6, 85], double.NaN, [])));
        Assert.Single(search.Points);
    }

    private static ModifierAdaptation Search(double feed, double temperature) =>
        new(Reactor, (at, outputs) => outputs[0] = WilliamsOttoWithoutC.SteadyProfit(at[0], at[1]), new ModifierOptions(), Plant([feed, temperature]));

    private static SettledPoint Plant(double[] at) => new(at, WilliamsOtto.SteadyProfit(at[0], at[1]), []);
}
