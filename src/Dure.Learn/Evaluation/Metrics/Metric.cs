using System.Globalization;
using Dure.Kernel;

namespace Dure.Learn.Evaluation;

/// <summary>A figure for how good predictions are. NaN where it is not defined on the rows given.</summary>
public abstract record Metric
{
    /// <summary>The word a recipe uses, such as <c>rmse</c> or <c>pinball:0.9</c>.</summary>
    public abstract string Name { get; }

    public abstract bool HigherIsBetter { get; }

    /// <summary>Whether it says anything of such rows.</summary>
    public abstract bool Suits(JudgedRows rows);

    /// <param name="weights">How much each row counts; 0: not at all.</param>
    internal abstract double Of(JudgedRows rows, double[] weights);

    /// <summary>The figure for rows as they are.</summary>
    public double Of(JudgedRows rows) => Of(rows, rows.OwnWeights());

    /// <summary>Whether one value is better than another.</summary>
    public bool IsBetter(double one, double other) => HigherIsBetter ? one > other : one < other;
}

/// <summary>A figure that is a function of rows and weights.</summary>
internal sealed record NamedMetric(string Word, bool Rises, Func<JudgedRows, bool> Fits, Func<JudgedRows, double[], double> Figure) : Metric
{
    public override string Name => Word;

    public override bool HigherIsBetter => Rises;

    public override bool Suits(JudgedRows rows) => Fits(rows);

    internal override double Of(JudgedRows rows, double[] weights) => Figure(rows, weights);
}

/// <summary>All metrics of a table's predictions, by the word a recipe uses.</summary>
public static class Metrics
{
    private const string AnyShare = "pinball:";

    private static readonly Metric[] All =
    [
        Number("rmse", false, RegressionMetrics.Rmse),
        Number("mae", false, RegressionMetrics.Mae),
        Number("r2", true, RegressionMetrics.R2),
        Number("cv-rmse", false, RegressionMetrics.CvRmse),
        Number("mape", false, RegressionMetrics.Mape),
        Number("rul-score", false, RegressionMetrics.RulScore),
        Number("ndcg", true, RankingMetrics.Ndcg),
        Interval("coverage", true, IntervalMetrics.Coverage),
        Interval("width", false, IntervalMetrics.Width),
        Interval("winkler", false, IntervalMetrics.Winkler),
        Class("accuracy", true, (rows, weights) => Confusion.Of(rows, weights).Accuracy),
        Class("macro-f1", true, (rows, weights) => Confusion.Of(rows, weights).MacroF1),
        Class("balanced-accuracy", true, (rows, weights) => Confusion.Of(rows, weights).BalancedAccuracy),
        Class("mcc", true, (rows, weights) => Confusion.Of(rows, weights).Mcc),
        new NamedMetric("f1", true, rows => rows.Task is { IsClassification: true, Outputs: 1 }, (rows, weights) => Confusion.Of(rows, weights).F1(1)),
        Alarms("false-alarms", 0),
        Alarms("misses", 1),
        Class("auc", true, RankingMetrics.Auc),
        Class("average-precision", true, RankingMetrics.AveragePrecision),
        Class("brier", false, ProbabilityMetrics.Brier),
        Class("log-loss", false, ProbabilityMetrics.LogLoss),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. All.Select(metric => metric.Name), AnyShare + "Q"];

    /// <exception cref="ProblemException">There is no such metric.</exception>
    public static Metric Of(string name)
    {
        if (name.StartsWith(AnyShare, StringComparison.Ordinal) && double.TryParse(name[AnyShare.Length..], NumberStyles.Float, CultureInfo.InvariantCulture, out var share) && share is > 0 and < 1)
            return Number(name, false, (rows, weights) => RegressionMetrics.Pinball(rows, weights, share));
        return Array.Find(All, metric => metric.Name == name)
            ?? throw new ProblemException("urn:dure:learn:no-such-metric", $"There is no metric '{name}'.", "metric", $"Choose one of: {string.Join(", ", Names)}.");
    }

    /// <summary>What is shown unless a recipe asks for something else.</summary>
    public static IReadOnlyList<Metric> Usual(JudgedRows rows) =>
        [.. All.Where(metric => metric.Suits(rows) && metric.Name is not ("rul-score" or "ndcg" or "mape" or "false-alarms" or "misses"))];

    private static NamedMetric Number(string name, bool rises, Func<JudgedRows, double[], double> figure) => new(name, rises, rows => !rows.Task.IsClassification, figure);

    private static NamedMetric Interval(string name, bool rises, Func<JudgedRows, double[], double> figure) => new(name, rises, rows => !rows.Task.IsClassification && rows.Intervals is not null, figure);

    /// <summary>Of two classes the share of the rows of one that are said to be of the other.</summary>
    private static NamedMetric Alarms(string name, int one) => new(name, false, rows => rows.Task is { IsClassification: true, Outputs: 1 }, (rows, weights) => 1 - Confusion.Of(rows, weights).Recall(one));

    private static NamedMetric Class(string name, bool rises, Func<JudgedRows, double[], double> figure) => new(name, rises, rows => rows.Task.IsClassification, figure);
}
