using System.Diagnostics;
using Dure.Learn;
using Xunit;

namespace Dure.Anchors.Learn;

/// <summary>SKAB v0.9, outlier task, official protocol; the leaderboard's best F1 is 0.78 (Conv-AE, MSET).</summary>
public sealed class SkabTable(ITestOutputHelper output)
{
    private static readonly Lazy<IReadOnlyList<SkabFiles.Recording>> Labelled = new(SkabFiles.Labelled);

    [Fact]
    public void The_protocol_counts_the_rows_SKAB_has_and_always_alarm_scores_0_698()
    {
        var machines = Labelled.Value.Select(r => new JudgedMachine(r.Machine, r.Group, r.HeldOutTimes, r.HeldOutTruth, new bool[r.HeldOutTruth.Length])).ToArray();
        var always = AnomalyProtocol.Dummies(machines, 1)[1];
        Assert.Equal(34, machines.Length);
        Assert.Equal(23_801, always.Counts.Rows);
        Assert.Equal(12_771, always.Counts.TruePositives);
        Assert.Equal(0.698, always.F1.Value, 0.0005);
    }

    // Measured elsewhere with the same recipe: weight 0.1, limit 4 times the commissioning maximum, F1 0.810, FAR 36.6, MAR 10.4.
    [Fact]
    public void Mewma_with_four_times_the_commissioning_maximum_repeats_its_known_figures()
    {
        var pooled = Evaluate(new Mewma { LimitMultiplier = 4 }).Pooled;
        Assert.Equal(0.810, pooled.F1.Value, 0.005);
        Assert.Equal(36.6, pooled.FalseAlarmPercent.Value, 0.5);
        Assert.Equal(10.4, pooled.MissedAlarmPercent.Value, 0.5);
    }

    [Fact]
    public void The_detector_chosen_without_labels_reaches_an_F1_of_0_80()
    {
        var selection = Select();
        foreach (var best in selection.Best)
        {
            var stopwatch = Stopwatch.StartNew();
            var result = Evaluate(best.Recipe);
            var elapsed = stopwatch.ElapsedMilliseconds;
            output.WriteLine($"{best.Recipe.Name} x{best.Recipe.LimitMultiplier}: balanced {best.BalancedAccuracy:0.000} on injected faults; {elapsed} ms for all machines; {result.DetectedEvents} of {result.Events.Count} faults met");
            foreach (var row in (ProtocolRow[])[result.Pooled, .. result.Groups])
                output.WriteLine($"  {row.Name,-17} F1 {row.F1.Value:0.000} ({row.F1.Low:0.000}-{row.F1.High:0.000})  FAR {row.FalseAlarmPercent.Value,5:0.0}  MAR {row.MissedAlarmPercent.Value,5:0.0}");
        }
        var chosen = Evaluate(selection.Chosen).Pooled;
        foreach (var row in AnomalyProtocol.Dummies(Judged(selection.Chosen), 1))
            output.WriteLine($"  {row.Name,-17} F1 {row.F1.Value:0.000}  FAR {row.FalseAlarmPercent.Value,5:0.0}  MAR {row.MissedAlarmPercent.Value,5:0.0}");
        Assert.True(chosen.F1.Value >= 0.80, $"{selection.Chosen.Name} x{selection.Chosen.LimitMultiplier} reaches {chosen.F1.Value:0.000}");
    }

    [Fact]
    public void All_34_machines_are_fitted_and_scored_within_a_second_by_the_chosen_detector()
    {
        // The best of five: what the work takes, not what else the machine is doing.
        var fastest = Enumerable.Range(0, 5).Min(_ =>
        {
            var stopwatch = Stopwatch.StartNew();
            Judged(new Mewma { LimitMultiplier = 4 });
            return stopwatch.ElapsedMilliseconds;
        });
        output.WriteLine($"{fastest} ms");
        Assert.True(fastest < 1000, $"{fastest} ms");
    }

    private static SelectionResult Select()
    {
        var faultFree = SkabFiles.FaultFree();
        var lengths = Labelled.Value.Select(r => r.HeldOutTruth.Length).Order().ToArray();
        HealthyTrial[] trials =
        [
            .. Labelled.Value.Select(r => HealthyTrial.FromCommissioning(r.Machine, r.Commissioning.ToArray(), SkabFiles.Columns)),
            .. HealthyTrial.FromReference("anomaly-free", faultFree.Rows, SkabFiles.Columns, AnomalyProtocol.CommissioningRows, lengths[lengths.Length / 2]),
        ];
        return new DetectorSelection(InjectedFault.Standard, 1).Run([.. new TrainingOptions().Recipes, new DynamicPca(), new CanonicalVariates()], trials, null, TestContext.Current.CancellationToken);
    }

    private static ProtocolResult Evaluate(AnomalyRecipe recipe) => AnomalyProtocol.Evaluate(recipe.Name, Judged(recipe), AnomalyProtocol.Seed);

    private static JudgedMachine[] Judged(AnomalyRecipe recipe) => [.. Labelled.Value.Select(r => SkabFiles.Judge(r, recipe))];
}
