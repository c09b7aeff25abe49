using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Registry;
using Dure.Node.Access;
using Dure.Node.Acting;
using Dure.Node.Runs;

namespace Dure.Node.Http;

/// <summary>Training what a recipe declares; the predictors that came of it, compared, staged, used.</summary>
internal static class PredictorEndpoints
{
    public static void MapPredictors(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/predictor-runs", Train).Needs(Permission.Train).WithTags("Predictors").WithSummary("Train what a recipe declares and register it; the answer is a run to follow.");
        var predictors = app.MapGroup("/api/v1/predictors").WithTags("Predictors");
        predictors.MapGet("/", All).Needs(Permission.Read).WithSummary("List predictor versions.");
        predictors.MapGet("/compare", Compare).Needs(Permission.Read).WithSummary("Compare two versions on the test rows they share.");
        predictors.MapGet("/leaderboards", Leaderboards).Needs(Permission.Read).WithSummary("Versions judged on the same rows of the same target, best first.");
        predictors.MapGet("/{version}", One).Needs(Permission.Read).WithSummary("A version with its figures and its recipe.");
        predictors.MapGet("/{version}/card.md", Card).Needs(Permission.Read).WithSummary("The model card, as Markdown.");
        predictors.MapGet("/{version}/onnx", Onnx).Needs(Permission.Read).WithSummary("The model as ONNX.");
        predictors.MapGet("/{version}/recipe", Recipe).Needs(Permission.Read).WithSummary("The recipe, to train it again or with changes.");
        predictors.MapPost("/{version}/predictions", PredictionRequests.Predict).Needs(Permission.Read).WithSummary("Predict rows of signals, in order of time, with intervals; with \"explain\" also what each feature adds to the last.");
        predictors.MapPost("/{version}/changes", PredictionRequests.Change).Needs(Permission.Read).WithSummary("What would have to be otherwise in a row for another prediction: only named signals, only values seen in training.");
        predictors.MapGet("/{version}/dependence", Dependence).Needs(Permission.Read).WithSummary("How predictions go with the features that matter most, with the rows behind each point.");
        predictors.MapPost("/{version}/stage", Stage).Needs(Permission.Train).WithSummary("Approve or retire a version, with the reason.");
    }

    public static PredictorVersion Find(this PredictorRegistry registry, string? version) => (version is null ? null : registry.TryFind(version))
        ?? throw new ProblemException("urn:dure:learn:no-such-model", $"There is no predictor '{version}'.", "predictor version", "List them with 'dure model list'.");

    private static Task<IResult> Train(JsonObject request, RunBoard runs, DatasetCatalog datasets, HttpContext context)
    {
        PredictorWork.Check(request, datasets.Find(Requests.Text(request, "dataset")));
        request.Remove(RetrainingHost.Because); // only an answer to a proposal writes that
        return RunEndpoints.Accept(runs, PredictorWork.Kind, request, context);
    }

    private static JsonObject All(PredictorRegistry registry) => new() { ["predictors"] = new JsonArray([.. registry.Versions.Reverse().Select(PredictorJson.Line)]) };

    private static JsonObject One(string version, PredictorRegistry registry) => PredictorJson.Describe(registry.Find(version));

    private static IResult Card(string version, string? language, PredictorRegistry registry) => Results.Text(PredictorCard.Markdown(registry.Find(version).Manifest, Requests.Language(language)), "text/markdown; charset=utf-8");

    private static IResult Onnx(string version, PredictorRegistry registry)
    {
        var found = registry.Find(version);
        return Results.File(registry.ReadOnnx(found), "application/octet-stream", $"{found.Name}-{found.Version.Short}.onnx");
    }

    private static JsonNode Recipe(string version, PredictorRegistry registry) => registry.Find(version).Manifest.Recipe.DeepClone();

    private static JsonObject Dependence(string version, PredictorRegistry registry) => new()
    {
        ["features"] = new JsonArray([.. registry.ReadDependences(registry.Find(version)).Select(PredictorJson.Dependence)]),
    };

    private static JsonObject Compare(string a, string b, PredictorRegistry registry, CancellationToken cancel)
    {
        var comparison = PredictorComparison.Of(registry, registry.Find(a), registry.Find(b), cancel);
        return new()
        {
            ["a"] = comparison.A.Version.ToString(),
            ["b"] = comparison.B.Version.ToString(),
            ["rows"] = comparison.Rows,
            ["words"] = comparison.Main.InWords,
            ["differences"] = new JsonArray([.. comparison.Differences.Select(one => new JsonObject
            {
                ["metric"] = one.Metric,
                ["value"] = Known(one.Difference.Value),
                ["low"] = Known(one.Difference.Low),
                ["high"] = Known(one.Difference.High),
                ["chance"] = Known(one.Chance),
                ["distinguishable"] = one.IsDistinguishable,
                ["words"] = one.InWords,
            })]),
        };
    }

    private static double? Known(double value) => double.IsFinite(value) ? value : null;

    private static JsonObject Leaderboards(PredictorRegistry registry) => new()
    {
        ["leaderboards"] = new JsonArray([.. PredictorLeaderboard.All(registry.Versions).Select(board => new JsonObject
        {
            ["task"] = board.Task,
            ["target"] = board.Target,
            ["dataset"] = board.DatasetName,
            ["metric"] = board.Metric,
            ["predictors"] = new JsonArray([.. board.Versions.Select(PredictorJson.Line)]),
        })]),
    };

    private static async Task<JsonObject> Stage(string version, JsonObject request, PredictorRegistry registry, HttpContext context)
    {
        var stage = Enum.TryParse<Learn.Registry.ModelStage>(Requests.Text(request, "stage"), ignoreCase: true, out var wanted) && Enum.IsDefined(wanted) ? wanted
            : throw Requests.Bad("stage", "There is no such stage.", "Send candidate, approved or retired.");
        return PredictorJson.Line(await registry.Stage(registry.Find(version), stage, Requests.Text(request, "why"), context.Actor(), context.RequestAborted));
    }
}
