using Dure.Kernel;

namespace Dure.Optimize.Campaigns;

/// <summary>
/// An earlier campaign over the same factors that a new one may read: what is taken over is where its outcome is high and low, not how high. It needs no
/// promise to be alike: how far it is believed follows from the new trials, and once its proposals bring nothing it is silent.
/// </summary>
/// <param name="Name">As reasons name it.</param>
/// <param name="Points">Of each trial that was measured the values of this campaign's factors, as in <see cref="CampaignTrial.Point"/>.</param>
/// <param name="Values">What came of each, in any unit; more is better where more of the wanted outcome is here, so turn the sign otherwise.</param>
public sealed record EarlierCampaign(string Name, IReadOnlyList<double[]> Points, IReadOnlyList<double> Values)
{
    /// <summary>Campaigns that are read at most.</summary>
    public const int MostCampaigns = 10;

    /// <summary>Trials of each that are read: the last.</summary>
    public const int MostTrials = 300;

    internal static void Check(CampaignProblem problem, IReadOnlyList<EarlierCampaign> campaigns)
    {
        static ProblemException bad(string what, string where, string mend, Exception? cause = null) => new("urn:dure:optimize:bad-earlier", what, where, mend, cause);
        if (campaigns.Count > MostCampaigns)
            throw bad($"There are {campaigns.Count} earlier campaigns.", "campaign", $"Give {MostCampaigns} at most, those most alike.");
        if (campaigns.Count > 0 && problem.Outcomes.Count(outcome => outcome.Aim != Aim.Held) > 1)
            throw bad("Several outcomes are wanted, and earlier campaigns are read for one.", "campaign", "Leave the earlier campaigns out, or hold all outcomes but one within limits.");
        if (campaigns.Count > 0 && problem.Cheap is not null)
            throw bad("The campaign has a cheap twin, and earlier campaigns are read beside trials of one kind.", "campaign", "Leave the earlier campaigns or the cheap twin out.");
        foreach (var campaign in campaigns)
        {
            var where = $"earlier campaign '{campaign.Name}'";
            if (campaign.Points.Count != campaign.Values.Count)
                throw bad($"It has {campaign.Points.Count} points and {campaign.Values.Count} values.", where, "Give one value for each point.");
            if (!campaign.Values.All(double.IsFinite))
                throw bad("A value is no number.", where, "Leave out trials that were not measured.");
            try
            {
                problem.Check([.. campaign.Points.Select(CampaignTrial.Pending)]);
            }
            catch (ProblemException wrong)
            {
                throw bad(wrong.Problem.What, $"{where}, {wrong.Problem.Where}", wrong.Problem.Mend, wrong);
            }
        }
    }
}
