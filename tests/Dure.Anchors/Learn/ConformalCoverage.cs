using System.Text.Json.Nodes;
using Dure.Learn.Calibration;
using Dure.Learn.Features;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Xunit;

namespace Dure.Anchors.Learn;

/// <summary>
/// Intervals around small boosted trees hold 90 of 100 values within two points, on tables without order, over time and for engines. Nothing is
/// chosen on the rows that are judged.
/// </summary>
public sealed class ConformalCoverage(ITestOutputHelper output)
{
    private const double Level = 0.9, Tolerance = 0.02;

    private static readonly BoostedTreesLearner Trees = new() { Rounds = 120, LearningRate = 0.1, Leaves = 16, ColumnShare = 0.5 };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Rows_of_a_table_without_order()
    {
        var (learnt, calibration, asked) = (Rows(0, 10_000), Rows(10_000, 4_000), Rows(14_000, 20_000));
        var model = Train(learnt);
        var (known, at) = (Predict(model, calibration), Predict(model, asked));
        var constant = ConformalBand.Of(Truth(calibration), known, Level);
        Judge("SYN-28, constant", [.. at.Select(said => constant.Around(said))], Truth(asked));

        // How difficult a row is: a model of the sizes of residuals of rows that the first did not learn from.
        var residuals = Rows(40_000, 4_000) is var others ? others with { Target = new LearningTarget([.. Truth(others).Zip(Predict(model, others), (truth, said) => (float)Math.Abs(truth - said))]) } : others;
        var difficulty = Train(residuals, Trees with { Rounds = 60 });
        var scaled = ConformalBand.OfScaled(Truth(calibration), known, Predict(difficulty, calibration), Level);
        Judge("SYN-28, scaled", [.. at.Zip(Predict(difficulty, asked), scaled.Around)], Truth(asked));

        var (low, high) = (Train(learnt, Trees with { Loss = "quantile:0.05" }), Train(learnt, Trees with { Loss = "quantile:0.95" }));
        var quantiles = ConformalBand.OfQuantiles(Truth(calibration), Predict(low, calibration), Predict(high, calibration), Level);
        Judge("SYN-28, quantiles", [.. Predict(low, asked).Zip(Predict(high, asked), quantiles.Between)], Truth(asked));

        int[] folds = [.. Enumerable.Range(0, 4_000).Select(row => row % 5)];
        TableModel[] models = [.. Enumerable.Range(0, 5).Select(fold => Train(calibration.Take([.. Enumerable.Range(0, 4_000).Where(row => folds[row] != fold)])))];
        var (left, some) = (models.Select(each => Predict(each, calibration)).ToArray(), Rows(14_000, 2_000));
        var cross = CrossConformal.Of(Truth(calibration), [.. folds.Select((fold, row) => left[fold][row])], folds, Level);
        var each = models.Select(fold => Predict(fold, some)).ToArray();
        Judge("SYN-28, across folds", [.. Enumerable.Range(0, some.Count).Select(row => cross.Around([.. each.Select(fold => fold[row])]))], Truth(some));
    }

