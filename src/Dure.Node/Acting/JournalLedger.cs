using System.Text.Json.Nodes;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Loop;

namespace Dure.Node.Acting;

/// <summary>Records the gate's decisions in the journal, before anything moves, and rebuilds the decision log from it.</summary>
internal sealed class JournalLedger(Journal journal) : IDecisionLedger
{
    public const string DecidedKind = "decided";
    public const string ActedKind = "acted";
    private const string Actor = "gate";

    public async Task<EntryReference> Decided(DecisionRecord decision, CancellationToken cancel)
    {
        var proposal = decision.Proposal;
        var body = new JsonObject
        {
            ["action"] = proposal.Action,
            ["at"] = Micros.Of(proposal.At),
            ["reason"] = proposal.Reason,
            ["proposedBy"] = proposal.ProposedBy,
            ["envelope"] = decision.Envelope,
            ["decision"] = decision.Decision.Word,
            ["explanation"] = decision.Decision.Explanation,
        };
        if (proposal.Setpoint is { } setpoint && double.IsFinite(setpoint)) // the explanation names one that is no number
            body["setpoint"] = setpoint;
        if (proposal.Key is { } key)
            body["key"] = key;
        if (proposal.Values.Count > 0)
            body["values"] = ActionValue.ToJson(proposal.Values);
        if (proposal.Cause is { } cause)
            Lineage.Of(new EntryRef(cause.Entry, cause.Hash)).Into(body);
        var entry = await journal.Append(DecidedKind, proposal.Asset.Path, body, Actor, cancel);
        return new EntryReference(entry.Index, entry.Hash);
    }

    public async Task Acted(EntryReference decision, DecisionRecord record, CancellationToken cancel)
    {
        var outcome = record.Outcome!; // only allowed actions, which have one, come here
        var body = Lineage.Of(new EntryRef(decision.Entry, decision.Hash)).Into(new JsonObject
        {
            ["actuator"] = outcome.Actuator,
            ["simulated"] = outcome.IsSimulated,
            ["asExpected"] = outcome.AsExpected,
            ["words"] = outcome.Words,
        });
        if (record.Proposal.Key is { } key)
            (body["key"], body["state"]) = (key, outcome.State.ToString().ToLowerInvariant());
        await journal.Append(ActedKind, record.Proposal.Asset.Path, body, Actor, cancel);
    }

    /// <summary>Puts the journal's decisions back into a fresh log.</summary>
    public void Rebuild(DecisionLog log)
    {
        var open = new Dictionary<long, (DecisionRecord Record, EntryReference Entry)>();
        foreach (var entry in journal.ReadKinds(DecidedKind, ActedKind))
        {
            if (entry.Kind == DecidedKind)
            {
                var record = FromJson(entry);
                if (record.Decision is Decision.Allowed)
                    open[entry.Index] = (record, new EntryReference(entry.Index, entry.Hash));
                else
                    log.Add(record, new EntryReference(entry.Index, entry.Hash));
            }
            else if (entry.Kind == ActedKind && Lineage.From(entry).Refs is [var cause, ..] && open.Remove(cause.Entry, out var decided))
            {
                log.Add(decided.Record with { Outcome = OutcomeOf(entry.Body) }, decided.Entry);
            }
        }
        foreach (var (record, entry) in open.Values)
            log.Add(record, entry);
    }

    private static DecisionRecord FromJson(JournalEntry entry)
    {
        string Text(string name) => entry.Body[name]!.GetValue<string>();
        var proposal = new ProposedAction(AssetId.Parse(entry.Subject), Text("action"), entry.Body["setpoint"]?.GetValue<double>(), Text("reason"), Text("proposedBy"),
            Micros.Time(entry.Body["at"]!.GetValue<long>()), Lineage.From(entry).Refs is [var cause, ..] ? new EntryReference(cause.Entry, cause.Hash) : null)
        {
            Key = entry.Body["key"]?.GetValue<string>(),
            Values = ActionValue.AllFromJson(entry.Body["values"] as JsonObject),
        };
        Decision decision = Text("decision") switch
        {
            "allowed" => new Decision.Allowed(),
            "needs-person" => new Decision.NeedsPerson(Text("explanation")),
            _ => new Decision.Refused(Text("explanation"), ""),
        };
        return new DecisionRecord(proposal, Text("envelope"), decision, null);
    }

    private static Outcome OutcomeOf(JsonObject body) => new(body["actuator"]!.GetValue<string>(), body["simulated"]!.GetValue<bool>(), null, null,
        body["asExpected"]!.GetValue<bool>(), body["words"]!.GetValue<string>()) { State = Enum.TryParse<ActuationState>(body["state"]?.GetValue<string>(), ignoreCase: true, out var state) ? state : ActuationState.Done };
}
