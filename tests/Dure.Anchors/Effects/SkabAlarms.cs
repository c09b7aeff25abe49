using Dure.Anchors.Learn;
using Dure.Effects;
using Dure.Learn;
using Xunit;

namespace Dure.Anchors.Effects;

/// <summary>The recorded test bed, watched by a model and by static limits at mean ± 3 sigma.</summary>
public sealed class SkabAlarms(ITestOutputHelper output)
{
    [Fact]
    public void Every_figure_has_an_interval_and_a_finding_in_words()
    {
        var machines = SkabFiles.Labelled().Select(r => new MachineAlarms(r.Machine, r.HeldOutTimes, r.HeldOutTruth,
            SkabFiles.Judge(r, new Mewma { LimitMultiplier = 4 }).Alarms,
            StaticLimits.Fit(r.Commissioning, SkabFiles.Columns).Alarms(r.HeldOut))).ToArray();
        var result = new AlarmStudy().Evaluate(machines);
        output.WriteLine($"{result.Machines} machines, {result.Events.Count} faults, {result.HealthyHours:0.00} fault-free hours, undetected {result.UndetectedByTreated} / {result.UndetectedByBaseline}");
        foreach (var m in result.Metrics)
        {
            output.WriteLine($"{m.Name,-22} {Shown(m.Treated)}  static {Shown(m.Baseline)}  difference {Shown(m.Difference)} {m.Unit}: {m.FindingInWords}");
            Assert.All([m.Treated, m.Baseline, m.Difference], i => Assert.True(i.Low <= i.Estimate && i.Estimate <= i.High, m.Name));
        }
        Assert.Equal(34, result.Machines);
    }

    private static string Shown(Interval i) => $"{i.Estimate:0.###} ({i.Low:0.###} to {i.High:0.###})";
}
