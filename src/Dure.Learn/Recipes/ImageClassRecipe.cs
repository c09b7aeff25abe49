using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Datasets;
using Dure.Kernel;
using Dure.Learn.Vision;

namespace Dure.Learn.Recipes;

/// <summary>A declared training of a classifier of images: which labels it tells apart, and how. The same recipe and images give the same model.</summary>
public sealed record ImageClassRecipe
{
    /// <summary>What the member <c>kind</c> of such a recipe says.</summary>
    public const string Kind = "image-classes";

    public const int FormVersion = 1;

    private static readonly ImageClassOptions Usual = new();

    /// <summary>Name under which the model is registered.</summary>
    public required string Name { get; init; }

    /// <summary>The labels that are told apart; null: all that have images enough.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    public required ImageClassOptions Options { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>Whether a recipe is one of kinds of images.</summary>
    public static bool IsKindOf(JsonObject text) => text["kind"] is JsonValue kind && kind.TryGetValue<string>(out var word) && word == Kind;

    /// <exception cref="ProblemException">Names the member that makes no sense.</exception>
    public static ImageClassRecipe Parse(JsonObject text) => RecipeText.Members(() => Of(text.Deserialize(ImageClassRecipeContext.Default.ImageClassRecipeJson)!)); // an object gives a record

    private static ImageClassRecipe Of(ImageClassRecipeJson form)
    {
        Must(form.Version == FormVersion, "version", $"The recipe is of version {form.Version?.ToString() ?? "none"}.", $"Write \"version\": {FormVersion}.");
        Must(form.Kind == Kind, "kind", $"The recipe is of kind '{form.Kind}'.", $"Write \"kind\": \"{Kind}\".");
        var recipe = new ImageClassRecipe
        {
            Name = form.Name ?? "",
            Labels = form.Labels,
            Seed = form.Seed ?? 1,
            Options = new()
            {
                Size = form.Size ?? Usual.Size,
                Colour = form.Colour,
                Width = form.Width ?? Usual.Width,
                Epochs = form.Epochs ?? Usual.Epochs,
                Level = form.Interval ?? Usual.Level,
            },
        };
        recipe.Check();
        return recipe;
    }

    /// <summary>The recipe with everything said that does not follow from the images.</summary>
    public JsonObject Write() => (JsonObject)JsonSerializer.SerializeToNode(new ImageClassRecipeJson
    {
        Version = FormVersion,
        Kind = Kind,
        Name = Name,
        Labels = Labels,
        Size = Options.Size,
        Colour = Options.Colour,
        Width = Options.Width,
        Epochs = Options.Epochs,
        Interval = Options.Level,
        Seed = Seed,
    }, ImageClassRecipeContext.Default.ImageClassRecipeJson)!; // a record gives an object

    private void Check()
    {
        Must(DatasetSpec.IsName(Name), "name", $"'{Name}' is not a model's name.", "Use 1 to 60 lower-case letters, digits and '-', starting with a letter.");
        Must(Labels is null || (Labels.Count is >= 2 and <= ImageClassOptions.MostLabels && Labels.Distinct(StringComparer.Ordinal).Count() == Labels.Count && Labels.All(label => label is { Length: > 0 and <= 400 })),
            "labels", "The labels are fewer than two, or too many, or one of them stands there twice or is empty.", $"Name 2 to {ImageClassOptions.MostLabels} labels, each once, or leave them out.");
        Options.Check();
    }

    private static void Must(bool holds, string field, string what, string mend)
    {
        if (!holds)
            throw RecipeText.Bad(what, field, mend);
    }
}

/// <summary>The recipe's members as they are written.</summary>
internal sealed record ImageClassRecipeJson
{
    public int? Version { get; init; }
    public string? Kind { get; init; }
    public string? Name { get; init; }
    public IReadOnlyList<string>? Labels { get; init; }
    public int? Size { get; init; }
    public bool? Colour { get; init; }
    public int? Width { get; init; }
    public int? Epochs { get; init; }
    public double? Interval { get; init; }
    public int? Seed { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImageClassRecipeJson))]
internal sealed partial class ImageClassRecipeContext : JsonSerializerContext;
