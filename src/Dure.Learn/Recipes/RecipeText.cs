using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Kernel;
using Dure.Learn.Evaluation;
using Dure.Learn.Features;
using Dure.Learn.Learners;

namespace Dure.Learn.Recipes;

/// <summary>A recipe as JSON: what a file, the API and a page hold. Members that mean nothing are refused, for a slip of the pen must not be silent.</summary>
public static class RecipeText
{
    private const int MostBytes = 4 << 20;

    private static readonly JsonDocumentOptions Limits = new() { MaxDepth = 32, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <exception cref="ProblemException">It is no recipe; names the member, and how to mend it.</exception>
    public static TableRecipe Parse(ReadOnlySpan<byte> text)
    {
        if (text.Length > MostBytes)
            throw Bad($"It has {text.Length:N0} bytes.", "the recipe", $"Keep it under {MostBytes:N0}.");
        try
        {
            return Parse(JsonNode.Parse(text, documentOptions: Limits) as JsonObject ?? throw Bad("It is not an object.", "the recipe", "Write { … }."));
        }
        catch (JsonException wrong)
        {
            throw new ProblemException("urn:dure:learn:bad-recipe", wrong.Message, "recipe", "Write it as JSON.", wrong);
        }
    }

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static TableRecipe Parse(JsonObject text) => Members(() => Read(text.Deserialize(RecipeJsonContext.Default.RecipeJson)!)); // an object gives a record

    /// <summary>Reads the members of a recipe of any kind.</summary>
    /// <exception cref="ProblemException">Names the member that makes no sense.</exception>
    internal static T Members<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (JsonException wrong)
        {
            throw new ProblemException("urn:dure:learn:bad-recipe", wrong.Message.Split(" LineNumber")[0], $"recipe{wrong.Path?.TrimStart('$')}", "Correct the member; what is not named has its default.", wrong);
        }
        catch (Exception twice) when (twice is ArgumentException or InvalidOperationException)
        {
            throw new ProblemException("urn:dure:learn:bad-recipe", "A member stands there twice, or is not of its kind.", "recipe", "Write each member once.", twice);
        }
    }

    private static TableRecipe Read(RecipeJson form)
    {
        if (form.Version != TableRecipe.FormVersion)
            throw Bad($"The recipe is of version {form.Version?.ToString() ?? "none"}.", "version", $"Write \"version\": {TableRecipe.FormVersion}.");
        if (form.Learner is not null && form.SearchSeconds is not null)
            throw Bad("Both a learner and a search are named.", "learner", "Name a learner, or give the time for a search.");
        var recipe = new TableRecipe
        {
            Name = form.Name ?? "",
            Target = form.Target ?? (form.RemainingLife is null ? "" : RemainingLifeTarget.UsualName),
            RemainingLife = form.RemainingLife?.ToTarget(),
            TargetKind = form.TargetKind ?? TargetKind.AsIs,
            Ahead = form.Ahead ?? 0,
            Features = form.Features is null ? null : FeatureSet.Parse(form.Features),
            Leave = form.Leave ?? [],
            Learner = form.Learner is null ? null : LearnerCatalog.Parse(form.Learner),
            SearchBudget = TimeSpan.FromSeconds(Math.Clamp(form.SearchSeconds ?? 60, 0, 1e7)),
            Split = form.Split?.ToPlan(form.Seed ?? 1),
            Metric = form.Metric,
            Interval = form.Interval ?? 0.9,
            Accepted = form.Accepted ?? new Dictionary<string, string>(StringComparer.Ordinal),
            Seed = form.Seed ?? 1,
        };
        recipe.Check();
        return recipe;
    }

