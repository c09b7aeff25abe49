using System.Text.Json.Nodes;
using Dure.Datasets;
using Dure.Edge.Onnx;
using Dure.Evidence;
using Dure.Kernel;
using Dure.Learn.Registry;
using Dure.Learn.Vision;
using Dure.Node.Access;
using Microsoft.AspNetCore.Http.Features;

namespace Dure.Node.Http;

/// <summary>Images shown to an inspection or a classifier; networks of the user's that inspections may rest on.</summary>
internal static class InspectionEndpoints
{
    private const int MostBackboneBytes = 256 << 20, MostValues = 2000;

    /// <summary>An image takes a few hundred megabytes while it is looked at: the others wait.</summary>
    private static readonly SemaphoreSlim Looking = new(2, 2);

    public static void MapInspections(this IEndpointRouteBuilder app)
    {
        app.MapPost("/api/v1/predictors/{version}/inspections", Inspect).Needs(Permission.Read).WithTags("Predictors")
            .WithSummary("Inspect an image: the PNG or JPEG file as the body. An inspection says the score against the limit, how many good images look as strange, and where it is strange; a classifier the label, how probable each is, and which are possible. Query: file, its name.");
        app.MapPost("/api/v1/backbones", Bring).Needs(Permission.Train).WithTags("Predictors")
            .WithSummary("Bring an ONNX network that inspections may rest on, as the body; the answer names its hash and its inner values.");
    }

    private static async Task<JsonObject> Inspect(string version, HttpContext context, PredictorRegistry registry, string file = "image")
    {
        var found = registry.Find(version);
        using var body = await RequestBody.Read(context);
        await Looking.WaitAsync(context.RequestAborted);
        try
        {
            return await Task.Run(() => found.Manifest.ImageClasses is { } facts ? Told(found, facts, registry.ReadClassifier(found), body.Bytes.Span, file) : Inspected(found, registry.ReadInspection(found), body.Bytes.Span, file));
        }
        finally
        {
            Looking.Release();
        }
    }

    private static JsonObject Inspected(PredictorVersion version, Inspection model, ReadOnlySpan<byte> bytes, string file)
    {
        var image = ImageOf(bytes, file);
        var seen = model.Inspect(image);
        var facts = version.Manifest.Inspection!; // ReadInspection has looked
        var (x, y) = seen.Strangest;
        var isBlank = facts.IsBlank(image);
        return new()
        {
            ["verdict"] = seen.Score > 1 || isBlank ? "defect" : "good",
            ["score"] = Math.Round(seen.Score, 4),
            ["limit"] = 1,
            ["share"] = Math.Round(seen.Share, 4),
            ["goodImages"] = version.Manifest.Split.Validation,
            ["proven"] = facts.IsProven,
            ["stage"] = version.Stage.ToString(),
            ["blank"] = isBlank,
            ["otherShape"] = facts.HasOtherShape(image),
            ["strangest"] = new JsonObject { ["x"] = Math.Round(x, 4), ["y"] = Math.Round(y, 4) },
            ["width"] = image.Width,
            ["height"] = image.Height,
            ["map"] = new JsonObject { ["width"] = seen.Width, ["height"] = seen.Height, ["values"] = new JsonArray([.. seen.Map.Select(value => JsonValue.Create(Math.Round(value, 3)))]) },
        };
    }

    private static JsonObject Told(PredictorVersion version, ImageClassFacts facts, ImageClassifier model, ReadOnlySpan<byte> bytes, string file)
    {
        var image = ImageOf(bytes, file);
        var said = model.Tell(image);
        return new()
        {
            ["label"] = said.Label,
            ["probability"] = Math.Round(said.Probabilities.Max(), 4),
            ["possible"] = Names(said.Possible),
            ["level"] = version.Manifest.Interval.Level,
            ["probabilities"] = new JsonArray([.. model.Labels.Select((label, i) => new JsonObject { ["label"] = label, ["probability"] = Math.Round(said.Probabilities[i], 4) })]),
            ["proven"] = !version.Manifest.IsNoBetterThanGuess,
            ["stage"] = version.Stage.ToString(),
            ["blank"] = facts.IsBlank(image),
            ["otherShape"] = facts.HasOtherShape(image),
            ["width"] = image.Width,
            ["height"] = image.Height,
        };
    }

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => JsonValue.Create(name))];

    private static Raster ImageOf(ReadOnlySpan<byte> bytes, string file)
    {
        try
        {
            var image = Raster.Read(bytes);
            Inspection.CheckSize(image, file);
            return image;
        }
        catch (ProblemException bad) when (bad.Problem.Where == "image")
        {
            throw new ProblemException(bad.Problem.Type, bad.Problem.What, $"image '{file}'", bad.Problem.Mend, bad);
        }
    }

    private static async Task<JsonObject> Bring(HttpContext context, BlobStore blobs)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = MostBackboneBytes;
        using var bytes = new MemoryStream();
        await context.Request.Body.CopyToAsync(bytes, context.RequestAborted);
        var file = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
        var graph = OnnxModel.Read(file.Span).Graph;
        var inputs = graph.Inputs.Select(input => input.Name).Except(graph.Initializers.Select(constant => constant.Name), StringComparer.Ordinal);
        return new()
        {
            ["backbone"] = blobs.Put(file.Span).ToString(),
            ["bytes"] = bytes.Length,
            ["inputs"] = Names(inputs),
            ["values"] = Names(graph.Nodes.Where(node => node.OpType is "Relu" or "Conv" or "Add" or "Clip" or "LeakyRelu" or "Concat" or "Sigmoid" or "Mul" or "MaxPool").SelectMany(node => node.Outputs).Take(MostValues)),
        };
    }
}
