using Dure.Historian;
using Dure.Historian.Forwarding;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Forwarding;

public sealed class StreamCompressionTests
{
    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(2000);

    [Fact]
    public void Deadband_keeps_every_dropped_value_within_the_distance_of_the_sent_one_before_it() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var distance = random.NextDouble() * 3;
        var samples = Samples(random);
        var sent = Compressed(new Deadband(distance, null), samples);
        AssertFrame(samples, sent);
        foreach (var sample in samples.Where(sample => sample.Quality == Quality.Good))
        {
            var before = sent.Last(each => each.Time <= sample.Time);
            Assert.True(Math.Abs(before.Value - sample.Value) <= distance, $"seed {seed}, time {sample.Time}");
        }
    }).Check(Many);

    [Fact]
    public void Swinging_door_keeps_every_dropped_value_within_the_tolerance_of_the_line_between_the_sent_ones() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var tolerance = 0.01 + random.NextDouble() * 3;
        var samples = Samples(random);
        var sent = Compressed(new SwingingDoor(tolerance, null), samples);
        AssertFrame(samples, sent);
        foreach (var sample in samples.Where(sample => sample.Quality == Quality.Good))
        {
            var (before, after) = (sent.Last(each => each.Time <= sample.Time), sent.First(each => each.Time >= sample.Time));
            var share = after.Time == before.Time ? 0 : (double)(sample.Time - before.Time) / (after.Time - before.Time);
            var line = before.Value + share * (after.Value - before.Value);
            Assert.True(Math.Abs(line - sample.Value) <= tolerance * (1 + 1e-9) + 1e-9, $"seed {seed}, time {sample.Time}: {line} for {sample.Value}");
        }
    }).Check(Many);

    [Fact]
    public void No_two_sent_samples_of_a_steady_stream_are_farther_apart_than_the_longest_interval()
    {
        var samples = Enumerable.Range(0, 1000).Select(i => (Time: i * 1_000_000L, Value: 1.0, Quality: Quality.Good)).ToArray();
        foreach (var thin in new StreamCompression[] { new Deadband(0.5, TimeSpan.FromSeconds(60)), new SwingingDoor(0.5, TimeSpan.FromSeconds(60)) })
        {
            var sent = Compressed(thin, samples);
            Assert.True(sent.Count < 60);
            Assert.All(sent.Zip(sent.Skip(1)), pair => Assert.InRange(pair.Second.Time - pair.First.Time, 0, 60_000_000));
        }
    }

    [Fact]
    public void The_last_sample_before_a_jump_is_sent_so_that_no_slope_is_invented()
    {
        var samples = Enumerable.Range(0, 20).Select(i => ((long)i, i < 10 ? 1.0 : 9.0, Quality.Good)).ToArray();
        Assert.Equal([0L, 9, 10, 19], Compressed(new Deadband(0.5, null), samples).Select(sample => sample.Time));
        Assert.Equal([0L, 9, 10, 19], Compressed(new SwingingDoor(0.1, null), samples).Select(sample => sample.Time));
    }

    [Fact]
    public void A_straight_ramp_needs_only_its_ends()
    {
        var samples = Enumerable.Range(0, 1000).Select(i => (i * 1000L, i * 0.25, Quality.Good)).ToArray();
        Assert.Equal([0L, 999_000], Compressed(new SwingingDoor(0.01, null), samples).Select(sample => sample.Time));
    }

    [Fact]
    public void Samples_of_bad_quality_and_those_whose_time_goes_back_always_pass()
    {
        var bad = (3L, double.NaN, Quality.Bad);
        var back = (2L, 1.0, Quality.Good);
        var sent = Compressed(new SwingingDoor(10, null), [(0, 1, Quality.Good), (1, 1, Quality.Good), (2, 1, Quality.Good), bad, (4, 1, Quality.Good), back]);
        Assert.Contains(bad, sent);
        Assert.Equal(back, sent[^1]);
    }

    /// <summary>A random walk with plateaus, jumps, ramps, irregular times and spells of bad quality.</summary>
    private static (long Time, double Value, Quality Quality)[] Samples(Random random)
    {
        var (time, value, slope) = (0L, 0.0, 0.0);
        return [.. Enumerable.Range(0, random.Next(1, 200)).Select(_ =>
        {
            time += random.Next(1, 5_000);
            slope = random.Next(10) == 0 ? random.NextDouble() - 0.5 : slope;
            value += slope + (random.Next(30) == 0 ? random.Next(-10, 10) : random.NextDouble() - 0.5);
            return random.Next(25) == 0 ? (time, double.NaN, Quality.Bad) : (time, value, Quality.Good);
        })];
    }

    private static List<(long Time, double Value, Quality Quality)> Compressed(StreamCompression thin, (long Time, double Value, Quality Quality)[] samples)
    {
        var sink = new SignalBlock("a/b", null);
        foreach (var (time, value, quality) in samples)
            thin.Offer(time, value, quality, sink);
        thin.Flush(sink);
        return [.. Enumerable.Range(0, sink.Count).Select(i => (sink.TimesMicros[i], sink.Values[i], sink.Qualities[i]))];
    }

    /// <summary>Sent samples are given ones, in order, none twice, with the first and the last among them.</summary>
    private static void AssertFrame((long Time, double Value, Quality Quality)[] samples, List<(long Time, double Value, Quality Quality)> sent)
    {
        Assert.Subset(samples.ToHashSet(), sent.ToHashSet());
        Assert.Equal(sent.Select(sample => sample.Time).Distinct().Order(), sent.Select(sample => sample.Time));
        Assert.Equal((samples[0], samples[^1]), (sent[0], sent[^1]));
        Assert.Equal(samples.Count(sample => sample.Quality == Quality.Bad), sent.Count(sample => sample.Quality == Quality.Bad));
    }
}
