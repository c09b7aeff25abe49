namespace Dure.Exchange.Shells;

/// <summary>All locks of a shelf, taken in their order, so that two who take all never wait for each other.</summary>
internal sealed class HeldStripes(IReadOnlyList<SemaphoreSlim> stripes) : IDisposable
{
    private int held;

    public async Task Take(CancellationToken cancel)
    {
        for (; held < stripes.Count; held++)
            await stripes[held].WaitAsync(cancel);
    }

    public void Dispose()
    {
        for (; held > 0; held--)
            stripes[held - 1].Release();
    }
}
