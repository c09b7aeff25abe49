using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace Dure.HostTests.Exchange;

/// <summary>Two GiB through the door: how fast, and in how little memory.</summary>
public sealed class DataSpeedTests
{
    private const long Large = 2L << 30;
    private const long MostMemory = 200L << 20;

    [Fact]
    [Trait("Speed", "Slow")]
    public async Task Two_GiB_leave_without_filling_the_memory()
    {
        await using var maker = await SharingNode.Start();
        await using var partner = new ForeignParticipant();
        await partner.Join(await maker.Invite("Partner"));
        var version = await maker.CutDataset("pumps", 1);
        await maker.Stretch(version, Large);
        var (agreement, why) = await partner.Negotiate(maker, await maker.Offer(version, "pumps", "no conditions"));
        Assert.True(agreement is not null, why);
        var (door, _) = await partner.Begin(maker, agreement);
        var before = Memory(maker.Process.Id, "VmRSS");
        var clock = Stopwatch.StartNew();
        var (bytes, most) = (0L, 0L);
        using var answer = await partner.Ask(door!);
        await using var stream = await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var buffer = new byte[1 << 18];
        var look = TimeSpan.Zero;
        for (int read; (read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken)) > 0;)
        {
            bytes += read;
            if (clock.Elapsed <= look)
                continue;
            most = Math.Max(most, Memory(maker.Process.Id, "VmRSS"));
            look = clock.Elapsed + TimeSpan.FromMilliseconds(20);
        }
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{bytes >> 20} MiB in {clock.Elapsed.TotalSeconds:F1} s: {bytes / clock.Elapsed.TotalSeconds / (1 << 20):F0} MiB/s; memory {before >> 20} MiB before, {most >> 20} MiB at most"));
        Assert.Equal(Large, bytes);
        Assert.InRange(most, 1, MostMemory);
    }

    private static long Memory(int process, string what) => File.ReadLines($"/proc/{process}/status").Where(line => line.StartsWith(what, StringComparison.Ordinal))
        .Select(line => long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024).Single();
}
