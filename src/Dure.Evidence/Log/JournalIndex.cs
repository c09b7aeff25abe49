using System.Buffers.Binary;
using System.Numerics;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Evidence;

/// <summary>
/// Where each entry lies and its leaf hash, 40 bytes a row in one file, with the hashes of all whole subtrees of 256 leaves
/// and more in memory (64 bytes for 256 entries). The file is only a help: it is never flushed on purpose, is trusted no
/// further than a signed head confirms it, and is made anew from the segments otherwise.
/// </summary>
internal sealed class JournalIndex : IDisposable
{
    private const int RowSize = sizeof(long) + ContentHash.Size;
    private const int TileLog = 8;
    private const int TileSize = 1 << TileLog;
    private const int LoadRows = 8192;

    private readonly SafeFileHandle file;
    private readonly Lock guard = new();
    private readonly List<List<ContentHash>> whole = []; // whole[k][i]: the subtree of 2^(k+8) leaves from i * 2^(k+8) on
    private readonly ContentHash[] open = new ContentHash[64]; // open[k]: the last whole subtree of 2^k leaves that waits for its right neighbour
    private byte[] unwritten = new byte[64 * RowSize];
    private long written;

    public JournalIndex(string path) =>
        file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read | FileShare.Delete);

    public long Count { get; private set; }

    /// <summary>How many rows the file on the disk has, trusted or not.</summary>
    public long RowsOnDisk => RandomAccess.GetLength(file) / RowSize;

    /// <summary>Takes the first rows from the file as they are.</summary>
    public void Load(long rows)
    {
        Clear();
        written = rows;
        var buffer = new byte[LoadRows * RowSize];
        while (Count < rows)
        {
            var take = (int)Math.Min(LoadRows, rows - Count);
            ReadExactly(buffer.AsSpan(0, take * RowSize), Count * RowSize);
            for (var i = 0; i < take; i++)
                Grow(new ContentHash(buffer.AsSpan(i * RowSize + sizeof(long), ContentHash.Size)));
        }
    }

    public void Clear()
    {
        lock (guard)
        {
            whole.Clear();
            (Count, written) = (0, 0);
        }
    }

    public void Add(long offset, ContentHash leaf)
    {
        lock (guard)
        {
            var at = (int)(Count - written) * RowSize;
            if (at == unwritten.Length)
                Array.Resize(ref unwritten, 2 * unwritten.Length);
            BinaryPrimitives.WriteInt64LittleEndian(unwritten.AsSpan(at), offset);
            leaf.CopyTo(unwritten.AsSpan(at + sizeof(long)));
            Grow(leaf);
        }
        if (Count - written >= LoadRows)
            Write();
    }

    /// <summary>Hands the rows added since the last call to the operating system.</summary>
    public void Write()
    {
        lock (guard)
        {
            try
            {
                RandomAccess.Write(file, unwritten.AsSpan(0, (int)(Count - written) * RowSize), written * RowSize);
                written = Count;
            }
            catch (IOException)
            {
                // A full disk: the rows stay in memory, are written with the next ones, and can be rebuilt from the entries at a start.
            }
        }
    }

    /// <summary>Drops rows beyond <see cref="Count"/> from the file.</summary>
    public void Trim()
    {
        Write();
        RandomAccess.SetLength(file, Count * RowSize);
    }

    public (long Offset, ContentHash Leaf) Row(long index)
    {
        Span<byte> row = stackalloc byte[RowSize];
        lock (guard)
        {
            ReadExactly(row, index * RowSize);
        }
        return (BinaryPrimitives.ReadInt64LittleEndian(row), new ContentHash(row[sizeof(long)..]));
    }

    public ContentHash Root(long size)
    {
        lock (guard)
            return Subtree(0, size);
    }

    public InclusionProof Prove(long index, long size)
    {
        lock (guard)
            return new InclusionProof(index, size, Subtree(index, 1), MerkleTree.Inclusion(index, size, Subtree));
    }

    public IReadOnlyList<ContentHash> ProveConsistency(long first, long second)
    {
        lock (guard)
            return MerkleTree.Consistency(first, second, Subtree);
    }

    public void Dispose() => file.Dispose();

    private void Grow(ContentHash leaf)
    {
        var (hash, level) = (leaf, 0);
        for (var carry = Count; (carry & 1) == 1; carry >>= 1, level++)
            hash = MerkleTree.NodeHash(open[level], Kept(hash, level));
        open[level] = Kept(hash, level);
        Count++;
    }

    private ContentHash Kept(ContentHash hash, int level)
    {
        if (level < TileLog)
            return hash;
        if (whole.Count == level - TileLog)
            whole.Add([]);
        whole[level - TileLog].Add(hash);
        return hash;
    }

    private ContentHash Subtree(long start, long size)
    {
        if (size == 0)
            return MerkleTree.EmptyRoot;
        if (size >= TileSize && BitOperations.IsPow2(size))
        {
            var level = BitOperations.Log2((ulong)size);
            return whole[level - TileLog][(int)(start >> level)];
        }
        if (size <= TileSize)
            return MerkleTree.Root(Leaves(start, (int)size));
        var left = MerkleTree.SplitPoint(size);
        return MerkleTree.NodeHash(Subtree(start, left), Subtree(start + left, size - left));
    }

    private ContentHash[] Leaves(long start, int count)
    {
        var rows = new byte[count * RowSize];
        ReadExactly(rows, start * RowSize);
        var leaves = new ContentHash[count];
        for (var i = 0; i < count; i++)
            leaves[i] = new ContentHash(rows.AsSpan(i * RowSize + sizeof(long), ContentHash.Size));
        return leaves;
    }

    /// <summary>Reads rows from the file, or from those not written yet.</summary>
    private void ReadExactly(Span<byte> destination, long offset)
    {
        var inFile = (int)Math.Clamp(written * RowSize - offset, 0, destination.Length);
        for (var read = 0; read < inFile;)
        {
            var got = RandomAccess.Read(file, destination[read..inFile], offset + read);
            if (got == 0)
                throw new EndOfStreamException("The journal's index file is shorter than it was.");
            read += got;
        }
        if (inFile < destination.Length)
            unwritten.AsSpan((int)(offset + inFile - written * RowSize), destination.Length - inFile).CopyTo(destination[inFile..]);
    }
}
