using Dure.Effects;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Effects;

public sealed class AlarmStudyTests
{
    private const bool T = true, F = false;

    [Fact]
    public void An_event_is_detected_when_an_alarm_falls_within_it()
    {
        var result = Study(Machine([F, F, T, T, T, F], treated: [F, F, F, T, T, F], baseline: [F, T, F, F, F, T]));
        Assert.Equal(1, result.Metric("detection-rate").Treated.Estimate);
        Assert.Equal(0, result.Metric("detection-rate").Baseline.Estimate);
        Assert.Equal(1, result.Events.Single().TreatedDelaySeconds);
    }

    [Fact]
    public void An_undetected_event_counts_with_its_whole_length()
    {
        var result = Study(Machine([F, F, T, T, T, F], treated: [F, F, F, T, T, F], baseline: [F, F, F, F, F, F]));
        Assert.Equal(1, result.UndetectedByBaseline);
        Assert.Equal(3, result.Metric("lead-time").Baseline.Estimate);
        Assert.Equal(2, result.Metric("lead-time").Difference.Estimate);
    }

    [Fact]
    public void An_alarm_that_outlasts_a_fault_is_no_new_false_alarm()
    {
        var result = Study(Machine([F, T, T, F, F, F], treated: [F, F, T, T, F, T], baseline: [F, F, F, F, F, F]));
        // One onset in four healthy seconds.
        Assert.Equal(900, result.Metric("false-alarms-per-hour").Treated.Estimate, 9);
        Assert.Equal(0.5, result.Metric("false-alarm-rate").Treated.Estimate);
    }

    [Fact]
    public void A_chattering_alarm_counts_once_when_steadied()
    {
        bool[] chatter = [.. Enumerable.Range(0, 60).Select(i => i % 5 != 4)];
        var result = Study(Machine(new bool[60], treated: chatter, baseline: new bool[60]));
        Assert.Equal(12 * 60, result.Metric("false-alarms-per-hour").Treated.Estimate, 9);
        Assert.Equal(60, result.Metric("steadied-false-alarms-per-hour").Treated.Estimate, 9);
    }

    [Fact]
    public void A_gap_in_the_recording_is_no_watching_time()
    {
        var machine = Machine([F, F, F, F, T, F], treated: [F, F, F, F, F, F], baseline: [F, F, F, F, F, F]);
        machine.TimesMicros[5] += 3_600_000_000;
        Assert.Equal(5.0 / 3600, Study(machine).HealthyHours, 12);
    }

    [Fact]
    public void The_metric_in_which_the_new_way_is_worse_says_worse()
    {
        var machines = Enumerable.Range(0, 8).Select(i => Machine([F, F, F, F, T, T], treated: [F, T, F, T, T, T], baseline: [F, F, F, F, F, T], $"m{i}"));
        var result = Study([.. machines]);
        Assert.Equal(Finding.Worse, result.Metric("false-alarms-per-hour").Finding);
        Assert.Equal("worse", result.Metric("false-alarms-per-hour").FindingInWords);
        Assert.Equal(Finding.Better, result.Metric("lead-time").Finding);
        Assert.Equal(Finding.NoDifferenceShown, result.Metric("detection-rate").Finding);
    }

    [Fact]
    public void The_same_alarms_twice_show_no_difference()
    {
        var machines = Enumerable.Range(0, 5).Select(i => Machine([F, F, T, T], [F, T, F, T], [F, T, F, T], $"m{i}"));
        Assert.All(Study([.. machines]).Metrics, m => Assert.Equal(Finding.NoDifferenceShown, m.Finding));
    }

    [Fact]
    public void Swapping_the_two_ways_turns_every_difference_round()
    {
        var machine = Machine([F, F, T, T, F, T, T, T], [F, T, F, T, F, F, F, T], [F, F, T, T, T, F, F, F]);
        var swapped = machine with { Treated = machine.Baseline, Baseline = machine.Treated };
        Assert.All(Study(machine).Metrics.Zip(Study(swapped).Metrics), pair =>
            Assert.Equal(pair.First.Difference.Estimate, -pair.Second.Difference.Estimate, 9));
    }

    [Fact]
    public void Times_that_go_back_are_refused_naming_the_machine()
    {
        var machine = Machine([F, T, F], [F, F, F], [F, F, F], "pump/7");
        machine.TimesMicros[2] = 0;
        machine.TimesMicros[1] = 5;
        var problem = Assert.Throws<ProblemException>(() => Study(machine)).Problem;
        Assert.Contains("pump/7", problem.Where, StringComparison.Ordinal);
    }

    [Fact]
    public void Static_limits_alarm_outside_mean_and_three_sigma_only()
    {
        double[] rows = [.. Enumerable.Range(0, 100).SelectMany(i => new[] { i % 2 == 0 ? 1.0 : -1.0, 5.0 })];
        var limits = StaticLimits.Fit(rows, 2);
        var sigma = Math.Sqrt(100.0 / 99);
        Assert.False(limits.IsOutside([2.99 * sigma, 5]));
        Assert.True(limits.IsOutside([3.01 * sigma, 5]));
        Assert.True(limits.IsOutside([0, 5.001]));
        Assert.False(limits.IsOutside([double.NaN, 5]));
    }

    private static AlarmStudyResult Study(params IReadOnlyList<MachineAlarms> machines) => new AlarmStudy(Resamples: 500).Evaluate(machines);

    private static MachineAlarms Machine(bool[] truth, bool[] treated, bool[] baseline, string name = "m") =>
        new(name, [.. Enumerable.Range(0, truth.Length).Select(i => i * 1_000_000L)], truth, treated, baseline);
}
