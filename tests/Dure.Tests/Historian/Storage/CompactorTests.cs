using System.Collections.Concurrent;
using Dure.Historian.Storage.Segments;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Storage;

/// <summary>Merging in the background, when something is in its way.</summary>
public sealed class CompactorTests
{
    private const int Rows = 2000;

    [Fact]
    public async Task A_damaged_segment_is_left_out_and_told_and_the_others_are_merged()
    {
        await using var test = await TestHistorian.Create(memorySamples: Rows);
        for (var batch = 0; batch < 7; batch++)
            await SendAndSeal(test, batch);
        await test.Close();
        var third = test.Segments[2];
        var bytes = await File.ReadAllBytesAsync(third, TestContext.Current.CancellationToken);
        bytes[20] ^= 1; // in the first block; opening reads the last
        await File.WriteAllBytesAsync(third, bytes, TestContext.Current.CancellationToken);

        await test.Open();
        var told = new ConcurrentQueue<Problem>();
        test.Historian.Troubled += told.Enqueue;
        for (var batch = 7; batch < 12; batch++)
            await SendAndSeal(test, batch);
        await Eventually.Holds(() => test.Segments is { Length: 4 or 5 }); // two before it, the damaged one, one merged, perhaps the newest
        Assert.Equal((Segment.DamagedType, third), (Assert.Single(told).Type, told.First().Where));
        await test.Close(); // a shutdown is not troubled by it
    }

    [Fact]
    public async Task Segments_of_which_one_has_late_rows_of_the_others_become_one_and_those_in_order_stay()
    {
        await using var test = await TestHistorian.Create(memorySamples: Rows);
        for (var batch = 0; batch < 3; batch++)
            await SendAndSeal(test, batch);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal(3, test.Segments.Length);
        await test.Send(TestHistorian.Current, [.. Enumerable.Range(0, Rows).Select(i => (i * 3000L + 500, 7.0))]); // between the rows of all three
        await Eventually.Holds(() => test.Segments.Length == 1);
        Assert.Equal(4 * Rows, test.Historian.Counts.Samples);
    }

    private static async Task SendAndSeal(TestHistorian test, int batch)
    {
        var before = test.Segments;
        await test.Send(TestHistorian.Current, [.. Enumerable.Range(0, Rows).Select(i => ((batch * Rows + i) * 1000L, Math.Sin(i)))]);
        await Eventually.Holds(() => !test.Segments.SequenceEqual(before));
    }
}
