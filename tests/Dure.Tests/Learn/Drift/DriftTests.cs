using Dure.Kernel;
using Dure.Learn.Drift;
using Dure.Learn.Sketches;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Drift;

/// <summary>What drift watches promise: they see a change, name it, and stay quiet without one.</summary>
public sealed class DriftTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static FeatureTable Rows(int seed, int rows = 1500, double shift = 0, double missing = 0, int categories = 4, double coupling = 0.8)
    {
        var random = new Random(seed);
        var (a, b, c, d) = (new float[rows], new float[rows], new float[rows], new float[rows]);
        for (var row = 0; row < rows; row++)
        {
            var common = MadeTable.Normal(random);
            a[row] = (float)(common + shift);
            b[row] = (float)(coupling * common + Math.Sqrt(1 - coupling * coupling) * MadeTable.Normal(random));
            c[row] = random.NextDouble() < missing ? float.NaN : (float)(random.NextDouble() * 10);
            d[row] = random.Next(categories);
        }
        return new([new() { Name = "a", Values = a }, new() { Name = "b", Values = b }, new() { Name = "c", Values = c }, new() { Name = "d", Values = d, IsCategorical = true }]);
    }

    [Fact, Trait("Speed", "Slow")]
    public void Without_a_change_nothing_is_proposed()
    {
        var quiet = Enumerable.Range(0, 20).Count(i => DriftReport.Of(DriftReference.Of(Rows(100 + i)), Rows(200 + i, rows: 600), seed: i, cancel: Cancel) is { Severity: DriftSeverity.None, Proposal: null });
        Assert.InRange(quiet, 19, 20);
    }

    [Fact, Trait("Speed", "Slow")]
    public void A_slow_series_that_goes_on_as_before_is_no_drift_and_counts_for_fewer_rows()
    {
        static FeatureTable series(int seed)
        {
            var (random, x) = (new Random(seed), new float[3000]);
            for (var t = 1; t < x.Length; t++)
                x[t] = (float)(0.98 * x[t - 1] + MadeTable.Normal(random));
            return new([new() { Name = "level", Values = x }]);
        }
        Assert.InRange(DriftReference.Of(series(1)).Columns[0].EffectiveRows, 10, 120); // 30 by the formula
        var alarms = Enumerable.Range(0, 20).Count(i => DriftReport.Of(DriftReference.Of(series(i)), series(500 + i), cancel: Cancel).Columns[0].Severity > DriftSeverity.None);
        Assert.InRange(alarms, 0, 2);
    }

    [Fact]
    public void Without_a_change_the_sizes_of_drift_scatter_around_nothing()
    {
        var reports = Enumerable.Range(0, 10).Select(i => DriftReport.Of(DriftReference.Of(Rows(300 + i, rows: 400)), Rows(400 + i, rows: 400), seed: i, cancel: Cancel)).ToArray();
        // Tenths of 400 rows on either side have 0.045 by chance alone, which is taken off.
        Assert.InRange(reports.Average(report => report.Columns.Where(column => column.Column is "a" or "b" or "c").Average(column => column.Psi)), 0, 0.025);
        Assert.InRange(reports.Average(report => report.Joint!.Discrepancy), -0.01, 0.01);
    }

    [Theory]
    [InlineData("a", 1.0, 0.0, 4)]
    [InlineData("c", 0.0, 0.4, 4)]
    [InlineData("d", 0.0, 0.0, 7)]
    public void What_moved_is_named_and_a_training_is_proposed(string column, double shift, double missing, int categories)
    {
        var report = DriftReport.Of(DriftReference.Of(Rows(1)), Rows(2, shift: shift, missing: missing, categories: categories), cancel: Cancel);
        Assert.Equal([column], report.Columns.Where(one => one.Severity == DriftSeverity.Strong).Select(one => one.Column));
        Assert.Contains(column, report.Proposal!.Columns);
        Assert.Contains(column, report.Proposal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_that_come_apart_are_seen_together_though_none_moved_alone()
    {
        var report = DriftReport.Of(DriftReference.Of(Rows(1, coupling: 0.95)), Rows(2, coupling: -0.95), cancel: Cancel);
        Assert.All(report.Columns, column => Assert.Equal(DriftSeverity.None, column.Severity));
        Assert.True(report.Joint!.Chance < 0.01);
        Assert.True(report.Joint.Auc.Low > 0.75);
        Assert.Equal(["a", "b"], report.Proposal!.Columns.Take(2).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void References_of_parts_merge_into_that_of_the_whole_and_survive_a_file()
    {
        var (one, two) = (Rows(1, rows: 4000), Rows(2, rows: 4000, shift: 2));
        var merged = DriftReference.Of(one, seed: 1);
        merged.Merge(DriftReference.Of(two, seed: 2));
        var both = DriftReference.Of(new([.. one.Columns.Zip(two.Columns, (a, b) => a with { Values = [.. a.Values, .. b.Values] })]));
        Assert.Equal(both.Columns[0].Rows, merged.Columns[0].Rows);
        foreach (var share in (double[])[0.1, 0.5, 0.9])
            Assert.Equal(both.Columns[0].Values.Quantile(share), merged.Columns[0].Values.Quantile(share), 0.1f);
        Assert.Equal(both.Columns[3].Categories.OrderBy(pair => pair.Key), merged.Columns[3].Categories.OrderBy(pair => pair.Key));
        Assert.Equal(500, merged.Rows.Count);
        Assert.InRange(merged.Rows.Count(row => row[0] > 1), 200, 300); // rows of both parts
        Assert.Equal(merged.Write(), DriftReference.Read(merged.Write()).Write());
        Assert.InRange(merged.Write().Length, 1, 200_000);
        Assert.Throws<ProblemException>(() => DriftReference.Read("{}"u8.ToArray()));
        Assert.Throws<ProblemException>(() => DriftReport.Of(merged, MadeTable.Of([1, 2, 3]), cancel: Cancel));
    }

    [Fact, Trait("Speed", "Slow")]
    public void A_sketch_keeps_ranks_within_its_promise_however_it_was_put_together()
    {
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var count = random.Next(1, 30_000);
            float[] values = [.. Enumerable.Range(0, count).Select(_ => random.Next(3) == 0 ? random.Next(10) : (float)(100 * random.NextDouble()))];
            var merged = new QuantileSketch(seed: seed);
            foreach (var part in values.Chunk(random.Next(1, count + 1)).Take(200))
            {
                var sketch = new QuantileSketch(seed: seed + 1);
                sketch.Add(part);
                merged.Merge(sketch);
            }
            var taken = values.Take((int)merged.Count).Order().ToArray();
            float[] asked = [.. Enumerable.Range(1, 19).Select(i => taken[(int)((long)i * (taken.Length - 1) / 20)])];
            var shares = merged.Shares(asked);
            return asked.Select((value, i) => Math.Abs(shares[i] - taken.Count(one => one <= value) / (double)taken.Length)).Max() <= Math.Max(merged.RankError, 1e-12)
                && merged.Weighted().Sum(pair => pair.Weight) == merged.Count && merged.Kept < 3000;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_same_numbers_and_seed_give_the_same_sketch_and_damaged_ones_are_refused()
    {
        static QuantileSketch sketch(int seed)
        {
            var random = new Random(1);
            var sketch = new QuantileSketch(seed: seed);
            for (var i = 0; i < 20_000; i++)
                sketch.Add((float)random.NextDouble());
            return sketch;
        }
        Assert.Equal(sketch(1).ToJson().ToJsonString(), sketch(1).ToJson().ToJsonString());
        Assert.NotEqual(sketch(1).ToJson().ToJsonString(), sketch(2).ToJson().ToJsonString());
        var damaged = sketch(1).ToJson();
        damaged["count"] = 7;
        Assert.Throws<ProblemException>(() => QuantileSketch.Read(damaged));
        Assert.Equal(sketch(1).Quantile(0.5), QuantileSketch.Read(sketch(1).ToJson()).Quantile(0.5));
    }

    [Fact]
    public void False_alarms_come_as_rarely_as_agreed_and_a_rise_is_seen_soon()
    {
        var (alarms, delays) = (0, new List<int>());
        for (var trial = 0; trial < 200; trial++)
        {
            var random = new Random(trial);
            double loss() => Math.Exp(MadeTable.Normal(random)); // skewed, as losses are
            var watch = new ChangeWatch([.. Enumerable.Range(0, 300).Select(_ => loss())], valuesPerFalseAlarm: 5000, seed: trial);
            var quiet = true;
            for (var i = 0; i < 500 && quiet; i++)
                quiet = !watch.Add(loss())!.Value.IsAlarm;
            alarms += quiet ? 0 : 1;
            watch.Restart();
            for (var i = 1; i <= 500; i++)
                if (watch.Add(3 * loss())!.Value.IsAlarm)
                {
                    delays.Add(i);
                    break;
                }
        }
        Assert.InRange(alarms, 0, 30); // 500 of 5000 values: 20 of 200 at most, on average
        Assert.True(delays.Count >= 198 && delays.Order().ElementAt(100) < 40);
    }

    [Fact]
    public void A_watch_on_means_of_blocks_bears_values_that_hang_together()
    {
        int alarms(int block) => Enumerable.Range(0, 100).Count(trial =>
        {
            var (random, value) = (new Random(trial), 0.0);
            double next() => value = 0.9 * value + MadeTable.Normal(random);
            var watch = new ChangeWatch([.. Enumerable.Range(0, 4000).Select(_ => next())], 10_000, block, trial);
            return Enumerable.Range(0, 1000).Any(_ => watch.Add(next()) is { IsAlarm: true });
        });
        Assert.InRange(alarms(40), 0, 20);
        Assert.True(alarms(1) > alarms(40));
    }
}
