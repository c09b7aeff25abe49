using System.Diagnostics;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Search;

/// <summary>One candidate on its way through the folds.</summary>
internal sealed class Trial(int number, Candidate candidate)
{
    public int Number => number;
    public Candidate Candidate => candidate;
    public List<TableModel> Models { get; } = [];
    public List<double[]> Predictions { get; } = [];
    public List<double> Losses { get; } = [];

    /// <summary>Of each fold the step at which the rows that say when to stop were told best; none where nothing is stopped.</summary>
    public List<int> BestSteps { get; } = [];
    public TimeSpan Took { get; set; }
    public string? Refusal { get; set; }

    public Tried Tell(double weight = 0) => new(Number, Candidate, Losses.Count, Losses.Count == 0 ? null : Losses.Average(), Took, Refusal, weight);
}

/// <summary>Trains candidates fold by fold and judges them on rows that they have not seen.</summary>
internal sealed class FoldTrials(LearningTask task, TableRows rows, SearchOptions options)
{
    private readonly int[][] views = [.. options.Views ?? [[.. Enumerable.Range(0, rows.Features.Columns.Count)]]];
    private readonly (TableRows Learn, TableRows? Stop, TableRows Judge)?[] parts = new (TableRows, TableRows?, TableRows)?[options.Folds.Count];

    public int Folds => options.Folds.Count;

    public IReadOnlyList<int[]> Views => views;

    /// <summary>How many times as many rows there are in all as a fold has to learn from on average.</summary>
    public double Growth { get; } = Math.Max(1, AllOf(options).Length / options.Folds.Average(fold => (double)fold.Learn.Length));

    /// <summary>Trains and judges on the next fold; what cannot be trained is marked so and goes no further.</summary>
    /// <param name="finish">Set when the candidate's time is up: what it has by then counts.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; the trial is as it was.</exception>
    public void Advance(Trial trial, CancellationToken finish, CancellationToken cancel)
    {
        var fold = trial.Losses.Count;
        var (learn, stop, judge) = Part(fold);
        var began = Stopwatch.GetTimestamp();
        try
        {
            var best = (Step: 0, Loss: double.PositiveInfinity);
            var watch = new Watch(told => best = told.ValidationLoss < best.Loss ? (told.Step, told.ValidationLoss.Value) : best);
            var context = new LearningContext { Seed = options.Seed + fold, Threads = options.Threads, Progress = trial.Candidate.Learner.EndsByValidation ? watch : null, Finish = finish, Cancel = cancel };
            var model = trial.Candidate.Learner.Train(task, Seen(learn, trial), stop is null ? null : Seen(stop, trial), context);
            var predictions = model.Predict(judge.Features.Select(views[trial.Candidate.View]), options.Threads, cancel);
            var loss = options.Loss(predictions, judge.Target);
            if (best.Step > 0)
                trial.BestSteps.Add(best.Step);
            trial.Models.Add(model);
            trial.Predictions.Add(predictions);
            trial.Losses.Add(double.IsFinite(loss) ? loss : double.MaxValue);
        }
        catch (ProblemException refused)
        {
            trial.Refusal = refused.Problem.What;
        }
        trial.Took += Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Trains a candidate on all rows of all folds, as long as its trainings on folds found best.</summary>
    public TableModel Settle(Trial trial, CancellationToken cancel)
    {
        var learner = trial.Candidate.Learner.Settled(trial.Models, Growth);
        using var finish = new CancellationTokenSource();
        // No rows are left to say when to end: it ends where it was best on the folds.
        var steps = trial.BestSteps.Count > 0 ? trial.BestSteps.Average() : double.PositiveInfinity;
        var watch = new Watch(told =>
        {
            if (told.Step >= steps)
                finish.Cancel();
        });
        var context = new LearningContext { Seed = options.Seed, Threads = options.Threads, Progress = learner.EndsByValidation ? watch : null, Finish = finish.Token, Cancel = cancel };
        return learner.Train(task, Seen(rows.Take(AllOf(options)), trial), null, context);
    }

    private static int[] AllOf(SearchOptions options) => [.. options.Folds.SelectMany(fold => fold.Learn.Concat(fold.Stop).Concat(fold.Judge)).Distinct().Order()];

    private TableRows Seen(TableRows part, Trial trial) => part with { Features = part.Features.Select(views[trial.Candidate.View]) };

    private (TableRows Learn, TableRows? Stop, TableRows Judge) Part(int fold) => parts[fold] ??=
        (rows.Take(options.Folds[fold].Learn), options.Folds[fold].Stop.Length == 0 ? null : rows.Take(options.Folds[fold].Stop), rows.Take(options.Folds[fold].Judge));

    private sealed class Watch(Action<LearningProgress> tell) : IProgress<LearningProgress>
    {
        public void Report(LearningProgress value) => tell(value);
    }
}
