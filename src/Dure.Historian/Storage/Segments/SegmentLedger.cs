using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Historian.Storage.Segments;

/// <summary>
/// The segments in the journal: each gets an entry with the hash of its file when it comes to be, so that a dataset version or a claim can
/// point at it and anyone can compare the file later.
/// </summary>
internal sealed class SegmentLedger(Journal journal, string folder)
{
    public const string Sealed = "segment-sealed";

    private readonly ConcurrentDictionary<string, SegmentReference> known = new(StringComparer.Ordinal);

    public SegmentReference? Find(string name) => known.GetValueOrDefault(name);

    public void Apply(JournalEntry entry)
    {
        if (entry.Kind != Sealed)
            return;
        var body = entry.Body;
        known[body["file"]!.GetValue<string>()] = new SegmentReference(body["file"]!.GetValue<string>(), ContentHash.Parse(entry.Subject), entry.Index, entry.Hash,
            body["samples"]!.GetValue<long>(), body["from"]!.GetValue<long>(), body["to"]!.GetValue<long>());
        foreach (var replaced in body["replaces"]!.AsArray().Select(name => name!.GetValue<string>()).Where(name => name != body["file"]!.GetValue<string>()))
            known.TryRemove(replaced, out _);
    }

    public async Task Enter(SegmentFacts facts)
    {
        var body = new JsonObject
        {
            ["file"] = facts.Name,
            ["firstBatch"] = facts.First,
            ["lastBatch"] = facts.Last,
            ["samples"] = facts.Samples,
            ["signals"] = facts.Series,
            // Of an empty segment there is no time to tell.
            ["from"] = facts.Samples == 0 ? 0 : facts.From,
            ["to"] = facts.Samples == 0 ? 0 : facts.To,
            ["bytes"] = facts.Bytes,
            ["replaces"] = new JsonArray([.. facts.Replaces.Select(name => JsonValue.Create(name))]),
        };
        Apply(await journal.Append(Sealed, facts.Hash.ToString(), body, "node", CancellationToken.None));
    }

    /// <summary>
    /// Enters segments whose entry a crash kept from the journal. One from which old blocks were removed has the name it had and fewer samples.
    /// </summary>
    public async Task EnterMissing(IReadOnlyList<(string Name, long Samples)> held, CancellationToken cancel)
    {
        foreach (var (name, samples) in held)
        {
            var entered = Find(name);
            if (entered is not null && entered.Samples <= samples)
                continue;
            var path = Path.Combine(folder, name);
            var segment = Segment.Open(path);
            try
            {
                await using var stream = File.OpenRead(path);
                var hash = new ContentHash(await SHA256.HashDataAsync(stream, cancel));
                var (from, to) = segment.Times;
                await Enter(new SegmentFacts(name, hash, segment.FirstSequence, segment.LastSequence, segment.Samples, segment.Series.Length, from, to, stream.Length, entered is null ? [] : [name]));
            }
            finally
            {
                segment.Release();
            }
        }
    }

    /// <summary>Compares every segment's file with the hash in the journal; the problems found, none when all is well.</summary>
    public async IAsyncEnumerable<Problem> Verify(IReadOnlyList<string> names, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var name in names)
        {
            if (Find(name) is not { } expected)
                continue;
            var path = Path.Combine(folder, name);
            await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 20, FileOptions.SequentialScan);
            if (new ContentHash(await SHA256.HashDataAsync(stream, cancel)) != expected.Hash)
                yield return new Problem("urn:dure:historian:segment-changed", $"The file is not the one whose hash stands in journal entry {expected.Entry}.", path, "Restore the file from a copy.");
        }
    }
}
