using System.CommandLine;
using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Recipes;

namespace Dure.Cli.Commands;

/// <summary>What <c>dure train</c> takes for an inspection of images.</summary>
internal sealed class InspectionOptions
{
    private readonly Option<bool> inspect = new("--inspect") { Description = "Learn from a dataset of images what good ones look like, and find what is not like them" };
    private readonly Option<string?> good = new("--good") { Description = "The label of good images; default: the one whose word says so" };
    private readonly Option<string?> method = new("--method") { Description = "positions (parts that lie alike; default), patches (parts that lie as they fall) or taught (by made defects)" };
    private readonly Option<double?> falseAlarms = new("--false-alarms") { Description = "Share of good images that may be beyond the limit (0.05)" };
    private readonly Option<int?> size = new("--size") { Description = "Points across and down to which images are brought (192)" };
    private readonly Option<FileInfo?> backbone = new("--backbone") { Description = "An ONNX network whose inner values are the features; default: a small one is trained from the images" };
    private readonly Option<string[]> values = new("--backbone-values") { Description = "Names of those values, [1, channels, height, width] each", AllowMultipleArgumentsPerToken = true };
    private readonly Option<int?> backboneSize = new("--backbone-size") { Description = "Height and width that the network takes (224)" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[inspect, good, method, falseAlarms, size, backbone, values, backboneSize])
            command.Options.Add(option);
    }

    /// <summary>Whether an inspection is asked for, by the option or by a recipe.</summary>
    public bool IsAsked(ParseResult parsed, JsonObject recipe) => parsed.GetValue(inspect) || InspectionRecipe.IsKindOf(recipe);

    /// <summary>Writes what was said into the recipe; a backbone is sent to the node first.</summary>
    public async Task Fill(JsonObject recipe, string name, ParseResult parsed, NodeClient node, CancellationToken cancel)
    {
        recipe["kind"] = InspectionRecipe.Kind;
        recipe["name"] = name;
        Set(recipe, "good", parsed.GetValue(good));
        Set(recipe, "method", parsed.GetValue(method));
        Set(recipe, "falseAlarms", parsed.GetValue(falseAlarms));
        Set(recipe, "size", parsed.GetValue(size));
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
