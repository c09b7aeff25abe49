using System.Text;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace Dure.Tests.Evidence;

public sealed class ClaimBundleTests : IAsyncLifetime
{
    private static readonly CancellationToken Cancel = CancellationToken.None;
    private readonly TempFolder folder = new();
    private NodeKey key = null!; // made before each test
    private Journal journal = null!;
    private BlobStore blobs = null!;
    private JournalEntry claim = null!;
    private byte[] bundle = null!;

    public async ValueTask InitializeAsync()
    {
        key = NodeKey.LoadOrCreate(folder.Sub("keys"));
        journal = await Journal.Open(folder.Sub("journal"), key, TimeProvider.System, Cancel);
        blobs = BlobStore.Open(folder.Sub("blobs"));
        var first = await Append("ingested", "batch 1", new JsonObject { ["samples"] = 5000 });
        await Append("alarm-raised", "nothing to do with it", []);
        var second = await Append("ingested", "batch 2", new JsonObject { ["samples"] = 3000 });
        var parquet = "PAR1…"u8.ToArray();
        var dataset = await Append("dataset-versioned", "skab/1",
            Lineage.Of(first, second).With(new Artefact("parquet", "skab.parquet", blobs.Put(parquet), parquet.Length)).Into([]));
        var model = await Append("model-registered", "pump/1", Lineage.Of(dataset).Into(new JsonObject { ["family"] = "PCA" }));
        claim = await ClaimBundle.Record(journal, blobs, "pump", new JsonObject { ["effect"] = 0.31, ["interval"] = new JsonArray(0.2, 0.4) },
            Lineage.Of(model, dataset), "analyst", Cancel);
        await Append("alarm-raised", "later", []);
        bundle = ClaimBundle.Build(journal, blobs, claim.Index);
    }

    public async ValueTask DisposeAsync()
    {
        await journal.DisposeAsync();
        key.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void A_bundle_holds_the_claim_and_exactly_what_it_rests_on()
    {
        var valid = Assert.IsType<BundleVerdict.Valid>(ClaimBundle.Verify(bundle, key.PublicKey));
        Assert.Equal(["ingested", "ingested", "dataset-versioned", "model-registered", "claimed"], valid.Bundle.Entries.Select(entry => entry.Kind));
        Assert.Equal(0.31, valid.Bundle.Claim["effect"]!.GetValue<double>());
        Assert.All(valid.Checks, check => Assert.True(check.IsPassed));
        Assert.Contains(valid.Checks, check => check.Detail.Contains("2 ingested batches", StringComparison.Ordinal));
        Assert.Equal(7, valid.Bundle.Head.Size);
    }

    [Fact]
    public void A_bundle_verifies_without_a_trusted_key_but_says_so() =>
        Assert.Contains(ClaimBundle.Verify(bundle, null).Checks, check => check.Detail.Contains("compare it", StringComparison.Ordinal));

    [Fact]
    public void Another_signers_bundle_is_refused_by_the_trusted_key()
    {
        using var other = NodeKey.LoadOrCreate(folder.Sub("other"));
        var invalid = Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(bundle, other.PublicKey));
        Assert.Equal("public key", invalid.Fault.Check);
        Assert.Contains(other.Id, invalid.Fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_flipped_bit_in_any_byte_is_found_and_its_place_named()
    {
        var random = new Random(20260101);
        for (var at = 0; at < bundle.Length; at++)
        {
            var changed = bundle.ToArray();
            changed[at] ^= (byte)(1 << random.Next(8));
            var invalid = Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(changed, key.PublicKey));
            Assert.True(invalid.Fault.Byte is not null || invalid.Fault.Entry is not null, $"byte {at}: {invalid.Fault}");
            Assert.False(invalid.Checks[^1].IsPassed);
        }
    }

    [Fact]
    public void A_changed_figure_in_an_entry_is_named_with_the_entry_and_both_hashes()
    {
        var changed = Replace("3000", "9000");
        var invalid = Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(changed, key.PublicKey));
        Assert.Equal(("entries", 2L), (invalid.Fault.Check, invalid.Fault.Entry));
        Assert.Contains(journal.Entry(2).Hash.ToString(), invalid.Fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_claim_is_named_with_its_hash()
    {
        var invalid = Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(Replace("0.31", "0.91"), key.PublicKey));
        Assert.Equal(("claim", claim.Index), (invalid.Fault.Check, invalid.Fault.Entry));
        Assert.Contains("should be sha256:", invalid.Fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void An_entry_taken_out_or_slipped_in_is_found()
    {
        var document = CanonicalJson.Parse(bundle)!.AsObject();
        document["entries"]!.AsArray().RemoveAt(0);
        var missing = Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(CanonicalJson.Serialize(document), key.PublicKey));
        Assert.Equal(("references", 3L), (missing.Fault.Check, missing.Fault.Entry));

        document = CanonicalJson.Parse(bundle)!.AsObject();
        var stranger = journal.Entry(1);
        document["entries"]!.AsArray().Insert(1, new JsonObject
        {
            ["entry"] = CanonicalJson.Parse(stranger.Bytes.Span),
            ["hash"] = stranger.Hash.ToString(),
            ["proof"] = new JsonArray([.. journal.Prove(1, 7).Path.Select(hash => JsonValue.Create(hash.ToString()))]),
        });
        var extra = Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(CanonicalJson.Serialize(document), key.PublicKey));
        Assert.Equal(("references", 1L), (extra.Fault.Check, extra.Fault.Entry));
    }

    [Fact]
    public void An_artefact_added_to_the_list_is_found()
    {
        var document = CanonicalJson.Parse(bundle)!.AsObject();
        document["artefacts"]!.AsArray().RemoveAt(0);
        var invalid = Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(CanonicalJson.Serialize(document), key.PublicKey));
        Assert.Equal("artefacts", invalid.Fault.Check);
    }

