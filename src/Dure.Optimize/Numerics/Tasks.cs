namespace Dure.Optimize.Numerics;

internal static class Tasks
{
    /// <summary>Does independent pieces of work on some threads; 0: on all cores.</summary>
    public static void For(int count, Action<int> work, int threads, CancellationToken cancel)
    {
        if (count <= 1 || threads == 1)
        {
            for (var i = 0; i < count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                work(i);
            }
            return;
        }
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount }, work);
    }
}
