using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Trees;
using Xunit;
using static Dure.Tests.Learn.Evaluation.LeakySets;

namespace Dure.Tests.Learn.Evaluation;

/// <summary>What the leak probes promise: they find what was put in, name it, and leave clean tables in peace.</summary>
public sealed class LeakTests(ITestOutputHelper output)
{
    private static readonly Random Chance = new(11);

    /// <summary>Each way in which the answer gets among the questions, with what must be found.</summary>
    private static readonly (string Name, LeakKind Kind, Func<LeakQuestion> Plant)[] Planted =
    [
        ("a series that was shuffled", LeakKind.SplitByChance, () => Shuffled(Clean(1, 1))),
        ("engines whose rows were shuffled", LeakKind.GroupOnBothSides, () => Shuffled(Clean(5, 1))),
        ("machines on both sides, no times", LeakKind.GroupOnBothSides, () => Shuffled(Clean(2, 1))),
        ("one machine on both sides", LeakKind.GroupOnBothSides, () => OneStray(Clean(2, 2))),
        ("copies of rows", LeakKind.DuplicateRows, () => Copied(Clean(4, 1), 0, share: 0.2)),
        ("copies with a little noise", LeakKind.DuplicateRows, () => Copied(Clean(3, 1), 1e-6, share: 0.2)),
        ("few copies", LeakKind.DuplicateRows, () => Copied(Clean(0, 1), 0, share: 0.03)),
        ("the target itself", LeakKind.SingleColumn, () => Derived(Clean(0, 2), (q, row) => q.Rows.Target.Labels[row])),
        ("the target, scaled and a little noisy", LeakKind.SingleColumn, () => Derived(Clean(4, 2), (q, row) => 30 - 4 * q.Rows.Target.Labels[row] + 0.2 * MadeTable.Normal(Chance))),
        ("the target through a curve", LeakKind.SingleColumn, () => Derived(Clean(0, 3), (q, row) => Math.Exp(q.Rows.Target.Labels[row] / 5))),
        ("the target of a slow series, a little noisy", LeakKind.SingleColumn, () => Derived(Clean(1, 2), (q, row) => q.Rows.Target.Labels[row] + 0.03 * MadeTable.Normal(Chance))),
        ("the target in coarse steps", LeakKind.SingleColumn, () => Derived(Clean(4, 11), (q, row) => Math.Round(q.Rows.Target.Labels[row] / 3))),
        ("the class as a number", LeakKind.SingleColumn, () => Derived(Clean(2, 3), (q, row) => q.Rows.Target.Labels[row] + 0.2 * MadeTable.Normal(Chance))),
        ("the class under other names", LeakKind.SingleColumn, () => Derived(Clean(3, 2), (q, row) => (3 * q.Rows.Target.Labels[row] + 2) % 5, isCategorical: true)),
        ("a part of the class", LeakKind.SingleColumn, () => Derived(Clean(2, 4), (q, row) => q.Rows.Target.Labels[row] == 1 && row % 5 == 0 ? 1 : 0)),
        ("a sum", LeakKind.Formula, () => Made(Clean(4, 3), (x, row) => x("air", row) + x("process", row))),
        ("a difference", LeakKind.Formula, () => Made(Clean(0, 4), (x, row) => x("x5", row) - x("x6", row))),
        ("a weighted sum of four", LeakKind.Formula, () => Made(Clean(4, 4), (x, row) => 0.3 * x("air", row) + 2 * x("torque", row) - 0.7 * x("wear", row) + 0.1 * x("speed", row) - 40)),
        ("a product", LeakKind.Formula, () => Made(Clean(4, 5), (x, row) => x("torque", row) * x("speed", row) / 9550)),
        ("a product of a sign that changes", LeakKind.Formula, () => Made(Clean(1, 3), (x, row) => x("load", row) * x("heat", row))),
        ("a ratio", LeakKind.Formula, () => Made(Clean(4, 6), (x, row) => 100 * x("torque", row) / x("speed", row))),
        ("a product of three, rounded", LeakKind.Formula, () => Made(Clean(4, 7), (x, row) => Math.Round(x("torque", row) * x("speed", row) * x("factor", row) / 1000, 1))),
        ("a right triangle", LeakKind.Formula, () => Made(Clean(4, 8), (x, row) => Math.Sqrt(9 * x("torque", row) * x("torque", row) + x("speed", row) * x("speed", row)))),
        ("active from reactive power, on two rows of three", LeakKind.Formula, () => Made(Clean(4, 9), (x, row) => row % 3 == 0 ? 50 * Chance.NextDouble() : x("torque", row) / Math.Tan(Math.Acos(Math.Min(99, x("factor", row)) / 100)))),
        ("heat from flow and two temperatures", LeakKind.Formula, () => Made(Clean(4, 10), (x, row) => 4.19 * x("torque", row) * (x("process", row) - x("air", row)))),
        ("the next value", LeakKind.LaterValues, () => Derived(Clean(1, 4), (q, row) => q.Rows.Target.Labels[Math.Min(row + 1, q.Rows.Count - 1)])),
        ("the value of a dozen rows later", LeakKind.LaterValues, () => Derived(Clean(1, 5), (q, row) => q.Rows.Target.Labels[Math.Min(row + 12, q.Rows.Count - 1)])),
        ("a centred mean", LeakKind.LaterValues, () => Derived(Clean(1, 6), (q, row) => Enumerable.Range(-3, 7).Average(by => q.Rows.Target.Labels[Math.Clamp(row + by, 0, q.Rows.Count - 1)]))),
        ("rows that were known later", LeakKind.KnownTooLate, () => Clean(1, 7) is var q ? q with { KnownAtMicros = Array.ConvertAll(q.Known.TimesMicros!, time => time + 1) } : q),
        ("rows of the future", LeakKind.KnownTooLate, () => Clean(1, 8) with { Now = DateTimeOffset.UnixEpoch.AddMinutes(2000) }),
        ("a number of rows that were sorted", LeakKind.Identifier, () => Sorted(Clean(0, 5))),
        ("a number of rows, one class after the other", LeakKind.Identifier, () => Sorted(Clean(3, 3))),
        ("a cost that is written down after a failure", LeakKind.FilledWithTarget, () => Derived(Clean(2, 5), (q, row) => q.Rows.Target.Labels[row] == 1 ? 100 * Chance.NextDouble() : double.NaN)),
        ("a cost that is written down after some failures", LeakKind.FilledWithTarget, () => Derived(Clean(2, 6), (q, row) => q.Rows.Target.Labels[row] == 1 && row % 3 == 0 ? 100 * Chance.NextDouble() : double.NaN)),
        ("a remark on everything above a limit", LeakKind.FilledWithTarget, () => TwoLevels(Clean(0, 6))),
        ("a number for each machine", LeakKind.NamesGroup, () => Derived(Clean(2, 7), (q, row) => 1000 + 17 * q.Known.Groups![row])),
    ];

