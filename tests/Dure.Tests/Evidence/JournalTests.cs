using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Xunit;

namespace Dure.Tests.Evidence;

public sealed class JournalTests : IDisposable
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TempFolder folder = new();
    private readonly NodeKey key;

    public JournalTests() => key = NodeKey.LoadOrCreate(folder.Sub("keys"));

    public void Dispose()
    {
        key.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Entries_are_read_back_as_they_were_appended()
    {
        await using (var journal = await Open())
        {
            var entry = await journal.Append("ingested", "skab/valve1/0", new JsonObject { ["samples"] = 5000 }, "gateway", Cancel);
            Assert.Equal(0, entry.Index);
            Assert.Equal(default, entry.Previous);
        }
        await using var again = await Open();
        Assert.Equal(1, again.Count);
        var read = again.Entry(0);
        Assert.Equal(("ingested", "skab/valve1/0", "gateway"), (read.Kind, read.Subject, read.Actor));
        Assert.Equal(5000, read.Body["samples"]!.GetValue<int>());
        Assert.True(again.Verify(null, Cancel).IsIntact);
    }

    [Fact]
    public async Task Each_entry_carries_the_hash_of_the_one_before()
    {
        await using var journal = await Open();
        var first = await Append(journal, 0);
        var second = await Append(journal, 1);
        Assert.Equal(first.Hash, second.Previous);
        Assert.Equal(ContentHash.Of(first.Bytes.Span), first.Hash);
        Assert.Equal(CanonicalJson.Serialize(CanonicalJson.Parse(first.Bytes.Span)), first.Bytes.ToArray());
    }

    [Fact]
    public async Task A_second_node_on_the_same_folder_is_told_who_holds_it()
    {
        await using var journal = await Open();
        var refused = await Assert.ThrowsAsync<ProblemException>(Open);
        Assert.Equal("urn:dure:evidence:folder-in-use", refused.Problem.Type);
        Assert.Contains($"pid {Environment.ProcessId}", refused.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_callers_share_groups_and_every_entry_has_its_place()
    {
        await using var journal = await Open();
        var seen = new List<long>();
        journal.Appended += entry => seen.Add(entry.Index);
        var appended = await Task.WhenAll(Enumerable.Range(0, 3000).Select(i => Append(journal, i)));
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => (long)i), appended.Select(entry => entry.Index).Order());
        Assert.Equal(Enumerable.Range(0, 3000).Select(i => (long)i), seen);
        Assert.Equal(3000, journal.Read().Count());
        var head = journal.Head();
        Assert.True(head.IsSignedBy(key.PublicKey));
        Assert.All([0L, 255, 256, 1023, 2999], i => Assert.True(journal.Prove(i, head.Size).Proves(head.Root)));
    }

    private Task<Journal> Open() => Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);

    private static Task<JournalEntry> Append(Journal journal, int i) =>
        journal.Append("ingested", $"batch {i}", new JsonObject { ["number"] = i }, "gateway", Cancel).AsTask();
}
