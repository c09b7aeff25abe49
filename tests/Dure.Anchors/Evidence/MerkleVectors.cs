using System.Text.Json;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Anchors.Evidence;

/// <summary>The proof cases of transparency-dev/merkle, good and broken, and the roots of the eight usual leaves.</summary>
public sealed class MerkleVectors
{
    private const string Folder = "data/alliance/merkle";

    [Fact]
    public void The_roots_of_the_eight_usual_leaves_are_the_published_ones()
    {
        using var file = JsonDocument.Parse(File.ReadAllBytes(Shared.Path($"{Folder}/rfc6962-8-leaves.json")));
        var leaves = file.RootElement.GetProperty("leaves_hex").EnumerateArray().Select(leaf => MerkleTree.LeafHash(Convert.FromHexString(leaf.GetString()!))).ToArray();
        var roots = file.RootElement.GetProperty("roots_hex_by_size").EnumerateArray().Select(root => root.GetString()!).ToArray();
        Assert.All(Enumerable.Range(0, roots.Length), size => Assert.Equal(roots[size], MerkleTree.Root(leaves.AsSpan(0, size)).Hex));
    }

    [Fact]
    public void Published_proofs_are_accepted_and_broken_ones_refused()
    {
        var cases = 0;
        foreach (var line in File.ReadLines(Shared.Path($"{Folder}/proofs.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            var one = document.RootElement;
            var kind = one.GetProperty("kind").GetString();
            if (kind is not ("inclusion" or "consistency"))
                continue; // proofs for subtrees of a later draft, which the journal does not make
            var isAccepted = kind == "inclusion" ? Includes(one) : Continues(one);
            Assert.True(isAccepted != one.GetProperty("wantErr").GetBoolean(), one.GetProperty("case").GetString());
            cases++;
        }
        Assert.True(cases > 100, $"{cases} cases");
    }

    private static bool Includes(JsonElement one) =>
        TryHash(one.GetProperty("leafHash"), out var leaf) && TryHash(one.GetProperty("root"), out var root) && TryProof(one, out var proof)
        && MerkleTree.VerifyInclusion(Number(one, "leafIdx"), Number(one, "treeSize"), leaf, proof, root);

    private static bool Continues(JsonElement one) =>
        TryHash(one.GetProperty("root1"), out var first) && TryHash(one.GetProperty("root2"), out var second) && TryProof(one, out var proof)
        && MerkleTree.VerifyConsistency(Number(one, "size1"), Number(one, "size2"), first, second, proof);

    /// <summary>Sizes beyond 2^63 stand in some broken cases; they are as wrong as negative ones.</summary>
    private static long Number(JsonElement one, string name) => one.GetProperty(name).TryGetInt64(out var number) ? number : -1;

    private static bool TryProof(JsonElement one, out List<ContentHash> proof)
    {
        proof = [];
        if (one.GetProperty("proof").ValueKind == JsonValueKind.Null)
            return true;
        foreach (var element in one.GetProperty("proof").EnumerateArray())
        {
            if (!TryHash(element, out var hash))
                return false;
            proof.Add(hash);
        }
        return true;
    }

    private static bool TryHash(JsonElement element, out ContentHash hash)
    {
        hash = default;
        if (element.ValueKind != JsonValueKind.String || !element.TryGetBytesFromBase64(out var bytes) || bytes.Length != ContentHash.Size)
            return false;
        hash = new ContentHash(bytes);
        return true;
    }
}
