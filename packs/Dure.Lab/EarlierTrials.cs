using Dure.Kernel;
using Dure.Optimize.Campaigns;
using Dure.Optimize.Spaces;

namespace Dure.Lab;

/// <summary>An earlier campaign's sheet as a warm start of a new plan: factors are matched by name, numbers converted to the new plan's units, options matched by name.</summary>
public static class EarlierTrials
{
    /// <param name="plan">The new plan.</param>
    /// <param name="earlier">The earlier one; read is its outcome of the same name as the wanted one here, or the only one that it wants.</param>
    /// <param name="trials">The earlier one's; those that were not measured in full, or have an option that the new plan does not know, are left out.</param>
    /// <exception cref="ProblemException">A factor or the outcome has no counterpart, or a unit is of another kind.</exception>
    public static EarlierCampaign Of(CampaignPlan plan, CampaignPlan earlier, IReadOnlyList<CampaignTrial> trials)
    {
        var where = $"earlier campaign '{earlier.Name}'";
        var wanted = plan.Outcomes.First(outcome => outcome.Aim != Aim.Held);
        var from = earlier.Outcomes.ToList().FindIndex(outcome => outcome.Name == wanted.Name) is var same and >= 0 ? same : earlier.Outcomes.Count(outcome => outcome.Aim != Aim.Held) == 1 ? earlier.Outcomes.ToList().FindIndex(outcome => outcome.Aim != Aim.Held)
            : throw Bad($"It has no outcome '{wanted.Name}'.", where, "Give the outcome the same name in both plans.");
        var sign = earlier.Outcomes[from].Aim != Aim.Held && earlier.Outcomes[from].Aim != wanted.Aim ? -1 : 1;
        var read = plan.Space.Factors.Select(factor => Reader(factor, earlier.Space, where)).ToArray();
        var (points, values) = (new List<double[]>(), new List<double>());
        foreach (var trial in trials)
        {
            if (trial is not { State: TrialState.Measured, IsCheap: false } || !double.IsFinite(trial.Values[from]))
                continue;
            var point = Array.ConvertAll(read, each => each(trial.Point));
            if (!point.All(double.IsFinite))
                continue;
            points.Add(point);
            values.Add(sign * trial.Values[from]);
        }
        return new EarlierCampaign(earlier.Name, points, values);
    }

    /// <summary>Finds a factor's value in an earlier point; NaN where it has no counterpart.</summary>
    private static Func<double[], double> Reader(Factor factor, SearchSpace earlier, string where)
    {
        var at = earlier.Factors.ToList().FindIndex(other => other.Name == factor.Name);
        if (at < 0)
            throw Bad($"It has no factor '{factor.Name}'.", where, "Read only campaigns over the same factors; a factor that was held then needs a column, too.");
        switch (factor, earlier.Factors[at])
        {
            case (Factor.Category now, Factor.Category then):
                return point => now.NumberOf(then.Options[(int)point[at]]) is var option and >= 0 ? option : double.NaN;
            case ({ IsNumber: true }, { IsNumber: true } then):
                var conversion = Unit.Parse(then.UnitText).ConversionTo(Unit.Parse(factor.UnitText), factor.Name);
                var needsAboveZero = factor is Factor.Continuous { IsLog: true } or Factor.Integer { IsLog: true };
                return point => conversion.Apply(point[at]) is var value && needsAboveZero && !(value > 0) ? double.NaN : value;
            default:
                throw Bad($"Its factor '{factor.Name}' is of another kind.", where, "Make it a number in both plans, or options in both.");
        }
    }

    private static ProblemException Bad(string what, string where, string mend) => new("urn:dure:lab:bad-earlier", what, where, mend);
}
