using Dure.Learn;
using Xunit;

namespace Dure.Anchors.Learn;

/// <summary>SKAB with every number of the recipe chosen on the other groups of faults: what a plant may expect of faults nobody has seen.
/// The form of the recipe (shrinkage, recovery) was thought out with all groups in view; clipping readings, limits that widen for signals that
/// wander, and leaving the temperatures out were tried on the way and did not help beyond it.</summary>
public sealed class SkabRecovery(ITestOutputHelper output)
{
    private const double MostFalseAlarms = 25, MostMissedAlarms = 16;

    // 200 recipes with 11 limits each. Burn-ins: five time constants as Mewma has, and half of that.
    private static readonly RecoveringMewma[] Portfolio =
    [
        .. from weight in new[] { 0.03, 0.05, 0.08, 0.12, 0.2 }
           from shrinkage in new[] { 0, 0.1, 0.25, 0.5 }
           from recovery in new[] { 0, 0.02, 0.05, 0.1, 0.2 }
           from burnIn in new[] { 2.5, 5 }
           select new RecoveringMewma { Weight = weight, Shrinkage = shrinkage, Recovery = recovery, BurnIn = burnIn },
    ];

    private static readonly double[] Limits = [.. new RecoveringMewma().LimitMultipliers];

    [Fact]
    public void A_recipe_chosen_on_other_faults_reaches_F1_0_83_with_few_false_and_missed_alarms()
    {
        var recordings = SkabFiles.Labelled();
        var counts = Count(recordings);
        var judged = new List<JudgedMachine>();
        foreach (var group in recordings.Select(r => r.Group).Distinct())
        {
            var (recipe, others) = Best(counts, recordings, r => r.Group != group);
            JudgedMachine[] own = [.. recordings.Where(r => r.Group == group).Select(r => SkabFiles.Judge(r, recipe))];
            judged.AddRange(own);
            output.WriteLine($"{group,-7} by the other groups ({Text(others)}): {Text(recipe)} -> {Text(Pool(own))}");
        }
        var result = AnomalyProtocol.Evaluate("leave one group out", judged, AnomalyProtocol.Seed);
        foreach (var row in (ProtocolRow[])[result.Pooled, .. result.Groups, .. AnomalyProtocol.Dummies(judged, AnomalyProtocol.Seed)])
            output.WriteLine($"{row.Name,-20} F1 {row.F1.Value:0.000} ({row.F1.Low:0.000}-{row.F1.High:0.000})  FAR {row.FalseAlarmPercent.Value:0.0}  MAR {row.MissedAlarmPercent.Value:0.0}");
        var (picked, optimistic) = Best(counts, recordings, _ => true);
        output.WriteLine($"optimistic, picked on all groups: {Text(picked)} -> {Text(optimistic)}");
        Assert.True(result.Pooled.F1.Value >= 0.83, $"F1 {result.Pooled.F1.Value:0.000}");
        Assert.InRange(result.Pooled.FalseAlarmPercent.Value, 0, MostFalseAlarms);
        Assert.InRange(result.Pooled.MissedAlarmPercent.Value, 0, MostMissedAlarms);
        // What the recipe offers to others by default is the pick on all groups.
        Assert.Equal(Text(new RecoveringMewma { LimitMultiplier = 16 }), Text(picked));
    }

    // [recipe * limits + limit][recording]
    private static AlarmCounts[][] Count(IReadOnlyList<SkabFiles.Recording> recordings)
    {
        var counts = new AlarmCounts[Portfolio.Length * Limits.Length][];
        Parallel.For(0, Portfolio.Length, i =>
        {
            var fitted = recordings.Select(r => Portfolio[i].Fit(r.Commissioning, SkabFiles.Columns)).ToArray();
            for (var limit = 0; limit < Limits.Length; limit++)
                counts[i * Limits.Length + limit] = [.. fitted.Zip(recordings, (detector, r) =>
                    AlarmCounts.Of(r.HeldOutTruth, [.. detector.WithLimitMultiplier(Limits[limit]).Score(r.HeldOut).Select(s => s > 1)]))];
        });
        return counts;
    }

    /// <summary>The highest F1, less a hundredth for each percent of alarms beyond what is allowed.</summary>
    private static (RecoveringMewma Recipe, AlarmCounts Counts) Best(AlarmCounts[][] counts, IReadOnlyList<SkabFiles.Recording> recordings, Func<SkabFiles.Recording, bool> judgedBy)
    {
        var pooled = counts.Select(c => c.Zip(recordings).Where(p => judgedBy(p.Second)).Aggregate(default(AlarmCounts), (sum, p) => sum + p.First)).ToArray();
        var best = pooled.Index().MaxBy(p => p.Item.F1 - 0.01 * Math.Max(0, p.Item.FalseAlarmPercent - MostFalseAlarms) - 0.01 * Math.Max(0, p.Item.MissedAlarmPercent - MostMissedAlarms));
        return (Portfolio[best.Index / Limits.Length] with { LimitMultiplier = Limits[best.Index % Limits.Length] }, best.Item);
    }

    private static AlarmCounts Pool(IEnumerable<JudgedMachine> machines) => machines.Aggregate(default(AlarmCounts), (sum, m) => sum + AlarmCounts.Of(m.Truth, m.Alarms));

    private static string Text(AlarmCounts c) => $"F1 {c.F1:0.000} FAR {c.FalseAlarmPercent:0.0} MAR {c.MissedAlarmPercent:0.0}";

    private static string Text(RecoveringMewma r) => $"weight {r.Weight}, shrinkage {r.Shrinkage}, recovery {r.Recovery}, burn-in {r.BurnIn}, limit x{r.LimitMultiplier}";
}
