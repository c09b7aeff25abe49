using System.Text;
using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Surrogates;

namespace Dure.Lab.Rehearsals;

/// <summary>What the surrogates make of earlier trials, taken for the truth: their mean is the outcome, their noise the noise.</summary>
public sealed class SurrogateStandIn : StandIn
{
    /// <summary>Fewer measured trials say too little to play on.</summary>
    public const int LeastTrials = 8;

    private readonly CampaignPlan plan;
    private readonly ISurrogate[] outcomes;
    private readonly SuccessModel? success;
    private readonly int count;

    private SurrogateStandIn(CampaignPlan plan, ISurrogate[] outcomes, SuccessModel? success, CampaignTrial[] measured, string hash)
    {
        (this.plan, this.outcomes, this.success, count, DataHash) = (plan, outcomes, success, measured.Length, hash);
        Noise = [.. outcomes.Select(outcome => outcome.Noise)];
        Known = [.. measured.Select(trial => trial.Point).Where(point => plan.Space.Contains(point))];
    }

    public override string Origin => $"surrogates of {count} earlier trials";

    public override string DataHash { get; }

    public override IReadOnlyList<double> Noise { get; }

    public override IReadOnlyList<double[]> Known { get; }

    /// <summary>Learns from earlier trials of the same factors and outcomes; those without all outcomes teach nothing here.</summary>
    /// <exception cref="ProblemException">There are too few.</exception>
    public static SurrogateStandIn Fit(CampaignPlan plan, IReadOnlyList<CampaignTrial> earlier, CancellationToken cancel = default)
    {
        CampaignTrial[] measured = [.. earlier.Where(trial => trial.State == TrialState.Measured && Array.TrueForAll(trial.Values, double.IsFinite))];
        if (measured.Length < LeastTrials)
            throw new ProblemException("urn:dure:lab:too-little-data", $"There are {measured.Length} earlier trials with all outcomes.", "rehearsal", $"Give at least {LeastTrials}, or rehearse on the virtual laboratory.");
        var table = Coded(plan, measured);
        ISurrogate[] outcomes = [.. Enumerable.Range(0, plan.Outcomes.Count).Select(k => SurrogateChoice.Fit(table, Array.ConvertAll(measured, trial => trial.Values[k]), new SurrogateOptions(), cancel: cancel))];
        CampaignTrial[] tried = [.. earlier.Where(trial => trial.State == TrialState.Failed).Concat(measured)];
        var success = tried.Length > measured.Length ? SuccessModel.Fit(Coded(plan, tried), [.. tried.Select(trial => trial.State == TrialState.Measured)]) : null;
        return new SurrogateStandIn(plan, outcomes, success, measured, HashOf(tried));
    }

    public override double[] Means(double[] point)
    {
        var (coded, ignored) = (Encoded(point), new double[plan.Space.Coding.Columns]);
        return Array.ConvertAll(outcomes, outcome => outcome.At(coded, ignored, ignored).Mean);
    }

    public override double ChanceToFail(double[] point) => success is null ? 0 : 1 - success.ChanceAt(Encoded(point));

    private double[] Encoded(double[] point)
    {
        var coded = new double[plan.Space.Coding.Columns];
        plan.Space.Encode(point, coded);
        return coded;
    }

    private static TrialTable Coded(CampaignPlan plan, CampaignTrial[] trials)
    {
        var table = new TrialTable(plan.Space.Coding, trials.Length);
        var row = new double[plan.Space.Coding.Columns];
        foreach (var trial in trials)
        {
            plan.Space.Encode(trial.Point, row);
            table.Add(row);
        }
        return table;
    }

    /// <summary>Of points and values to the last digit, a line a trial.</summary>
    private static string HashOf(CampaignTrial[] trials)
    {
        var text = new StringBuilder();
        foreach (var trial in trials)
            text.AppendJoin(' ', trial.Point.Concat(trial.Values).Select(value => value.ToString("R", System.Globalization.CultureInfo.InvariantCulture))).Append('\n');
        return ContentHash.Of(Encoding.UTF8.GetBytes(text.ToString())).Hex;
    }
}
