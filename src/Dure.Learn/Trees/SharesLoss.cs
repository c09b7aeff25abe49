using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>Classes whose scores are their shares already, as a forest's trees add them up; of two classes the second's. Nothing is boosted with it.</summary>
internal sealed record SharesLoss(int Count) : BoostingLoss
{
    public override int Outputs => Count;

    internal override void Start(LearningTarget target, Span<double> scores) => throw new NotSupportedException();

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians) => throw new NotSupportedException();

    internal override double Of(double[][] scores, LearningTarget target) => throw new NotSupportedException();

    /// <summary>Many small shares may add up to a little more than 1.</summary>
    public override void Transform(Span<double> scores)
    {
        foreach (ref var score in scores)
            score = Math.Min(score, 1);
    }
}
