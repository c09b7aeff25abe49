using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>The steps of checking a bundle, in the order in which each rests on those before: form, layout, key, head, entries, references, claim, artefacts.</summary>
internal sealed class BundleAudit(VerificationKey? trusted)
{
    private readonly List<BundleCheck> passed = [];
    private readonly Dictionary<long, (JournalEntry Entry, int Start)> byNumber = [];
    private readonly List<JournalEntry> entries = [];

    public BundleVerdict Run(ReadOnlySpan<byte> bundle)
    {
        if (CheckForm(bundle) is { } formFault)
            return Failed(formFault);
        var (layout, layoutFault) = BundleLayout.Read(bundle);
        if (layout is null)
            return Failed(layoutFault!); // one of the two is there
        if (CheckKey(bundle, layout, out var key) is { } keyFault)
            return Failed(keyFault);
        if (CheckHead(bundle, layout, key!, out var head) is { } headFault) // no fault: both are there
            return Failed(headFault);
        var fault = CheckEntries(bundle, layout, head!) ?? CheckRefs() ?? CheckClaim(bundle, layout) ?? CheckArtefacts(bundle, layout);
        if (fault is not null)
            return Failed(fault);
        var claim = (JsonObject)CanonicalJson.Parse(layout.Claim.Of(bundle))!; // the layout has seen that it is an object
        return new BundleVerdict.Valid(passed, new ClaimBundle(claim, entries, head!, key!));
    }

    private BundleFault? CheckForm(ReadOnlySpan<byte> bundle)
    {
        const string Step = "canonical form";
        if (bundle.Length > ClaimBundle.MaxBytes)
            return new BundleFault(Step, $"The file has {bundle.Length} bytes; {ClaimBundle.MaxBytes} are allowed.");
        try
        {
            var canonical = CanonicalJson.Serialize(CanonicalJson.Parse(bundle));
            var same = bundle.CommonPrefixLength(canonical);
            if (same < bundle.Length || same < canonical.Length)
                return new BundleFault(Step, "The file is not in canonical form (RFC 8785).", Byte: same);
        }
        catch (ProblemException cause)
        {
            return new BundleFault(Step, cause.Problem.What, Byte: PlaceOf(cause, bundle));
        }
        return Pass(Step, $"{bundle.Length} bytes of canonical JSON");
    }

    private BundleFault? CheckKey(ReadOnlySpan<byte> bundle, BundleLayout layout, out VerificationKey? key)
    {
        const string Step = "public key";
        key = null;
        if (!layout.Format.Of(bundle).SequenceEqual(Encoding.UTF8.GetBytes($"\"{ClaimBundle.Format}\"")))
            return new BundleFault("format", $"The format should be {ClaimBundle.Format}.", Byte: layout.Format.Start);
        try
        {
            key = VerificationKey.FromJwk(CanonicalJson.Parse(layout.PublicKey.Of(bundle)));
        }
        catch (ProblemException cause)
        {
            return new BundleFault(Step, cause.Problem.What, Byte: layout.PublicKey.Start);
        }
        if (trusted is not null && !trusted.Equals(key))
            return new BundleFault(Step, $"The bundle's key is {key.Id}; the trusted key is {trusted.Id}.", Byte: layout.PublicKey.Start);
        return Pass(Step, trusted is null ? $"{key.Id} (compare it with the one the signer publishes)" : $"{key.Id}, the trusted one");
    }

    private BundleFault? CheckHead(ReadOnlySpan<byte> bundle, BundleLayout layout, VerificationKey key, out SignedHead? head)
    {
        const string Step = "signed head";
        head = SignedHead.FromJson(CanonicalJson.Parse(layout.Head.Of(bundle)));
        if (head is null)
            return new BundleFault(Step, "The head is not complete and in its one form.", Byte: layout.Head.Start);
        if (head.KeyId != key.Id)
            return new BundleFault(Step, $"The head was signed by key {head.KeyId}; the bundle's key has the fingerprint {key.Id}.", Byte: layout.Head.Start);
        if (!head.IsSignedBy(key))
            return new BundleFault(Step, $"The signature does not fit the head: root {head.Root}, {head.Size} entries, {head.Time:O}.", Byte: layout.Head.Start);
        return Pass(Step, $"{head.Size} entries, root {head.Root.Short}, signed {head.Time:yyyy-MM-dd HH:mm:ss}Z");
    }

    private BundleFault? CheckEntries(ReadOnlySpan<byte> bundle, BundleLayout layout, SignedHead head)
    {
        const string Step = "entries";
        foreach (var part in layout.Entries)
        {
            if (CheckEntry(bundle, part, head) is { } fault)
                return fault with { Check = Step };
        }
        return entries.Count == 0
            ? new BundleFault(Step, "The bundle has no entries.")
            : Pass(Step, $"{entries.Count} entries hash to their names and are among those of the head");
    }

