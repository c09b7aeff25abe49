using System.Runtime.ExceptionServices;
using Dure.Kernel;

namespace Dure.Learn;

internal static class InParallel
{
    /// <summary>To wake another thread costs about as much as so many short steps.</summary>
    private const long StepsToShare = 100_000;

    /// <summary>On how many threads work is worth doing that takes so many steps of about a nanosecond: what is short is done at once.</summary>
    public static int Threads(long steps, int threads) => steps < StepsToShare ? 1 : threads;

    /// <summary>Does independent pieces of work on all cores; of several failures the first problem in order is thrown as it was.</summary>
    /// <param name="threads">On how many at most; 0: on all cores.</param>
    public static void For(int count, Action<int> work, CancellationToken cancel, int threads = 0)
    {
        if (threads == 1 || count <= 1)
        {
            for (var i = 0; i < count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                work(i);
            }
            return;
        }
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = threads > 0 ? threads : Environment.ProcessorCount }, work);
        }
        catch (AggregateException several) when (several.Flatten().InnerExceptions.OfType<ProblemException>().Any())
        {
            var first = several.Flatten().InnerExceptions.OfType<ProblemException>().OrderBy(p => p.Problem.Where, StringComparer.Ordinal).First();
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