    [Fact]
    public void A_bundle_signed_anew_by_a_forger_has_the_forgers_fingerprint()
    {
        using var forger = NodeKey.LoadOrCreate(folder.Sub("forger"));
        var document = CanonicalJson.Parse(bundle)!.AsObject();
        var head = journal.Head();
        document["head"] = SignedHead.Sign(head.Size, head.Root, head.Time, forger).ToJson();
        document["publicKey"] = forger.PublicKey.ToJwk();
        var forged = CanonicalJson.Serialize(document);
        Assert.True(ClaimBundle.Verify(forged, null).IsValid);
        Assert.Equal("public key", Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(forged, key.PublicKey)).Fault.Check);
    }

    [Fact]
    public void Spaces_and_members_of_ones_own_are_refused()
    {
        Assert.Equal(1, Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify([bundle[0], (byte)' ', .. bundle.AsSpan(1)], null)).Fault.Byte);
        var document = CanonicalJson.Parse(bundle)!.AsObject();
        document["zzz"] = 1;
        Assert.Equal("layout", Assert.IsType<BundleVerdict.Invalid>(ClaimBundle.Verify(CanonicalJson.Serialize(document), null)).Fault.Check);
    }

    [Fact]
    public void A_bundle_cut_anywhere_is_refused()
    {
        for (var length = 0; length < bundle.Length; length += 7)
            Assert.False(ClaimBundle.Verify(bundle.AsSpan(0, length), null).IsValid);
    }

    [Fact]
    public void Any_bytes_are_judged_without_an_exception() =>
        Prop.ForAll<byte[]>(bytes => !ClaimBundle.Verify(bytes, null).IsValid).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));

    [Fact]
    public void Any_document_in_place_of_a_part_is_judged_without_an_exception()
    {
        var places = new[] { "artefacts", "claim", "entries", "format", "head", "publicKey" };
        var cases = Kernel.JsonArbitrary.Nodes().Generator.Zip(Gen.Elements(places)).ToArbitrary();
        Prop.ForAll(cases, one =>
        {
            var document = CanonicalJson.Parse(bundle)!.AsObject();
            document[one.Item2] = one.Item1?.DeepClone();
            return !ClaimBundle.Verify(CanonicalJson.Serialize(document), null).IsValid;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void Only_a_claim_can_be_bundled() =>
        Assert.Equal("urn:dure:evidence:not-a-claim", Assert.Throws<ProblemException>(() => ClaimBundle.Build(journal, blobs, 0)).Problem.Type);

    [Fact]
    public async Task A_claim_that_names_a_wrong_hash_cannot_be_bundled()
    {
        var wrong = await ClaimBundle.Record(journal, blobs, "x", [], Lineage.Of(new EntryRef(0, ContentHash.Of("other"u8))), "analyst", Cancel);
        var refused = Assert.Throws<ProblemException>(() => ClaimBundle.Build(journal, blobs, wrong.Index));
        Assert.Contains("rests on entry 0", refused.Problem.What, StringComparison.Ordinal);
    }

    private Task<JournalEntry> Append(string kind, string subject, JsonObject body) => journal.Append(kind, subject, body, "test", Cancel).AsTask();

    private byte[] Replace(string old, string with) => Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bundle).Replace(old, with, StringComparison.Ordinal));
}
