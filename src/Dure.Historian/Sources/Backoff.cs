namespace Dure.Historian.Sources;

/// <summary>
/// How long to wait before the next try: doubles with each failure up to a longest wait, and spreads by a quarter to both sides, so that many
/// sources that lost one device or node do not come back at once.
/// </summary>
public sealed class Backoff(TimeSpan first, TimeSpan longest, Random random)
{
    private const double Spread = 0.25;
    private int failures;

    /// <summary>Tries that failed since the last success.</summary>
    public int Failures => failures;

    /// <summary>The wait after one more failure.</summary>
    public TimeSpan Next()
    {
        var doubled = first * Math.Pow(2, Math.Min(failures++, 30));
        var wait = doubled < longest ? doubled : longest;
        return wait * (1 - Spread + 2 * Spread * random.NextDouble());
    }

    public void Succeeded() => failures = 0;
}
