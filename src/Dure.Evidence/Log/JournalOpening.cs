using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// Brings a journal's files into a state that can be appended to. The index is trusted as far as a signed head confirms its
/// root; everything after is read from the segments. What was never acknowledged is cut off, damage to the rest is refused.
/// </summary>
internal sealed class JournalOpening
{
    private const string IndexName = "index";

    private readonly SegmentScan scan;
    private readonly JournalOptions options;
    private readonly SignedHead? head;

    private JournalOpening(string folder, VerificationKey key, JournalOptions options)
    {
        this.options = options;
        head = new HeadFile(folder).Read(key);
        Segments = new Segments(folder, options.MaxEntryBytes);
        Index = new JournalIndex(Path.Combine(folder, IndexName));
        scan = new SegmentScan(Segments, options.MaxEntryBytes);
    }

    public Segments Segments { get; }
    public JournalIndex Index { get; }
    public JournalRecovery Recovery { get; private set; } = new(0, 0, 0, 0, false);

    /// <summary>How many entries the head on the disk counts, when they are all there; -1 when a new one is due at once.</summary>
    public long HeadSize => Recovery.LostEntries > 0 ? -1 : head?.Size ?? 0;

    /// <summary>The hash of the last entry; zeros when there is none.</summary>
    public ContentHash Last { get; private set; }

    public static JournalOpening Run(string folder, VerificationKey key, JournalOptions options, CancellationToken cancel)
    {
        var opening = new JournalOpening(folder, key, options);
        try
        {
            opening.Run(cancel);
            return opening;
        }
        catch
        {
            opening.Index.Dispose();
            opening.Segments.Dispose();
            throw;
        }
    }

    private void Run(CancellationToken cancel)
    {
        var rowsBefore = Index.RowsOnDisk;
        var start = TrustedStart();
        var rebuilt = start.Index == 0 && (rowsBefore > 0 || head is { Size: > 0 });
        Recovery = Recovery with { IsIndexRebuilt = rebuilt };

        var (end, fault) = scan.Run(start, long.MaxValue, (entry, _, offset, _) => Index.Add(offset, MerkleTree.LeafHash(entry.Bytes.Span)), cancel);
        Segments.OpenLast();
        Last = end.Previous;
        if (fault is not null)
            CutTail(end, fault);
        CompareWithHead();
        Index.Trim();
        Recovery = Recovery with { Entries = Index.Count };
    }

    /// <summary>The place after the entries whose index rows the signed head confirms, or the beginning.</summary>
    private SegmentScan.Place TrustedStart()
    {
        if (head is { Size: > 0 } && Index.RowsOnDisk >= head.Size && Segments.All.Count > 0)
        {
            Index.Load(head.Size);
            if (Index.Root(head.Size) == head.Root && TryPlaceAfter(head.Size - 1) is { } place)
                return place;
        }
        Index.Clear();
        return default;
    }

    private SegmentScan.Place? TryPlaceAfter(long entry)
    {
        var segment = Segments.Of(entry);
        var (offset, leaf) = Index.Row(entry);
        using var file = Segments.OpenRead(segment);
        try
        {
            var last = Segments.Read(file, segment, entry, offset, leaf);
            var number = Segments.All.TakeWhile(other => other != segment).Count();
            return new SegmentScan.Place(entry + 1, last.Hash, number, offset + Frame.HeaderSize + last.Bytes.Length);
        }
        catch (ProblemException)
        {
            return null; // read everything: the full scan finds and names what is wrong
        }
    }

    private void CutTail(SegmentScan.Place place, JournalFault fault)
    {
        var isLastFile = place.Segment == Segments.All.Count - 1;
        var hasPlace = fault.Which is "checksum" && isLastFile && !(place.Index < head?.Size && !options.AcceptLoss);
        if (!hasPlace)
            throw fault.ToException();
        var (groupFollows, entriesAfter) = scan.LookBeyond(place);
        if (groupFollows)
            throw fault.ToException();
        Recovery = Recovery with { CutBytes = Segments.Length - place.Offset, CutEntries = entriesAfter };
        Segments.CutTo(place.Offset);
    }

    private void CompareWithHead()
    {
        if (head is null)
            return;
        if (Index.Count < head.Size)
        {
            if (!options.AcceptLoss)
                throw new ProblemException(JournalFault.DamagedType,
                    $"The node signed a head over {head.Size} entries at {head.Time:O}; the files hold {Index.Count}. Entries {Index.Count} to {head.Size - 1} are gone.",
                    Segments.All.Count == 0 ? "the journal's folder" : Segments.All[^1].Path,
                    "Restore the journal's folder from a copy, or open it with AcceptLoss to go on without them.");
            Recovery = Recovery with { LostEntries = head.Size - Index.Count };
            return;
        }
        var root = Index.Root(head.Size);
        if (root != head.Root)
            throw new ProblemException(JournalFault.DamagedType,
                $"The root over the first {head.Size} entries should be {head.Root}, as signed at {head.Time:O}, and is {root}: entries were rewritten.",
                Segments.All[0].Path, "Restore the journal's folder from a copy; nothing was changed or dropped.");
    }
}
