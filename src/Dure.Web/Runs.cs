using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Web;

/// <summary>Long work as pages show it; the host keeps it.</summary>
public interface IRunBook
{
    /// <summary>The newest first.</summary>
    IReadOnlyList<RunView> Recent { get; }

    RunView? TryFind(string id);
}

/// <summary>One piece of long work as it stands now.</summary>
/// <param name="Kind">What is done, such as <c>predictor-training</c>.</param>
/// <param name="State">Queued, Running, Succeeded, Failed or Cancelled.</param>
/// <param name="Share">0 to 1.</param>
/// <param name="Message">What is being done, in a few words.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="Detail">What there is to see while it runs: of a training the points of its <c>curve</c> and the candidates <c>tried</c>.</param>
/// <param name="Result">What came of it.</param>
public sealed record RunView(string Id, string Kind, string State, double Share, string Message, string Actor, JsonObject Request, JsonObject? Detail, JsonObject? Result, Problem? Problem,
    DateTimeOffset RequestedAt, DateTimeOffset? StartedAt, DateTimeOffset? EndedAt)
{
    /// <summary>A training of what a recipe declares.</summary>
    public const string PredictorTraining = "predictor-training";

    public bool HasEnded => EndedAt is not null;

    public string? Dataset => Text(Request["dataset"]);

    /// <summary>The recipe asked for; null where the work has none.</summary>
    public JsonObject? Recipe => Request["recipe"] as JsonObject;

    /// <summary>The version of the model it gave; null while there is none.</summary>
    public string? Model => Text(Result?["model"]);

    /// <summary>The claim it gave; null where it gives none.</summary>
    public string? Claim => Text(Result?["claim"]);

    public static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
