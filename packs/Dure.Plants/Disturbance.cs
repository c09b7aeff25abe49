namespace Dure.Plants;

/// <summary>What plants are disturbed by.</summary>
internal static class Disturbance
{
    /// <summary>Moves a value that wanders around zero with a stated spread and memory (an autoregressive process of first order), cut at four standard deviations.</summary>
    public static void Move(ref double value, double standardDeviation, TimeSpan memory, TimeSpan interval, int seed, int stream, long step)
    {
        var kept = Math.Exp(-(interval / memory));
        value = Math.Clamp(kept * value + standardDeviation * Math.Sqrt(1 - kept * kept) * SeededNoise.Normal(seed, stream, step), -4 * standardDeviation, 4 * standardDeviation);
    }

    /// <summary>Ambient temperature around 20 °C, with days and years; the start is a spring morning.</summary>
    public static double Ambient(TimeSpan elapsed, double size) =>
        20 + size * (6 * Math.Sin(2 * Math.PI * elapsed.TotalDays) + 9 * Math.Sin(2 * Math.PI * elapsed.TotalDays / 365.25));
}
