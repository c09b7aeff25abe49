using Dure.Historian.Watching;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Watching;

/// <summary>Each fault alone, at a known place of a signal that is otherwise clean: found there, and nothing else.</summary>
public sealed class InjectedFaultTests
{
    private const int Rows = 8000;
    private const int At = 5003;
    private const long Second = MadeSignal.Second;

    private static long TimeOf(int row) => MadeSignal.Start + row * Second;

    [Fact]
    public void A_gap_is_found_from_the_last_sample_before_to_the_first_after()
    {
        var made = MadeSignal.Noise(Rows, 1);
        made.RemoveRange(At, 10);

        var found = Only(FaultKind.Gap, made.Watch());

        Assert.Equal((TimeOf(At - 1), TimeOf(At + 10), 10L), (found.FromMicros, found.ToMicros, found.Count));
    }

    [Fact]
    public void Three_lost_samples_are_a_gap_and_two_only_lower_the_completeness()
    {
        var three = MadeSignal.Noise(Rows, 1);
        three.RemoveRange(At, 3);
        var two = MadeSignal.Noise(Rows, 1);
        two.RemoveRange(At, 2);

        Only(FaultKind.Gap, three.Watch());
        var quality = two.Watch();
        Assert.Empty(quality.Findings);
        Assert.Equal(2, quality.Total.Missing);
    }

    [Fact]
    public void A_gap_that_late_samples_fill_is_none()
    {
        var made = MadeSignal.Noise(Rows, 1);
        var (times, values) = (made.Times.GetRange(At, 20), made.Values.GetRange(At, 20));
        made.RemoveRange(At, 20);
        for (var i = 0; i < times.Count; i++)
            made.Add(times[i], values[i], received: made.Received[^1]);

        var quality = made.Watch();

        var late = Only(FaultKind.OutOfOrder, quality);
        Assert.Equal(20, late.Count);
        Assert.Equal((0L, 20L), (quality.Total.Missing, quality.Total.Late));
    }

