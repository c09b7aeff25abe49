using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Exchange.Shells;

/// <summary>What a put expects to find.</summary>
public enum Putting
{
    Either,
    OnlyNew,
    OnlyThere,
}

/// <summary>A part of a list, and where the next begins; no cursor at the end.</summary>
public sealed record ShelfPage(IReadOnlyList<StoredDocument> Documents, string? Cursor);

/// <summary>
/// Documents of one kind by id: a fold of the journal's <c>…-put</c> and <c>…-removed</c> entries. A document is kept as the JSON it is, never
/// as a graph of objects; beyond <see cref="InlineBytes"/> it lies in the blob store and the entry names its hash.
/// </summary>
public sealed class ShellShelf
{
    public const int MaxDocuments = 1_000_000;
    public const int MaxDocumentBytes = 64 << 20;
    private const int InlineBytes = 64 * 1024;
    private const int InlineDepth = 50;
    private const int Stripes = 64;

    private readonly string kind;
    private readonly Journal journal;
    private readonly BlobStore blobs;
    private readonly Lock guard = new();
    private readonly Dictionary<string, StoredDocument> byId = new(StringComparer.Ordinal);
    private readonly SortedSet<StoredDocument> inOrder = new(Comparer<StoredDocument>.Create((a, b) => a.Created.CompareTo(b.Created)));
    private readonly SemaphoreSlim[] changing = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1, 1))];

    internal ShellShelf(string kind, Journal journal, BlobStore blobs) => (this.kind, this.journal, this.blobs) = (kind, journal, blobs);

    /// <summary>How many documents are stored.</summary>
    public int Count
    {
        get
        {
            lock (guard)
                return byId.Count;
        }
    }

    /// <summary>Documents beside the stored ones; the host sets it before the first call.</summary>
    public IDerivedDocuments? Derived { get; set; }

    /// <summary>A stored document, or one that is derived now.</summary>
    public StoredDocument? TryFind(string id) => TryStored(id) ?? (IsDerived(id) ? Derive(id) : null);

    /// <summary>Whether a document of this id is made of what the host knows, so that nobody changes it.</summary>
    public bool IsDerived(string id) => Derived is not null && id.StartsWith(IDerivedDocuments.Prefix, StringComparison.Ordinal) && Derived.Has(id);

    /// <exception cref="ProblemException">There is none of this id.</exception>
    public StoredDocument Find(string id) => TryFind(id) ?? throw ShellProblem.NotFound($"There is no {kind} '{FindingList.Shown(id)}'.", $"{kind} {FindingList.Shown(id)}");

    /// <summary>The document's JSON.</summary>
    public ReadOnlyMemory<byte> Content(StoredDocument document) => document.Inline ?? blobs.Read(document.Blob!.Value, MaxDocumentBytes); // what is not inline is a blob

    /// <summary>The documents that fit, the stored ones oldest first and then the derived ones by id.</summary>
    /// <param name="cursor">Where an earlier page ended; null for the beginning.</param>
    public ShelfPage Page(Func<StoredDocument, bool> fits, string? cursor, int limit, CancellationToken cancel)
    {
        var found = new List<StoredDocument>();
        foreach (var document in All(ShellCursor.Read(cursor)))
        {
            cancel.ThrowIfCancellationRequested();
            if (!fits(document))
                continue;
            if (found.Count == limit)
                return new ShelfPage(found, ShellCursor.After(found[^1]));
            found.Add(document);
        }
        return new ShelfPage(found, null);
    }

    /// <summary>All documents, stored and derived, as they are when their turn comes; no lock is held between them.</summary>
    public IEnumerable<StoredDocument> All() => All(default);

    private IEnumerable<StoredDocument> All(ShellCursor from)
    {
        if (from.Derived is null)
            foreach (var document in Stored(from.Created))
                yield return document;
        foreach (var id in Derived?.Ids ?? [])
            if (string.CompareOrdinal(id, from.Derived) > 0 && Derive(id) is { } document)
                yield return document;
    }

    private StoredDocument? Derive(string id) => Derived?.TryMake(id) is { } value ? StoredDocument.OfDerived(id, ShellJson.Write(value)) : null;

    private StoredDocument? TryStored(string id)
    {
        lock (guard)
            return byId.GetValueOrDefault(id);
    }

    private IEnumerable<StoredDocument> Stored(long created)
    {
        const int Batch = 1024;
        for (var at = created; ;)
        {
            StoredDocument[] some;
            lock (guard)
            {
                var max = inOrder.Max;
                if (max is null || max.Created < at)
                    yield break;
                some = [.. inOrder.GetViewBetween(StoredAt(at), max).Take(Batch)];
            }
            foreach (var document in some)
                yield return document;
            at = some[^1].Created + 1;
        }
    }

    /// <summary>Puts a document; durable on return. The answer says whether it is new.</summary>
    public Task<bool> Put(string id, ReadOnlyMemory<byte> content, Putting putting, string actor, CancellationToken cancel) =>
        Change(id, old => new Change(content, old?.Files ?? []), putting, actor, cancel);

    /// <summary>Makes a new content of the present one; nobody else changes the same document meanwhile.</summary>
    /// <param name="change">Gets the present document, or null, and answers what is to be; null to leave it.</param>
    public async Task<bool> Change(string id, Func<StoredDocument?, Change?> change, Putting putting, string actor, CancellationToken cancel)
    {
        CheckNotDerived(id, putting);
        var stripe = StripeOf(id);
        await stripe.WaitAsync(cancel);
        try
        {
            var old = TryStored(id);
            if (old is not null && putting == Putting.OnlyNew)
                throw Taken(id);
            if (old is null && putting == Putting.OnlyThere)
                Find(id);
            if (old is null && Count >= MaxDocuments)
                throw new ProblemException("urn:dure:exchange:too-many-shells", $"There are {MaxDocuments} documents of this kind already.", kind, "Remove what is no longer needed.");
            if (change(old) is not { } next)
                return false;
            Apply(await journal.Append($"{kind}-put", id, Body(next), actor, cancel));
            return old is null;
        }
        finally
        {
            stripe.Release();
        }
    }

    /// <summary>The object that a document holds.</summary>
    public T Load<T>(StoredDocument document) where T : class => ShellJson.Read<T>(Content(document)).OrThrow();

    /// <summary>Checks an object and puts it.</summary>
    /// <exception cref="ProblemException">It breaks a constraint, or is or is not there against what was expected.</exception>
    public Task<bool> Put<T>(string id, T value, Putting putting, string actor, CancellationToken cancel) where T : class
    {
        Check(value);
        return Change(id, old => new Change(ShellJson.Write(value), Kept(value, old?.Files ?? [])), putting, actor, cancel);
    }

    /// <summary>Changes an object that is there.</summary>
    /// <param name="change">Changes it in place, or answers another in its stead; adds to or takes from its files.</param>
    public Task Change<T>(string id, Func<T, List<StoredFile>, T> change, string actor, CancellationToken cancel) where T : class =>
        Change(id, old =>
        {
            var files = old!.Files.ToList(); // OnlyThere has seen to it
            var value = change(Load<T>(old), files);
            Check(value);
            return new Change(ShellJson.Write(value), Kept(value, files));
        }, Putting.OnlyThere, actor, cancel);

    public async Task<bool> Remove(string id, string actor, CancellationToken cancel)
    {
        CheckNotDerived(id, Putting.OnlyThere);
        var stripe = StripeOf(id);
        await stripe.WaitAsync(cancel);
        try
        {
            if (TryStored(id) is null)
                return false;
            Apply(await journal.Append($"{kind}-removed", id, [], actor, cancel));
            return true;
        }
        finally
        {
            stripe.Release();
        }
    }

    /// <summary>Takes an entry of this shelf's kinds into memory.</summary>
    internal void Apply(JournalEntry entry) => Take(entry.Subject, entry.Kind.EndsWith("-put", StringComparison.Ordinal) ? Read(entry.Subject, EntryParts.Of(entry), entry.Index, 0) : null);

    /// <summary>Takes one document of an entry that brought many.</summary>
    /// <param name="place">Which of the entry's documents it is.</param>
    internal void Apply(string id, EntryParts parts, long entry, int place) => Take(id, Read(id, parts, entry, place));

    /// <summary>Lets nobody else change anything here until the answer is disposed of.</summary>
    internal async Task<IDisposable> HoldAll(CancellationToken cancel)
    {
        var held = new HeldStripes(changing);
        try
        {
            await held.Take(cancel);
            return held;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    private void Take(string id, StoredDocument? next)
    {
        lock (guard)
        {
            if (byId.Remove(id, out var old))
                inOrder.Remove(old);
            if (next is null)
                return;
            byId[next.Id] = next;
            inOrder.Add(next);
        }
    }

    /// <summary>What a document here is, as entries call it.</summary>
    internal string Kind => kind;

    internal IEnumerable<string> Kinds => [$"{kind}-put", $"{kind}-removed"];

    private StoredDocument Read(string id, EntryParts parts, long entry, int place)
    {
        var created = TryStored(id)?.Created ?? ShellCursor.PlaceOf(entry, place);
        var content = parts.Document?.ToArray() ?? blobs.Read(parts.Blob!.Value, MaxDocumentBytes); // an entry has one or the other
        return new StoredDocument(id, created, entry, content.Length <= InlineBytes ? content : null, parts.Blob, content, parts.Files);
    }

    private ProblemException Taken(string id) => new("urn:dure:exchange:shell-conflict", $"There is a {kind} '{FindingList.Shown(id)}' already.", "id", "Choose another id, or replace it with PUT.");

    private void CheckNotDerived(string id, Putting putting)
    {
        if (!IsDerived(id))
            return;
        throw putting == Putting.OnlyNew ? Taken(id) : new ProblemException("urn:dure:exchange:derived-shell",
            $"This {kind} is made of what the node knows of its machines, and cannot be changed by itself.", FindingList.Shown(id), "Change what it is made of (signals, datasets, models, devices), or put your own under another id.");
    }

    private JsonObject Body(Change next)
    {
        if (next.Content.Length > MaxDocumentBytes)
            throw new ProblemException("urn:dure:exchange:shell-too-large", $"The {kind} has {next.Content.Length >> 20} MiB; {MaxDocumentBytes >> 20} are allowed.", kind, "Keep large content as files.");
        var body = new JsonObject();
        if (next.Content.Length <= InlineBytes && EntryParts.DepthOf(next.Content.Span) <= InlineDepth)
            body["document"] = JsonNode.Parse(next.Content.Span);
        else
            body["blob"] = blobs.Put(next.Content.Span).ToString();
        if (next.Files.Count > 0)
            body["files"] = EntryParts.Write(next.Files);
        return body;
    }

    private SemaphoreSlim StripeOf(string id) => changing[(uint)id.GetHashCode(StringComparison.Ordinal) % Stripes];

    private static void Check(object value)
    {
        if (ShellAudit.CheckObject(value) is { Count: > 0 } findings)
            throw ShellProblem.NotValid(findings);
    }

    /// <summary>Files that nothing in the document speaks of any more are let go.</summary>
    private static IReadOnlyList<StoredFile> Kept(object value, IReadOnlyList<StoredFile> files)
    {
        if (files.Count == 0)
            return files;
        var named = FilesNamedIn(value).ToHashSet(StringComparer.Ordinal);
        return [.. files.Where(file => named.Contains(file.Name))];
    }

    /// <summary>The paths of files that a document speaks of.</summary>
    internal static IEnumerable<string> FilesNamedIn(object value) => value switch
    {
        Submodel submodel => FilesIn(submodel),
        AssetAdministrationShell { AssetInformation.DefaultThumbnail: { } thumbnail } => [thumbnail.Path],
        _ => [],
    };

    private static IEnumerable<string> FilesIn(object parent) => (ElementTree.Below(parent) ?? []).SelectMany(element => element is FileElement { Value: { } path } ? [path] : FilesIn(element));

    /// <summary>Stands for a place in the order when looking for it.</summary>
    private static StoredDocument StoredAt(long created) => new("", created, created, null, null, "{}"u8, []);
}

/// <summary>What a document is to be.</summary>
public sealed record Change(ReadOnlyMemory<byte> Content, IReadOnlyList<StoredFile> Files);

