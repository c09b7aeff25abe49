using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>
/// How rare a score would be among healthy rows, whatever the score is: a share from 0 to 1 that false alarms can be counted by (Vovk et al. 2005;
/// Bates et al. 2023, eq. 2).
/// </summary>
/// <param name="Healthy">Scores of healthy rows that were not learnt from, rising.</param>
public sealed record ConformalAnomaly(double[] Healthy)
{
    private const int MostScores = 1_000_000;

    /// <param name="scores">Of healthy rows that were not learnt from; a higher score is stranger.</param>
    public static ConformalAnomaly Of(ReadOnlySpan<double> scores)
    {
        if (scores.Length is 0 or > MostScores)
            throw new ProblemException("urn:dure:learn:bad-scores", $"There are {scores.Length} scores.", "healthy scores", $"Give 1 to {MostScores}, of healthy rows that were not learnt from.");
        var sorted = scores.ToArray();
        Array.Sort(sorted);
        return double.IsNaN(sorted[0]) // NaN stands first
            ? throw new ProblemException("urn:dure:learn:bad-scores", "A score is no number.", "healthy scores", "Leave out rows that cannot be scored.")
            : new ConformalAnomaly(sorted);
    }

    /// <summary>The share of healthy rows, the new one counted with them, that are at least as strange: (1 + #{s ≥ score}) / (n + 1).</summary>
    public double Share(double score)
    {
        var (low, high) = (0, Healthy.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (Healthy[middle] < score)
                low = middle + 1;
            else
                high = middle;
        }
        return (1.0 + Healthy.Length - low) / (Healthy.Length + 1);
    }

    /// <summary>
    /// Which of several shares, for instance one a signal, are alarms so that of all alarms at most a given share is false on average (Benjamini and
    /// Hochberg 1995).
    /// </summary>
    public static bool[] Alarms(ReadOnlySpan<double> shares, double falseShare)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(falseShare);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(falseShare, 1);
        var sorted = shares.ToArray();
        Array.Sort(sorted);
        var limit = -1.0;
        for (var rank = 1; rank <= sorted.Length; rank++)
            if (sorted[rank - 1] <= falseShare * rank / sorted.Length)
                limit = sorted[rank - 1];
        var alarms = new bool[shares.Length];
        for (var i = 0; i < alarms.Length; i++)
            alarms[i] = shares[i] <= limit;
        return alarms;
    }

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject { ["healthy"] = ModelFile.Numbers(Healthy) });

    /// <exception cref="ProblemException">The bytes are not of this form.</exception>
    public static ConformalAnomaly Read(ReadOnlySpan<byte> file)
    {
        var text = CalibrationFile.Parse(file);
        return ModelFile.Checked(() =>
        {
            var scores = ModelFile.Numbers(text["healthy"]);
            ModelFile.Must(scores.Length is > 0 and <= MostScores && scores.Zip(scores.Skip(1)).All(pair => pair.First <= pair.Second), "its scores do not rise");
            return new ConformalAnomaly(scores);
        });
    }
}
