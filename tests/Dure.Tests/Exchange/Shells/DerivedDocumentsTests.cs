using Dure.Evidence;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>Documents that a host derives stand beside the stored ones and are changed by nobody.</summary>
public sealed class DerivedDocumentsTests : IAsyncLifetime
{
    private readonly TempFolder folder = new();
    private readonly Made made = new(["urn:dure:a", "urn:dure:b", "urn:dure:c"]);
    private NodeKey key = null!; // InitializeAsync sets all three
    private Journal journal = null!;
    private ShellStore store = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private sealed class Made(IReadOnlyList<string> ids) : IDerivedDocuments
    {
        public List<string> Present { get; } = [.. ids];
        public IReadOnlyList<string> Ids => Present;
        public bool Has(string id) => Present.Contains(id);
        public object? TryMake(string id) => Has(id) ? MadeShells.Shell(id) : null;
    }

    public async ValueTask InitializeAsync()
    {
        key = NodeKey.LoadOrCreate(folder.Sub("key"));
        journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);
        store = ShellStore.Open(journal, BlobStore.Open(folder.Sub("blobs")));
        store.Shells.Derived = made;
    }

    public async ValueTask DisposeAsync()
    {
        await journal.DisposeAsync();
        key.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(100)]
    public async Task Pages_show_each_stored_and_each_derived_document_once(int limit)
    {
        for (var i = 0; i < 3; i++)
            await store.Shells.Put($"urn:stored:{i}", MadeShells.Shell($"urn:stored:{i}"), Putting.OnlyNew, "test", Cancel);
        Assert.Equal(["urn:stored:0", "urn:stored:1", "urn:stored:2", "urn:dure:a", "urn:dure:b", "urn:dure:c"], Walk(limit));
    }

    [Fact]
    public void A_page_goes_on_where_it_was_when_the_document_before_is_gone()
    {
        var page = store.Shells.Page(_ => true, null, 1, Cancel);
        made.Present.Remove("urn:dure:a");
        made.Present.Insert(0, "urn:dure:0");
        Assert.Equal(["urn:dure:b"], store.Shells.Page(_ => true, page.Cursor, 1, Cancel).Documents.Select(document => document.Id));
    }

    [Fact]
    public void A_derived_document_is_found_by_id_and_by_asset()
    {
        Assert.Equal("urn:dure:b", store.Shells.Load<AssetAdministrationShell>(store.Shells.Find("urn:dure:b")).Id);
        Assert.Null(store.Shells.TryFind("urn:dure:z"));
        Assert.Equal(["urn:dure:b"], store.ShellsOf([new AssetLink(AssetLink.Global, "urn:dure:b:asset")]));
    }

    [Fact]
    public async Task Nobody_changes_or_removes_what_is_derived_and_nothing_is_written()
    {
        foreach (var putting in (Putting[])[Putting.Either, Putting.OnlyThere])
            Assert.Equal("urn:dure:exchange:derived-shell", (await Assert.ThrowsAsync<ProblemException>(() => store.Shells.Put("urn:dure:a", MadeShells.Shell("urn:dure:a"), putting, "test", Cancel))).Problem.Type);
        Assert.Equal("urn:dure:exchange:shell-conflict", (await Assert.ThrowsAsync<ProblemException>(() => store.Shells.Put("urn:dure:a", MadeShells.Shell("urn:dure:a"), Putting.OnlyNew, "test", Cancel))).Problem.Type);
        Assert.Equal("urn:dure:exchange:derived-shell", (await Assert.ThrowsAsync<ProblemException>(() => store.Shells.Remove("urn:dure:a", "test", Cancel))).Problem.Type);
        Assert.Equal((0, 0L), (store.Shells.Count, journal.Count));
    }

    [Theory]
    [InlineData("~")]
    [InlineData("~!!!")]
    [InlineData("12345678901234567")]
    public void A_text_that_is_no_cursor_is_refused(string cursor) => Assert.Throws<ProblemException>(() => store.Shells.Page(_ => true, cursor, 10, Cancel));

    private List<string> Walk(int limit)
    {
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = store.Shells.Page(_ => true, cursor, limit, Cancel);
            Assert.InRange(page.Documents.Count, 1, limit);
            seen.AddRange(page.Documents.Select(document => document.Id));
            cursor = page.Cursor;
        } while (cursor is not null);
        return seen;
    }
}
