namespace Dure.Plants.Fermentation;

/// <summary>
/// Fed-batch production of a secreted foreign protein by yeast (Park and Ramirez 1988, AIChE J. 34, 1550): too little glucose starves the cells, too much
/// of it stops the expression. State: secreted protein P_M, total protein P_T, cells X, glucose S, each per volume, and volume V in litres; time in hours.
/// </summary>
public static class SecretedProtein
{
    public const int StateLength = 5;

    /// <summary>Length of the published batch, h, and its highest feed, L/h.</summary>
    public const double BatchHours = 15, MaxFeed = 2;

    /// <summary>Glucose of the feed, g/L.</summary>
    private const double FeedGlucose = 20;

    private const double GlucosePerGrowth = 7.3;

    /// <summary>The published start.</summary>
    public static ReadOnlySpan<double> Start => [0, 0, 1, 5, 1];

    /// <summary>Rates of change per hour.</summary>
    /// <param name="feed">u, L/h.</param>
    public static void Rates(ReadOnlySpan<double> x, double feed, Span<double> rates, double growthShare = 1)
    {
        var glucose = Math.Max(0, x[3]);
        var growth = growthShare * 21.87 * glucose / ((glucose + 0.4) * (glucose + 62.5));
        var expression = glucose * Math.Exp(-5 * glucose) / (0.1 + glucose);
        var secretion = 4.75 * growth / (0.12 + growth);
        var dilution = feed / x[4];
        rates[0] = secretion * (x[1] - x[0]) - dilution * x[0];
        rates[1] = expression * x[2] - dilution * x[1];
        rates[2] = growth * x[2] - dilution * x[2];
        rates[3] = -GlucosePerGrowth * growth * x[2] + dilution * (FeedGlucose - x[3]);
        rates[4] = feed;
    }
}
