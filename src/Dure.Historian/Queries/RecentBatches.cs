using System.Diagnostics.CodeAnalysis;
using Dure.Historian.Storage;

namespace Dure.Historian.Queries;

/// <summary>
/// The rows of the newest batches as they came in, so that whoever follows what comes need not search the series for it. Nothing is kept before
/// somebody follows; at most a million samples are, and no batch of more than a sixteenth of that.
/// </summary>
internal sealed class RecentBatches
{
    private const long MostSamples = 1 << 20;
    private const long MostInOne = MostSamples / 16;

    private readonly Lock guard = new();
    private readonly Dictionary<long, IReadOnlyList<AcceptedRows>> rows = [];
    private readonly Queue<(long Sequence, long Samples)> order = new();
    private long kept;
    private volatile bool isWanted;

    /// <summary>From now on batches are kept.</summary>
    public void Want() => isWanted = true;

    public void Keep(BatchRecord? record)
    {
        if (!isWanted || record is null || record.Samples is var samples && samples > MostInOne)
            return;
        lock (guard)
        {
            rows[record.Sequence] = record.Rows;
            order.Enqueue((record.Sequence, samples));
            for (kept += samples; kept > MostSamples;)
            {
                var (oldest, count) = order.Dequeue();
                rows.Remove(oldest);
                kept -= count;
            }
        }
    }

    public bool TryFind(long sequence, [NotNullWhen(true)] out IReadOnlyList<AcceptedRows>? found)
    {
        lock (guard)
            return rows.TryGetValue(sequence, out found);
    }
}
