using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn.Registry;
using Dure.Loop.Retraining;
using Dure.Node.Access;
using Dure.Web;

namespace Dure.Node.Http;

/// <summary>Drift of predictors, and proposals to train again that a person answers.</summary>
internal static class RetrainingEndpoints
{
    public static void MapRetrainings(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/v1/predictors/{version}/drift", Drift).Needs(Permission.Read).WithTags("Predictors").WithSummary("How far a newer dataset has moved from what the model learnt from, and whether it errs more.");
        var retrainings = app.MapGroup("/api/v1/retrainings").WithTags("Loop");
        retrainings.MapGet("/", All).Needs(Permission.Read).WithSummary("Proposals to train again, with their answers and runs.");
        retrainings.MapPost("/", Propose).Needs(Permission.Train).WithSummary("Look at the drift of a model on newer rows and, where it asks for it, propose to train again on them.");
        retrainings.MapPost("/{entry:long}/answer", Answer).Needs(Permission.Train).WithSummary("Approve, which starts the training, or refuse; with the reason.");
    }

    private static async Task<JsonObject> Drift(string version, string dataset, PredictorRegistry registry, DatasetCatalog datasets, DriftLook looks, CancellationToken cancel) =>
        Describe(await looks.Of(registry.Find(version), datasets.Find(dataset), cancel));

    private static JsonObject All(RetrainingDesk desk) => new() { ["retrainings"] = new JsonArray([.. desk.All.Select(Describe)]) };

    private static async Task<JsonObject> Propose(JsonObject request, PredictorRegistry registry, DatasetCatalog datasets, DriftLook looks, BlobStore blobs, RetrainingDesk desk, TimeProvider time, HttpContext context)
    {
        var (model, dataset) = (registry.Find(Requests.Text(request, "model")), datasets.Find(Requests.Text(request, "dataset")));
        if (model.Manifest.Recipe["remainingLife"] is not null)
            throw new ProblemException("urn:dure:loop:needs-a-person", "Nobody but a person can say which machines of the newer rows still run: their last row is not where they failed.", $"model {model.Name}", "Train it again by hand: dure train DATASET --remaining-life --cut-off MACHINE …");
        var drift = await looks.Of(model, dataset, context.RequestAborted);
        if (drift.Report.Proposal is not { } proposal)
            throw new ProblemException("urn:dure:loop:no-reason", "The rows give no reason to train the model again.", $"model {model.Name} on dataset {dataset.Name}", "Train it all the same with 'dure train', or wait for newer rows.");
        var evidence = blobs.Put(CanonicalJson.Serialize(Describe(drift)));
        return Describe(await desk.Propose(new(model.Version, model.Name, dataset.Id, proposal.Reason, evidence, context.Actor(), time.GetUtcNow()), context.RequestAborted));
    }

    private static async Task<JsonObject> Answer(long entry, JsonObject request, RetrainingDesk desk, HttpContext context)
    {
        var isApproved = Requests.Text(request, "answer") switch
        {
            "approve" => true,
            "refuse" => false,
            _ => throw Requests.Bad("answer", "There is no such answer.", "Send approve or refuse."),
        };
        return Describe(await desk.Answer(entry, isApproved, Requests.TextOr(request, "why", ""), context.Actor(), context.RequestAborted));
    }

    private static JsonObject Describe(PredictorDrift drift) => new()
    {
        ["severity"] = drift.Report.Severity.ToString(),
        ["rows"] = drift.Rows,
        ["labelledRows"] = drift.Labelled,
        ["proposal"] = drift.Report.Proposal?.Reason,
        ["errorsRose"] = drift.Report.Performance?.IsAlarm,
        ["jointAuc"] = drift.Report.Joint is { } joint ? Known(joint.Auc.Value) : null,
        ["columns"] = new JsonArray([.. drift.Report.Columns.OrderByDescending(column => column.Severity).ThenByDescending(column => column.Psi).Select(column => new JsonObject
        {
            ["column"] = column.Column,
            ["severity"] = column.Severity.ToString(),
            ["psi"] = Known(column.Psi),
            ["words"] = column.InWords,
        })]),
    };

    private static JsonObject Describe(ProposedRetraining one) => new()
    {
        ["entry"] = one.Entry.Entry,
        ["hash"] = one.Entry.Hash.ToString(),
        ["model"] = one.Proposal.Model.ToString(),
        ["name"] = one.Proposal.ModelName,
        ["dataset"] = one.Proposal.Dataset.ToString(),
        ["reason"] = one.Proposal.Reason,
        ["evidence"] = one.Proposal.Evidence.ToString(),
        ["proposedBy"] = one.Proposal.ProposedBy,
        ["proposedAt"] = one.Proposal.At,
        ["state"] = one.Answer switch { null => "open", { IsApproved: true } => "approved", _ => "refused" },
        ["answer"] = one.Answer is { } answer ? new JsonObject { ["why"] = answer.Why, ["by"] = answer.By, ["at"] = answer.At, ["entry"] = answer.Entry.Entry } : null,
        ["run"] = one.Run,
    };

    private static double? Known(double value) => double.IsFinite(value) ? value : null;
}
