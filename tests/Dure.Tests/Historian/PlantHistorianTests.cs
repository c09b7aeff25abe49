using Dure.Historian;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian;

public sealed class PlantHistorianTests
{
    private static readonly SignalId[] Signals = [TestHistorian.Pressure, TestHistorian.Current];

    /// <summary>Random batches with duplicates, late samples and corrections, sealed often and reopened at random, against a plain dictionary.</summary>
    [Fact]
    public void Whatever_is_sent_in_whatever_order_the_series_hold_the_last_value_of_each_time_once() =>
        Prop.ForAll<int>(seed =>
        {
            Model(seed).GetAwaiter().GetResult();
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40));

    private static async Task Model(int seed)
    {
        var random = new Random(seed);
        await using var test = await TestHistorian.Create(memorySamples: 60, bulkSamples: random.Next(2) == 0 ? 14 : 1000);
        var model = Signals.ToDictionary(signal => signal, _ => new SortedDictionary<long, double>());
        for (var step = 0; step < 60; step++)
        {
            if (random.Next(8) == 0)
                await test.Reopen();
            if (random.Next(12) == 0)
                await test.Historian.Compact(CancellationToken.None);
            var signal = Signals[random.Next(2)];
            var samples = Enumerable.Range(0, random.Next(1, 20)).Select(_ => ((long)random.Next(300) * 1000, (double)random.Next(3))).DistinctBy(sample => sample.Item1).ToArray();
            var fresh = samples.Count(sample => !model[signal].TryGetValue(sample.Item1, out var known) || known != sample.Item2);
            var receipt = await test.Send(signal, samples);
            foreach (var (time, value) in samples)
                model[signal][time] = value;
            Assert.Equal((fresh, samples.Length - fresh), (receipt.Accepted, receipt.Duplicates));
        }
        foreach (var signal in Signals)
            await AssertHolds(test, signal, model[signal], random);
    }

    private static void AssertAsOf(TestHistorian test, SignalId signal, SortedDictionary<long, double> model, Random random)
    {
        long[] times = [.. Enumerable.Range(0, 40).Select(_ => random.Next(320) * 1000L + random.Next(3)).Order()];
        var joined = test.Historian.AsOf(signal, times, null, CancellationToken.None);
        for (var i = 0; i < times.Length; i++)
        {
            var expected = model.LastOrDefault(pair => pair.Key <= times[i], new(-1, double.NaN));
            Assert.Equal((expected.Key, expected.Value), (joined.TimesMicros[i], joined.Values[i]));
            Assert.Equal(expected.Key < 0 ? null : new Sample(Micros.Time(expected.Key), expected.Value), test.Historian.At(signal, Micros.Time(times[i])));
        }
    }

    private static async Task AssertHolds(TestHistorian test, SignalId signal, SortedDictionary<long, double> model, Random random)
    {
        Assert.Equal(model.Select(pair => (pair.Key, pair.Value)), (await test.Read(signal)).Select(sample => (sample.Time, sample.Value)));
        var (from, to) = (random.Next(300) * 1000L, random.Next(300) * 1000L);
        if (from <= to)
        {
            var part = await test.Read(signal, new TimeRange(Micros.Time(from), Micros.Time(to)));
            Assert.Equal(model.Where(pair => pair.Key >= from && pair.Key < to).Select(pair => pair.Key), part.Select(sample => sample.Time));
        }
        if (model.Count == 0)
            return;
        Assert.Equal(model.Last().Value, test.Historian.Latest(signal)!.Value.Value);
        AssertAsOf(test, signal, model, random);
        var buckets = test.Historian.Resample(signal, TimeRange.All, 7, CancellationToken.None);
        Assert.Equal(model.Count, buckets.Sum(bucket => bucket.Count));
        Assert.Equal(model.Values.Sum(), buckets.Where(bucket => bucket.Count > 0).Sum(bucket => bucket.Mean * bucket.Count), 6);
        Assert.Equal(model.Values.Max(), buckets.Where(bucket => bucket.Count > 0).Max(bucket => bucket.Max));
    }

