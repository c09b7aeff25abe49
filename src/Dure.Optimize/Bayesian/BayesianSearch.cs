using Dure.Optimize.Gaussian;

namespace Dure.Optimize.Bayesian;

/// <summary>A trial that was made.</summary>
/// <param name="Point">For each axis its value, of a choice its number.</param>
/// <param name="Value">What came of it: less is better; NaN where it failed.</param>
public sealed record Trial(double[] Point, double Value);

/// <summary>
/// Seeks the least value of something that is dear to try: a few trials spread over the room, then always the one with the most to be expected, by
/// a Gaussian process over those so far. The same axes, seed and answers give the same proposals. For one thread at a time.
/// </summary>
public sealed class BayesianSearch
{
    private const int MostTold = 300;
    private const int Candidates = 1000;
    private const int Climbers = 5;
    private const int Climbs = 40;

    private readonly IReadOnlyList<SearchAxis> axes;
    private readonly Random random;
    private readonly double[] shift;
    private readonly List<Trial> told = [];
    private readonly List<double[]> pending = [];
    private int drawn;

    /// <param name="axes">What may be turned; up to 50.</param>
    /// <param name="starts">Trials before the first model; 0: as many as suit the axes.</param>
    public BayesianSearch(IReadOnlyList<SearchAxis> axes, int seed, int starts = 0)
    {
        ArgumentOutOfRangeException.ThrowIfZero(axes.Count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(axes.Count, 50);
        (this.axes, random, Starts) = (axes, new Random(seed), starts > 0 ? starts : Math.Clamp(2 * axes.Count, 4, 20));
        shift = [.. axes.Select(_ => random.NextDouble())];
    }

    public int Starts { get; }

    public IReadOnlyList<Trial> Told => told;

    /// <summary>The best trial so far; null before one has succeeded.</summary>
    public Trial? Best => told.Where(trial => !double.IsNaN(trial.Value)).MinBy(trial => trial.Value);

    /// <summary>The next point to try. Several may be asked for before the first is told of: each takes account of those before.</summary>
    public double[] Suggest(CancellationToken cancel = default)
    {
        var point = told.Count(trial => double.IsFinite(trial.Value)) < Math.Min(3, Starts) || told.Count + pending.Count < Starts ? Spread() : Expected(cancel);
        pending.Add(point);
        return (double[])point.Clone();
    }

    /// <summary>Tells what came of a point, proposed or not.</summary>
    /// <param name="value">Less is better; NaN or infinite where it failed.</param>
    public void Tell(double[] point, double value)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(point.Length, axes.Count);
        pending.RemoveAll(waiting => waiting.AsSpan().SequenceEqual(point));
        told.Add(new Trial((double[])point.Clone(), double.IsFinite(value) ? value : double.NaN));
    }

    /// <summary>Points that fill the room evenly: multiples of powers of a generalised golden ratio (Roberts 2018), moved by the seed.</summary>
    private double[] Spread()
    {
        var ratio = 2.0;
        for (var i = 0; i < 50; i++)
            ratio = Math.Pow(1 + ratio, 1.0 / (axes.Count + 1));
        drawn++;
        return [.. axes.Select((axis, i) => axis.At((shift[i] + drawn * Math.Pow(ratio, -(i + 1))) % 1))];
    }

    /// <summary>The point with the largest expected improvement among many drawn ones, the best of which climb by small steps.</summary>
    private double[] Expected(CancellationToken cancel)
    {
        var (model, best) = Model(cancel);
        var known = told.Select(trial => trial.Point).Concat(pending).Select(Key).ToHashSet(StringComparer.Ordinal);
        var leaders = told.Where(trial => !double.IsNaN(trial.Value)).OrderBy(trial => trial.Value).Take(Climbers).Select(trial => trial.Point).ToArray();
        (double[] Point, double Worth) judged(double[] point) => (point, known.Contains(Key(point)) ? double.NegativeInfinity : Worth(model, best, point));
        var drawn = Enumerable.Range(0, Candidates).Select(i => judged(i % 4 == 0 ? Moved(leaders[i / 4 % leaders.Length], 0.1) : [.. axes.Select(axis => axis.At(random.NextDouble()))]))
            .OrderByDescending(each => each.Worth).Take(Climbers).ToArray();
        for (var climber = 0; climber < drawn.Length; climber++)
            for (var (step, length) = (0, 0.1); step < Climbs; step++)
            {
                cancel.ThrowIfCancellationRequested();
                var next = judged(Moved(drawn[climber].Point, length));
                if (next.Worth > drawn[climber].Worth)
                    drawn[climber] = next;
                else
                    length = Math.Max(0.002, length * 0.9);
            }
        var found = drawn.MaxBy(each => each.Worth);
        return double.IsNegativeInfinity(found.Worth) ? Spread() : found.Point; // all that is near is known
    }

    private double Worth(GaussianProcess model, double best, double[] point)
    {
        var belief = model.At(Encoded(point));
        return Acquisition.LogExpectedImprovement(belief.Mean, Math.Sqrt(belief.Variance), best);
    }

    /// <summary>One axis, or all, a little off.</summary>
    private double[] Moved(double[] point, double step)
    {
        var moved = (double[])point.Clone();
        var only = random.Next(2 * axes.Count);
        for (var i = 0; i < axes.Count; i++)
            if (only >= axes.Count || only == i)
                moved[i] = axes[i].Near(moved[i], step, random);
        return moved;
    }

    /// <summary>A process over the trials: failures count as the worst, and those far above the others as not quite so far.</summary>
    private (GaussianProcess Model, double Best) Model(CancellationToken cancel)
    {
        var used = told.Count <= MostTold ? told : [.. told.OrderBy(trial => double.IsNaN(trial.Value) ? double.PositiveInfinity : trial.Value).Take(MostTold / 2), .. told.TakeLast(MostTold / 2)];
        var sorted = used.Where(trial => !double.IsNaN(trial.Value)).Select(trial => trial.Value).Order().ToArray();
        var (low, middle) = (sorted[0], sorted[sorted.Length / 2]);
        var most = middle + 3 * Math.Max(middle - low, 1e-12);
        double[] points = [.. used.SelectMany(trial => Encoded(trial.Point))];
        double[] values = [.. used.Select(trial => double.IsNaN(trial.Value) ? Math.Min(most, sorted[^1]) : Math.Min(most, trial.Value))];
        var width = axes.Sum(axis => axis.Width);
        var options = new GaussianOptions { Starts = 2, Seed = told.Count, Threads = 1 };
        var model = GaussianProcess.Fit(points, width, values, options, default, cancel);
        if (pending.Count == 0)
            return (model, low);
        // What is under way is believed to come out as expected.
        double[] expected = [.. values, .. pending.Select(point => model.Mean(Encoded(point)))];
        return (GaussianProcess.Fit([.. points, .. pending.SelectMany(Encoded)], width, expected, options, default, cancel), low);
    }

    private double[] Encoded(double[] point)
    {
        var places = new double[axes.Sum(axis => axis.Width)];
        var at = 0;
        for (var i = 0; i < axes.Count; i++)
        {
            axes[i].Encode(point[i], places.AsSpan(at));
            at += axes[i].Width;
        }
        return places;
    }

    private static string Key(double[] point) => string.Join(' ', point.Select(value => value.ToString("G6", System.Globalization.CultureInfo.InvariantCulture)));
}
