using System.Text.Json.Nodes;
using Dure.Kernel;
using Microsoft.Win32.SafeHandles;

namespace Dure.Evidence;

/// <summary>
/// The truth about everything that happened on a node: an append-only list of entries in segment files, each hashed into
/// its successor and into a Merkle tree (RFC 6962) whose head the node signs. An append returns when its entry is on the
/// disk; many callers share one flush.
/// </summary>
public sealed class Journal : IAsyncDisposable
{
    private readonly NodeKey key;
    private readonly TimeProvider time;
    private readonly JournalOptions options;
    private readonly FolderLock folderLock;
    private readonly Segments segments;
    private readonly JournalIndex index;
    private readonly JournalWriter writer;
    private readonly KindDirectory kinds;
    private readonly Lock signing = new();
    private SignedHead? newestHead;
    private int disposed;

    private Journal(string folder, NodeKey key, TimeProvider time, JournalOptions options, FolderLock folderLock, JournalOpening opening)
    {
        (this.key, this.time, this.options, this.folderLock) = (key, time, options, folderLock);
        (segments, index) = (opening.Segments, opening.Index);
        (Folder, Recovery) = (folder, opening.Recovery);
        kinds = new KindDirectory((from, end) => from >= end ? [] : Enumerate(Range(from, end)));
        writer = new JournalWriter(opening, new HeadFile(folder), time, options, Head, entry => Appended?.Invoke(entry));
    }

    public string Folder { get; }

    /// <summary>The key that checks this journal's heads.</summary>
    public VerificationKey PublicKey => key.PublicKey;

    /// <summary>What opening found and did.</summary>
    public JournalRecovery Recovery { get; }

    /// <summary>How many entries are on the disk.</summary>
    public long Count => writer.Count;

    /// <summary>
    /// Raised for each entry in order, after it is on the disk and before its append returns. A fold of the journal lives
    /// here; when it throws, the journal stops, because state that missed an entry must not be acted on.
    /// </summary>
    public event Action<JournalEntry>? Appended;

    public static Task<Journal> Open(string folder, NodeKey key, TimeProvider time, CancellationToken cancel) =>
        Open(folder, key, time, new JournalOptions(), cancel);

    /// <summary>Opens or makes the journal in <paramref name="folder"/>; cuts off a write that was interrupted, and refuses damage to anything acknowledged.</summary>
    public static Task<Journal> Open(string folder, NodeKey key, TimeProvider time, JournalOptions options, CancellationToken cancel) =>
        Task.Run(() =>
        {
            folder = Path.GetFullPath(folder);
            Directory.CreateDirectory(folder);
            var taken = FolderLock.Take(folder);
            try
            {
                return new Journal(folder, key, time, options, taken, JournalOpening.Run(folder, key.PublicKey, options, cancel));
            }
            catch
            {
                taken.Dispose();
                throw;
            }
        }, cancel);

    /// <summary>
    /// Adds an entry; it is on the disk when this returns. Waits when the queue is full. <paramref name="cancel"/> is
    /// honoured until the entry is queued: from then on it will be written.
    /// </summary>
    public ValueTask<JournalEntry> Append(string kind, string subject, JsonObject body, string actor, CancellationToken cancel) =>
        writer.Append(new EntryDraft(kind, subject, actor, body), cancel);

    /// <summary>The entries from <paramref name="from"/> up to but not including <paramref name="to"/>, or to the present end.</summary>
    public IEnumerable<JournalEntry> Read(long from = 0, long? to = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        var end = Math.Min(to ?? long.MaxValue, Count);
        return from >= end ? [] : Enumerate(Range(from, end));
    }

    /// <summary>The entries of some kinds that there are now, oldest first. The journal is read once to know its kinds; after that only what is asked for.</summary>
    public IEnumerable<JournalEntry> ReadKinds(params IReadOnlyCollection<string> wanted) => Enumerate(kinds.Find(wanted, Count));

    /// <summary>The kind of an entry, without reading it again.</summary>
    public string KindOf(long index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return kinds.KindOf(index);
    }

    public JournalEntry Entry(long index)
    {
        if (index < 0 || index >= Count)
            throw new ProblemException("urn:dure:evidence:unknown-entry", $"There is no entry {index}; the journal has {Count}.", Folder, "Name an entry from 0 on.");
        return Read(index, index + 1).First();
    }

    /// <summary>The signed head over all entries that are on the disk.</summary>
    public SignedHead Head()
    {
        lock (signing)
        {
            var size = Count;
            if (newestHead?.Size != size)
                newestHead = SignedHead.Sign(size, index.Root(size), time.GetUtcNow(), key);
            return newestHead;
        }
    }

    /// <summary>Shows that entry <paramref name="entry"/> is among the first <paramref name="size"/>.</summary>
    public InclusionProof Prove(long entry, long size)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, Count);
        return index.Prove(entry, size);
    }

    /// <summary>Shows that the first <paramref name="second"/> entries begin with the first <paramref name="first"/>.</summary>
    public IReadOnlyList<ContentHash> ProveConsistency(long first, long second)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(second, Count);
        return index.ProveConsistency(first, second);
    }

    /// <summary>Reads all entries again and compares every hash; reports the number of entries read from time to time.</summary>
    public JournalVerdict Verify(IProgress<long>? progress, CancellationToken cancel) =>
        JournalAudit.Run(segments, index, Head(), key.PublicKey, options, progress, cancel);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) == 1)
            return;
        try
        {
            await writer.DisposeAsync();
        }
        finally
        {
            index.Dispose();
            segments.Dispose();
            folderLock.Dispose();
        }
    }

    private static IEnumerable<long> Range(long from, long end)
    {
        for (var at = from; at < end; at++)
            yield return at;
    }

    private IEnumerable<JournalEntry> Enumerate(IEnumerable<long> wanted)
    {
        Segment? open = null;
        SafeFileHandle? file = null;
        try
        {
            foreach (var at in wanted)
            {
                var segment = segments.Of(at);
                if (file is null || segment != open)
                {
                    file?.Dispose();
                    (open, file) = (segment, Segments.OpenRead(segment));
                }
                var (offset, leaf) = index.Row(at);
                yield return segments.Read(file, segment, at, offset, leaf);
            }
        }
        finally
        {
            file?.Dispose();
        }
    }
}
