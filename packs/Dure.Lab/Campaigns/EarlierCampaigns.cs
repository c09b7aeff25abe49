using Dure.Kernel;
using Dure.Optimize.Campaigns;

namespace Dure.Lab.Campaigns;

/// <summary>The planner of a campaign, with the earlier campaigns that its plan names.</summary>
public static class EarlierCampaigns
{
    /// <exception cref="ProblemException">Nothing is left between the pins, or an earlier campaign is not there, is another owner's, or has other factors.</exception>
    public static TrialPlanner PlannerOf(this CampaignBook book, Campaign campaign) => new(campaign.Problem(), null, book.EarlierOf(campaign.Plan, campaign.Owner));

    /// <summary>What earlier campaigns have found. Data stay with their owner: another's are not read.</summary>
    internal static IReadOnlyList<EarlierCampaign> EarlierOf(this CampaignBook book, CampaignPlan plan, string owner) => [.. plan.Earlier.Select(id =>
    {
        var earlier = book.TryFind(id) ?? throw Bad($"There is no campaign '{id}'.", id, "Name it by its id: dure lab list.");
        return earlier.Owner == owner ? EarlierTrials.Of(plan, earlier.Plan, [.. earlier.Trials.Select(trial => trial.ForPlanner())])
            : throw Bad($"The campaign '{id}' belongs to {earlier.Owner}, not to {owner}.", id, "Read campaigns of the same owner, or have its data shared first.");
    })];

    private static ProblemException Bad(string what, string id, string mend) => new("urn:dure:lab:bad-earlier", what, $"earlier campaign '{id}'", mend);
}
