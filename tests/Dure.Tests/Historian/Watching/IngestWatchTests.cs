using Dure.Historian;
using Dure.Historian.Watching;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian.Watching;

public sealed class IngestWatchTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Samples_are_judged_as_they_come_in()
    {
        await using var test = await TestHistorian.Create();
        await Send(test, 0, 600);
        await Send(test, 660, 1200);

        var found = Assert.Single((await Live(test)).Findings);

        Assert.Equal((FaultKind.Gap, 60L), (found.Kind, found.Count));
    }

    [Fact]
    public async Task A_batch_sent_twice_is_told_as_repeated_and_as_nothing_else()
    {
        await using var test = await TestHistorian.Create();
        await Send(test, 0, 600);
        await Send(test, 100, 400);

        var quality = await Live(test);

        Assert.Equal((FaultKind.Duplicate, 300L), (Assert.Single(quality.Findings).Kind, quality.Findings[0].Count));
        Assert.Equal((300L, 0L), (quality.Total.Redundant, quality.Total.Late));
    }

    [Fact]
    public async Task Watches_live_on_over_a_restart()
    {
        await using var test = await TestHistorian.Create();
        await Send(test, 0, 600);
        await Send(test, 660, 1200);
        var before = await Live(test);

        await test.Reopen();
        await Send(test, 1200, 1500);
        var after = await Live(test);

        Assert.Equal(before.Findings, after.Findings);
        Assert.Equal(before.Total.Samples + 300, after.Total.Samples);
    }

    [Fact]
    public async Task Watches_older_than_the_store_catch_up_and_see_no_gap_where_there_is_none()
    {
        await using var test = await TestHistorian.Create();
        await Send(test, 0, 600);
        await test.Close();
        var file = Directory.GetFiles(Path.Combine(test.Series, "watch")).Single();
        var old = await File.ReadAllBytesAsync(file, Cancel);
        await test.Open();
        await Send(test, 600, 900);
        await test.Close();
        await File.WriteAllBytesAsync(file, old, Cancel);

        await test.Open();
        await Send(test, 900, 1200);

        var quality = await Live(test);
        Assert.Empty(quality.Findings);
        Assert.Equal(1200, quality.Samples);
    }

    [Fact]
    public async Task Without_saved_watches_the_newest_stored_samples_are_judged()
    {
        await using var test = await TestHistorian.Create();
        await Send(test, 0, 600);
        await Send(test, 660, 1200);
        await test.Close();
        Directory.Delete(Path.Combine(test.Series, "watch"), recursive: true);
        await test.Open();

        Assert.Equal(FaultKind.Gap, Assert.Single((await Live(test)).Findings).Kind);
    }

    [Fact]
    public async Task A_stretch_is_judged_from_the_store_with_what_was_noted_at_arrival()
    {
        await using var test = await TestHistorian.Create();
        await Send(test, 0, 600);
        await Send(test, 660, 1200);
        await Send(test, 100, 120);

        var desk = new PlantQuality(test.Historian, TimeProvider.System);
        var signal = test.Historian.Find(TestHistorian.Pressure);
        var first = await desk.Of(signal, new TimeRange(At(0), At(500)), Cancel);
        var second = await desk.Of(signal, new TimeRange(At(500), At(1200)), Cancel);

        Assert.Equal([FaultKind.Duplicate], first.Findings.Select(found => found.Kind));
        Assert.Equal([FaultKind.Gap], second.Findings.Select(found => found.Kind));
        Assert.Equal(500, first.Samples);
    }

    private static DateTimeOffset At(int second) => TestHistorian.Now.AddHours(-2).AddSeconds(second);

    private static async Task Send(TestHistorian test, int from, int to)
    {
        var block = new SignalBlock(TestHistorian.Pressure.Path, null);
        for (var i = from; i < to; i++)
            block.Add(Micros.Of(At(i)), 5 + MadeSignal.Gauss(new Random(i)));
        Assert.Equal(0, (await test.Send(block)).Rejected);
    }

    private static async Task<WatchedQuality> Live(TestHistorian test)
    {
        var desk = new PlantQuality(test.Historian, TimeProvider.System);
        return (await desk.Of(test.Historian.Find(TestHistorian.Pressure), Cancel))!;
    }
}
