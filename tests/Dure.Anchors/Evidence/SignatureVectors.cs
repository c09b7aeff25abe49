using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Anchors.Evidence;

/// <summary>ES256 as others tested it: Wycheproof's odd-numbered P-256 cases with raw r and s, and the example of RFC 7515 A.3.</summary>
public sealed class SignatureVectors
{
    [Fact]
    public void Wycheproof_signatures_are_judged_as_published()
    {
        var file = JsonNode.Parse(File.ReadAllBytes(Shared.Path("data/alliance/wycheproof/ecdsa_secp256r1_sha256_p1363_test.json")))!;
        var cases = 0;
        foreach (var group in file["testGroups"]!.AsArray())
        {
            var key = KeyOf(group!["publicKey"]!["uncompressed"]!.GetValue<string>());
            foreach (var one in group["tests"]!.AsArray())
            {
                var isAccepted = key.Verify(Convert.FromHexString(one!["msg"]!.GetValue<string>()), Convert.FromHexString(one["sig"]!.GetValue<string>()));
                Assert.True(isAccepted == (one["result"]!.GetValue<string>() == "valid"), $"case {one["tcId"]}: {one["comment"]}");
                cases++;
            }
        }
        Assert.True(cases > 100, $"{cases} cases");
    }

    [Fact]
    public void The_example_of_RFC_7515_verifies_and_the_foreign_algorithm_is_refused()
    {
        var vectors = JsonNode.Parse(File.ReadAllBytes(Shared.Path("data/alliance/jws/rfc-vectors.json")))!.AsArray();
        foreach (var vector in vectors)
        {
            if (vector!["alg"]!.GetValue<string>() != "ES256")
            {
                Assert.Throws<ProblemException>(() => VerificationKey.FromJwk(vector["jwk"]));
                continue;
            }
            var parts = vector["jws"]!.GetValue<string>().Split('.');
            var signed = Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}");
            var signature = Base64Url.DecodeFromChars(parts[2]);
            var key = VerificationKey.FromJwk(vector["jwk"]);
            Assert.True(key.Verify(signed, signature));
            Assert.False(key.Verify(signed, [.. signature, 0]));
            Assert.False(key.Verify(signed.AsSpan(1), signature));
        }
    }

    private static VerificationKey KeyOf(string uncompressedPoint)
    {
        var point = Convert.FromHexString(uncompressedPoint);
        return VerificationKey.FromCoordinates(point.AsSpan(1, 32), point.AsSpan(33, 32));
    }
}
