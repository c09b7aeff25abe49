using Dure.Evidence;
using Dure.Historian;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Storage;

/// <summary>Every stored batch has its journal entry, whatever refused it at first.</summary>
public sealed class BatchLedgerTests
{
    [Fact]
    public async Task Batches_that_the_journal_refused_are_entered_before_the_next_is_acknowledged()
    {
        if (!OperatingSystem.IsLinux())
            Assert.Skip("A link to nowhere keeps the journal from its next file; other systems ask for rights to make one.");
        await using var test = await TestHistorian.Create(memorySamples: 3, journalOptions: new JournalOptions { SegmentBytes = 1 });
        await test.Send(TestHistorian.Current, (1000, 1));
        var nextFile = Path.Combine(test.Folder, "journal", $"{test.Journal.Count:D16}.entries");
        File.CreateSymbolicLink(nextFile, Path.Combine(test.Folder, "nowhere", "at-all"));
        for (var batch = 2; batch <= 4; batch++)
        {
            var refused = await Assert.ThrowsAsync<ProblemException>(() => test.Send(TestHistorian.Current, (batch * 1000, batch)));
            Assert.Equal("urn:dure:evidence:journal-write-failed", refused.Problem.Type);
        }
        var again = await Assert.ThrowsAsync<ProblemException>(() => test.Send(TestHistorian.Current, (2000, 2))); // a duplicate, and no entry yet
        Assert.Equal("urn:dure:evidence:journal-write-failed", again.Problem.Type);
        File.Delete(nextFile);
        await test.Send(TestHistorian.Current, (5000, 5));
        Assert.Equal([1, 2, 3, 4, 5], test.Entered);
        await Eventually.Holds(() => test.Logs.Length == 1);
        await test.Reopen();
        Assert.Equal(0, test.Historian.Recovery.Rejournaled);
    }

    [Fact]
    public async Task A_large_batch_that_the_disk_refused_once_is_entered_as_soon_as_it_is_written()
    {
        await using var test = await TestHistorian.Create(bulkSamples: 3);
        await test.Send(TestHistorian.Current, (1000, 1));
        var inTheWay = Path.Combine(test.Series, $"{2:D19}-{2:D19}.segment");
        Directory.CreateDirectory(inTheWay);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => test.Send(TestHistorian.Current, (2000, 2), (3000, 3), (4000, 4)));
        Assert.Equal("urn:dure:historian:disk-failed", refused.Problem.Type);
        Directory.Delete(inTheWay);
        await Eventually.Holds(() => test.Entered.Length == 2);
        Assert.True(test.Journal.Read().Last(entry => entry.Kind == PlantHistorian.Ingested).Body["recovered"]!.GetValue<bool>());
        Assert.Equal((0, 3), await test.Send(TestHistorian.Current, (2000, 2), (3000, 3), (4000, 4)) is var again ? (again.Accepted, again.Duplicates) : default);
        Assert.Equal([1, 2], test.Entered);
    }

    [Theory]
    [InlineData(199, 0x1F600, 199)]
    [InlineData(198, 0x1F600, 200)]
    [InlineData(10, 0xD83D, 11)]
    public async Task A_source_that_names_itself_oddly_gets_its_entry(int length, int end, int stored)
    {
        await using var test = await TestHistorian.Create();
        var batch = new SampleBatch(new string('x', length) + (end > char.MaxValue ? char.ConvertFromUtf32(end) : (char)end));
        var block = new SignalBlock(TestHistorian.Current.Path, null);
        block.Add(1000, 1);
        batch.Blocks.Add(block);
        await test.Historian.Append(batch, "tester", CancellationToken.None);
        Assert.Equal(stored, test.Journal.Read().Single(entry => entry.Kind == PlantHistorian.Ingested).Body["source"]!.GetValue<string>().Length);
    }
}
