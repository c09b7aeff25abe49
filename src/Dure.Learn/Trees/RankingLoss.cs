using Dure.Learn.Tables;

namespace Dure.Learn.Trees;

/// <summary>
/// Puts the rows of a group in order, the most relevant first: pairs in the wrong order are pushed apart by how much their exchange would change
/// the normalised discounted gain (LambdaMART, Burges 2010). Labels are grades 0 to 31.
/// </summary>
internal sealed record RankingLoss : BoostingLoss
{
    private const int MostGrade = 31;

    internal override string? Objection(float label) => label >= 0 && label <= MostGrade && label == (int)label ? null : $"grades are 0 to {MostGrade}";

    internal override void CheckWhole(LearningTarget target)
    {
        if (target.Groups is not { } groups || groups.Sum(group => (long)group) != target.Labels.Length || groups.Any(group => group < 1))
            throw Bad("The groups do not add up to the rows.", "groups", "Give for each group, one after the other, how many rows it has.");
    }

    internal override void Start(LearningTarget target, Span<double> scores) => scores[0] = 0;

    internal override void Gradients(int output, double[][] scores, LearningTarget target, Range rows, float[] gradients, float[] hessians)
    {
        // A block of rows may cut a group: groups that begin in it belong to it.
        var start = 0;
        foreach (var count in target.Groups!)
        {
            if (start >= rows.Start.Value && start < rows.End.Value)
                OfGroup(scores[0].AsSpan(start, count), target.Labels.AsSpan(start, count), gradients.AsSpan(start, count), hessians.AsSpan(start, count));
            start += count;
        }
    }

    internal override double Of(double[][] scores, LearningTarget target)
    {
        var (start, sum) = (0, 0.0);
        foreach (var count in target.Groups!)
        {
            var labels = target.Labels.AsSpan(start, count);
            var order = Order(scores[0].AsSpan(start, count));
            var (gain, best) = (0.0, Ideal(labels));
            for (var place = 0; place < count; place++)
                gain += Gain(labels[order[place]]) * Discount(place);
            sum += best > 0 ? gain / best : 1;
            start += count;
        }
        return 1 - sum / target.Groups!.Length;
    }

    private static void OfGroup(ReadOnlySpan<double> scores, ReadOnlySpan<float> labels, Span<float> gradients, Span<float> hessians)
    {
        gradients.Clear();
        hessians.Fill(1e-16f);
        var best = Ideal(labels);
        if (best == 0)
            return;
        var order = Order(scores);
        for (var a = 0; a < order.Length; a++)
        {
            for (var b = a + 1; b < order.Length; b++)
            {
                var (high, low) = labels[order[a]] > labels[order[b]] ? (order[a], order[b]) : (order[b], order[a]);
                if (labels[high] == labels[low])
                    continue;
                var change = Math.Abs((Gain(labels[high]) - Gain(labels[low])) * (Discount(a) - Discount(b))) / best;
                var doubt = 1 / (1 + Math.Exp(scores[high] - scores[low]));
                var (push, curve) = ((float)(doubt * change), (float)(doubt * (1 - doubt) * change));
                gradients[high] -= push;
                gradients[low] += push;
                hessians[high] += curve;
                hessians[low] += curve;
            }
        }
    }

    private static int[] Order(ReadOnlySpan<double> scores)
    {
        var (keys, order) = (new double[scores.Length], new int[scores.Length]);
        for (var i = 0; i < scores.Length; i++)
            (keys[i], order[i]) = (-scores[i], i);
        Array.Sort(keys, order, Comparer<double>.Default);
        return order;
    }

    private static double Ideal(ReadOnlySpan<float> labels)
    {
        var sorted = labels.ToArray();
        Array.Sort(sorted);
        var sum = 0.0;
        for (var place = 0; place < sorted.Length; place++)
            sum += Gain(sorted[sorted.Length - 1 - place]) * Discount(place);
        return sum;
    }

    private static double Gain(float grade) => Math.Pow(2, grade) - 1;

    private static double Discount(int place) => 1 / Math.Log2(place + 2);
}
