using Dure.Historian;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Historian;

/// <summary>A question of very many steps is answered as a stream, however few samples there are.</summary>
public sealed class ResamplingTests
{
    private const long Second = 1_000_000;
    private const long Late = 2_000_000; // seconds after the beginning of the range

    private static readonly TimeRange Range = new(Micros.Time(0), Micros.Time(5_000_000 * Second));

    [Theory]
    [InlineData(Aggregates.Basic)]
    [InlineData(Aggregates.Ends)]
    [InlineData(Aggregates.TimeWeighted)]
    public async Task Empty_steps_before_between_and_after_samples_are_not_gathered(Aggregates aggregates)
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (Late * Second, 1), ((Late + 1_000_000) * Second, 2));
        await test.Historian.Compact(CancellationToken.None);
        await test.Send(TestHistorian.Pressure, (Late * Second, 1), ((Late + 700_000) * Second, 2), ((Late + 1_000_000) * Second, 4));
        foreach (var signal in new[] { TestHistorian.Current, TestHistorian.Pressure })
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var (steps, samples) = (0L, 0L);
            foreach (var bucket in test.Historian.Resample(signal, Range, TimeSpan.FromSeconds(1), CancellationToken.None, aggregates))
                (steps, samples) = (steps + 1, samples + bucket.Count);
            Assert.Equal((5_000_000, signal == TestHistorian.Current ? 2 : 3), (steps, samples));
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
        }
    }

    [Theory]
    [InlineData(10)]
    [InlineData(Late + 10)]
    [InlineData(Late + 1_000_010)]
    public async Task Whoever_goes_away_within_a_gap_ends_the_answer(long after)
    {
        await using var test = await TestHistorian.Create();
        await test.Send(TestHistorian.Current, (Late * Second, 1), ((Late + 1_000_000) * Second, 2));
        using var leaving = new CancellationTokenSource();
        var steps = 0L;
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (var _ in test.Historian.Resample(TestHistorian.Current, Range, TimeSpan.FromSeconds(1), leaving.Token))
            {
                if (++steps == after)
                    leaving.Cancel();
            }
        });
        Assert.InRange(steps, after, after + 10_000);
    }
}
