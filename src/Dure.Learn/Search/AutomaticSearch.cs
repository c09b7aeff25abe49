using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Search;

/// <summary>
/// Looks for the best model within a time. First candidates known to be good on many tables, each judged by one fold; those that fall behind go no
/// further (successive halving, Jamieson and Talwalkar 2016); then the parameters of the best kinds are turned (<see cref="Proposals"/>); at last
/// those that help each other are averaged. What is found is judged by folds that the choice had not seen.
/// </summary>
public sealed class AutomaticSearch
{
    // Of the budget at least so much is for choosing, and for training the chosen again on all rows; where that takes longer, up to the second share.
    private const double LeastSettlingShare = 0.25, MostSettlingShare = 0.5;

    /// <summary>An average has about so many parts that count.</summary>
    private const int UsualMembers = 4;

    /// <summary>After its first fold a candidate goes on when it is among the best so many of those tried.</summary>
    private const double KeptShare = 0.4;

    private const int MostConsidered = 24;

    /// <summary>One candidate's fold may take so much of the time; what is slower would leave none for others.</summary>
    private const double OneFoldShare = 0.1;

    private readonly LearningTask task;
    private readonly SearchOptions options;
    private readonly TimeProvider time;
    private readonly FoldTrials folds;
    private readonly TableRows rows;
    private readonly List<Trial> trials = [];
    private readonly long began;

    private AutomaticSearch(LearningTask task, TableRows rows, SearchOptions options, TimeProvider time)
    {
        (this.task, this.options, this.time, this.rows) = (task, options, time, rows);
        folds = new FoldTrials(task, rows, options);
        began = time.GetTimestamp();
    }

    /// <param name="rows">All rows that may be looked at; folds name them by number.</param>
    /// <exception cref="ProblemException">No learner can learn from these rows, or none did within the time.</exception>
    public static SearchResult Run(LearningTask task, TableRows rows, SearchOptions options, TimeProvider time, CancellationToken cancel)
    {
        options.Check();
        return new AutomaticSearch(task, rows, options, time).Run(cancel);
    }

    private TimeSpan Spent => time.GetElapsedTime(began);

