using Dure.Historian.Signals;
using Dure.Historian.Storage;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Storage;

/// <summary>Old samples go, and nothing else does: not the newest batch's number, not a correction, not the journal's trust in the files.</summary>
public sealed class RetentionTests
{
    private const long Day = 86_400_000_000;
    private static readonly long Today = Micros.Of(TestHistorian.Now);

    [Fact]
    public async Task When_all_samples_are_too_old_the_node_starts_again_and_takes_new_ones()
    {
        await using var test = await Kept(days: 365);
        await test.Send(TestHistorian.Current, (Today - 730 * Day, 1), (Today - 729 * Day, 2));
        await test.Send(TestHistorian.Current, (Today - 730 * Day, 3));
        await test.Historian.Compact(CancellationToken.None); // the corrected one is counted twice until a restart
        Assert.Equal(2, await test.Historian.ApplyRetention("tester", CancellationToken.None));
        Assert.Null(test.Historian.Find(TestHistorian.Current).First);
        Assert.Empty(test.Historian.SegmentsOf(TimeRange.All));
        await test.Reopen();
        Assert.Empty(await test.Read(TestHistorian.Current));
        Assert.Empty(await test.VerifySegments());
        await test.Send(TestHistorian.Current, (Today - Day, 4));
        await test.Historian.Compact(CancellationToken.None);
        Assert.Equal(0, await test.Historian.ApplyRetention("tester", CancellationToken.None));
        await test.Reopen();
        Assert.Equal((Today - Day, 4, Quality.Good), Assert.Single(await test.Read(TestHistorian.Current)));
        Assert.Equal([1, 2, 3], test.Entered);
    }

    [Fact]
    public void A_correction_stays_as_long_as_what_it_corrects()
    {
        var folder = Directory.CreateTempSubdirectory("dure-retention-").FullName;
        var retirement = new Retirement(_ => 50);
        Segment[] segments = [Written(folder, 1, 0, 5, 100), Written(folder, 2, 5), Written(folder, 3, -10), Written(folder, 4, 3, 40)];
        var stays = new List<long>();
        foreach (var segment in segments)
        {
            if (retirement.Touches(segment))
            {
                using var writer = new SegmentWriter(folder);
                retirement.CopyKept(segment, writer, CancellationToken.None);
                stays.Add(writer.Samples);
            }
            else
            {
                stays.Add(segment.Samples);
                retirement.Pass(segment);
            }
            segment.Release();
        }
        Assert.Equal([3, 1, 0, 2], stays); // the third is older than all that stays
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_crash_before_the_journal_knows_the_smaller_file_is_mended_by_the_next_start()
    {
        await using var test = await Kept(days: 30);
        await test.Send(TestHistorian.Current, [.. Enumerable.Range(0, 2000).Select(i => (Today - (i < 1024 ? 40 : 20) * Day + i * 1000, 1.0))]);
        var before = await test.CopyJournal();
        Assert.Equal(1024, await test.Historian.ApplyRetention("tester", CancellationToken.None));
        await test.ReopenWithJournal(before);
        Assert.Empty(await test.VerifySegments());
        Assert.Equal(976, Assert.Single(test.Historian.SegmentsOf(TimeRange.All)).Samples);
    }

    /// <summary>Every batch is a segment of its own.</summary>
    private static async Task<TestHistorian> Kept(int days)
    {
        var test = await TestHistorian.Create(bulkSamples: 1);
        await test.Historian.SetRetention(new RetentionRule("plant", TimeSpan.FromDays(days)), "tester", CancellationToken.None);
        return test;
    }

    private static Segment Written(string folder, long batch, params long[] times)
    {
        using var writer = new SegmentWriter(folder);
        writer.BeginSeries(0);
        writer.Add(times, [.. times.Select(time => (double)time)], new Quality[times.Length]);
        return writer.Finish(batch, batch, []).Segment;
    }
}
