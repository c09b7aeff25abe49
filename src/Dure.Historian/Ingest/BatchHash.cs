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
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[4];
        var parts = new (string Path, AcceptedRows Rows)[rows.Count];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = (pathOf(rows[i].Series), rows[i]);
        Array.Sort(parts, (a, b) => string.CompareOrdinal(a.Path, b.Path));
        foreach (var (path, part) in parts)
        {
            var name = Encoding.UTF8.GetBytes(path);
            BinaryPrimitives.WriteInt32LittleEndian(number, name.Length);
            hash.AppendData(number);
            hash.AppendData(name);
            BinaryPrimitives.WriteInt32LittleEndian(number, part.Times.Length);
            hash.AppendData(number);
            hash.AppendData(MemoryMarshal.AsBytes<long>(part.Times));
            hash.AppendData(MemoryMarshal.AsBytes<double>(part.Values));
            hash.AppendData(MemoryMarshal.AsBytes<Quality>(part.Qualities));
        }
        Span<byte> digest = stackalloc byte[ContentHash.Size];
        hash.GetHashAndReset(digest);
        return new ContentHash(digest);
    }
}
