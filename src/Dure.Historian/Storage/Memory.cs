namespace Dure.Historian.Storage;

/// <summary>
/// Samples in memory, and the batches they came in: what a segment will be made of. The active one takes batches; a full one, and one that
/// holds a single large batch, only waits to be written. Guarded by the store's lock.
/// </summary>
internal sealed class Memory(long firstSequence)
{
    private const int MostTasksKept = 4096;

    public Dictionary<int, SeriesBuffer> Buffers { get; } = [];
    public long FirstSequence => firstSequence;

    /// <summary>The newest batch in it.</summary>
    public long LastSequence { get; private set; } = firstSequence - 1;

    /// <summary>Samples taken, corrections counted again: each made its log longer.</summary>
    public long Taken { get; private set; }

    /// <summary>Whether it holds one large batch, which is in no log: its segment is its only way to the disk.</summary>
    public bool IsUnlogged { get; private set; }

    /// <summary>Log files whose batches are all in here: not needed once the segment is there.</summary>
    public List<string> LogFiles { get; set; } = [];

    /// <summary>Complete when the journal entries of its batches are durable: only then may its log go.</summary>
    public List<Task> Journaled { get; } = [];

    public void Put(BatchRecord record)
    {
        foreach (var rows in record.Rows)
            Put(rows);
        LastSequence = record.Sequence;
    }

    /// <summary>Takes over a batch as the only one, without copying it.</summary>
    public void Hold(BatchRecord record)
    {
        foreach (var rows in record.Rows)
            Buffers[rows.Series] = SeriesBuffer.Of(rows);
        (Taken, LastSequence, IsUnlogged) = (record.Samples, record.Sequence, true);
    }

    public void KeepLogUntil(Task journaled)
    {
        Journaled.Add(journaled);
        if (Journaled.Count > MostTasksKept)
            Journaled.RemoveAll(task => task.IsCompletedSuccessfully);
    }

    private void Put(AcceptedRows rows)
    {
        if (!Buffers.TryGetValue(rows.Series, out var buffer))
            Buffers[rows.Series] = buffer = new SeriesBuffer();
        if (buffer.Count == 0 || rows.Times[0] > buffer.Times[^1])
            buffer.AppendNewer(rows.Times, rows.Values, rows.Qualities);
        else
            buffer.Merge(rows.Times, rows.Values, rows.Qualities);
        Taken += rows.Times.Length;
    }
}
