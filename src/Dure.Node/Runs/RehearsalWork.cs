using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Lab;
using Dure.Lab.Campaigns;
using Dure.Lab.Rehearsals;
using Dure.Node.Http;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Node.Runs;

/// <summary>Plays a campaign on a stand-in and keeps how it went in the journal.</summary>
internal sealed class RehearsalWork(CampaignBook book, CampaignDesk desk)
{
    public const string Kind = "campaign-rehearsal";
    private const int UsualRuns = 10;

    /// <exception cref="ProblemException">It is not clear on what to play, or how often.</exception>
    public static void Check(JsonObject request)
    {
        if (Requests.WholeOr(request, "runs", UsualRuns) is not (>= 1 and <= CampaignRehearsal.MostRuns))
            throw Requests.Bad("runs", $"It is {request["runs"]}.", $"Ask for 1 to {CampaignRehearsal.MostRuns}.");
        if ((Requests.FlagOr(request, "virtual", false) ? 1 : 0) + (Requests.TextOr(request, "earlier", "").Length > 0 ? 1 : 0) + (Requests.TextOr(request, "data", "").Length > 0 ? 1 : 0) != 1)
            throw Requests.Bad("virtual", "It is not clear on what to play.", "Send one of \"virtual\": true, \"earlier\": the ID of a campaign, \"data\": trials as CSV.");
    }

    public async Task<JsonObject> Run(JsonObject request, RunContext context)
    {
        Check(request);
        var campaign = book.Find(Requests.Text(request, "campaign"));
        var standIn = StandInOf(campaign, request, context.Cancel);
        var rehearsal = CampaignRehearsal.Play(campaign.Plan, standIn, Requests.WholeOr(request, "runs", UsualRuns), share => context.Report(share, "rehearsing"), context.Cancel);
        await desk.Rehearsed(campaign.Id, rehearsal, context.Actor, context.Cancel);
        return RehearsalText.ToJson(rehearsal);
    }

    private StandIn StandInOf(Campaign campaign, JsonObject request, CancellationToken cancel)
    {
        if (Requests.FlagOr(request, "virtual", false))
            return VirtualStandIn.Of(campaign.PlanText);
        return SurrogateStandIn.Fit(campaign.Plan, Requests.TextOr(request, "data", "") is { Length: > 0 } data ? TrialSheet.Read(campaign.Plan, data, "field 'data'").Trials
            : TrialsOf(book.Find(Requests.Text(request, "earlier")), campaign.Plan), cancel);
    }

    /// <summary>An earlier campaign's trials in the order of this plan's factors and outcomes.</summary>
    private static CampaignTrial[] TrialsOf(Campaign earlier, CampaignPlan plan)
    {
        var from = earlier.Plan;
        if (!plan.Space.Factors.Select(factor => (factor.Name, factor.UnitText)).Order().SequenceEqual(from.Space.Factors.Select(factor => (factor.Name, factor.UnitText)).Order())
            || plan.Outcomes.Any(outcome => from.Outcomes.All(other => (other.Name, other.Unit) != (outcome.Name, outcome.Unit))))
            throw new ProblemException("urn:dure:lab:bad-earlier", "It has other factors, outcomes or units.", $"campaign {earlier.Id}", "Name one over the same factors and outcomes, or send trials as \"data\".");
        var at = plan.Outcomes.Select(outcome => from.Outcomes.ToList().FindIndex(other => other.Name == outcome.Name)).ToArray();
        return [.. earlier.Trials.Select(trial => trial.ForPlanner()).Where(trial => trial.State is TrialState.Measured or TrialState.Failed)
            .Select(trial => trial with { Point = plan.Space.Read(from.Space.Write(trial.Point)), Values = trial.State == TrialState.Measured ? [.. at.Select(k => trial.Values[k])] : [] })];
    }
}
