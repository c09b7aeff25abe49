using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Search;
using Dure.Learn.Tables;
using Dure.Tests.Learn.Trees;
using Xunit;

namespace Dure.Tests.Learn.Search;

public sealed class AutomaticSearchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void It_finds_a_model_says_what_it_tried_and_judges_it_by_rows_the_choice_had_not_seen()
    {
        var (table, labels) = MadeTable.Friedman(500, 3, noise: 0.5);
        var (told, time) = (new List<Tried>(), new CountedTime());
        var result = AutomaticSearch.Run(LearningTask.Regression, new(table, new(labels)), Options(500) with { Progress = new Said(told, time) }, time, Cancel);
        Assert.NotEmpty(told);
        Assert.Equal(told.Select(one => one.Candidate.Key), result.Tried.Select(one => one.Candidate.Key));
        Assert.Equal(1, result.Tried.Sum(one => one.Weight), 9);
        Assert.Equal(Enumerable.Range(0, 500), result.JudgedRows.Order());
        var spread = Math.Sqrt(labels.Select(label => Math.Pow(label - labels.Average(), 2)).Average());
        Assert.InRange(Rmse(result.NestedPredictions, labels, result.JudgedRows), 0.5, spread / 2);
        var (fresh, truth) = MadeTable.Friedman(500, 4, noise: 0.5);
        Assert.InRange(Rmse(result.Model.Predict(fresh, cancel: Cancel), truth, [.. Enumerable.Range(0, 500)]), 0.5, spread / 2);
    }

    [Fact]
    public void The_model_it_finds_is_kept_in_a_file_and_as_ONNX()
    {
        var (table, labels) = MadeTable.Friedman(200, 5, categories: 4, missing: 0.05);
        var time = new CountedTime();
        var model = AutomaticSearch.Run(LearningTask.Regression, new(table, new(labels)), Options(200) with { IsOrdered = true, Progress = new Said([], time) }, time, Cancel).Model;
        var again = LearnerCatalog.Read(model.Kind, model.Write());
        Assert.Equal(model.Predict(table, cancel: Cancel), again.Predict(table, cancel: Cancel));
        Assert.Equal(model.Write(), again.Write());
        var onnx = OnnxCheck.Predict(model, table);
        Assert.All(onnx.Zip(model.Predict(table, cancel: Cancel)), pair => Assert.Equal(pair.Second, pair.First, 1e-4));
    }

    [Fact]
    public void Rows_that_nothing_can_be_learnt_from_are_refused_with_the_reason()
    {
        var table = MadeTable.Of([1f, 2, 3, 4, 5, 6, 7, 8]);
        var problem = Assert.Throws<ProblemException>(() => AutomaticSearch.Run(LearningTask.Regression, new(table, new([1, 2, float.NaN, 4, 5, 6, 7, 8])), Options(8), TimeProvider.System, Cancel)).Problem;
        Assert.Contains("label", problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stop_from_outside_stops_it()
    {
        var (table, labels) = MadeTable.Friedman(500, 3);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => AutomaticSearch.Run(LearningTask.Regression, new(table, new(labels)), Options(500), TimeProvider.System, stop.Token));
    }

    [Fact]
    public void Models_that_help_each_other_are_averaged_and_one_that_needs_no_help_stays_alone()
    {
        double[] truth = [1, 2, 3, 4];
        double loss(double[] predictions) => predictions.Zip(truth, (p, t) => (p - t) * (p - t)).Sum();
        Assert.Equal([0.5, 0.5], GreedyEnsemble.Weights([[2, 3, 4, 5], [0, 1, 2, 3]], loss, Cancel));
        Assert.Equal([0, 1], GreedyEnsemble.Weights([[9, 9, 9, 9], [1, 2, 3, 4]], loss, Cancel));
    }

    [Fact]
    public void A_fold_is_judged_by_a_choice_that_it_had_no_part_in()
    {
        // Each of the two candidates is right in one fold and far off in the other; what the other fold chooses is wrong here.
        double[][] truth = [[1, 2], [3, 4]];
        EnsembleChoice choice = new([[[1, 2], [30, 40]], [[10, 20], [3, 4]]], some => predictions => predictions.Zip(some.SelectMany(fold => truth[fold]), (p, t) => (p - t) * (p - t)).Sum(), Cancel);
        Assert.Equal([10, 20, 30, 40], choice.Nested());
        Assert.Equal(1, choice.Weights().Sum(), 12);
        var mean = choice.Mean([0.5, 0.5]);
        Assert.Equal([5.5, 11, 16.5, 22], mean);
    }

    [Fact]
    public void An_average_is_never_worse_than_the_best_alone_on_the_rows_that_chose_it()
    {
        var random = new Random(5);
        for (var round = 0; round < 50; round++)
        {
            double[] draw(double spread) => [.. Enumerable.Range(0, 6).Select(_ => spread * MadeTable.Normal(random))];
            var truth = draw(1);
            double loss(double[] predictions) => predictions.Zip(truth, (p, t) => Math.Abs(p - t)).Max();
            double[][] models = [.. Enumerable.Range(0, 4).Select(_ => draw(1.5))];
            var weights = GreedyEnsemble.Weights(models, loss, Cancel);
            Assert.True(loss([.. Enumerable.Range(0, 6).Select(i => models.Select((model, at) => weights[at] * model[i]).Sum())]) <= models.Min(loss) + 1e-9);
        }
    }

    [Fact]
    public void A_network_trained_again_on_all_rows_ends_where_it_was_best_on_the_folds()
    {
        var (table, labels) = MadeTable.Friedman(240, 6, noise: 4);
        var rows = new TableRows(table, new(labels));
        var trials = new FoldTrials(LearningTask.Regression, rows, Options(240) with { Threads = 1 });
        var trial = new Trial(1, new Candidate(new Dure.Learn.Neural.NeuralNetworkLearner { Layers = [64, 64], Dropout = 0 }, 0));
        while (trial.Losses.Count < trials.Folds)
            trials.Advance(trial, CancellationToken.None, Cancel);
        Assert.Equal(trials.Folds, trial.BestSteps.Count);
        Assert.All(trial.BestSteps, best => Assert.InRange(best, 1, 100));
        var (settled, byHeart) = (trials.Settle(trial, Cancel), trial.Candidate.Learner.Train(LearningTask.Regression, rows, null, new LearningContext { Threads = 1, Cancel = Cancel }));
        var (fresh, truth) = MadeTable.Friedman(500, 7, noise: 0);
        double error(TableModel model) => Rmse(model.Predict(fresh, cancel: Cancel), truth, [.. Enumerable.Range(0, 500)]);
        Assert.True(error(settled) < 0.8 * error(byHeart), $"{error(settled)} against {error(byHeart)}");
    }

    private static SearchOptions Options(int rows) => new()
    {
        Budget = TimeSpan.FromSeconds(4),
        Folds = [.. Enumerable.Range(0, 3).Select(fold => new Fold([.. Enumerable.Range(0, rows).Where(row => row % 3 != fold && row % 7 != 0)],
            [.. Enumerable.Range(0, rows).Where(row => row % 3 != fold && row % 7 == 0)], [.. Enumerable.Range(0, rows).Where(row => row % 3 == fold)]))],
        Loss = (predictions, target) => predictions.Zip(target.Labels, (p, t) => (p - t) * (p - t)).Average(),
    };

    private static double Rmse(double[] predictions, float[] labels, int[] rows) => Math.Sqrt(predictions.Zip(rows, (p, row) => Math.Pow(p - labels[row], 2)).Average());

    private sealed class Said(List<Tried> told, CountedTime time) : IProgress<Tried>
    {
        public void Report(Tried value)
        {
            told.Add(value);
            time.Now += TimeSpan.TicksPerSecond / 4;
        }
    }

    /// <summary>A clock that goes on with each candidate: how many there are does not hang on the machine.</summary>
    private sealed class CountedTime : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Now;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Never();

        private sealed class Never : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
