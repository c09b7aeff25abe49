using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using Dure.Tests.Learn.Learners;
using Xunit;

namespace Dure.Tests.Learn.Trees;

public sealed class RandomForestTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static RandomForestModel Fit(RandomForestLearner learner, LearningTask task, TableRows rows, int seed = 1) =>
        (RandomForestModel)learner.Train(task, rows, null, new LearningContext { Seed = seed, Threads = 1, Cancel = Cancel });

    private static TableRows Friedman(int rows, int seed, int columns = 8) => MadeTable.Friedman(rows, seed, columns) is var made ? new TableRows(made.Table, new LearningTarget(made.Labels)) : throw new NotSupportedException();

    [Fact]
    public void A_single_tree_of_all_columns_cuts_where_the_label_changes()
    {
        var x = Enumerable.Range(0, 100).Select(i => (float)i).ToArray();
        var rows = new TableRows(MadeTable.Of([.. x.Select(value => value % 7)], x), new LearningTarget([.. x.Select(value => value < 40 ? 2f : 9f)]));
        var model = Fit(new RandomForestLearner { Trees = 1, ColumnShare = 1 }, LearningTask.Regression, rows);
        var at = new double[1];
        model.Predict([0, 30], at);
        Assert.Equal(2, at[0], 1e-5);
        model.Predict([0, 50], at);
        Assert.Equal(9, at[0], 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Many_trees_predict_better_than_one(bool extreme)
    {
        var (rows, others) = (Friedman(1000, 2), Friedman(500, 3));
        double rmse(int trees) => Math.Sqrt(MadeTask.Loss(LearningTask.Regression, Fit(new RandomForestLearner { Trees = trees, Extreme = extreme }, LearningTask.Regression, rows).Predict(others.Features, 1, Cancel), others.Target.Labels));
        Assert.InRange(rmse(60), 1, 0.75 * rmse(1));
        Assert.InRange(rmse(60), 1, 2.4); // the noise is 1, the spread of the labels 5
    }

    [Fact]
    public void The_error_on_rows_left_out_is_that_on_other_rows()
    {
        var (rows, others) = (Friedman(1000, 4), Friedman(1000, 5));
        var model = Fit(new RandomForestLearner { Trees = 60 }, LearningTask.Regression, rows);
        var rmse = Math.Sqrt(MadeTask.Loss(LearningTask.Regression, model.Predict(others.Features, 1, Cancel), others.Target.Labels));
        Assert.Equal(1000, model.OutOfBag!.Rows);
        Assert.Equal(rmse, model.OutOfBag.Error, 0.1 * rmse);
        Assert.Null(Fit(new RandomForestLearner { Trees = 3, Extreme = true }, LearningTask.Regression, rows).OutOfBag);
    }

    [Fact]
    public void The_error_on_rows_left_out_knows_that_there_is_nothing_to_learn()
    {
        var random = new Random(66);
        var rows = Friedman(1000, 6) with { Target = new LearningTarget([.. Enumerable.Range(0, 1000).Select(_ => (float)random.Next(2))]) };
        Assert.InRange(Fit(new RandomForestLearner { Trees = 50 }, LearningTask.Classification(["a", "b"]), rows).OutOfBag!.Error, 0.42, 0.58);
    }

    [Fact]
    public void Values_that_are_missing_for_a_reason_are_learnt_from()
    {
        var random = new Random(7);
        var labels = Enumerable.Range(0, 600).Select(i => (float)(i % 2)).ToArray();
        float[] x = [.. labels.Select(label => label == 1 ? float.NaN : (float)random.NextDouble())];
        float[] codes = [.. labels.Select(label => label == 1 ? float.NaN : random.Next(3))];
        var number = new FeatureTable([new FeatureColumn { Name = "x", Values = x }]);
        var category = new FeatureTable([new FeatureColumn { Name = "x", Values = codes, IsCategorical = true }]);
        foreach (var table in (FeatureTable[])[number, category])
        {
            var model = Fit(new RandomForestLearner { Trees = 10 }, LearningTask.Classification(["here", "gone"]), new TableRows(table, new LearningTarget(labels)));
            Assert.Equal(0, model.OutOfBag!.Error);
            var at = new double[1];
            model.Predict([float.NaN], at);
            Assert.Equal(1, at[0], 1e-6);
        }
    }

    [Fact]
    public void A_leaf_has_the_rows_it_must_have_and_a_tree_no_more_leaves_than_it_may()
    {
        var model = Fit(new RandomForestLearner { Trees = 5, MinRows = 30, Leaves = 10, Extreme = true }, LearningTask.Regression, Friedman(1000, 8));
        Assert.All(model.Trees.Trees, tree => Assert.All(tree.LeafRows, rows => Assert.InRange(rows, 30, 1000)));
        Assert.All(model.Trees.Trees, tree => Assert.InRange(tree.Leaves.Length, 2, 10));
        Assert.All(model.Trees.Trees, tree => Assert.Equal(1000, tree.LeafRows.Sum()));
    }

    [Fact]
    public void Its_contributions_add_up_to_the_prediction()
    {
        var rows = Friedman(500, 9);
        var model = Fit(new RandomForestLearner { Trees = 20 }, LearningTask.Regression, rows);
        var (explained, row, parts, at) = (new TreeShap(model.Trees), new float[8], new double[8], new double[1]);
        rows.Features.CopyRow(0, row);
        explained.Explain(row, parts);
        model.Predict(row, at);
        Assert.Equal(at[0], explained.Expected[0] + parts.Sum(), 1e-9);
    }

    [Fact]
    public void A_direction_that_it_cannot_promise_is_refused()
    {
        var rows = Friedman(100, 10);
        var directed = rows with { Features = new FeatureTable([.. rows.Features.Columns.Select((column, i) => i == 3 ? column with { Monotone = 1 } : column)]) };
        var refused = Assert.Throws<ProblemException>(() => Fit(new RandomForestLearner(), LearningTask.Regression, directed)).Problem;
        Assert.Equal("urn:dure:learn:unsuitable-learner", refused.Type);
        Assert.Contains("'x3'", refused.What, StringComparison.Ordinal);
    }
}
