namespace Dure.Learn.Features;

/// <summary>Count, mean and central moments up to the fourth; joined by the formulas of Pébay (2008), eqs. 3.1 and 3.2.</summary>
internal readonly record struct WindowMoments(double Count, double Mean, double M2, double M3, double M4) : IWindowSum<WindowMoments>
{
    public static WindowMoments Nothing => default;

    public static WindowMoments Of(double value, double place) => double.IsNaN(value) ? default : new(1, value, 0, 0, 0);

    public static WindowMoments Join(in WindowMoments a, in WindowMoments b)
    {
        if (a.Count == 0 || b.Count == 0)
            return a.Count == 0 ? b : a;
        double n = a.Count + b.Count, delta = b.Mean - a.Mean, perN = delta / n, cross = a.Count * b.Count;
        return new WindowMoments(n, a.Mean + b.Count * perN,
            a.M2 + b.M2 + delta * perN * cross,
            a.M3 + b.M3 + delta * perN * perN * cross * (a.Count - b.Count) + 3 * perN * (a.Count * b.M2 - b.Count * a.M2),
            a.M4 + b.M4 + delta * perN * perN * perN * cross * (a.Count * a.Count - cross + b.Count * b.Count)
                + 6 * perN * perN * (a.Count * a.Count * b.M2 + b.Count * b.Count * a.M2) + 4 * perN * (a.Count * b.M3 - b.Count * a.M3));
    }

    public double MeanOrMissing => Count > 0 ? Mean : double.NaN;

    /// <summary>Of a sample: divided by the count less one.</summary>
    public double StandardDeviation => Count > 1 ? Math.Sqrt(M2 / (Count - 1)) : double.NaN;

    public double Rms => Count > 0 ? Math.Sqrt(Mean * Mean + M2 / Count) : double.NaN;

    public double Skewness => M2 > 0 ? Math.Sqrt(Count) * M3 / Math.Pow(M2, 1.5) : double.NaN;

    /// <summary>3 for a normal distribution.</summary>
    public double Kurtosis => M2 > 0 ? Count * M4 / (M2 * M2) : double.NaN;
}

/// <summary>The least and the largest value.</summary>
internal readonly record struct Extremes(double Min, double Max) : IWindowSum<Extremes>
{
    public static Extremes Nothing => new(double.PositiveInfinity, double.NegativeInfinity);

    public static Extremes Of(double value, double place) => double.IsNaN(value) ? Nothing : new(value, value);

    public static Extremes Join(in Extremes a, in Extremes b) => new(a.Min < b.Min ? a.Min : b.Min, a.Max > b.Max ? a.Max : b.Max);

    public double MinOrMissing => Min > Max ? double.NaN : Min;
    public double MaxOrMissing => Min > Max ? double.NaN : Max;
    public double Range => Min > Max ? double.NaN : Max - Min;
    public double Peak => Min > Max ? double.NaN : Math.Max(Math.Abs(Min), Math.Abs(Max));
}

/// <summary>What a least-squares line needs: means, and sums of squares and products about them.</summary>
internal readonly record struct Trend(double Count, double MeanPlace, double MeanValue, double Places, double Products) : IWindowSum<Trend>
{
    public static Trend Nothing => default;

    public static Trend Of(double value, double place) => double.IsNaN(value) ? default : new(1, place, value, 0, 0);

    public static Trend Join(in Trend a, in Trend b)
    {
        if (a.Count == 0 || b.Count == 0)
            return a.Count == 0 ? b : a;
        double n = a.Count + b.Count, along = b.MeanPlace - a.MeanPlace, up = b.MeanValue - a.MeanValue, share = a.Count * b.Count / n;
        return new Trend(n, a.MeanPlace + along * b.Count / n, a.MeanValue + up * b.Count / n, a.Places + b.Places + along * along * share, a.Products + b.Products + along * up * share);
    }

    public double Slope => Places > 0 ? Products / Places : double.NaN;
}

/// <summary>A plain sum of what is present.</summary>
internal readonly record struct Tally(double Total) : IWindowSum<Tally>
{
    public static Tally Nothing => default;

    public static Tally Of(double value, double place) => new(double.IsNaN(value) ? 0 : value);

    public static Tally Join(in Tally a, in Tally b) => new(a.Total + b.Total);
}
