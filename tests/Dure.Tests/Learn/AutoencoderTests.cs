using Dure.Kernel;
using Dure.Learn;
using Xunit;

namespace Dure.Tests.Learn;

/// <summary>What an autoencoder sees and others do not; what every detector promises is tested with the others.</summary>
public sealed class AutoencoderTests
{
    private const int Columns = 3;

    /// <summary>A machine that turns: two signals a quarter of a turn apart, and one of noise.</summary>
    /// <param name="lag">Radians by which the second lags more than it should.</param>
    private static double[] Turning(int rows, int seed, double lag = 0)
    {
        var random = new Random(seed);
        double noise() => 0.1 * (random.NextDouble() - 0.5);
        var phase = 20 * random.NextDouble();
        return [.. Enumerable.Range(0, rows).SelectMany(row => (double[])[Math.Sin(phase + row / 3.0) + noise(), Math.Cos(phase + row / 3.0 - lag) + noise(), noise()])];
    }

    [Fact]
    public void Signals_that_move_as_much_as_ever_but_no_longer_together_are_told()
    {
        var (healthy, torn) = (Turning(300, 2), Turning(300, 3, lag: Math.PI));
        double above(FittedDetector detector, double[] rows) => detector.Score(rows).Skip(30).Count(score => score > 1) / 270.0;
        var (network, smoothed) = (new Autoencoder().Fit(Turning(800, 1), Columns), new Mewma { LimitMultiplier = 2 }.Fit(Turning(800, 1), Columns));
        Assert.InRange(above(network, healthy), 0, 0.2);
        Assert.InRange(above(network, torn), 0.9, 1);
        Assert.InRange(above(smoothed, torn), 0, 0.2); // no mean has moved
    }

    [Fact]
    public void The_limit_rests_on_rows_that_were_not_learnt_from()
    {
        var detector = new Autoencoder().Fit(Turning(800, 1), Columns);
        var scores = detector.Score(Turning(1200, 4)).Skip(30).ToArray();
        Assert.InRange(scores.Count(score => score > 1) / (double)scores.Length, 0, 0.1);
        Assert.InRange(scores.Average(), 0.2, 1);
    }

    [Fact]
    public void A_window_too_wide_is_refused_and_a_fit_stops_when_asked()
    {
        var refused = Assert.Throws<ProblemException>(() => new Autoencoder { Rows = 40 }.Fit(new double[1000 * 1010].Select((_, i) => i % 7 * 1.0).ToArray(), 1000)).Problem;
        Assert.Equal(("urn:dure:learn:too-many-signals", "Take shorter windows or leave signals out."), (refused.Type, refused.Mend));
        Assert.Throws<OperationCanceledException>(() => new Autoencoder().FitUnlessCancelled(Turning(800, 1), Columns, new CancellationToken(true)));
    }
}
