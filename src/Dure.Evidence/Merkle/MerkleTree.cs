using System.Numerics;
using System.Security.Cryptography;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>The hash of <paramref name="size"/> leaves from <paramref name="start"/> on, as the tree of RFC 6962 has it.</summary>
public delegate ContentHash SubtreeHash(long start, long size);

/// <summary>
/// The hash tree of RFC 6962 section 2.1: one root over all entries, a short proof that an entry is among them
/// (inclusion) and that a longer tree continues a shorter one (consistency). Verification follows RFC 9162, 2.1.3.2 and 2.1.4.2.
/// </summary>
public static class MerkleTree
{
    /// <summary>The root of no leaves: the hash of nothing.</summary>
    public static ContentHash EmptyRoot { get; } = ContentHash.Of([]);

    public static ContentHash LeafHash(ReadOnlySpan<byte> entry)
    {
        const int OnStack = 2048;
        Span<byte> input = entry.Length < OnStack ? stackalloc byte[entry.Length + 1] : new byte[entry.Length + 1];
        input[0] = 0;
        entry.CopyTo(input[1..]);
        return ContentHash.Of(input);
    }

    public static ContentHash NodeHash(ContentHash left, ContentHash right)
    {
        Span<byte> input = stackalloc byte[1 + 2 * ContentHash.Size];
        input[0] = 1;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + ContentHash.Size)..]);
        return ContentHash.Of(input);
    }

    public static ContentHash Root(ReadOnlySpan<ContentHash> leaves)
    {
        if (leaves.Length <= 1)
            return leaves.IsEmpty ? EmptyRoot : leaves[0];
        var left = (int)SplitPoint(leaves.Length);
        return NodeHash(Root(leaves[..left]), Root(leaves[left..]));
    }

    /// <summary>The hashes that lead from leaf <paramref name="index"/> to the root over <paramref name="size"/> leaves, the leaf's neighbour first.</summary>
    public static IReadOnlyList<ContentHash> Inclusion(long index, long size, SubtreeHash subtree)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, size);
        var path = new List<ContentHash>();
        var start = 0L;
        while (size > 1)
        {
            var left = SplitPoint(size);
            if (index - start < left)
            {
                path.Add(subtree(start + left, size - left));
                size = left;
            }
            else
            {
                path.Add(subtree(start, left));
                start += left;
                size -= left;
            }
        }
        path.Reverse();
        return path;
    }

    /// <summary>The hashes that show that the tree over <paramref name="second"/> leaves begins with the tree over <paramref name="first"/>.</summary>
    public static IReadOnlyList<ContentHash> Consistency(long first, long second, SubtreeHash subtree)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(first, second);
        var path = new List<ContentHash>();
        if (first == 0 || first == second)
            return path;
        var (start, size, isWhole) = (0L, second, true);
        while (first != size)
        {
            var left = SplitPoint(size);
            if (first <= left)
            {
                path.Add(subtree(start + left, size - left));
                size = left;
            }
            else
            {
                path.Add(subtree(start, left));
                start += left;
                first -= left;
                size -= left;
                isWhole = false;
            }
        }
        if (!isWhole)
            path.Add(subtree(start, size));
        path.Reverse();
        return path;
    }

    public static bool VerifyInclusion(long index, long size, ContentHash leaf, IReadOnlyList<ContentHash> proof, ContentHash root) =>
        RootFrom(index, size, leaf, proof) == root;

    /// <summary>The root that a leaf and its proof lead to; null when the proof has the wrong length for the place.</summary>
    public static ContentHash? RootFrom(long index, long size, ContentHash leaf, IReadOnlyList<ContentHash> proof)
    {
        if (index < 0 || index >= size)
            return null;
        var (node, last, hash) = (index, size - 1, leaf);
        foreach (var sibling in proof)
        {
            if (last == 0)
                return null;
            if ((node & 1) == 1 || node == last)
            {
                hash = NodeHash(sibling, hash);
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                hash = NodeHash(hash, sibling);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 ? hash : null;
    }

    public static bool VerifyConsistency(long first, long second, ContentHash firstRoot, ContentHash secondRoot, IReadOnlyList<ContentHash> proof)
    {
        if (first < 0 || second < first)
            return false;
        if (first == second)
            return proof.Count == 0 && firstRoot == secondRoot;
        if (first == 0)
            return proof.Count == 0 && firstRoot == EmptyRoot;
        if (proof.Count == 0)
            return false;

        var startsAtFirst = BitOperations.IsPow2(first);
        var (node, last) = (first - 1, second - 1);
        while ((node & 1) == 1)
            (node, last) = (node >> 1, last >> 1);
        var hash = startsAtFirst ? firstRoot : proof[0];
        var (oldHash, newHash) = (hash, hash);
        for (var i = startsAtFirst ? 0 : 1; i < proof.Count; i++)
        {
            if (last == 0)
                return false;
            if ((node & 1) == 1 || node == last)
            {
                oldHash = NodeHash(proof[i], oldHash);
                newHash = NodeHash(proof[i], newHash);
                while ((node & 1) == 0 && node != 0)
                    (node, last) = (node >> 1, last >> 1);
            }
            else
            {
                newHash = NodeHash(newHash, proof[i]);
            }
            (node, last) = (node >> 1, last >> 1);
        }
        return last == 0 && oldHash == firstRoot && newHash == secondRoot;
    }

    /// <summary>The largest power of two smaller than <paramref name="size"/>: how many leaves the left half has.</summary>
    internal static long SplitPoint(long size) => 1L << BitOperations.Log2((ulong)(size - 1));
}
