using Dure.Kernel;
using Dure.Optimize.SetPoints;
using Xunit;

namespace Dure.Tests.Optimize.SetPoints;

public sealed class SteadyStateDetectorTests
{
    [Theory]
    [InlineData(0.01, 1)]
    [InlineData(0.05, 1)]
    [InlineData(0.01, 4)]
    public void Signals_at_rest_are_said_to_move_as_often_as_stated(double rate, int signals)
    {
        var detector = new SteadyStateDetector(new double[signals], new SteadyStateOptions { FalseAlarms = rate });
        var (random, alarms, values) = (new Random(8), 0, new double[signals]);
        for (var n = 0; n < 40_000; n++)
        {
            for (var i = 0; i < signals; i++)
                values[i] = 100 + Normal(random) * (i + 1);
            detector.Add(values);
            alarms += n > 50 && detector.Ratio > detector.Critical ? 1 : 0;
        }
        Assert.InRange(alarms / 40_000.0, rate * 0.6, rate * 1.5);
    }

    [Fact]
    public void A_plant_that_answers_a_step_is_not_steady_until_it_has_arrived()
    {
        var detector = new SteadyStateDetector([0.0, 0.0], new SteadyStateOptions());
        var (random, arrived) = (new Random(9), -1);
        for (var n = 0; n < 400; n++)
        {
            var way = n < 100 ? 0 : 20 * (1 - Math.Exp(-(n - 100) / 20.0)); // in deviations of the noise
            var isSteady = detector.Add([way + Normal(random), Normal(random)]);
            Assert.False(isSteady && n is > 114 and < 130, $"sample {n}");
            if (isSteady && n > 130 && arrived < 0)
                arrived = n;
        }
        Assert.InRange(arrived, 140, 260);
    }

    [Fact]
    public void Silence_ends_the_calm_and_a_constant_signal_is_at_rest()
    {
        var detector = new SteadyStateDetector([0.0], new SteadyStateOptions());
        for (var n = 0; n < 40; n++)
            detector.Add([5]);
        Assert.True(detector.IsSteady);
        Assert.False(detector.Add([double.NaN]));
        Assert.Throws<ProblemException>(() => new SteadyStateDetector([], new SteadyStateOptions()));
        Assert.Throws<ProblemException>(() => new SteadyStateDetector([double.NaN], new SteadyStateOptions()));
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
