using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Features;

/// <summary>A feature set that was proposed, and why each part of it is there.</summary>
public sealed record ProposedFeatures(FeatureSet Set, IReadOnlyList<string> Reasons);

/// <summary>
/// Proposes features from data: what is worth computing is guessed from units and from how the signals move, then kept only where it is
/// new and says something of the target that the signals alone do not. Give it the rows that a model will learn from and no others: a proposal
/// that has seen the rows by which a model is judged makes that judgement too kind.
/// </summary>
public static class FeatureProposal
{
    /// <summary>Signals beyond this number are not paired: every pair of them would be too many.</summary>
    private const int MostPaired = 30;

    private const int MostGrades = 10;

    /// <summary>Proposed besides the signals at most.</summary>
    public const int MostProposed = 60;

    /// <summary>For rows that stand alone: differences, products and ratios of two signals, as far as their units allow.</summary>
    /// <param name="rows">All rows to learn from.</param>
    /// <exception cref="ProblemException">The rows or labels make no sense.</exception>
    public static ProposedFeatures ForTable(IReadOnlyList<FeatureSignal> signals, SignalRows rows, LearningTask task, LearningTarget target, LearningContext context)
    {
        FeatureSignal[] numbers = [.. signals.Where((signal, place) => !signal.IsCategory && IsQuantity(rows.Signals[place]))];
        if (numbers.Length > MostPaired)
            return new(new FeatureSet([Feature.Value("*")]), [$"{numbers.Length} signals have too many pairs to look at; each is taken as it is."]);
        List<Feature> pairs = [];
        // In this order, since of two that say the same the first is kept: the simpler is the easier to understand.
        foreach (var kind in (string[])["minus", "times", "over"])
            for (var i = 0; i < numbers.Length; i++)
                for (var j = kind == "over" ? 0 : i + 1; j < numbers.Length; j++)
                    if (i != j && Pair(kind, numbers[i], numbers[j]) is { } pair)
                        pairs.Add(pair);
        return Chosen(signals, [rows], pairs, task, target, isSeries: false, [], context);
    }

    /// <summary>For rows in time, machine by machine: windows as long as the signals remember, and what their times and rate suggest.</summary>
    /// <param name="target">The labels of all rows, one group's after the other's; null: nothing is left out for saying little.</param>
    /// <param name="ahead">How many rows later than its row a label is from, in a forecast.</param>
    /// <inheritdoc cref="ForTable"/>
    public static ProposedFeatures ForSeries(IReadOnlyList<FeatureSignal> signals, IReadOnlyList<SignalRows> groups, LearningTask task, LearningTarget? target, LearningContext context, int ahead = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(ahead);
        var course = SeriesCourse.Of(signals, groups);
        var (features, reasons) = SeriesCandidates.Of(course, signals, ahead);
        return Chosen(signals, groups, features, task, target, isSeries: true, reasons, context);
    }

    private static ProposedFeatures Chosen(IReadOnlyList<FeatureSignal> signals, IReadOnlyList<SignalRows> groups, List<Feature> candidates, LearningTask task, LearningTarget? target, bool isSeries, List<string> reasons, LearningContext context)
    {
        var asTheyAre = new FeatureSet([Feature.Value("*")]);
        var basis = asTheyAre.Bind(signals).Compute(groups, context.Threads, context.Cancel);
        if (candidates.Count == 0)
            return new(asTheyAre, [.. reasons, "There is nothing to pair."]);
        var computed = new FeatureSet(candidates).Bind(signals);
        var table = computed.Compute(groups, context.Threads, context.Cancel);
        var screening = new FeatureScreening(basis, table, isSeries, context);
        var fresh = screening.Fresh();
        var kept = target is null ? fresh : screening.Telling(fresh, task, target);
        int[] most = [.. kept.Take(MostProposed).Order()];
        reasons.Add($"Of {table.Columns.Count} features {table.Columns.Count - fresh.Length} order the rows as another does"
            + (target is null ? "." : $", and {fresh.Length - kept.Length} of the others say nothing of the target that the rest does not."));
        return new(new FeatureSet([Feature.Value("*"), .. most.Select(column => computed.Features[column].Feature)]), reasons);
    }

    /// <summary>A signal of few values is a grade or a state in numbers: nothing can be multiplied by it.</summary>
    private static bool IsQuantity(double[] values)
    {
        var seen = new HashSet<double>();
        foreach (var value in values)
            if (!double.IsNaN(value) && seen.Add(value) && seen.Count > MostGrades)
                return true;
        return false;
    }

    /// <summary>Two signals taken together; null where their units do not allow it.</summary>
    private static Feature? Pair(string kind, FeatureSignal left, FeatureSignal right)
    {
        var pair = Feature.Of(kind, [Feature.Value(left.Name), Feature.Value(right.Name)]);
        try
        {
            FeatureKinds.Of(kind).Unit(pair, [left.Unit, right.Unit]);
            return pair;
        }
        catch (ProblemException)
        {
            return null;
        }
    }
}
