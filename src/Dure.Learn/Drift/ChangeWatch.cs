namespace Dure.Learn.Drift;

/// <summary>What a watch says after one more value.</summary>
/// <param name="Chance">How often a value so high came before (a conformal p-value): even between 0 and 1 as long as nothing changes.</param>
/// <param name="Evidence">Grows when values are higher than they used to be.</param>
/// <param name="IsAlarm">The evidence has passed what was agreed.</param>
public readonly record struct WatchStep(double Chance, double Evidence, bool IsAlarm);

/// <summary>
/// Watches values one by one, as they come, for a rise: strangeness of rows, or losses when late labels arrive. It bets against the values being
/// exchangeable with those before (conformal martingales, Vovk, Gammerman and Shafer 2005; Shiryaev-Roberts form, Vovk 2021), so it may be looked at after
/// every value: without a change the mean time to a false alarm is at least as many values as agreed, whatever their distribution.
/// </summary>
public sealed class ChangeWatch
{
    public const int MostValues = 100_000;
    private const int LeastValues = 20;

    /// <summary>Bets e p^(e-1) from bold to timid; their mean is a bet too.</summary>
    private static readonly double[] Bets = [0.1, 0.25, 0.5, 0.75, 0.9];

    private readonly List<double> seen;
    private readonly double[] evidence = new double[Bets.Length];
    private readonly double limit;
    private readonly int block;
    private readonly ulong seed;
    private ulong step;
    private double blockSum;
    private int blockCount;

    /// <param name="before">Values of a time that was good, in their order.</param>
    /// <param name="valuesPerFalseAlarm">How many values should pass, on average at least, before a false alarm.</param>
    /// <param name="block">Of so many values the mean is watched: neighbours that hang together would count too often.</param>
    /// <exception cref="Kernel.ProblemException">There are too few values, or one is no number.</exception>
    public ChangeWatch(IReadOnlyList<double> before, int valuesPerFalseAlarm = 10_000, int block = 1, int seed = 0)
    {
        if (block < 1 || valuesPerFalseAlarm < 100 || before.Count / Math.Max(1, block) < LeastValues || before.Any(value => !double.IsFinite(value)))
            throw DriftProblem.Of($"There are {before.Count} values of a good time, in blocks of {block}.", "watch", $"Give at least {LeastValues} blocks of finite values, and at least 100 values per false alarm.");
        (this.block, this.seed, limit) = (block, (ulong)(uint)seed, (double)valuesPerFalseAlarm / block);
        seen = [.. Enumerable.Range(0, before.Count / block).Select(i => before.Skip(i * block).Take(block).Average()).TakeLast(MostValues).Order()];
    }

    /// <summary>The evidence so far, as the mean of all bets; at <see cref="Limit"/> it is an alarm.</summary>
    public double Evidence => evidence.Average();

    public double Limit => limit;

    /// <summary>Takes one more value.</summary>
    /// <returns>Null: the block is not full yet.</returns>
    public WatchStep? Add(double value)
    {
        if (!double.IsFinite(value))
            throw DriftProblem.Of($"The value is {value}.", "watch", "Give finite values; leave out rows without a label.");
        (blockSum, blockCount) = (blockSum + value, blockCount + 1);
        if (blockCount < block)
            return null;
        var mean = blockSum / block;
        (blockSum, blockCount) = (0, 0);
        var chance = Chance(mean);
        for (var i = 0; i < Bets.Length; i++)
            evidence[i] = (1 + evidence[i]) * Bets[i] * Math.Pow(chance, Bets[i] - 1);
        if (seen.Count < MostValues)
            seen.Insert(~Place(mean, above: true), mean);
        return new(chance, Evidence, Evidence >= limit);
    }

    /// <summary>Starts anew after an alarm was dealt with; what was seen stays seen.</summary>
    public void Restart() => Array.Clear(evidence);

    /// <summary>How many of all, this one among them, are as high: equals count by a coin, which makes it exactly even.</summary>
    private double Chance(double value)
    {
        var (below, upTo) = (~Place(value, above: false), ~Place(value, above: true));
        var coin = Coin();
        return (seen.Count - upTo + coin * (upTo - below + 1)) / (seen.Count + 1);
    }

    /// <summary>The complement of the place before, or behind, all values equal to this one.</summary>
    private int Place(double value, bool above)
    {
        var (low, high) = (0, seen.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (seen[middle] < value || (above && seen[middle] == value))
                low = middle + 1;
            else
                high = middle;
        }
        return ~low;
    }

    private double Coin()
    {
        var z = (seed << 32) + ++step * 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (((z ^ (z >> 31)) >> 11) + 1) * (1.0 / (1UL << 53));
    }
}