    /// <summary>
    /// The first three quarters of the year are learnt from: of them the first 55 % by the model, the next 15 % by a model of its residuals' sizes, and
    /// on the rest it is chosen how to adapt. The last quarter is judged, each truth told when it would be known.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(96)]
    public void Energy_of_a_steel_works_over_time(int ahead)
    {
        var (table, labels) = SteelEnergy.Forecast(ahead);
        var all = new TableRows(table, new LearningTarget(labels));
        var (learnt, sized, test) = ((int)(0.55 * 0.75 * all.Count), (int)(0.7 * 0.75 * all.Count), (int)(0.75 * all.Count));
        var said = Predict(Train(Part(all, 0, learnt)), all);
        var residuals = Part(all, learnt, sized) is var middle ? middle with { Target = new LearningTarget([.. Enumerable.Range(learnt, sized - learnt).Select(row => (float)Math.Abs(labels[row] - said[row]))]) } : middle;
        var difficulty = Predict(Train(residuals, Trees with { Rounds = 60, Leaves = 8 }), all);
        var floor = 0.1 * difficulty[learnt..sized].Average();
        double[] alike = [.. labels.Select(_ => 1.0)];
        double[] sizes = [.. difficulty.Select(size => Math.Max(floor, size))];

        var trials = from rate in (double[])[0.002, 0.005, 0.01, 0.02, 0.05]
                     from window in (int[])[96 * 7, 96 * 28, 10_000]
                     from scale in (double[][])[alike, sizes]
                     let options = new AdaptiveOptions { Level = Level, Rate = rate, Window = window }
                     let run = Stream(options, labels, said, scale, ahead, (learnt, sized, test))
                     select (options, scale, Coverage: Covered(run, labels, sized), Width: Width(run));
        var tried = trials.ToArray();
        // The narrowest of those that kept the promise within a point; else the one nearest to it.
        var (best, by, coverage, width) = tried.Where(trial => Math.Abs(trial.Coverage - Level) <= 0.01).OrderBy(trial => trial.Width).Concat(tried.OrderBy(trial => Math.Abs(trial.Coverage - Level))).First();
        output.WriteLine($"chosen on the rows before the test: rate {best.Rate}, window {best.Window}, {(by == alike ? "constant" : "scaled")}; there coverage {coverage:0.000}, width {width:0.0}");

        var fixedBand = ConformalBand.Of([.. labels[learnt..test].Select(label => (double)label)], said.AsSpan(learnt..test), Level);
        double[] truth = [.. labels[test..].Select(label => (double)label)];
        output.WriteLine(Figures($"steel {ahead} ahead, fixed band", [.. said[test..].Select(each => fixedBand.Around(each))], truth));
        Judge($"steel {ahead} ahead, adaptive", Stream(best, labels, said, by, ahead, (learnt, test, all.Count)), truth);
    }

    /// <summary>Engines that ran until they failed are parted again and again: by some the trees learn, some calibrate, one row of each other is asked.</summary>
    [Fact]
    public void Remaining_life_of_engines_held_out_of_those_that_failed()
    {
        // With 39 engines the rank is a whole one: 36 of 40.
        const int models = 6, learnt = 40, calibrating = 39, partings = 40;
        var engines = new Engines(seed: 1);
        var (random, inside, width, asked) = (new Random(2), 0, 0.0, 0);
        for (var model = 0; model < models; model++)
        {
            var order = Enumerable.Range(0, engines.Count).ToArray();
            random.Shuffle(order);
            var said = engines.Train(order[..learnt], model).Predict(engines.Table, 0, Cancel);
            for (var parting = 0; parting < partings; parting++)
            {
                random.Shuffle(order.AsSpan(learnt));
                var split = engines.Calibrate(order[learnt..(learnt + calibrating)], said, parting);
                foreach (var engine in order[(learnt + calibrating)..])
                {
                    var row = engines.Cuts[engine][random.Next(engines.Cuts[engine].Length)];
                    inside += Math.Abs(said[row] - engines.Left[row]) <= split.Radius ? 1 : 0;
                    asked++;
                }
                width += 2 * split.Radius / (models * partings);
            }
        }
        output.WriteLine($"engines held out of those that failed: coverage {inside / (double)asked:0.000} of {asked} rows asked, mean width {width:0.0} cycles");
        Assert.InRange(inside / (double)asked, Level - Tolerance, Level + Tolerance);
    }

