using Dure.Learn.Evaluation;
using Dure.Learn.Learners;
using Dure.Learn.Tables;

namespace Dure.Learn.Explanations;

/// <summary>How much a model leans on some columns.</summary>
/// <param name="Columns">One column, or several that tell the same and are therefore shuffled together.</param>
/// <param name="Worsening">How much worse the figure becomes without them, with its 95 % interval; about 0: the model does not need them.</param>
public sealed record ColumnImportance(IReadOnlyList<string> Columns, Measured Worsening);

/// <summary>
/// Shuffles columns among rows that the model did not learn from and looks how much worse it becomes (Breiman 2001; Fisher, Rudin and Dominici
/// 2019). What belongs to a whole group is shuffled among groups, and columns that tell the same go together: shuffled one by one each would
/// seem needless.
/// </summary>
public static class PermutationImportance
{
    private const double TellsTheSame = 0.95;
    private const int CorrelationRows = 2000;
    private const int Draws = 200;

    /// <param name="rows">Rows that were not learnt from.</param>
    /// <param name="known">Times and groups of these rows.</param>
    /// <param name="window">Of each row of a window there are the same columns, the newest last: what was is shuffled with what is, and named by that.</param>
    /// <returns>The most important first.</returns>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static IReadOnlyList<ColumnImportance> Of(TableModel model, TableRows rows, SplitRows known, Metric metric, int seed, int repeats = 5, int threads = 0, int window = 1, CancellationToken cancel = default)
    {
        JudgedRows judged(FeatureTable table) => new(model.Task, rows.Target.Labels, model.Predict(table, threads, cancel)) { Weights = rows.Target.Weights is { } weights ? Array.ConvertAll(weights, weight => (double)weight) : null };
        var (asIs, resampling) = (judged(rows.Features), Resampling.For(known, [.. Enumerable.Range(0, rows.Count)]));
        var own = asIs.OwnWeights();
        var draws = Weights(resampling, own, seed);
        var before = draws.Select(weights => metric.Of(asIs, weights)).Prepend(metric.Of(asIs, own)).ToArray();
        var found = new List<ColumnImportance>();
        var (columns, each) = (rows.Features.Columns.Count, rows.Features.Columns.Count / window);
        foreach (var newest in Together(rows.Features.Select([.. Enumerable.Range(columns - each, each)])))
        {
            cancel.ThrowIfCancellationRequested();
            int[] together = [.. newest.SelectMany(column => Enumerable.Range(0, window).Select(back => back * each + column))];
            var worse = new double[before.Length];
            for (var repeat = 0; repeat < repeats; repeat++)
            {
                var shuffled = judged(Shuffled(rows.Features, together, known.Groups, unchecked(seed * 31 + repeat)));
                for (var draw = 0; draw < worse.Length; draw++)
                {
                    var after = metric.Of(shuffled, draw == 0 ? own : draws[draw - 1]);
                    worse[draw] += (metric.HigherIsBetter ? before[draw] - after : after - before[draw]) / repeats;
                }
            }
            found.Add(new([.. newest.Select(column => rows.Features.Columns[columns - each + column].Name)], Judging.Between(worse[0], worse[1..])));
        }
        return [.. found.OrderByDescending(one => one.Worsening.Value).ThenBy(one => one.Columns[0], StringComparer.Ordinal)];
    }

    private static double[][] Weights(Resampling resampling, double[] own, int seed) => [.. Enumerable.Range(0, resampling.IsEnough ? Draws : 0).Select(draw =>
    {
        var weights = new double[own.Length];
        resampling.Draw(seed, draw, own, weights);
        return weights;
    })];

    /// <summary>Columns in sets: each stands with those that have nearly its order of rows.</summary>
    internal static List<int[]> Together(FeatureTable table)
    {
        var step = Math.Max(1, table.Rows / CorrelationRows);
        double[][] samples = [.. table.Columns.Select(column => column.Values.Where((_, row) => row % step == 0).Select(value => (double)value).ToArray())];
        var sets = new List<List<int>>();
        for (var column = 0; column < samples.Length; column++)
        {
            var set = table.Columns[column].IsCategorical ? null
                : sets.Find(set => !table.Columns[set[0]].IsCategorical && Math.Abs(ColumnStrength.Rank(samples[set[0]], samples[column])) > TellsTheSame);
            if (set is null)
                sets.Add([column]);
            else
                set.Add(column);
        }
        return sets.ConvertAll(set => set.ToArray());
    }

    private static FeatureTable Shuffled(FeatureTable table, int[] columns, int[]? groups, int seed)
    {
        var from = groups is not null && Array.TrueForAll(columns, column => IsOfGroups(table.Columns[column].Values, groups)) ? AmongGroups(groups, seed) : AmongRows(table.Rows, seed);
        return new([.. table.Columns.Select((column, i) => columns.Contains(i) ? column with { Values = Array.ConvertAll(from, row => column.Values[row]) } : column)]);
    }

    /// <summary>Whether each group has one value.</summary>
    private static bool IsOfGroups(float[] values, int[] groups)
    {
        var first = new Dictionary<int, float>();
        for (var row = 0; row < values.Length; row++)
            if (!first.TryAdd(groups[row], values[row]) && !first[groups[row]].Equals(values[row]))
                return false;
        return true;
    }

    private static int[] AmongRows(int rows, int seed)
    {
        var from = Enumerable.Range(0, rows).ToArray();
        new Random(seed).Shuffle(from);
        return from;
    }

    /// <summary>Each group takes the value of another: that of its first row.</summary>
    private static int[] AmongGroups(int[] groups, int seed)
    {
        var firsts = Enumerable.Range(0, groups.Length).GroupBy(row => groups[row]).OrderBy(group => group.Key).Select(group => (group.Key, First: group.First())).ToArray();
        var shuffled = firsts.Select(group => group.First).ToArray();
        new Random(seed).Shuffle(shuffled);
        var takes = firsts.Select((group, i) => (group.Key, shuffled[i])).ToDictionary(pair => pair.Key, pair => pair.Item2);
        return Array.ConvertAll(groups, group => takes[group]);
    }
}
