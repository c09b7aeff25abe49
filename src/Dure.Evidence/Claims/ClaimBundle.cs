using System.Buffers;
using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// A claim with everything needed to check it, in one file of canonical JSON: the claim's document, the entries it rests on
/// down to the ingested batches, each with its proof of inclusion, the signed head, the public key, and the hashes of all
/// files those entries name. The document is kept as a blob whose hash stands in the claim entry as the artefact with the
/// role <c>claim</c>; the claim entry is the last of the entries.
/// </summary>
public sealed class ClaimBundle
{
    public const string Format = "dure-claim-bundle/1";

    /// <summary>How many entries a bundle may hold.</summary>
    public const int MaxEntries = 100_000;

    /// <summary>How large a bundle may be.</summary>
    public const int MaxBytes = 512 << 20;

    internal const string ClaimKind = "claimed";
    internal const string ClaimRole = "claim";
    private const int MaxClaimBytes = 16 << 20;
    private const int ClaimLevels = CanonicalJson.MaxDepth - 1; // it stands inside the bundle

    internal ClaimBundle(JsonObject claim, IReadOnlyList<JournalEntry> entries, SignedHead head, VerificationKey publicKey) =>
        (Claim, Entries, Head, PublicKey) = (claim, entries, head, publicKey);

    public JsonObject Claim { get; }

    /// <summary>By number; the claim's entry is the last.</summary>
    public IReadOnlyList<JournalEntry> Entries { get; }

    public SignedHead Head { get; }

    public VerificationKey PublicKey { get; }

    /// <summary>Keeps the claim's document and enters it in the journal; the bundle is built from the entry's number.</summary>
    public static async Task<JournalEntry> Record(
        Journal journal, BlobStore blobs, string subject, JsonObject claim, Lineage lineage, string actor, CancellationToken cancel)
    {
        var output = new ArrayBufferWriter<byte>();
        CanonicalJson.Write(claim, output, ClaimLevels);
        if (output.WrittenCount > MaxClaimBytes)
            throw new ProblemException("urn:dure:evidence:claim-too-large", $"The claim has {output.WrittenCount} bytes; {MaxClaimBytes} are allowed.", subject,
                "Keep its tables as artefacts and name their hashes in it.");
        var hash = blobs.Put(output.WrittenSpan);
        var body = lineage.With(new Artefact(ClaimRole, "claim.json", hash, output.WrittenCount)).Into([]);
        return await journal.Append(ClaimKind, subject, body, actor, cancel);
    }

    /// <summary>The bundle of the claim that was entered under this number.</summary>
    public static byte[] Build(Journal journal, BlobStore blobs, long claimEntryIndex)
    {
        var claimEntry = journal.Entry(claimEntryIndex);
        if (claimEntry.Kind != ClaimKind || ClaimOf(claimEntry) is not { } document)
            throw new ProblemException("urn:dure:evidence:not-a-claim", $"Entry {claimEntryIndex} is '{claimEntry.Kind}', not a claim with its document.", $"entry {claimEntryIndex}",
                $"Name the number of an entry of kind '{ClaimKind}'.");

        var claim = blobs.Read(document.Hash, MaxClaimBytes);
        var entries = Collect(journal, claimEntry);
        return Compose(journal, claim, entries);
    }

    /// <summary>Checks a bundle with nothing but its bytes, and against a key the reader trusts when one is given. Never throws on any bytes.</summary>
    public static BundleVerdict Verify(ReadOnlySpan<byte> bundle, VerificationKey? trusted) => new BundleAudit(trusted).Run(bundle);

    internal static Artefact? ClaimOf(JournalEntry entry) => Lineage.From(entry).Artefacts.FirstOrDefault(artefact => artefact.Role == ClaimRole);

    /// <summary>The files named by the entries, in their order.</summary>
    internal static JsonArray ArtefactsOf(IEnumerable<JournalEntry> entries) =>
    [
        .. entries.SelectMany(entry => Lineage.From(entry).Artefacts.Select(artefact =>
        {
            var json = artefact.ToJson();
            json["entry"] = entry.Index;
            return json;
        })),
    ];

    private static JournalEntry[] Collect(Journal journal, JournalEntry claimEntry)
    {
        var found = new SortedDictionary<long, JournalEntry> { [claimEntry.Index] = claimEntry };
        var open = new Stack<JournalEntry>([claimEntry]);
        while (open.TryPop(out var entry))
        {
            foreach (var reference in Lineage.From(entry).Refs)
            {
                if (reference.Entry >= entry.Index)
                    throw Broken(entry, $"It rests on entry {reference.Entry}, which is not earlier.");
                if (!found.TryGetValue(reference.Entry, out var earlier))
                {
                    if (found.Count == MaxEntries)
                        throw Broken(claimEntry, $"It rests on more than {MaxEntries} entries.");
                    earlier = journal.Entry(reference.Entry);
                    found.Add(reference.Entry, earlier);
                    open.Push(earlier);
                }
                if (earlier.Hash != reference.Hash)
                    throw Broken(entry, $"It rests on entry {reference.Entry} with hash {reference.Hash}; that entry hashes to {earlier.Hash}.");
            }
        }
        return [.. found.Values];
    }

    private static byte[] Compose(Journal journal, ReadOnlySpan<byte> claim, JournalEntry[] entries)
    {
        var head = journal.Head();
        var output = new ArrayBufferWriter<byte>(1024 * entries.Length + claim.Length);
        output.Write("{\"artefacts\":"u8);
        CanonicalJson.Write(ArtefactsOf(entries), output);
        output.Write(",\"claim\":"u8);
        output.Write(claim);
        output.Write(",\"entries\":["u8);
        for (var i = 0; i < entries.Length; i++)
        {
            output.Write(i == 0 ? "{\"entry\":"u8 : ",{\"entry\":"u8);
            output.Write(entries[i].Bytes.Span);
            output.Write(",\"hash\":"u8);
            CanonicalJson.WriteString(entries[i].Hash.ToString(), output);
            output.Write(",\"proof\":"u8);
            CanonicalJson.Write(new JsonArray([.. journal.Prove(entries[i].Index, head.Size).Path.Select(hash => JsonValue.Create(hash.ToString()))]), output);
            output.Write("}"u8);
        }
        output.Write("],\"format\":"u8);
        CanonicalJson.WriteString(Format, output);
        output.Write(",\"head\":"u8);
        CanonicalJson.Write(head.ToJson(), output);
        output.Write(",\"publicKey\":"u8);
        CanonicalJson.Write(journal.PublicKey.ToJwk(), output);
        output.Write("}"u8);
        return output.WrittenSpan.ToArray();
    }

    private static ProblemException Broken(JournalEntry entry, string what) => new("urn:dure:evidence:bad-lineage", what, $"entry {entry.Index} ({entry.Kind})",
        "Run the journal's verification; if it is intact, the entry was written with a wrong reference.");
}
