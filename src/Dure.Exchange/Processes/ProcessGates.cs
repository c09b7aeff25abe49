namespace Dure.Exchange.Processes;

/// <summary>Lets the steps of one process happen one after the other. A fixed number of gates, chosen by the id, so that memory does not grow.</summary>
internal sealed class ProcessGates
{
    private readonly SemaphoreSlim[] gates = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1, 1))];

    public async Task<IDisposable> Enter(string id, CancellationToken cancel)
    {
        var gate = gates[(uint)id.GetHashCode(StringComparison.Ordinal) % (uint)gates.Length];
        await gate.WaitAsync(cancel);
        return new Pass(gate);
    }

    private sealed class Pass(SemaphoreSlim gate) : IDisposable
    {
        public void Dispose() => gate.Release();
    }
}
