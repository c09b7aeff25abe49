using Dure.Historian;
using Dure.Historian.Signals;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian;

/// <summary>What the historian answers, against a plain computation over the same samples, wherever these lie.</summary>
public sealed class QueryTests
{
    private const long Second = 1_000_000;
    private static readonly long Start = Micros.Of(new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Resampling_agrees_with_a_plain_computation_wherever_the_samples_lie() =>
        Prop.ForAll<int>(seed =>
        {
            Compare(seed).GetAwaiter().GetResult();
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20));

    private static async Task Compare(int seed)
    {
        var random = new Random(seed);
        await using var test = await TestHistorian.Create(memorySamples: 3000, bulkSamples: 2500);
        var model = new SortedDictionary<long, (double Value, Quality Quality)>();
        for (var batch = 0; batch < 8; batch++)
        {
            var block = new SignalBlock(TestHistorian.Current.Path, null);
            var at = Start + random.Next(0, 4000) * Second;
            var isSteady = random.Next(2) == 0;
            for (var i = random.Next(1, 4000); i > 0; i--)
            {
                at += isSteady ? Second : random.Next(1, 5) * 500_000L;
                var (value, quality) = (Math.Round(random.NextDouble() * 9, 2), random.Next(20) == 0 ? Quality.Bad : Quality.Good);
                block.Add(at, value, quality);
                model[at] = (value, quality);
            }
            await test.Send(block);
        }
        if (random.Next(2) == 0)
            await test.Historian.Compact(CancellationToken.None);
        var width = random.Next(1, 5000) * Second / 2;
        var (from, to) = (Start + random.Next(0, 500) * Second, Start + random.Next(3000, 9000) * Second);
        var range = new TimeRange(Micros.Time(from), Micros.Time(to));
        foreach (var aggregates in new[] { Aggregates.Basic, Aggregates.Ends, Aggregates.TimeWeighted })
        {
            var buckets = test.Historian.Resample(TestHistorian.Current, range, TimeSpan.FromMicroseconds(width), CancellationToken.None, aggregates).ToArray();
            Assert.Equal((to - from + width - 1) / width, buckets.Length);
            for (var i = 0; i < buckets.Length; i++)
                AssertBucket(model, from + i * width, Math.Min(to, from + (i + 1) * width), from + (i + 1) * width, buckets[i], aggregates);
        }
    }

    private static void AssertBucket(SortedDictionary<long, (double Value, Quality Quality)> model, long from, long to, long stepEnd, Bucket bucket, Aggregates aggregates)
    {
        var rows = model.Where(pair => pair.Key >= from && pair.Key < to).ToArray();
        double[] good = [.. rows.Where(row => row.Value.Quality != Quality.Bad).Select(row => row.Value.Value)];
        Assert.Equal((good.Length, rows.Length - good.Length), (bucket.Count, bucket.Bad));
        if (good.Length > 0)
        {
            Assert.Equal((good.Min(), good.Max()), (bucket.Min, bucket.Max));
            Assert.Equal(good.Average(), bucket.Mean, 9);
        }
        if (aggregates == Aggregates.Ends && good.Length > 0)
            Assert.Equal((good[0], good[^1]), (bucket.First, bucket.Last));
        if (aggregates != Aggregates.TimeWeighted)
            return;
        // Rows beyond the end of the range are not read: within its last step the newest value holds on.
        var (integral, covered) = (0.0, 0L);
        var held = model.LastOrDefault(pair => pair.Key < from);
        var known = held.Key > 0 ? new List<KeyValuePair<long, (double Value, Quality Quality)>> { new(from, held.Value) } : [];
        known.AddRange(rows);
        for (var i = 0; i < known.Count; i++)
        {
            var until = i + 1 < known.Count ? known[i + 1].Key : stepEnd;
            if (known[i].Value.Quality == Quality.Bad)
                continue;
            integral += known[i].Value.Value * (until - known[i].Key);
            covered += until - known[i].Key;
        }
        Assert.Equal(covered / (double)(stepEnd - from), bucket.GoodShare, 9);
        if (covered > 0)
            Assert.Equal(integral / covered, bucket.TimeWeightedMean, 6);
    }

    [Fact]
    public async Task The_mean_over_time_weighs_a_value_by_how_long_it_held()
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (Start, 10), (Start + 50 * Second, 20));
        var bucket = test.Historian.Resample(TestHistorian.Current, new TimeRange(Micros.Time(Start), Micros.Time(Start + 60 * Second)), TimeSpan.FromMinutes(1), CancellationToken.None, Aggregates.TimeWeighted).Single();
        Assert.Equal(15, bucket.Mean);
        Assert.Equal((10.0 * 50 + 20 * 10) / 60, bucket.TimeWeightedMean, 9);
        Assert.Equal(1, bucket.GoodShare);
    }

    [Fact]
    public async Task A_sample_that_is_too_old_for_its_event_is_none()
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (Start, 1), (Start + 10 * Second, 2));
        var joined = test.Historian.AsOf(TestHistorian.Current, [Start - 1, Start, Start + 12 * Second, Start + 60 * Second], TimeSpan.FromSeconds(5), CancellationToken.None);
        Assert.Equal([-1, Start, Start + 10 * Second, -1], joined.TimesMicros);
        Assert.Equal([double.NaN, 1, 2, double.NaN], joined.Values);
    }

    [Fact]
    public async Task What_a_rule_no_longer_keeps_is_removed_and_the_journal_says_how_much()
    {
        await using var test = await TestHistorian.Create(memorySamples: 100);
        var old = Micros.Of(TestHistorian.Now.AddDays(-40));
        var fresh = Micros.Of(TestHistorian.Now.AddDays(-1));
        foreach (var signal in new[] { TestHistorian.Current, TestHistorian.Pressure })
        {
            await test.Send(signal, [.. Enumerable.Range(0, 200).Select(i => (old + i * Second, 1.0))]);
            await test.Send(signal, [.. Enumerable.Range(0, 200).Select(i => (fresh + i * Second, 2.0))]);
        }
        await test.Historian.Compact(CancellationToken.None);
        await test.Historian.SetRetention(new RetentionRule("plant", TimeSpan.FromDays(365)), "tester", CancellationToken.None);
        Assert.Equal(0, await test.Historian.ApplyRetention("tester", CancellationToken.None));
        await test.Historian.SetRetention(new RetentionRule("plant/pump1/Current", TimeSpan.FromDays(30)), "tester", CancellationToken.None);

        // Blocks of 1,024 hold old and new rows here: only what lies in a block of its own can go.
        await test.Send(TestHistorian.Current, [.. Enumerable.Range(0, 2000).Select(i => (old - Micros.Of(DateTimeOffset.UnixEpoch) - (3000 - i) * Second, 3.0))]);
        await test.Historian.Compact(CancellationToken.None);
        var removed = await test.Historian.ApplyRetention("tester", CancellationToken.None);
        Assert.InRange(removed, 1024, 2200);
        await test.Reopen();
        Assert.Equal(400, (await test.Read(TestHistorian.Pressure)).Count);
        Assert.Equal(2400 - removed, (await test.Read(TestHistorian.Current)).Count);
        Assert.Equal(removed, test.Journal.Read().Single(entry => entry.Kind == "retention-applied").Body["removedSamples"]!.GetValue<long>());
    }

    [Fact]
    public async Task Every_segment_has_its_hash_in_the_journal_and_a_changed_file_is_told()
    {
        await using var test = await TestHistorian.Create(memorySamples: 50);
        for (var batch = 0; batch < 6; batch++)
            await test.Send(TestHistorian.Current, [.. Enumerable.Range(0, 600).Select(i => (Start + (batch * 600 + i) * Second, (double)i))]);
        await test.Historian.Compact(CancellationToken.None);
        var segment = Assert.Single(test.Historian.SegmentsOf(TimeRange.All));
        Assert.Equal(3600, segment.Samples);
        Assert.Empty(await Problems(test));
        await test.Close();
        var path = Path.Combine(test.Series, segment.File);
        var bytes = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        bytes[20] ^= 1; // in the first block; opening reads the last
        await File.WriteAllBytesAsync(path, bytes, TestContext.Current.CancellationToken);
        await test.Open();
        Assert.Contains(segment.File, Assert.Single(await Problems(test)).Where, StringComparison.Ordinal);
    }

    private static async Task<List<Problem>> Problems(TestHistorian test)
    {
        var problems = new List<Problem>();
        await foreach (var problem in test.Historian.VerifySegments(CancellationToken.None))
            problems.Add(problem);
        return problems;
    }
}
