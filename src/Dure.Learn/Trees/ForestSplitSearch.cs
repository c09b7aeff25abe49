namespace Dure.Learn.Trees;

/// <summary>A way to part the rows of a node of a forest's tree.</summary>
/// <param name="Feature">The column; -1: there is no way.</param>
/// <param name="Bin">Bins up to this one go to the left; of a category only those of <paramref name="Left"/>.</param>
/// <param name="Gain">How much the sum of squares around the means falls.</param>
internal readonly record struct ForestSplit(int Feature, int Bin, bool MissingLeft, double Gain, BinSet Left)
{
    public static ForestSplit None { get; } = new(-1, 0, false, 0, default);
}

/// <summary>Finds the best cut of one column among the rows of a node, or the worth of one at a random place.</summary>
internal sealed class ForestSplitSearch(ForestLabels labels, float[] counts, int minRows)
{
    // A cut must gain more than what sums lose in their last digits.
    private const double LeastGain = 1e-12;

    private readonly int outputs = labels.Outputs;
    private readonly double[] sums = new double[FeatureBins.Most * labels.Outputs];
    private readonly double[] weights = new double[FeatureBins.Most];
    private readonly int[] rowsOf = new int[FeatureBins.Most];
    private readonly double[] total = new double[labels.Outputs];
    private readonly double[] left = new double[labels.Outputs];
    private readonly int[] sequence = new int[FeatureBins.Most];
    private readonly double[] keys = new double[FeatureBins.Most];
    private double weight, worth, spread;
    private int count;

    /// <summary>Sums up a node.</summary>
    /// <returns>Whether its labels differ at all.</returns>
    public bool Begin(ReadOnlySpan<int> rows)
    {
        Array.Clear(total);
        (weight, count) = (0, rows.Length);
        var differ = false;
        foreach (var row in rows)
        {
            labels.Add(row, counts[row], total);
            weight += counts[row];
            differ |= labels.Labels[row] != labels.Labels[rows[0]];
        }
        worth = Worth(total, weight);
        spread = outputs > 1 ? weight : Squares(rows);
        return differ;
    }

    /// <param name="random">Where to cut; null: at the best place.</param>
    public ForestSplit Of(int feature, byte[] cells, FeatureBins bins, ReadOnlySpan<int> rows, ulong? random)
    {
        var used = bins.Values + 1;
        Array.Clear(sums, 0, used * outputs);
        Array.Clear(weights, 0, used);
        Array.Clear(rowsOf, 0, used);
        foreach (var row in rows)
        {
            var bin = cells[row];
            labels.Add(row, counts[row], sums.AsSpan(bin * outputs, outputs));
            weights[bin] += counts[row];
            rowsOf[bin]++;
        }
        // Of categories the missing are one more; of numbers they go to the side where they gain more.
        var values = Sequence(bins.IsCategorical ? used : bins.Values);
        if (bins.IsCategorical)
            Order(values);
        int? only = random is { } chance && values > 1 ? (int)Math.BigMul(chance, (ulong)(values - 1), out _) : null;
        var missing = bins.IsCategorical ? -1 : bins.Values;
        var (place, gain) = Scan(values, only, -1);
        var missingLeft = false;
        if (missing >= 0 && rowsOf[missing] > 0 && Scan(values, only, missing) is var other && other.Gain > gain)
            (place, gain, missingLeft) = (other.Place, other.Gain, true);
        if (place < 0)
            return ForestSplit.None;
        if (missing >= 0)
            // The last place parts those with a value, whichever it is, from those without; where none lacks it, one that comes later goes with the more.
            return new ForestSplit(feature, place == values - 1 ? bins.Values - 1 : sequence[place], rowsOf[missing] > 0 ? missingLeft : 2 * sequence.AsSpan(0, place + 1).ToArray().Sum(bin => rowsOf[bin]) >= count, gain, default);
        var set = sequence.AsSpan(0, place + 1).ToArray().Aggregate(default(BinSet), (all, bin) => all.With(bin));
        return new ForestSplit(feature, 0, set.Contains(bins.Values), gain, set);
    }

    /// <summary>The bins with rows, rising.</summary>
    private int Sequence(int bins)
    {
        var found = 0;
        for (var bin = 0; bin < bins; bin++)
            if (rowsOf[bin] > 0)
                sequence[found++] = bin;
        return found;
    }

    /// <summary>Categories by their mean label, or by the share of the node's largest class (Fisher 1958; Breiman et al. 1984).</summary>
    private void Order(int values)
    {
        var output = Array.IndexOf(total, total.Max());
        for (var i = 0; i < values; i++)
            keys[i] = sums[sequence[i] * outputs + output] / weights[sequence[i]];
        Array.Sort(keys, sequence, 0, values);
    }

    /// <summary>The best place of the sequence, or the worth of one; with or without the missing on the left. The last place parts off the missing.</summary>
    private (int Place, double Gain) Scan(int values, int? only, int leftToo)
    {
        var (rows, some) = (0, 0.0);
        Array.Clear(left);
        if (leftToo >= 0)
            Take(leftToo, ref rows, ref some);
        var (best, bestGain) = (-1, LeastGain * spread);
        for (var place = 0; place < values; place++)
        {
            Take(sequence[place], ref rows, ref some);
            if (rows < minRows || (only is not null && place != only))
                continue;
            if (count - rows < minRows || count == rows)
                break;
            var gain = Worth(left, some) + WorthOfRest(some) - worth;
            if (gain > bestGain)
                (best, bestGain) = (place, gain);
        }
        return (best, best < 0 ? 0 : bestGain);
    }

    private void Take(int bin, ref int rows, ref double some)
    {
        rows += rowsOf[bin];
        some += weights[bin];
        for (var output = 0; output < outputs; output++)
            left[output] += sums[bin * outputs + output];
    }

    private static double Worth(double[] sums, double weight)
    {
        var squares = 0.0;
        foreach (var sum in sums)
            squares += sum * sum;
        return weight > 0 ? squares / weight : 0;
    }

    private double WorthOfRest(double some)
    {
        var squares = 0.0;
        for (var output = 0; output < outputs; output++)
            squares += (total[output] - left[output]) * (total[output] - left[output]);
        return weight - some > 0 ? squares / (weight - some) : 0;
    }

    private double Squares(ReadOnlySpan<int> rows)
    {
        var squares = 0.0;
        foreach (var row in rows)
            squares += counts[row] * (labels.Labels[row] - labels.Start[0]) * (labels.Labels[row] - labels.Start[0]);
        return squares;
    }
}