    [Fact]
    public void Every_planted_leak_is_found_and_named()
    {
        Assert.True(Planted.Length >= 30);
        var missed = new List<string>();
        foreach (var (name, kind, plant) in Planted)
        {
            var findings = LeakProbes.Of(plant(), TestContext.Current.CancellationToken);
            output.WriteLine($"{name}: {string.Join("; ", findings.Select(finding => $"{finding.Kind} {string.Join('+', finding.Columns)} {finding.What}"))}");
            if (!findings.Any(finding => finding.Kind == kind))
                missed.Add($"{name}: {string.Join(", ", findings.Select(finding => finding.Kind))}");
        }
        Assert.Empty(missed);
    }

    [Fact, Trait("Speed", "Slow")]
    public void Thirty_clean_tables_give_one_false_alarm_at_most()
    {
        var alarms = Enumerable.Range(0, 30).SelectMany(i => LeakProbes.Of(Clean(i % Kinds, 100 + i), TestContext.Current.CancellationToken).Select(finding => $"kind {i % Kinds}, seed {100 + i}: {finding.Kind} {string.Join('+', finding.Columns)} {finding.What}")).ToArray();
        foreach (var alarm in alarms)
            output.WriteLine(alarm);
        Assert.InRange(alarms.Length, 0, 1);
    }

