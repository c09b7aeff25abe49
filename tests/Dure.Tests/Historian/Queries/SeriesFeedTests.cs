using Dure.Evidence;
using Dure.Historian;
using Dure.Historian.Queries;
using Dure.Kernel;
using Dure.Tests.Evidence;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Queries;

/// <summary>Whoever follows what comes in has, in the end, what the plant has, wherever it was cut off.</summary>
public sealed class SeriesFeedTests
{
    private static readonly string[] Paths = ["plant/pump/A", "plant/pump/B", "plant/press/A"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_follower_that_is_cut_off_again_and_again_has_all_in_the_end(int seed)
    {
        using var folder = new TempFolder();
        var random = new Random(seed);
        var key = NodeKey.LoadOrCreate(folder.Sub("keys"));
        var journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);
        var options = new HistorianOptions { DataPath = folder.Sub("series"), MemorySamples = 3000 };
        var plant = await PlantHistorian.Open(options, journal, TimeProvider.System, Cancel);
        await plant.Register([.. Paths.Select(path => new SignalDefinition(SignalId.Parse(path), Unit.One))], "tester", Cancel);
        var copy = Paths.ToDictionary(path => path, _ => new SortedDictionary<long, double>());
        var oldest = 1_600_000_000_000_000L;
        var cursor = FeedCursor.FromTheBeginning(journal.Count);
        var feed = Follow(plant, oldest);
        try
        {
            for (var round = 0; round < 40; round++)
            {
                var batch = new SampleBatch("tester");
                foreach (var path in Paths.Where(_ => random.Next(3) > 0))
                {
                    var block = new SignalBlock(path, null);
                    var start = oldest + random.Next(-2000, 20_000) * 1000L; // late, early, again and corrected
                    for (var i = 0; i < random.Next(1, 400); i++)
                        block.Add(start + i * 1000L, random.Next(5));
                    batch.Blocks.Add(block);
                }
                await plant.Append(batch, "tester", Cancel);
                switch (random.Next(6))
                {
                    case 0: // the follower falls and remembers an earlier place
                        feed.Dispose();
                        feed = Follow(plant, oldest);
                        break;
                    case 1: // the plant falls
                        feed.Dispose();
                        await plant.DisposeAsync();
                        await journal.DisposeAsync();
                        journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);
                        plant = await PlantHistorian.Open(options, journal, TimeProvider.System, Cancel);
                        feed = Follow(plant, oldest);
                        break;
                    case 2:
                        continue; // it is late
                }
                cursor = Take(feed, FeedCursor.TryParse(cursor.ToString(), out var told) ? told : default, copy, random.Next(1, 4));
            }
            cursor = Take(feed, cursor, copy, int.MaxValue);
            Assert.Equal(journal.Count, cursor.Entry);
            foreach (var path in Paths)
            {
                var here = new SortedDictionary<long, double>();
                await foreach (var block in plant.Read(SignalId.Parse(path), new TimeRange(Micros.Time(oldest), Micros.Time(oldest + 10_000_000_000)), Cancel))
                    for (var i = 0; i < block.Count; i++)
                        here[block.TimesMicros.Span[i]] = block.Values.Span[i];
                Assert.Equal(here, copy[path]);
            }
        }
        finally
        {
            feed.Dispose();
            await plant.DisposeAsync();
            await journal.DisposeAsync();
            key.Dispose();
        }
    }

    [Fact]
    public void Any_text_is_a_cursor_or_none() => Prop.ForAll<string>(text => !FeedCursor.TryParse(text, out var cursor) || FeedCursor.TryParse(cursor.ToString(), out var again) && again == cursor).QuickCheckThrowOnFailure();

    [Fact]
    public void A_cursor_is_read_as_it_is_written() => Prop.ForAll<NonNegativeInt, NonNegativeInt, NonNegativeInt>((entry, more, series) =>
    {
        var cursor = new FeedCursor(entry.Get, (long)entry.Get + more.Get + 1, series.Get, 7L * more.Get);
        return FeedCursor.TryParse(cursor.ToString(), out var read) && read == cursor;
    }).QuickCheckThrowOnFailure();

    /// <summary>In pieces so small that stretches and batches are cut too.</summary>
    private static SeriesFeed Follow(PlantHistorian plant, long oldest)
    {
        var feed = plant.Follow(_ => true, Micros.Time(oldest));
        feed.MostBytes = 10_000;
        return feed;
    }

    private static FeedCursor Take(SeriesFeed feed, FeedCursor cursor, Dictionary<string, SortedDictionary<long, double>> copy, int pages)
    {
        for (var page = 0; page < pages; page++)
        {
            var next = feed.Next(cursor, Cancel);
            foreach (var rows in next.Rows)
                for (var i = 0; i < rows.TimesMicros.Length; i++)
                    copy[rows.Signal.Id.Path][rows.TimesMicros.Span[i]] = rows.Values.Span[i];
            cursor = next.Next;
            if (!next.HasMore)
                break;
        }
        return cursor;
    }
}