    /// <summary>
    /// The engines that were cut off, with a band for each third of what is predicted: near their end engines are told better. All that failed both learn
    /// and calibrate, each by the trees that left it out. A hundred engines leave a wide binomial interval.
    /// </summary>
    [Fact]
    public void Remaining_life_of_the_engines_that_were_cut_off()
    {
        const int folds = 5;
        var (engines, truth) = (new Engines(seed: 3), CmapssEngines.Truth());
        var said = new double[engines.Left.Length];
        for (var fold = 0; fold < folds; fold++)
        {
            var held = Enumerable.Range(0, engines.Count).Where(engine => engine % folds == fold).ToArray();
            var own = engines.Train([.. Enumerable.Range(0, engines.Count).Except(held)], fold).Predict(engines.Table, 0, Cancel);
            foreach (var row in held.SelectMany(engine => engines.Cuts[engine]))
                said[row] = own[row];
        }
        var sorted = engines.Cuts.SelectMany(cuts => cuts).Select(row => said[row]).Order().ToArray();
        string third(double prediction) => prediction < sorted[sorted.Length / 3] ? "late" : prediction < sorted[2 * sorted.Length / 3] ? "middle" : "early";
        ConformalBand band(string? name) => new(BandShape.Constant, engines.Calibrate([.. Enumerable.Range(0, engines.Count)], said, 4, row => name is null || third(said[row]) == name), 0);
        var bands = new MondrianBands(band(null), new Dictionary<string, ConformalBand> { ["late"] = band("late"), ["middle"] = band("middle"), ["early"] = band("early") });

        var predicted = engines.Train([.. Enumerable.Range(0, engines.Count)], 5).Predict(engines.Ends, 0, Cancel);
        var error = Math.Sqrt(Level * (1 - Level) / truth.Length);
        PredictionInterval[] alike = [.. predicted.Select(each => bands.All.Around(each))], own3 = [.. predicted.Select(each => bands.Around(each, third(each)))];
        output.WriteLine(Figures("cut off, one band", alike, truth));
        output.WriteLine(Figures("cut off, a band for each third", own3, truth));
        output.WriteLine($"one draw of 100 engines lies within {1.96 * error:0.000} of what is promised 95 times of 100; half widths {bands.Groups["late"].Split.Radius:0.0}, {bands.Groups["middle"].Split.Radius:0.0}, {bands.Groups["early"].Split.Radius:0.0} cycles");
        Assert.InRange(Covered(own3, truth), Level - 1.96 * error, Level + 1.96 * error);
    }

    /// <summary>All engines with their features, and where those that failed are asked: as far into their lives as those that were cut off.</summary>
    private sealed class Engines
    {
        private const int CutsOfEach = 10;

        private readonly int[] starts, lengths;

        public Engines(int seed)
        {
            var (failed, cutOff) = (CmapssEngines.Failed(), CmapssEngines.CutOff());
            var plan = FeatureSet.Parse(JsonNode.Parse("""
                {"version": 1, "features": ["*", {"kind": "ewma", "of": "*", "alpha": [0.3, 0.1]}, {"kind": "mean", "of": "*", "rows": [10, 30]}, {"kind": "slope", "of": "*", "rows": 20}, {"kind": "count"}]}
                """)!.AsObject()).Bind(CmapssEngines.Signals);
            (Table, lengths, starts) = (plan.Compute(failed, cancel: Cancel), [.. failed.Select(engine => engine.TimesMicros.Length)], new int[failed.Length]);
            for (var engine = 1; engine < Count; engine++)
                starts[engine] = starts[engine - 1] + lengths[engine - 1];
            Left = [.. lengths.SelectMany(length => Enumerable.Range(1, length).Select(cycle => (double)(length - cycle)))];
            Ends = plan.Compute(cutOff, cancel: Cancel).Take([.. cutOff.Select((_, engine) => cutOff.Take(engine + 1).Sum(each => each.TimesMicros.Length) - 1)]);
            // With 5 to 150 cycles left, as a maker would say who cuts them off before they fail.
            var random = new Random(seed);
            Cuts = [.. Enumerable.Range(0, Count).Select(engine => Enumerable.Range(0, 10_000).Select(_ => cutOff[random.Next(cutOff.Length)].TimesMicros.Length)
                .Where(cycles => lengths[engine] - cycles is >= 5 and <= 150).Take(CutsOfEach).Select(cycles => starts[engine] + cycles - 1).ToArray())];
        }

        public int Count => lengths.Length;

        /// <summary>All cycles of those that failed, engine after engine.</summary>
        public FeatureTable Table { get; }

        /// <summary>Cycles left at each row of the table; not capped.</summary>
        public double[] Left { get; }

        /// <summary>The last cycle of each engine that was cut off.</summary>
        public FeatureTable Ends { get; }

