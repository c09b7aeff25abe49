using Dure.Plants.TennesseeEastman;
using Xunit;

namespace Dure.Tests.Plants.TennesseeEastman;

public sealed class ChanceTests
{
    [Theory]
    [InlineData(NoiseGenerator.PublishedSeed)]
    [InlineData(1431655765)]
    [InlineData(5687912315)]
    [InlineData(24)]
    public void Whole_numbers_and_jumps_give_what_double_precision_gives(double seed)
    {
        var (fast, skipping, plain) = (new NoiseGenerator(seed), new NoiseGenerator(seed), seed);
        var jump = NoiseGenerator.JumpOver(22);
        for (var scan = 0; scan < 200; scan++)
        {
            for (var i = 0; i < 22; i++)
            {
                double sum = 0;
                for (var draw = 0; draw < 12; draw++)
                {
                    plain = Math.IEEERemainder(plain * 9228907, 4294967296) is var rest && rest < 0 ? rest + 4294967296 : rest;
                    sum += plain / 4294967296;
                }
                Assert.Equal(sum - 6, fast.Normal());
            }
            skipping.Skip(jump);
            Assert.Equal(plain, skipping.State);
        }
    }

    [Fact]
    public void Deviates_have_mean_zero_and_deviation_one()
    {
        var noise = NoiseGenerator.Of(11);
        const int Count = 100_000;
        double sum = 0, squares = 0;
        for (var i = 0; i < Count; i++)
        {
            var x = noise.Normal();
            sum += x;
            squares += x * x;
        }
        Assert.Equal(0, sum / Count, 0.015);
        Assert.Equal(1, squares / Count, 0.02);
    }

    [Fact]
    public void Surroundings_stay_nominal_without_disturbance()
    {
        var walks = new double[RandomWalks.Count * RandomWalks.Numbers];
        RandomWalks.Start(walks);
        var noise = NoiseGenerator.Of(5);
        for (var minute = 0; minute < 60 * 24; minute++)
        {
            RandomWalks.Continue(walks, minute / 60.0, default, ref noise);
            Assert.Equal(Surroundings.Nominal, Surroundings.At(minute / 60.0, walks, default));
        }
    }

    [Theory]
    [InlineData(ProcessDisturbance.CFeedCompositionVaries, 0.455, 0.515)]
    [InlineData(ProcessDisturbance.ReactorCoolantTemperatureVaries, 25, 45)]
    [InlineData(ProcessDisturbance.KineticsDrift, 0.75, 1.25)]
    [InlineData(ProcessDisturbance.ReactorFouling, 0, 1)]
    public void What_wanders_moves_and_stays_within_its_spread(ProcessDisturbance disturbance, double low, double high)
    {
        var walks = new double[RandomWalks.Count * RandomWalks.Numbers];
        RandomWalks.Start(walks);
        var noise = NoiseGenerator.Of(5);
        var active = default(DisturbanceSet).With(disturbance, true);
        var (least, most) = (double.MaxValue, double.MinValue);
        for (var minute = 0; minute < 60 * 100; minute++)
        {
            RandomWalks.Continue(walks, minute / 60.0, active, ref noise);
            var now = Surroundings.At(minute / 60.0, walks, active);
            var value = disturbance switch
            {
                ProcessDisturbance.CFeedCompositionVaries => now.FractionA,
                ProcessDisturbance.ReactorCoolantTemperatureVaries => now.ReactorCoolantCelsius,
                ProcessDisturbance.KineticsDrift => now.DriftOfG,
                _ => now.ReactorFouling,
            };
            (least, most) = (Math.Min(least, value), Math.Max(most, value));
        }
        Assert.InRange(least, low - 0.02 * (high - low), low + 0.3 * (high - low));
        Assert.InRange(most, high - 0.3 * (high - low), high + 0.02 * (high - low));
    }

    [Fact]
    public void Each_disturbance_changes_what_the_plant_does()
    {
        static double[] Run(ProcessDisturbance? disturbance)
        {
            var process = new TennesseeEastmanProcess();
            if (disturbance is { } one)
                process.Switch(one, true);
            for (var step = 0; step < 120 && process.ShutdownReason is null; step++)
            {
                foreach (var valve in new[] { Valve.ReactorCoolant, Valve.CondenserCoolant, Valve.CompressorRecycle })
                    process[valve] += step % 2 == 0 ? 1 : -1;
                process.Advance(60);
            }
            return process.States.ToArray();
        }
        var undisturbed = Run(null);
        Assert.All(Enum.GetValues<ProcessDisturbance>(), one => Assert.NotEqual(undisturbed, Run(one)));
    }
}
