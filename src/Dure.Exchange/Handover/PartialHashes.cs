using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Dure.Exchange.Handover;

/// <summary>The hash of the first bytes of a file, and how many those are.</summary>
internal sealed class PartialHash : IDisposable
{
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public long Length { get; private set; }

    public static async Task<PartialHash> Of(string file, CancellationToken cancel)
    {
        var partial = new PartialHash();
        try
        {
            partial.Length = await Download.HashWhatIsThere(file, partial.hash, cancel);
            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    public void Append(byte[] buffer, int length)
    {
        hash.AppendData(buffer, 0, length);
        Length += length;
    }

    public byte[] Value() => hash.GetCurrentHash();

    public void Dispose() => hash.Dispose();
}

/// <summary>Keeps the hashes of files that come in pieces: else a line that breaks often would cost the reading of all that is there each time.</summary>
internal sealed class PartialHashes : IDisposable
{
    private const int MaxKept = 1024;

    private readonly ConcurrentDictionary<string, PartialHash> kept = new(StringComparer.Ordinal);

    /// <summary>The hash of what is in a file, read anew where what was kept is not as long; whoever takes it keeps it again or disposes of it.</summary>
    public async Task<PartialHash> Take(string name, string file, CancellationToken cancel)
    {
        if (kept.TryRemove(name, out var known))
        {
            if (File.Exists(file) && new FileInfo(file).Length == known.Length)
                return known;
            known.Dispose();
        }
        return await PartialHash.Of(file, cancel);
    }

    public void Keep(string name, PartialHash hash)
    {
        if (kept.Count >= MaxKept || !kept.TryAdd(name, hash))
            hash.Dispose();
    }

    public void Forget(string name)
    {
        if (kept.TryRemove(name, out var known))
            known.Dispose();
    }

    public void Dispose()
    {
        foreach (var name in kept.Keys)
            Forget(name);
    }
}