    /// <summary>The recipe with everything said, in canonical order.</summary>
    public static JsonObject Write(TableRecipe recipe) => (JsonObject)JsonSerializer.SerializeToNode(new RecipeJson
    {
        Version = TableRecipe.FormVersion,
        Name = recipe.Name,
        Target = recipe.Target,
        RemainingLife = recipe.RemainingLife is { } life ? RemainingLifeJson.Of(life) : null,
        TargetKind = recipe.TargetKind,
        Ahead = recipe.Ahead,
        Features = recipe.Features?.ToJson(),
        Leave = recipe.Leave.Count == 0 ? null : recipe.Leave,
        Learner = recipe.Learner is { } learner ? LearnerCatalog.Describe(learner) : null,
        SearchSeconds = recipe.Learner is null ? recipe.SearchBudget.TotalSeconds : null,
        Split = recipe.Split is { } split ? SplitJson.Of(split) : null,
        Metric = recipe.Metric,
        Interval = recipe.Interval,
        Accepted = recipe.Accepted.Count == 0 ? null : recipe.Accepted,
        Seed = recipe.Seed,
    }, RecipeJsonContext.Default.RecipeJson)!; // a record gives an object

    internal static ProblemException Bad(string what, string field, string mend) => new("urn:dure:learn:bad-recipe", what, $"recipe, {field}", mend);
}

/// <summary>A recipe's members as they are written.</summary>
internal sealed record RecipeJson
{
    public int? Version { get; init; }
    public string? Name { get; init; }
    public string? Target { get; init; }
    public RemainingLifeJson? RemainingLife { get; init; }
    public TargetKind? TargetKind { get; init; }
    public int? Ahead { get; init; }
    public JsonObject? Features { get; init; }
    public IReadOnlyList<string>? Leave { get; init; }
    public JsonObject? Learner { get; init; }
    public double? SearchSeconds { get; init; }
    public SplitJson? Split { get; init; }
    public string? Metric { get; init; }
    public double? Interval { get; init; }
    public IReadOnlyDictionary<string, string>? Accepted { get; init; }
    public int? Seed { get; init; }
}

/// <summary>A split's members as they are written; times in seconds.</summary>
internal sealed record SplitJson
{
    public SplitKind? Kind { get; init; }
    public double? ValidationShare { get; init; }
    public double? TestShare { get; init; }
    public double? GapSeconds { get; init; }
    public double? EmbargoSeconds { get; init; }
    public string? RandomBecause { get; init; }

    public SplitPlan ToPlan(int seed) => new()
    {
        Kind = Kind is { } kind && Enum.IsDefined(kind) ? kind : throw RecipeText.Bad("The split has no kind.", "split", "Write \"kind\": \"time\", \"group\", \"timeWithinGroup\", \"blocked\" or \"random\"."),
        ValidationShare = ValidationShare ?? new SplitPlan().ValidationShare,
        TestShare = TestShare ?? new SplitPlan().TestShare,
        Gap = GapSeconds is { } gap ? TimeSpan.FromSeconds(Math.Clamp(gap, 0, 1e9)) : null,
        Embargo = TimeSpan.FromSeconds(Math.Clamp(EmbargoSeconds ?? 0, 0, 1e9)),
        RandomBecause = RandomBecause,
        Seed = seed,
    };

    public static SplitJson Of(SplitPlan plan) => new()
    {
        Kind = plan.Kind,
        ValidationShare = plan.ValidationShare,
        TestShare = plan.TestShare,
        GapSeconds = plan.Gap?.TotalSeconds,
        EmbargoSeconds = plan.Embargo == TimeSpan.Zero ? null : plan.Embargo.TotalSeconds,
        RandomBecause = plan.RandomBecause,
    };
}

/// <summary>A remaining life's members as they are written.</summary>
internal sealed record RemainingLifeJson
{
    public string? Unit { get; init; }
    public double? Cap { get; init; }
    public IReadOnlyList<string>? CutOff { get; init; }

    public RemainingLifeTarget ToTarget() => new() { Unit = Unit ?? new RemainingLifeTarget().Unit, Cap = Cap, CutOff = CutOff ?? [] };

    public static RemainingLifeJson Of(RemainingLifeTarget life) => new() { Unit = life.Unit, Cap = life.Cap, CutOff = life.CutOff.Count == 0 ? null : life.CutOff };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RecipeJson))]
internal sealed partial class RecipeJsonContext : JsonSerializerContext;
