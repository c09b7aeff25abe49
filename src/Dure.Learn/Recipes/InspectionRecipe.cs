using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Vision;

namespace Dure.Learn.Recipes;

/// <summary>A network of the user's that an inspection rests on: an ONNX file of the node, and which of its inner values are the features.</summary>
/// <param name="File">The blob's hash.</param>
public sealed record BackboneRecipe(ContentHash File, IReadOnlyList<string> Values, int Size, IReadOnlyList<float> Means, IReadOnlyList<float> Spreads);

/// <summary>
/// A declared training of an inspection: which label is the good one, by what strangeness is told, and how many false alarms are taken. The same
/// recipe and images give the same model.
/// </summary>
public sealed record InspectionRecipe
{
    /// <summary>What the member <c>kind</c> of such a recipe says.</summary>
    public const string Kind = "inspection";

    public const int FormVersion = 1;

    /// <summary>Larger ones make models of hundreds of megabytes.</summary>
    private const int MostSize = 512;

    private static readonly InspectionOptions Usual = new();

    /// <summary>Name under which the model is registered.</summary>
    public required string Name { get; init; }

    /// <summary>The label of good images; null: the one whose word says so.</summary>
    public string? Good { get; init; }

    /// <summary>Without its backbone, which is a file.</summary>
    public required InspectionOptions Options { get; init; }

    public BackboneRecipe? Backbone { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Whether a recipe is one of an inspection.</summary>
    public static bool IsKindOf(JsonObject text) => text["kind"] is JsonValue kind && kind.TryGetValue<string>(out var word) && word == Kind;

    /// <exception cref="ProblemException">Names the member that makes no sense.</exception>
    public static InspectionRecipe Parse(JsonObject text) => RecipeText.Members(() => Of(text.Deserialize(InspectionRecipeContext.Default.InspectionRecipeJson)!)); // an object gives a record

    private static InspectionRecipe Of(InspectionRecipeJson form)
    {
        Must(form.Version == FormVersion, "version", $"The recipe is of version {form.Version?.ToString() ?? "none"}.", $"Write \"version\": {FormVersion}.");
        var recipe = new InspectionRecipe
        {
            Name = form.Name ?? "",
            Good = form.Good,
            Backbone = form.Backbone?.ToRecipe(),
            Seed = form.Seed ?? 1,
            Options = Usual with
            {
                Method = form.Method ?? Usual.Method,
                Size = form.Size ?? Usual.Size,
                Pieces = form.Pieces ?? Usual.Pieces,
                Epochs = form.Epochs ?? Usual.Epochs,
                Memory = form.Memory ?? Usual.Memory,
                Channels = form.Channels ?? Usual.Channels,
                FalseAlarms = form.FalseAlarms ?? Usual.FalseAlarms,
            },
        };
        recipe.Check();
        return recipe;
    }

    /// <summary>The recipe with everything said.</summary>
    public JsonObject Write() => (JsonObject)JsonSerializer.SerializeToNode(new InspectionRecipeJson
    {
        Version = FormVersion,
        Kind = Kind,
        Name = Name,
        Good = Good,
        Method = Options.Method,
        Backbone = Backbone is { } backbone ? BackboneJson.Of(backbone) : null,
        Size = Options.Size,
        Pieces = Options.Pieces,
        Epochs = Options.Epochs,
        Memory = Options.Memory,
        Channels = Options.Channels,
        FalseAlarms = Options.FalseAlarms,
        Seed = Seed,
    }, InspectionRecipeContext.Default.InspectionRecipeJson)!; // a record gives an object

    private void Check()
    {
        Must(DatasetSpec.IsName(Name), "name", $"'{Name}' is not a model's name.", "Use 1 to 60 lower-case letters, digits and '-', starting with a letter.");
        Must(Good is null or { Length: > 0 and <= 400 }, "good", "The good label has no name, or a very long one.", "Name the folder that the good images lay in, or leave it out.");
        Must(Enum.IsDefined(Options.Method), "method", "There is no such method.", "Write \"positions\", \"patches\" or \"taught\".");
        Must(Options.Method != InspectionMethod.Taught || Backbone is null, "method", "A network that is taught by made defects is trained here.", "Write \"positions\" or \"patches\", or leave out the backbone.");
        Must(Options.Size <= MostSize, "size", $"Images are to be {Options.Size} points across.", $"Give a multiple of 4 from 68 to {MostSize}.");
        Options.Check();
    }

    private static void Must(bool holds, string field, string what, string mend)
    {
        if (!holds)
            throw RecipeText.Bad(what, field, mend);
    }
}

/// <summary>The recipe's members as they are written.</summary>
internal sealed record InspectionRecipeJson
{
    public int? Version { get; init; }
    public string? Kind { get; init; }
    public string? Name { get; init; }
    public string? Good { get; init; }
    public InspectionMethod? Method { get; init; }
    public BackboneJson? Backbone { get; init; }
    public int? Size { get; init; }
    public int? Pieces { get; init; }
    public int? Epochs { get; init; }
    public int? Memory { get; init; }
    public int? Channels { get; init; }
    public double? FalseAlarms { get; init; }
    public int? Seed { get; init; }
}

/// <summary>A backbone's members as they are written.</summary>
internal sealed record BackboneJson
{
    public string? File { get; init; }
    public IReadOnlyList<string>? Values { get; init; }
    public int? Size { get; init; }
    public IReadOnlyList<float>? Means { get; init; }
    public IReadOnlyList<float>? Spreads { get; init; }

    /// <summary>What most networks trained on photographs want: 224 points, colours less the mean of ImageNet's over their spread.</summary>
    public BackboneRecipe ToRecipe() => new(
        ContentHash.TryParse(File ?? "", out var hash) ? hash : throw RecipeText.Bad($"'{File}' is no hash of a file.", "backbone.file", "Send the ONNX file to POST /api/v1/backbones and name the hash it answers."),
        Values ?? [], Size ?? 224, Means ?? [0.485f, 0.456f, 0.406f], Spreads ?? [0.229f, 0.224f, 0.225f]);

    public static BackboneJson Of(BackboneRecipe recipe) => new() { File = recipe.File.ToString(), Values = recipe.Values, Size = recipe.Size, Means = recipe.Means, Spreads = recipe.Spreads };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InspectionRecipeJson))]
internal sealed partial class InspectionRecipeContext : JsonSerializerContext;
