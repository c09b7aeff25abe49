using Dure.Kernel;

namespace Dure.Evidence;

/// <summary>The bounds of a journal; the defaults suit a node.</summary>
public sealed record JournalOptions
{
    /// <summary>A segment file is closed and the next begun when it has reached this size.</summary>
    public long SegmentBytes { get; init; } = 64 << 20;

    /// <summary>The largest entry accepted, in canonical form.</summary>
    public int MaxEntryBytes { get; init; } = 1 << 20;

    /// <summary>How many appends may wait for the disk; further callers wait until there is room.</summary>
    public int QueueCapacity { get; init; } = 16_384;

    /// <summary>How old the newest signed head on the disk may be while entries arrive: a cut further back is always noticed.</summary>
    public TimeSpan HeadInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Open although the signed head on the disk counts more entries than the files hold. Only an operator who knows why sets this.</summary>
    public bool AcceptLoss { get; init; }
}

/// <summary>What opening a journal found and did.</summary>
/// <param name="Entries">How many entries the journal has.</param>
/// <param name="CutBytes">Bytes of a write that was interrupted before it was acknowledged; they were cut off.</param>
/// <param name="CutEntries">Entries within them that were readable but rested on an unreadable one.</param>
/// <param name="LostEntries">Entries that a signed head had counted and that are gone; more than 0 only with <see cref="JournalOptions.AcceptLoss"/>.</param>
/// <param name="IsIndexRebuilt">Whether the index file was missing or stale and was made anew from the segments.</param>
public sealed record JournalRecovery(long Entries, long CutBytes, long CutEntries, long LostEntries, bool IsIndexRebuilt)
{
    public override string ToString()
    {
        var text = $"{Entries} entries";
        if (CutBytes > 0)
            text += $"; cut {CutBytes} bytes of an interrupted write ({CutEntries} whole entries among them, none acknowledged)";
        if (LostEntries > 0)
            text += $"; {LostEntries} entries that a signed head had counted are gone";
        return IsIndexRebuilt ? text + "; index made anew" : text;
    }
}

/// <summary>The result of reading a whole journal again.</summary>
/// <param name="Entries">How many entries were checked.</param>
/// <param name="Root">The Merkle root over them, computed from the bytes.</param>
/// <param name="Fault">The first wrong thing; null when all is well.</param>
public sealed record JournalVerdict(long Entries, ContentHash Root, JournalFault? Fault)
{
    public bool IsIntact => Fault is null;

    public override string ToString() => Fault is null ? $"{Entries} entries, root {Root.Short}: intact" : Fault.ToString();
}

/// <summary>Which hash of which entry is wrong, and where it lies.</summary>
/// <param name="Entry">The entry's number.</param>
/// <param name="Which">What did not match: <c>checksum</c>, <c>leaf hash</c>, <c>previous hash</c>, <c>index</c>, <c>form</c>, <c>root</c> or <c>signature</c>.</param>
/// <param name="Expected">What it should be.</param>
/// <param name="Actual">What it is.</param>
/// <param name="File">The segment file.</param>
/// <param name="Offset">The entry's first byte in it.</param>
public sealed record JournalFault(long Entry, string Which, string Expected, string Actual, string File, long Offset)
{
    internal const string DamagedType = "urn:dure:evidence:journal-damaged";

    public string What => $"Entry {Entry}: its {Which} should be {Expected} and is {Actual}.";

    public string Where => $"{File}, byte {Offset}, entry {Entry}";

    public override string ToString() => $"{Where}: {What}";

    internal ProblemException ToException(Exception? cause = null) => new(DamagedType, What, Where,
        "Restore the journal's folder from a copy; nothing was changed or dropped.", cause);
}

/// <summary>Shows that an entry is among the entries of a head.</summary>
public sealed record InclusionProof(long Index, long Size, ContentHash Leaf, IReadOnlyList<ContentHash> Path)
{
    public bool Proves(ContentHash root) => MerkleTree.VerifyInclusion(Index, Size, Leaf, Path, root);
}
