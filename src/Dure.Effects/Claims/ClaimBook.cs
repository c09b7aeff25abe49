using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;

namespace Dure.Effects;

/// <summary>A claim and the journal entry that recorded it.</summary>
public sealed record RecordedClaim(Claim Claim, JournalEntry Entry);

/// <summary>The claims of a node: a fold of the journal's <c>claimed</c> entries. Plans are entered first, claims after.</summary>
public sealed class ClaimBook
{
    public const string PlannedKind = "effect-planned";
    public const string ClaimedKind = "claimed";

    private const long LargestClaimBytes = 4 * 1024 * 1024;

    private readonly Journal journal;
    private readonly BlobStore blobs;
    private readonly Lock gate = new();
    private readonly List<RecordedClaim> claims = [];
    private readonly List<RegisteredPlan> plans = [];

    private ClaimBook(Journal journal, BlobStore blobs) => (this.journal, this.blobs) = (journal, blobs);

    /// <summary>All claims, oldest first.</summary>
    public IReadOnlyList<RecordedClaim> Claims { get { lock (gate) return [.. claims]; } }

    /// <summary>All plans, oldest first.</summary>
    public IReadOnlyList<RegisteredPlan> Plans { get { lock (gate) return [.. plans]; } }

    public static ClaimBook Open(Journal journal, BlobStore blobs)
    {
        var book = new ClaimBook(journal, blobs);
        foreach (var entry in journal.ReadKinds(ClaimedKind, PlannedKind))
            if (entry.Kind == ClaimedKind)
                book.claims.Add(new(book.ReadClaim(entry), entry));
            else
                book.plans.Add(new(EffectPlan.FromJson(entry.Body["plan"] as JsonObject ?? throw Unreadable(entry, null)), entry));
        return book;
    }

    public RecordedClaim? Find(string claimId)
    {
        lock (gate)
            return claims.LastOrDefault(c => c.Claim.ClaimId == claimId);
    }

    /// <summary>Puts a plan into the journal; do it before anything is fitted or judged.</summary>
    public async ValueTask<RegisteredPlan> Plan(EffectPlan plan, IReadOnlyList<JournalEntry> restsOn, string actor, CancellationToken cancel)
    {
        var body = Lineage.Of(restsOn).Into(new JsonObject { ["plan"] = plan.ToJson(), ["planDigest"] = plan.Digest().ToString() });
        var registered = new RegisteredPlan(plan, await journal.Append(PlannedKind, plan.Title, body, actor, cancel));
        lock (gate)
            plans.Add(registered);
        return registered;
    }

    /// <summary>Runs the plan's study on the evidence, writes the claim and the table it was computed from as blobs, and records it.
    /// The plan counts as registered before only if the journal held its digest before the outcome could be read.</summary>
    public async ValueTask<RecordedClaim> Write(EffectPlan plan, StudyEvidence evidence, string actor, CancellationToken cancel)
    {
        var found = evidence.Judge(plan);
        var registration = Registration(plan, evidence);
        var claim = ClaimWriter.Write(plan, registration?.Entry.Time, evidence, found, ContentHash.Of(found.Table));
        var document = CanonicalJson.Serialize(JsonSerializer.SerializeToNode(claim, ClaimJson.Default.Claim));
        IReadOnlyList<JournalEntry> restsOn = registration is null ? evidence.RestsOn : [registration.Entry, .. evidence.RestsOn];
        var lineage = Lineage.Of(restsOn).With([Keep("claim", claim.ClaimId + ".json", document), Keep(found.TableRole, claim.ClaimId + ".csv", found.Table),
            .. evidence.Attachments.Select(one => Keep(one.Role, one.Name, one.Bytes))]);
        var body = lineage.Into(new JsonObject
        {
            ["claimId"] = claim.ClaimId,
            ["metric"] = claim.Metric,
            ["verdict"] = JsonSerializer.SerializeToNode(claim.Verdict, ClaimJson.Default.ClaimVerdict),
            ["headline"] = claim.Headline,
        });
        var recorded = new RecordedClaim(claim, await journal.Append(ClaimedKind, claim.ClaimId, body, actor, cancel));
        lock (gate)
            claims.Add(recorded);
        return recorded;
    }

    /// <summary>A document that a claim's entry names; null where there is none with this role.</summary>
    public byte[]? Read(RecordedClaim recorded, string role) =>
        Lineage.From(recorded.Entry).Artefacts.FirstOrDefault(artefact => artefact.Role == role) is { } found ? blobs.Read(found.Hash, LargestClaimBytes) : null;

    private Artefact Keep(string role, string name, byte[] bytes) => new(role, name, blobs.Put(bytes), bytes.Length);

    private RegisteredPlan? Registration(EffectPlan plan, StudyEvidence evidence)
    {
        var digest = plan.Digest();
        lock (gate)
            return plans.FirstOrDefault(p => p.Entry.Index < evidence.OutcomeReadFrom && p.Plan.Digest() == digest);
    }

    private Claim ReadClaim(JournalEntry entry)
    {
        var document = Lineage.From(entry).Artefacts.FirstOrDefault(artefact => artefact.Role == "claim") ?? throw Unreadable(entry, null);
        try
        {
            return JsonSerializer.Deserialize(blobs.Read(document.Hash, LargestClaimBytes), ClaimJson.Default.Claim) ?? throw Unreadable(entry, null);
        }
        catch (JsonException cause)
        {
            throw Unreadable(entry, cause);
        }
    }

    private static ProblemException Unreadable(JournalEntry entry, Exception? cause) => new("urn:dure:effects:unreadable-claim",
        $"Entry {entry.Index} ({entry.Kind}) does not hold what it should.", $"journal entry {entry.Index}", "Restore the journal and the blobs from a copy.", cause);
}

/// <summary>The rows a claim was computed from, as CSV with fixed form, so that anyone can compute it again.</summary>
internal static class AlarmTable
{
    public static byte[] Bytes(IReadOnlyList<MachineAlarms> machines)
    {
        var text = new StringBuilder("machine,time_micros,truth,treated,baseline\n");
        foreach (var machine in machines)
            for (var row = 0; row < machine.Truth.Length; row++)
                text.Append(machine.Machine).Append(',').Append(machine.TimesMicros[row]).Append(Bit(machine.Truth[row]))
                    .Append(Bit(machine.Treated[row])).Append(Bit(machine.Baseline[row])).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static string Bit(bool value) => value ? ",1" : ",0";
}
