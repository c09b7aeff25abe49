using System.Text;

namespace Dure.Learn;

/// <summary>One part of a model card.</summary>
public sealed record CardSection(string Title, IReadOnlyList<string> Lines);

/// <summary>What a person must know before using a model, after Mitchell et al. (2019); made from the manifest alone.</summary>
public static class ModelCard
{
    public static IReadOnlyList<CardSection> Sections(ModelManifest model) =>
    [
        new("Intended use",
        [
            $"Watches {model.Machines.Count} machine(s) row by row and says when one no longer runs as it did when it was commissioned.",
            "It advises people and proposes actions to a guarded gate. It is no safety function and replaces no protective device.",
        ]),
        new("Data",
        [
            $"Dataset {model.DatasetName}, version {model.DatasetId}.",
            $"Each machine is fitted on its own first rows ({Range(model.Machines.Select(m => m.RowsFitted))} rows); all later rows are held out. Nothing is shuffled across time.",
            model.Reference.Count == 0 ? "No fault-free reference recording took part." : $"Fault-free reference: {string.Join(", ", model.Reference)}; used to choose, neither fitted nor judged.",
        ]),
        new("Method",
        [
            $"{model.Title}, limit {model.LimitMultiplier:0.###} times the commissioning limit, one recipe for all machines.",
            .. model.Parameters.Select(p => $"{p.Name} = {p.Value:0.######}: {p.Reason}."),
        ]),
        new("How it was chosen",
        [
            $"{model.SelectionRule} {model.SelectionTrials} healthy stretches, {model.InjectedFaults} kinds of fault.",
            .. model.Leaderboard.Select(c => $"{c.Title}: balanced accuracy {c.BalancedAccuracy:0.000} at limit x{c.LimitMultiplier:0.###} (detection {c.InjectedDetectionRate:0.00}, false alarms {c.InjectedFalseAlarmRate:0.00}){(c.IsChosen ? ", chosen" : "")}."),
        ]),
        new("Figures on held-out rows", [.. Figures(model)]),
        new("Limits",
        [
            "The figures hold for these machines and these kinds of fault. A fault that was running during commissioning counts as normal.",
            "A change of product, speed or season looks like a fault until the machine is commissioned again.",
            "False alarm rates count rows in alarm, so one long drift weighs as much as many short alarms.",
            .. model.Machines.Where(m => m.ConstantSignals.Count > 0).Select(m => $"{m.Asset}: {string.Join(", ", m.ConstantSignals)} did not move during commissioning; {ConstantConsequence(model)}."),
        ]),
        new("What it does not know",
        [
            "It names the signals that stand out, not the cause. It gives no probability of failure and no remaining life.",
            "A missing value counts as normal; how many were missing is counted beside the score.",
        ]),
    ];

    public static string Markdown(ModelManifest model)
    {
        var text = new StringBuilder($"# Model card: {model.Name} ({model.Title})\n");
        foreach (var section in Sections(model))
        {
            text.Append($"\n## {section.Title}\n\n");
            foreach (var line in section.Lines)
                text.Append($"- {line}\n");
        }
        return text.ToString();
    }

    private static IEnumerable<string> Figures(ModelManifest model)
    {
        if (model.Chosen.HeldOut is not { } chosen)
            return ["The dataset has no labels: nothing can be said about detection or false alarms."];
        return
        [
            $"{chosen.Name}: {Line(chosen)}; {model.Chosen.DetectedEvents} of {model.Chosen.Events} faults met while they lasted. Intervals are 95 %, from drawing machines again.",
            .. model.Leaderboard.Where(c => !c.IsChosen && c.HeldOut is not null).Select(c => $"{c.Detector}: {Line(c.HeldOut!)}."), // Where has seen that it is not null
            .. model.Dummies.Select(d => $"{d.Name} (looks at nothing): {Line(d)}."),
            .. model.Groups.Select(g => $"{chosen.Name} on {g.Name}: {Line(g)}."),
        ];
    }

    private static string Line(ManifestRates rates) =>
        $"F1 {Shown(rates.F1, "0.000")}, false alarm rate {Shown(rates.FalseAlarmPercent, "0.0")} %, missed alarm rate {Shown(rates.MissedAlarmPercent, "0.0")} %";

    private static string Shown(ManifestFigure figure, string form) => figure is { Value: { } value, Low: { } low, High: { } high }
        ? $"{value.ToString(form)} ({low.ToString(form)} to {high.ToString(form)})"
        : "unknown";

    private static string ConstantConsequence(ModelManifest model) => model.Detector == new IsolationForest().Name
        ? "the trees cannot see a later change of them"
        : "any later change is judged in the signal's own unit";

    private static string Range(IEnumerable<int> rows)
    {
        int[] sorted = [.. rows.Order()];
        return sorted[0] == sorted[^1] ? $"{sorted[0]}" : $"{sorted[0]} to {sorted[^1]}";
    }
}
