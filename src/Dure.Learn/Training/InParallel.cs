using System.Runtime.ExceptionServices;
using Dure.Kernel;

namespace Dure.Learn;

internal static class InParallel
{
    /// <summary>Does independent pieces of work on all cores; of several failures the first problem in order is thrown as it was.</summary>
    public static void For(int count, Action<int> work, CancellationToken cancel)
    {
        try
        {
            Parallel.For(0, count, new ParallelOptions { CancellationToken = cancel, MaxDegreeOfParallelism = Environment.ProcessorCount }, work);
        }
        catch (AggregateException several) when (several.Flatten().InnerExceptions.OfType<ProblemException>().Any())
        {
            var first = several.Flatten().InnerExceptions.OfType<ProblemException>().OrderBy(p => p.Problem.Where, StringComparer.Ordinal).First();
            ExceptionDispatchInfo.Throw(first);
        }
    }
}
