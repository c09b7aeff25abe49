using Dure.Kernel;

namespace Dure.Learn;

/// <summary>How one recipe with one limit did on healthy rows and on injected faults.</summary>
/// <param name="Recipe">The recipe with its limit multiplier.</param>
/// <param name="FalseAlarmRate">Share of healthy rows above the limit, mean over sources.</param>
/// <param name="DetectionRate">Share of faulty rows above the limit, mean over faults, then sources.</param>
/// <param name="DetectionByShape">The same for each shape of fault.</param>
public sealed record SelectionScore(AnomalyRecipe Recipe, double FalseAlarmRate, double DetectionRate, IReadOnlyDictionary<FaultShape, double> DetectionByShape)
{
    /// <summary>Mean of detection and of silence on healthy rows: 0.5 for a detector that knows nothing.</summary>
    public double BalancedAccuracy => (DetectionRate + 1 - FalseAlarmRate) / 2;
}

/// <summary>Outcome of a selection: the best limit of each recipe, all limits tried, and the winner.</summary>
public sealed record SelectionResult(IReadOnlyList<SelectionScore> Best, IReadOnlyList<SelectionScore> Tried, int Trials, int Faults)
{
    public AnomalyRecipe Chosen => Best[0].Recipe;
}

/// <summary>Chooses a limit for every recipe, and then a recipe, from healthy rows and injected faults alone: it has no access to labels.</summary>
public sealed class DetectorSelection(IReadOnlyList<InjectedFault> faults, int seed)
{
    /// <summary>The rule in one sentence, for the model card.</summary>
    public const string Rule = "The limit of each recipe, then the recipe, with the highest balanced accuracy on healthy rows after commissioning and on faults injected into them; no label was read.";

    // The first third of the scored rows stays healthy, so that a detector with memory meets the fault in its running state.
    private const int HealthyShare = 3;

    public SelectionResult Run(IReadOnlyList<AnomalyRecipe> recipes, IReadOnlyList<HealthyTrial> trials, IProgress<TrainingProgress>? progress, CancellationToken cancel)
    {
        if (recipes.Count == 0 || trials.Count == 0)
            throw new ProblemException("urn:dure:learn:nothing-to-select", $"{recipes.Count} recipes and {trials.Count} healthy trials.", "detector selection",
                "Give at least one recipe, and commissioning rows of at least one machine.");
        var tried = new List<SelectionScore>();
        foreach (var (done, recipe) in recipes.Index())
        {
            progress?.Report(new($"trying {recipe.Name} on injected faults", done, recipes.Count));
            tried.AddRange(Judge(recipe, trials, cancel));
        }
        var best = tried.GroupBy(s => s.Recipe.Name).Select(Highest).OrderByDescending(s => s.BalancedAccuracy).ThenBy(s => s.Recipe.Name, StringComparer.Ordinal);
        return new([.. best], tried, trials.Count, faults.Count);
    }

    // Of equal limits the lower one is taken: it was tried first.
    private static SelectionScore Highest(IEnumerable<SelectionScore> scores) => scores.MaxBy(s => s.BalancedAccuracy)!;

    private IEnumerable<SelectionScore> Judge(AnomalyRecipe recipe, IReadOnlyList<HealthyTrial> trials, CancellationToken cancel)
    {
        var results = new TrialResult[trials.Count];
        InParallel.For(trials.Count, i => results[i] = Try(recipe, trials[i], i, cancel), cancel);
        return recipe.LimitMultipliers.Select((multiplier, limit) =>
        {
            var sources = results.Select((r, i) => (Result: r, trials[i].Source)).GroupBy(t => t.Source, t => t.Result).ToArray();
            double Mean(Func<TrialResult, double> value) => sources.Average(s => s.Average(value));
            var byShape = Enum.GetValues<FaultShape>().ToDictionary(shape => shape, shape =>
                faults.All(f => f.Shape != shape) ? double.NaN : Mean(r => faults.Index().Where(f => f.Item.Shape == shape).Average(f => r.Detected[f.Index, limit])));
            return new SelectionScore(recipe with { LimitMultiplier = multiplier }, Mean(r => r.FalseAlarms[limit]),
                Mean(r => Enumerable.Range(0, faults.Count).Average(f => r.Detected[f, limit])), byShape);
        });
    }

    private sealed record TrialResult(double[] FalseAlarms, double[,] Detected);

    private TrialResult Try(AnomalyRecipe recipe, HealthyTrial trial, int index, CancellationToken cancel)
    {
        var limits = recipe.LimitMultipliers;
        var detector = (recipe with { LimitMultiplier = 1 }).FitUnlessCancelled(trial.Commissioning.Span, trial.Columns, cancel);
        var result = new TrialResult(new double[limits.Count], new double[faults.Count, limits.Count]);
        var onset = trial.Following.Length / trial.Columns / HealthyShare;
        foreach (var (limit, share) in SharesAbove(detector, trial.Following.Span, 0, limits).Index())
            result.FalseAlarms[limit] = share;
        for (var fault = 0; fault < faults.Count; fault++)
        {
            cancel.ThrowIfCancellationRequested();
            // Every trial and fault has its own seed and signal, independent of the order in which threads take them.
            var random = new Random(seed + index * faults.Count + fault);
            var faulty = faults[fault].Into(trial.Following.Span, detector.Scale, onset, (index + fault) % trial.Columns, random);
            foreach (var (limit, share) in SharesAbove(detector, faulty, onset, limits).Index())
                result.Detected[fault, limit] = share;
        }
        return result;
    }

    private static double[] SharesAbove(FittedDetector detector, ReadOnlySpan<double> rows, int from, IReadOnlyList<double> limits)
    {
        var (shares, plain) = (new double[limits.Count], detector.ScoresGoWithTheLimit ? detector.Score(rows) : null);
        for (var limit = 0; limit < limits.Count; limit++)
            shares[limit] = plain is not null ? ShareAbove(plain.AsSpan(from), limits[limit])
                : ShareAbove(detector.WithLimitMultiplier(limits[limit]).Score(rows).AsSpan(from), 1);
        return shares;
    }

    private static double ShareAbove(ReadOnlySpan<double> scores, double limit)
    {
        var above = 0;
        foreach (var score in scores)
            if (score > limit)
                above++;
        return scores.Length == 0 ? 0 : (double)above / scores.Length;
    }
}
