using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Recipes;

namespace Dure.Cli.Commands;

/// <summary>What <c>dure train</c> takes for images: an inspection of them, or a classifier.</summary>
internal sealed class ImageOptions
{
    private readonly Option<bool> inspect = new("--inspect") { Description = "Learn from a dataset of images what good ones look like, and find what is not like them" };
    private readonly Option<bool> classify = new("--classify-images") { Description = "Learn from a dataset of images which label each bears, and tell that of new ones" };
    private readonly Option<string[]> labels = new("--labels") { Description = "The labels to tell apart; default: all that have 8 images at least", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string?> good = new("--good") { Description = "The label of good images; default: the one whose word says so" };
    private readonly Option<string?> method = new("--method") { Description = "positions (parts that lie alike; default), patches (parts that lie as they fall) or taught (by made defects)" };
    private readonly Option<double?> falseAlarms = new("--false-alarms") { Description = "Share of good images that may be beyond the limit (0.05)" };
    private readonly Option<int?> size = new("--size") { Description = "Points across and down to which images are brought (192; to tell labels apart 64)" };
    private readonly Option<FileInfo?> backbone = new("--backbone") { Description = "An ONNX network whose inner values are the features; default: a small one is trained from the images" };
    private readonly Option<string[]> values = new("--backbone-values") { Description = "Names of those values, [1, channels, height, width] each", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> backboneSize = new("--backbone-size") { Description = "Height and width that the network takes (224)" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[inspect, classify, labels, good, method, falseAlarms, size, backbone, values, backboneSize])
            command.Options.Add(option);
    }

    /// <summary>Whether something of images is asked for, by an option or by a recipe.</summary>
    public bool AreAsked(ParseResult parsed, JsonObject recipe) => parsed.GetValue(inspect) || parsed.GetValue(classify) || InspectionRecipe.IsKindOf(recipe) || ImageClassRecipe.IsKindOf(recipe);

    /// <summary>Writes what was said into the recipe; a backbone is sent to the node first.</summary>
    /// <param name="name">Of the model; null: as it is usual.</param>
    public async Task Fill(JsonObject recipe, string? name, ParseResult parsed, NodeClient node, CancellationToken cancel)
    {
        var isClassifier = parsed.GetValue(classify) || (!parsed.GetValue(inspect) && ImageClassRecipe.IsKindOf(recipe));
        if (isClassifier && parsed.GetValue(inspect))
            throw new ProblemException("urn:dure:cli:bad-words", "Both an inspection and a classifier are asked for.", "--inspect, --classify-images", "Train one after the other.");
        if (!isClassifier && parsed.GetValue(labels) is { Length: > 0 })
            throw new ProblemException("urn:dure:cli:bad-words", "An inspection tells no labels apart.", "--labels", "Name the good one by --good, or train with --classify-images.");
        if (isClassifier && Array.Exists((Option[])[good, method, falseAlarms, backbone, values, backboneSize], option => parsed.GetResult(option) is { Implicit: false }))
            throw new ProblemException("urn:dure:cli:bad-words", "--good, --method, --false-alarms and --backbone are of an inspection.", "--classify-images", "Leave them out, or train with --inspect.");
        recipe["name"] = name ?? (isClassifier ? "labels" : "inspection");
        Set(recipe, "size", parsed.GetValue(size));
        if (!isClassifier)
        {
            await FillInspection(recipe, parsed, node, cancel);
            return;
        }
        recipe["kind"] = ImageClassRecipe.Kind;
        if (parsed.GetValue(labels) is { Length: > 0 } told)
            recipe["labels"] = new JsonArray([.. told.Select(label => JsonValue.Create(label))]);
    }

    private async Task FillInspection(JsonObject recipe, ParseResult parsed, NodeClient node, CancellationToken cancel)
    {
        recipe["kind"] = InspectionRecipe.Kind;
        Set(recipe, "good", parsed.GetValue(good));
        Set(recipe, "method", parsed.GetValue(method));
        Set(recipe, "falseAlarms", parsed.GetValue(falseAlarms));
        if (parsed.GetValue(backbone) is not { } file)
            return;
        if (!file.Exists)
            throw new ProblemException("urn:dure:cli:no-file", "There is no such file.", file.FullName, "Check the path.");
        using var content = new StreamContent(file.OpenRead());
        var kept = await node.Post("api/v1/backbones", content, cancel);
        if (parsed.GetValue(values) is not { Length: > 0 } named)
            throw new ProblemException("urn:dure:learn:bad-backbone", "No value of the backbone is named.", "--backbone-values", $"Name one or more of: {string.Join(", ", kept["values"]!.AsArray().Select(value => (string?)value).Take(60))}.");
        var asked = new JsonObject { ["file"] = kept.Text("backbone"), ["values"] = new JsonArray([.. named.Select(value => JsonValue.Create(value))]) };
        Set(asked, "size", parsed.GetValue(backboneSize));
        recipe["backbone"] = asked;
    }

    private static void Set<T>(JsonObject text, string field, T? value)
    {
        if (value is not null)
            text[field] = JsonValue.Create(value);
    }
}
