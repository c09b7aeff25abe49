using System.Diagnostics;
using Xunit;

namespace Dure.HostTests.Collect;

/// <summary>What every door must do, whatever its protocol. A class per door gives the adapter.</summary>
public abstract class DoorConformance(DoorNode node) : IClassFixture<DoorNode>
{
    private const long Start = 1_700_000_000_000_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private protected abstract Task<Door> Open(DoorNode on);

    [Fact]
    public async Task Samples_are_kept_as_they_were_sent()
    {
        var way = await Ready("plain", "bar");
        var sent = Samples(0, 20);
        await way.Send("plain", null, sent, Cancel);
        await Kept(way, "plain", sent);
    }

    [Fact]
    public async Task Samples_sent_again_are_there_once_and_counted_as_duplicates()
    {
        var way = await Ready("again", "bar");
        Assert.SkipUnless(way.SaysTimes, "the node stamps what it reads here, so nothing can come twice");
        var before = await Count(way, "duplicates");
        await way.Send("again", null, Samples(0, 20), Cancel);
        await way.Send("again", null, Samples(0, 25), Cancel);
        await Kept(way, "again", Samples(0, 25));
        await Until(async () => await Count(way, "duplicates") - before == 20, "20 duplicates are counted");
    }

    [Fact]
    public async Task A_unit_that_converts_is_converted()
    {
        var way = await Ready("unit", "bar", "mbar");
        Assert.SkipUnless(way.SaysUnits, "samples come without a unit here, so they are in the signal's own");
        await way.Send("unit", "mbar", Samples(0, 3), Cancel);
        await Kept(way, "unit", [.. Samples(0, 3).Select(sample => (sample.Time, sample.Value / 1000))]);
    }

    [Fact]
    public async Task Bytes_that_are_no_sample_are_refused_in_words_and_the_good_beside_them_is_kept()
    {
        var way = await Ready("broken", "bar");
        var rejected = await Count(way, "rejected");
        var place = await way.SendBroken("broken", (Start, 1), Cancel);
        await Kept(way, "broken", [(Start, 1)]);
        if (place.Length > 0)
        {
            await Until(async () => await Count(way, "rejected") > rejected, "a refusal is counted");
            var refusal = (await node.Source(way.Source, Cancel))["rejections"]!.AsArray()[0]!;
            Assert.Contains(place, refusal["where"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.NotEmpty(refusal["what"]!.GetValue<string>());
            Assert.NotEmpty(refusal["mend"]!.GetValue<string>());
        }
        await way.Send("broken", null, Samples(1, 2), Cancel);
        await Kept(way, "broken", Samples(0, 3));
    }

    [Fact]
    public async Task A_clock_that_is_ahead_is_refused_and_one_that_is_behind_is_kept_out_of_order()
    {
        var way = await Ready("clock", "bar");
        Assert.SkipUnless(way.SaysTimes, "the node's own clock stamps the samples here");
        var (rejected, late) = (await Count(way, "rejected"), await Count(way, "outOfOrder"));
        await way.Send("clock", null, Samples(10, 1), Cancel);
        await way.Send("clock", null, Samples(0, 1), Cancel);
        await way.Send("clock", null, [(7_226_582_400_000_000, 1)], Cancel); // 2199
        await Kept(way, "clock", [.. Samples(0, 1), .. Samples(10, 1)]);
        await Until(async () => await Count(way, "outOfOrder") == late + 1 && await Count(way, "rejected") == rejected + 1, "one late and one refused sample are counted");
        Assert.Contains("2199", (await node.Source(way.Source, Cancel))["rejections"]![0]!["what"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_connection_that_broke_everything_sent_again_is_there_once()
    {
        var way = await Ready("torn", "bar");
        await way.Send("torn", null, Samples(0, 5), Cancel);
        var rest = Samples(5, way.SaysTimes ? 200 : 5);
        await way.SendTorn("torn", rest, Cancel);
        await way.Send("torn", null, rest, Cancel);
        await Kept(way, "torn", [.. Samples(0, 5), .. rest]);
    }

    [Fact]
    public async Task Many_senders_at_once_are_slowed_and_lose_nothing()
    {
        const int Senders = 24;
        var way = await Ready("crowd", "bar");
        if (way.SaysTimes)
            await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => way.Send("crowd", null, Samples(sender * 2000, 2000), Cancel)));
        else
            await way.Send("crowd", null, Samples(0, Senders), Cancel);
        await Kept(way, "crowd", Samples(0, way.SaysTimes ? Senders * 2000 : Senders));
    }

    [Fact]
    public async Task What_was_acknowledged_before_a_kill_is_there_once_after_it()
    {
        var way = await Ready("kill", "bar");
        var perBatch = way.SaysTimes ? 50 : 1;
        var acknowledged = 0;
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var sending = Task.Run(async () =>
        {
            try
            {
                for (; acknowledged < 2000; acknowledged++)
                    await way.Send("kill", null, Samples(acknowledged * perBatch, perBatch), enough.Token);
            }
            catch (Exception gone) when (gone is IOException or HttpRequestException or OperationCanceledException)
            {
                // The node was killed under this batch.
            }
        }, Cancel);
        await Until(() => Task.FromResult(Volatile.Read(ref acknowledged) >= 3 || sending.IsCompleted), "three batches are acknowledged");
        await node.Node.Kill();
        await enough.CancelAsync();
        await sending;
        await node.KillAndStart(Cancel);
        // As a gateway would: the batch under way comes again.
        await way.Send("kill", null, Samples(acknowledged * perBatch, perBatch), Cancel);
        await Kept(way, "kill", [.. Enumerable.Range(0, acknowledged + 1).SelectMany(batch => Samples(batch * perBatch, perBatch))]);
    }

    private static List<(long Time, double Value)> Samples(int first, int count) => [.. Enumerable.Range(first, count).Select(i => (Start + i * 1_000_000L, 1.0 + i))];

    private async Task<Door> Ready(string name, string unit, string? sentUnit = null)
    {
        var way = await Open(node);
        await way.Prepare(name, unit, sentUnit, Cancel);
        return way;
    }

    private async Task<long> Count(Door way, string counter) => (await node.Source(way.Source, Cancel))[counter]!.GetValue<long>();

    /// <summary>Exactly these samples are kept; where the node stamps them, exactly these values one after the other.</summary>
    private async Task Kept(Door way, string name, IReadOnlyList<(long Time, double Value)> expected)
    {
        List<(long Time, double Value)> kept = [];
        var isAll = false;
        for (var clock = Stopwatch.StartNew(); !isAll && clock.Elapsed < Patience;)
        {
            kept = await node.Kept(way.Signal(name), Cancel);
            isAll = way.SaysTimes ? kept.Count >= expected.Count : Changes(kept).Count >= expected.Count;
            if (!isAll)
                await Task.Delay(50, Cancel);
        }
        if (way.SaysTimes)
            Assert.Equal(expected, kept);
        else
            Assert.Equal(expected.Select(sample => sample.Value), Changes(kept));
    }

    private static List<double> Changes(List<(long Time, double Value)> kept) => [.. kept.Select(sample => sample.Value).Where((value, i) => value != 0 && (i == 0 || value != kept[i - 1].Value))];

    private static async Task Until(Func<Task<bool>> condition, string what)
    {
        for (var clock = Stopwatch.StartNew(); !await condition();)
        {
            Assert.True(clock.Elapsed < Patience, $"it did not come to it that {what}");
            await Task.Delay(20, Cancel);
        }
    }
}
