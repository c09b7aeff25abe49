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
        // The rank counts the row to come as one of them: Lei et al. 2018, theorem 2.
        var rank = (int)Math.Ceiling((sorted.Length + 1) * level);
        return new(level, rank <= sorted.Length ? sorted[rank - 1] : double.PositiveInfinity, sorted.Length);
    }

    /// <summary>Whether there were rows enough to promise anything.</summary>
    public bool IsKnown => double.IsFinite(Radius);

    public JsonObject ToJson() => new() { ["level"] = Level, ["radius"] = IsKnown ? Radius : null, ["rows"] = Rows };

    /// <exception cref="ProblemException">It is not of this form.</exception>
    public static SplitConformal Read(JsonObject text) => Learners.ModelFile.Checked(() =>
    {
        var read = new SplitConformal(text["level"]!.GetValue<double>(), text["radius"]?.GetValue<double>() ?? double.PositiveInfinity, text["rows"]!.GetValue<int>());
        Learners.ModelFile.Must(read is { Level: >= 0.5 and <= 0.999, Radius: >= 0, Rows: >= 0 }, "its interval makes no sense");
        return read;
    });
}
