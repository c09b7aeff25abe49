using Dure.Learn.Calibration;

namespace Dure.Learn.Recipes;

/// <summary>How an interval that follows outcomes did on the rows that judge, in the order of time, beside the fixed one on the same rows.</summary>
/// <param name="Coverage">How often it held the truth, 0 to 1.</param>
/// <param name="Width">Its mean width.</param>
/// <param name="FixedWidth">That of the fixed one.</param>
/// <param name="Worst">How often it held in the worst tenth of the time; null: too few rows to part.</param>
/// <param name="FixedWorst">The same of the fixed one.</param>
public sealed record AdaptiveHeld(double Coverage, double Width, double FixedWidth, double? Worst, double? FixedWorst)
{
    private const int Stretches = 10;
    private const int LeastRows = 20 * Stretches;

    /// <summary>A row that was predicted: when, when its outcome is known, and both intervals.</summary>
    private readonly record struct Asked(long Time, long Known, double Prediction, double Truth, PredictionInterval Given, PredictionInterval Fixed);

    /// <summary>
    /// Each machine has a band of its own, which learns of an outcome when its time has come and not before: a target so many rows ahead is told so many
    /// rows later, the target of a row itself at the next row. Until the first is told the interval is the fixed one, as a <see cref="PredictorStream"/> gives it:
    /// what is judged is what is served. A stream does not go on from where this ends: it may follow another machine, or this one much later, and rows that
    /// judge would then have a part in what they judged.
    /// </summary>
    /// <param name="some">The rows that judge.</param>
    /// <returns>Null: the predictor's interval is a fixed one, or there are no rows to judge by.</returns>
    internal static AdaptiveHeld? Of(Predictor predictor, TrainingRows rows, int[] some, int threads, CancellationToken cancel)
    {
        if (!predictor.CanAdapt || some.Length == 0 || rows.Split.TimesMicros is not { } times || rows.LabelMicros is not { } labels)
            return null;
        var judged = predictor.Judged(rows, some, threads, cancel);
        var places = Enumerable.Range(0, some.Length).OrderBy(at => times[some[at]]).ThenBy(at => some[at]).ToArray();
        var all = new List<Asked>(some.Length);
        foreach (var machine in places.GroupBy(at => rows.Split.Groups?[some[at]] ?? 0))
        {
            var (band, untold) = ((AdaptiveConformal?)null, new Queue<Asked>());
            foreach (var at in machine)
            {
                cancel.ThrowIfCancellationRequested();
                var now = times[some[at]];
                while (untold.TryPeek(out var oldest) && oldest.Known <= now)
                {
                    untold.Dequeue();
                    band ??= predictor.StartBand();
                    band.Tell(oldest.Given, oldest.Prediction, oldest.Truth);
                }
                var said = predictor.Around(judged.Predictions[at], predictor.RadiusAt(judged.Predictions[at]));
                var asked = new Asked(now, labels[some[at]], judged.Predictions[at], judged.Truth[at], band is null ? said : predictor.Around(judged.Predictions[at], band.Radius), said);
                untold.Enqueue(asked);
                all.Add(asked);
            }
        }
        return Summed([.. all.OrderBy(one => one.Time)]);
    }

    private static AdaptiveHeld Summed(Asked[] inOrder)
    {
        double held(IEnumerable<Asked> rows) => rows.Average(one => one.Given.Contains(one.Truth) ? 1.0 : 0);
        double heldFixed(IEnumerable<Asked> rows) => rows.Average(one => one.Fixed.Contains(one.Truth) ? 1.0 : 0);
        Asked[][] stretches = inOrder.Length < LeastRows ? [] : [.. inOrder.Chunk((inOrder.Length + Stretches - 1) / Stretches)];
        return new(held(inOrder), inOrder.Average(one => one.Given.Width), inOrder.Average(one => one.Fixed.Width),
            stretches.Length == 0 ? null : stretches.Min(held), stretches.Length == 0 ? null : stretches.Min(heldFixed));
    }
}
