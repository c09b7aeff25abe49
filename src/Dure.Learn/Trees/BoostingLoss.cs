using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>
/// What is made small. Raw scores are what trees add up; a loss says how a score should change (gradient and hessian) and what it means.
/// </summary>
public abstract record BoostingLoss
{
    public static BoostingLoss Squared { get; } = new SquaredLoss();
    public static BoostingLoss Absolute { get; } = new QuantileLoss(0.5);
    public static BoostingLoss Logistic { get; } = new LogisticLoss();
    public static BoostingLoss Poisson { get; } = new PoissonLoss();

    public static BoostingLoss Quantile(double share) => new QuantileLoss(share);

    public static BoostingLoss Huber(double delta) => new HuberLoss(delta);

    public static BoostingLoss Tweedie(double power) => new TweedieLoss(power);

    public static BoostingLoss Classes(int count) => new SoftmaxLoss(count);

    public static BoostingLoss Ranking { get; } = new RankingLoss();

    /// <summary>How many scores a row has.</summary>
    public virtual int Outputs => 1;

    /// <summary>The hessian is 1 for each row, so that it counts rows.</summary>
    internal virtual bool CountsRows => false;

    /// <summary>Which quantile of its rows' residuals is a leaf's value; null: the second-order value.</summary>
    internal virtual double? LeafQuantile => null;

    /// <exception cref="ProblemException">A parameter makes no sense.</exception>
    internal virtual void Check()
    {
    }

    /// <exception cref="ProblemException">A label, a weight or a group makes no sense for this loss.</exception>
    internal void Check(LearningTarget target, int rows)
    {
        CheckRows(target, rows);
        CheckWhole(target);
    }

    /// <summary>Looks at each row alone: a site may well have rows of one class only.</summary>
    internal void CheckRows(LearningTarget target, int rows)
    {
        if (target.Labels.Length != rows)
            throw Bad($"There are {target.Labels.Length} labels for {rows} rows.", "labels", "Give one for each row.");
        if (target.Weights is { } weights && (weights.Length != rows || Array.Exists(weights, weight => !(weight > 0) || float.IsInfinity(weight))))
            throw Bad("A weight is missing, not above 0, or infinite.", "weights", "Give one for each row, above 0; leave out rows that should not count.");
        for (var row = 0; row < rows; row++)
            if (!float.IsFinite(target.Labels[row]))
                throw Bad($"The label of row {row} is missing or infinite.", "labels", "Leave out rows without a label; nothing can be learnt from them.");
        for (var row = 0; row < rows; row++)
            if (Objection(target.Labels[row]) is { } objection)
                throw Bad($"The label of row {row} is {target.Labels[row]}: {objection}.", "labels", "Choose the loss that fits the target, or correct the labels.");
    }

    internal virtual string? Objection(float label) => null;

    internal virtual void CheckWhole(LearningTarget target)
    {
    }

    /// <summary>The score that all rows begin with.</summary>
    internal abstract void Start(LearningTarget target, Span<double> scores);

    /// <summary>That score by the labels' mean alone, which sites can tell without their labels; null: it needs more.</summary>
    internal virtual double? StartOf(double mean) => null;

    /// <summary>Gradients and hessians of some rows for one output.</summary>
    /// <param name="scores">For each output each row's score.</param>
    internal abstract void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians);

    /// <summary>The mean loss of some rows, by weight.</summary>
    internal abstract double Of(double[][] scores, LearningTarget target);

    /// <summary>In what raw scores add up.</summary>
    internal virtual PartsScale Scale => PartsScale.Prediction;

    /// <summary>What raw scores mean: a number, a probability, probabilities.</summary>
    public virtual void Transform(Span<double> scores)
    {
    }

    private protected static ProblemException Bad(string what, string where, string mend) => new("urn:dure:learn:bad-target", what, where, mend);

    private protected static double WeightOf(LearningTarget target, int row) => target.Weights is { } weights ? weights[row] : 1;

    private protected static double Mean(LearningTarget target)
    {
        var steps = GradientUnits.Fine(Enumerable.Range(0, target.Labels.Length).Max(row => Math.Abs(target.Labels[row] * WeightOf(target, row))), target.Labels.Length);
        var weight = 0.0;
        for (var row = 0; row < target.Labels.Length; row++)
            weight += WeightOf(target, row);
        return SumOf(target, steps) / steps / weight;
    }

    /// <summary>The labels' sum by weight in fine steps: whole numbers, so that the sums of any parts add up to the same.</summary>
    internal static long SumOf(LearningTarget target, double steps)
    {
        var sum = 0L;
        for (var row = 0; row < target.Labels.Length; row++)
            sum += (long)(target.Labels[row] * WeightOf(target, row) * steps);
        return sum;
    }

    private protected static double Mean(LearningTarget target, Func<int, double> loss)
    {
        var (sum, weight) = (0.0, 0.0);
        for (var row = 0; row < target.Labels.Length; row++)
        {
            sum += loss(row) * WeightOf(target, row);
            weight += WeightOf(target, row);
        }
        return sum / weight;
    }
}
