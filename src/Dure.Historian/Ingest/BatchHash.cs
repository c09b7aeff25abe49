using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Dure.Historian.Storage;
using Dure.Kernel;

namespace Dure.Historian.Ingest;

/// <summary>
/// The name of a batch: SHA-256 over its accepted samples, so that whoever sent them can compute it too. Per signal, ascending by path
/// (ordinal): length of the path in UTF-8 (4, little-endian), the path, number of samples (4), then all times (8 each, µs since 1970), all
/// values (8 each, IEEE 754, in the signal's unit), all qualities (1 each).
/// </summary>
internal static class BatchHash
{
    public static ContentHash Of(IReadOnlyList<AcceptedRows> rows, Func<int, string> pathOf)
    {
        var (paths, order) = (new string[rows.Count], new int[rows.Count]);
        for (var i = 0; i < order.Length; i++)
            (paths[i], order[i]) = (pathOf(rows[i].Series), i);
        Array.Sort(paths, order, StringComparer.Ordinal);
        using var hash = new Gathering();
        for (var i = 0; i < order.Length; i++)
        {
            var part = rows[order[i]];
            var name = Encoding.UTF8.GetBytes(paths[i]);
            hash.Add(name.Length);
            hash.Add(name);
            hash.Add(part.Times.Length);
            hash.Add(MemoryMarshal.AsBytes<long>(part.Times));
            hash.Add(MemoryMarshal.AsBytes<double>(part.Values));
            hash.Add(MemoryMarshal.AsBytes<Quality>(part.Qualities));
        }
        return hash.End();
    }

    /// <summary>Short parts are gathered before they are hashed: each call of the hash costs more than copying them.</summary>
    private sealed class Gathering : IDisposable
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private readonly byte[] gathered = new byte[16 * 1024];
        private int used;

        public void Add(int number)
        {
            Span<byte> bytes = stackalloc byte[sizeof(int)];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
            Add(bytes);
        }

        public void Add(ReadOnlySpan<byte> bytes)
        {
            if (bytes.Length > gathered.Length - used)
                Empty();
            if (bytes.Length > gathered.Length)
            {
                hash.AppendData(bytes);
                return;
            }
            bytes.CopyTo(gathered.AsSpan(used));
            used += bytes.Length;
        }

        public ContentHash End()
        {
            Empty();
            Span<byte> digest = stackalloc byte[ContentHash.Size];
            hash.GetHashAndReset(digest);
            return new ContentHash(digest);
        }

        public void Dispose() => hash.Dispose();

        private void Empty()
        {
            hash.AppendData(gathered.AsSpan(0, used));
            used = 0;
        }
    }
}
