using Dure.Learn.Tables;
using Dure.Learn.Trees;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Learn.Trees;

/// <summary>What is done at once, or not done again, comes to what it comes to one after the other.</summary>
public sealed class SplitScanTests
{
    [Fact]
    public void Eight_cuts_at_once_find_the_cut_that_one_after_the_other_finds() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        // Few values and few rows: empty bins and cuts of equal worth are common.
        var (sums, count, spread) = (new long[GradientSums.Stride], random.Next(1, 257), random.Next(1, 40));
        foreach (ref var sum in sums.AsSpan())
            sum = random.Next(3) == 0 ? ((long)random.Next(-spread, spread) << 32) + random.Next(1, 4) : 0;
        var start = random.Next(2) == 0 ? 0 : ((long)random.Next(-spread, spread) << 32) + random.Next(1, 9);
        var total = start + (random.Next(2) == 0 ? 0 : (3L << 32) + 5);
        foreach (var sum in sums.AsSpan(0, count))
            total += sum;
        var rules = new SplitRules(new BoostingOptions { L2 = random.Next(2) }, 0.37, 0.5);
        var (least, most) = (random.Next(1, 6), GradientSums.Hessian(total) - random.Next(1, 6));
        var beat = random.Next(-1, 3) * random.NextDouble();
        Assert.Equal(OneByOne(sums.AsSpan(0, count), start, total, least, most, rules, beat), SplitScan.Best(sums.AsSpan(0, count), start, total, (least, most), rules, beat));
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(1)]
    [InlineData(0.7)]
    public void Training_scores_are_the_predictions_also_of_rows_that_a_tree_did_not_see(double share)
    {
        var (table, labels) = MadeTable.Friedman(2000, 5, columns: 6, missing: 0.1, categories: 5);
        var told = new Told();
        var options = new BoostingOptions { Rounds = 12, RowShare = share, Seed = 3 };
        var held = (table, new LearningTarget(labels));
        var error = MadeTable.Train(table, new LearningTarget(labels), options, held, told).All(table).Zip(labels, (is_, was) => Math.Pow(is_ - was, 2)).Average();
        Assert.Equal(error, told.Last.TrainingLoss!.Value, error * 1e-9);
        Assert.Equal(error, told.Last.ValidationLoss!.Value, error * 1e-9);
    }

    private static (int, double) OneByOne(ReadOnlySpan<long> sums, long left, long total, long least, long most, SplitRules rules, double beat)
    {
        var best = -1;
        for (var bin = 0; bin < sums.Length; bin++)
        {
            left += sums[bin];
            if (GradientSums.Hessian(left) < least || GradientSums.Hessian(left) > most)
                continue;
            var worth = Worth(left) + Worth(total - left);
            if (worth > beat)
                (best, beat) = (bin, worth);
        }
        return (best, beat);

        double Worth(long side) => rules.Worth(GradientSums.Gradient(side) * rules.GradientUnit, GradientSums.Hessian(side) * rules.HessianUnit, rules.Options.L2);
    }

    private sealed class Told : IProgress<BoostingProgress>
    {
        public BoostingProgress Last { get; private set; }

        public void Report(BoostingProgress value) => Last = value;
    }
}
