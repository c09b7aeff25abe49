using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>Reads a whole journal again and compares each byte's consequence: checksums, chain, leaf hashes, root, signature.</summary>
internal static class JournalAudit
{
    private const int ProgressEvery = 4096;

    public static JournalVerdict Run(Segments segments, JournalIndex index, SignedHead head, VerificationKey key, JournalOptions options,
        IProgress<long>? progress, CancellationToken cancel)
    {
        var frontier = new MerkleFrontier();
        JournalFault? leafFault = null;

        var scan = new SegmentScan(segments, options.MaxEntryBytes);
        var (end, fault) = scan.Run(default, head.Size, (entry, segment, offset, _) =>
        {
            var leaf = MerkleTree.LeafHash(entry.Bytes.Span);
            frontier.Add(leaf);
            var expected = index.Row(entry.Index).Leaf;
            if (expected != leaf)
                leafFault ??= Segments.Fault(segment, entry.Index, offset, "leaf hash", expected.ToString(), leaf.ToString());
            if (entry.Index % ProgressEvery == 0)
                progress?.Report(entry.Index);
        }, cancel);
        progress?.Report(end.Index);

        var root = frontier.Root();
        var first = leafFault ?? Sharpened(fault) ?? EndFault(end, root);
        return new JournalVerdict(end.Index, root, first);

        // A damaged checksum says little; the leaf hash that was kept says what the bytes should have been.
        JournalFault? Sharpened(JournalFault? found)
        {
            if (found is not { Which: "checksum" } || found.Entry >= index.Count)
                return found;
            var (offset, leaf) = index.Row(found.Entry);
            return found with { Which = "leaf hash", Expected = leaf.ToString(), Actual = Actual(found, offset), Offset = offset };
        }

        string Actual(JournalFault found, long offset)
        {
            try
            {
                var segment = segments.Of(found.Entry);
                using var file = Segments.OpenRead(segment);
                Span<byte> header = stackalloc byte[Frame.HeaderSize];
                if (RandomAccess.Read(file, header, offset) < Frame.HeaderSize || Frame.ReadLength(header).Length is var length && (length == 0 || length > options.MaxEntryBytes))
                    return "unreadable: its length is damaged";
                var bytes = new byte[length];
                return RandomAccess.Read(file, bytes, offset + Frame.HeaderSize) < length ? "unreadable: the file ends within it" : MerkleTree.LeafHash(bytes).ToString();
            }
            catch (IOException cause)
            {
                return "unreadable: " + cause.Message;
            }
        }

        JournalFault? EndFault(SegmentScan.Place place, ContentHash computed)
        {
            var segment = segments.All[Math.Min(place.Segment, segments.All.Count - 1)];
            if (place.Index < head.Size)
                return Segments.Fault(segment, place.Index, place.Offset, "leaf hash", index.Row(place.Index).Leaf.ToString(), "gone: the file ends");
            if (computed != head.Root)
                return Segments.Fault(segment, place.Index - 1, place.Offset, "root", head.Root.ToString(), computed.ToString());
            return head.IsSignedBy(key) ? null : Segments.Fault(segment, place.Index - 1, place.Offset, "signature", $"by key {key.Id}", "another's");
        }
    }
}
