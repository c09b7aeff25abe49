using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Evidence;
using Dure.Exchange.Handover;
using Dure.Kernel;
using Dure.Learn;
using Dure.Node.Http;

namespace Dure.Node.Runs;

/// <summary>Trains all detectors on a dataset version, registers the chosen one, and keeps its scores of the held-out rows for later comparison.</summary>
internal sealed class TrainWork(DatasetCatalog datasets, ModelRegistry models, Journal journal, BlobStore blobs, Obligations obligations, TimeProvider time)
{
    public const string Kind = "training";

    public async Task<JsonObject> Run(JsonObject request, RunContext context)
    {
        var dataset = datasets.Find(Requests.Text(request, "dataset"));
        await obligations.ToDerive(dataset.Name, dataset.Entry, context.Cancel);
        var options = new TrainingOptions
        {
            Name = Requests.TextOr(request, "name", "anomaly"),
            Recipes = DetectorCatalog.Named(Requests.Texts(request, "detectors")),
            Reference = [.. Requests.Texts(request, "reference").Select(AssetId.Parse)],
        };
        var result = await new TrainingJob(options, time).Run(dataset, datasets.LoadFrames(dataset, context.Cancel), new Teller(context), context.Cancel);
        var model = await models.Register(result, context.Actor, context.Cancel);
        await HeldOutScores.Keep(journal, blobs, model, result, context.Actor, context.Cancel);
        return Describe(model);
    }

    internal static JsonObject Describe(ModelVersion model) => new()
    {
        ["model"] = model.Version.ToString(),
        ["name"] = model.Name,
        ["number"] = model.Number,
        ["dataset"] = model.Manifest.DatasetId,
        ["machines"] = model.Manifest.Machines.Count,
        ["entry"] = model.Entry.Index,
        ["why"] = model.Manifest.SelectionRule,
        ["leaderboard"] = new JsonArray([.. model.Manifest.Leaderboard.Select(Describe), .. model.Manifest.Dummies.Select(Describe)]),
    };

    private static JsonObject Describe(ManifestContender contender)
    {
        var row = contender.HeldOut is { } rates ? Describe(rates) : [];
        row["detector"] = contender.Detector;
        row["chosen"] = contender.IsChosen;
        row["balancedAccuracyOnInjectedFaults"] = contender.BalancedAccuracy;
        row["limitMultiplier"] = contender.LimitMultiplier;
        return row;
    }

    private static JsonObject Describe(ManifestRates rates) => new()
    {
        ["detector"] = rates.Name,
        ["f1"] = rates.F1.Value,
        ["far"] = rates.FalseAlarmPercent.Value,
        ["mar"] = rates.MissedAlarmPercent.Value,
        ["f1Low"] = rates.F1.Low,
        ["f1High"] = rates.F1.High,
    };

    private sealed class Teller(RunContext context) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => context.Report(value.Total == 0 ? 0 : (double)value.Done / value.Total, value.Stage);
    }
}
