using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Linear;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Linear;

/// <summary>Weighted sums against what is known of them: made truths, optimality conditions, and each other.</summary>
public sealed class LinearTests
{
    private static LearningContext Context => new() { Threads = 1, Cancel = TestContext.Current.CancellationToken };

    /// <summary>y = 3 x0 - 2 x1 + 5 and noise; x2 and on say nothing.</summary>
    private static TableRows Straight(int rows, int seed, int columns = 4, double noise = 0.1)
    {
        var random = new Random(seed);
        var values = Enumerable.Range(0, columns).Select(_ => Enumerable.Range(0, rows).Select(_ => (float)MadeTable.Normal(random)).ToArray()).ToArray();
        return new TableRows(MadeTable.Of(values), new LearningTarget([.. Enumerable.Range(0, rows).Select(row => (float)(3 * values[0][row] - 2 * values[1][row] + 5 + noise * MadeTable.Normal(random)))]));
    }

    private static LinearModel Fit(LinearLearner learner, TableRows rows) => (LinearModel)learner.Train(LearningTask.Regression, rows, null, Context);

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    [InlineData(1)]
    public void A_straight_truth_is_found(double l1Share)
    {
        var model = Fit(new LinearLearner { L1Share = l1Share }, Straight(2000, 1));
        Assert.Equal(3, model.Weights[0], 0.1);
        Assert.Equal(-2, model.Weights[1], 0.1);
        var at = new double[1];
        model.Predict([1, 1, 0, 0], at);
        Assert.Equal(6, at[0], 0.05);
    }

