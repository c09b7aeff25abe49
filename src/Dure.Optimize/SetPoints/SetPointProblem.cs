using Dure.Kernel;

namespace Dure.Optimize.SetPoints;

/// <summary>A set-point that may be moved.</summary>
/// <param name="Unit">UCUM code.</param>
/// <param name="Low">Lowest value ever commanded.</param>
/// <param name="High">Highest value ever commanded.</param>
/// <param name="MostChange">Largest change in one move, in the unit.</param>
public sealed record SetPointRange(string Name, string Unit, double Low, double High, double MostChange = double.PositiveInfinity);

/// <summary>How fast a quantity may change with a set-point, per unit of it: the assumption on which a certificate rests.</summary>
/// <param name="Least">No slope within the ranges is below this.</param>
/// <param name="Most">No slope within the ranges is above this.</param>
public readonly record struct SlopeBound(double Least, double Most)
{
    /// <summary>Nothing is known of the sign: a Lipschitz constant.</summary>
    public static SlopeBound Lipschitz(double most) => new(-most, most);

    /// <summary>Both bounds moved away from each other: each times the factor away from zero, or towards it for a factor below 1.</summary>
    public SlopeBound Times(double factor) => new(Least * (Least < 0 ? factor : 1 / factor), Most * (Most > 0 ? factor : 1 / factor));

    internal double Largest => Math.Max(Math.Abs(Least), Math.Abs(Most));
}

/// <summary>A measured quantity that has to stay within limits.</summary>
/// <param name="NoiseBound">How far a reading may be from the truth, in the unit. Beyond it nothing is promised: three or four standard deviations for normal noise.</param>
/// <param name="Slopes">One for each set-point; may be empty where nothing is to be certified.</param>
/// <param name="Low">Lowest allowed true value; null: none.</param>
/// <param name="High">Highest allowed true value; null: none.</param>
public sealed record OperatingLimit(string Name, string Unit, double NoiseBound, IReadOnlyList<SlopeBound> Slopes, double? Low = null, double? High = null)
{
    /// <summary>
    /// Standard deviation of the noise, when readings are known to be independent and normal: then the mean of k readings is taken to be within five
    /// deviations over √k, which fails once in 3.5 million, and limits can be approached more closely. Null: only <see cref="NoiseBound"/> is relied upon.
    /// </summary>
    public double? IndependentNoise { get; init; }

    /// <summary>How far the true value swings about its settled mean under usual disturbances, in the unit: settled values keep so much more from the limits.</summary>
    public double Swing { get; init; }

    /// <summary>How fast the true value may move by itself, in the unit per hour: so much less is an old reading worth.</summary>
    public double DriftPerHour { get; init; }

    /// <summary>What settled values have to keep.</summary>
    internal double? SettledLow => Low + Swing;

    internal double? SettledHigh => High - Swing;
}

/// <summary>What may be moved and what has to hold. The objective is maximised.</summary>
public sealed record SetPointProblem
{
    /// <exception cref="ProblemException">Ranges or limits that contradict each other or are no numbers.</exception>
    public SetPointProblem(IReadOnlyList<SetPointRange> setPoints, IReadOnlyList<OperatingLimit> limits)
    {
        (SetPoints, Limits) = (setPoints, limits);
        if (setPoints.Count == 0)
            throw Bad("There is no set-point.", "set-points", "Name at least one set-point with its range.");
        foreach (var one in setPoints)
            if (!double.IsFinite(one.Low) || !double.IsFinite(one.High) || !(one.Low < one.High) || !(one.MostChange > 0))
                throw Bad($"It ranges from {one.Low} to {one.High} {one.Unit} with moves up to {one.MostChange}.", one.Name, "Give a lower bound below the upper bound and a largest move above 0.");
        foreach (var one in limits)
            Check(one);
    }

    public IReadOnlyList<SetPointRange> SetPoints { get; }

    public IReadOnlyList<OperatingLimit> Limits { get; }

    /// <summary>The problem as a checked copy with other limits.</summary>
    public SetPointProblem With(IReadOnlyList<OperatingLimit> limits) => new(SetPoints, limits);

    internal static ProblemException Bad(string what, string where, string mend) => new("urn:dure:optimize:bad-set-point-problem", what, where, mend);

    private void Check(OperatingLimit limit)
    {
        if (limit.Low is null && limit.High is null)
            throw Bad("It has neither a lower nor an upper limit.", limit.Name, "Give at least one of them.");
        if (limit.Low is { } l && !double.IsFinite(l) || limit.High is { } h && !double.IsFinite(h) || !double.IsFinite(limit.NoiseBound) || limit.NoiseBound < 0 || !(limit.DriftPerHour >= 0 && limit.Swing >= 0 && double.IsFinite(limit.DriftPerHour + limit.Swing)) || limit.IndependentNoise is { } noise && !(noise >= 0 && double.IsFinite(noise)))
            throw Bad("A limit, its noise bound, swing or drift is no number or below 0.", limit.Name, "Give finite limits, and noise bound, swing and drift of at least 0.");
        if (limit is { Low: { } low, High: { } high } && low + 2 * (limit.NoiseBound + limit.Swing) > high)
            throw Bad($"It should be at least {low} and at most {high} {limit.Unit}, and is known within {limit.NoiseBound} and swings by {limit.Swing}: no reading can show both.", limit.Name,
                low > high ? "The limits contradict each other: correct one of them." : "Widen the limits or measure better.");
        if (limit.Slopes.Count != 0 && limit.Slopes.Count != SetPoints.Count)
            throw Bad($"It has {limit.Slopes.Count} slope bounds for {SetPoints.Count} set-points.", limit.Name, "Give one slope bound for each set-point, or none at all where nothing is to be certified.");
        foreach (var slope in limit.Slopes)
            if (!double.IsFinite(slope.Least) || !double.IsFinite(slope.Most) || slope.Least > slope.Most)
                throw Bad($"A slope is bounded by {slope.Least} and {slope.Most}.", limit.Name, "Give finite slope bounds, the lower first.");
    }
}

/// <summary>What a plant said of itself, at rest at some set-points.</summary>
/// <param name="SetPoints">As they were executed, in the problem's order.</param>
/// <param name="Objective">The figure to be raised; may be noisy.</param>
/// <param name="Readings">One for each limit, in the problem's order.</param>
/// <param name="At">Time since any fixed start; it only grows.</param>
public sealed record SettledPoint(IReadOnlyList<double> SetPoints, double Objective, IReadOnlyList<double> Readings, TimeSpan At = default);

/// <summary>What a model says of a plant at rest: the objective first, then one value for each limit.</summary>
public delegate void SteadyStateModel(ReadOnlySpan<double> setPoints, Span<double> outputs);
