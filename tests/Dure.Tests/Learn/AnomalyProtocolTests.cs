using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn;

public sealed class AnomalyProtocolTests
{
    [Fact]
    public void Rates_follow_from_the_counts()
    {
        var counts = new AlarmCounts(8, 2, 4, 6);
        Assert.Equal(8 / 11.0, counts.F1, 12);
        Assert.Equal(25, counts.FalseAlarmPercent, 12);
        Assert.Equal(100 / 3.0, counts.MissedAlarmPercent, 12);
    }

    [Fact]
    public void Counts_are_pooled_over_machines_not_averaged()
    {
        var result = AnomalyProtocol.Evaluate("d", [Machine("a", "g", "110", "100"), Machine("b", "h", "1111110", "1111111")], 1);
        Assert.Equal(new AlarmCounts(7, 1, 1, 1), result.Pooled.Counts);
        Assert.Equal(["g", "h"], result.Groups.Select(g => g.Name));
    }

    [Fact]
    public void Each_fault_has_its_delay_or_none()
    {
        var result = AnomalyProtocol.Evaluate("d", [Machine("a", "g", "0111001100", "0001000000")], 1);
        Assert.Equal([2.0, null], result.Events.Select(e => e.DelaySeconds));
        Assert.Equal(1, result.DetectedEvents);
    }

    [Fact]
    public void Dummies_alarm_never_always_and_as_often_as_the_detector()
    {
        var machines = new[] { Machine("a", "g", new string('1', 500) + new string('0', 500), string.Concat(Enumerable.Repeat("1000", 250))) };
        var rows = AnomalyProtocol.Dummies(machines, 1);
        Assert.Equal(0, rows[0].Counts.F1);
        Assert.Equal(2 / 3.0, rows[1].Counts.F1, 12);
        Assert.Equal(250, rows[2].Counts.TruePositives + rows[2].Counts.FalsePositives, 40.0);
    }

    [Fact]
    public void The_interval_holds_the_figure_and_repeats_for_a_seed()
    {
        var machines = Enumerable.Range(0, 12).Select(i => Machine($"m{i}", "g", "00111000", i % 3 == 0 ? "00000000" : "00011100")).ToArray();
        var (a, b) = (AnomalyProtocol.Evaluate("d", machines, 5).Pooled, AnomalyProtocol.Evaluate("d", machines, 5).Pooled);
        Assert.Equal(a.F1, b.F1);
        Assert.InRange(a.F1.Value, a.F1.Low, a.F1.High);
    }

    private static JudgedMachine Machine(string asset, string group, string truth, string alarms) =>
        new(asset, group, [.. Enumerable.Range(0, truth.Length).Select(i => i * 1_000_000L)], [.. truth.Select(c => c == '1')], [.. alarms.Select(c => c == '1')]);
}
