namespace Dure.Learn.Registry;

/// <summary>The predictors that were used last, kept as they were read: to read a model takes far longer than to ask it. For many threads at once.</summary>
/// <param name="most">So many are kept; of more the one goes that was not used for longest.</param>
/// <param name="mostBytes">So large are their files together. A larger model is read each time.</param>
internal sealed class PredictorShelf<TModel>(int most, long mostBytes)
{
    private readonly Lock gate = new();
    private readonly LinkedList<Kept> newestFirst = new();
    private long bytes;

    private sealed record Kept(string Hash, long Bytes, Lazy<TModel> Model);

    /// <summary>The predictor of a file; who comes while it is read waits for it.</summary>
    /// <param name="hash">The file's content.</param>
    /// <param name="size">The file's length in bytes.</param>
    public TModel Get(string hash, long size, Func<TModel> read)
    {
        if (size > mostBytes)
            return read();
        var kept = Take(hash, size, read);
        try
        {
            return kept.Model.Value;
        }
        catch
        {
            Drop(kept); // a file that could not be read may be there again later
            throw;
        }
    }

    private Kept Take(string hash, long size, Func<TModel> read)
    {
        lock (gate)
        {
            var kept = newestFirst.FirstOrDefault(one => one.Hash == hash);
            if (kept is null)
                bytes += size;
            else
                newestFirst.Remove(kept);
            kept ??= new Kept(hash, size, new Lazy<TModel>(read));
            newestFirst.AddFirst(kept);
            while (newestFirst.Count > most || bytes > mostBytes)
            {
                bytes -= newestFirst.Last!.Value.Bytes; // there is at least the one just added, which fits alone
                newestFirst.RemoveLast();
            }
            return kept;
        }
    }

    private void Drop(Kept kept)
    {
        lock (gate)
            if (newestFirst.Remove(kept))
                bytes -= kept.Bytes;
    }
}
