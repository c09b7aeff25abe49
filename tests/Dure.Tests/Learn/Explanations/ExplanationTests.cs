using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Explanations;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Explanations;

/// <summary>What explanations promise: they say what the model does, and how sure that is.</summary>
public sealed class ExplanationTests
{
    private static readonly Lazy<(TableModel Model, TableRows Rows)> Friedman = new(() =>
    {
        var (table, labels) = MadeTable.Friedman(2000, seed: 1);
        var model = new BoostedTreesLearner { Rounds = 120, LearningRate = 0.1 }.Train(LearningTask.Regression, new(table, new(labels)), null, new());
        var (unseen, truth) = MadeTable.Friedman(1000, seed: 2);
        return (model, new(unseen, new(truth)));
    });

    private static readonly Metric Rmse = Metrics.Of("rmse");

    [Fact]
    public void Columns_that_matter_stand_before_those_that_do_not_and_their_intervals_say_so()
    {
        var (model, rows) = Friedman.Value;
        var found = PermutationImportance.Of(model, rows, new() { Count = rows.Count }, Rmse, seed: 1, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(["x0", "x1", "x2", "x3", "x4"], found.Take(5).Select(one => Assert.Single(one.Columns)).Order(StringComparer.Ordinal));
        Assert.All(found.Take(5), one => Assert.True(one.Worsening.Low > 0.2));
        Assert.All(found.Skip(5), one => Assert.True(one.Worsening.High < 0.1));
    }

    [Fact]
    public void What_matters_makes_a_figure_worse_whichever_way_is_better()
    {
        var random = new Random(8);
        float[] load = [.. Enumerable.Range(0, 800).Select(_ => (float)random.NextDouble())], noise = [.. Enumerable.Range(0, 800).Select(_ => (float)random.NextDouble())];
        TableRows rows = new(MadeTable.Of(load, noise), new([.. load.Select(value => value + 0.2 * random.NextDouble() > 0.6 ? 1f : 0)]));
        var model = LearnerCatalog.Default("logistic").Train(LearningTask.Classification(["runs", "fails"]), rows, null, new());
        foreach (var name in (string[])["auc", "log-loss"])
        {
            var found = PermutationImportance.Of(model, rows, new() { Count = 800 }, Metrics.Of(name), seed: 1, cancel: TestContext.Current.CancellationToken);
            Assert.Equal("x0", found[0].Columns[0]);
            Assert.True(found[0].Worsening.Low > 0.2);
        }
    }

    [Fact]
    public void The_mean_prediction_of_a_weighted_sum_is_the_sum_at_the_mean_of_all_others()
    {
        var random = new Random(6);
        float[][] columns = [.. Enumerable.Range(0, 3).Select(_ => Enumerable.Range(0, 300).Select(_ => (float)random.NextDouble()).ToArray())];
        var table = MadeTable.Of(columns);
        var model = LearnerCatalog.Default("linear").Train(LearningTask.Regression, new(table, new([.. Enumerable.Range(0, 300).Select(row => 3 * columns[0][row] - columns[1][row] + 2)])), null, new());
        var found = PartialDependence.Of(model, table, "x0", 0, 1, TestContext.Current.CancellationToken);
        Assert.All(found.Points, point =>
        {
            var said = new double[1];
            model.Predict([point.Value, columns[1].Average(), columns[2].Average()], said);
            Assert.Equal(said[0], point.Mean, 1e-4);
        });
    }

    [Fact]
    public void Columns_that_tell_the_same_are_shuffled_together()
    {
        var (table, labels) = MadeTable.Friedman(1500, seed: 3);
        FeatureTable twice = new([.. table.Columns, table.Columns[3] with { Name = "x3 again" }]);
        var model = new BoostedTreesLearner { Rounds = 60, LearningRate = 0.1, ColumnShare = 0.5 }.Train(LearningTask.Regression, new(twice, new(labels)), null, new());
        var found = PermutationImportance.Of(model, new(twice, new(labels)), new() { Count = 1500 }, Rmse, seed: 1, cancel: TestContext.Current.CancellationToken);
        Assert.Equal(["x3", "x3 again"], found[0].Columns);
    }

    [Fact]
    public void What_belongs_to_a_machine_is_shuffled_among_machines()
    {
        var random = new Random(4);
        var groups = Enumerable.Range(0, 1200).Select(row => row / 60).ToArray();
        var age = Enumerable.Range(0, 20).Select(_ => random.Next(30)).ToArray();
        FeatureTable table = new([new() { Name = "age", Values = [.. groups.Select(group => (float)age[group])] }, new() { Name = "load", Values = [.. groups.Select(_ => (float)random.NextDouble())] }]);
        float[] labels = [.. groups.Select((group, row) => age[group] + 5 * table.Columns[1].Values[row])];
        var model = new BoostedTreesLearner { Rounds = 80, LearningRate = 0.1 }.Train(LearningTask.Regression, new(table, new(labels)), null, new());
        var known = new SplitRows { Count = 1200, Groups = groups };
        var found = PermutationImportance.Of(model, new(table, new(labels)), known, Rmse, seed: 1, cancel: TestContext.Current.CancellationToken);
        Assert.Equal("age", found[0].Columns[0]);
        Assert.True(found[0].Worsening.High - found[0].Worsening.Low > 1); // 20 machines: the interval is wide, as it should be
    }

    [Fact]
    public void The_mean_prediction_follows_the_truth_and_says_where_nothing_was_seen()
    {
        var (model, rows) = Friedman.Value;
        var along = PartialDependence.Of(model, rows.Features, "x3", 0, seed: 1, TestContext.Current.CancellationToken);
        var (first, last) = (along.Points[2], along.Points[^3]);
        Assert.Equal(10, (last.Mean - first.Mean) / (last.Value - first.Value), 1.0); // the truth is 10 x3
        Assert.All(along.Points, point => Assert.True(point.HasData));
        Assert.Equal(30, along.Rows.Count);

        FeatureTable gap = new([new() { Name = "speed", Values = [.. Enumerable.Range(0, 400).Select(row => row < 200 ? row / 200f : 5 + row / 200f)] }]);
        var two = new BoostedTreesLearner { Rounds = 10 }.Train(LearningTask.Regression, new(gap, new([.. gap.Columns[0].Values])), null, new());
        var points = PartialDependence.Of(two, gap, "speed", 0, seed: 1, TestContext.Current.CancellationToken).Points;
        Assert.All(points, point => Assert.Equal(point.Value is < 1.1f or > 5.9f, point.HasData));
    }

    [Fact]
    public void The_fewest_and_smallest_changes_within_limits_are_found()
    {
        var (table, model) = Threshold();
        float[] row = [1, 5, 0];
        var any = Counterfactuals.Of(model, table, row, [new("heat"), new("load"), new("line")], (0, 0.5, 1), TestContext.Current.CancellationToken);
        var change = Assert.Single(any[0].Changes);
        Assert.Equal("heat", change.Column);
        Assert.InRange(change.To, 2, 3); // from 1 over the edge at 2, and no farther than needed
        Assert.Contains("heat", any[0].InWords, StringComparison.Ordinal);
        Assert.True(any[0].Likeness < 0.5);
    }

    [Fact]
    public void No_limit_is_ever_passed_and_only_values_that_were_seen_are_named()
    {
        var (table, model) = Threshold();
        float[] row = [1, 5, 0];
        Assert.Empty(Counterfactuals.Of(model, table, row, [new("heat", Direction: -1), new("load", Low: 4, High: 6)], (0, 0.5, 1), TestContext.Current.CancellationToken));
        var answers = Counterfactuals.Of(model, table, row, [new("heat", High: 1.9f), new("load", Direction: -1)], (0, 0.5, 1), TestContext.Current.CancellationToken);
        Assert.All(answers.SelectMany(answer => answer.Changes), change =>
        {
            var column = table.Columns.Single(column => column.Name == change.Column);
            Assert.Contains(change.To, column.Values);
            Assert.True(change.Column == "heat" ? change.To <= 1.9f : change.To < 5);
        });
        Assert.Throws<ProblemException>(() => Counterfactuals.Of(model, table, row, [new("colour")], (0, 0.5, 1), TestContext.Current.CancellationToken));
    }

    /// <summary>Bad when it is hot, or hardly loaded at all.</summary>
    private static (FeatureTable Table, TableModel Model) Threshold()
    {
        var random = new Random(5);
        float[] heat = [.. Enumerable.Range(0, 1500).Select(_ => (float)(4 * random.NextDouble()))], load = [.. heat.Select(_ => (float)(10 * random.NextDouble()))], line = [.. heat.Select(_ => (float)random.Next(3))];
        FeatureTable table = new([new() { Name = "heat", Values = heat }, new() { Name = "load", Values = load }, new() { Name = "line", Values = line, IsCategorical = true }]);
        float[] labels = [.. heat.Select((value, row) => value > 2 || load[row] < 0.5f ? 1f : 0)];
        return (table, new BoostedTreesLearner { Rounds = 60, LearningRate = 0.2 }.Train(LearningTask.Classification(["good", "bad"]), new(table, new(labels)), null, new()));
    }
}
