using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>A trial made, and who chose it.</summary>
/// <param name="Value">What came out.</param>
/// <param name="IsByEarlier">Whether earlier campaigns proposed it.</param>
internal readonly record struct ProposedTrial(double Value, bool IsByEarlier);

/// <summary>
/// Whose turn it is in a campaign that has earlier ones to read: theirs, by <see cref="TransferSurrogate"/>, or that of the rule without them, which goes on
/// as if there were none and learns from its own trials only. They propose the first trial; then one for each other as long as theirs are ahead, more once
/// the values bear them out, and none any more after two that brought no new best, of which the first trial is one. So nothing comes later than it would
/// without them by more than two trials and those that were the best so far.
/// </summary>
internal static class TransferRule
{
    /// <param name="doubt">That earlier campaigns help, by the trials so far: <see cref="TransferSurrogate.Doubt"/>.</param>
    /// <param name="sign">1 where more is better, -1 where less is.</param>
    public static bool IsEarlierNext(double doubt, IReadOnlyList<ProposedTrial> trials, int sign, TransferOptions options)
    {
        var (by, alone, wasted, bestBy, bestAlone) = (0, 0, 0, double.NegativeInfinity, double.NegativeInfinity);
        foreach (var trial in trials)
        {
            var value = sign * trial.Value;
            if (!trial.IsByEarlier)
            {
                (alone, bestAlone) = (alone + 1, Math.Max(bestAlone, value));
                continue;
            }
            wasted += by + alone > 0 && value > Math.Max(bestBy, bestAlone) ? 0 : 1;
            (by, bestBy) = (by + 1, Math.Max(bestBy, value));
        }
        if (by == 0)
            return alone < options.LatestFirst;
        if (wasted >= options.MostWasted)
            return false;
        return doubt <= options.BorneOut ? by <= options.ProvenShare * alone : doubt <= 1.2 * options.Doubt && by <= alone && bestBy > bestAlone;
    }
}