    private SearchResult Run(CancellationToken cancel)
    {
        // The first candidate may take what time there is: without one finished there is no answer at all.
        using var left = new CancellationTokenSource(options.Budget, time);
        using var trying = CancellationTokenSource.CreateLinkedTokenSource(cancel, left.Token);
        try
        {
            foreach (var candidate in Candidates(trying.Token).TakeWhile(_ => !IsTryingOver))
            {
                TryOut(candidate, trying.Token);
                Forget();
                if (trials.Exists(IsWhole))
                    left.CancelAfter(Later(TryingTime() - Spent));
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            // Time for trying is up; what is finished counts.
        }
        return Choose(cancel);
    }

    /// <summary>Lets go of models and predictions that no choice will take: a search of days must not keep them all.</summary>
    private void Forget()
    {
        var whole = trials.Where(IsWhole).OrderBy(trial => trial.Losses.Average()).ThenBy(trial => trial.Number).Take(MostConsidered).ToHashSet();
        if (whole.Count == 0)
            return;
        foreach (var trial in trials.Where(trial => !whole.Contains(trial)))
        {
            trial.Models.Clear();
            trial.Predictions.Clear();
        }
    }

    private bool IsTryingOver => trials.Exists(IsWhole) && Spent > TryingTime();

    /// <summary>The time for trying: what is left of the budget when those that lead so far are trained again on all rows.</summary>
    private TimeSpan TryingTime()
    {
        var settling = TimeSpan.Zero;
        if (options.IsOrdered)
            foreach (var leading in trials.Where(IsWhole).OrderBy(trial => trial.Losses.Average()).Take(UsualMembers))
                settling += leading.Took / folds.Folds * folds.Growth;
        return options.Budget * (1 - Math.Clamp(settling / options.Budget, LeastSettlingShare, MostSettlingShare));
    }

    private static TimeSpan Later(TimeSpan left) => left > TimeSpan.Zero ? left : TimeSpan.Zero;

    private bool IsWhole(Trial trial) => trial.Losses.Count == folds.Folds;

    private IEnumerable<Candidate> Candidates(CancellationToken cancel)
    {
        foreach (var first in SearchSpace.First(task, folds.Views.Count))
            yield return first;
        var proposals = new Proposals(options.Seed, folds.Views.Count);
        while (proposals.Next(trials, cancel) is { } next)
            yield return next;
    }

    private void TryOut(Candidate candidate, CancellationToken cancel)
    {
        var trial = new Trial(trials.Count + 1, candidate);
        trials.Add(trial);
        try
        {
            do
                Advance(trial, cancel);
            while (trial.Refusal is null && !IsWhole(trial) && IsPromising(trial));
        }
        finally
        {
            options.Progress?.Report(trial.Tell());
        }
    }

    private void Advance(Trial trial, CancellationToken cancel)
    {
        using var finish = new CancellationTokenSource(options.Budget * OneFoldShare, time);
        using var late = new CancellationTokenSource(trial.Number > 1 ? 2 * options.Budget * OneFoldShare : Timeout.InfiniteTimeSpan, time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            folds.Advance(trial, finish.Token, end.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            trial.Refusal = $"A fold took longer than {(2 * options.Budget * OneFoldShare).TotalSeconds:0.#} s, its share of the time.";
        }
    }

    /// <summary>Whether a candidate is worth its next fold: compared with the others by the folds that it has been judged by.</summary>
    private bool IsPromising(Trial trial)
    {
        var done = trial.Losses.Count;
        var others = trials.Where(other => other != trial && other.Losses.Count >= done).Select(other => other.Losses.Take(done).Average()).Order().ToArray();
        return others.Length < 3 || trial.Losses.Average() <= others[(int)Math.Ceiling(KeptShare * others.Length) - 1];
    }

    private SearchResult Choose(CancellationToken cancel)
    {
        var most = trials.Count == 0 ? 0 : trials.Max(trial => trial.Losses.Count);
        if (most == 0)
            throw new ProblemException("urn:dure:learn:nothing-learnt", trials.Find(trial => trial.Refusal is not null)?.Refusal is { } refusal ? $"No learner could learn from these rows: {refusal}" : $"No training ended within {options.Budget.TotalSeconds:0} s.",
                "automatic search", "Mend the rows, or give more time.");
        var whole = trials.Where(trial => trial.Losses.Count == most).OrderBy(trial => trial.Losses.Average()).ThenBy(trial => trial.Number).Take(MostConsidered).ToList();
        var choice = new EnsembleChoice([.. whole.Select(trial => trial.Predictions)], LossBy, cancel);
        var weights = choice.Weights();
        var members = Members(whole, weights, cancel);
        var model = new EnsembleModel([.. rows.Features.Columns.Select(column => column.Name)], members);
        var byTrial = whole.Zip(weights).ToDictionary(pair => pair.First, pair => pair.Second);
        return new SearchResult(model, [.. trials.Select(trial => trial.Tell(byTrial.GetValueOrDefault(trial)))], [.. options.Folds.Take(most).SelectMany(fold => fold.Judge)], choice.Nested(), choice.Mean(weights), Spent);
    }

    private Func<double[], double> LossBy(int[] some)
    {
        var target = rows.Target.Take([.. some.SelectMany(fold => options.Folds[fold].Judge)]);
        return predictions => options.Loss(predictions, target);
    }

    /// <summary>The models of the folds averaged; where rows have an order, one model of all rows for each that was chosen, as long as time is left.</summary>
    private List<EnsembleMember> Members(List<Trial> whole, double[] weights, CancellationToken cancel)
    {
        var members = new List<EnsembleMember>();
        using var left = new CancellationTokenSource(Later(options.Budget - Spent), time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancel, left.Token);
        foreach (var (trial, weight) in whole.Zip(weights).Where(pair => pair.Second > 0).OrderByDescending(pair => pair.Second))
            if (options.IsOrdered && TrySettle(trial, deadline.Token, cancel) is { } settled)
                members.Add(new(settled, weight));
            else if (options.IsOrdered)
                members.Add(new(trial.Models[^1], weight)); // of the folds' models the one that has seen most
            else
                members.AddRange(trial.Models.Select(model => new EnsembleMember(model, weight / trial.Models.Count)));
        return members;
    }

    private TableModel? TrySettle(Trial trial, CancellationToken deadline, CancellationToken cancel)
    {
        try
        {
            return folds.Settle(trial, deadline);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
