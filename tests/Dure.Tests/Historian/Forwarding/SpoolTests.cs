using System.Text;
using Dure.Historian.Forwarding;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Historian.Forwarding;

public sealed class SpoolTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("dure-spool-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Batches_come_out_in_order_over_files_and_restarts_until_they_are_acknowledged()
    {
        await using (var spool = Open(segmentBytes: 200))
        {
            for (var i = 1; i <= 20; i++)
                Assert.Equal(i, await spool.Append(Batch(i), 1, Cancel));
            spool.Acknowledge(1, 5);
        }
        Assert.True(Directory.GetFiles(folder, "*.spool").Length > 3);
        await using var again = Open(segmentBytes: 200);
        Assert.Equal(15, again.Status.Waiting);
        Assert.Equal(Enumerable.Range(6, 15).Select(i => $"batch {i}"), All(again));
        Assert.Equal(21, await again.Append(Batch(21), 1, Cancel));
        again.Acknowledge(6, 21);
        Assert.Single(Directory.GetFiles(folder, "*.spool"));
        Assert.Empty(again.Read(0, long.MaxValue, 1000));
    }

    [Fact]
    public async Task Numbers_go_on_after_everything_was_acknowledged_and_its_files_are_gone()
    {
        await using (var spool = Open(segmentBytes: 1))
        {
            await spool.Append(Batch(1), 1, Cancel);
            await spool.Append(Batch(2), 1, Cancel);
            spool.Acknowledge(1, 2);
        }
        foreach (var file in Directory.GetFiles(folder, "*.spool"))
            File.Delete(file);
        await using var again = Open();
        Assert.Equal(3, await again.Append(Batch(3), 1, Cancel));
        Assert.Equal(["batch 3"], All(again));
    }

    [Fact]
    public async Task A_full_spool_refuses_with_a_count_keeps_what_waits_and_takes_more_once_there_is_room()
    {
        await using var spool = Open(segmentBytes: 100, maxBytes: 400);
        var taken = 0;
        var refused = await Assert.ThrowsAsync<ProblemException>(async () =>
        {
            for (; ; taken++)
                await spool.Append(Batch(taken + 1), 7, Cancel);
        });
        Assert.Equal("urn:dure:gateway:spool-full", refused.Problem.Type);
        Assert.Contains("1 batches with 7 samples", refused.Problem.What, StringComparison.Ordinal);
        Assert.Equal((1, 7), (spool.Status.RefusedBatches, spool.Status.RefusedSamples));
        Assert.Equal(taken, spool.Status.Waiting);
        spool.Acknowledge(1, taken);
        Assert.Equal(taken + 1, await spool.Append(Batch(taken + 1), 1, Cancel));
    }

    [Fact]
    public async Task Who_can_wait_leaves_room_to_those_that_cannot_and_waits_for_its_own()
    {
        await using var spool = Open(segmentBytes: 100, maxBytes: 1000);
        var told = 0;
        var taken = 0;
        Task<long> waiting;
        while ((waiting = spool.Append(Batch(taken + 1), 1, Cancel, _ => Interlocked.Increment(ref told))) is var _ && await Task.WhenAny(waiting, Task.Delay(200, Cancel)) == waiting)
            taken++;
        Assert.InRange(spool.Status.Bytes, 600, 800);
        Assert.Equal((1, 0L), (told, spool.Status.RefusedBatches));
        await spool.Append(Batch(taken + 1), 1, Cancel); // there is room for who cannot wait
        spool.Acknowledge(1, taken + 1);
        Assert.Equal(taken + 2, await waiting);
    }

    [Fact]
    public async Task A_spool_smaller_than_its_files_takes_more_once_what_waited_is_acknowledged()
    {
        await using var spool = Open(maxBytes: 400);
        for (var i = 1; i <= 50; i++)
        {
            await spool.Append(Batch(i), 1, Cancel);
            if (i % 4 != 0)
                continue;
            Assert.Equal(Enumerable.Range(i - 3, 4).Select(number => $"batch {number}"), All(spool));
            spool.Acknowledge(i - 3, i);
        }
        Assert.Empty(spool.Notes);
    }

    [Fact]
    public async Task A_disk_that_fails_refuses_with_a_count_and_takes_batches_again_once_it_is_mended()
    {
        await using var spool = Open(segmentBytes: 1);
        await spool.Append(Batch(1), 1, Cancel);
        Directory.Move(folder, folder + ".away");
        var refused = await Assert.ThrowsAsync<ProblemException>(() => spool.Append(Batch(2), 3, Cancel));
        Assert.Equal("urn:dure:gateway:disk-failed", refused.Problem.Type);
        Assert.Equal((1, 3), (spool.Status.RefusedBatches, spool.Status.RefusedSamples));
        Directory.Move(folder + ".away", folder);
        Assert.Equal(2, await spool.Append(Batch(2), 1, Cancel));
        Assert.Equal(["batch 1", "batch 2"], All(spool));
    }

    [Fact]
    public async Task A_torn_tail_is_cut_at_open_and_what_is_whole_stays()
    {
        await using (var spool = Open())
        {
            for (var i = 1; i <= 3; i++)
                await spool.Append(Batch(i), 1, Cancel);
        }
        var file = Directory.GetFiles(folder, "*.spool").Single();
        var whole = File.ReadAllBytes(file);
        for (var length = whole.Length - 1; length > 2 * whole.Length / 3; length -= 3)
        {
            File.WriteAllBytes(file, whole[..length]);
            await using var torn = Open();
            Assert.Equal(["batch 1", "batch 2"], All(torn));
            Assert.Contains("unfinished write", Assert.Single(torn.Notes), StringComparison.Ordinal);
            Assert.Equal(3, await torn.Append(Batch(3), 1, Cancel));
        }
    }

    [Fact]
    public async Task Damage_before_a_flushed_batch_is_told_and_never_skipped()
    {
        await using (var spool = Open())
        {
            for (var i = 1; i <= 3; i++)
                await spool.Append(Batch(i), 1, Cancel);
        }
        var file = Directory.GetFiles(folder, "*.spool").Single();
        var bytes = File.ReadAllBytes(file);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Equal("urn:dure:gateway:damaged-spool", Assert.Throws<ProblemException>(() => Open()).Problem.Type);
    }

    [Fact]
    public async Task A_file_that_a_person_moved_away_is_told_and_the_rest_goes_on()
    {
        await using (var spool = Open(segmentBytes: 1))
        {
            for (var i = 1; i <= 5; i++)
                await spool.Append(Batch(i), 1, Cancel);
        }
        var files = Directory.GetFiles(folder, "*.spool").Order().ToArray();
        File.Delete(files[0]);
        File.Delete(files[2]);
        await using var again = Open();
        var read = new List<string>();
        for (var i = 0; i < 10; i++)
        {
            foreach (var batch in again.Read(0, long.MaxValue, 1))
            {
                read.Add(Encoding.UTF8.GetString(batch.Blocks.Span));
                again.Acknowledge(batch.Sequence, batch.Sequence);
            }
        }
        Assert.Equal(["batch 2", "batch 4", "batch 5"], read);
        Assert.Equal(["Batches 1 to 1", "Batches 3 to 3"], again.Notes.Select(note => note[..14]));
    }

    [Fact]
    public async Task A_lost_or_spoiled_cursor_sends_again_and_loses_nothing()
    {
        await using (var spool = Open())
        {
            await spool.Append(Batch(1), 1, Cancel);
            await spool.Append(Batch(2), 1, Cancel);
            spool.Acknowledge(1, 1);
        }
        File.WriteAllText(Path.Combine(folder, "acknowledged"), "0badc0de\n7\n");
        await using var again = Open();
        Assert.Equal(["batch 1", "batch 2"], All(again));
    }

    [Fact]
    public async Task Many_senders_at_once_lose_nothing_and_each_keeps_its_order()
    {
        await using var spool = Open(segmentBytes: 10_000);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(sender => Task.Run(async () =>
        {
            for (var i = 0; i < 100; i++)
                await spool.Append(Encoding.UTF8.GetBytes($"{sender}:{i}"), 1, Cancel);
        }, Cancel)));
        var all = All(spool).Select(text => text.Split(':')).ToArray();
        Assert.Equal(800, all.Length);
        Assert.All(all.GroupBy(parts => parts[0]), sender => Assert.Equal(Enumerable.Range(0, 100), sender.Select(parts => int.Parse(parts[1]))));
    }

    [Fact]
    public void Acknowledgements_in_any_order_leave_open_exactly_what_was_not_acknowledged() => Prop.ForAll<int>(seed =>
    {
        var random = new Random(seed);
        var place = Directory.CreateTempSubdirectory("dure-ack-").FullName;
        try
        {
            var acknowledged = new Acknowledged(place);
            var open = Enumerable.Range(1, 60).Select(i => (long)i).ToHashSet();
            for (var step = 0; step < random.Next(1, 20); step++)
            {
                var from = random.Next(1, 55);
                var to = random.Next(from, Math.Min(60, from + 8));
                acknowledged.Add(from, to);
                open.RemoveWhere(number => number >= from && number <= to);
                if (random.Next(3) == 0)
                {
                    acknowledged.Save();
                    acknowledged = new Acknowledged(place);
                }
            }
            var left = new List<long>();
            for (var next = acknowledged.NextOpen(0); next <= 60; next = acknowledged.NextOpen(next + 1))
            {
                left.Add(next);
                Assert.True(acknowledged.LastOpen(next) >= next);
            }
            Assert.Equal(open.Order(), left);
        }
        finally
        {
            Directory.Delete(place, recursive: true);
        }
    }).QuickCheckThrowOnFailure();

    private Spool Open(int segmentBytes = 1 << 20, long maxBytes = 1 << 20) => Spool.Open(folder, new SpoolOptions(maxBytes, segmentBytes), TimeProvider.System);

    private static byte[] Batch(int i) => Encoding.UTF8.GetBytes($"batch {i}");

    private static List<string> All(Spool spool)
    {
        var all = new List<string>();
        for (var from = 0L; spool.Read(from, long.MaxValue, 30) is { Count: > 0 } batches; from = batches[^1].Sequence + 1)
            all.AddRange(batches.Select(batch => Encoding.UTF8.GetString(batch.Blocks.Span)));
        return all;
    }
}
