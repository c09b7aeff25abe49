using Dure.Evidence;

namespace Dure.Web;

/// <summary>What a journal entry rests on, as far as a page shows it.</summary>
/// <param name="Entries">Newest first, without single batches and reports.</param>
/// <param name="Batches">How many ingested batches stand at the end.</param>
/// <param name="Decisions">How many decisions of the gate stand among it; what came of each is not counted again.</param>
public sealed record EvidenceTrail(IReadOnlyList<JournalEntry> Entries, int Batches, int Decisions = 0)
{
    private const int MostEntries = 20_000;

    /// <summary>Walks the entry's references down to the ingested batches.</summary>
    public static EvidenceTrail Of(Journal journal, JournalEntry start)
    {
        var (seen, waiting, shown, batches, decisions) = (new HashSet<long> { start.Index }, new Queue<JournalEntry>([start]), new List<JournalEntry>(), 0, 0);
        while (waiting.TryDequeue(out var entry) && seen.Count < MostEntries)
        {
            foreach (var index in References(entry).Where(index => index < entry.Index && seen.Add(index)))
            {
                var earlier = journal.Entry(index);
                if (earlier.Kind == "ingested")
                {
                    batches++;
                    continue;
                }
                waiting.Enqueue(earlier);
                decisions += earlier.Kind == "decided" ? 1 : 0;
                if (earlier.Kind is not ("report-received" or "signal-registered" or "decided" or "acted"))
                    shown.Add(earlier);
            }
        }
        return new EvidenceTrail([.. shown.OrderByDescending(entry => entry.Index)], batches, decisions);
    }

    /// <summary>Numbers of the entries that an entry's <c>refs</c> name.</summary>
    public static IEnumerable<long> References(JournalEntry entry) => entry.Body["refs"] is System.Text.Json.Nodes.JsonArray refs
        ? refs.Select(item => item?["entry"] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue<double>(out var index) ? (long)index : -1).Where(index => index >= 0)
        : [];
}
