using System.Text.Json.Nodes;
using Dure.Lab;
using Dure.Optimize.Campaigns;

namespace Dure.Cli.Commands;

/// <summary>Tells what happens in a campaign, a line each time: what is suggested and why, what came of it, whether it is the best so far.</summary>
internal sealed class LabWatch(NodeClient node, string id, Action<string> tell)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private readonly Dictionary<long, string> told = [];
    private CampaignPlan? plan;
    private double best = double.NaN;

    /// <summary>The first trial that is told of.</summary>
    public int From { get; init; } = 1;

    /// <summary>Whether trials that people added or instruments work at are told of, too.</summary>
    public bool IsBrief { get; init; }

    /// <summary>Asked after each look with the campaign and its trials; what it does is seen at the next look.</summary>
    public Func<JsonNode, JsonArray, Task> Meanwhile { get; init; } = (_, _) => Task.CompletedTask;

    /// <summary>Tells until the campaign runs no more.</summary>
    /// <returns>The campaign as it is then.</returns>
    public async Task<JsonNode> ToTheEnd(CancellationToken cancel)
    {
        while (true)
        {
            var campaign = await node.Get(LabNames.Campaign(id), cancel);
            plan = LabTold.PlanOf(campaign); // it may be changed in mid-run
            var trials = await LabTrialCommands.All(node, id, From, cancel);
            foreach (var trial in trials)
                Tell(trial!);
            if (campaign.Text("stage") is not "running" && campaign.Whole("open") == 0 || campaign.Text("stage") is "draft" or "approved" or "done")
            {
                tell($"The campaign is {campaign.Text("stage")}{(campaign["moves"]!.AsArray() is [.., { } last] && last.Text("why") is { Length: > 0 } why ? $": {why}" : "")}");
                return campaign;
            }
            await Meanwhile(campaign, trials);
            await Task.Delay(Pause, cancel);
        }
    }

    private void Tell(JsonNode trial)
    {
        var (number, stage) = (trial.Whole("trial"), trial.Text("stage"));
        var before = told.GetValueOrDefault(number);
        if (before == stage)
            return;
        told[number] = stage;
        if (before is null)
            tell($"{number,4}  tries {LabTold.Point(plan!, trial)}{Environment.NewLine}      {trial["reason"]?.GetValue<string>() ?? $"Added by {trial.Text("proposedBy")}."}");
        if (stage is "measured")
            tell($"{number,4}  gives {LabTold.Outcomes(plan!, trial)}{(IsBest(trial) ? "   <- the best so far" : "")}");
        else if (stage is "failed" or "void" or "unknown" || !IsBrief && before is not null)
            tell($"{number,4}  is {stage}{(trial.Text("why") is { Length: > 0 } why ? $": {why}" : "")}");
    }

    /// <summary>Whether it holds all limits and is better in the one outcome that is wanted; never where several are.</summary>
    private bool IsBest(JsonNode trial)
    {
        var values = trial["values"]!;
        if (plan!.Outcomes.Count(outcome => outcome.Aim != Aim.Held) != 1 || plan.Outcomes.Any(outcome => values[outcome.Name] is null || !outcome.Holds(values.Number(outcome.Name))))
            return false;
        var wanted = plan.Outcomes.First(outcome => outcome.Aim != Aim.Held);
        var value = values.Number(wanted.Name);
        if (!double.IsNaN(best) && !(wanted.Aim == Aim.Less ? value < best : value > best))
            return false;
        best = value;
        return true;
    }
}
