using Dure.Kernel;
using Dure.Kernel.Distributions;

namespace Dure.Effects;

/// <summary>
/// A running plant is switched between two ways of running it, by chance: blocks of equal length in pairs, of each pair one block with the treatment and one
/// without, a coin deciding which comes first. The order being the only thing that chance decides, intervals that rest on it hold whatever the
/// disturbances do over time. Bojinov, Simchi-Levi and Zhao (2023), Management Science 69, treat such designs with carry-over.
/// </summary>
/// <param name="Pairs">Pairs of blocks.</param>
/// <param name="BlockLength">Length of a block, wash-out included.</param>
/// <param name="WashOut">
/// What is left out at the start of every block, so that nothing of the block before is left in what is counted. Also where nothing was switched: all blocks
/// then count the same time, and what is left out says nothing about the treatment.
/// </param>
/// <param name="Seed">Start of the random sequence that throws the coins.</param>
public sealed record SwitchbackDesign(int Pairs, TimeSpan BlockLength, TimeSpan WashOut, int Seed)
{
    private const int MaxPairs = 10_000;

    public int Blocks => 2 * Pairs;

    public TimeSpan Length => BlockLength * Blocks;

    /// <summary>For each block in order whether it has the treatment.</summary>
    public bool[] Assignment()
    {
        var random = new Random(Seed);
        var treated = new bool[Blocks];
        for (var pair = 0; pair < Pairs; pair++)
            treated[2 * pair + random.Next(2)] = true;
        return treated;
    }

    /// <summary>The pairs below which no interval of this level can be formed: with fewer, chance alone gives one order out of too few.</summary>
    public static int LeastPairs(double level)
    {
        Wilson.ThrowIfNotALevel(level);
        return (int)Math.Ceiling(Math.Log2(2 / (1 - level)));
    }

    /// <summary>The pairs with which an effect is found with a stated chance: the least n for which n at least ((t of the level + t of the power) s / effect)²,
    /// t having n-1 degrees of freedom. Guenther (1981), The American Statistician 35.</summary>
    /// <param name="effect">The effect, a share: -0.2 for a fifth less.</param>
    /// <param name="pairDeviation">Standard deviation of the difference of the logarithms of two neighbouring blocks without treatment.</param>
    /// <param name="power">Chance of finding it, such as 0.9.</param>
    public static int PairsNeeded(double effect, double pairDeviation, double level = 0.95, double power = 0.9)
    {
        Wilson.ThrowIfNotALevel(power);
        if (!(effect > -1 && effect != 0 && double.IsFinite(effect)))
            throw Bad($"The effect to be found was given as {effect}.", "Give a share above -1 that is not 0: -0.2 for a fifth less.");
        ArgumentOutOfRangeException.ThrowIfNegative(pairDeviation);
        var inDeviations = Math.Abs(Math.Log(1 + effect)) / pairDeviation;
        var pairs = LeastPairs(level);
        while (pairs < MaxPairs && pairs < Square((StudentT.Quantile(0.5 + level / 2, pairs - 1) + StudentT.Quantile(power, pairs - 1)) / inDeviations))
            pairs++;
        return pairs;
    }

    /// <exception cref="ProblemException">It cannot be run, or has too few pairs for an interval of this level.</exception>
    internal void Check(double level)
    {
        if (Pairs is < 1 or > MaxPairs)
            throw Bad($"It has {Pairs} pairs of blocks.", $"Give 1 to {MaxPairs:N0}.");
        if (BlockLength <= TimeSpan.Zero || WashOut < TimeSpan.Zero || WashOut >= BlockLength)
            throw Bad($"Blocks of {BlockLength} lose {WashOut} to the wash-out.", "Let the wash-out be shorter than the block.");
        if (Pairs < LeastPairs(level))
            throw TooFew(LeastPairs(level), $"for an interval of {level:P0}");
    }

    internal ProblemException TooFew(int needed, string whatFor) => new("urn:dure:effects:too-few-blocks", $"The experiment has {Pairs} pairs of blocks; {needed} are needed {whatFor}.", "switchback design",
        $"Plan {needed} pairs or more, or shorter blocks.");

    private static ProblemException Bad(string what, string mend) => new("urn:dure:effects:bad-switchback", what, "switchback design", mend);

    private static double Square(double value) => value * value;
}
