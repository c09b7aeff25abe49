using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Evidence;

public sealed class KeyTests : IDisposable
{
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_key_is_made_once_and_found_again()
    {
        using var made = NodeKey.LoadOrCreate(folder.Path);
        using var found = NodeKey.LoadOrCreate(folder.Path);
        Assert.Equal(made.Id, found.Id);
        Assert.True(made.PublicKey.Verify("word"u8, found.Sign("word"u8)));
    }

    [Fact]
    public void A_public_key_that_many_use_at_once_takes_no_signature_for_anothers()
    {
        using var key = NodeKey.LoadOrCreate(folder.Path);
        var words = Enumerable.Range(0, 64).Select(i => (Word: BitConverter.GetBytes(i), Signature: key.Sign(BitConverter.GetBytes(i)))).ToArray();
        var taken = words.AsParallel().WithDegreeOfParallelism(8).SelectMany(word => words.Where(other => key.PublicKey.Verify(word.Word, other.Signature)).Select(other => (word, other))).ToArray();
        Assert.Equal(words.Length, taken.Length);
        Assert.All(taken, pair => Assert.Same(pair.word.Word, pair.other.Word));
    }

    [Fact]
    public void Only_the_owner_may_read_the_private_key()
    {
        using var key = NodeKey.LoadOrCreate(folder.Path);
        Assert.SkipWhen(OperatingSystem.IsWindows(), "file modes are a matter of Unix");
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Directory.GetFiles(folder.Path).Single()));
    }

    [Fact]
    public void A_broken_key_file_is_refused_by_name_and_never_replaced()
    {
        NodeKey.LoadOrCreate(folder.Path).Dispose();
        var path = Directory.GetFiles(folder.Path).Single();
        File.WriteAllText(path, "nonsense");
        var refused = Assert.Throws<ProblemException>(() => NodeKey.LoadOrCreate(folder.Path));
        Assert.Equal(path, refused.Problem.Where);
        Assert.Equal("nonsense", File.ReadAllText(path));
    }

    [Fact]
    public void A_public_key_goes_through_its_JWK_unchanged()
    {
        using var key = NodeKey.LoadOrCreate(folder.Path);
        var read = VerificationKey.FromJwk(key.ToJwk());
        Assert.Equal(key.PublicKey, read);
        Assert.Equal(43, read.Id.Length);
    }

    [Fact]
    public void A_JWK_with_more_less_or_other_members_is_refused()
    {
        using var key = NodeKey.LoadOrCreate(folder.Path);
        var more = key.ToJwk();
        more["kid"] = "x";
        var other = key.ToJwk();
        other["crv"] = "P-384";
        var offCurve = key.ToJwk();
        offCurve["y"] = new string('A', 43);
        Assert.All([null, more, other, offCurve], jwk => Assert.Throws<ProblemException>(() => VerificationKey.FromJwk(jwk)));
    }

    [Fact]
    public void The_fingerprint_is_the_thumbprint_of_RFC_7638()
    {
        // The thumbprint of RFC 7515's P-256 example key, computed once with Node.js: SHA-256 over {"crv","kty","x","y"}.
        var key = VerificationKey.FromJwk(CanonicalJson.Parse(
            """{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"""u8));
        Assert.Equal("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", key.Id);
    }
}