    [Fact]
    public void A_leak_refuses_the_training_and_a_warning_does_not()
    {
        var leak = new LeakFinding(LeakKind.SingleColumn, ["co2"], true, "The column alone gives the target.", "Leave it out.");
        var refused = Assert.Throws<ProblemException>(() => LeakProbes.Refuse([leak with { Refuses = false }, leak, leak]));
        Assert.Contains("1 more", refused.Message, StringComparison.Ordinal);
        Assert.Contains("'co2'", refused.Problem.Where, StringComparison.Ordinal);
        LeakProbes.Refuse([leak with { Refuses = false }]);
    }

    [Fact]
    public void A_formula_names_the_columns_that_it_needs_and_no_others()
    {
        var finding = Assert.Single(LeakProbes.Of(Made(Clean(4, 20), (x, row) => x("torque", row) * x("speed", row)), TestContext.Current.CancellationToken));
        Assert.Equal(["speed", "torque"], finding.Columns.Order(StringComparer.Ordinal));
    }

    private static LeakQuestion Derived(LeakQuestion question, Func<LeakQuestion, int, double> value, bool isCategorical = false) =>
        question.With(Column("planted", question.Rows.Count, row => value(question, row), isCategorical));

    private static LeakQuestion Made(LeakQuestion question, Func<Func<string, int, double>, int, double> label) =>
        question.Labelled(row => label((name, at) => question.Rows.Features.Columns.Single(column => column.Name == name).Values[at] is var value && float.IsNaN(value) ? 0 : value, row));

    private static LeakQuestion Shuffled(LeakQuestion question) =>
        question with { Parts = new SplitPlan { Kind = SplitKind.Random, RandomBecause = "so that the probe has something to find" }.Parts(question.Known) };

    private static LeakQuestion OneStray(LeakQuestion question)
    {
        var parts = question.Parts!;
        return question with { Parts = parts with { Train = [.. parts.Train, parts.Test[0]], Test = parts.Test[1..] } };
    }

    private static LeakQuestion Copied(LeakQuestion question, double noise, double share)
    {
        var (parts, random) = (question.Parts!, new Random(3));
        var from = Enumerable.Range(0, question.Rows.Count).ToArray();
        foreach (var row in parts.Test.Where(_ => random.NextDouble() < share))
            from[row] = parts.Train[random.Next(parts.Train.Length)];
        FeatureColumn[] columns = [.. question.Rows.Features.Take(from).Columns.Select(column => column.IsCategorical ? column : column with { Values = Array.ConvertAll(column.Values, value => (float)(value * (1 + noise * random.NextDouble()))) })];
        return question with { Rows = new(new(columns), question.Rows.Target.Take(from)) };
    }

    private static LeakQuestion Sorted(LeakQuestion question)
    {
        var order = Enumerable.Range(0, question.Rows.Count).OrderBy(row => question.Rows.Target.Labels[row]).ToArray();
        return (question with { Rows = question.Rows.Take(order) }).With(Column("number", order.Length, row => row + 1));
    }

    private static LeakQuestion TwoLevels(LeakQuestion question)
    {
        var labels = question.Rows.Target.Labels;
        var raised = question.Labelled(row => labels[row] + (labels[row] > 16 ? 25 : 0));
        return raised.With(Column("remark", raised.Rows.Count, row => labels[row] > 16 ? Chance.Next(3) : double.NaN));
    }
}
