using Dure.Historian;
using Dure.Historian.Watching;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Xunit;

namespace Dure.Tests.Historian.Watching;

public sealed class PlantWatchTests
{
    private static SignalDefinition Signal(int number, SignalRole role = SignalRole.Measurement) =>
        new(SignalId.Parse($"plant/press/s{number}"), Unit.Parse("bar"), Role: role);

    [Fact]
    public void Many_threads_feed_many_signals_as_one_thread_would()
    {
        var plant = new PlantWatch();
        var streams = Enumerable.Range(0, 200).Select(WatchPropertyTests.Troubled).ToArray();

        Parallel.For(0, streams.Length, number => Feed(plant, number, streams[number], 0, streams[number].Count));

        for (var number = 0; number < streams.Length; number++)
            Assert.True(WatchPropertyTests.Same(streams[number].Watch(), plant.Snapshot(number)!));
    }

    [Fact]
    public void A_saved_plant_goes_on_as_if_it_had_never_stopped()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "watch", "quality.bin");
        var streams = Enumerable.Range(0, 20).Select(WatchPropertyTests.Troubled).ToArray();
        var before = new PlantWatch();
        for (var number = 0; number < streams.Length; number++)
            Feed(before, number, streams[number], 0, streams[number].Count / 2);
        before.Save(file, number => Signal(number).Id);

        var after = new PlantWatch();
        Assert.Equal(streams.Length, after.Load(file, id => int.Parse(id.Name[1..])));
        for (var number = 0; number < streams.Length; number++)
            Feed(after, number, streams[number], streams[number].Count / 2, streams[number].Count);

        for (var number = 0; number < streams.Length; number++)
            Assert.True(WatchPropertyTests.Same(streams[number].Watch(), after.Snapshot(number)!));
    }

    [Fact]
    public void A_damaged_file_of_saved_watches_is_read_up_to_the_damage()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "quality.bin");
        var plant = new PlantWatch();
        for (var number = 0; number < 10; number++)
            Feed(plant, number, MadeSignal.Noise(500, number), 0, 500);
        plant.Save(file, number => Signal(number).Id);
        var bytes = File.ReadAllBytes(file);

        var random = new Random(1);
        for (var round = 0; round < 200; round++)
        {
            var damaged = (byte[])bytes.Clone();
            damaged[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);
            File.WriteAllBytes(file, damaged[..random.Next(bytes.Length + 1)]);
            Assert.InRange(new PlantWatch().Load(file, id => int.Parse(id.Name[1..])), 0, 10);
        }
    }

    [Fact]
    public void What_people_say_about_a_machine_is_not_watched()
    {
        var plant = new PlantWatch();

        plant.Observe(0, Signal(0, SignalRole.Label), [1], [1], [Quality.Good], 1);

        Assert.Null(plant.Snapshot(0));
        Assert.Null(plant.Snapshot(12345));
    }

    [Fact]
    public void A_stretch_judged_from_the_store_keeps_all_its_hours()
    {
        var made = MadeSignal.Noise(2000, 3);
        long[] times = [.. Enumerable.Range(0, 2000).Select(i => MadeSignal.Start + i * 60 * MadeSignal.Second)];
        var judge = new StretchJudge(WatchLimits.None);

        judge.Add(times, made.Values.ToArray(), made.Qualities.ToArray());
        var quality = judge.Report();

        Assert.Empty(quality.Findings);
        Assert.InRange(quality.Windows.Count, 33, 35);
        Assert.Equal(2000, quality.Windows.Sum(window => window.Samples));
    }

    [Fact]
    public void A_stretch_of_years_keeps_the_total_of_all_its_samples()
    {
        var made = MadeSignal.Noise(30_000, 4);
        long[] times = [.. Enumerable.Range(0, made.Count).Select(i => MadeSignal.Start + i * 600 * MadeSignal.Second)];
        var judge = new StretchJudge(WatchLimits.None);

        judge.Add(times, made.Values.ToArray(), made.Qualities.ToArray());
        var quality = judge.Report();

        Assert.InRange(quality.Windows.Count, 700, WatchedQuality.MaxWindows);
        Assert.Equal((30_000L, 30_000L), (quality.Samples, quality.Total.Samples));
    }

    private static void Feed(PlantWatch plant, int number, MadeSignal made, int from, int to)
    {
        for (var i = from; i < to; i++)
            plant.Observe(number, Signal(number), [made.Times[i]], [made.Values[i]], [made.Qualities[i]], made.Received[i]);
    }
}
