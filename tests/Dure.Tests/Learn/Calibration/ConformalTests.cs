using Dure.Kernel;
using Dure.Learn.Calibration;
using Dure.Learn.Learners;
using Dure.Tests.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Calibration;

/// <summary>Intervals and sets hold what they promise wherever rows are exchangeable, whatever the model is worth.</summary>
public sealed class ConformalTests
{
    private const int Calibration = 200, Tested = 200, Seeds = 60;

    /// <summary>The mean of coverages over seeds lies within 4 standard errors of the level, which a rank's distribution gives (a beta, then a binomial).</summary>
    private static void AssertHolds(double level, Func<int, double> coverage, double more = 0)
    {
        var mean = Enumerable.Range(0, Seeds).Average(seed => coverage(seed));
        var error = Math.Sqrt(level * (1 - level) * (1.0 / (Calibration + 2) + 1.0 / Tested) / Seeds);
        Assert.InRange(mean, level - 4 * error, level + 4 * error + 1.0 / Calibration + more);
    }

    /// <summary>Skewed values around a wrong prediction, wider where x is larger.</summary>
    private static (double[] Truth, double[] Predictions, double[] X) Draw(int rows, Random random)
    {
        var x = Enumerable.Range(0, rows).Select(_ => random.NextDouble()).ToArray();
        return ([.. x.Select(at => 3 * at - Math.Log(1 - random.NextDouble()) * (0.2 + 2 * at))], [.. x.Select(at => 2 * at)], x);
    }

