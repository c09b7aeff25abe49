using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Trees;

namespace Dure.Tests.Learn.Evaluation;

/// <summary>Made tables of six kinds without a leak, and ways to put one in.</summary>
internal static class LeakySets
{
    public const int Kinds = 6;
    private const long Minute = 60_000_000;

    public static LeakQuestion Clean(int kind, int seed) => kind switch
    {
        0 => Loose(seed),
        1 => Series(seed),
        2 => Machines(seed),
        3 => Classes(seed),
        4 => Power(seed),
        _ => Engines(seed),
    };

    public static LeakQuestion Of(LearningTask task, FeatureColumn[] columns, float[] labels, SplitRows known, SplitPlan plan) =>
        new(task, new(new FeatureTable(columns), new(labels)), known with { Classes = task.IsClassification ? Array.ConvertAll(labels, label => (int)label) : null })
        {
            Parts = plan.Parts(known with { Classes = task.IsClassification ? Array.ConvertAll(labels, label => (int)label) : null }),
        };

    public static FeatureColumn Column(string name, int rows, Func<int, double> value, bool isCategorical = false) =>
        new() { Name = name, Values = [.. Enumerable.Range(0, rows).Select(row => (float)value(row))], IsCategorical = isCategorical };

    public static LeakQuestion With(this LeakQuestion question, params FeatureColumn[] more) =>
        question with { Rows = question.Rows with { Features = new([.. question.Rows.Features.Columns, .. more]) } };

    public static LeakQuestion Labelled(this LeakQuestion question, Func<int, double> label) =>
        question with { Rows = question.Rows with { Target = new([.. Enumerable.Range(0, question.Rows.Count).Select(row => (float)label(row))]) } };

    /// <summary>Independent rows, a number.</summary>
    private static LeakQuestion Loose(int seed)
    {
        var (table, labels) = MadeTable.Friedman(1500, seed, columns: 8, missing: 0.02, categories: 5);
        return Of(LearningTask.Regression, [.. table.Columns], labels, new() { Count = 1500 }, new() { Kind = SplitKind.Random, Seed = seed });
    }

    /// <summary>A slow series with its own earlier values and two sensors; the target is known one row late.</summary>
    private static LeakQuestion Series(int seed)
    {
        var random = new Random(seed);
        const int rows = 3000;
        var (heat, load, level) = (new double[rows], new double[rows], new double[rows]);
        for (var t = 1; t < rows; t++)
        {
            load[t] = 0.95 * load[t - 1] + MadeTable.Normal(random);
            heat[t] = 0.99 * heat[t - 1] + 0.1 * load[t - 1] + 0.3 * MadeTable.Normal(random);
            level[t] = 0.98 * level[t - 1] + 0.05 * heat[t] + 0.2 * MadeTable.Normal(random);
        }
        double lag(double[] series, int t, int by) => series[Math.Max(0, t - by)];
        return Of(LearningTask.Regression,
            [Column("load", rows, t => load[t]), Column("heat", rows, t => heat[t] + 0.1 * MadeTable.Normal(random)), Column("level 1 ago", rows, t => lag(level, t, 1)), Column("level 5 ago", rows, t => lag(level, t, 5)),
                Column("mean of 4 before", rows, t => Enumerable.Range(1, 4).Average(by => lag(level, t, by))), Column("hour", rows, t => t / 60 % 24)],
            [.. level.Select(value => (float)value)], new() { Count = rows, TimesMicros = [.. Enumerable.Range(0, rows).Select(t => t * Minute)] }, new() { Kind = SplitKind.Time, Horizon = TimeSpan.FromMinutes(5) });
    }

