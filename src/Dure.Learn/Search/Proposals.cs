using Dure.Optimize.Bayesian;

namespace Dure.Learn.Search;

/// <summary>
/// Proposes what to try next: a kind of learner, the better it did the more often, and then by Bayesian optimisation the parameters from which most
/// is to be expected.
/// </summary>
internal sealed class Proposals(int seed, int views)
{
    private const int MostAttempts = 20;

    private readonly Random random = new(seed);
    private readonly Dictionary<string, BayesianSearch> searches = new(StringComparer.Ordinal);
    private readonly HashSet<int> told = [];

    /// <summary>The next candidate; null when nothing new is to be had.</summary>
    public Candidate? Next(IReadOnlyList<Trial> trials, CancellationToken cancel)
    {
        if (trials.Count == 0 || trials[0].Losses.Count == 0)
            return null;
        foreach (var trial in trials.Where(trial => told.Add(trial.Number)))
            if (SearchOf(trial.Candidate.Learner.Kind) is { } search && SearchSpace.PointOf(trial.Candidate) is { } point)
                search.Tell([.. point, .. views > 1 ? [(double)trial.Candidate.View] : Array.Empty<double>()], Relative(trial, trials[0]));
        var known = trials.Select(trial => trial.Candidate.Key).ToHashSet(StringComparer.Ordinal);
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            if (Basis(trials) is not { } basis)
                return null;
            var search = SearchOf(basis.Learner.Kind)!; // a basis has parameters to turn
            var point = search.Suggest(cancel);
            var candidate = SearchSpace.At(basis with { View = views > 1 ? (int)point[^1] : 0 }, point);
            if (known.Add(candidate.Key))
                return candidate;
            search.Tell(point, double.NaN);
        }
        return null;
    }

    /// <summary>The best of a kind that can be turned: of two kinds the better one twice as often.</summary>
    private Candidate? Basis(IReadOnlyList<Trial> trials)
    {
        var kinds = trials.Where(trial => trial.Losses.Count > 0 && SearchSpace.Of(trial.Candidate.Learner.Kind).Count > 0).GroupBy(trial => trial.Candidate.Learner.Kind, StringComparer.Ordinal)
            .Select(kind => kind.MinBy(trial => Relative(trial, trials[0]))!).OrderBy(best => Relative(best, trials[0])).ToArray(); // a group is not empty
        if (kinds.Length == 0)
            return null;
        var at = 0;
        while (at < kinds.Length - 1 && random.NextDouble() < 1.0 / 3)
            at++;
        return kinds[at].Candidate;
    }

    private BayesianSearch? SearchOf(string kind)
    {
        if (SearchSpace.Of(kind) is not { Count: > 0 } turns)
            return null;
        if (!searches.TryGetValue(kind, out var search))
            searches[kind] = search = new BayesianSearch([.. turns.Select(turn => turn.Axis), .. views > 1 ? [SearchAxis.Choice("view", views)] : Array.Empty<SearchAxis>()], seed + searches.Count, 4);
        return search;
    }

    /// <summary>How a candidate did on its folds beside the first candidate on the same: so those with few folds can be told beside those with all.</summary>
    private static double Relative(Trial trial, Trial first)
    {
        var done = Math.Min(trial.Losses.Count, first.Losses.Count);
        return done == 0 ? double.NaN : trial.Losses.Take(done).Average() - first.Losses.Take(done).Average();
    }
}
