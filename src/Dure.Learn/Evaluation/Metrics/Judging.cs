using Dure.Kernel;

namespace Dure.Learn.Evaluation;

/// <summary>One figure of one set of predictions, with its 95 % interval.</summary>
/// <param name="Note">Why there is no value or no interval; null: there are both.</param>
public sealed record MetricValue(string Metric, bool HigherIsBetter, Measured Value, string? Note);

/// <summary>All figures of a model, or of an answer that looks at nothing.</summary>
/// <param name="LooksAtNothing">It is a baseline: what a model must beat to be worth anything.</param>
public sealed record JudgedLine(string Name, bool LooksAtNothing, IReadOnlyList<MetricValue> Values);

/// <summary>A model beside its baselines on the same rows.</summary>
/// <param name="Notes">What a reader should know of the figures.</param>
public sealed record Judgement(IReadOnlyList<JudgedLine> Lines, IReadOnlyList<string> Notes)
{
    /// <summary>The figure of the model itself.</summary>
    public MetricValue? Of(string metric) => Lines[0].Values.FirstOrDefault(value => value.Metric == metric);
}

/// <summary>Figures with intervals by the bootstrap (Davison and Hinkley 1997): all figures of all lines on the same draws.</summary>
public static class Judging
{
    private const int Resamples = 1000;
    private const int LeastResamples = 200;
    private const long MostRowsDrawn = 100_000_000;
    private const double Tail = 0.025;

    /// <param name="baselines">From <see cref="Baselines"/>; of the same rows.</param>
    /// <exception cref="ProblemException">Rows, baselines and what is drawn do not belong together.</exception>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public static Judgement Of(string name, JudgedRows rows, IReadOnlyList<(string Name, JudgedRows Rows)> baselines, IReadOnlyList<Metric> metrics, Resampling resampling, int seed, CancellationToken cancel)
    {
        resampling.Check(rows.Count);
        (string Name, JudgedRows Rows)[] lines = [(name, rows), .. baselines];
        if (Array.FindIndex(lines, line => line.Rows.Count != rows.Count) is >= 0 and var other)
            throw new ProblemException("urn:dure:learn:bad-judgement", $"It predicts {lines[other].Rows.Count} rows; the model predicts {rows.Count}.", $"baseline '{lines[other].Name}'", "Give predictions for the same rows.");
        var figures = lines.SelectMany((line, number) => metrics.Where(metric => metric.Suits(line.Rows)).Select(metric => new Figure(number, metric.Name, metric.HigherIsBetter, (_, weights) => metric.Of(line.Rows, weights)))).ToList();
        figures.AddRange(Skills(lines));
        var drawn = Draw(figures, rows, resampling, seed, cancel);
        var own = rows.OwnWeights();
        var values = figures.Select((figure, i) => (figure.Line, Value: ValueOf(figure, figure.Of(rows, own), drawn[i], resampling))).ToArray();
        var notes = resampling.Note is { } note ? new[] { note } : [];
        return new([.. lines.Select((line, number) => new JudgedLine(line.Name, number > 0, [.. values.Where(value => value.Line == number).Select(value => value.Value)]))], notes);
    }

    /// <summary>One figure with its interval.</summary>
    public static MetricValue Of(Metric metric, JudgedRows rows, Resampling resampling, int seed, CancellationToken cancel = default) =>
        Of("", rows, [], [metric], resampling, seed, cancel).Lines[0].Values is [var value] ? value
            : throw new ProblemException("urn:dure:learn:bad-judgement", $"'{metric.Name}' says nothing of such predictions.", "metric", $"Choose one of: {string.Join(", ", Metrics.Usual(rows).Select(usual => usual.Name))}.");

    /// <summary>The middle 95 % of drawn values.</summary>
    internal static Measured Between(double value, double[] drawn)
    {
        var sorted = drawn.Where(double.IsFinite).Order().ToArray();
        return sorted.Length < LeastResamples / 2 ? new(value, double.NaN, double.NaN)
            : new(value, sorted[(int)(Tail * (sorted.Length - 1))], sorted[(int)Math.Ceiling((1 - Tail) * (sorted.Length - 1))]);
    }

    internal static int ResamplesFor(int rows) => (int)Math.Clamp(MostRowsDrawn / rows, LeastResamples, Resamples);

    /// <summary>How much smaller the model's error is than a baseline's, as a share (Murphy 1988); below 0 it is larger.</summary>
    private static IEnumerable<Figure> Skills((string Name, JudgedRows Rows)[] lines)
    {
        var error = Metrics.Of(lines[0].Rows.Task.IsClassification ? "brier" : "rmse");
        foreach (var (name, baseline) in lines.Skip(1))
            yield return new(0, $"skill against {name}", true, (rows, weights) => error.Of(baseline, weights) is > 0 and var of ? 1 - error.Of(rows, weights) / of : double.NaN);
    }

    private static double[][] Draw(List<Figure> figures, JudgedRows rows, Resampling resampling, int seed, CancellationToken cancel)
    {
        var count = resampling.IsEnough ? ResamplesFor(rows.Count) : 0;
        var drawn = figures.Select(_ => new double[count]).ToArray();
        var own = rows.OwnWeights();
        foreach (var figure in figures)
            figure.Of(rows, own); // sorts what is sorted once, before many threads ask for it
        InParallel.For(count, draw =>
        {
            var weights = new double[rows.Count];
            resampling.Draw(seed, draw, own, weights);
            for (var i = 0; i < figures.Count; i++)
                drawn[i][draw] = figures[i].Of(rows, weights);
        }, cancel);
        return drawn;
    }

    private static MetricValue ValueOf(Figure figure, double value, double[] drawn, Resampling resampling)
    {
        var measured = Between(value, drawn);
        var note = !double.IsFinite(value) ? "It is not defined on these rows: they are all alike, or their mean is not above zero."
            : double.IsNaN(measured.Low) ? resampling.Note ?? "Too few draws have a value for an interval." : null;
        return new(figure.Name, figure.HigherIsBetter, measured, note);
    }

    private sealed record Figure(int Line, string Name, bool HigherIsBetter, Func<JudgedRows, double[], double> Of);
}