    [Fact]
    public async Task A_batch_sent_again_changes_nothing_and_says_so()
    {
        await using var test = await TestHistorian.Create();
        var first = await test.Send(TestHistorian.Current, (1000, 1.5), (2000, 1.6));
        var again = await test.Send(TestHistorian.Current, (1000, 1.5), (2000, 1.6));
        Assert.Equal((2, 0), (first.Accepted, first.Duplicates));
        Assert.Equal((0, 2), (again.Accepted, again.Duplicates));
        Assert.Null(again.Entry);
        Assert.Single(test.Journal.Read(), entry => entry.Kind == PlantHistorian.Ingested);
    }

    [Fact]
    public async Task A_correction_that_differs_in_a_bit_only_is_taken()
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (1000, 0.0), (2000, double.NegativeZero));
        var corrected = await test.Send(TestHistorian.Current, (1000, double.NegativeZero), (2000, double.NegativeZero));
        Assert.Equal((1, 1), (corrected.Accepted, corrected.Duplicates));
        await test.Reopen();
        Assert.All(await test.Read(TestHistorian.Current), sample => Assert.True(double.IsNegative(sample.Value)));
    }

    [Fact]
    public async Task The_same_batch_from_many_senders_at_once_is_stored_once()
    {
        await using var test = await TestHistorian.Create();
        var samples = Enumerable.Range(0, 100).Select(i => (i * 1000L, (double)i)).ToArray();
        var receipts = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => test.Send(TestHistorian.Current, samples))));
        Assert.Equal(100, receipts.Sum(receipt => receipt.Accepted));
        Assert.Equal(1500, receipts.Sum(receipt => receipt.Duplicates));
        Assert.Equal(100, (await test.Read(TestHistorian.Current)).Count);
    }

    [Fact]
    public async Task The_batch_hash_depends_on_the_samples_alone_not_on_the_order_they_came_in()
    {
        await using var one = await TestHistorian.Create();
        await using var other = await TestHistorian.Create();
        var forward = await one.Send(TestHistorian.Current, (1000, 1), (2000, 2), (3000, 3));
        var backward = await other.Send(TestHistorian.Current, (3000, 3), (2000, 2), (1000, 1));
        Assert.Equal(forward.Batch, backward.Batch);
    }

    [Fact]
    public async Task A_crash_between_disk_and_journal_leaves_a_batch_that_is_entered_once_at_the_next_start()
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (1000, 1));
        var journalBefore = Path.Combine(test.Folder, "journal-before");
        await test.Close();
        Copy(Path.Combine(test.Folder, "journal"), journalBefore);
        await test.Open();
        await test.Send(TestHistorian.Current, (2000, 2));
        await test.Close();
        Directory.Delete(Path.Combine(test.Folder, "journal"), recursive: true);
        Directory.Move(journalBefore, Path.Combine(test.Folder, "journal"));

        await test.Open();
        Assert.Equal(1, test.Historian.Recovery.Rejournaled);
        Assert.Equal(2, test.Journal.Read().Count(entry => entry.Kind == PlantHistorian.Ingested));
        await test.Reopen();
        Assert.Equal(0, test.Historian.Recovery.Rejournaled);
        Assert.Equal([1000L, 2000L], (await test.Read(TestHistorian.Current)).Select(sample => sample.Time));
    }

    [Fact]
    public async Task A_record_cut_off_at_any_byte_is_removed_and_all_before_it_stays()
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (1000, 1), (2000, 2));
        await test.Close();
        var file = Directory.GetFiles(test.Series, "*.wal").OrderBy(path => path, StringComparer.Ordinal).Last(path => new FileInfo(path).Length > 0);
        var whole = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        // The journal of a store without the second batch: what a crash during its write would leave.
        var journalBefore = Path.Combine(test.Folder, "journal-before");
        Copy(Path.Combine(test.Folder, "journal"), journalBefore);
        await test.Open();
        await test.Send(TestHistorian.Current, (3000, 3));
        await test.Close();
        var second = Directory.GetFiles(test.Series, "*.wal").OrderBy(path => path, StringComparer.Ordinal).Last(path => new FileInfo(path).Length > 0);
        var record = await File.ReadAllBytesAsync(second, TestContext.Current.CancellationToken);
        for (var cut = 1; cut < record.Length; cut++)
        {
            await File.WriteAllBytesAsync(second, record[..cut], TestContext.Current.CancellationToken);
            Directory.Delete(Path.Combine(test.Folder, "journal"), recursive: true);
            Copy(journalBefore, Path.Combine(test.Folder, "journal"));
            await test.Open();
            Assert.Equal(cut, test.Historian.Recovery.TornBytes);
            Assert.Equal([1000L, 2000L], (await test.Read(TestHistorian.Current)).Select(sample => sample.Time));
            await test.Close();
        }
        Assert.NotEmpty(whole);
    }

    [Fact]
    public async Task Damage_to_an_acknowledged_record_is_told_with_file_and_place_and_never_skipped()
    {
        await using var test = await TestHistorian.Create();
        for (var i = 1; i <= 5; i++)
            await test.Send(TestHistorian.Current, (i * 1000, i));
        await test.Close();
        var file = Directory.GetFiles(test.Series, "*.wal").Single(path => new FileInfo(path).Length > 0);
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        var recordLength = bytes.Length / 5;
        for (var place = 0; place < 4 * recordLength; place += 3)
        {
            var damaged = bytes.ToArray();
            damaged[place] ^= 0x40;
            await File.WriteAllBytesAsync(file, damaged, TestContext.Current.CancellationToken);
            var refused = await Assert.ThrowsAsync<ProblemException>(test.Open);
            Assert.Equal("urn:dure:historian:damaged-log", refused.Problem.Type);
            Assert.Contains($"byte {place / recordLength * recordLength} ", refused.Problem.What, StringComparison.Ordinal);
            await test.Close();
        }
    }

    [Fact]
    public async Task Batches_that_the_journal_names_and_the_series_lack_are_missed_at_the_start()
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (1000, 1));
        await test.Close();
        foreach (var file in Directory.GetFiles(test.Series))
            File.Delete(file);
        var refused = await Assert.ThrowsAsync<ProblemException>(test.Open);
        Assert.Equal("urn:dure:historian:batches-gone", refused.Problem.Type);
        Assert.Contains("up to 1", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_segment_is_told_by_name()
    {
        await using var test = await TestHistorian.Create(memorySamples: 10);
        for (var i = 1; i <= 40; i++)
            await test.Send(TestHistorian.Current, (i * 1000, i));
        await test.Close();
        var segment = Directory.GetFiles(test.Series, "*.segment").First();
        var bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        bytes[20] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<ProblemException>(async () =>
        {
            await test.Open();
            await test.Read(TestHistorian.Current);
        });
        Assert.Equal("urn:dure:historian:damaged-segment", refused.Problem.Type);
        Assert.Equal(segment, refused.Problem.Where);
    }

    [Fact]
    public async Task A_signal_cannot_change_its_unit_and_may_be_registered_again_with_the_same()
    {
        await using var test = await TestHistorian.Create();
        Assert.Equal(0, await test.Historian.Register([new SignalDefinition(TestHistorian.Current, Unit.Parse("A"))], "tester", CancellationToken.None));
        var refused = await Assert.ThrowsAsync<ProblemException>(() => test.Historian.Register([new SignalDefinition(TestHistorian.Current, Unit.Parse("V"))], "tester", CancellationToken.None));
        Assert.Contains("'A'", refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains("'V'", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bad_samples_are_kept_apart_from_the_statistics()
    {
        await using var test = await TestHistorian.Create();
        var block = new SignalBlock(TestHistorian.Current.Path, null);
        block.Add(1000, 2);
        block.Add(2000, double.NaN, Quality.Bad);
        block.Add(3000, 4);
        await test.Send(block);
        var bucket = Assert.Single(test.Historian.Resample(TestHistorian.Current, TimeRange.All, 1, CancellationToken.None));
        Assert.Equal((2, 3.0, 1), (bucket.Count, bucket.Mean, bucket.Bad));
    }

    [Fact]
    public async Task Lineage_names_the_batches_of_the_asked_machines_and_times_only()
    {
        await using var test = await TestHistorian.Create();
        var early = await test.Send(TestHistorian.Current, (1000, 1));
        var late = await test.Send(TestHistorian.Current, (9000, 1));
        var found = test.Historian.BatchesOf([TestHistorian.Current.Asset], new TimeRange(Micros.Time(0), Micros.Time(5000)), CancellationToken.None);
        Assert.Equal(early.Batch, Assert.Single(found).Batch);
        Assert.NotEqual(early.Batch, late.Batch);
        Assert.Empty(test.Historian.BatchesOf([AssetId.Parse("plant/other")], TimeRange.All, CancellationToken.None));
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from))
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
    }
}
