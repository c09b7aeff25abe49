using System.Runtime.InteropServices;
using Dure.Kernel;
using Dure.Learn.Federation;
using FsCheck;
using FsCheck.Fluent;
using MathNet.Numerics.Distributions;
using Xunit;

namespace Dure.Tests.Learn.Federation;

/// <summary>What secure sums promise: the sum comes out, and nothing else.</summary>
public sealed class SecureSumTests
{
    private static long[][] Values(int sites, int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, sites).Select(_ => Enumerable.Range(0, count).Select(_ => random.NextInt64(long.MinValue / 64, long.MaxValue / 64)).ToArray())];
    }

    private static long[] Plain(IEnumerable<long[]> values) => values.Aggregate((sum, one) => [.. sum.Zip(one, (a, b) => unchecked(a + b))]);

    [Theory]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(9, 5)]
    public void The_sum_is_exact(int sites, int threshold)
    {
        var values = Values(sites, 1000, seed: sites);
        Assert.Equal(Plain(values), new SecureSum(threshold).Of(values));
    }

    [Theory]
    [InlineData(4, 3, new[] { 0 })]
    [InlineData(5, 3, new[] { 1, 4 })]
    [InlineData(8, 5, new[] { 0, 3, 7 })]
    public void Sites_that_fall_away_do_not_spoil_the_sum_of_the_others(int sites, int threshold, int[] gone)
    {
        var values = Values(sites, 300, seed: sites);
        Assert.Equal(Plain(values.Where((_, i) => !gone.Contains(i))), new SecureSum(threshold).Of(values, gone));
    }

    [Fact]
    public void With_fewer_than_the_threshold_there_is_no_sum()
    {
        Assert.Throws<ProblemException>(() => new SecureSum(3).Of(Values(4, 10, 1), 0, 1));
        Assert.Throws<ProblemException>(() => new SecureSum(2).Of(Values(2, 10, 1)));
        Assert.Throws<ProblemException>(() => new SecureSum(2).Of(Values(4, 10, 1))); // two of four could answer twice: once for each half
    }

    [Fact]
    public void What_the_server_sees_of_a_site_looks_like_chance()
    {
        // Values that are anything but: all zero, a small count, a packed pair. 32 KiB of each site, by byte: chi-square with 255 degrees.
        var sum = new SecureSum(3);
        _ = sum.Of([new long[4096], [.. Enumerable.Repeat(7L, 4096)], [.. Enumerable.Range(0, 4096).Select(i => ((long)-i << 32) + i)], new long[4096]]);
        foreach (var seen in sum.Seen.Values)
        {
            var counts = new int[256];
            foreach (var one in MemoryMarshal.AsBytes(seen.AsSpan()))
                counts[one]++;
            var expected = seen.Length * 8 / 256.0;
            var chi = counts.Sum(count => (count - expected) * (count - expected) / expected);
            Assert.InRange(ChiSquared.CDF(255, chi), 1e-6, 1 - 1e-6);
        }
        Assert.Equal(4, sum.Seen.Values.Select(seen => seen[0]).Distinct().Count());
    }

    [Fact]
    public void Another_sum_of_the_same_values_is_masked_anew()
    {
        var (sum, values) = (new SecureSum(2), Values(3, 8, 1));
        _ = sum.Of(values);
        var first = sum.Seen[1];
        _ = sum.Of(values);
        Assert.Empty(first.Intersect(sum.Seen[1]));
    }

    [Fact]
    public void A_site_opens_its_parts_once_and_refuses_what_was_changed()
    {
        var sites = Enumerable.Range(1, 3).Select(number => new SumParticipant(number, 2, "a sum")).ToArray();
        var keys = sites.Select(site => site.Keys()).ToArray();
        var parts = sites.SelectMany(site => site.Share(keys)).ToArray();
        var bad = parts.First(part => part.To == 1);
        Assert.Contains("changed", Assert.Throws<ProblemException>(() => sites[0].Receive([bad with { Text = [.. bad.Text.Select((one, i) => i == 0 ? (byte)(one ^ 1) : one)] }])).Message, StringComparison.Ordinal);
        Assert.Throws<ProblemException>(() => sites[0].Receive([parts.First(part => part.To == 2)]));
        foreach (var site in sites.Index())
            site.Item.Receive([.. parts.Where(part => part.To == site.Index + 1)]);
        Assert.Throws<ProblemException>(() => sites[0].Unmask([1]));
        var opened = sites[0].Unmask([1, 2]);
        Assert.Equal([1, 2], opened.OwnMasks.Select(part => part.Of));
        Assert.Equal([3], opened.Keys.Select(part => part.Of)); // of each site one secret, never both
        Assert.Throws<ProblemException>(() => sites[0].Unmask([1, 2, 3]));
        _ = sites[1].Mask([1, 2]);
        Assert.Throws<ProblemException>(() => sites[1].Mask([1, 2]));
        foreach (var site in sites)
            site.Dispose();
    }

    [Fact]
    public void Any_parts_that_are_enough_give_the_secret_back_and_fewer_do_not()
    {
        Prop.ForAll<int>(seed =>
        {
            var random = new Random(seed);
            var (holders, secret) = (random.Next(3, 20), new byte[32]);
            var needed = random.Next(2, holders + 1);
            random.NextBytes(secret);
            var parts = SecretShares.Split(secret, holders, needed).Select((part, i) => (i + 1, part)).ToArray();
            random.Shuffle(parts);
            return SecretShares.Join(parts[..needed]).SequenceEqual(secret) && !SecretShares.Join(parts[..(needed - 1)]).SequenceEqual(secret);
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void The_mean_of_sites_is_by_their_rows_and_the_same_under_masks()
    {
        double[] before = [1, 1, 1];
        SiteParameters[] sites = [new("a", [2, 1, 1], 100), new("b", [1, 3, 1], 300), new("c", [1, 1, 1], 600)];
        var open = ModelAveraging.Average(before, sites, stepBound: 10, new());
        Assert.Equal([1.1, 1.6, 1.0], open.Parameters.Select(value => Math.Round(value, 9)));
        Assert.Equal(open.Parameters, ModelAveraging.Average(before, sites, 10, new(), new SecureSum(2)).Parameters);
        Assert.Empty(open.Bounded);
    }

    [Fact]
    public void A_site_that_overdoes_it_moves_the_whole_by_no_more_than_its_share_of_the_bound()
    {
        double[] before = [0, 0];
        SiteParameters[] sites = [new("a", [0, 0], 100), new("b", [0, 0], 100), new("liar", [3e6, 4e6], 100)];
        var round = ModelAveraging.Average(before, sites, stepBound: 1, new());
        Assert.Equal(["liar"], round.Bounded);
        Assert.Equal(1.0 / 3, Math.Sqrt(round.Parameters.Sum(value => value * value)), 9);
        Assert.Throws<ProblemException>(() => ModelAveraging.Average(before, [sites[0], sites[1], new("nan", [double.NaN, 0], 100)], 1, new()));
        Assert.Throws<ProblemException>(() => ModelAveraging.Average(before, sites[..2], 1, new()));
        Assert.Throws<ProblemException>(() => ModelAveraging.Average(before, [sites[0], sites[1], new("small", [0, 0], 3)], 1, new()));
    }

    [Fact]
    public void The_proximal_term_pulls_towards_the_common_parameters()
    {
        double[] gradients = [1, 1];
        ModelAveraging.AddProximal([3, 0], [1, 0], mu: 0.5, gradients);
        Assert.Equal([2, 1], gradients);
    }
}
