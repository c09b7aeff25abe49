using Dure.Exchange.Handover;
using Xunit;

namespace Dure.Tests.Exchange.Handover;

/// <summary>Of those who ask for the same the newest is served.</summary>
public sealed class NewestTurnTests
{
    [Fact]
    public async Task The_one_before_is_told_to_leave_and_waited_for()
    {
        using var turns = new NewestTurn();
        var first = await turns.Take(TestContext.Current.CancellationToken);
        var second = turns.Take(TestContext.Current.CancellationToken);
        Assert.True(first.Token.IsCancellationRequested);
        Assert.False(second.IsCompleted);
        first.Dispose();
        (await second).Dispose();
    }

    [Fact]
    public async Task Whoever_closes_it_waits_for_nothing_else()
    {
        using var turns = new NewestTurn();
        using (var last = await turns.Take())
            Assert.False(last.Token.IsCancellationRequested);
        using var stop = new CancellationTokenSource();
        using var held = await turns.Take();
        var waiting = turns.Take(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }
}