    [Fact]
    public void A_lasso_drops_columns_that_say_nothing()
    {
        var model = Fit(new LinearLearner { L1Share = 1, Penalty = 0.05 }, Straight(500, 2, columns: 40));
        Assert.Equal([0, 1], Enumerable.Range(0, 40).Where(i => model.Weights[i] != 0));
    }

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.5, 0.05)]
    [InlineData(1, 0.02)]
    public void The_weights_are_where_no_small_change_makes_it_better(double l1Share, double penalty)
    {
        var rows = Straight(200, 3, columns: 8, noise: 2);
        var model = Fit(new LinearLearner { L1Share = l1Share, Penalty = penalty }, rows);
        var predictions = model.Predict(rows.Features, 1, TestContext.Current.CancellationToken);
        var spread = Spread(rows.Target.Labels);
        for (var i = 0; i < 8; i++)
        {
            // In units of the columns' and the label's spread: slope of the squares, of the ridge, and the lasso's subgradient.
            var (column, weight) = (rows.Features.Columns[i].Values, model.Weights[i] / spread);
            var (mean, unit) = (column.Average(value => (double)value), Spread(column));
            var slope = -Enumerable.Range(0, 200).Average(row => (column[row] - mean) / unit * (rows.Target.Labels[row] - predictions[row]) / spread) + penalty * (1 - l1Share) * weight;
            if (weight == 0)
                Assert.InRange(Math.Abs(slope), 0, penalty * l1Share + 1e-6);
            else
                Assert.Equal(0, slope + penalty * l1Share * Math.Sign(weight), 1e-5);
        }
    }

    [Fact]
    public void A_ridge_by_equations_is_an_elastic_net_with_hardly_any_lasso()
    {
        var rows = Straight(300, 4, columns: 10, noise: 1);
        var (ridge, net) = (Fit(new LinearLearner { Penalty = 0.3 }, rows), Fit(new LinearLearner { Penalty = 0.3, L1Share = 1e-9 }, rows));
        for (var i = 0; i < 10; i++)
            Assert.Equal(ridge.Weights[i], net.Weights[i], 1e-4);
    }

    [Fact]
    public void A_row_that_counts_twice_is_two_rows()
    {
        var rows = Straight(100, 5, noise: 3);
        var heavy = rows with { Target = rows.Target with { Weights = [.. Enumerable.Range(0, 100).Select(row => row < 30 ? 2f : 1f)] } };
        int[] twice = [.. Enumerable.Range(0, 100), .. Enumerable.Range(0, 30)];
        var doubled = new TableRows(rows.Features.Take(twice), new LearningTarget(Array.ConvertAll(twice, row => rows.Target.Labels[row])));
        var learner = new LinearLearner { Penalty = 0.1 };
        Assert.Equal(Fit(learner, heavy).Weights.Select(weight => Math.Round(weight, 5)), Fit(learner, doubled).Weights.Select(weight => Math.Round(weight, 5)));
    }

    [Fact]
    public void More_noise_chooses_a_stronger_penalty()
    {
        var calm = Fit(new LinearLearner(), Straight(80, 6, columns: 40, noise: 0.01)).Penalty;
        Assert.True(calm < Fit(new LinearLearner(), Straight(80, 6, columns: 40, noise: 20)).Penalty);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Probabilities_of_classes_are_those_they_were_drawn_with(double l1Share)
    {
        var random = new Random(7);
        var x = Enumerable.Range(0, 4000).Select(_ => (float)MadeTable.Normal(random)).ToArray();
        var labels = Array.ConvertAll(x, value => random.NextDouble() < 1 / (1 + Math.Exp(-(2 * value - 1))) ? 1f : 0);
        var model = new LogisticLearner { L1Share = l1Share }.Train(LearningTask.Classification(["no", "yes"]), new TableRows(MadeTable.Of(x), new LearningTarget(labels)), null, Context);
        var at = new double[1];
        foreach (var value in (float[])[-1, 0, 1])
        {
            model.Predict([value], at);
            Assert.Equal(1 / (1 + Math.Exp(-(2 * value - 1))), at[0], 0.04);
        }
    }

    [Fact]
    public void Two_classes_are_the_same_as_several_of_which_only_two_are_there()
    {
        var rows = MadeTaskRows();
        var two = new LogisticLearner { Penalty = 0.01 }.Train(LearningTask.Classification(["a", "b"]), rows, null, Context).Predict(rows.Features, 1, TestContext.Current.CancellationToken);
        // Softmax with two rows of weights w and -w has the logistic's scores at twice the penalty.
        var several = new LogisticLearner { Penalty = 0.02 }.Train(LearningTask.Classification(["a", "b", "c"]), rows, null, Context).Predict(rows.Features, 1, TestContext.Current.CancellationToken);
        for (var row = 0; row < rows.Count; row++)
            Assert.Equal(two[row], several[row * 3 + 1], 0.01);
    }

    private static TableRows MadeTaskRows() => Straight(300, 8, noise: 3) is var rows ? rows with { Target = new LearningTarget(Array.ConvertAll(rows.Target.Labels, label => label > 5 ? 1f : 0)) } : throw new NotSupportedException();

    [Fact]
    public void Classes_that_one_column_parts_do_not_make_weights_endless()
    {
        var x = Enumerable.Range(0, 100).Select(i => (float)i).ToArray();
        var model = (LinearModel)new LogisticLearner().Train(LearningTask.Classification(["low", "high"]), new TableRows(MadeTable.Of(x), new LearningTarget([.. x.Select(value => value >= 50 ? 1f : 0)])), null, Context);
        Assert.InRange(model.Weights[0], 1, 1000);
    }

    [Fact]
    public void A_table_too_wide_for_it_is_refused()
    {
        var columns = Enumerable.Range(0, 20).Select(i => new FeatureColumn { Name = $"c{i}", IsCategorical = true, Values = [.. Enumerable.Range(0, 400).Select(row => (float)(row % 200))] });
        var refused = Assert.Throws<ProblemException>(() => Fit(new LinearLearner(), new TableRows(new FeatureTable([.. columns]), new LearningTarget(new float[400])))).Problem;
        Assert.Equal("urn:dure:learn:too-wide", refused.Type);
    }

    [Fact]
    public void A_learner_is_not_given_what_it_cannot_do()
    {
        var rows = Straight(50, 9);
        Assert.Equal("urn:dure:learn:unsuitable-learner", Assert.Throws<ProblemException>(() => new LinearLearner().Train(LearningTask.Classification(["a", "b"]), rows, null, Context)).Problem.Type);
        Assert.Equal("urn:dure:learn:unsuitable-learner", Assert.Throws<ProblemException>(() => new LogisticLearner().Train(LearningTask.Regression, rows, null, Context)).Problem.Type);
    }

    private static double Spread(float[] values) => values.Average(value => (double)value) is var mean ? Math.Sqrt(values.Average(value => (value - mean) * (value - mean))) : 0;
}
