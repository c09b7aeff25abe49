namespace Dure.Exchange.Handover;

/// <summary>Lets one caller in at a time; whoever comes anew takes the place of the one before, whose line may be cut without this side knowing.</summary>
internal sealed class NewestTurn : IDisposable
{
    private readonly SemaphoreSlim one = new(1, 1);
    private CancellationTokenSource? current;

    /// <summary>Waits for the one before to leave, who is told to.</summary>
    public async Task<Turn> Take(params CancellationToken[] ends)
    {
        var mine = ends.Length == 0 ? new CancellationTokenSource() : CancellationTokenSource.CreateLinkedTokenSource(ends);
        if (Interlocked.Exchange(ref current, mine) is { } before)
        {
            try
            {
                await before.CancelAsync();
            }
            catch (ObjectDisposedException)
            {
                // it has left
            }
        }
        try
        {
            await one.WaitAsync(mine.Token);
        }
        catch
        {
            mine.Dispose();
            throw;
        }
        return new Turn(mine, one);
    }

    public void Dispose() => one.Dispose();

    public sealed class Turn(CancellationTokenSource mine, SemaphoreSlim one) : IDisposable
    {
        /// <summary>Cancelled when this turn is over for the next one, or by what ends it anyway.</summary>
        public CancellationToken Token => mine.Token;

        public void Dispose()
        {
            mine.Dispose();
            one.Release();
        }
    }
}
