using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dure.Evidence;
using Dure.Exchange.Shells;
using Dure.Kernel;
using Dure.Tests.Evidence;
using Xunit;

namespace Dure.Tests.Exchange.Shells;

/// <summary>The store as a fold of the journal: what was put is there again after every opening.</summary>
public sealed class ShellStoreTests : IAsyncLifetime
{
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
    public async Task What_was_put_is_there_after_opening_again()
    {
        await store.Shells.Put(MadeShells.ShellId, MadeShells.Shell(), Putting.OnlyNew, "test", Cancel);
        await store.Submodels.Put(MadeShells.SubmodelId, MadeShells.Submodel(), Putting.OnlyNew, "test", Cancel);
        await store.Submodels.Put("urn:gone", MadeShells.Submodel("urn:gone"), Putting.OnlyNew, "test", Cancel);
        Assert.True(await store.Submodels.Remove("urn:gone", "test", Cancel));
        await Reopen();
        var document = store.Submodels.Find(MadeShells.SubmodelId);
        Assert.Equal(("Operation", "urn:made:semantics:operation", 1), (document.IdShort, document.SemanticId, store.Submodels.Count));
        Assert.Empty(ShellAudit.CheckObject(store.Submodels.Load<Submodel>(document)));
        Assert.Equal([new AssetLink("globalAssetId", MadeShells.ShellId + ":asset"), new AssetLink("serialNumber", "P-4711")], store.Shells.Find(MadeShells.ShellId).AssetIds);
        Assert.Equal([MadeShells.ShellId], store.ShellsOf([new AssetLink("serialNumber", "P-4711")]));
        Assert.Empty(store.ShellsOf([new AssetLink("serialNumber", "P-4711"), new AssetLink("serialNumber", "other")]));
    }

    [Fact]
    public async Task A_large_submodel_lies_in_the_blob_store()
    {
        var large = MadeShells.Submodel() with { SubmodelElements = [.. Enumerable.Range(0, 20_000).Select(i => new Property { IdShort = $"p{i}", Value = new string('x', 50) })] };
        await store.Submodels.Put(large.Id, large, Putting.Either, "test", Cancel);
        await Reopen();
        var document = store.Submodels.Find(large.Id);
        Assert.NotNull(document.Blob);
        Assert.Equal(20_000, store.Submodels.Load<Submodel>(document).SubmodelElements!.Count);
    }

