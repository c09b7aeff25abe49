namespace Dure.Learn.Evaluation;

/// <summary>What a false alarm and a missed window cost.</summary>
public sealed record NabProfile(string Name, double FalseAlarm, double Missed)
{
    public static NabProfile Standard { get; } = new("standard", 0.11, 1);
    public static NabProfile FewFalseAlarms { get; } = new("few false alarms", 0.22, 1);
    public static NabProfile FewMissed { get; } = new("few missed", 0.11, 2);
}

/// <summary>
/// The score of the Numenta benchmark (Lavin and Ahmad 2015): the first alarm in a window counts, earlier counts more; an alarm soon after a
/// window costs less than one far from any. The first rows are not scored. A random detector gets above zero: read it beside the baselines.
/// </summary>
internal static class NabScore
{
    private const double ProbationShare = 0.15;
    private const int MostProbation = 750;
    private const double FarAfter = 3;

    /// <summary>The score, that of a perfect detector, and that of one that is silent.</summary>
    public static (double Score, double Perfect, double Null) Of(List<RowRun> windows, bool[] alarms, NabProfile profile)
    {
        var scored = windows.Where(window => window.First >= Probation(alarms.Length)).ToList();
        var score = 0.0;
        foreach (var window in scored)
        {
            var first = Array.IndexOf(alarms, true, window.First, window.Length);
            score += first < 0 ? -profile.Missed : Sigmoid(-(window.Last - first + 1.0) / window.Length) / Sigmoid(-1);
        }
        var next = 0;
        for (var row = Probation(alarms.Length); row < alarms.Length; row++)
        {
            while (next < windows.Count && windows[next].Last < row)
                next++;
            if (!alarms[row] || (next < windows.Count && windows[next].First <= row))
                continue;
            var past = next == 0 ? double.PositiveInfinity : (row - windows[next - 1].Last) / (double)Math.Max(1, windows[next - 1].Length - 1);
            score += profile.FalseAlarm * (past > FarAfter ? -1 : Sigmoid(past));
        }
        return (score, scored.Count, -profile.Missed * scored.Count);
    }

    private static int Probation(int rows) => (int)Math.Min(ProbationShare * rows, ProbationShare * (MostProbation / ProbationShare));

    private static double Sigmoid(double place) => 2 / (1 + Math.Exp(5 * place)) - 1;
}