    private BundleFault? CheckEntry(ReadOnlySpan<byte> bundle, BundleLayout.EntryPart part, SignedHead head)
    {
        var bytes = part.Entry.Of(bundle).ToArray();
        JournalEntry entry;
        try
        {
            entry = JournalEntry.Parse(bytes);
        }
        catch (ProblemException cause)
        {
            return new BundleFault("", $"number {entries.Count + 1} in the bundle: {cause.Problem.What}", NumberIn(bytes), part.Entry.Start);
        }
        var named = TextOf(part.Hash.Of(bundle));
        if (named != entry.Hash.ToString())
            return new BundleFault("", $"its hash should be {named} and is {entry.Hash}", entry.Index, part.Entry.Start);
        if (entries.Count > 0 && entry.Index <= entries[^1].Index)
            return new BundleFault("", $"it comes after entry {entries[^1].Index}", entry.Index, part.Entry.Start);
        if (!TryProof(CanonicalJson.Parse(part.Proof.Of(bundle)), out var proof))
            return new BundleFault("", "its proof of inclusion is not a list of hashes", entry.Index, part.Proof.Start);
        var root = MerkleTree.RootFrom(entry.Index, head.Size, MerkleTree.LeafHash(bytes), proof);
        if (root != head.Root)
            return new BundleFault("", $"its proof of inclusion should lead to the root {head.Root} and leads to {(root is { } other ? other.ToString() : "none: it has the wrong length")}",
                entry.Index, part.Proof.Start);
        entries.Add(entry);
        byNumber.Add(entry.Index, (entry, part.Entry.Start));
        return null;
    }

    private BundleFault? CheckRefs()
    {
        const string Step = "references";
        var reached = new HashSet<long> { entries[^1].Index };
        var count = 0;
        foreach (var entry in entries.AsEnumerable().Reverse())
        {
            var start = byNumber[entry.Index].Start;
            if (!reached.Contains(entry.Index))
                return new BundleFault(Step, "the claim does not rest on it, so it does not belong here", entry.Index, start);
            IReadOnlyList<EntryRef> refs;
            try
            {
                refs = Lineage.From(entry).Refs;
            }
            catch (ProblemException cause)
            {
                return new BundleFault(Step, cause.Problem.What, entry.Index, start);
            }
            foreach (var reference in refs)
            {
                if (reference.Entry >= entry.Index || !byNumber.TryGetValue(reference.Entry, out var earlier))
                    return new BundleFault(Step, $"it rests on entry {reference.Entry}, which is not among the earlier ones here", entry.Index, start);
                if (earlier.Entry.Hash != reference.Hash)
                    return new BundleFault(Step, $"it rests on entry {reference.Entry} with hash {reference.Hash}; that entry hashes to {earlier.Entry.Hash}", entry.Index, start);
                reached.Add(reference.Entry);
                count++;
            }
        }
        return Pass(Step, $"{count} references hold, down to {entries.Count(entry => entry.Kind == "ingested")} ingested batches");
    }

    private BundleFault? CheckClaim(ReadOnlySpan<byte> bundle, BundleLayout layout)
    {
        const string Step = "claim";
        var last = entries[^1];
        var start = byNumber[last.Index].Start;
        if (last.Kind != ClaimBundle.ClaimKind)
            return new BundleFault(Step, $"the last entry should be a claim and is '{last.Kind}'", last.Index, start);
        if (ArtefactOf(last) is not { } document)
            return new BundleFault(Step, "it names no claim document", last.Index, start);
        var actual = ContentHash.Of(layout.Claim.Of(bundle));
        if (actual != document.Hash)
            return new BundleFault(Step, $"the claim's hash should be {document.Hash} and is {actual}", last.Index, layout.Claim.Start);
        return Pass(Step, $"entry {last.Index}, {document.Hash.Short}");
    }

    private BundleFault? CheckArtefacts(ReadOnlySpan<byte> bundle, BundleLayout layout)
    {
        const string Step = "artefacts";
        JsonArray named;
        try
        {
            named = ClaimBundle.ArtefactsOf(entries);
        }
        catch (ProblemException cause)
        {
            return new BundleFault(Step, cause.Problem.What, Byte: layout.Artefacts.Start);
        }
        var expected = CanonicalJson.Serialize(named);
        var listed = layout.Artefacts.Of(bundle);
        return listed.SequenceEqual(expected)
            ? Pass(Step, $"{named.Count} files named by the entries")
            : new BundleFault(Step, "The list of artefacts is not the one that the entries name.", Byte: layout.Artefacts.Start + listed.CommonPrefixLength(expected));
    }

    private static Artefact? ArtefactOf(JournalEntry entry)
    {
        try
        {
            return ClaimBundle.ClaimOf(entry);
        }
        catch (ProblemException)
        {
            return null; // said as: it names no claim document
        }
    }

    private static bool TryProof(JsonNode? node, out List<ContentHash> proof)
    {
        proof = [];
        foreach (var item in (JsonArray)node!) // the layout has seen that it is a list
        {
            if (item is not JsonValue value || !value.TryGetValue<string>(out var text) || !ContentHash.TryParse(text, out var hash) || hash.ToString() != text)
                return false;
            proof.Add(hash);
        }
        return true;
    }

    private static string TextOf(ReadOnlySpan<byte> json) => CanonicalJson.Parse(json)!.GetValue<string>(); // the layout has seen that it is a string

    private static long? NumberIn(ReadOnlySpan<byte> entry) =>
        CanonicalJson.Parse(entry)?["index"] is JsonValue value && value.TryGetValue<long>(out var number) ? number : null;

    private static long? PlaceOf(ProblemException cause, ReadOnlySpan<byte> bundle)
    {
        if (cause.InnerException is JsonException { LineNumber: 0 } json)
            return json.BytePositionInLine;
        for (var at = 0; at < bundle.Length;)
        {
            if (Rune.DecodeFromUtf8(bundle[at..], out _, out var length) != System.Buffers.OperationStatus.Done)
                return at;
            at += length;
        }
        return null;
    }

    private BundleFault? Pass(string step, string detail)
    {
        passed.Add(new BundleCheck(step, true, detail));
        return null;
    }

    private BundleVerdict.Invalid Failed(BundleFault fault) => new([.. passed, new BundleCheck(fault.Check, false, fault.ToString())], fault);
}
