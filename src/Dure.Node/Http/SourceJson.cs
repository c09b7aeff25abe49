using System.Text.Json.Nodes;
using Dure.Historian.Sources;
using Dure.Kernel;

namespace Dure.Node.Http;

/// <summary>Sources and their items as the API shows them.</summary>
internal static class SourceJson
{
    public static JsonObject Describe(ISourceKind kind) => new()
    {
        ["name"] = kind.Name,
        ["title"] = kind.Title,
        ["settings"] = new JsonArray([.. kind.Settings.Select(setting => new JsonObject
        {
            ["name"] = setting.Name,
            ["label"] = setting.Label,
            ["type"] = setting.Type.ToString().ToLowerInvariant(),
            ["help"] = setting.Help,
            ["required"] = setting.IsRequired,
            ["default"] = setting.Default,
        })]),
    };

    public static JsonObject Describe(SourceStatus source) => new()
    {
        ["name"] = source.Name,
        ["kind"] = source.Kind,
        ["title"] = source.Title,
        ["door"] = source.IsDoor,
        ["enabled"] = source.IsEnabled,
        ["state"] = source.State.ToString().ToLowerInvariant(),
        ["since"] = source.Since,
        ["problem"] = source.Problem is { } problem ? Describe(problem) : null,
        ["lastSeen"] = source.LastSeen,
        ["received"] = source.Counts.Received,
        ["accepted"] = source.Counts.Accepted,
        ["duplicates"] = source.Counts.Duplicates,
        ["outOfOrder"] = source.Counts.OutOfOrder,
        ["rejected"] = source.Counts.Rejected,
        ["waiting"] = source.Counts.Waiting,
        ["ignored"] = source.Counts.Ignored,
        ["items"] = new JsonObject { ["accepted"] = source.AcceptedItems, ["waiting"] = source.WaitingItems, ["unseen"] = source.UnseenItems },
        ["rejections"] = new JsonArray([.. source.Rejections.Select(each => new JsonObject { ["at"] = each.At, ["where"] = each.Rejection.Where, ["what"] = each.Rejection.What, ["mend"] = each.Rejection.Mend })]),
    };

    public static JsonObject Describe(ItemView item) => new()
    {
        ["item"] = item.Name,
        ["standing"] = item.Standing.ToString().ToLowerInvariant(),
        ["sourceUnit"] = item.SourceUnit,
        ["description"] = item.Description,
        ["firstSeen"] = item.FirstSeen,
        ["lastSeen"] = item.LastSeen,
        ["samples"] = item.Samples,
        ["newest"] = item.Newest is { } newest ? Describe(newest) : null,
        ["first"] = new JsonArray([.. item.First.Select(Describe)]),
        ["path"] = item.Path,
        ["unit"] = item.Unit,
        ["unitIsCertain"] = item.IsUnitCertain,
        ["question"] = item.Question,
        ["scale"] = item.Mapping?.Scale,
        ["offset"] = item.Mapping?.Offset,
    };

    public static JsonObject Describe(TrialResult result) => new()
    {
        ["state"] = result.State.ToString().ToLowerInvariant(),
        ["problem"] = result.Problem is { } problem ? Describe(problem) : null,
        ["samples"] = result.Samples,
        ["seconds"] = Math.Round(result.Took.TotalSeconds, 3),
        ["items"] = new JsonArray([.. result.Items.Select(Describe)]),
        ["rejections"] = new JsonArray([.. result.Rejections.Select(each => new JsonObject { ["where"] = each.Where, ["what"] = each.What, ["mend"] = each.Mend })]),
    };

    public static JsonObject Describe(Problem problem) => new() { ["type"] = problem.Type, ["what"] = problem.What, ["where"] = problem.Where, ["mend"] = problem.Mend };

    /// <summary>The sample as in other answers: microseconds, value or null, quality.</summary>
    private static JsonArray Describe(Sample sample) => new(Micros.Of(sample.Time), double.IsFinite(sample.Value) ? JsonValue.Create(sample.Value) : null, sample.Quality.ToString().ToLowerInvariant());
}
