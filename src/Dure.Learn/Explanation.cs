using Dure.Kernel;

namespace Dure.Learn;

/// <summary>One signal's part in a score.</summary>
/// <param name="Signal">Its name.</param>
/// <param name="Contribution">Its part of the score; parts sum to the score and may be negative.</param>
/// <param name="Share">Its part of all positive contributions, 0 to 1.</param>
/// <param name="Deviation">How far it stands from commissioning as the detector sees it (smoothed), in commissioning standard deviations.</param>
/// <param name="NewestDeviation">The same for the newest reading alone.</param>
public sealed record SignalPart(string Signal, double Contribution, double Share, double Deviation, double NewestDeviation)
{
    public string InWords => $"{Signal}: {Share:P0} of the alarm, {(Deviation >= 0 ? "higher" : "lower")} than commissioning by {Math.Abs(Deviation):0.0} sd (newest reading {NewestDeviation:+0.0;-0.0} sd)";
}

/// <summary>Why a machine's score is what it is: the signals that contribute most.</summary>
public sealed record Explanation(AssetId Asset, DateTimeOffset Time, double Score, IReadOnlyList<SignalPart> Parts)
{
    private const int MostParts = 5;

    /// <summary>From what a detector or its exported model gives for one row: contributions and smoothed deviations.</summary>
    public static Explanation Of(AssetId asset, DateTimeOffset time, double score, IReadOnlyList<string> signals,
        ReadOnlySpan<double> contributions, ReadOnlySpan<double> deviations, ReadOnlySpan<double> newestDeviations)
    {
        var positive = 0.0;
        foreach (var contribution in contributions)
            positive += Math.Max(contribution, 0);
        var parts = new SignalPart[signals.Count];
        for (var j = 0; j < parts.Length; j++)
            parts[j] = new(signals[j], contributions[j], positive > 0 ? Math.Max(contributions[j], 0) / positive : 0, deviations[j], newestDeviations[j]);
        return new(asset, time, score, [.. parts.OrderByDescending(p => p.Contribution).ThenBy(p => p.Signal, StringComparer.Ordinal).Take(MostParts)]);
    }

    /// <summary>Runs the machine's held-out rows up to a time and explains the last one.</summary>
    public static Explanation At(TrainedMachine machine, DateTimeOffset time)
    {
        var row = Array.BinarySearch(machine.Rows.HeldOutTimes, Micros.Of(time));
        row = row >= 0 ? row : ~row - 1;
        if (row < 0)
            throw new ProblemException("urn:dure:learn:no-row-to-explain", $"There is no held-out row at or before {time:O}.", $"machine {machine.Asset}",
                machine.Rows.HeldOutTimes is [var first, ..] ? $"Ask for a time from {Micros.Time(first):O} on." : "The machine has no held-out rows.");
        var (columns, stream, score) = (machine.Rows.Columns, machine.Detector.Open(), 0.0);
        var contributions = new double[columns];
        for (var i = 0; i <= row; i++)
            score = stream.Score(machine.Rows.HeldOut.AsSpan(i * columns, columns), i == row ? contributions : default(Span<double>));
        return Of(machine.Asset, Micros.Time(machine.Rows.HeldOutTimes[row]), score, machine.Rows.Signals, contributions, stream.State, stream.Newest);
    }
}
