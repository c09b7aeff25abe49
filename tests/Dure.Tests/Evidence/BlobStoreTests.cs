using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Evidence;

public sealed class BlobStoreTests : IDisposable
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TempFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_blob_is_named_by_its_content_however_it_arrives()
    {
        var blobs = Open();
        var content = new byte[300_000];
        new Random(1).NextBytes(content);
        var hash = await blobs.Put(new MemoryStream(content), Cancel);
        Assert.Equal(ContentHash.Of(content), hash);
        Assert.Equal(hash, blobs.Put(content));
        Assert.Equal(content, blobs.Read(hash, content.Length));
        Assert.Equal(Path.Combine(folder.Sub("blobs"), hash.Hex[..2], hash.Hex), blobs.PathOf(hash));
    }

    [Fact]
    public void A_put_of_what_is_there_leaves_the_file_alone()
    {
        var blobs = Open();
        var hash = blobs.Put("content"u8);
        var written = File.GetLastWriteTimeUtc(blobs.PathOf(hash));
        blobs.Put("content"u8);
        Assert.Equal(written, File.GetLastWriteTimeUtc(blobs.PathOf(hash)));
    }

    [Fact]
    public async Task A_put_that_breaks_off_leaves_nothing()
    {
        var blobs = Open();
        await Assert.ThrowsAsync<IOException>(() => blobs.Put(new BreakingStream(), Cancel));
        Assert.Empty(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void What_a_crash_left_behind_is_deleted_at_the_next_opening()
    {
        var hash = Open().Put("content"u8);
        var leftover = Path.Combine(folder.Sub("blobs"), "incoming", "half.tmp");
        File.WriteAllText(leftover, "half");
        Assert.True(Open().Has(hash));
        Assert.False(File.Exists(leftover));
    }

    [Fact]
    public void A_changed_blob_is_refused_with_both_hashes()
    {
        var blobs = Open();
        var hash = blobs.Put("content"u8);
        File.WriteAllText(blobs.PathOf(hash), "contend");
        var refused = Assert.Throws<ProblemException>(() => blobs.Read(hash, 100));
        Assert.Equal("urn:dure:evidence:damaged-blob", refused.Problem.Type);
        Assert.Contains(hash.ToString(), refused.Problem.What, StringComparison.Ordinal);
        Assert.Contains(ContentHash.Of("contend"u8).ToString(), refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_and_an_oversized_blob_are_refused()
    {
        var blobs = Open();
        Assert.Equal("urn:dure:evidence:unknown-blob", Assert.Throws<ProblemException>(() => blobs.OpenRead(ContentHash.Of("x"u8))).Problem.Type);
        var hash = blobs.Put("content"u8);
        Assert.Equal("urn:dure:evidence:blob-too-large", Assert.Throws<ProblemException>(() => blobs.Read(hash, 3)).Problem.Type);
    }

    private BlobStore Open() => BlobStore.Open(folder.Sub("blobs"));

    private sealed class BreakingStream : MemoryStream
    {
        private int reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            reads++ < 2 ? ValueTask.FromResult(buffer.Length) : throw new IOException("the line is lost");
    }
}