    [Fact]
    public void A_value_that_stands_still_is_found_where_it_began_to()
    {
        var made = MadeSignal.Noise(Rows, 2);
        for (var i = At; i < At + 200; i++)
            made.Values[i] = made.Values[At];

        var found = Only(FaultKind.FlatLine, made.Watch());

        Assert.Equal(TimeOf(At), found.FromMicros);
        Assert.InRange(found.ToMicros, TimeOf(At + 199), TimeOf(At + 199 + 16));
        Assert.InRange(found.Count, 200, 216);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_spike_of_some_samples_is_found_in_place(int width)
    {
        for (var at = At; at < At + 20; at++)
        {
            var made = MadeSignal.Noise(Rows, at);
            for (var i = at; i < at + width; i++)
                made.Values[i] += 20;

            var found = Only(FaultKind.Spike, made.Watch());

            Assert.Equal((TimeOf(at), TimeOf(at + width - 1), (long)width), (found.FromMicros, found.ToMicros, found.Count));
        }
    }

    [Fact]
    public void A_step_to_another_level_is_no_spike()
    {
        var made = MadeSignal.Noise(Rows, 3);
        for (var i = At; i < Rows; i++)
            made.Values[i] += 17;

        Assert.Empty(made.Watch().Findings);
    }

    [Fact]
    public void Values_outside_the_engineering_range_are_found()
    {
        var made = MadeSignal.Of(Rows, i => 50 + 10 * Math.Sin(0.001 * i));
        var above = Enumerable.Range(0, Rows).Where(i => made.Values[i] > 59.5).ToArray();

        var quality = made.Watch(new WatchLimits(Low: 0, High: 59.5));

        Assert.All(quality.Findings, found => Assert.Equal(FaultKind.OutOfRange, found.Kind));
        Assert.Equal(above.Length, quality.Findings.Sum(found => found.Count));
        Assert.Equal(TimeOf(above[0]), quality.Findings[0].FromMicros);
        Assert.Equal(TimeOf(above[^1]), quality.Findings[^1].ToMicros);
        Assert.Equal(above.Length, quality.Total.Invalid);
    }

    [Fact]
    public void A_value_that_moves_faster_than_declared_is_found()
    {
        var made = MadeSignal.Of(Rows, i => 0.01 * i + (i >= At ? 0.05 : 0));

        var found = Only(FaultKind.RateOfChange, made.Watch(new WatchLimits(MaxPerSecond: 0.02)));

        Assert.Equal((TimeOf(At - 1), TimeOf(At)), (found.FromMicros, found.ToMicros));
    }

    [Fact]
    public void A_sample_sent_twice_is_a_duplicate()
    {
        var made = MadeSignal.Noise(Rows, 4);
        made.Times.Insert(At, made.Times[At]);
        made.Values.Insert(At, made.Values[At]);
        made.Qualities.Insert(At, Quality.Good);
        made.Received.Insert(At, made.Received[At]);

        var quality = made.Watch();

        var found = Only(FaultKind.Duplicate, quality);
        Assert.Equal((TimeOf(At), 1L, 1L), (found.FromMicros, found.Count, quality.Total.Redundant));
    }

    [Fact]
    public void Two_values_with_one_stamp_are_in_conflict()
    {
        var made = MadeSignal.Noise(Rows, 4);
        made.Times[At] = made.Times[At - 1];

        var quality = made.Watch();

        Assert.Equal(TimeOf(At - 1), Assert.Single(quality.Findings, found => found.Kind == FaultKind.ConflictingDuplicate).FromMicros);
        Assert.All(quality.Findings, found => Assert.True(found.Kind is FaultKind.ConflictingDuplicate));
    }

    [Fact]
    public void Samples_that_came_after_newer_ones_are_told_with_their_delay()
    {
        var made = MadeSignal.Noise(Rows, 5);
        (made.Times[At], made.Times[At + 12]) = (made.Times[At + 12], made.Times[At]);

        var quality = made.Watch();

        var found = Assert.Single(quality.Findings, found => found.Kind == FaultKind.OutOfOrder);
        Assert.Equal(TimeOf(At), found.FromMicros);
        Assert.Equal(12, found.After, 1e-9);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(-200)]
    public void A_clock_that_runs_fast_or_slow_is_found_with_its_rate(double partsPerMillion)
    {
        var random = new Random(6);
        var made = new MadeSignal();
        for (var i = 0; i < 3 * 3600; i++)
            made.Add(TimeOf(i), MadeSignal.Gauss(random), received: TimeOf(i) - (long)(partsPerMillion * i) + 5 * Second + (long)(-20_000 * Math.Log(1 - random.NextDouble())));

        var found = Only(FaultKind.ClockDrift, made.Watch());

        Assert.Equal(partsPerMillion, found.After, 20.0);
    }

    [Theory]
    [InlineData(-1_800)]
    [InlineData(90)]
    public void A_clock_that_was_set_is_found(int secondsAhead)
    {
        var random = new Random(7);
        var made = new MadeSignal();
        for (var i = 0; i < 3 * 3600; i++)
            made.Add(TimeOf(i) + (i >= At ? secondsAhead * Second : 0), MadeSignal.Gauss(random), received: TimeOf(i) + 100 * Second + random.Next(50_000));

        var found = Assert.Single(made.Watch().Findings, found => found.Kind == FaultKind.ClockJump);

        Assert.Equal(secondsAhead, found.Before - found.After, 1.0);
        Assert.InRange(found.FromMicros, TimeOf(At + secondsAhead - 10), TimeOf(At + secondsAhead + 1300));
    }

    [Fact]
    public void A_stamp_from_the_future_is_found()
    {
        var made = MadeSignal.Noise(Rows, 8);
        made.Received[^1] = made.Times[^1] - 30 * Second;

        var found = Only(FaultKind.FutureStamp, made.Watch());

        Assert.Equal((TimeOf(Rows - 1), 1L), (found.FromMicros, found.Count));
        Assert.Equal(30, found.After, 1e-6);
    }

    [Theory]
    [InlineData(10, 0)]
    [InlineData(0.1, 0)]
    [InlineData(1000, 0)]
    [InlineData(25.4, 0)]
    [InlineData(6.895, 0)]
    [InlineData(1.8, 32)]
    public void A_level_in_another_unit_is_found_with_the_slip(double factor, double offset)
    {
        var made = MadeSignal.Noise(Rows, 9, level: 60, spread: 0.2);
        for (var i = At; i < Rows; i++)
            made.Values[i] = factor * made.Values[i] + offset;

        var found = Only(FaultKind.UnitMismatch, made.Watch(new WatchLimits(IsTemperature: offset != 0)));

        Assert.Equal(TimeOf(At), found.FromMicros);
        Assert.InRange(found.ToMicros, TimeOf(Rows - 300), TimeOf(Rows - 1));
        Assert.Equal(factor, UnitSlip.Nearest(found.Before, found.After)!.Factor, 1e-2);
    }

    [Fact]
    public void A_unit_that_is_put_right_again_ends_the_finding()
    {
        var made = MadeSignal.Noise(Rows, 9, level: 60, spread: 0.2);
        for (var i = At; i < At + 1000; i++)
            made.Values[i] *= 10;

        var found = Only(FaultKind.UnitMismatch, made.Watch());

        Assert.Equal(TimeOf(At), found.FromMicros);
        Assert.Equal(TimeOf(At + 1000), found.ToMicros);
    }

    [Fact]
    public void A_machine_that_starts_is_no_unit_mismatch()
    {
        var made = MadeSignal.Noise(Rows, 10, level: 5, spread: 0.2);
        for (var i = At; i < Rows; i++)
            made.Values[i] += 45; // ten times the level, the same noise

        Assert.Empty(made.Watch().Findings);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(0.15)]
    public void Noise_that_grows_or_shrinks_is_found(double factor)
    {
        var made = MadeSignal.Noise(Rows, 11, level: 0);
        for (var i = At; i < Rows; i++)
            made.Values[i] *= factor;

        var found = Only(FaultKind.NoiseChange, made.Watch());

        Assert.InRange(found.FromMicros, TimeOf(At - 256), TimeOf(At + 256));
        Assert.InRange(found.After / found.Before, factor * 0.6, factor * 1.6);
    }

    [Fact]
    public void A_value_that_is_cut_off_is_found_at_its_limit()
    {
        var random = new Random(12);
        var made = MadeSignal.Of(Rows, i => Math.Min(i < At ? double.MaxValue : 57.0, 50 + 10 * Math.Sin(0.15 * i) + 0.2 * MadeSignal.Gauss(random)));

        var found = Only(FaultKind.Saturation, made.Watch());

        Assert.Equal(57.0, found.After);
        Assert.InRange(found.FromMicros, TimeOf(At), TimeOf(At + 600));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 3)]
    public void A_resolution_that_changes_is_found(int digitsBefore, int digitsAfter)
    {
        var random = new Random(13);
        var level = 50.0;
        var made = MadeSignal.Of(Rows, i => Math.Round(level += MadeSignal.Gauss(random), i < At ? digitsBefore : digitsAfter));

        var found = Only(FaultKind.ResolutionChange, made.Watch());

        Assert.InRange(found.FromMicros, TimeOf(At - 256), TimeOf(At + 256));
        Assert.Equal(Math.Pow(10, -digitsAfter), found.After, 1e-6);
    }

