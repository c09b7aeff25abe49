using Dure.Kernel;
using Dure.Optimize.SetPoints;
using Dure.Plants.Reactors;
using Xunit;

namespace Dure.Tests.Optimize.SetPoints;

public sealed class ExtremumSeekerTests
{
    [Fact]
    public void It_finds_the_flow_at_which_the_van_de_Vusse_reactor_makes_most_B_though_the_gain_changes_sign()
    {
        foreach (var start in (double[])[11, 19])
        {
            var plant = new VanDeVussePlant(seed: 1, disturbance: 0);
            plant.Set("dilution", start);
            plant.Advance(TimeSpan.FromHours(3), TestContext.Current.CancellationToken);
            var seeker = new ExtremumSeeker([new Swing(new SetPointRange("dilution", "/h", 5, 30), start, 0.5, 120, 3)]);
            for (var n = 0; n < 6000; n++)
            {
                plant.Set("dilution", seeker.Next(plant.Truth("B"))[0]);
                plant.Advance(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            }
            Assert.InRange(VanDeVusse.SteadyStateOf(seeker.Centres[0], -1113.5)[1], 1.09065 * 0.999, 1.0907);
        }
    }

    [Fact]
    public void Commands_never_leave_the_range_whatever_is_measured()
    {
        var seeker = new ExtremumSeeker([new Swing(new SetPointRange("x", "1", 0, 10, 0.3), 5, 1, 8, 100), new Swing(new SetPointRange("y", "1", -1, 1), 0, 0.5, 13, 100)]);
        var random = new Random(2);
        var before = seeker.Next(0)[0];
        for (var n = 0; n < 3000; n++)
        {
            var next = seeker.Next(n % 7 == 0 ? double.NaN : 1e6 * random.NextDouble());
            Assert.InRange(next[0], 0, 10);
            Assert.InRange(next[1], -1, 1);
            Assert.InRange(Math.Abs(next[0] - before), 0, 0.3 + 1e-9);
            before = next[0];
        }
    }

    [Fact]
    public void Swings_that_do_not_fit_are_refused()
    {
        var range = new SetPointRange("x", "1", 0, 10);
        Assert.Throws<ProblemException>(() => new ExtremumSeeker([new Swing(range, 0.5, 1, 20, 1)]));
        Assert.Throws<ProblemException>(() => new ExtremumSeeker([new Swing(range, 5, 1, 20, 1), new Swing(range, 5, 1, 20, 1)]));
    }
}
