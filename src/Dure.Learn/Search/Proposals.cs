namespace Dure.Learn.Search;

/// <summary>Proposes what to try next: of the kinds that did well, more of what did well, and now and then something quite different.</summary>
internal sealed class Proposals(int seed)
{
    private const double BoldShare = 0.3;
    private const int MostAttempts = 100;

    private readonly Random random = new(seed);

    /// <summary>The next candidate; null when nothing new is to be had.</summary>
    public Candidate? Next(IReadOnlyList<Trial> trials)
    {
        var known = trials.Select(trial => trial.Candidate.Key).ToHashSet(StringComparer.Ordinal);
        var best = trials.Where(trial => trial.Losses.Count > 0 && SearchSpace.Of(trial.Candidate.Learner.Kind).Count > 0)
            .OrderByDescending(trial => trial.Losses.Count).ThenBy(trial => trial.Losses.Average()).Take(5).ToArray();
        if (best.Length == 0)
            return null;
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var basis = best[random.Next(best.Length)];
            var turns = SearchSpace.Of(basis.Candidate.Learner.Kind);
            var isBold = random.NextDouble() < BoldShare;
            var candidate = SearchSpace.At(basis.Candidate, [.. turns.Select(turn => isBold ? random.NextDouble() : Near(basis, turn))]);
            if (known.Add(candidate.Key))
                return candidate;
        }
        return null;
    }

    private double Near(Trial basis, Turn turn)
    {
        var value = Learners.LearnerCatalog.Describe(basis.Candidate.Learner)[turn.Name]!.GetValue<double>(); // a parameter to turn is a number
        var place = turn.IsLog ? Math.Log(value / turn.Low) / Math.Log(turn.High / turn.Low) : (value - turn.Low) / (turn.High - turn.Low);
        var step = 0.15 * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        return Math.Clamp(place + step, 0, 1);
    }
}