    private static double Share(int count, Func<int, bool> holds) => Enumerable.Range(0, count).Count(holds) / (double)count;

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(0.9)]
    [InlineData(0.95)]
    public void Bands_of_every_shape_hold_as_often_as_promised(double level)
    {
        foreach (var shape in Enum.GetValues<BandShape>())
            AssertHolds(level, seed =>
            {
                var random = new Random(seed);
                var (known, asked) = (Draw(Calibration, random), Draw(Tested, random));
                double[] lows(double[] x) => [.. x.Select(at => 3 * at)];
                double[] highs(double[] x) => [.. x.Select(at => 3 * at + 1.5 * (0.2 + 2 * at))];
                var band = shape switch
                {
                    BandShape.Constant => ConformalBand.Of(known.Truth, known.Predictions, level),
                    BandShape.Scaled => ConformalBand.OfScaled(known.Truth, known.Predictions, known.X, level),
                    _ => ConformalBand.OfQuantiles(known.Truth, lows(known.X), highs(known.X), level),
                };
                return Share(Tested, row => (shape switch
                {
                    BandShape.Constant => band.Around(asked.Predictions[row]),
                    BandShape.Scaled => band.Around(asked.Predictions[row], asked.X[row]),
                    _ => band.Between(3 * asked.X[row], 3 * asked.X[row] + 1.5 * (0.2 + 2 * asked.X[row])),
                }).Contains(asked.Truth[row]));
            });
    }

    [Fact]
    public void A_scaled_band_is_narrow_where_rows_are_easy()
    {
        var random = new Random(1);
        var known = Draw(2000, random);
        var (constant, scaled) = (ConformalBand.Of(known.Truth, known.Predictions, 0.9), ConformalBand.OfScaled(known.Truth, known.Predictions, known.X, 0.9));
        Assert.True(scaled.Around(0, 0.1).Width < constant.Around(0).Width && constant.Around(0).Width < scaled.Around(0, 0.95).Width);
    }

    [Fact]
    public void Each_group_has_its_promise_kept_and_one_never_seen_has_that_of_all()
    {
        string[] names = ["calm", "wild"];
        foreach (var name in names)
            AssertHolds(0.9, seed =>
            {
                var random = new Random(seed);
                double[] truth(string[] groups) => [.. groups.Select(group => (group == "wild" ? 10 : 1) * MadeTable.Normal(random))];
                string[] known = [.. Enumerable.Range(0, 2 * Calibration).Select(i => names[i % 2])];
                var bands = MondrianBands.Of(truth(known), new double[known.Length], known, 0.9);
                Assert.Equal(bands.All.Around(0), bands.Around(0, "new"));
                var asked = truth([.. Enumerable.Repeat(name, Tested)]);
                return Share(Tested, row => bands.Around(0, name).Contains(asked[row]));
            });
    }

    [Fact]
    public void A_group_with_too_few_rows_has_the_band_of_all()
    {
        var bands = MondrianBands.Of([.. Enumerable.Range(0, 50).Select(i => (double)i)], new double[50], [.. Enumerable.Range(0, 50).Select(i => i < 5 ? "few" : "many")], 0.9);
        Assert.Equal(["many"], bands.Groups.Keys);
    }

    [Fact]
    public void Sets_keep_their_promise_where_one_class_has_many_rows_and_hard_ones_have_few()
    {
        // By the bound of all rows the hard classes would pay for what the easy one, with its own bound, has no longer to spare.
        var task = LearningTask.Classification(["easy", "a", "b", "c", "d", "e"]);
        const int trials = 1500;
        var (held, heldByAll) = (0, 0);
        for (var seed = 0; seed < trials; seed++)
        {
            var random = new Random(seed);
            int[] classes = [.. Enumerable.Repeat(0, 100), 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, random.Next(110) is var one && one < 100 ? 0 : (one - 98) / 2];
            double[] predictions = [.. classes.SelectMany(truth => Probabilities(truth, task.Classes.Count, random))];
            var rows = classes.Length - 1;
            var sets = MondrianSets.Of(task, predictions.AsSpan(0, rows * task.Outputs), [.. classes.Take(rows).Select(truth => (float)truth)], 0.9);
            Assert.Equal((rows, true, false), (sets.Rows, sets.Classes[0].IsKnown, sets.Classes[1].IsKnown));
            held += sets.Of(task, predictions.AsSpan(rows * task.Outputs)).Contains(classes[^1]) ? 1 : 0;
            var all = SplitConformal.Of([.. classes.Take(rows).Select((truth, row) => 1 - predictions[row * task.Outputs + truth])], 0.9);
            heldByAll += (sets with { Others = all }).Of(task, predictions.AsSpan(rows * task.Outputs)).Contains(classes[^1]) ? 1 : 0;
        }
        Assert.True(heldByAll < 0.89 * trials, $"the bound of all held as well: {heldByAll}");
        Assert.InRange(held / (double)trials, 0.88, 0.96);

        // Where even together they are too few, they are in each set.
        var few = MondrianSets.Of(task, [.. Enumerable.Range(0, 22).SelectMany(row => Probabilities(row < 20 ? 0 : 1, task.Classes.Count, new Random(row)))], [.. Enumerable.Range(0, 22).Select(row => row < 20 ? 0f : 1)], 0.9);
        Assert.Equal([0, 1, 2, 3, 4, 5], few.Of(task, [0.99, 0.002, 0.002, 0.002, 0.002, 0.002]));
    }

    /// <summary>Four of five easy rows are told well, all others by chance.</summary>
    private static double[] Probabilities(int truth, int classes, Random random)
    {
        var isTold = truth == 0 && random.NextDouble() < 0.8;
        double[] weights = [.. Enumerable.Range(0, classes).Select(one => random.NextDouble() * (isTold ? one == 0 ? 20 : 0.2 : 1))];
        return [.. weights.Select(weight => weight / weights.Sum())];
    }

    [Fact]
    public void Rows_that_hang_together_count_as_one_group()
    {
        // Each engine has an error of its own in all its rows, and engines have very different numbers of rows.
        (double[] Truth, int[] Groups) engines(int count, Random random)
        {
            var (truth, groups) = (new List<double>(), new List<int>());
            for (var engine = 0; engine < count; engine++)
            {
                var own = MadeTable.Normal(random);
                for (var row = Math.Abs(own) < 0.5 ? 50 : 2; row > 0; row--)
                {
                    truth.Add(own + 0.1 * MadeTable.Normal(random));
                    groups.Add(engine);
                }
            }
            return ([.. truth], [.. groups]);
        }
        double coverage(int seed, string way)
        {
            var random = new Random(seed);
            var (known, asked) = (engines(Calibration, random), engines(Tested, random));
            double[] scores = [.. known.Truth.Select(Math.Abs)];
            var split = way switch
            {
                "all rows" => SplitConformal.Of(scores, 0.9),
                "pooled" => SplitConformal.OfGroups(scores, known.Groups, 0.9),
                _ => SplitConformal.OnePerGroup(scores, known.Groups, 0.9, seed),
            };
            // Of each engine one row.
            return asked.Groups.Zip(asked.Truth).GroupBy(row => row.First).Average(engine => Math.Abs(engine.First().Second) <= split.Radius ? 1.0 : 0);
        }
        AssertHolds(0.9, seed => coverage(seed, "pooled"));
        AssertHolds(0.9, seed => coverage(seed, "one of each"));
        Assert.InRange(Enumerable.Range(0, Seeds).Average(seed => coverage(seed, "all rows")), 0.3, 0.85);
    }

    [Fact]
    public void Intervals_across_folds_hold_about_as_often_as_promised()
    {
        var mean = Enumerable.Range(0, Seeds).Average(seed =>
        {
            var random = new Random(seed);
            var truth = Enumerable.Range(0, Calibration).Select(_ => MadeTable.Normal(random)).ToArray();
            // Each fold's model is the mean of the others: learnt, and a little different.
            int[] folds = [.. Enumerable.Range(0, Calibration).Select(row => row % 5)];
            double[] models = [.. Enumerable.Range(0, 5).Select(fold => truth.Where((_, row) => folds[row] != fold).Average())];
            var cross = CrossConformal.Of(truth, [.. folds.Select(fold => models[fold])], folds, 0.9);
            return Share(Tested, _ => cross.Around(models).Contains(MadeTable.Normal(random)));
        });
        Assert.InRange(mean, 0.88, 0.925);
    }

    [Theory]
    [InlineData(SetRule.Probability)]
    [InlineData(SetRule.Cumulated)]
    [InlineData(SetRule.Regularised)]
    public void Sets_hold_the_true_class_at_least_as_often_as_promised(SetRule rule)
    {
        foreach (var classes in (int[])[2, 6])
        {
            var task = LearningTask.Classification([.. Enumerable.Range(0, classes).Select(i => $"c{i}")]);
            var sizes = 0.0;
            AssertHolds(0.8, seed =>
            {
                var random = new Random(seed);
                (double[] Predictions, float[] Labels) draw(int rows)
                {
                    var (predictions, labels) = (new List<double>(), new List<float>());
                    for (var row = 0; row < rows; row++)
                    {
                        var odds = Enumerable.Range(0, classes).Select(_ => Math.Exp(2 * MadeTable.Normal(random))).ToArray();
                        double[] shares = [.. odds.Select(each => each / odds.Sum())];
                        var dice = random.NextDouble();
                        labels.Add(Array.FindIndex(shares.Select((_, i) => shares.Take(i + 1).Sum()).ToArray(), sum => dice < sum + 1e-12));
                        predictions.AddRange(classes == 2 ? [shares[1]] : shares);
                    }
                    return ([.. predictions], [.. labels]);
                }
                var (known, asked) = (draw(Calibration), draw(Tested));
                var sets = ConformalSets.Of(rule, task, known.Predictions, known.Labels, 0.8);
                int[][] each = [.. Enumerable.Range(0, Tested).Select(row => sets.Of(task, asked.Predictions.AsSpan(row * task.Outputs, task.Outputs)))];
                Assert.All(each, set => Assert.NotEmpty(set));
                sizes += each.Average(set => set.Length) / Seeds;
                return Share(Tested, row => each[row].Contains((int)asked.Labels[row]));
            }, more: 0.1); // the most probable class is always in, which holds more than promised where one is nearly sure
            Assert.InRange(sizes, 1, classes * 0.75);
        }
    }

    [Fact]
    public void Shares_of_healthy_rows_are_never_smaller_than_they_should_be()
    {
        var alarms = Enumerable.Range(0, Seeds).Average(seed =>
        {
            var random = new Random(seed);
            var healthy = ConformalAnomaly.Of([.. Enumerable.Range(0, Calibration).Select(_ => MadeTable.Normal(random))]);
            return Share(Tested, _ => healthy.Share(MadeTable.Normal(random)) <= 0.1);
        });
        Assert.InRange(alarms, 0.08, 0.11);
        var few = ConformalAnomaly.Of([1, 2, 3]);
        Assert.Equal(0.25, few.Share(4));
        Assert.Equal(0.5, few.Share(3));
        Assert.Equal(1.0, few.Share(-1));
    }

    [Fact]
    public void Of_many_signals_few_alarms_are_false()
    {
        Assert.Equal([true, true, false, false], ConformalAnomaly.Alarms([0.01, 0.02, 0.3, 0.9], 0.05));
        // 0.04 alone would not be below 0.05 / 4, but together with the others it is.
        Assert.Equal([true, true, true, true], ConformalAnomaly.Alarms([0.04, 0.03, 0.02, 0.05], 0.05));
        var falseShare = Enumerable.Range(0, 300).Average(seed =>
        {
            var random = new Random(seed);
            double[] shares = [.. Enumerable.Range(0, 50).Select(i => i < 10 ? random.NextDouble() * 0.002 : random.NextDouble())];
            var alarms = ConformalAnomaly.Alarms(shares, 0.2);
            return alarms.Skip(10).Count(alarm => alarm) / (double)Math.Max(1, alarms.Count(alarm => alarm));
        });
        Assert.InRange(falseShare, 0.1, 0.2);
    }

    [Fact]
    public void Too_few_rows_promise_nothing()
    {
        Assert.Equal(double.PositiveInfinity, ConformalBand.Of([1, 2, 3], [0, 0, 0], 0.9).Around(0).High);
        Assert.Equal(double.PositiveInfinity, ConformalBand.OfGroups([.. Enumerable.Repeat(1.0, 100)], new double[100], new int[100], 0.9).Around(0).High);
        Assert.Equal(double.NegativeInfinity, CrossConformal.Of([1, 2], [0, 0], [0, 1], 0.9).Around([0, 0]).Low);
        Assert.Throws<ProblemException>(() => new AdaptiveConformal(new AdaptiveOptions(), [1, 2]));
    }

    [Fact]
    public void Everything_is_read_as_it_was_written_and_damage_is_refused()
    {
        var random = new Random(3);
        var known = Draw(100, random);
        var task = LearningTask.Classification(["a", "b"]);
        (byte[] File, Func<byte[], byte[]> Again)[] files =
        [
            (ConformalBand.Of(known.Truth, known.Predictions, 0.9).Write(), file => ConformalBand.Read(file).Write()),
            (ConformalBand.OfScaled(known.Truth, known.Predictions, known.X, 0.9).Write(), file => ConformalBand.Read(file).Write()),
            (ConformalBand.OfQuantiles(known.Truth, [.. known.Truth.Select(t => t - 5)], [.. known.Truth.Select(t => t + 5)], 0.9).Write(), file => ConformalBand.Read(file).Write()),
            (MondrianBands.Of(known.Truth, known.Predictions, [.. known.X.Select(x => x > 0.5 ? "b" : "a")], 0.8).Write(), file => MondrianBands.Read(file).Write()),
            (CrossConformal.Of(known.Truth, known.Predictions, [.. Enumerable.Range(0, 100).Select(i => i % 4)], 0.9).Write(), file => CrossConformal.Read(file).Write()),
            (new AdaptiveConformal(new AdaptiveOptions { Window = 50 }, known.X).Write(), file => AdaptiveConformal.Read(file).Write()),
            (ConformalSets.Of(SetRule.Regularised, task, known.X, [.. known.X.Select(x => x > 0.4 ? 1f : 0)], 0.9).Write(), file => ConformalSets.Read(file).Write()),
            (ConformalAnomaly.Of(known.X).Write(), file => ConformalAnomaly.Read(file).Write()),
            .. ProbabilityCalibration.Kinds.Select(kind => (ProbabilityCalibration.Of(kind, task, known.X, [.. known.X.Select(x => random.NextDouble() < x ? 1f : 0)], TestContext.Current.CancellationToken).Write(), (Func<byte[], byte[]>)(file => ProbabilityCalibration.Read(file).Write()))),
        ];
        foreach (var (file, again) in files)
        {
            Assert.Equal(file, again(file));
            Prop.ForAll<int>(seed =>
            {
                var (dice, damaged) = (new Random(seed), (byte[])file.Clone());
                for (var times = dice.Next(1, 4); times > 0; times--)
                    damaged[dice.Next(damaged.Length)] = seed % 2 == 0 ? (byte)"0123456789-,[]{}\"e.ntrue "[dice.Next(25)] : (byte)dice.Next(256);
                try
                {
                    again(damaged);
                }
                catch (ProblemException refused)
                {
                    return refused.Problem.Type is "urn:dure:learn:damaged-model" or "urn:dure:learn:bad-option" or "urn:dure:learn:no-interval";
                }
                return true;
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
        }
    }
}
