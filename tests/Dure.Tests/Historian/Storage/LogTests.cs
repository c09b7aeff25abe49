using Dure.Historian.Storage;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Storage;

/// <summary>What a start makes of the log, and how long the log is kept.</summary>
public sealed class LogTests
{
    [Fact]
    public async Task A_log_that_failed_in_the_middle_of_a_record_does_not_stop_the_start_when_segments_hold_its_batches()
    {
        await using var test = await TestHistorian.Create();
        var log = await LogOfTwoBatches(test);
        await test.Historian.Compact(CancellationToken.None);
        await test.Send(TestHistorian.Current, (3000, 3));
        await test.Close();
        await File.WriteAllBytesAsync(log.Path, log.Bytes[..^5], TestContext.Current.CancellationToken);
        await test.Open();
        Assert.Equal([1000L, 2000L, 3000L], (await test.Read(TestHistorian.Current)).Select(sample => sample.Time));
        Assert.Equal([1, 2, 3], test.Entered);
    }

    [Fact]
    public async Task A_log_that_ends_early_and_whose_batches_are_nowhere_else_is_told()
    {
        await using var test = await TestHistorian.Create();
        var log = await LogOfTwoBatches(test);
        await test.Reopen(); // the next batch goes to another file
        await test.Send(TestHistorian.Current, (3000, 3));
        await test.Close();
        await File.WriteAllBytesAsync(log.Path, log.Bytes[..^5], TestContext.Current.CancellationToken);
        var refused = await Assert.ThrowsAsync<ProblemException>(test.Open);
        Assert.Equal("urn:dure:historian:damaged-log", refused.Problem.Type);
    }

    [Fact]
    public async Task A_batch_that_the_log_and_a_segment_hold_gets_the_entry_that_it_lacks()
    {
        await using var test = await TestHistorian.Create();
        var before = await test.CopyJournal();
        var log = await LogOfTwoBatches(test);
        await test.Historian.Compact(CancellationToken.None);
        await test.Close();
        await File.WriteAllBytesAsync(log.Path, log.Bytes, TestContext.Current.CancellationToken);
        await test.ReopenWithJournal(before);
        Assert.Equal((2, 0L), (test.Historian.Recovery.Rejournaled, test.Historian.Recovery.ReplayedBatches));
        Assert.Equal([1, 2], test.Entered);
        Assert.False(File.Exists(log.Path));
        Assert.Equal(2, (await test.Read(TestHistorian.Current)).Count);
    }

    [Fact]
    public async Task A_large_batch_that_was_never_logged_gets_the_entry_that_it_lacks()
    {
        await using var test = await TestHistorian.Create(bulkSamples: 3);
        var before = await test.CopyJournal();
        var receipt = await test.Send(TestHistorian.Current, (1000, 1), (2000, 2), (3000, 3));
        await test.ReopenWithJournal(before);
        Assert.Equal(1, test.Historian.Recovery.Rejournaled);
        Assert.Equal(receipt.Batch.ToString(), test.Journal.Read().Last(entry => entry.Kind == "ingested").Subject);
        await test.Reopen();
        Assert.Equal(0, test.Historian.Recovery.Rejournaled);
    }

    [Fact]
    public async Task The_log_stays_until_the_last_batch_in_it_has_its_entry()
    {
        var folder = Directory.CreateTempSubdirectory("dure-store-").FullName;
        var isSealed = new TaskCompletionSource();
        await using (var store = SeriesStore.Open(folder, new StoreOptions(MemorySamples: 2, BulkSamples: 100), (_, _) => { }, _ => Task.CompletedTask, out _))
        {
            store.OnSealed = isSealed.SetResult;
            store.Start();
            var first = store.Append([new AcceptedRows(0, [1], [1], new Quality[1])], "tester");
            first.Journaled.SetResult();
            var filling = store.Append([new AcceptedRows(0, [2], [2], new Quality[1])], "tester");
            await filling.Durable;
            await isSealed.Task;
            await Task.Delay(50, TestContext.Current.CancellationToken);
            Assert.Single(Directory.GetFiles(folder, "*.wal"), path => new FileInfo(path).Length > 0);
            filling.Journaled.SetResult();
            await Eventually.Holds(() => !Directory.GetFiles(folder, "*.wal").Any(path => new FileInfo(path).Length > 0));
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_log_ends_although_only_corrections_come()
    {
        await using var test = await TestHistorian.Create(memorySamples: 100);
        for (var round = 0; round < 30; round++)
            await test.Send(TestHistorian.Current, [.. Enumerable.Range(0, 10).Select(i => (i * 1000L, (double)round))]);
        await Eventually.Holds(() => test.Segments.Length > 0 && test.Logs.Length <= 1);
        Assert.All(await test.Read(TestHistorian.Current), sample => Assert.Equal(29, sample.Value));
    }

    private static async Task<(string Path, byte[] Bytes)> LogOfTwoBatches(TestHistorian test)
    {
        await test.Send(TestHistorian.Current, (1000, 1));
        await test.Send(TestHistorian.Current, (2000, 2));
        var path = Assert.Single(test.Logs);
        return (path, await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }
}
