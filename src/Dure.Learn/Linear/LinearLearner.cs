using System.Text.Json.Serialization;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;

namespace Dure.Learn.Linear;

/// <summary>
/// Linear regression with a penalty: ridge, lasso, or an elastic net between them. Where no penalty is given, the one of a path is taken that
/// predicts best: the validation rows, or without them each of a few stretches of the rows from the others (neighbours in time stay together).
/// </summary>
public sealed record LinearLearner : Learner
{
    public const string Name = "linear";

    /// <summary>Too few rows to choose a penalty by: below this many, and without validation rows, it is 1.</summary>
    private const int LeastToChoose = 10;

    /// <summary>How much large weights cost, on columns of spread 1; null: chosen.</summary>
    public double? Penalty { get; init; }

    /// <summary>0: ridge, the squares of weights cost; 1: lasso, their sizes do, and most become 0.</summary>
    public double L1Share { get; init; }

    /// <summary>Penalties of the path.</summary>
    public int Penalties { get; init; } = 40;

    /// <summary>Stretches of the rows that take turns in being predicted.</summary>
    public int Folds { get; init; } = 5;

    [JsonIgnore]
    public override string Kind => Name;

    public override bool Suits(LearningTask task) => !task.IsClassification;

    public override void Check()
    {
        BoostingOptions.Must(Penalty is null or (>= 0 and <= 1e6), nameof(Penalty), "0 to 1,000,000, or leave it out");
        BoostingOptions.Must(L1Share is >= 0 and <= 1, nameof(L1Share), "0 to 1");
        BoostingOptions.Must(Penalties is >= 2 and <= 1000, nameof(Penalties), "2 to 1,000");
        BoostingOptions.Must(Folds is >= 2 and <= 20, nameof(Folds), "2 to 20");
    }

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        this.MustSuit(task, rows.Features);
        rows.CheckFor(task, validation);
        var encoding = TableEncoding.Of(rows.Features, rows.Target.Weights);
        var label = rows.Target.MeanAndScale(1e-9);
        WeightedMoments of(TableRows some, Range range) => WeightedMoments.Of(encoding, some, range, label, context.Threads, context.Cancel);

        var folds = Penalty is null && validation is null && rows.Count >= LeastToChoose ? Math.Min(Folds, rows.Count / 2) : 1;
        WeightedMoments[] parts = [.. Enumerable.Range(0, folds).Select(fold => of(rows, Part(rows.Count, fold, folds)))];
        var all = WeightedMoments.Sum(parts);
        var penalty = Penalty ?? (validation is not null ? Choose([(all, of(validation, ..))], all, context)
            : folds > 1 ? Choose([.. parts.Select(part => (all.Without(part), part))], all, context)
            : 1);
        var (weights, intercept) = new PenalisedSquares(all, L1Share, context.Threads).At(penalty, context.Cancel);
        return new LinearModel(Name, task, encoding, [intercept * label.Scale + label.Mean], Array.ConvertAll(weights, weight => weight * label.Scale), penalty);
    }

    /// <summary>The penalty with the least squared error on rows that were not learnt from.</summary>
    private double Choose(IReadOnlyList<(WeightedMoments Learnt, WeightedMoments Held)> trials, WeightedMoments all, LearningContext context)
    {
        var path = Path(all, context.Threads);
        var errors = new double[path.Length];
        var solvers = trials.Select(trial => new PenalisedSquares(trial.Learnt, L1Share, context.Threads)).ToArray();
        for (var step = 0; step < path.Length; step++)
        {
            context.Cancel.ThrowIfCancellationRequested();
            for (var trial = 0; trial < trials.Count; trial++)
            {
                var (weights, intercept) = solvers[trial].At(path[step], context.Cancel);
                errors[step] += trials[trial].Held.SquaredError(weights, intercept);
            }
            context.Progress?.Report(new LearningProgress(step + 1, path.Length, null, errors[step] / trials.Sum(trial => trial.Held.Weight)));
        }
        return path[Array.IndexOf(errors, errors.Min())];
    }

    /// <summary>From the penalty that leaves no weight (of a ridge: hardly any) down to one ten thousandth, in equal ratios.</summary>
    private double[] Path(WeightedMoments all, int threads)
    {
        var largest = L1Share > 0 ? new PenalisedSquares(all, L1Share, threads).Largest / Math.Max(L1Share, 0.01) : 100;
        var least = L1Share > 0 ? 1e-4 : 1e-7;
        return [.. Enumerable.Range(0, Penalties).Select(step => largest * Math.Pow(least, step / (Penalties - 1.0)))];
    }

    private static Range Part(int rows, int part, int parts) => (int)((long)rows * part / parts)..(int)((long)rows * (part + 1) / parts);
}
