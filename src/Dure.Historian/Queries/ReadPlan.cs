using System.Text.Json.Nodes;
using Dure.Evidence;

namespace Dure.Historian.Queries;

/// <summary>The stretches of time that some batches touched, by machine: where to look for what they brought.</summary>
internal sealed class ReadPlan
{
    private readonly Dictionary<string, List<(long From, long To)>> byAsset = new(StringComparer.Ordinal);
    private readonly List<(long From, long To)> ofAll = [];

    private ReadPlan()
    {
    }

    /// <summary>All times of all machines.</summary>
    public static ReadPlan Everything { get; } = new() { ofAll = { (0, long.MaxValue) } };

    public static ReadPlan Of(IEnumerable<JournalEntry> batches)
    {
        var plan = new ReadPlan();
        foreach (var batch in batches)
        {
            var stretch = (batch.Body["from"]!.GetValue<long>(), batch.Body["to"]!.GetValue<long>() + 1);
            if (batch.Body["assets"] is not JsonArray assets)
                plan.ofAll.Add(stretch);
            else
                foreach (var asset in assets)
                    plan.StretchesOf(asset!.GetValue<string>()).Add(stretch);
        }
        return plan;
    }

    /// <summary>Where to look for an asset's samples: ascending, apart from each other.</summary>
    public IReadOnlyList<(long From, long To)> Of(string asset)
    {
        var merged = new List<(long From, long To)>();
        foreach (var (from, to) in (byAsset.TryGetValue(asset, out var own) ? own : []).Concat(ofAll).Order())
        {
            if (merged.Count > 0 && from <= merged[^1].To)
                merged[^1] = (merged[^1].From, Math.Max(merged[^1].To, to));
            else
                merged.Add((from, to));
        }
        return merged;
    }

    private List<(long From, long To)> StretchesOf(string asset) => byAsset.TryGetValue(asset, out var stretches) ? stretches : byAsset[asset] = [];
}
