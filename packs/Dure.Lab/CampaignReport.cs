using System.Globalization;
using System.Text;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab;

/// <summary>What a campaign has brought, as Markdown: the best, how it came about, and every trial.</summary>
public static class CampaignReport
{
    /// <param name="numbers">What each trial is called.</param>
    /// <param name="advice">Whether more trials are worth making; null: left out.</param>
    public static string Write(CampaignPlan plan, IReadOnlyList<CampaignTrial> trials, IReadOnlyList<int> numbers, StopAdvice? advice = null)
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"# {plan.Name}").AppendLine();
        if (plan.Objective.Length > 0)
            text.AppendLine(plan.Objective).AppendLine();
        var count = trials.Count(trial => trial.State != TrialState.Void);
        text.AppendLine(CultureInfo.InvariantCulture, $"{count} of {plan.Budget} trials: {Count(TrialState.Measured)} measured, {Count(TrialState.Failed)} failed, {Count(TrialState.Pending)} under way; {Count(TrialState.Void)} void.").AppendLine();
        Best(plan, trials, numbers, text);
        Course(plan, trials, numbers, text);
        if (advice is not null)
            text.AppendLine("## Whether more trials are worth making").AppendLine().AppendLine(CampaignWords.Stop(plan, advice)).AppendLine();
        All(plan, trials, numbers, text);
        return text.ToString();

        int Count(TrialState state) => trials.Count(trial => trial.State == state);
    }

    /// <summary>The numbers of the measured trials that hold all limits and that no other beats.</summary>
    public static int[] BestOf(CampaignPlan plan, IReadOnlyList<CampaignTrial> trials)
    {
        int[] holding = [.. Enumerable.Range(0, trials.Count).Where(i => IsGood(plan, trials[i]))];
        var signed = Array.ConvertAll(holding, i => plan.Outcomes.Select((outcome, k) => (outcome, value: trials[i].Values[k])).Where(each => each.outcome.Aim != Aim.Held).Select(each => each.outcome.Aim == Aim.Less ? -each.value : each.value).ToArray());
        return [.. Optimize.Pareto.Hypervolume.Front(signed).Select(i => holding[i])];
    }

    /// <summary>Whether all outcomes are there and within their limits.</summary>
    private static bool IsGood(CampaignPlan plan, CampaignTrial trial) =>
        trial is { State: TrialState.Measured, IsCheap: false } && !plan.Outcomes.Where((outcome, k) => !double.IsFinite(trial.Values[k]) || !outcome.Holds(trial.Values[k])).Any();

    private static void Best(CampaignPlan plan, IReadOnlyList<CampaignTrial> trials, IReadOnlyList<int> numbers, StringBuilder text)
    {
        var best = BestOf(plan, trials);
        text.AppendLine(best.Length switch { 0 => "## No trial holds all limits yet", 1 => "## The best", _ => "## The best: none of these is beaten by another in all that is wanted" }).AppendLine();
        foreach (var i in best)
            text.AppendLine(CultureInfo.InvariantCulture, $"- trial {numbers[i]}: {plan.Space.Describe(trials[i].Point)}: {Values(plan, trials[i])}");
        if (best.Length > 0)
            text.AppendLine();
    }

    private static string Values(CampaignPlan plan, CampaignTrial trial) =>
        string.Join(", ", plan.Outcomes.Select((outcome, k) => $"{outcome.Name} {(double.IsNaN(trial.Values[k]) ? "not measured" : CampaignWords.Shown(trial.Values[k]))} {CampaignWords.UnitText(outcome)}".TrimEnd()));

    /// <summary>When the best was bettered.</summary>
    private static void Course(CampaignPlan plan, IReadOnlyList<CampaignTrial> trials, IReadOnlyList<int> numbers, StringBuilder text)
    {
        if (plan.Outcomes.Count(outcome => outcome.Aim != Aim.Held) != 1)
            return;
        var k = plan.Outcomes.ToList().FindIndex(outcome => outcome.Aim != Aim.Held);
        var (outcome, best) = (plan.Outcomes[k], double.NaN);
        text.AppendLine("## How it came about").AppendLine();
        for (var i = 0; i < trials.Count; i++)
        {
            if (!IsGood(plan, trials[i]))
                continue;
            var value = trials[i].Values[k];
            if (!double.IsNaN(best) && !(outcome.Aim == Aim.Less ? value < best : value > best))
                continue;
            text.AppendLine(CultureInfo.InvariantCulture, $"- trial {numbers[i]}: {outcome.Name} {CampaignWords.Shown(value)} {CampaignWords.UnitText(outcome)}{(double.IsNaN(best) ? ", the first that holds all limits" : "")}");
            best = value;
        }
        text.AppendLine();
    }

    private static void All(CampaignPlan plan, IReadOnlyList<CampaignTrial> trials, IReadOnlyList<int> numbers, StringBuilder text)
    {
        string[] head = ["trial", "state", .. plan.Cheap is null ? Array.Empty<string>() : [TrialSheet.Fidelity], .. plan.Space.Factors.Select(factor => factor.UnitText is "" or "1" ? factor.Name : $"{factor.Name} ({factor.UnitText})"), .. plan.Outcomes.Select(outcome => $"{outcome.Name} {(outcome.Unit == "1" ? "" : $"({outcome.Unit})")}".TrimEnd())];
        text.AppendLine("## All trials").AppendLine().Append("| ").AppendJoin(" | ", head).AppendLine(" |").Append('|').Insert(text.Length, "---|", head.Length).AppendLine();
        for (var i = 0; i < trials.Count; i++)
        {
            var values = plan.Space.Write(trials[i].Point);
            string[] cells = [numbers[i].ToString(CultureInfo.InvariantCulture), trials[i].State.ToString().ToLowerInvariant(), .. plan.Cheap is { } cheap ? [trials[i].IsCheap ? cheap.Name : TrialSheet.Full] : Array.Empty<string>(),
                .. plan.Space.Factors.Select(factor => values[factor.Name] is double number ? CampaignWords.Shown(number) : Convert.ToString(values[factor.Name], CultureInfo.InvariantCulture) ?? ""),
                .. plan.Outcomes.Select((_, k) => trials[i].State == TrialState.Measured ? CampaignWords.Shown(trials[i].Values[k]) : "")];
            text.Append("| ").AppendJoin(" | ", cells.Select(cell => cell.Replace("|", "\\|", StringComparison.Ordinal))).AppendLine(" |");
        }
    }
}
