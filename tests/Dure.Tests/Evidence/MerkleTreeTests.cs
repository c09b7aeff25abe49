using System.Text;
using Dure.Evidence;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Evidence;

public sealed class MerkleTreeTests
{
    private static readonly ContentHash[] Leaves = [.. Enumerable.Range(0, 600).Select(i => MerkleTree.LeafHash(Encoding.UTF8.GetBytes($"leaf {i}")))];

    [Fact]
    public void Every_leaf_of_every_small_tree_is_proved_to_be_in_it()
    {
        for (var size = 1; size <= 70; size++)
        {
            var root = RootOf(0, size);
            for (var i = 0; i < size; i++)
                Assert.True(MerkleTree.VerifyInclusion(i, size, Leaves[i], MerkleTree.Inclusion(i, size, RootOf), root), $"{i} of {size}");
        }
    }

    [Fact]
    public void Every_small_tree_is_proved_to_continue_every_smaller_one()
    {
        for (var second = 0; second <= 70; second++)
        {
            for (var first = 0; first <= second; first++)
                Assert.True(MerkleTree.VerifyConsistency(first, second, RootOf(0, first), RootOf(0, second), MerkleTree.Consistency(first, second, RootOf)), $"{first} in {second}");
        }
    }

    [Fact]
    public void A_proof_holds_for_its_own_place_and_leaf_only() =>
        Prop.ForAll(Cases(), one =>
        {
            var (size, i, other) = one;
            var root = RootOf(0, size);
            var proof = MerkleTree.Inclusion(i, size, RootOf);
            var holdsElsewhere = other != i && MerkleTree.VerifyInclusion(other, size, Leaves[i], proof, root);
            var holdsForAnother = other != i && MerkleTree.VerifyInclusion(i, size, Leaves[other], proof, root);
            var holdsShortened = proof.Count > 0 && MerkleTree.VerifyInclusion(i, size, Leaves[i], proof.Skip(1).ToList(), root);
            var holdsLengthened = MerkleTree.VerifyInclusion(i, size, Leaves[i], [.. proof, Leaves[0]], root);
            return MerkleTree.VerifyInclusion(i, size, Leaves[i], proof, root) && !holdsElsewhere && !holdsForAnother && !holdsShortened && !holdsLengthened;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_changed_leaf_breaks_consistency() =>
        Prop.ForAll(Cases(), one =>
        {
            var (size, i, _) = one;
            var first = i + 1;
            var changed = Leaves[..size];
            changed[i] = MerkleTree.LeafHash("changed"u8);
            return MerkleTree.VerifyConsistency(first, size, MerkleTree.Root(changed.AsSpan(0, first)), RootOf(0, size), MerkleTree.Consistency(first, size, RootOf)) is false;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    private static Arbitrary<(int Size, int Index, int Other)> Cases() =>
        (from size in Gen.Choose(1, Leaves.Length) from index in Gen.Choose(0, size - 1) from other in Gen.Choose(0, size - 1) select (size, index, other)).ToArbitrary();

    private static ContentHash RootOf(long start, long size) => MerkleTree.Root(Leaves.AsSpan((int)start, (int)size));
}