    [Fact]
    public void Bad_and_uncertain_samples_are_found_and_bad_ones_do_not_count_as_complete()
    {
        var made = MadeSignal.Noise(Rows, 14);
        for (var i = At; i < At + 30; i++)
            (made.Values[i], made.Qualities[i]) = (double.NaN, Quality.Bad);

        var quality = made.Watch();

        var found = Only(FaultKind.NotGood, quality);
        Assert.Equal((TimeOf(At), TimeOf(At + 29), 30L, 30L), (found.FromMicros, found.ToMicros, found.Count, quality.Total.Special));
        Assert.Equal(1 - 30.0 / Rows, quality.Total.Completeness, 1e-9);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_value_that_is_no_number_is_found_and_disturbs_nothing(double value)
    {
        var made = MadeSignal.Noise(Rows, 15);
        made.Values[At] = value;

        Assert.Equal(TimeOf(At), Only(FaultKind.NotFinite, made.Watch()).FromMicros);
    }

    [Fact]
    public void Sampling_that_becomes_irregular_is_found()
    {
        var random = new Random(16);
        var made = MadeSignal.Of(Rows, _ => MadeSignal.Gauss(random), i => TimeOf(i) + (i < At ? 0 : (long)(0.8 * Second * random.NextDouble())));

        var found = Only(FaultKind.Jitter, made.Watch());

        Assert.InRange(found.FromMicros, TimeOf(At - 256), TimeOf(At + 256));
        Assert.InRange(found.After, 0.2, 0.4);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(2)]
    [InlineData(0.5)]
    public void A_period_that_changes_is_found_and_is_no_gap(double factor)
    {
        var random = new Random(17);
        var made = MadeSignal.Of(Rows, _ => MadeSignal.Gauss(random), i => TimeOf(Math.Min(i, At)) + (long)(Math.Max(0, i - At) * factor * Second));

        var found = Only(FaultKind.PeriodChange, made.Watch());

        Assert.Equal((1.0, factor), (found.Before, found.After));
        Assert.InRange(found.FromMicros, TimeOf(At - 16), TimeOf(At) + (long)(48 * factor * Second));
    }

    private static SignalFinding Only(FaultKind kind, WatchedQuality quality)
    {
        Assert.True(quality.Findings is [var only] && only.Kind == kind,
            $"expected one {kind}, found: {string.Join(" | ", quality.Findings.Select(found => $"{found.Kind} rows {(found.FromMicros - MadeSignal.Start) / Second} to {(found.ToMicros - MadeSignal.Start) / Second}: {found.Evidence()}"))}");
        return quality.Findings[0];
    }
}
