using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn.Registry;
using Dure.Loop;
using Dure.Loop.Retraining;
using Dure.Node.Http;
using Dure.Node.Runs;

namespace Dure.Node.Acting;

/// <summary>Proposals to train again in the journal: the proposal rests on model and dataset, the answer on the proposal, the training on the answer.</summary>
internal sealed class RetrainingHost(Journal journal, BlobStore blobs, PredictorRegistry predictors, DatasetCatalog datasets, RunBoard runs) : IRetrainingHost
{
    public const string ProposedKind = "retraining-proposed";
    public const string AnsweredKind = "retraining-answered";

    /// <summary>The field of a training's request that names the answer it was started by.</summary>
    public const string Because = "because";

    public async Task<EntryReference> Proposed(RetrainingProposal proposal, CancellationToken cancel)
    {
        var (model, dataset) = (predictors.Find(proposal.Model.ToString()), datasets.Find(proposal.Dataset.ToString()));
        var lineage = Lineage.Of(new EntryRef(model.Entry.Index, model.Entry.Hash), new EntryRef(dataset.Entry, dataset.EntryHash))
            .With(new Artefact("drift-report", proposal.ModelName + ".drift.json", proposal.Evidence, new FileInfo(blobs.PathOf(proposal.Evidence)).Length));
        var entry = await journal.Append(ProposedKind, proposal.ModelName, lineage.Into(new JsonObject
        {
            ["model"] = proposal.Model.ToString(),
            ["dataset"] = proposal.Dataset.ToString(),
            ["reason"] = proposal.Reason,
            ["evidence"] = proposal.Evidence.ToString(),
        }), proposal.ProposedBy, cancel);
        return new(entry.Index, entry.Hash);
    }

    public async Task<RetrainingAnswer> Answered(ProposedRetraining retraining, bool isApproved, string why, string by, CancellationToken cancel)
    {
        var body = Lineage.Of(new EntryRef(retraining.Entry.Entry, retraining.Entry.Hash)).Into(new JsonObject { ["approved"] = isApproved, ["why"] = why });
        return AnswerOf(await journal.Append(AnsweredKind, retraining.Proposal.ModelName, body, by, cancel));
    }

    public async Task<string> Start(ProposedRetraining approved, CancellationToken cancel)
    {
        var answer = approved.Answer!; // only what was answered comes here
        var request = new JsonObject
        {
            ["dataset"] = approved.Proposal.Dataset.ToString(),
            ["recipe"] = predictors.Find(approved.Proposal.Model.ToString()).Manifest.Recipe.DeepClone(),
            [Because] = new JsonObject { ["entry"] = answer.Entry.Entry, ["hash"] = answer.Entry.Hash.ToString() },
        };
        return (await runs.Request(PredictorWork.Kind, request, answer.By, cancel)).Id;
    }

    /// <summary>What the journal holds, the oldest first.</summary>
    public IEnumerable<ProposedRetraining> Before()
    {
        var (all, answers) = (new Dictionary<long, ProposedRetraining>(), new Dictionary<long, long>());
        foreach (var entry in journal.ReadKinds(ProposedKind, AnsweredKind, RunBoard.Requested))
            if (entry.Kind == ProposedKind)
                all[entry.Index] = new(new(entry.Index, entry.Hash), ProposalOf(entry));
            else if (entry.Kind == AnsweredKind && Lineage.From(entry).Refs is [var asked, ..] && all.TryGetValue(asked.Entry, out var proposed))
                (all[asked.Entry], answers[entry.Index]) = (proposed with { Answer = AnswerOf(entry) }, asked.Entry);
            else if (entry.Kind == RunBoard.Requested && BecauseOf(entry) is { } because && answers.TryGetValue(because, out var started))
                all[started] = all[started] with { Run = entry.Subject };
        return all.Values.OrderBy(one => one.Entry.Entry);
    }

    /// <summary>The answer that a run was started by, or null. Requests of other kinds come from outside as they are: what they hold is not trusted.</summary>
    private static long? BecauseOf(JournalEntry run) => (string?)run.Body["kind"] == PredictorWork.Kind && run.Body["request"] is JsonObject request
        && request[Because] is JsonObject because && because["entry"] is JsonValue entry && entry.TryGetValue<long>(out var number) ? number : null;

    private static RetrainingProposal ProposalOf(JournalEntry entry)
    {
        string text(string name) => entry.Body[name]!.GetValue<string>(); // this node wrote it
        return new(ContentHash.Parse(text("model")), entry.Subject, ContentHash.Parse(text("dataset")), text("reason"), ContentHash.Parse(text("evidence")), entry.Actor, entry.Time);
    }

    private static RetrainingAnswer AnswerOf(JournalEntry entry) => new(entry.Body["approved"]!.GetValue<bool>(), entry.Body["why"]!.GetValue<string>(), entry.Actor, entry.Time, new(entry.Index, entry.Hash));
}
