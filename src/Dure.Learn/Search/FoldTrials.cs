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
            var context = new LearningContext { Seed = options.Seed + fold, Threads = options.Threads, Finish = finish, Cancel = cancel };
            var model = trial.Candidate.Learner.Train(task, Seen(learn, trial), stop is null ? null : Seen(stop, trial), context);
            var predictions = model.Predict(judge.Features.Select(views[trial.Candidate.View]), options.Threads, cancel);
            var loss = options.Loss(predictions, judge.Target);
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
        int[] all = [.. options.Folds.SelectMany(fold => fold.Learn.Concat(fold.Stop).Concat(fold.Judge)).Distinct().Order()];
        var growth = all.Length / options.Folds.Average(fold => (double)fold.Learn.Length);
        var context = new LearningContext { Seed = options.Seed, Threads = options.Threads, Cancel = cancel };
        return trial.Candidate.Learner.Settled(trial.Models, Math.Max(1, growth)).Train(task, Seen(rows.Take(all), trial), null, context);
    }

    private TableRows Seen(TableRows part, Trial trial) => part with { Features = part.Features.Select(views[trial.Candidate.View]) };

    private (TableRows Learn, TableRows? Stop, TableRows Judge) Part(int fold) => parts[fold] ??=
        (rows.Take(options.Folds[fold].Learn), options.Folds[fold].Stop.Length == 0 ? null : rows.Take(options.Folds[fold].Stop), rows.Take(options.Folds[fold].Judge));
}
