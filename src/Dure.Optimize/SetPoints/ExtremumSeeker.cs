using Dure.Kernel;

namespace Dure.Optimize.SetPoints;

/// <summary>How one set-point is swung.</summary>
/// <param name="Range">Within which the set-point stays, the swing included.</param>
/// <param name="Start">Where it begins.</param>
/// <param name="Amplitude">Of the swing, in the set-point's unit.</param>
/// <param name="PeriodSamples">Length of one swing in samples; several times what the plant takes to settle, and different for each set-point.</param>
/// <param name="Gain">How fast the set-point follows the slope, in its unit per sample for a slope of 1 objective per unit.</param>
public sealed record Swing(SetPointRange Range, double Start, double Amplitude, double PeriodSamples, double Gain);

/// <summary>
/// Finds an optimum without a model, by swinging set-points and following the slope that shows in the objective: wash-out of its slow part, demodulation by
/// the swing, integration (Krstić and Wang 2000, Automatica 36, 595-601). It maximises. Slow: ten times the plant's own time and more; its set-points
/// never leave their ranges, limits of other quantities it does not know.
/// </summary>
public sealed class ExtremumSeeker
{
    private readonly Swing[] swings;
    private readonly double[] centres, commands, slopes;
    private readonly double washOut;
    private double mean = double.NaN;
    private long sample;

    /// <exception cref="ProblemException">Swings that do not fit their ranges, or two with the same period.</exception>
    public ExtremumSeeker(IReadOnlyList<Swing> swings)
    {
        this.swings = [.. swings];
        _ = new SetPointProblem([.. swings.Select(one => one.Range)], []);
        foreach (var one in swings)
            if (!(one.Amplitude > 0) || !(one.PeriodSamples >= 4) || !(one.Gain >= 0) || !(one.Start - one.Amplitude >= one.Range.Low) || !(one.Start + one.Amplitude <= one.Range.High) || !double.IsFinite(one.Gain))
                throw SetPointProblem.Bad($"It should start at {one.Start} and swing by {one.Amplitude} {one.Range.Unit} over {one.PeriodSamples} samples.", one.Range.Name, "Start within the range by more than the amplitude, and swing over four samples or more with a gain of at least 0.");
        if (swings.DistinctBy(one => one.PeriodSamples).Count() != swings.Count)
            throw SetPointProblem.Bad("Two set-points swing alike, and their slopes could not be told apart.", "extremum seeking", "Give each its own period.");
        (centres, slopes) = ([.. swings.Select(one => one.Start)], new double[swings.Count]);
        commands = [.. centres];
        washOut = 1 / swings.Max(one => one.PeriodSamples);
    }

    /// <summary>The middles of the swings: the optimum as far as it is found.</summary>
    public IReadOnlyList<double> Centres => centres;

    /// <summary>Takes the objective as measured under the last commands, and says the next. A value that is no number leaves all as it is.</summary>
    public IReadOnlyList<double> Next(double objective)
    {
        if (!double.IsFinite(objective))
            return commands;
        mean = double.IsNaN(mean) ? objective : mean;
        var swung = objective - mean;
        mean += washOut * swung;
        for (var j = 0; j < swings.Length; j++)
        {
            var its = swings[j];
            var phase = 2 * Math.PI / its.PeriodSamples;
            // Over a whole swing sin² has the mean one half: so this is the slope's estimate, filtered like the mean.
            slopes[j] += washOut * (2 / its.Amplitude * swung * Math.Sin(phase * sample) - slopes[j]);
            centres[j] = Math.Clamp(centres[j] + its.Gain * slopes[j], its.Range.Low + its.Amplitude, its.Range.High - its.Amplitude);
            var wanted = centres[j] + its.Amplitude * Math.Sin(phase * (sample + 1));
            commands[j] += Math.Clamp(wanted - commands[j], -its.Range.MostChange, its.Range.MostChange);
        }
        sample++;
        return commands;
    }
}