    /// <summary>Machines with rows of their own, two classes, one rare.</summary>
    private static LeakQuestion Machines(int seed)
    {
        var random = new Random(seed);
        const int rows = 2400;
        var offsets = Enumerable.Range(0, 24).Select(_ => MadeTable.Normal(random)).ToArray();
        var groups = Enumerable.Range(0, rows).Select(row => row / 100).ToArray();
        var (wear, heat) = (groups.Select(group => 2 * random.NextDouble() + 0.3 * offsets[group]).ToArray(), groups.Select(_ => 300 + 2 * MadeTable.Normal(random)).ToArray());
        float[] labels = [.. Enumerable.Range(0, rows).Select(row => wear[row] + 0.2 * (heat[row] - 300) + 0.4 * MadeTable.Normal(random) > 2 ? 1f : 0)];
        return Of(LearningTask.Classification(["good", "bad"]),
            [Column("wear", rows, row => wear[row]), Column("heat", rows, row => heat[row]), Column("noise", rows, _ => random.NextDouble()), Column("kind", rows, row => groups[row] % 3, isCategorical: true), Column("door", rows, _ => random.Next(2))],
            labels, new() { Count = rows, Groups = groups }, new() { Kind = SplitKind.Group, Seed = seed });
    }

    /// <summary>Five classes that overlap, values missing by chance.</summary>
    private static LeakQuestion Classes(int seed)
    {
        var random = new Random(seed);
        const int rows = 2000;
        float[] labels = [.. Enumerable.Range(0, rows).Select(_ => (float)random.Next(5))];
        return Of(LearningTask.Classification(["a", "b", "c", "d", "e"]),
            [.. Enumerable.Range(0, 8).Select(i => Column($"x{i}", rows, row => random.NextDouble() < 0.05 ? double.NaN : (i == (int)labels[row] ? 1.5 : 0) + MadeTable.Normal(random))), Column("steel", rows, row => random.NextDouble() < 0.3 + 0.1 * labels[row] ? 1 : 0)],
            labels, new() { Count = rows }, new() { Kind = SplitKind.Random, Seed = seed });
    }

    /// <summary>A power that is nearly a product, as a meter of some percent shows it, and numbers near 300 as temperatures are.</summary>
    private static LeakQuestion Power(int seed)
    {
        var random = new Random(seed);
        const int rows = 2000;
        var (torque, speed) = (Enumerable.Range(0, rows).Select(_ => 20 + 30 * random.NextDouble()).ToArray(), Enumerable.Range(0, rows).Select(_ => 100 + 80 * random.NextDouble()).ToArray());
        return Of(LearningTask.Regression,
            [Column("torque", rows, row => torque[row]), Column("speed", rows, row => speed[row]), Column("air", rows, _ => 300 + 2 * MadeTable.Normal(random)), Column("process", rows, _ => 310 + 1.5 * MadeTable.Normal(random)), Column("wear", rows, _ => random.Next(250)), Column("factor", rows, _ => 70 + 30 * random.NextDouble())],
            [.. Enumerable.Range(0, rows).Select(row => (float)(torque[row] * speed[row] / 1000 * (1 + 0.05 * MadeTable.Normal(random))))], new() { Count = rows }, new() { Kind = SplitKind.Random, Seed = seed });
    }

    /// <summary>Engines that run to their end; the target is the rest of their life.</summary>
    private static LeakQuestion Engines(int seed)
    {
        var random = new Random(seed);
        var (groups, times, life, sensors) = (new List<int>(), new List<long>(), new List<float>(), new List<double[]>());
        for (var engine = 0; engine < 30; engine++)
        {
            var (cycles, offset) = (random.Next(120, 300), MadeTable.Normal(random));
            for (var cycle = 1; cycle <= cycles; cycle++)
            {
                var worn = Math.Exp(-(cycles - cycle) / 40.0);
                groups.Add(engine);
                times.Add(cycle * Minute);
                life.Add(Math.Min(125, cycles - cycle));
                sensors.Add([cycle, .. Enumerable.Range(0, 5).Select(i => offset + (i - 2) * worn + 0.3 * MadeTable.Normal(random))]);
            }
        }
        return Of(LearningTask.Regression, [.. Enumerable.Range(0, 6).Select(i => Column(i == 0 ? "cycle" : $"sensor {i}", life.Count, row => sensors[row][i]))],
            [.. life], new() { Count = life.Count, Groups = [.. groups], TimesMicros = [.. times] }, new() { Kind = SplitKind.Group, Seed = seed });
    }
}
