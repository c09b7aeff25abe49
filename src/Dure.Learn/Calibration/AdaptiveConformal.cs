using System.Text.Json.Nodes;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Calibration;

/// <summary>How an interval over time adapts.</summary>
public sealed record AdaptiveOptions
{
    /// <summary>The share of values that is promised in the long run; 0.5 to 0.999.</summary>
    public double Level { get; init; } = 0.9;

    /// <summary>How much a miss widens what is aimed at next, and a hit narrows it; 0: it follows the window alone.</summary>
    public double Rate { get; init; } = 0.01;

    /// <summary>How many of the newest residuals count.</summary>
    public int Window { get; init; } = 1000;

    /// <exception cref="ProblemException">Names the option that makes no sense.</exception>
    public void Check()
    {
        Trees.BoostingOptions.Must(Level is >= 0.5 and <= 0.999, nameof(Level), "0.5 to 0.999");
        Trees.BoostingOptions.Must(Rate is >= 0 and <= 0.5, nameof(Rate), "0 to 0.5");
        Trees.BoostingOptions.Must(Window is >= 10 and <= 100_000, nameof(Window), "10 to 100,000");
    }
}

/// <summary>
/// Intervals for a series, whose rows are not alike over time: quantiles of a window of the newest residuals, with the share that is aimed at moved
/// by each hit and miss, so that in the long run as many values lie inside as is promised, whatever the series does (Gibbs and Candès 2021, eq. 2).
/// Where that share passes 1 the interval grows beyond the largest residual of the window. For one thread at a time.
/// </summary>
public sealed class AdaptiveConformal
{
    /// <summary>Fewer residuals are too few to begin with.</summary>
    public const int LeastScores = 10;

    private readonly AdaptiveOptions options;
    private readonly Queue<double> window = new();
    private readonly List<double> sorted = [];

    /// <param name="scores">Residuals without sign of rows that were not learnt from, the oldest first; at least ten.</param>
    /// <exception cref="ProblemException">An option makes no sense, or there are too few residuals.</exception>
    public AdaptiveConformal(AdaptiveOptions options, ReadOnlySpan<double> scores)
    {
        options.Check();
        if (scores.Length < LeastScores)
            throw new ProblemException("urn:dure:learn:no-interval", $"{scores.Length} residuals are too few to begin with.", "the interval", "Give at least ten, of rows that were not learnt from.");
        (this.options, Aim) = (options, options.Level);
        foreach (var score in scores)
            Add(score);
    }

    public AdaptiveOptions Options => options;

    /// <summary>The share that is aimed at now; above 1 after many misses.</summary>
    public double Aim { get; private set; }

    /// <summary>How far the next value lies from its prediction at most, in units of its difficulty.</summary>
    public double Radius
    {
        get
        {
            if (Aim <= 0)
                return 0;
            var rank = (int)Math.Ceiling((sorted.Count + 1) * Aim - 1e-9);
            // One miss allowance beyond 1 doubles it: however far it must grow, it gets there.
            return rank <= sorted.Count ? sorted[Math.Max(0, rank - 1)] : sorted[^1] * (1 + Math.Max(0, Aim - 1) / (1 - options.Level));
        }
    }

    /// <param name="difficulty">How far off such a prediction usually is; 1: all alike.</param>
    public PredictionInterval Around(double prediction, double difficulty = 1) => new(prediction - Radius * difficulty, prediction + Radius * difficulty);

    /// <summary>Tells the truth when it is known, in the order of the rows; it may be long after the interval was given.</summary>
    /// <param name="given">The interval that was given for the row.</param>
    public void Tell(PredictionInterval given, double prediction, double truth, double difficulty = 1)
    {
        var isMiss = !given.Contains(truth);
        // Bounds so wide that they are met only when every single row for a long time was missed, or held.
        Aim = Math.Clamp(Aim + options.Rate * ((isMiss ? 1 : 0) - (1 - options.Level)), -10, 100);
        if (Math.Abs(truth - prediction) / difficulty is var score && double.IsFinite(score))
            Add(score);
    }

    public byte[] Write() => CanonicalJson.Serialize(new JsonObject
    {
        ["level"] = options.Level,
        ["rate"] = options.Rate,
        ["window"] = options.Window,
        ["aim"] = Aim,
        ["scores"] = ModelFile.Numbers(window),
    });

    /// <exception cref="ProblemException">The bytes are not of this form.</exception>
    public static AdaptiveConformal Read(ReadOnlySpan<byte> file)
    {
        var text = CalibrationFile.Parse(file);
        return ModelFile.Checked(() =>
        {
            var options = new AdaptiveOptions { Level = text["level"]!.GetValue<double>(), Rate = text["rate"]!.GetValue<double>(), Window = text["window"]!.GetValue<int>() };
            var (scores, aim) = (ModelFile.Numbers(text["scores"]), text["aim"]!.GetValue<double>());
            ModelFile.Must(scores.Length <= options.Window && scores.All(score => score >= 0) && aim is >= -10 and <= 100, "its residuals make no sense");
            return new AdaptiveConformal(options, scores) { Aim = aim };
        });
    }

    private void Add(double score)
    {
        window.Enqueue(score);
        sorted.Insert(Place(score), score);
        if (window.Count > options.Window)
            sorted.RemoveAt(Place(window.Dequeue()));
    }

    private int Place(double score) => sorted.BinarySearch(score) is var at && at < 0 ? ~at : at;
}
