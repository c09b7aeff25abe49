using Dure.Datasets;
using Dure.Historian.Watching;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Datasets;

public sealed class QualityTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void A_gap_is_found_with_the_share_of_time_that_is_covered()
    {
        long[] times = [.. Enumerable.Range(0, 50).Select(i => i * Second), .. Enumerable.Range(150, 51).Select(i => i * Second)];
        var nominal = TimeChecks.NominalPeriod(times);
        var gaps = TimeChecks.Gaps(times, nominal);
        Assert.Equal(Second, nominal);
        Assert.Equal((1, 101 * Second, 49 * Second), (gaps.Count, gaps.Longest, gaps.LongestAt));
        Assert.Equal(0.5, gaps.Covered, 1e-9);
    }

    [Fact]
    public void Time_going_back_and_repeated_stamps_are_counted_as_they_arrive()
    {
        long[] times = [0, Second, Second, 2 * Second, Second, 3 * Second];
        Assert.Equal(1, TimeChecks.Duplicates(times));
        Assert.Equal((1, Second), TimeChecks.Backward(times));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(9)]
    public void A_clock_set_by_whole_hours_is_found(int hours)
    {
        long[] times = [.. Enumerable.Range(0, 50).Select(i => i * Second), .. Enumerable.Range(50, 50).Select(i => (i + hours * 3600L) * Second)];
        Assert.Equal((1, hours, 49 * Second), TimeChecks.ClockJumps(times, Second));
    }

    [Fact]
    public void A_stuck_sensor_is_found_and_a_coarse_one_is_not()
    {
        var random = new Random(1);
        var stuck = Enumerable.Range(0, 500).Select(i => i is >= 200 and < 300 ? 5 : random.NextDouble()).ToArray();
        var coarse = Enumerable.Range(0, 500).Select(_ => (double)random.Next(2)).ToArray();

        var found = ValueChecks.LongestFlat(stuck);
        var usual = ValueChecks.LongestFlat(coarse);

        Assert.Equal((100, 200), (found.Length, found.Start));
        Assert.True(found.Length > 3 * found.Expected);
        Assert.True(usual.Length < 3 * usual.Expected);
    }

    [Fact]
    public void A_planted_spike_is_the_worst_found()
    {
        var random = new Random(2);
        var values = Enumerable.Range(0, 400).Select(i => Math.Sin(i / 30.0) + 0.05 * random.NextDouble()).ToArray();
        values[123] += 3;
        var spikes = ValueChecks.Spikes(values);
        Assert.Equal(123, spikes.WorstAt);
        Assert.True(spikes.Worst > 8);
    }

    [Fact]
    public void A_single_departure_from_a_constant_is_a_spike_though_the_deviation_is_zero()
    {
        var values = Enumerable.Repeat(1.0, 60).ToArray();
        values[30] = 1.1;
        Assert.Equal((1, 30), (ValueChecks.Spikes(values).Count, ValueChecks.Spikes(values).WorstAt));
    }

    [Theory]
    [InlineData(68, "°F read as °C")]
    [InlineData(200, "a factor 10")]
    [InlineData(293.15, "K read as °C")]
    [InlineData(137.9, "kPa for psi")]
    public void An_asset_in_another_unit_stands_out_from_its_siblings(double median, string slip)
    {
        var found = UnitSuspicion.Find([(20, 0), (20.2, 0), (19.9, 0), (median, 0)]);
        Assert.Equal((3, slip), (Assert.Single(found).Index, found[0].Slip));
    }

    [Fact]
    public void Siblings_that_differ_among_themselves_raise_no_suspicion() => Assert.Empty(UnitSuspicion.Find([(1, 0), (10, 0), (100, 0), (1000, 0)]));

    [Fact]
    public void A_tenfold_level_without_tenfold_noise_is_no_slip_of_the_unit() => Assert.Empty(UnitSuspicion.Find([(20, 1), (20, 1), (20, 1), (200, 1)]));

    [Fact]
    public void The_flicker_of_a_coarse_sensors_last_digit_is_no_spike()
    {
        var random = new Random(4);
        var values = Enumerable.Range(0, 1000).Select(_ => random.Next(10) == 0 ? 32.0 : 31.0).ToArray();
        Assert.Equal(0, ValueChecks.Spikes(values).Count);
    }

    [Fact]
    public void Finding_spikes_and_flat_lines_does_not_depend_on_the_unit() =>
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var values = Enumerable.Range(0, 200).Select(_ => (double)random.Next(1000)).ToArray();
            var scaled = values.Select(value => 4 * value).ToArray(); // a power of two, so that no rounding differs
            return ValueChecks.Spikes(values).Count == ValueChecks.Spikes(scaled).Count && ValueChecks.LongestFlat(values) == ValueChecks.LongestFlat(scaled);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void No_values_at_all_break_a_check() =>
        Prop.ForAll<double[]>(values =>
        {
            var spikes = ValueChecks.Spikes(values);
            var flat = ValueChecks.LongestFlat(values);
            return spikes.Count <= values.Length && flat.Length <= values.Length && ValueChecks.NotFinite(values) <= values.Length && flat.Expected >= 1;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public async Task Every_planted_defect_is_in_the_report_and_the_worst_comes_first()
    {
        await using var node = await DatasetNode.Open();
        var random = new Random(3);
        foreach (var pump in new[] { "plant/a", "plant/b", "plant/c" })
        {
            await node.Ingest($"{pump}/Pressure", "bar", DatasetNode.Samples(500, i => 20 + random.NextDouble()), low: 0, high: 50);
            await node.Ingest($"{pump}/Temperature", "Cel", DatasetNode.Samples(500, i => (pump == "plant/c" ? 68 : 20) + random.NextDouble()));
        }
        var start = DatasetNode.Start;
        await node.Ingest("plant/a/Pressure", "bar", Enumerable.Range(100, 200).Select(i => new Sample(start.AddSeconds(i), 7)));
        await node.Ingest("plant/b/Pressure", "bar", [new Sample(start.AddSeconds(50), 99), new Sample(start.AddSeconds(60), 20.5, Quality.Uncertain), new Sample(start.AddSeconds(900), 20)]);
        var spec = DatasetNode.Spec() with { Assets = [.. new[] { "plant/a", "plant/b", "plant/c" }.Select(AssetId.Parse)], Signals = ["Pressure", "Temperature"], LabelSignal = null };

        var version = await node.Cut(spec);
        var report = node.Catalog.Quality(version);

        var kinds = report.Signals.ToDictionary(signal => $"{signal.Asset}/{signal.Signal}", signal => signal.Findings.Select(finding => finding.Key).ToHashSet());
        Assert.Contains(QualityKinds.FlatLine, kinds["plant/a/Pressure"]);
        Assert.Superset(new HashSet<string> { QualityKinds.Spikes, QualityKinds.OutOfRange, QualityKinds.NotGood, QualityKinds.Gaps }, kinds["plant/b/Pressure"]);
        Assert.Contains(QualityKinds.UnitMismatch, kinds["plant/c/Temperature"]);
        Assert.Contains(QualityKinds.Missing, kinds["plant/b/Temperature"]);
        Assert.Empty(kinds["plant/a/Temperature"]);
        Assert.Equal(report.Signals.Select(signal => signal.Score).Order(), report.Signals.Select(signal => signal.Score));
        Assert.Equal(report.Score, version.QualityScore);

        var watched = report.Signals.ToDictionary(signal => $"{signal.Asset}/{signal.Signal}", signal => signal.Watched!);
        var stuck = Assert.Single(watched["plant/a/Pressure"].Findings);
        Assert.Equal((FaultKind.FlatLine, start.AddSeconds(100), 200L), (stuck.Kind, stuck.From, stuck.Count));
        Assert.Equal(200, watched["plant/a/Pressure"].Total.Invalid);
        Assert.Equal(1, watched["plant/b/Pressure"].CountOf(FaultKind.Gap));
        Assert.Equal((1, 0), (watched["plant/a/Temperature"].Score, watched["plant/a/Temperature"].Findings.Count));
    }
}
