using System.Collections.Concurrent;

namespace Dure.Exchange.Handover;

/// <summary>Few at once, and fewer of one partner: one that never comes to an end holds up nobody else's data.</summary>
internal sealed class PartnerTurns(int atOnce, int perPartner) : IDisposable
{
    private readonly SemaphoreSlim all = new(atOnce, atOnce);
    private readonly ConcurrentDictionary<string, SemaphoreSlim> partners = new(StringComparer.Ordinal);

    /// <summary>Does it when a place is free.</summary>
    public async Task InTurn(string partner, Func<Task> work, CancellationToken cancel)
    {
        var turn = partners.GetOrAdd(partner, _ => new SemaphoreSlim(perPartner, perPartner));
        await turn.WaitAsync(cancel);
        try
        {
            await all.WaitAsync(cancel);
            try
            {
                await work();
            }
            finally
            {
                all.Release();
            }
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        all.Dispose();
        foreach (var turn in partners.Values)
            turn.Dispose();
    }
}
