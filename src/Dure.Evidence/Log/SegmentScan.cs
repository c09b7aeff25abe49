using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>
/// Reads segment files from a given place to their end and checks everything an entry says about itself: checksum, form,
/// number and the hash of its predecessor.
/// </summary>
internal sealed class SegmentScan(Segments segments, int maxEntryBytes)
{
    private const int BufferSize = 1 << 20;
    private static ReadOnlySpan<byte> EntryStart => "{\"actor\":\""u8;

    /// <summary>Where a scan stands.</summary>
    public readonly record struct Place(long Index, ContentHash Previous, int Segment, long Offset);

    /// <summary>Told of each good entry, where it lies, and whether it begins a group.</summary>
    public delegate void Visit(JournalEntry entry, Segment segment, long offset, bool beginsGroup);

    /// <summary>Reads until the end, <paramref name="limit"/> or the first thing that is wrong; the fault then lies at the returned place.</summary>
    public (Place End, JournalFault? Fault) Run(Place from, long limit, Visit visit, CancellationToken cancel)
    {
        var place = from;
        for (; place.Segment < segments.All.Count && place.Index < limit; place = place with { Segment = place.Segment + 1, Offset = 0 })
        {
            var segment = segments.All[place.Segment];
            if (segment.First != place.Index && place.Offset == 0)
                return (place, Segments.Fault(segment, place.Index, 0, "index", $"{place.Index}", $"{segment.First} by the file's name"));
            (place, var fault) = RunFile(segment, place, limit, visit, cancel);
            if (fault is not null)
                return (place, fault);
            if (place.Segment == segments.All.Count - 1)
                break;
        }
        return (place, null);
    }

    /// <summary>
    /// Whether a readable group begins beyond a fault. Each group is flushed before the next is written, so then the faulty
    /// entry had been acknowledged; otherwise it belongs to a write that was interrupted.
    /// </summary>
    public (bool GroupFollows, long EntriesAfter) LookBeyond(Place fault)
    {
        using var file = Segments.OpenRead(segments.All[fault.Segment]);
        var length = RandomAccess.GetLength(file);
        var tail = new byte[checked((int)Math.Min(length - fault.Offset, int.MaxValue / 2))];
        var filled = RandomAccess.Read(file, tail, fault.Offset);
        var entries = 0L;
        for (var at = 1; at < filled;)
        {
            var found = tail.AsSpan(at, filled - at).IndexOf(EntryStart);
            if (found < 0)
                break;
            var header = at + found - Frame.HeaderSize;
            at += found + 1;
            if (header < 0 || !IsWhole(tail.AsSpan(header, filled - header), out var entryLength, out var beginsGroup))
                continue;
            if (header == 0)
                continue;
            if (beginsGroup)
                return (true, entries);
            entries++;
            at = header + Frame.HeaderSize + entryLength;
        }
        return (false, entries);
    }

    private (Place, JournalFault?) RunFile(Segment segment, Place place, long limit, Visit visit, CancellationToken cancel)
    {
        using var file = new FileStream(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferSize);
        file.Position = place.Offset;
        var header = new byte[Frame.HeaderSize];
        while (place.Index < limit)
        {
            cancel.ThrowIfCancellationRequested();
            var got = file.ReadAtLeast(header, Frame.HeaderSize, throwOnEndOfStream: false);
            if (got == 0)
                break;
            if (got < Frame.HeaderSize)
                return (place, Fault("checksum", "a whole header", $"{got} bytes"));
            var (length, beginsGroup) = Frame.ReadLength(header);
            if (length == 0 || length > maxEntryBytes)
                return (place, Fault("checksum", $"of an entry of 1 to {maxEntryBytes} bytes", $"a length of {length}"));
            var bytes = new byte[length];
            got = file.ReadAtLeast(bytes, length, throwOnEndOfStream: false);
            if (got < length)
                return (place, Fault("checksum", $"of {length} bytes", $"cut after {got}"));
            var checksum = Frame.Checksum(header.AsSpan(0, 4), bytes);
            if (checksum != Frame.StoredChecksum(header))
                return (place, Fault("checksum", $"{Frame.StoredChecksum(header):x8}", $"{checksum:x8}"));
            if (Check(bytes, out var entry) is { } fault)
                return (place, fault);
            visit(entry!, segment, place.Offset, beginsGroup); // no fault, so there is an entry
            place = place with { Index = place.Index + 1, Previous = entry!.Hash, Offset = place.Offset + Frame.HeaderSize + length };
        }
        return (place, null);

        JournalFault? Check(byte[] bytes, out JournalEntry? entry)
        {
            entry = null;
            try
            {
                entry = JournalEntry.Parse(bytes);
            }
            catch (ProblemException cause)
            {
                return Fault("form", "that of an entry", cause.Problem.What);
            }
            if (entry.Index != place.Index)
                return Fault("index", $"{place.Index}", $"{entry.Index}");
            return entry.Previous == place.Previous ? null : Fault("previous hash", place.Previous.ToString(), entry.Previous.ToString());
        }

        JournalFault Fault(string which, string expected, string actual) => Segments.Fault(segment, place.Index, place.Offset, which, expected, actual);
    }

    private bool IsWhole(ReadOnlySpan<byte> frame, out int length, out bool beginsGroup)
    {
        (length, beginsGroup) = Frame.ReadLength(frame);
        if (length == 0 || length > maxEntryBytes || length > frame.Length - Frame.HeaderSize)
            return false;
        return Frame.Checksum(frame[..4], frame.Slice(Frame.HeaderSize, length)) == Frame.StoredChecksum(frame);
    }
}
