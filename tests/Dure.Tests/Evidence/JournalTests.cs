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

    [Fact]
    public async Task What_append_returns_is_what_is_read_later()
    {
        await using var journal = await Open();
        var appended = await journal.Append("decided", "p\u00fcmp \"1\"", new JsonObject { ["z"] = 1.5, ["a"] = new JsonArray("x", null) }, "gate", Cancel);
        var read = journal.Entry(0);
        Assert.Equal(read, appended);
        Assert.Equal((read.Index, read.Time, read.Kind, read.Subject, read.Actor, read.Previous),
            (appended.Index, appended.Time, appended.Kind, appended.Subject, appended.Actor, appended.Previous));
        Assert.Equal(CanonicalJson.Serialize(read.Body), CanonicalJson.Serialize(appended.Body));
    }

    [Fact]
    public async Task A_closed_journal_leaves_a_signed_head_over_everything()
    {
        await using (var journal = await Open())
            await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Append(journal, i)));
        var head = SignedHead.FromJson(CanonicalJson.Parse(await File.ReadAllBytesAsync(folder.Sub("journal/head.json"), Cancel)));
        Assert.True(head!.IsSignedBy(key.PublicKey));
        await using var again = await Open();
        Assert.Equal((300, again.Head().Root), (head.Size, head.Root));
    }

    [Fact]
    public async Task A_later_head_is_proved_to_continue_an_earlier_one()
    {
        await using var journal = await Open();
        await Task.WhenAll(Enumerable.Range(0, 700).Select(i => Append(journal, i)));
        var earlier = journal.Head();
        await Task.WhenAll(Enumerable.Range(0, 900).Select(i => Append(journal, i)));
        var later = journal.Head();
        Assert.True(MerkleTree.VerifyConsistency(700, 1600, earlier.Root, later.Root, journal.ProveConsistency(700, 1600)));
        Assert.True(journal.Prove(300, 700).Proves(earlier.Root));
    }

    [Fact]
    public async Task An_entry_beyond_the_bounds_is_refused_and_the_journal_goes_on()
    {
        await using var journal = await Open();
        var large = await Assert.ThrowsAsync<ProblemException>(async () => await journal.Append("x", "y", new JsonObject { ["text"] = new string('a', 2 << 20) }, "z", Cancel));
        Assert.Equal("urn:dure:evidence:entry-too-large", large.Problem.Type);
        JsonNode deep = new JsonArray();
        for (var level = 0; level < 61; level++)
            deep = new JsonArray(deep);
        await Assert.ThrowsAsync<ProblemException>(async () => await journal.Append("x", "y", new JsonObject { ["deep"] = deep }, "z", Cancel));
        Assert.Equal(0, (await Append(journal, 0)).Index);
    }

    [Fact]
    public async Task Every_body_that_is_accepted_can_be_read_again()
    {
        JsonNode deep = new JsonArray();
        for (var level = 0; level < 58; level++)
            deep = new JsonArray(deep);
        await using (var journal = await Open())
            await journal.Append("x", "y", new JsonObject { ["deep"] = deep }, "z", Cancel);
        await using var again = await Open();
        Assert.Equal("deep", again.Entry(0).Body.Single().Key);
    }

    [Fact]
    public async Task An_append_given_up_before_it_is_queued_leaves_nothing()
    {
        await using var journal = await Open();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await journal.Append("x", "y", [], "z", new CancellationToken(canceled: true)));
        Assert.Equal(0, journal.Count);
    }

    [Fact]
    public async Task An_observer_that_fails_stops_the_journal_and_says_so()
    {
        await using (var journal = await Open())
        {
            journal.Appended += _ => throw new InvalidOperationException("the fold is broken");
            var stopped = await Assert.ThrowsAsync<ProblemException>(() => Append(journal, 0));
            Assert.Equal("urn:dure:evidence:journal-stopped", stopped.Problem.Type);
            Assert.Contains("the fold is broken", stopped.Problem.What, StringComparison.Ordinal);
            await Assert.ThrowsAsync<ProblemException>(() => Append(journal, 1));
        }
        await using var again = await Open();
        Assert.Equal(1, again.Count);
    }

    [Fact]
    public async Task An_append_to_a_closed_journal_is_refused()
    {
        var journal = await Open();
        await journal.DisposeAsync();
        await journal.DisposeAsync();
        Assert.Equal("urn:dure:evidence:journal-stopped", (await Assert.ThrowsAsync<ProblemException>(() => Append(journal, 0))).Problem.Type);
    }

    [Fact]
    public async Task Lineage_goes_through_an_entry_unchanged()
    {
        await using var journal = await Open();
        var (first, second) = (await Append(journal, 0), await Append(journal, 1));
        var lineage = Lineage.Of(second, first, second).With(new Artefact("parquet", "a.parquet", ContentHash.Of("a"u8), 17));
        var entry = await journal.Append("dataset-versioned", "a", lineage.Into(new JsonObject { ["rows"] = 3 }), "curator", Cancel);
        var read = Lineage.From(journal.Entry(entry.Index));
        Assert.Equal([EntryRef.To(first), EntryRef.To(second)], read.Refs);
        Assert.Equal(lineage.Artefacts, read.Artefacts);
        Assert.Empty(Lineage.From(first).Refs);
    }

    [Fact]
    public async Task An_unknown_entry_is_refused_by_number()
    {
        await using var journal = await Open();
        Assert.Equal("urn:dure:evidence:unknown-entry", Assert.Throws<ProblemException>(() => journal.Entry(3)).Problem.Type);
        Assert.Empty(journal.Read(5));
    }

    [Fact]
    public async Task Entries_of_some_kinds_are_read_also_those_that_come_later_and_over_many_segments()
    {
        await using var journal = await Journal.Open(folder.Sub("kinds"), key, TimeProvider.System, new JournalOptions { SegmentBytes = 4096 }, Cancel);
        for (var i = 0; i < 200; i++)
        {
            await journal.Append(i % 3 == 0 ? "third" : i % 50 == 7 ? "seldom" : "other", $"s{i}", [], "tester", Cancel);
            if (i is 20 or 150)
                Assert.Equal(journal.Read().Where(entry => entry.Kind is "third" or "seldom").Select(entry => entry.Index), journal.ReadKinds("third", "seldom").Select(entry => entry.Index));
        }
        Assert.Equal(journal.Read().Where(entry => entry.Kind == "seldom"), journal.ReadKinds("seldom"));
        Assert.Equal(200, journal.ReadKinds("third", "seldom", "other").Count());
        Assert.Empty(journal.ReadKinds("never"));
        Assert.True(Directory.GetFiles(folder.Sub("kinds"), "*").Length > 3);
    }

    private Task<Journal> Open() => Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);

    private static Task<JournalEntry> Append(Journal journal, int i) =>
        journal.Append("ingested", $"batch {i}", new JsonObject { ["number"] = i }, "gateway", Cancel).AsTask();
}
