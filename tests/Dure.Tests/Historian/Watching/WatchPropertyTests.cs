using Dure.Historian;
using Dure.Historian.Watching;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Watching;

public sealed class WatchPropertyTests
{
    [Fact]
    public void Batches_of_any_size_give_the_same_findings_and_scores() =>
        Prop.ForAll<int>(seed =>
        {
            var made = Troubled(seed);
            var sizes = new Random(seed);
            return Same(made.Watch(), made.Watch(null, () => sizes.Next(1, 100)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void An_import_cut_anyhow_gives_the_same_findings_and_scores() =>
        Prop.ForAll<int>(seed =>
        {
            var made = Troubled(seed);
            for (var i = 0; i < made.Count; i++)
                made.Received[i] = 0;
            var sizes = new Random(seed);
            return Same(made.Import(), made.Watch(null, () => sizes.Next(1, 1000)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void A_snapshot_changes_nothing()
    {
        var made = Troubled(3);
        var watch = new SignalWatch(WatchLimits.None);
        for (var i = 0; i < made.Count; i++)
        {
            made.Observe(watch, i, 1);
            watch.Snapshot(made.Received[i]);
        }

        Assert.True(Same(made.Watch(), watch.Snapshot()));
    }

    [Fact]
    public void Merging_is_associative_and_an_empty_part_adds_nothing() =>
        Prop.ForAll<int>(seed =>
        {
            var (a, b, c) = (Troubled(seed).Watch(), Troubled(seed + 1).Watch(), Troubled(seed + 2).Watch());
            return Same(WatchedQuality.Merge(WatchedQuality.Merge(a, b), c), WatchedQuality.Merge(a, WatchedQuality.Merge(b, c)))
                && Same(WatchedQuality.Merge(a, WatchedQuality.Empty), a);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    [Fact]
    public void Any_doubles_any_times_and_any_order_are_judged_without_error() =>
        Prop.ForAll<double[], long[]>((values, times) =>
        {
            var watch = new SignalWatch(new WatchLimits(-1, 1, 1, null, IsTemperature: true));
            var random = new Random(values.Length);
            double[] odd = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue, double.Epsilon, -0.0];
            long[] extremes = [long.MinValue, long.MaxValue, 0, -1, MadeSignal.Start, MadeSignal.Start];
            for (var i = 0; i < 3000; i++)
            {
                var value = random.Next(3) == 0 || values.Length == 0 ? odd[random.Next(odd.Length)] : values[random.Next(values.Length)];
                var time = random.Next(9) == 0 || times.Length == 0 ? extremes[random.Next(extremes.Length)] : MadeSignal.Start + i * MadeSignal.Second + times[random.Next(times.Length)];
                watch.Observe([time], [value], [(Quality)random.Next(3)], random.Next(5) == 0 ? extremes[random.Next(extremes.Length)] : MadeSignal.Start + i * MadeSignal.Second);
            }
            var quality = watch.Snapshot(MadeSignal.Start);
            return quality.Score is >= 0 and <= 1 && quality.Findings.All(found => found.FromMicros <= found.ToMicros && found.Evidence().Length > 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    [Fact]
    public void Endless_faults_keep_few_findings_and_count_all()
    {
        var made = MadeSignal.Noise(200_000, 5);
        for (var i = 1000; i < made.Count; i += 500)
            made.Values[i] += 30;
        made.RemoveRange(150_000, 50);

        var quality = made.Watch();

        Assert.InRange(quality.Findings.Count, 2, 32);
        Assert.InRange(quality.CountOf(FaultKind.Spike), 390, 400);
        Assert.Equal(1, quality.CountOf(FaultKind.Gap));
        Assert.Contains(quality.Findings, found => found.Kind == FaultKind.Gap);
    }

    [Fact]
    public void A_healthy_signal_takes_about_a_kilobyte()
    {
        Assert.InRange(SignalWatch.StateBytes, 500, 1300);
        var watches = new SignalWatch[1000];
        var made = MadeSignal.Noise(300, 1);
        long[] times = [.. made.Times];
        double[] values = [.. made.Values];
        Quality[] qualities = [.. made.Qualities];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < watches.Length; i++)
        {
            watches[i] = new SignalWatch(WatchLimits.None);
            watches[i].Observe(times, values, qualities, 0);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / watches.Length, 500, 1400);
        GC.KeepAlive(watches);
    }

    [Fact]
    public void A_live_signal_that_falls_silent_has_a_gap_until_now()
    {
        var made = MadeSignal.Noise(1000, 2);
        var watch = new SignalWatch(WatchLimits.None);
        for (var i = 0; i < made.Count; i++)
            made.Observe(watch, i, 1);

        var now = made.Times[^1] + 600 * MadeSignal.Second;
        var found = Assert.Single(watch.Snapshot(now).Findings);

        Assert.Equal((FaultKind.Gap, made.Times[^1], now), (found.Kind, found.FromMicros, found.ToMicros));
        Assert.Empty(watch.Snapshot(made.Times[^1] + 2 * MadeSignal.Second).Findings);
    }

    internal static bool Same(WatchedQuality left, WatchedQuality right) =>
        left.Samples == right.Samples && left.PeriodSeconds.Equals(right.PeriodSeconds) && left.LastMicros == right.LastMicros
        && left.Windows.SequenceEqual(right.Windows) && left.Findings.SequenceEqual(right.Findings) && left.CountsByKind.SequenceEqual(right.CountsByKind);

    /// <summary>A stream with all kinds of trouble at chance places.</summary>
    internal static MadeSignal Troubled(int seed)
    {
        var random = new Random(seed);
        var made = MadeSignal.Noise(random.Next(800, 4000), seed, level: random.Next(100));
        for (var fault = 0; fault < 12; fault++)
        {
            var at = random.Next(made.Count - 60);
            var length = random.Next(1, 50);
            switch (random.Next(7))
            {
                case 0:
                    made.RemoveRange(at, length);
                    break;
                case 1:
                    made.Values[at] += 20;
                    break;
                case 2:
                    made.Values[at] = double.NaN;
                    break;
                case 3:
                    made.Qualities[at] = (Quality)random.Next(3);
                    break;
                case 4:
                    made.Times[at] = made.Times[random.Next(made.Count)];
                    break;
                case 5:
                    for (var i = 0; i < made.Count; i++)
                        made.Values[i] *= i >= at ? 10 : 1;
                    break;
                default:
                    for (var i = at; i < at + length; i++)
                        made.Values[i] = made.Values[at];
                    break;
            }
        }
        return made;
    }
}
