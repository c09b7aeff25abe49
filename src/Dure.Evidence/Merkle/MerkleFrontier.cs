using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>The root of a growing tree in the memory of one branch.</summary>
internal sealed class MerkleFrontier
{
    private readonly ContentHash[] whole = new ContentHash[64]; // whole[k]: the last subtree of 2^k leaves that waits for its right neighbour

    public long Count { get; private set; }

    public void Add(ContentHash leaf)
    {
        var (hash, level) = (leaf, 0);
        for (var carry = Count; (carry & 1) == 1; carry >>= 1, level++)
            hash = MerkleTree.NodeHash(whole[level], hash);
        whole[level] = hash;
        Count++;
    }

    public ContentHash Root()
    {
        ContentHash? root = null;
        for (var level = 0; level < 64 && Count >> level != 0; level++)
        {
            if ((Count >> level & 1) == 1)
                root = root is { } right ? MerkleTree.NodeHash(whole[level], right) : whole[level];
        }
        return root ?? MerkleTree.EmptyRoot;
    }
}
