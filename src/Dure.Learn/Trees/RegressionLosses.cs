using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>Half the squared error: the mean.</summary>
internal sealed record SquaredLoss : BoostingLoss
{
    internal override bool CountsRows => true;

    internal override void Start(LearningTarget target, Span<double> scores) => scores[0] = Mean(target);

    internal override double? StartOf(double mean) => mean;

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        var score = scores[0];
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
            (gradients[row], hessians[row]) = ((float)(score[row] - target.Labels[row]), 1);
    }

    internal override double Of(double[][] scores, LearningTarget target) => Mean(target, row => Math.Pow(scores[0][row] - target.Labels[row], 2));
}

/// <summary>The pinball loss: a quantile; of 0.5 the absolute error, twice.</summary>
internal sealed record QuantileLoss(double Share) : BoostingLoss
{
    internal override bool CountsRows => true;
    internal override double? LeafQuantile => Share;

    internal override void Check() => BoostingOptions.Must(Share is > 0 and < 1, "Quantile", "a share above 0 and below 1");

    internal override void Start(LearningTarget target, Span<double> scores)
    {
        var order = Enumerable.Range(0, target.Labels.Length).ToArray();
        scores[0] = WeightedQuantile.Of(order, row => target.Labels[row], row => WeightOf(target, row), Share);
    }

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
            (gradients[row], hessians[row]) = (target.Labels[row] < scores[0][row] ? (float)(1 - Share) : (float)-Share, 1);
    }

    internal override double Of(double[][] scores, LearningTarget target) =>
        Mean(target, row => target.Labels[row] - scores[0][row] is var error && error >= 0 ? Share * error : (Share - 1) * error);
}

/// <summary>Squared up to <paramref name="Delta"/> and linear beyond (Huber 1964): outliers do not pull.</summary>
internal sealed record HuberLoss(double Delta) : BoostingLoss
{
    internal override bool CountsRows => true;

    internal override void Check() => BoostingOptions.Must(Delta is > 0 and < double.PositiveInfinity, "Huber", "a width above 0, in the target's unit");

    internal override void Start(LearningTarget target, Span<double> scores) => new QuantileLoss(0.5).Start(target, scores);

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
            (gradients[row], hessians[row]) = ((float)Math.Clamp(scores[0][row] - target.Labels[row], -Delta, Delta), 1);
    }

    internal override double Of(double[][] scores, LearningTarget target) =>
        Mean(target, row => Math.Abs(scores[0][row] - target.Labels[row]) is var error && error <= Delta ? error * error / 2 : Delta * (error - Delta / 2));
}

/// <summary>Counts by their logarithm.</summary>
internal sealed record PoissonLoss : BoostingLoss
{
    /// <summary>A leaf of few small counts would jump; a larger hessian holds its step back (a factor of e^0.7, as is usual).</summary>
    private const double Caution = 2.0137527074704766;

    internal override string? Objection(float label) => label < 0 ? "a count is never below 0" : null;

    internal override void CheckWhole(LearningTarget target)
    {
        if (!Array.Exists(target.Labels, label => label > 0))
            throw Bad("All counts are 0.", "labels", "There is nothing to learn; check the column.");
    }

    internal override void Start(LearningTarget target, Span<double> scores) => scores[0] = Math.Log(Mean(target));

    internal override double? StartOf(double mean) => Math.Log(mean);

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
        {
            var rate = Math.Exp(Math.Min(scores[0][row], 80));
            (gradients[row], hessians[row]) = ((float)(rate - target.Labels[row]), (float)(rate * Caution));
        }
    }

    internal override double Of(double[][] scores, LearningTarget target) => Mean(target, row => Math.Exp(Math.Min(scores[0][row], 80)) - target.Labels[row] * scores[0][row]);

    internal override PartsScale Scale => PartsScale.Logarithm;

    public override void Transform(Span<double> scores) => scores[0] = Math.Exp(scores[0]);
}

/// <summary>Amounts that are often 0 and else above it, by their logarithm: a variance between that of counts (1) and of gamma (2).</summary>
internal sealed record TweedieLoss(double Power) : BoostingLoss
{
    internal override void Check() => BoostingOptions.Must(Power is > 1 and < 2, "Tweedie", "a power above 1 and below 2");

    internal override string? Objection(float label) => label < 0 ? "an amount is never below 0" : null;

    internal override void CheckWhole(LearningTarget target) => new PoissonLoss().CheckWhole(target);

    internal override void Start(LearningTarget target, Span<double> scores) => scores[0] = Math.Log(Mean(target));

    internal override double? StartOf(double mean) => Math.Log(mean);

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
        {
            var score = Math.Min(scores[0][row], 80);
            var (amount, mean) = (target.Labels[row] * Math.Exp((1 - Power) * score), Math.Exp((2 - Power) * score));
            (gradients[row], hessians[row]) = ((float)(mean - amount), (float)((2 - Power) * mean - (1 - Power) * amount));
        }
    }

    internal override double Of(double[][] scores, LearningTarget target) =>
        Mean(target, row => Math.Exp((2 - Power) * scores[0][row]) / (2 - Power) - target.Labels[row] * Math.Exp((1 - Power) * scores[0][row]) / (1 - Power));

    internal override PartsScale Scale => PartsScale.Logarithm;

    public override void Transform(Span<double> scores) => scores[0] = Math.Exp(scores[0]);
}
