using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>Two classes: the logarithm of the odds of class 1.</summary>
internal sealed record LogisticLoss : BoostingLoss
{
    internal override string? Objection(float label) => label is 0 or 1 ? null : "a class is 0 or 1";

    internal override void CheckWhole(LearningTarget target)
    {
        if (Array.TrueForAll(target.Labels, label => label == target.Labels[0]))
            throw Bad($"All rows are of class {target.Labels[0]}.", "labels", "Rows of both classes are needed; with one class only, watch for what is unusual instead.");
    }

    internal override void Start(LearningTarget target, Span<double> scores) => scores[0] = LogOdds(Mean(target));

    internal override double? StartOf(double mean) => LogOdds(mean);

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
        {
            var chance = 1 / (1 + Math.Exp(-scores[0][row]));
            (gradients[row], hessians[row]) = ((float)(chance - target.Labels[row]), (float)Math.Max(chance * (1 - chance), 1e-16));
        }
    }

    internal override double Of(double[][] scores, LearningTarget target) =>
        Mean(target, row => scores[0][row] is var score && target.Labels[row] > 0 ? LogOnePlusExp(-score) : LogOnePlusExp(score));

    internal override PartsScale Scale => PartsScale.LogOdds;

    public override void Transform(Span<double> scores) => scores[0] = 1 / (1 + Math.Exp(-scores[0]));

    private static double LogOdds(double share) => Math.Log(share / (1 - share));

    internal static double LogOnePlusExp(double x) => x > 35 ? x : Math.Log(1 + Math.Exp(x));
}

/// <summary>Several classes: probabilities in proportion to the exponentials of the scores.</summary>
internal sealed record SoftmaxLoss(int Count) : BoostingLoss
{
    public override int Outputs => Count;

    internal override void Check() => BoostingOptions.Must(Count is >= 2 and <= 1000, "Classes", "2 to 1,000");

    internal override string? Objection(float label) => label >= 0 && label < Count && label == (int)label ? null : $"classes are 0 to {Count - 1}";

    internal override void CheckWhole(LearningTarget target)
    {
        if (Array.TrueForAll(target.Labels, label => label == target.Labels[0]))
            throw Bad($"All rows are of class {target.Labels[0]}.", "labels", "Rows of two classes at least are needed.");
    }

    internal override void Start(LearningTarget target, Span<double> scores)
    {
        scores.Clear();
        for (var row = 0; row < target.Labels.Length; row++)
            scores[(int)target.Labels[row]] += WeightOf(target, row);
        var total = 0.0;
        foreach (var weight in scores)
            total += weight;
        for (var output = 0; output < Count; output++)
            scores[output] = Math.Log(Math.Max(scores[output] / total, 1e-6));
    }

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        // The classes' scores move at once: twice a class's own curvature bounds that of all together (each row of the full hessian sums to as much).
        const double factor = 2;
        for (var row = rows.Start.Value; row < rows.End.Value; row++)
        {
            var chance = Chance(output, scores, row);
            (gradients[row], hessians[row]) = ((float)(chance - ((int)target.Labels[row] == output ? 1 : 0)), (float)Math.Max(factor * chance * (1 - chance), 1e-16));
        }
    }

    internal override double Of(double[][] scores, LearningTarget target) => Mean(target, row => -Math.Log(Math.Max(Chance((int)target.Labels[row], scores, row), 1e-300)));

    internal override PartsScale Scale => PartsScale.LogOdds;

    public override void Transform(Span<double> scores)
    {
        var (highest, sum) = (double.NegativeInfinity, 0.0);
        foreach (var score in scores)
            highest = Math.Max(highest, score);
        foreach (ref var score in scores)
            sum += score = Math.Exp(score - highest);
        foreach (ref var score in scores)
            score /= sum;
    }

    private double Chance(int output, double[][] scores, int row)
    {
        var sum = 0.0;
        for (var other = 0; other < Count; other++)
            sum += Math.Exp(scores[other][row] - scores[output][row]);
        return 1 / sum;
    }
}
