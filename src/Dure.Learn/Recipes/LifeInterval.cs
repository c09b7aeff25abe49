using Dure.Kernel;
using Dure.Learn.Calibration;
using Dure.Learn.Evaluation;
using Dure.Learn.Learners;

namespace Dure.Learn.Recipes;

/// <summary>
/// The interval of a remaining life. Machines are alike, their rows are not: a long life has most of them far from its end, where the cap is said and is true, so
/// that row by row a promise would be kept by rows nobody asks for. Each machine therefore counts as one, with the rows that have less left than the cap, and
/// what is predicted to end soon has a band of its own.
/// </summary>
/// <param name="All">Of all predictions.</param>
/// <param name="ByPrediction">From little left to much; null where machines are too few to promise anything of the next.</param>
/// <param name="Note">What a reader of the model card should know.</param>
internal sealed record LifeInterval(SplitConformal All, BandsByPrediction? ByPrediction, string Note)
{
    // Chosen on the engines of C-MAPSS that failed: five held as well as three and were narrower.
    private const int Bands = 5;
    private const int Folds = 4;

    /// <summary>So many machines that were held back set it alone. With fewer their largest misses would, so that those that teach set it too, each by a model that left it out.</summary>
    private const int EnoughMachines = 20;

    /// <param name="train">Learns anew from some rows; null: that would take too long.</param>
    /// <returns>Null: no remaining life is predicted.</returns>
    public static LifeInterval? Of(TableRecipe recipe, TrainingRows rows, SplitPlan plan, RowParts parts, TableModel model, Func<int[], TableModel>? train, int threads, CancellationToken cancel)
    {
        if (rows is not { Life.Cap: { } most, Split.Groups: { } groups } || plan.Kind != SplitKind.Group)
            return null;
        double[] said(TableModel one, int[] some) => some.Length == 0 ? [] : Array.ConvertAll(one.Predict(rows.Rows.Features.Take(some), threads, cancel), value => Math.Clamp(value, 0, most));
        int machines(IEnumerable<int> some) => some.Select(row => groups[row]).Distinct().Count();
        var (held, needed) = (parts.Validation, (int)Math.Ceiling(recipe.Interval / (1 - recipe.Interval) - 1e-9));
        var predictions = said(model, held);
        int[] both = [.. held.Concat(parts.Train).Order()];
        if (train is not null && machines(held) < EnoughMachines && machines(both) >= Math.Max(2, needed) && leftOut(train, both, Math.Min(Folds, machines(both))) is { } apart)
            (held, predictions) = (both, apart);
        var labels = rows.Rows.Target.Labels;
        var scores = held.Select((row, at) => Math.Abs(predictions[at] - labels[row])).ToArray();
        if (machines(held) < needed)
            return new(held.Length == 0 ? SplitConformal.Of([], recipe.Interval) : SplitConformal.Of(scores, recipe.Interval), null,
                $"{machines(held)} machines are too few to promise {recipe.Interval:P0} for the next one ({needed} are needed): the interval counts their rows one by one, and near the end of a life it may hold less often.");
        var worn = Enumerable.Range(0, held.Length).Where(at => labels[held[at]] < (float)most).ToArray();
        T[] of<T>(Func<int, T> one) => [.. worn.Select(one)];
        var (misses, owners) = (of(at => scores[at]), of(at => groups[held[at]]));
        var all = SplitConformal.OfGroups(misses, owners, recipe.Interval);
        return new(all, all.IsKnown ? BandsByPrediction.OfGroups(misses, of(at => predictions[at]), owners, most, Bands, all) : null,
            $"The interval was set by {machines(held)} machines, {(held == both ? "each asked of a model that had not learnt from it" : "none of which was learnt from")}. Each counts as one, with the rows that have less left than the cap; where little is predicted the interval has a width of its own.");

        double[]? leftOut(Func<int[], TableModel> learn, int[] some, int count)
        {
            var byRow = new Dictionary<int, double>(some.Length);
            try
            {
                foreach (var fold in plan.Folds(rows.Split.Take(some), count).Select(fold => fold.Within(some)))
                    foreach (var (row, value) in fold.Test.Zip(said(learn(fold.Train), fold.Test)))
                        byRow[row] = value;
            }
            catch (ProblemException)
            {
                return null; // too little is left without a fold to learn from: those that were held back set it alone
            }
            return [.. some.Select(row => byRow[row])]; // each is held back by one fold
        }
    }
}
