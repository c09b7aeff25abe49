using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>Rows whose probabilities lie close together.</summary>
/// <param name="Said">Their mean probability.</param>
/// <param name="Came">The share of them in which it came.</param>
/// <param name="CameLow">From here…</param>
/// <param name="CameHigh">…to here that share may be, 95 times of 100 (Wilson 1927).</param>
public sealed record ReliabilityBin(double Low, double High, int Count, double Said, double Came, double CameLow, double CameHigh);

/// <summary>
/// Whether probabilities mean what they say. The Brier score is miscalibration - resolution + uncertainty + what is lost by taking rows of a bin
/// together (Murphy 1973; Stephenson, Coelho and Jolliffe 2008).
/// </summary>
/// <param name="Bins">Bins with rows, rising.</param>
/// <param name="ExpectedError">The mean distance between what was said and what came, by rows (Naeini, Cooper and Hauskrecht 2015).</param>
/// <param name="LargestError">The largest of these distances.</param>
/// <param name="Brier">The mean squared distance of the probabilities from 0 or 1.</param>
/// <param name="Miscalibration">Its part from bins that say something else than came; 0 is best.</param>
/// <param name="Resolution">Its part from bins that differ from each other; the more the better.</param>
/// <param name="Uncertainty">Its part that no model can change.</param>
public sealed record Reliability(IReadOnlyList<ReliabilityBin> Bins, double ExpectedError, double LargestError, double Brier, double Miscalibration, double Resolution, double Uncertainty)
{
    private const double Normal = 1.959964;

    /// <summary>Of two classes the second's probability; of more that of the class that is said, and whether it was right.</summary>
    /// <param name="predictions">As a model gives them.</param>
    public static Reliability Of(LearningTask task, ReadOnlySpan<double> predictions, ReadOnlySpan<float> labels, int bins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(predictions.Length, labels.Length * task.Outputs);
        var (said, came) = (new double[labels.Length], new bool[labels.Length]);
        for (var row = 0; row < said.Length; row++)
        {
            var own = predictions.Slice(row * task.Outputs, task.Outputs);
            var most = 0;
            for (var i = 1; i < own.Length; i++)
                if (own[i] > own[most])
                    most = i;
            (said[row], came[row]) = (own[most], task.Outputs == 1 ? labels[row] == 1 : (int)labels[row] == most);
        }
        return Of(said, came, bins);
    }

    /// <param name="bins">2 to 1,000, all equally wide.</param>
    public static Reliability Of(ReadOnlySpan<double> said, ReadOnlySpan<bool> came, int bins = 10)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bins, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bins, 1000);
        if (said.IsEmpty)
            throw new ProblemException("urn:dure:learn:bad-calibration", "There is no row to judge probabilities by.", "reliability", "Give rows with known classes.");
        var sums = new (int Count, double Said, int Came)[bins];
        var brier = 0.0;
        for (var row = 0; row < said.Length; row++)
        {
            ref var bin = ref sums[Math.Clamp((int)(said[row] * bins), 0, bins - 1)];
            bin = (bin.Count + 1, bin.Said + said[row], bin.Came + (came[row] ? 1 : 0));
            brier += Math.Pow(said[row] - (came[row] ? 1 : 0), 2) / said.Length;
        }
        var made = sums.Select((bin, number) => (bin, number)).Where(each => each.bin.Count > 0).Select(each => Bin(each.bin, each.number, bins)).ToArray();
        var share = sums.Sum(bin => bin.Came) / (double)said.Length;
        double mean(Func<ReliabilityBin, double> of) => made.Sum(bin => bin.Count * of(bin)) / made.Sum(bin => bin.Count);
        return new(made, mean(bin => Math.Abs(bin.Said - bin.Came)), made.Max(bin => Math.Abs(bin.Said - bin.Came)), brier,
            mean(bin => Math.Pow(bin.Said - bin.Came, 2)), mean(bin => Math.Pow(bin.Came - share, 2)), share * (1 - share));
    }

    public JsonObject ToJson() => new()
    {
        ["expectedError"] = ExpectedError,
        ["largestError"] = LargestError,
        ["brier"] = Brier,
        ["miscalibration"] = Miscalibration,
        ["resolution"] = Resolution,
        ["uncertainty"] = Uncertainty,
        ["bins"] = new JsonArray([.. Bins.Select(bin => (JsonNode)new JsonObject
        {
            ["low"] = bin.Low,
            ["high"] = bin.High,
            ["count"] = bin.Count,
            ["said"] = bin.Said,
            ["came"] = bin.Came,
            ["cameLow"] = bin.CameLow,
            ["cameHigh"] = bin.CameHigh,
        })]),
    };

    private static ReliabilityBin Bin((int Count, double Said, int Came) sums, int number, int bins)
    {
        var (count, share) = ((double)sums.Count, sums.Came / (double)sums.Count);
        var middle = (share + Normal * Normal / (2 * count)) / (1 + Normal * Normal / count);
        var reach = Normal * Math.Sqrt(share * (1 - share) / count + Normal * Normal / (4 * count * count)) / (1 + Normal * Normal / count);
        return new((double)number / bins, (number + 1.0) / bins, sums.Count, sums.Said / count, share, Math.Max(0, middle - reach), Math.Min(1, middle + reach));
    }
}
