using System.Text.Json.Serialization;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using Dure.Optimize.Numerics;

namespace Dure.Learn.Linear;

/// <summary>
/// Logistic regression of two or more classes with a penalty: ridge, lasso, or an elastic net between them, found by L-BFGS. Where no penalty is
/// given, the one of a path is taken under which rows that were not learnt from are most probable: the validation rows, or without them each of a
/// few stretches of every class's rows in turn (of a long table the last stretch only).
/// </summary>
public sealed record LogisticLearner : Learner
{
    public const string Name = "logistic";

    private const double Strongest = 1, Weakest = 1e-5;
    private const int LeastToChoose = 10;
    private const int LongTable = 5_000;
    private const int MostSteps = 500;

    /// <summary>To compare penalties a fit need not be found to its last digits.</summary>
    private const int RoughSteps = 100;
    private const double Rough = 1e-4, Fine = 1e-6;

    /// <summary>How much large weights cost beside the mean deviance, on columns of spread 1; null: chosen.</summary>
    public double? Penalty { get; init; }

    /// <summary>0: ridge, the squares of weights cost; 1: lasso, their sizes do, and most become 0.</summary>
    public double L1Share { get; init; }

    /// <summary>Penalties of the path.</summary>
    public int Penalties { get; init; } = 11;

    /// <summary>Stretches of the rows that take turns in being predicted.</summary>
    public int Folds { get; init; } = 5;

    [JsonIgnore]
    public override string Kind => Name;

    public override bool Suits(LearningTask task) => task.IsClassification;

    public override void Check() => new LinearLearner { Penalty = Penalty, L1Share = L1Share, Penalties = Penalties, Folds = Folds }.Check();

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        this.MustSuit(task, rows.Features);
        rows.CheckFor(task, validation);
        var encoding = TableEncoding.Of(rows.Features, rows.Target.Weights);
        var deviance = new Deviance(task, encoding, rows, context);
        var weights = Weights(rows);
        var penalty = Penalty ?? (validation is not null ? ByValidation(deviance, weights, new Deviance(task, encoding, validation, context), Weights(validation), context)
            : rows.Count >= LeastToChoose ? ByFolds(deviance, weights, rows.Target.Labels, context)
            : 1);
        var found = Fit(deviance, weights, penalty, new double[deviance.Variables], (MostSteps, Fine), context.Cancel);
        var side = encoding.Width + 1;
        return new LinearModel(Name, task, encoding, [.. Enumerable.Range(0, task.Outputs).Select(output => found[output * side + encoding.Width])],
            [.. Enumerable.Range(0, task.Outputs).SelectMany(output => found.Skip(output * side).Take(encoding.Width))], penalty);
    }

    private double ByValidation(Deviance learnt, double[] weights, Deviance held, double[] heldWeights, LearningContext context) =>
        Best(Along(learnt, weights, context, variables => held.Of(variables, heldWeights)), context);

    private double ByFolds(Deviance deviance, double[] weights, float[] labels, LearningContext context)
    {
        var fold = StretchOf(labels, Folds);
        var errors = new double[Penalties];
        for (var held = labels.Length > LongTable ? Folds - 1 : 0; held < Folds; held++)
        {
            double[] learnt = [.. weights.Select((weight, row) => fold[row] == held ? 0 : weight)];
            double[] judged = [.. weights.Select((weight, row) => fold[row] == held ? weight : 0)];
            var weight = judged.Sum();
            if (weight == 0 || learnt.Sum() == 0)
                continue;
            var step = 0;
            foreach (var (_, loss) in Along(deviance, learnt, context, variables => deviance.Of(variables, judged)))
                errors[step++] += weight * loss;
        }
        return Best([.. Path.Select((penalty, step) => (penalty, errors[step]))], context);
    }

    private double[] Path => [.. Enumerable.Range(0, Penalties).Select(step => Strongest * Math.Pow(Weakest / Strongest, step / (Penalties - 1.0)))];

    /// <summary>The loss on other rows at each penalty of the path, from the strongest; each fit begins where the last one ended.</summary>
    private List<(double Penalty, double Loss)> Along(Deviance deviance, double[] weights, LearningContext context, Func<double[], double> judge)
    {
        var (at, losses) = (new double[deviance.Variables], new List<(double, double)>());
        foreach (var penalty in Path)
        {
            at = Fit(deviance, weights, penalty, at, (RoughSteps, Rough), context.Cancel);
            losses.Add((penalty, judge(at)));
        }
        return losses;
    }

    private double[] Fit(Deviance deviance, double[] weights, double penalty, double[] start, (int Steps, double Tolerance) most, CancellationToken cancel)
    {
        var l1 = L1Share == 0 ? null : new double[start.Length];
        for (var i = 0; l1 is not null && i < l1.Length; i++)
            l1[i] = i % (deviance.Width + 1) == deviance.Width ? 0 : penalty * L1Share;
        return Lbfgs.Minimize((at, slope) => deviance.Of(at, slope, weights, penalty * (1 - L1Share)), start, l1, most.Steps, most.Tolerance, cancel).At;
    }

    private static double Best(List<(double Penalty, double Loss)> losses, LearningContext context)
    {
        for (var step = 0; step < losses.Count; step++)
            context.Progress?.Report(new LearningProgress(step + 1, losses.Count, null, losses[step].Loss));
        return losses.MinBy(each => each.Loss).Penalty;
    }

    private static double[] Weights(TableRows rows) => rows.Target.Weights is { } given ? Array.ConvertAll(given, weight => (double)weight) : [.. Enumerable.Repeat(1.0, rows.Count)];

    /// <summary>To which stretch each row belongs: every class's rows, in their order, are cut into as many, so that each stretch has all classes.</summary>
    internal static int[] StretchOf(float[] labels, int stretches)
    {
        var totals = labels.GroupBy(label => label).ToDictionary(rows => rows.Key, rows => rows.Count());
        var seen = totals.Keys.ToDictionary(label => label, _ => 0);
        return Array.ConvertAll(labels, label => (int)((long)seen[label]++ * stretches / totals[label]));
    }
}
