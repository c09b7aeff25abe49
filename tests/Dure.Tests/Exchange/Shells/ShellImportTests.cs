using System.Text;
using Dure.Evidence;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>A package goes into the store as a whole, or not at all.</summary>
public sealed class ShellImportTests : IAsyncLifetime
{
    private const string ManualPath = "/aasx/files/manual.pdf";
    private static readonly AasxFile manual = new(ManualPath, "application/pdf", "%PDF"u8.ToArray());
    private readonly TempFolder folder = new();
    private NodeKey key = null!; // InitializeAsync sets all three
    private Journal journal = null!;
    private ShellStore store = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        key = NodeKey.LoadOrCreate(folder.Sub("key"));
        await Open();
    }

    public async ValueTask DisposeAsync()
    {
        await journal.DisposeAsync();
        key.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_package_is_there_with_its_files_after_opening_again()
    {
        var outcome = await Import(MadeShells.Environment(), [manual, new AasxFile("/aasx/files/other.txt", "text/plain", "x"u8.ToArray())]);
        Assert.Equal([MadeShells.ShellId, MadeShells.SubmodelId, "urn:made:concept"], outcome.Added);
        Assert.Equal((1, 1, "/aasx/files/other.txt"), (outcome.Files, journal.Count, Assert.Single(outcome.FilesLeftOut)));
        await Reopen();
        var submodel = store.Submodels.Find(MadeShells.SubmodelId);
        Assert.Equal(Encoding.UTF8.GetString(ShellJson.Write(MadeShells.Submodel())), Encoding.UTF8.GetString(store.Submodels.Content(submodel).Span));
        Assert.Equal("%PDF", Encoding.UTF8.GetString(store.Blobs.Read(Assert.Single(submodel.Files).Content, 100)));
        Assert.Equal((1, 1, 1), (store.Shells.Count, store.Submodels.Count, store.Concepts.Count));
        Assert.Equal([MadeShells.ShellId], store.ShellsOf([new AssetLink("serialNumber", "P-4711")]));
    }

    [Fact]
    public async Task Documents_of_one_package_have_places_of_their_own_in_lists()
    {
        await Import(new ShellEnvironment { Submodels = [.. Enumerable.Range(0, 7).Select(i => MadeShells.Submodel($"urn:many:{i}"))] }, []);
        await store.Submodels.Put("urn:later", MadeShells.Submodel("urn:later"), Putting.OnlyNew, "test", Cancel);
        await Reopen();
        var first = store.Submodels.Page(_ => true, null, 3, Cancel);
        var second = store.Submodels.Page(_ => true, first.Cursor, 100, Cancel);
        Assert.Equal([.. Enumerable.Range(0, 7).Select(i => $"urn:many:{i}"), "urn:later"], first.Documents.Concat(second.Documents).Select(document => document.Id));
    }

    [Fact]
    public async Task The_same_package_again_changes_nothing()
    {
        await Import(MadeShells.Environment(), [manual]);
        var again = await Import(MadeShells.Environment(), [manual]);
        Assert.Equal((0, 0, 3, null, 1L), (again.Added.Count, again.Replaced.Count, again.Unchanged, again.Entry, journal.Count));
    }

    [Fact]
    public async Task A_collision_is_told_and_leaves_everything_as_it_was()
    {
        await store.Submodels.Put(MadeShells.SubmodelId, MadeShells.Submodel() with { IdShort = "Mine" }, Putting.OnlyNew, "test", Cancel);
        var refused = await Assert.ThrowsAsync<ProblemException>(() => Import(MadeShells.Environment(), [manual]));
        Assert.Equal("urn:dure:exchange:import-conflict", refused.Problem.Type);
        Assert.Contains(MadeShells.SubmodelId, refused.Problem.What, StringComparison.Ordinal);
        Assert.False(store.Blobs.Has(ContentHash.Of(manual.Content.Span)));
        Assert.Equal((0, "Mine", 1L), (store.Shells.Count, store.Submodels.Find(MadeShells.SubmodelId).IdShort, journal.Count));
        var replaced = await Import(MadeShells.Environment(), [manual], replaces: true);
        Assert.Equal([MadeShells.SubmodelId], replaced.Replaced);
        Assert.Equal("Operation", store.Submodels.Find(MadeShells.SubmodelId).IdShort);
    }

    [Fact]
    public async Task What_breaks_a_constraint_is_refused_by_its_name_and_nothing_enters()
    {
        var broken = MadeShells.Environment() with { AssetAdministrationShells = [new AssetAdministrationShell { Id = "urn:broken" }] };
        Assert.Contains("AASd-131", (await Assert.ThrowsAsync<ProblemException>(() => Import(broken, []))).Problem.What, StringComparison.Ordinal);
        var twice = new ShellEnvironment { Submodels = [MadeShells.Submodel(), MadeShells.Submodel()] };
        Assert.Contains("twice", (await Assert.ThrowsAsync<ProblemException>(() => Import(twice, []))).Problem.What, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ProblemException>(() => Import(new ShellEnvironment(), []));
        Assert.Equal((0, 0, 0L), (store.Shells.Count, store.Submodels.Count, journal.Count));
    }

    [Fact]
    public async Task Two_imports_and_single_changes_at_once_end()
    {
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => i % 3 == 0
            ? Import(new ShellEnvironment { Submodels = [MadeShells.Submodel($"urn:import:{i}")] }, [])
            : (Task)store.Submodels.Put($"urn:single:{i}", MadeShells.Submodel($"urn:single:{i}"), Putting.OnlyNew, "test", Cancel)));
        Assert.Equal(30, store.Submodels.Count);
    }

    /// <summary>Whatever the bytes are: a whole import, or a refusal and a store as it was.</summary>
    [Fact]
    public async Task Changed_bytes_are_taken_in_whole_or_refused()
    {
        var random = new Random(20261121);
        using var stream = new MemoryStream();
        new AasxPackage(MadeShells.Environment(), [manual]).Write(stream, AasxForm.Json);
        byte[][] forms = [stream.ToArray(), ShellJson.Write(MadeShells.Environment()), Xml()];
        for (var i = 0; i < 1500; i++)
        {
            var before = (journal.Count, store.Shells.Count);
            try
            {
                var read = AasxPackage.ReadAny(ShellFormTests.Mutated(random, forms[i % forms.Length]));
                await Import(read.Environment, read.Files, replaces: true);
            }
            catch (ProblemException)
            {
                Assert.Equal(before, (journal.Count, store.Shells.Count));
            }
        }
    }

    private static byte[] Xml()
    {
        using var stream = new MemoryStream();
        ShellXml.Write(stream, MadeShells.Environment());
        return stream.ToArray();
    }

    private Task<ImportOutcome> Import(ShellEnvironment environment, IReadOnlyList<AasxFile> files, bool replaces = false) => store.Import(environment, files, replaces, "test", Cancel);

    private async Task Open()
    {
        journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);
        store = ShellStore.Open(journal, BlobStore.Open(folder.Sub("blobs")));
    }

    private async Task Reopen()
    {
        await journal.DisposeAsync();
        await Open();
    }
}