    [Fact]
    public async Task A_put_says_no_when_it_finds_what_it_did_not_expect()
    {
        await store.Shells.Put(MadeShells.ShellId, MadeShells.Shell(), Putting.OnlyNew, "test", Cancel);
        var there = await Assert.ThrowsAsync<ProblemException>(() => store.Shells.Put(MadeShells.ShellId, MadeShells.Shell(), Putting.OnlyNew, "test", Cancel));
        Assert.Contains("conflict", there.Problem.Type, StringComparison.Ordinal);
        var absent = await Assert.ThrowsAsync<ProblemException>(() => store.Shells.Put("urn:x", MadeShells.Shell("urn:x"), Putting.OnlyThere, "test", Cancel));
        Assert.Contains(":unknown-", absent.Problem.Type, StringComparison.Ordinal);
        var broken = await Assert.ThrowsAsync<ProblemException>(() => store.Shells.Put("urn:x", new AssetAdministrationShell { Id = "urn:x" }, Putting.Either, "test", Cancel));
        Assert.Contains("AASd-131", broken.Problem.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_follow_each_other_without_gap_while_documents_come_and_go()
    {
        for (var i = 0; i < 25; i++)
            await store.Shells.Put($"urn:{i}", MadeShells.Shell($"urn:{i}"), Putting.OnlyNew, "test", Cancel);
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = store.Shells.Page(_ => true, cursor, 10, Cancel);
            seen.AddRange(page.Documents.Select(document => document.Id));
            cursor = page.Cursor;
            await store.Shells.Remove(seen[^1], "test", Cancel);
        } while (cursor is not null);
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"urn:{i}"), seen);
        Assert.Equal(22, store.Shells.Count);
        Assert.Throws<ProblemException>(() => store.Shells.Page(_ => true, "not a cursor", 10, Cancel));
    }

    [Fact]
    public async Task Changes_at_the_same_time_lose_nothing()
    {
        await store.Submodels.Put(MadeShells.SubmodelId, MadeShells.Submodel(), Putting.OnlyNew, "test", Cancel);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => store.Submodels.Change<Submodel>(MadeShells.SubmodelId, (submodel, _) =>
        {
            ElementTree.Add(submodel, new Capability { IdShort = $"added{i}" });
            return submodel;
        }, "test", Cancel)));
        Assert.Equal(15 + 40, store.Submodels.Load<Submodel>(store.Submodels.Find(MadeShells.SubmodelId)).SubmodelElements!.Count);
    }

    [Fact]
    public async Task A_file_goes_when_nothing_names_it_any_more()
    {
        await store.Submodels.Put(MadeShells.SubmodelId, MadeShells.Submodel(), Putting.OnlyNew, "test", Cancel);
        var file = new StoredFile("/aasx/files/manual.pdf", "application/pdf", store.Blobs.Put("%PDF"u8), 4);
        await store.Submodels.Change<Submodel>(MadeShells.SubmodelId, (submodel, files) => { files.Add(file); return submodel; }, "test", Cancel);
        await Reopen();
        Assert.Equal([file], store.Submodels.Find(MadeShells.SubmodelId).Files);
        await store.Submodels.Put(MadeShells.SubmodelId, MadeShells.Submodel() with { SubmodelElements = [new Capability { IdShort = "only" }] }, Putting.OnlyThere, "test", Cancel);
        Assert.Empty(store.Submodels.Find(MadeShells.SubmodelId).Files);
    }

    [Theory]
    [InlineData("""{"$eq":[{"$field":"$sm#idShort"},{"$strVal":"Operation"}]}""", true)]
    [InlineData("""{"$eq":[{"$field":"$sm#semanticId"},{"$strVal":"urn:made:semantics:operation"}]}""", true)]
    [InlineData("""{"$gt":[{"$field":"$sme.Temperature#value"},{"$numVal":21}]}""", true)]
    [InlineData("""{"$gt":[{"$field":"$sme.Temperature#value"},{"$numVal":22}]}""", false)]
    [InlineData("""{"$eq":[{"$field":"$sme.Tool.Maker.Town#value"},{"$strVal":"Ulsan"}]}""", true)]
    [InlineData("""{"$eq":[{"$field":"$sme#value"},{"$strVal":"Ulsan"}]}""", true)]
    [InlineData("""{"$eq":[{"$field":"$sme.Readings[]#value"},{"$numVal":2.5}]}""", true)]
    [InlineData("""{"$eq":[{"$field":"$sme.Readings[0]#value"},{"$numVal":2.5}]}""", false)]
    [InlineData("""{"$eq":[{"$field":"$sme.Name#language"},{"$strVal":"ko"}]}""", true)]
    [InlineData("""{"$regex":[{"$field":"$sme.Name#value"},{"$strVal":"^프"}]}""", true)]
    [InlineData("""{"$and":[{"$starts-with":[{"$field":"$sm#id"},{"$strVal":"urn:"}]},{"$not":{"$ends-with":[{"$field":"$sm#id"},{"$strVal":"x"}]}}]}""", true)]
    [InlineData("""{"$or":[{"$boolean":false},{"$eq":[{"$field":"$sme.IsRunning#value"},{"$boolean":true}]}]}""", true)]
    [InlineData("""{"$match":[{"$eq":[{"$field":"$sme#idShort"},{"$strVal":"Town"}]},{"$eq":[{"$field":"$sme#value"},{"$strVal":"Ulsan"}]}]}""", true)]
    [InlineData("""{"$match":[{"$eq":[{"$field":"$sme#idShort"},{"$strVal":"Temperature"}]},{"$eq":[{"$field":"$sme#value"},{"$strVal":"Ulsan"}]}]}""", false)]
    public async Task Queries_find_submodels_by_names_and_values(string condition, bool isFound)
    {
        await store.Submodels.Put(MadeShells.SubmodelId, MadeShells.Submodel(), Putting.OnlyNew, "test", Cancel);
        var query = ShellQuery.Parse(Encoding.UTF8.GetBytes($$"""{"$condition":{{condition}}}"""));
        Assert.Equal(isFound ? 1 : 0, new ShellSearch(store).Submodels(query, null, 10, Cancel).Documents.Count);
    }

    [Fact]
    public async Task Queries_find_shells_by_one_asset_id_and_by_what_their_submodels_say()
    {
        await store.Shells.Put(MadeShells.ShellId, MadeShells.Shell(), Putting.OnlyNew, "test", Cancel);
        await store.Submodels.Put(MadeShells.SubmodelId, MadeShells.Submodel(), Putting.OnlyNew, "test", Cancel);
        var query = ShellQuery.Parse("""
            {"$select":"id","$condition":{"$and":[
              {"$match":[{"$eq":[{"$field":"$aas#assetInformation.specificAssetIds[].name"},{"$strVal":"serialNumber"}]},
                         {"$eq":[{"$field":"$aas#assetInformation.specificAssetIds[].value"},{"$strVal":"P-4711"}]}]},
              {"$ge":[{"$field":"$sme.Temperature#value"},{"$numVal":21.5}]}]}}
            """u8.ToArray());
        Assert.True(query.OnlyIds);
        Assert.Single(new ShellSearch(store).Shells(query, null, 10, Cancel).Documents);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"$condition":{}}""")]
    [InlineData("""{"$condition":{"$eq":[{"$field":"sm#id"},{"$strVal":"a"}]}}""")]
    [InlineData("""{"$condition":{"$eq":[{"$field":"$sm#id"}]}}""")]
    [InlineData("""{"$condition":{"$regex":[{"$field":"$sm#id"},{"$strVal":"("}]}}""")]
    [InlineData("""{"$condition":{"$and":[{"$boolean":true}]}}""")]
    [InlineData("""{"$select":"idShort","$condition":{"$boolean":true}}""")]
    [InlineData("""{"$condition":{"$boolean":true},"more":1}""")]
    public void What_is_not_a_query_is_refused(string text) =>
        Assert.Equal("urn:dure:exchange:bad-shell-query", Assert.Throws<ProblemException>(() => ShellQuery.Parse(Encoding.UTF8.GetBytes(text))).Problem.Type);

    /// <summary>IDTA's own test of scale: 100,000 shells and a million elements, a point read within 5 ms, a usual query within a second.</summary>
    [Fact]
    [Trait("Speed", "Slow")]
    public async Task A_hundred_thousand_shells_are_read_and_found_quickly()
    {
        const int Shells = 100_000;
        await Parallel.ForEachAsync(Enumerable.Range(0, Shells), new ParallelOptions { MaxDegreeOfParallelism = 512, CancellationToken = Cancel }, async (i, cancel) =>
        {
            var id = $"https://plant.example/press/{i.ToString(CultureInfo.InvariantCulture)}";
            await store.Shells.Put(id, MadeShells.Shell(id) with { Submodels = [Reference.Model(KeyKind.Submodel, id + "/sm")] }, Putting.OnlyNew, "test", cancel);
            await store.Submodels.Put(id + "/sm", new Submodel
            {
                Id = id + "/sm", IdShort = "Operation", SemanticId = Reference.External("urn:made:semantics:operation"),
                SubmodelElements = [.. Enumerable.Range(0, 10).Select(k => new Property { IdShort = $"Value{k}", ValueType = XsdType.Int, Value = (i * 10 + k).ToString(CultureInfo.InvariantCulture), SemanticId = Reference.External($"urn:made:value:{k}") })],
            }, Putting.OnlyNew, "test", cancel);
        });
        var clock = Stopwatch.StartNew();
        await Reopen();
        var opening = clock.Elapsed;
        GC.Collect();
        var memory = GC.GetTotalMemory(forceFullCollection: true) >> 20;
        clock.Restart();
        for (var i = 0; i < 1000; i++)
            store.Submodels.Load<Submodel>(store.Submodels.Find($"https://plant.example/press/{i * 97}/sm"));
        var reading = clock.Elapsed / 1000;
        var search = new ShellSearch(store);
        clock.Restart();
        Assert.Single(search.Submodels(ShellQuery.Parse("""{"$condition":{"$eq":[{"$field":"$sme#value"},{"$strVal":"765432"}]}}"""u8.ToArray()), null, 100, Cancel).Documents);
        var byText = clock.Elapsed;
        clock.Restart();
        Assert.Equal(10, search.Submodels(ShellQuery.Parse("""{"$condition":{"$gt":[{"$field":"$sme.Value3#value"},{"$numVal":999900}]}}"""u8.ToArray()), null, 100, Cancel).Documents.Count);
        var byNumber = clock.Elapsed;
        clock.Restart();
        Assert.Equal(100, store.Submodels.Page(document => document.SemanticId == "urn:made:semantics:operation", ShellCursorOf(150_000L << 16), 100, Cancel).Documents.Count);
        TestContext.Current.SendDiagnosticMessage($"opening {opening.TotalSeconds:F1} s, memory {memory} MiB, point read {reading.TotalMilliseconds:F3} ms, query by text {byText.TotalMilliseconds:F0} ms, by number {byNumber.TotalMilliseconds:F0} ms, page {clock.Elapsed.TotalMilliseconds:F1} ms");
        Assert.True(reading < TimeSpan.FromMilliseconds(5), $"a point read took {reading}");
    }

    private static string ShellCursorOf(long created) => created.ToString("x", CultureInfo.InvariantCulture);

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