        /// <summary>Rows at which each engine that failed is asked.</summary>
        public int[][] Cuts { get; }

        public TableModel Train(int[] engines, int seed)
        {
            int[] rows = [.. engines.SelectMany(engine => Enumerable.Range(starts[engine], lengths[engine]))];
            return ConformalCoverage.Train(new TableRows(Table.Take(rows), new LearningTarget([.. rows.Select(row => (float)Math.Min(125, Left[row]))])), Trees with { Rounds = 80, ColumnShare = 0.3 }, seed);
        }

        /// <summary>From one row of each of some engines.</summary>
        public SplitConformal Calibrate(int[] engines, double[] said, int seed, Func<int, bool>? counts = null)
        {
            (int Engine, int Row)[] rows = [.. engines.SelectMany(engine => Cuts[engine].Where(row => counts?.Invoke(row) ?? true).Select(row => (engine, row)))];
            return SplitConformal.OnePerGroup([.. rows.Select(cut => Math.Abs(said[cut.Row] - Left[cut.Row]))], [.. rows.Select(cut => cut.Engine)], Level, seed);
        }
    }

    /// <summary>The intervals of rows from the second place on, begun with the residuals of those before.</summary>
    private static PredictionInterval[] Stream(AdaptiveOptions options, float[] labels, double[] said, double[] scale, int ahead, (int Known, int From, int To) rows)
    {
        // A forecast's truth is known when it has come: the last ones before the start are still open.
        var known = rows.From - ahead + 1;
        var adaptive = new AdaptiveConformal(options, [.. Enumerable.Range(rows.Known, known - rows.Known).Select(row => Math.Abs(labels[row] - said[row]) / scale[row])]);
        var given = new PredictionInterval[rows.To - rows.From];
        for (var row = rows.From; row < rows.To; row++)
        {
            given[row - rows.From] = adaptive.Around(said[row], scale[row]);
            if (row - ahead + 1 is var come && come >= rows.From)
                adaptive.Tell(given[come - rows.From], said[come], labels[come], scale[come]);
        }
        return given;
    }

    private void Judge(string name, PredictionInterval[] given, double[] truth)
    {
        output.WriteLine(Figures(name, given, truth));
        Assert.InRange(Covered(given, truth), Level - Tolerance, Level + Tolerance);
    }

    private static string Figures(string name, PredictionInterval[] given, double[] truth)
    {
        var tenths = Enumerable.Range(0, 10).Select(part => (From: part * truth.Length / 10, To: (part + 1) * truth.Length / 10)).Select(part => Covered(given[part.From..part.To], truth[part.From..part.To])).ToArray();
        return $"{name,-28} coverage {Covered(given, truth):0.000} of {truth.Length} rows, mean width {Width(given):0.00}; by tenths of the rows {tenths.Min():0.000} to {tenths.Max():0.000}";
    }

    private static double Covered(PredictionInterval[] given, double[] truth) => given.Zip(truth).Count(row => row.First.Contains(row.Second)) / (double)truth.Length;

    private static double Covered(PredictionInterval[] given, float[] labels, int from) => Covered(given, [.. labels.Skip(from).Take(given.Length).Select(label => (double)label)]);

    private static double Width(PredictionInterval[] given) => given.Average(interval => interval.Width);

    private static TableRows Rows(int first, int count) => Syn28.Rows(first, count) is var made ? new TableRows(made.Table, new LearningTarget(made.Labels)) : throw new NotSupportedException();

    private static TableRows Part(TableRows rows, int from, int to) => rows.Take([.. Enumerable.Range(from, to - from)]);

    private static double[] Truth(TableRows rows) => Array.ConvertAll(rows.Target.Labels, label => (double)label);

    private static TableModel Train(TableRows rows, BoostedTreesLearner? learner = null, int seed = 0) => (learner ?? Trees).Train(LearningTask.Regression, rows, null, new LearningContext { Seed = seed, Cancel = Cancel });

    private static double[] Predict(TableModel model, TableRows rows) => model.Predict(rows.Features, 0, Cancel);
}
