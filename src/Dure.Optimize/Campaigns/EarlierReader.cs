using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>Reads earlier campaigns for a new one and says, by <see cref="TransferRule"/>, when they propose the next trial. Fits each of them once; for many threads.</summary>
internal sealed class EarlierReader
{
    private const int MostGood = 4;

    private readonly CampaignProblem problem;
    private readonly SurrogateOptions options;
    private readonly TransferOptions transfer = new();
    private readonly int wanted;
    private readonly Lazy<(EarlierCampaign Campaign, ProcessSurrogate Surrogate)[]> read;

    public EarlierReader(CampaignProblem problem, IReadOnlyList<EarlierCampaign> campaigns, SurrogateOptions options)
    {
        EarlierCampaign.Check(problem, campaigns);
        (this.problem, this.options) = (problem, options);
        wanted = Enumerable.Range(0, problem.Outcomes.Count).First(k => problem.Outcomes[k].Aim != Aim.Held);
        read = new(() => [.. campaigns.Where(campaign => campaign.Points.Count > 1).Select(campaign => (campaign, Fit(campaign))).Where(each => TransferSurrogate.Skill(each.Item2) >= transfer.LeastSkill)]);
    }

    /// <summary>What is believed of the wanted outcome where it is earlier campaigns' turn; null where it is not.</summary>
    /// <param name="trials">All that are not void, also those just suggested.</param>
    public (TransferSurrogate Belief, string Campaign)? Turn(IReadOnlyList<CampaignTrial> trials, CancellationToken cancel)
    {
        if (read.Value.Length == 0 || trials.Any(trial => trial is { IsByEarlier: true, State: TrialState.Pending }) || !KnowsLimits(trials))
            return null;
        var known = trials.Where(trial => trial.State == TrialState.Measured && double.IsFinite(trial.Values[wanted])).ToArray();
        var done = trials.Where(trial => trial.State is TrialState.Measured or TrialState.Failed).Select(trial => new ProposedTrial(Worth(trial), trial.IsByEarlier)).ToArray();
        var belief = TransferSurrogate.Fit(Array.ConvertAll(read.Value, each => each.Surrogate), CampaignBeliefs.Coded(problem.Space, known), Array.ConvertAll(known, trial => trial.Values[wanted]), options, transfer, cancel: cancel);
        return TransferRule.IsEarlierNext(belief.Doubt, done, problem.Outcomes[wanted].Sign, transfer) ? (belief, Array.Find(read.Value, each => ReferenceEquals(each.Surrogate, belief.Likeliest)).Campaign.Name) : null;
    }

    /// <summary>The best points of the campaigns read, to look about them.</summary>
    public IEnumerable<double[]> Good() => read.Value.SelectMany(each => Enumerable.Range(0, each.Campaign.Points.Count)
        .OrderByDescending(i => problem.Outcomes[wanted].Sign * each.Campaign.Values[i]).Select(i => each.Campaign.Points[i]).Where(point => problem.Space.Contains(point)).Take(MostGood));

    /// <summary>Whether of each outcome with limits something is known: earlier campaigns say nothing of those.</summary>
    private bool KnowsLimits(IReadOnlyList<CampaignTrial> trials) => Enumerable.Range(0, problem.Outcomes.Count)
        .All(k => problem.Outcomes[k] is { Least: null, Most: null } || trials.Any(trial => trial.State == TrialState.Measured && double.IsFinite(trial.Values[k])));

    /// <summary>A trial that breaks a limit, failed or was not measured is worth nothing.</summary>
    private double Worth(CampaignTrial trial) =>
        trial.State == TrialState.Measured && double.IsFinite(trial.Values[wanted]) && problem.Outcomes.Select((outcome, k) => outcome.Holds(trial.Values[k])).All(holds => holds)
            ? trial.Values[wanted] : -problem.Outcomes[wanted].Sign * double.PositiveInfinity;

    private ProcessSurrogate Fit(EarlierCampaign campaign)
    {
        var skipped = Math.Max(0, campaign.Points.Count - EarlierCampaign.MostTrials);
        return ProcessSurrogate.Fit(CampaignBeliefs.Coded(problem.Space, [.. campaign.Points.Skip(skipped).Select(CampaignTrial.Pending)]), [.. campaign.Values.Skip(skipped)], options);
    }
}
