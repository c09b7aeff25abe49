using Dure.Kernel;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Trees;

/// <summary>What boosted trees promise: they find what is there, the same each time, and keep to what they were told.</summary>
public sealed class BoostingTests
{
    private static BoostingOptions Quick { get; } = new() { Rounds = 60, Leaves = 15 };

    [Fact]
    public void A_known_function_is_found_nearly_to_its_noise()
    {
        var (table, labels) = MadeTable.Friedman(20_000, seed: 1);
        var (unseen, truth) = MadeTable.Friedman(5_000, seed: 2);
        var model = MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { Rounds = 200 });
        Assert.InRange(MadeTable.Rmse(model, unseen, truth), 0.95, 1.12); // the noise alone is 1
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.1, 7)]
    public void The_same_table_and_seed_give_the_same_bytes_on_any_number_of_threads(double missing, int categories)
    {
        var (table, labels) = MadeTable.Friedman(40_000, seed: 3, missing: missing, categories: categories);
        byte[] train(int threads) => TreesFile.Write(MadeTable.Train(table, new LearningTarget(labels), Quick with { Rounds = 12, RowShare = 0.8, ColumnShare = 0.7, Threads = threads }));
        var one = train(1);
        Assert.Equal(one, train(2));
        Assert.Equal(one, train(5));
        Assert.NotEqual(one, TreesFile.Write(MadeTable.Train(table, new LearningTarget(labels), Quick with { Rounds = 12, RowShare = 0.8, ColumnShare = 0.7, Seed = 1 })));
    }

    [Fact]
    public void The_first_cut_is_the_best_of_all()
    {
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var (rows, columns) = (random.Next(150, 300), random.Next(1, 4)); // of eight values each has rows enough for a bin of its own
            var values = Enumerable.Range(0, columns).Select(_ => Enumerable.Range(0, rows).Select(_ => (float)random.Next(8)).ToArray()).ToArray();
            var labels = Enumerable.Range(0, rows).Select(_ => (float)random.Next(-5, 6)).ToArray();
            var model = MadeTable.Train(MadeTable.Of(values), new LearningTarget(labels), new BoostingOptions { Rounds = 1, Leaves = 2, MinRows = 1, MinHessian = 0, L2 = 0.5, Bins = 256 });
            var best = Enumerable.Range(0, columns).SelectMany(column => values[column].Distinct().Select(cut => Gain(values[column], labels, cut))).Max();
            var found = model.Trees[0].Branches is [var root, ..] ? root.Gain : 0;
            return Math.Abs(found - Math.Max(0, best)) <= 1e-3 * Math.Max(1, best);
        }).QuickCheckThrowOnFailure();

        static double Gain(float[] values, float[] labels, float cut)
        {
            var mean = labels.Average(label => (double)label);
            double worth(Func<int, bool> inside)
            {
                int[] rows = [.. Enumerable.Range(0, labels.Length).Where(inside)];
                return rows.Length == 0 ? double.NegativeInfinity : Math.Pow(rows.Sum(row => mean - labels[row]), 2) / (rows.Length + 0.5);
            }
            return (worth(row => values[row] <= cut) + worth(row => values[row] > cut) - worth(_ => true)) / 2;
        }
    }

    [Fact]
    public void A_monotone_column_never_pulls_the_other_way()
    {
        Prop.ForAll<int>(seed =>
        {
            var (table, labels) = MadeTable.Friedman(400, seed, columns: 6, noise: 3);
            var directed = new FeatureTable([.. table.Columns.Select((column, i) => column with { Monotone = i switch { 2 => 1, 3 => -1, 4 => 1, _ => 0 } })]);
            var model = MadeTable.Train(directed, new LearningTarget(labels), new BoostingOptions { Rounds = 20, Leaves = 16, MinRows = 3 });
            var random = new Random(seed + 1);
            var (row, prediction) = (new float[6], new double[1]);
            for (var trial = 0; trial < 20; trial++)
            {
                for (var i = 0; i < row.Length; i++)
                    row[i] = (float)random.NextDouble();
                foreach (var (column, direction) in ((int, int)[])[(2, 1), (3, -1), (4, 1)])
                {
                    var last = double.NegativeInfinity;
                    for (var step = 0; step <= 20; step++)
                    {
                        row[column] = step / 20f;
                        model.Predict(row, prediction);
                        if (step > 0 && direction * prediction[0] < last - 1e-6)
                            return false;
                        last = direction * prediction[0];
                    }
                }
            }
            return true;
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Missing_values_go_where_they_belong()
    {
        var random = new Random(4);
        var (values, labels) = (new float[2000], new float[2000]);
        for (var row = 0; row < values.Length; row++)
            (values[row], labels[row]) = random.NextDouble() < 0.3 ? (float.NaN, 7) : ((float)random.NextDouble(), 1);
        var model = MadeTable.Train(MadeTable.Of(values), new LearningTarget(labels), Quick);
        Assert.Equal(7, Predict(model, float.NaN), 0.1);
        Assert.Equal(1, Predict(model, 0.01f), 0.1);
        Assert.Equal(1, Predict(model, 0.99f), 0.1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_cut_takes_the_missing_to_the_side_they_are_like(bool likeLow)
    {
        var random = new Random(14);
        float[] values = [.. Enumerable.Range(0, 2000).Select(_ => random.NextDouble() < 0.3 ? float.NaN : (float)random.NextDouble())];
        float[] labels = [.. values.Select(value => (float.IsNaN(value) ? likeLow : value < 0.5f) ? 7f : 1)];
        var model = MadeTable.Train(MadeTable.Of(values), new LearningTarget(labels), new BoostingOptions { Rounds = 60, Leaves = 2, LearningRate = 0.3 });
        Assert.Equal(7, Predict(model, 0.2f), 0.1);
        Assert.Equal(1, Predict(model, 0.8f), 0.1);
        Assert.Equal(likeLow ? 7 : 1, Predict(model, float.NaN), 0.1);
        Assert.Equal(likeLow, model.Trees[0].Branches[0].MissingLeft);
    }

    [Fact]
    public void Categories_are_parted_without_an_order_and_unseen_ones_are_taken()
    {
        var random = new Random(5);
        var (codes, labels) = (new float[6000], new float[6000]);
        for (var row = 0; row < codes.Length; row++)
            (codes[row], labels[row]) = (random.Next(40), 0);
        for (var row = 0; row < codes.Length; row++)
            labels[row] = (int)codes[row] * 7 % 5;
        var table = new FeatureTable([new FeatureColumn { Name = "product", Values = codes, IsCategorical = true }]);
        var model = MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { Rounds = 150 });
        Assert.InRange(MadeTable.Rmse(model, table, labels), 0, 0.05);
        Assert.InRange(Predict(model, 1_000_000), -0.5, 4.5);
        Assert.InRange(Predict(model, float.NaN), -0.5, 4.5);
    }

    [Fact]
    public void A_row_that_weighs_three_is_worth_three_rows()
    {
        var (table, labels) = MadeTable.Friedman(600, seed: 6);
        var weights = Enumerable.Range(0, 600).Select(row => row % 2 == 0 ? 3f : 1f).ToArray();
        int[] repeated = [.. Enumerable.Range(0, 600).SelectMany(row => Enumerable.Repeat(row, row % 2 == 0 ? 3 : 1))];
        var twice = MadeTable.Of([.. table.Columns.Select(column => repeated.Select(row => column.Values[row]).ToArray())]);
        var options = new BoostingOptions { Rounds = 20, MinRows = 1, MinHessian = 30, Bins = 32 };
        var weighted = MadeTable.Train(table, new LearningTarget(labels, weights), options);
        var listed = MadeTable.Train(twice, new LearningTarget([.. repeated.Select(row => labels[row])]), options);
        Assert.InRange(Math.Abs(MadeTable.Rmse(weighted, table, labels) - MadeTable.Rmse(listed, table, labels)), 0, 0.05);
    }

    [Fact]
    public void Training_ends_when_the_validation_rows_get_no_better_and_keeps_the_best_round()
    {
        var (table, labels) = MadeTable.Friedman(500, seed: 7, noise: 4);
        var validation = MadeTable.Friedman(500, seed: 8, noise: 4);
        var losses = new List<double>();
        var model = MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { Rounds = 2000, Patience = 20, LearningRate = 0.3 },
            (validation.Table, new LearningTarget(validation.Labels)), new Told(losses));
        Assert.Equal(losses.IndexOf(losses.Min()) + 1, model.Rounds);
        Assert.Equal(model.Rounds + 20, losses.Count);
    }

    [Fact]
    public void One_side_sampling_costs_little_accuracy()
    {
        var (table, labels) = MadeTable.Friedman(30_000, seed: 9);
        var (unseen, truth) = MadeTable.Friedman(5_000, seed: 10);
        var all = MadeTable.Rmse(MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions()), unseen, truth);
        var some = MadeTable.Rmse(MadeTable.Train(table, new LearningTarget(labels), new BoostingOptions { OneSideSampling = (0.2, 0.1) }), unseen, truth);
        Assert.InRange(some, 0.9, all * 1.05);
    }

    [Fact]
    public void What_one_side_sampling_leaves_out_is_stood_for_by_what_it_draws()
    {
        var random = new Random(15);
        float[] gradients = [.. Enumerable.Range(0, 20_000).Select(_ => (float)MadeTable.Normal(random))], hessians = [.. gradients.Select(_ => 1f)];
        var all = gradients.Sum(Math.Abs);
        var chosen = RowSampling.Choose(new BoostingOptions { OneSideSampling = (0.2, 0.1), LearningRate = 0.1 }, 10, new RowDice(1, 1), 0, gradients, hessians)!;
        Assert.InRange(chosen.Length, 5_700, 6_300);
        Assert.InRange(chosen.Sum(row => hessians[row]), 19_000, 21_000);
        Assert.InRange(chosen.Sum(row => Math.Abs(gradients[row])), 0.96 * all, 1.04 * all);
    }

    [Fact]
    public void Training_can_be_cancelled()
    {
        var (table, labels) = MadeTable.Friedman(5_000, seed: 11);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => Boosting.Train(table, new LearningTarget(labels), new BoostingOptions { Rounds = 100_000 },
            progress: new Stops(stop, 3), finish: CancellationToken.None, cancel: stop.Token));
    }

    public static TheoryData<string, Func<BoostedTrees>> Refused => new()
    {
        { "labels", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([1, float.NaN, 2]), Quick) },
        { "labels", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([1, 1, 1]), Quick with { Loss = BoostingLoss.Logistic }) },
        { "labels", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([0, 3, 1]), Quick with { Loss = BoostingLoss.Classes(3) }) },
        { "labels", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([-1, 3, 1]), Quick with { Loss = BoostingLoss.Poisson }) },
        { "labels", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([1, 2]), Quick) },
        { "weights", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([1, 2, 3], [1, 0, 1]), Quick) },
        { "groups", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([1, 2, 3], null, [2, 2]), Quick with { Loss = BoostingLoss.Ranking }) },
        { "Rounds", () => MadeTable.Train(MadeTable.Of([1, 2, 3]), new LearningTarget([1, 2, 3]), Quick with { Rounds = 0 }) },
        { "column 'x0'", () => MadeTable.Train(MadeTable.Of([1, float.PositiveInfinity, 3]), new LearningTarget([1, 2, 3]), Quick) },
        { "the table", () => MadeTable.Train(MadeTable.Of([]), new LearningTarget([]), Quick) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_cannot_be_learnt_from_is_refused_with_place_and_mend(string where, Func<BoostedTrees> train)
    {
        var problem = Assert.Throws<ProblemException>(train).Problem;
        Assert.Equal(where, problem.Where);
        Assert.NotEmpty(problem.Mend);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Tables_with_nothing_to_find_give_the_mean(int rows)
    {
        var model = MadeTable.Train(MadeTable.Of(Enumerable.Repeat(5f, rows).ToArray(), Enumerable.Repeat(float.NaN, rows).ToArray()), new LearningTarget([.. Enumerable.Range(0, rows).Select(row => (float)row)]), Quick);
        Assert.Equal((rows - 1) / 2.0, model.All(MadeTable.Of([1], [2]))[0], 1e-6);
    }

    private static double Predict(BoostedTrees model, params float[] row)
    {
        var prediction = new double[1];
        model.Predict(row, prediction);
        return prediction[0];
    }

    private sealed class Told(List<double> losses) : IProgress<BoostingProgress>
    {
        public void Report(BoostingProgress value) => losses.Add(value.ValidationLoss!.Value);
    }

    private sealed class Stops(CancellationTokenSource stop, int round) : IProgress<BoostingProgress>
    {
        public void Report(BoostingProgress value)
        {
            if (value.Round == round)
                stop.Cancel();
        }
    }
}
