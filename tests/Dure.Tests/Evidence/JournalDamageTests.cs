using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Evidence;

/// <summary>What a crash, a bad disk or a meddler can do to the files, and what opening says about it.</summary>
public sealed class JournalDamageTests : IDisposable
{
    private const int Entries = 12;
    private const string DamagedType = "urn:dure:evidence:journal-damaged";
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TempFolder folder = new();
    private readonly NodeKey key;

    public JournalDamageTests() => key = NodeKey.LoadOrCreate(folder.Sub("keys"));

    public void Dispose()
    {
        key.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_file_cut_at_any_byte_of_an_unfinished_write_opens_with_everything_before_it()
    {
        var acknowledged = await Written(Entries);
        // The head on the disk counts two entries fewer, as after a crash within the second before the next head.
        var ends = await EndsOfEntries();
        var start = ends[Entries - 3];
        for (var length = start; length <= ends[^1]; length++)
        {
            using var copy = await CrashedCopy(Entries - 2, withIndex: length % 2 == 0);
            Cut(SegmentIn(copy), length);
            await using var journal = await Open(copy.Path);
            var whole = ends.Count(end => end <= length);
            Assert.Equal(whole, journal.Count);
            Assert.Equal(length - (whole == 0 ? 0 : ends[whole - 1]), journal.Recovery.CutBytes);
            Assert.Equal(acknowledged.Take(whole), journal.Read());
            Assert.True(journal.Verify(null, Cancel).IsIntact);
            if (length % 16 == 0)
                Assert.Equal(acknowledged[whole - 1].Hash, (await journal.Append("node-started", "node", [], "node", Cancel)).Previous);
        }
    }

    [Fact]
    public async Task A_flipped_bit_in_any_byte_of_the_middle_is_refused_and_named()
    {
        await Written(Entries);
        var ends = await EndsOfEntries();
        var random = new Random(7);
        for (var at = 0; at < ends[Entries - 2]; at += 3)
        {
            using var copy = await CrashedCopy(0, withIndex: false); // no head: the chain and the groups alone must tell
            Flip(SegmentIn(copy), at, random.Next(8));
            var refused = await Assert.ThrowsAsync<ProblemException>(() => Open(copy.Path));
            Assert.Equal(DamagedType, refused.Problem.Type);
            var entry = ends.Count(end => end <= at);
            Assert.Contains($"entry {entry}", refused.Problem.Where, StringComparison.Ordinal);
            Assert.Contains(".entries, byte ", refused.Problem.Where, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_is_named_with_entry_and_hash_when_the_journal_is_verified()
    {
        var written = await Written(Entries);
        var ends = await EndsOfEntries();
        using var copy = await CrashedCopy(Entries, withIndex: true);
        await using var journal = await Open(copy.Path);
        for (var at = 0; at < ends[^1]; at += 3)
        {
            Flip(SegmentIn(copy), at, at % 8);
            var verdict = journal.Verify(null, Cancel);
            var entry = ends.Count(end => end <= at);
            Assert.Equal((entry, "leaf hash"), ((int)verdict.Fault!.Entry, verdict.Fault.Which));
            Assert.Equal(MerkleTree.LeafHash(written[entry].Bytes.Span).ToString(), verdict.Fault.Expected);
            Flip(SegmentIn(copy), at, at % 8);
        }
        Assert.True(journal.Verify(null, Cancel).IsIntact);
    }

    [Fact]
    public async Task Reading_a_changed_entry_is_refused_with_its_number()
    {
        await Written(Entries);
        var ends = await EndsOfEntries();
        using var copy = await CrashedCopy(Entries, withIndex: true);
        await using var journal = await Open(copy.Path);
        Flip(SegmentIn(copy), ends[3] + 40, 1);
        var refused = Assert.Throws<ProblemException>(() => journal.Entry(4));
        Assert.Contains("Entry 4: its leaf hash should be sha256:", refused.Problem.What, StringComparison.Ordinal);
        Assert.Equal(3, journal.Entry(3).Index);
    }

    [Fact]
    public async Task A_journal_cut_below_its_signed_head_is_refused_unless_the_loss_is_accepted()
    {
        await Written(Entries);
        var ends = await EndsOfEntries();
        using var copy = await CrashedCopy(Entries, withIndex: true);
        Cut(SegmentIn(copy), ends[8]);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Open(copy.Path));
        Assert.Contains("Entries 9 to 11 are gone", refused.Problem.What, StringComparison.Ordinal);

        await using (var journal = await Journal.Open(copy.Path, key, TimeProvider.System, new JournalOptions { AcceptLoss = true }, Cancel))
            Assert.Equal((9, 3), (journal.Count, journal.Recovery.LostEntries));
        await using var again = await Open(copy.Path);
        Assert.Equal((9, 0), (again.Count, again.Recovery.LostEntries));
    }

    [Fact]
    public async Task A_rewritten_history_does_not_fit_the_signed_head()
    {
        await Written(Entries);
        using var copy = await CrashedCopy(Entries, withIndex: false);
        using var other = new TempFolder();
        await using (var journal = await Open(other.Path))
        {
            for (var i = 0; i < Entries; i++)
                await journal.Append("ingested", $"batch {i}", new JsonObject { ["number"] = i + 1 }, "meddler", Cancel);
        }
        File.Copy(SegmentIn(other), SegmentIn(copy), overwrite: true);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Open(copy.Path));
        Assert.Contains("entries were rewritten", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_or_stale_index_is_made_anew()
    {
        var written = await Written(Entries);
        using var copy = await CrashedCopy(Entries, withIndex: false);
        await using (var journal = await Open(copy.Path))
        {
            Assert.True(journal.Recovery.IsIndexRebuilt);
            Assert.Equal(written, journal.Read());
        }
        Flip(Path.Combine(copy.Path, "index"), 100, 3);
        await using var again = await Open(copy.Path);
        Assert.True(again.Recovery.IsIndexRebuilt);
        Assert.Equal(written, again.Read());
    }

    [Fact]
    public async Task A_changed_head_file_and_a_foreign_key_are_refused()
    {
        await Written(Entries);
        using (var copy = await CrashedCopy(Entries, withIndex: true))
        {
            using var stranger = NodeKey.LoadOrCreate(folder.Sub("stranger"));
            var refused = await Assert.ThrowsAsync<ProblemException>(() => Journal.Open(copy.Path, stranger, TimeProvider.System, Cancel));
            Assert.Contains(stranger.Id, refused.Problem.What, StringComparison.Ordinal);
        }
        using var changed = await CrashedCopy(Entries, withIndex: true);
        var head = Path.Combine(changed.Path, "head.json");
        await File.WriteAllTextAsync(head, (await File.ReadAllTextAsync(head, Cancel)).Replace("\"size\":12", "\"size\":11", StringComparison.Ordinal), Cancel);
        Assert.Equal(DamagedType, (await Assert.ThrowsAsync<ProblemException>(() => Open(changed.Path))).Problem.Type);
    }

    [Fact]
    public async Task Segments_follow_each_other_and_a_missing_one_is_named()
    {
        var options = new JournalOptions { SegmentBytes = 1000 };
        var path = folder.Sub("many");
        await using (var journal = await Journal.Open(path, key, TimeProvider.System, options, Cancel))
        {
            for (var i = 0; i < 40; i++)
                await journal.Append("ingested", $"batch {i}", [], "gateway", Cancel);
            Assert.Equal(40, journal.Read(0).Count());
            Assert.Equal(17, journal.Entry(17).Index);
            Assert.True(journal.Verify(null, Cancel).IsIntact);
        }
        var files = Directory.GetFiles(path, "*.entries").Order().ToArray();
        Assert.True(files.Length > 5);
        await using (var journal = await Journal.Open(path, key, TimeProvider.System, options, Cancel))
            Assert.Equal(40, journal.Count);
        File.Delete(files[2]);
        File.Delete(Path.Combine(path, "index"));
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Journal.Open(path, key, TimeProvider.System, options, Cancel));
        Assert.Contains(Path.GetFileName(files[3]), refused.Problem.Where, StringComparison.Ordinal);
    }

    /// <summary>Writes entries one by one, so that each is a group of its own, as acknowledged writes are.</summary>
    private async Task<List<JournalEntry>> Written(int count)
    {
        await using var journal = await Open(folder.Sub("journal"));
        var entries = new List<JournalEntry>();
        for (var i = 0; i < count; i++)
            entries.Add(await journal.Append("ingested", $"batch {i}", new JsonObject { ["number"] = i }, "gateway", Cancel));
        return entries;
    }

    /// <summary>The journal's files as a crash might leave them: with the head of a shorter journal, with or without its index.</summary>
    private async Task<TempFolder> CrashedCopy(int headSize, bool withIndex)
    {
        var copy = new TempFolder();
        foreach (var file in Directory.GetFiles(folder.Sub("journal")).Where(file => !Path.GetFileName(file).StartsWith("lock", StringComparison.Ordinal)))
            File.Copy(file, Path.Combine(copy.Path, Path.GetFileName(file)));
        if (!withIndex)
            File.Delete(Path.Combine(copy.Path, "index"));
        var headFile = Path.Combine(copy.Path, "head.json");
        if (headSize == 0)
            File.Delete(headFile);
        else if (headSize < Entries)
            await File.WriteAllBytesAsync(headFile, await HeadOver(headSize), Cancel);
        return copy;
    }

    private async Task<byte[]> HeadOver(int size)
    {
        var leaves = new List<ContentHash>();
        await foreach (var frame in Frames())
            leaves.Add(MerkleTree.LeafHash(frame));
        return CanonicalJson.Serialize(SignedHead.Sign(size, MerkleTree.Root(leaves.Take(size).ToArray()), DateTimeOffset.UnixEpoch, key).ToJson());
    }

    private async IAsyncEnumerable<byte[]> Frames()
    {
        var bytes = await File.ReadAllBytesAsync(Directory.GetFiles(folder.Sub("journal"), "*.entries").Single(), Cancel);
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)(BitConverter.ToUInt32(bytes, at) & 0x7fff_ffff);
            yield return bytes[(at + 8)..(at + 8 + length)];
            at += 8 + length;
        }
    }

    private async Task<List<int>> EndsOfEntries()
    {
        var ends = new List<int>();
        await foreach (var frame in Frames())
            ends.Add((ends.Count == 0 ? 0 : ends[^1]) + 8 + frame.Length);
        return ends;
    }

    private Task<Journal> Open(string path) => Journal.Open(path, key, TimeProvider.System, Cancel);

    private static string SegmentIn(TempFolder copy) => Path.Combine(copy.Path, "0000000000000000.entries");

    private static void Cut(string file, long length)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Write);
        stream.SetLength(length);
    }

    private static void Flip(string file, long at, int bit)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        stream.Position = at;
        var value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ (1 << bit)));
    }
}
