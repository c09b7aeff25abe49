using System.Globalization;
using Dure.Kernel;
using Dure.Learn.Learners;

namespace Dure.Learn.Evaluation;

/// <summary>How good a model is that learnt from a share of the rows.</summary>
public sealed record LearningCurvePoint(double Share, int Rows, Measured Value);

/// <summary>Whether more data would help: the figure over rising shares of the training rows, and where its curve leads.</summary>
/// <param name="Doubled">What the curve says of twice as many rows; NaN where nothing can be said.</param>
/// <param name="Gain">By how much that is better than today, above 0 is better, with its 95 % interval.</param>
public sealed record LearningCurve(string Metric, bool HigherIsBetter, IReadOnlyList<LearningCurvePoint> Points, double Doubled, Measured Gain)
{
    public string InWords => (Gain.Low, Gain.High) switch
    {
        (double.NaN, _) => "It cannot be said whether more data would help: the curve is too rough, or there is too little to judge by.",
        ( > 0, _) => string.Create(CultureInfo.InvariantCulture, $"More data would help: twice as many rows would make {Metric} better by about {Gain.Value:0.###} (95 % {Gain.Low:0.###} to {Gain.High:0.###})."),
        _ => string.Create(CultureInfo.InvariantCulture, $"More data of the same kind would hardly help: twice as many rows would change {Metric} by about {Gain.Value:0.###} (95 % {Gain.Low:0.###} to {Gain.High:0.###})."),
    };
}

/// <summary>Trains on rising shares and fits a power law: error = limit + scale times rows to the minus power (Hestness et al. 2017).</summary>
public static class LearningCurves
{
    private const int LeastRows = 20;
    private static readonly double[] Shares = [0.1, 0.2, 0.35, 0.6, 1];
    private static readonly double[] Powers = [0.1, 0.2, 0.35, 0.5, 0.7, 1, 1.5, 2];

    /// <param name="known">Times and groups of all rows: of times the newest share is taken, of groups whole groups, else rows by chance.</param>
    /// <exception cref="ProblemException">There are too few rows for a curve.</exception>
    public static LearningCurve Of(Learner learner, LearningTask task, TableRows rows, SplitRows known, RowParts parts, Metric metric, LearningContext context)
    {
        var validation = parts.Validation.Length > 0 ? rows.Take(parts.Validation) : null;
        var test = rows.Take(parts.Test);
        var models = new List<(double Share, int Rows, JudgedRows Judged)>();
        foreach (var share in Shares)
        {
            context.Cancel.ThrowIfCancellationRequested();
            var some = Some(known, parts.Train, share, context.Seed);
            if (some.Length < LeastRows || (task.IsClassification && some.Select(row => rows.Target.Labels[row]).Distinct().Count() < 2))
                continue;
            var model = learner.Train(task, rows.Take(some), validation, context with { Progress = null });
            models.Add((share, some.Length, new JudgedRows(task, test.Target.Labels, model.Predict(test.Features, context.Threads, context.Cancel))));
        }
        if (models.Count < 3)
            throw new ProblemException("urn:dure:learn:too-few-rows", $"Of {parts.Train.Length} training rows only {models.Count} shares can be learnt from.", "learning curve", "Bring more rows first.");
        return Fit(models, metric, Resampling.For(known, parts.Test), context);
    }

    private static LearningCurve Fit(List<(double Share, int Rows, JudgedRows Judged)> models, Metric metric, Resampling resampling, LearningContext context)
    {
        var (own, sizes) = (models[0].Judged.OwnWeights(), models.Select(model => (double)model.Rows).ToArray());
        double[] values(double[] weights) => [.. models.Select(model => metric.Of(model.Judged, weights))];
        var found = values(own);
        var drawn = new double[resampling.IsEnough ? Judging.ResamplesFor(own.Length) / 2 : 0][];
        InParallel.For(drawn.Length, draw =>
        {
            var weights = new double[own.Length];
            resampling.Draw(context.Seed, draw, own, weights);
            drawn[draw] = values(weights);
        }, context.Cancel, context.Threads);
        var points = models.Select((model, i) => new LearningCurvePoint(model.Share, model.Rows, Judging.Between(found[i], [.. drawn.Select(draw => draw[i])]))).ToArray();
        var gain = GainOfDoubling(sizes, found, metric.HigherIsBetter);
        return new(metric.Name, metric.HigherIsBetter, points, metric.HigherIsBetter ? found[^1] + gain : found[^1] - gain, Judging.Between(gain, [.. drawn.Select(draw => GainOfDoubling(sizes, draw, metric.HigherIsBetter))]));
    }

    /// <summary>By how much the fitted error falls from all rows to twice as many; a figure that rises counts as its distance from 1.</summary>
    internal static double GainOfDoubling(double[] rows, double[] values, bool higherIsBetter)
    {
        var errors = higherIsBetter ? [.. values.Select(value => 1 - value)] : values;
        if (!Array.TrueForAll(errors, double.IsFinite))
            return double.NaN;
        var best = (Loss: double.PositiveInfinity, Gain: 0.0);
        foreach (var power in Powers)
        {
            // Larger samples say more of the curve's end than smaller ones: each point counts by the root of its rows.
            var terms = rows.Select(count => Math.Pow(count / rows[^1], -power)).ToArray();
            var weights = rows.Select(Math.Sqrt).ToArray();
            var (limit, scale) = Line(terms, errors, weights);
            var loss = terms.Select((term, i) => weights[i] * Math.Pow(limit + scale * term - errors[i], 2)).Sum();
            if (loss < best.Loss)
                best = (loss, scale * (1 - Math.Pow(2, -power)));
        }
        return best.Gain;
    }

    /// <summary>The line through points by weighted least squares, its limit not below zero and its slope free: a curve may also get worse.</summary>
    private static (double Limit, double Scale) Line(double[] x, double[] y, double[] weights)
    {
        var total = weights.Sum();
        var (meanX, meanY) = (x.Zip(weights, (a, w) => a * w).Sum() / total, y.Zip(weights, (a, w) => a * w).Sum() / total);
        var (cross, square) = (0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
            (cross, square) = (cross + weights[i] * (x[i] - meanX) * (y[i] - meanY), square + weights[i] * (x[i] - meanX) * (x[i] - meanX));
        var scale = square > 0 ? cross / square : 0;
        var limit = meanY - scale * meanX;
        if (limit >= 0)
            return (limit, scale);
        var (products, squares) = (0.0, 0.0);
        for (var i = 0; i < x.Length; i++)
            (products, squares) = (products + weights[i] * x[i] * y[i], squares + weights[i] * x[i] * x[i]);
        return (0, products / squares);
    }

    private static int[] Some(SplitRows known, int[] train, double share, int seed)
    {
        if (share >= 1)
            return train;
        var count = (int)(share * train.Length);
        if (known.Groups is { } groups)
        {
            var order = train.GroupBy(row => groups[row]).OrderBy(group => group.Key).Select(group => group.ToArray()).ToArray();
            new Random(seed).Shuffle(order);
            var some = new List<int>();
            foreach (var group in order.TakeWhile(_ => some.Count < count))
                some.AddRange(group);
            return [.. some.Order()];
        }
        if (known.TimesMicros is { } times)
            return [.. train.OrderByDescending(row => times[row]).Take(count).Order()];
        var shuffled = (int[])train.Clone();
        new Random(seed).Shuffle(shuffled);
        return [.. shuffled.Take(count).Order()];
    }
}
