using Dure.Effects;
using Dure.Kernel;

namespace Dure.Tests.Effects.Switchback;

/// <summary>An experiment on a plant of which everything is known: noise that follows itself, a day, a trend, a covariate, and what is left of the block before.</summary>
internal sealed record SimulatedSwitchback
{
    public static readonly DateTimeOffset Begin = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    public int Pairs { get; init; } = 12;

    /// <summary>A share: -0.2 for a fifth less.</summary>
    public double Effect { get; init; }

    /// <summary>What of the noise is kept from one half hour to the next.</summary>
    public double Kept { get; init; } = 0.97;

    /// <summary>Of the effect the share that is still missing half an hour after a switch.</summary>
    public double Lag { get; init; }

    /// <summary>How strongly the logarithm follows the covariate.</summary>
    public double Slope { get; init; }

    public int HistoryBlocks { get; init; }

    public TimeSpan WashOut { get; init; } = TimeSpan.FromHours(2);

    public SwitchbackStudy Study(int seed) => new(new SwitchbackDesign(Pairs, TimeSpan.FromHours(12), WashOut, seed),
        [new SwitchbackMetric("specific-fuel", "fuel per feed", "kg/kmol", "fuel", "feed")], Slope != 0 ? ["weather"] : []);

    public DateTimeOffset Start => Begin + HistoryBlocks * TimeSpan.FromHours(12);

    public TimeRange? History => HistoryBlocks > 0 ? new TimeRange(Begin, Start) : null;

    public SwitchbackResult Evaluate(int seed) => Study(seed).Evaluate(Record(seed), Start, History);

    /// <summary>A row each half hour.</summary>
    public SwitchbackRecord Record(int seed)
    {
        const int RowsPerBlock = 24;
        var (random, assignment) = (new Random(7_000_000 + seed), Study(seed).Design.Assignment());
        var rows = RowsPerBlock * (HistoryBlocks + assignment.Length);
        var (times, fuel, feed, weather) = (new long[rows], new double[rows], new double[rows], new double[rows]);
        var (noise, sky, reached) = (0.03 * Normal(random), Normal(random), 0.0);
        for (var row = 0; row < rows; row++)
        {
            var block = row / RowsPerBlock - HistoryBlocks;
            reached = Lag * reached + (1 - Lag) * (block >= 0 && assignment[block] ? Math.Log(1 + Effect) : 0);
            noise = Kept * noise + 0.03 * Math.Sqrt(1 - Kept * Kept) * Normal(random);
            sky = 0.98 * sky + 0.2 * Normal(random);
            times[row] = Micros.Of(Begin) + row * 1_800_000_000L;
            weather[row] = sky;
            feed[row] = 20 * (1 + 0.02 * Math.Sin(row / 7.0));
            fuel[row] = feed[row] * Math.Exp(1 + reached + noise + Slope * sky + 0.02 * Math.Sin(2 * Math.PI * row / 48) + 1e-5 * row);
        }
        return new(times, new Dictionary<string, double[]>(StringComparer.Ordinal) { ["fuel"] = fuel, ["feed"] = feed, ["weather"] = weather });
    }

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
