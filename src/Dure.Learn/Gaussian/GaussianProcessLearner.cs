using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Dure.Edge.Onnx;
using Dure.Kernel;
using Dure.Learn.Learners;
using Dure.Learn.Tables;
using Dure.Learn.Trees;
using Dure.Optimize.Gaussian;

namespace Dure.Learn.Gaussian;

/// <summary>
/// A Gaussian process: smooth in all columns, each with a length of its own, and sure of itself only near what it has seen. For small tables of
/// numbers; of a long one some points stand for the rows.
/// </summary>
public sealed record GaussianProcessLearner : Learner
{
    public const string Name = "gaussian-process";

    private const int MostRows = 1_000_000;

    /// <summary>matern52: twice differentiable; rbf: without an edge anywhere.</summary>
    public string Covariance { get; init; } = "matern52";

    /// <summary>Starts of the search for lengths and noise.</summary>
    public int Starts { get; init; } = 3;

    /// <summary>Rows at most by which lengths and noise are found.</summary>
    public int LikelihoodRows { get; init; } = 400;

    /// <summary>Up to so many rows all are kept.</summary>
    public int ExactRows { get; init; } = 1000;

    /// <summary>Points that stand for the rows of a longer table.</summary>
    public int InducingPoints { get; init; } = 200;

    [JsonIgnore]
    public override string Kind => Name;

    public override bool Suits(LearningTask task) => !task.IsClassification;

    public override void Check()
    {
        BoostingOptions.Must(Covariance is "matern52" or "rbf", nameof(Covariance), "matern52 or rbf");
        BoostingOptions.Must(Starts is >= 1 and <= 100, nameof(Starts), "1 to 100");
        BoostingOptions.Must(LikelihoodRows is >= 10 and <= 3000, nameof(LikelihoodRows), "10 to 3,000");
        BoostingOptions.Must(ExactRows is >= 1 and <= 3000, nameof(ExactRows), "1 to 3,000");
        BoostingOptions.Must(InducingPoints is >= 1 and <= 1000, nameof(InducingPoints), "1 to 1,000");
    }

    public override TableModel Train(LearningTask task, TableRows rows, TableRows? validation, LearningContext context)
    {
        Check();
        this.MustSuit(task, rows.Features);
        rows.CheckFor(task, validation);
        if (rows.Count > MostRows)
            throw new ProblemException("urn:dure:learn:too-large", $"{rows.Count} rows are too many for a Gaussian process.", "the table", $"Give at most {MostRows}, or use boosted trees.");
        var encoding = TableEncoding.Of(rows.Features, rows.Target.Weights);
        // A table that says nothing has one place, always 0, so that the mean remains.
        var width = Math.Max(1, encoding.Width);
        var points = new double[checked(rows.Count * width)];
        if (encoding.Width > 0)
            encoding.Encode(rows.Features, 0, rows.Count, points, width);
        var options = new GaussianOptions
        {
            Covariance = KindOf(Covariance),
            Starts = Starts,
            LikelihoodRows = LikelihoodRows,
            ExactRows = ExactRows,
            InducingPoints = InducingPoints,
            Seed = context.Seed,
            Threads = context.Threads,
        };
        var process = GaussianProcess.Fit(points, width, Array.ConvertAll(rows.Target.Labels, label => (double)label), options, Precisions(rows.Target), context.Cancel);
        return new GaussianProcessModel(encoding, process);
    }

    internal static Covariance KindOf(string name) => name switch
    {
        "matern52" => Optimize.Gaussian.Covariance.Matern52,
        "rbf" => Optimize.Gaussian.Covariance.Rbf,
        _ => throw new FormatException(name),
    };

    private static double[] Precisions(LearningTarget target) =>
        target.Weights is not { } weights ? [] : weights.Average(weight => (double)weight) is var mean ? Array.ConvertAll(weights, weight => weight / mean) : [];
}
