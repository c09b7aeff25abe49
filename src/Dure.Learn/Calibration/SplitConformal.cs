using System.Text.Json.Nodes;
using Dure.Kernel;

namespace Dure.Learn.Calibration;

/// <summary>
/// How far from its prediction a value lies at most, so often as is promised, found on rows that were not learnt from (Vovk et al. 2005; Lei et al.
/// 2018). It holds for rows of the same kind, in any order, whatever the model is worth.
/// </summary>
/// <param name="Level">The share of values that is promised.</param>
/// <param name="Radius">The distance, in the unit of the score; infinite where there are too few rows to promise anything.</param>
/// <param name="Rows">How many rows it was found on.</param>
public sealed record SplitConformal(double Level, double Radius, int Rows)
{
    /// <summary>From the scores of rows that were not learnt from: residuals without sign, or one less the probability of the true class.</summary>
    /// <param name="level">0.5 to 0.999.</param>
    public static SplitConformal Of(ReadOnlySpan<double> scores, double level)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 0.5);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 0.999);
        var sorted = scores.ToArray();
        Array.Sort(sorted);
        return new(level, IsEnough(sorted.Length, level) ? sorted[Rank(sorted.Length, level) - 1] : double.PositiveInfinity, sorted.Length);
    }

    /// <summary>Whether so many rows can promise a level.</summary>
    internal static bool IsEnough(int rows, double level) => Rank(rows, level) <= rows;

    /// <summary>The rank counts the row to come as one of them: Lei et al. 2018, theorem 2.</summary>
    private static int Rank(int rows, double level) => (int)Math.Ceiling((rows + 1) * level);

    /// <summary>
    /// The same where rows hang together, such as those of one engine: one row of each group is drawn, and the promise is for a row of a group to come
    /// (Dunn, Wasserman and Ramdas 2023, subsampling once).
    /// </summary>
    /// <param name="groups">For each score the group of its row.</param>
    public static SplitConformal OnePerGroup(ReadOnlySpan<double> scores, ReadOnlySpan<int> groups, double level, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(groups.Length, scores.Length);
        var random = new Random(seed);
        var drawn = new Dictionary<int, (double Score, int Seen)>();
        for (var i = 0; i < scores.Length; i++)
        {
            var seen = drawn.GetValueOrDefault(groups[i]).Seen + 1;
            // The k-th row of a group takes the place with chance 1 / k: all have the same.
            drawn[groups[i]] = random.Next(seen) == 0 ? (scores[i], seen) : (drawn[groups[i]].Score, seen);
        }
        return Of([.. drawn.Values.Select(one => one.Score)], level);
    }

    /// <summary>
    /// The same with all rows, each group counted as one however many rows it has (Dunn, Wasserman and Ramdas 2023, pooling distributions): not left to
    /// a draw, but held a little more often than promised where rows of a group differ.
    /// </summary>
    /// <param name="groups">For each score the group of its row.</param>
    public static SplitConformal OfGroups(ReadOnlySpan<double> scores, ReadOnlySpan<int> groups, double level)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(groups.Length, scores.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 0.5);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 0.999);
        var sizes = new Dictionary<int, int>();
        foreach (var group in groups)
            sizes[group] = sizes.GetValueOrDefault(group) + 1;
        var (sorted, weights) = (scores.ToArray(), new double[scores.Length]);
        for (var i = 0; i < weights.Length; i++)
            weights[i] = 1.0 / sizes[groups[i]];
        Array.Sort(sorted, weights);
        var (wanted, reached) = ((sizes.Count + 1) * level, 0.0);
        for (var i = 0; i < sorted.Length; i++)
            if ((reached += weights[i]) >= wanted - 1e-9)
                return new(level, sorted[i], sorted.Length);
        return new(level, double.PositiveInfinity, sorted.Length);
    }

    /// <summary>Whether there were rows enough to promise anything.</summary>
    public bool IsKnown => double.IsFinite(Radius);

    public JsonObject ToJson() => new() { ["level"] = Level, ["radius"] = IsKnown ? Radius : null, ["rows"] = Rows };

    /// <exception cref="ProblemException">It is not of this form.</exception>
    /// <param name="least">The smallest radius that makes sense.</param>
    public static SplitConformal Read(JsonObject text, double least = 0) => Learners.ModelFile.Checked(() =>
    {
        var read = new SplitConformal(text["level"]!.GetValue<double>(), text["radius"]?.GetValue<double>() ?? double.PositiveInfinity, text["rows"]!.GetValue<int>());
        Learners.ModelFile.Must(read is { Level: >= 0.5 and <= 0.999, Rows: >= 0 } && read.Radius >= least, "its interval makes no sense");
        return read;
    });
}
