namespace Dure.Optimize.Designs.Analysis;

/// <summary>What is wanted of a response: 0 is unacceptable, 1 as good as can be wished. Derringer and Suich (1980).</summary>
/// <param name="Low">Nothing below is acceptable; where less is better, all below is perfect.</param>
/// <param name="Target">Perfect; NaN where more or less is always better.</param>
/// <param name="High">Nothing above is acceptable; where more is better, all above is perfect.</param>
/// <param name="Shape">How the desirability rises between: 1 straight, above 1 only near the end.</param>
/// <param name="Weight">How much the response counts among others.</param>
public sealed record ResponseGoal(double Low, double Target, double High, bool IsRising, double Shape = 1, double Weight = 1)
{
    /// <summary>The more the better: 0 up to <paramref name="low"/>, 1 from <paramref name="high"/> on.</summary>
    public static ResponseGoal Most(double low, double high, double shape = 1, double weight = 1) => Checked(new(low, double.NaN, high, true, shape, weight));

    /// <summary>The less the better: 1 up to <paramref name="low"/>, 0 from <paramref name="high"/> on.</summary>
    public static ResponseGoal Least(double low, double high, double shape = 1, double weight = 1) => Checked(new(low, double.NaN, high, false, shape, weight));

    /// <summary>1 at the target, 0 at and beyond the limits.</summary>
    public static ResponseGoal Near(double low, double target, double high, double shape = 1, double weight = 1) => Checked(new(low, target, high, true, shape, weight));

    /// <summary>How desirable a response is, 0 to 1; NaN is not at all.</summary>
    public double Of(double response)
    {
        if (double.IsNaN(response))
            return 0;
        var share = !double.IsNaN(Target) ? response <= Target ? (response - Low) / (Target - Low) : (High - response) / (High - Target)
            : IsRising ? (response - Low) / (High - Low) : (High - response) / (High - Low);
        return Math.Pow(Math.Clamp(share, 0, 1), Shape);
    }

    private static ResponseGoal Checked(ResponseGoal goal)
    {
        if (!(goal.Low < goal.High) || goal.Target <= goal.Low || goal.Target >= goal.High)
            throw DesignProblem.Of("goal", $"The goal's limits {goal.Low:G6} and {goal.High:G6}{(double.IsNaN(goal.Target) ? "" : $" with the target {goal.Target:G6}")} are not in order.", "desirability", "State a low limit below the high one, and a target between.");
        if (!(goal.Shape > 0) || !(goal.Weight > 0) || !double.IsFinite(goal.Shape + goal.Weight + goal.Low + goal.High))
            throw DesignProblem.Of("goal", $"The shape {goal.Shape} and the weight {goal.Weight} are not finite and above 0.", "desirability", "State positive numbers.");
        return goal;
    }
}

/// <summary>The settings at which several responses together are most desirable.</summary>
/// <param name="Coded">Coded settings.</param>
/// <param name="Settings">As text, by factor.</param>
/// <param name="Overall">The weighted geometric mean of the desirabilities; 0 where no settings are acceptable for all.</param>
/// <param name="Responses">What is expected of each response there.</param>
public sealed record DesirableSettings(double[] Coded, IReadOnlyList<string> Settings, double Overall, IReadOnlyList<Prediction> Responses);

public static class Desirability
{
    private const int Starts = 40;
    private const int MostPasses = 50;

    /// <summary>The weighted geometric mean of the desirabilities of responses.</summary>
    public static double Overall(IReadOnlyList<ResponseGoal> goals, IReadOnlyList<double> responses)
    {
        var (log, weights) = (0.0, 0.0);
        for (var i = 0; i < goals.Count; i++)
        {
            log += goals[i].Weight * Math.Log(goals[i].Of(responses[i]));
            weights += goals[i].Weight;
        }
        return Math.Exp(log / weights);
    }

    /// <summary>Seeks the best settings in a region from starts drawn by seed.</summary>
    /// <param name="fits">A fit for each response, of models of the region's factors.</param>
    /// <param name="goals">A goal for each response.</param>
    public static DesirableSettings Best(DesignRegion region, IReadOnlyList<IFittedSurface> fits, IReadOnlyList<ResponseGoal> goals, int seed)
    {
        if (fits.Count == 0 || fits.Count != goals.Count || fits.Any(f => f.Model is null || !f.Model.Factors.SequenceEqual(region.Factors)))
            throw DesignProblem.Of("goal", $"There are {fits.Count} fits and {goals.Count} goals, or a fit has other factors than the region.", "desirability", "Give one goal for each fit, and fit all to the region's factors.");
        var (random, moves) = (new Random(seed), new Moves(region));
        var means = new double[fits.Count];
        // Where nothing is acceptable there is no slope to follow: the misses, far below any desirability, give one.
        double Score(ReadOnlySpan<double> coded)
        {
            for (var i = 0; i < means.Length; i++)
                means[i] = fits[i].Predict(coded).Mean;
            return Overall(goals, means) is var overall && overall > 0 ? overall : -Miss(goals, means);
        }
        var (best, bestAt) = (double.NegativeInfinity, Array.Empty<double>());
        for (var start = 0; start < Starts; start++)
        {
            var at = region.Draw(random);
            var score = Score(at);
            var hasImproved = true;
            for (var pass = 0; pass < MostPasses && hasImproved; pass++)
            {
                hasImproved = false;
                for (var move = 0; move < moves.Count; move++)
                    hasImproved |= moves.TryImprove(at, move, Score, ref score);
            }
            if (score > best)
                (best, bestAt) = (score, at);
        }
        return new(bestAt, [.. bestAt.Select((x, f) => region.Factors[f].Show(x))], Math.Max(0, best), [.. fits.Select(f => f.Predict(bestAt))]);
    }

    private static double Miss(IReadOnlyList<ResponseGoal> goals, double[] means)
    {
        var miss = 0.0;
        for (var i = 0; i < means.Length; i++)
        {
            var (low, high) = double.IsNaN(goals[i].Target) ? goals[i].IsRising ? (goals[i].Low, double.PositiveInfinity) : (double.NegativeInfinity, goals[i].High) : (goals[i].Low, goals[i].High);
            miss += Math.Max(0, Math.Max(low - means[i], means[i] - high)) / (goals[i].High - goals[i].Low);
        }
        return miss;
    }
}
