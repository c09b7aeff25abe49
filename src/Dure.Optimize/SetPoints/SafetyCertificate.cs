using Dure.Kernel;

namespace Dure.Optimize.SetPoints;

/// <summary>
/// Says at which set-points every limit is certain to hold, from what was executed and measured, and from nothing but the stated bounds on slopes, noise
/// and drift: at x a quantity is at most y + noise + drift × age + the largest rise that the slopes allow from the executed point to x, for each
/// executed point, so the least of these holds. The safe set of Lipschitz bounds only (Sui et al. 2015, eq. 5; Fiedler, Menn, Kreisköther and Trimpe
/// 2024), with a bound for each set-point and sign. Where noise is known to be independent the mean of several such statements holds with less noise. No statistical model has a part in it.
/// </summary>
public sealed class SafetyCertificate
{
    private const int PathPieces = 8;

    /// <summary>Equal readings in a row, at different set-points, that no instrument with noise gives.</summary>
    private const int StuckReadings = 3;

    /// <summary>How many of the nearest readings are averaged at most, and by how many deviations over the root of their number a mean may be off.</summary>
    private const int MostAveraged = 16;
    private const double MeanDeviations = 5;

    private readonly SetPointProblem problem;
    private readonly double[] least, most; // limit by limit, a slope for each set-point
    private readonly double[] scales;
    private readonly List<SettledPoint> evidence = [];
    private readonly List<double[]> points = [];
    private readonly List<double[]> readings = [];

    /// <exception cref="ProblemException">A limit without slope bounds.</exception>
    public SafetyCertificate(SetPointProblem problem)
    {
        this.problem = problem;
        foreach (var limit in problem.Limits)
            if (limit.Slopes.Count == 0)
                throw SetPointProblem.Bad("It has no slope bounds, without which nothing can be certified.", limit.Name, "State how fast it may change with each set-point; docs/set-points.md says how to find out.");
        (least, most) = ([.. problem.Limits.SelectMany(limit => limit.Slopes).Select(slope => slope.Least)], [.. problem.Limits.SelectMany(limit => limit.Slopes).Select(slope => slope.Most)]);
        scales = [.. problem.Limits.Select(limit => limit.Slopes.Zip(problem.SetPoints, (slope, range) => slope.Largest * (range.High - range.Low)).Sum())];
        for (var i = 0; i < scales.Length; i++)
            scales[i] = scales[i] > 0 ? scales[i] : 1;
    }

    /// <summary>What was executed and believed, in order.</summary>
    public IReadOnlyList<SettledPoint> Evidence => evidence;

    /// <summary>Takes a settled point as evidence, or says why it cannot be: then nothing changes.</summary>
    public Problem? Add(SettledPoint point)
    {
        if (Doubt(point) is { } doubt)
            return doubt;
        evidence.Add(point);
        points.Add([.. point.SetPoints]);
        readings.Add([.. point.Readings]);
        return null;
    }

    /// <summary>By how much every limit is certain to hold, as a share of the largest change the slopes allow over the ranges; below 0: nothing is certain.</summary>
    public double Margin(ReadOnlySpan<double> setPoints, TimeSpan at)
    {
        var margin = double.PositiveInfinity;
        for (var limit = 0; limit < scales.Length; limit++)
            margin = Math.Min(margin, Margin(limit, setPoints, at));
        return margin;
    }

    /// <summary>Whether every limit is certain to hold there.</summary>
    public bool IsCertified(ReadOnlySpan<double> setPoints, TimeSpan at) => Margin(setPoints, at) >= 0;

    /// <summary>
    /// Whether every limit is certain to hold at all set-points between two, both included. What one executed point certifies is convex, so a piece of the
    /// way is certain when one executed point certifies both its ends.
    /// </summary>
    public bool IsPathCertified(ReadOnlySpan<double> from, ReadOnlySpan<double> to, TimeSpan at)
    {
        Span<double> start = stackalloc double[from.Length], end = stackalloc double[from.Length];
        from.CopyTo(start);
        for (var piece = 1; piece <= PathPieces; piece++)
        {
            for (var j = 0; j < end.Length; j++)
                end[j] = piece == PathPieces ? to[j] : from[j] + (to[j] - from[j]) * piece / PathPieces;
            for (var limit = 0; limit < scales.Length; limit++)
                if (!IsOneCertifying(limit, start, end, at))
                    return false;
            end.CopyTo(start);
        }
        return true;
    }

    /// <summary>Between which values a quantity is certain to lie.</summary>
    /// <param name="limit">Its place in the problem's limits.</param>
    public (double Low, double High) Bounds(int limit, ReadOnlySpan<double> setPoints, TimeSpan at)
    {
        var (low, high) = (double.NegativeInfinity, double.PositiveInfinity);
        for (var i = 0; i < points.Count; i++)
        {
            var unsure = problem.Limits[limit].NoiseBound + Drifted(limit, i, at);
            var (fall, rise) = Change(limit, points[i], setPoints);
            low = Math.Max(low, readings[i][limit] - unsure + fall);
            high = Math.Min(high, readings[i][limit] + unsure + rise);
        }
        if (problem.Limits[limit].IndependentNoise is not { } noise || points.Count < 2)
            return (low, high);
        Span<int> nearest = stackalloc int[Math.Min(MostAveraged, points.Count)];
        Nearest(limit, setPoints, at, nearest);
        var (lows, highs) = (0.0, 0.0);
        for (var k = 0; k < nearest.Length; k++)
        {
            var (below, above) = Between(limit, nearest[k], setPoints, at);
            (lows, highs) = (lows + below, highs + above);
            var unsure = MeanDeviations * noise / Math.Sqrt(k + 1);
            (low, high) = (Math.Max(low, lows / (k + 1) - unsure), Math.Min(high, highs / (k + 1) + unsure));
        }
        return (low, high);
    }

    /// <summary>By how much a limit would be certain to hold at <paramref name="there"/>, as a share, had <paramref name="reading"/> been measured at <paramref name="from"/>.</summary>
    internal double MarginFrom(int limit, ReadOnlySpan<double> from, double reading, ReadOnlySpan<double> there)
    {
        var its = problem.Limits[limit];
        var (fall, rise) = Change(limit, from, there);
        var above = its.SettledHigh is { } high ? high - (reading + SafeExplorer.Reserve * its.NoiseBound + rise) : double.PositiveInfinity;
        var below = its.SettledLow is { } low ? reading - SafeExplorer.Reserve * its.NoiseBound + fall - low : double.PositiveInfinity;
        return Math.Min(above, below) / scales[limit];
    }

    internal double Scale(int limit) => scales[limit];

    /// <summary>By how much one limit is certain to hold, as a share.</summary>
    internal double Margin(int limit, ReadOnlySpan<double> setPoints, TimeSpan at)
    {
        var its = problem.Limits[limit];
        var (low, high) = Bounds(limit, setPoints, at);
        return Math.Min(its.SettledHigh - high ?? double.PositiveInfinity, low - its.SettledLow ?? double.PositiveInfinity) / scales[limit];
    }

    private bool IsOneCertifying(int limit, ReadOnlySpan<double> start, ReadOnlySpan<double> end, TimeSpan at)
    {
        var its = problem.Limits[limit];
        var (isLowHeld, isHighHeld) = (its.Low is null, its.High is null);
        for (var i = 0; i < points.Count && !(isLowHeld && isHighHeld); i++)
            Judge(Between(limit, i, start, at), Between(limit, i, end, at), its.NoiseBound);
        if ((isLowHeld && isHighHeld) || its.IndependentNoise is not { } noise)
            return isLowHeld && isHighHeld;
        Span<int> nearest = stackalloc int[Math.Min(MostAveraged, points.Count)];
        Nearest(limit, end, at, nearest);
        (double Low, double High) atStart = default, atEnd = default;
        for (var k = 1; k <= nearest.Length; k++)
        {
            var (one, other) = (Between(limit, nearest[k - 1], start, at), Between(limit, nearest[k - 1], end, at));
            (atStart, atEnd) = ((atStart.Low + one.Low, atStart.High + one.High), (atEnd.Low + other.Low, atEnd.High + other.High));
            Judge((atStart.Low / k, atStart.High / k), (atEnd.Low / k, atEnd.High / k), MeanDeviations * noise / Math.Sqrt(k));
        }
        return isLowHeld && isHighHeld;

        void Judge((double Low, double High) one, (double Low, double High) other, double unsure)
        {
            isLowHeld |= Math.Min(one.Low, other.Low) - unsure >= its.SettledLow;
            isHighHeld |= Math.Max(one.High, other.High) + unsure <= its.SettledHigh;
        }
    }

    /// <summary>The executed points whose readings say the most of a place: not by what they read, or their mean would be biased.</summary>
    private void Nearest(int limit, ReadOnlySpan<double> setPoints, TimeSpan at, Span<int> nearest)
    {
        Span<double> ways = stackalloc double[nearest.Length];
        var count = 0;
        for (var i = 0; i < points.Count; i++)
        {
            var (fall, rise) = Change(limit, points[i], setPoints);
            var way = rise - fall + 2 * Drifted(limit, i, at);
            if (count == nearest.Length && way >= ways[count - 1])
                continue;
            var place = Math.Min(count, nearest.Length - 1);
            for (; place > 0 && ways[place - 1] > way; place--)
                (ways[place], nearest[place]) = (ways[place - 1], nearest[place - 1]);
            (ways[place], nearest[place], count) = (way, i, Math.Min(count + 1, nearest.Length));
        }
    }

    /// <summary>Between which values a quantity lies by one executed point, were its reading without noise.</summary>
    private (double Low, double High) Between(int limit, int number, ReadOnlySpan<double> setPoints, TimeSpan at)
    {
        var (fall, rise) = Change(limit, points[number], setPoints);
        var drifted = Drifted(limit, number, at);
        return (readings[number][limit] - drifted + fall, readings[number][limit] + drifted + rise);
    }

    private double Drifted(int limit, int number, TimeSpan at) => problem.Limits[limit].DriftPerHour * Math.Max(0, (at - evidence[number].At).TotalHours);

    /// <summary>How far a quantity may fall and rise from one point to another.</summary>
    private (double Fall, double Rise) Change(int limit, ReadOnlySpan<double> from, ReadOnlySpan<double> to)
    {
        var (fall, rise) = (0.0, 0.0);
        for (int j = 0, k = limit * from.Length; j < from.Length; j++, k++)
        {
            var (one, other) = (least[k] * (to[j] - from[j]), most[k] * (to[j] - from[j]));
            fall += Math.Min(one, other);
            rise += Math.Max(one, other);
        }
        return (fall, rise);
    }

    private Problem? Doubt(SettledPoint point)
    {
        if (point.SetPoints.Count != problem.SetPoints.Count || point.Readings.Count != problem.Limits.Count)
            return Doubted($"{point.SetPoints.Count} set-points and {point.Readings.Count} readings came for {problem.SetPoints.Count} and {problem.Limits.Count}.", "settled point", "Report one value for each, in the problem's order.");
        for (var j = 0; j < point.SetPoints.Count; j++)
            if (!double.IsFinite(point.SetPoints[j]))
                return Doubted($"It is reported as {point.SetPoints[j]}.", problem.SetPoints[j].Name, "Report the set-points as executed.");
        for (var limit = 0; limit < scales.Length; limit++)
            if (Doubt(point, limit) is { } doubt)
                return doubt;
        return evidence.Count > 0 && point.At < evidence[^1].At ? Doubted($"It is dated {point.At}, before the last one at {evidence[^1].At}.", "settled point", "Report in the order of time.") : null;
    }

    private Problem? Doubt(SettledPoint point, int limit)
    {
        var (its, reading) = (problem.Limits[limit], point.Readings[limit]);
        if (!double.IsFinite(reading))
            return Doubted($"The instrument says {reading}.", its.Name, "Check the instrument; nothing is explored until it answers.");
        var (low, high) = Bounds(limit, [.. point.SetPoints], point.At);
        if (reading - its.NoiseBound > high || reading + its.NoiseBound < low)
            return Doubted($"The reading {reading} {its.Unit} contradicts earlier ones, by which it is from {low} to {high} (within {its.NoiseBound}).", its.Name,
                "The instrument lies, the plant has changed, or a stated slope, noise or drift bound is too small: find out which, and begin again.");
        return its.NoiseBound > 0 && IsStuck(point, limit)
            ? Doubted($"The reading {reading} {its.Unit} came {StuckReadings} times in a row at different set-points, to the last digit.", its.Name, "The instrument seems to be stuck: check it, and begin again.")
            : null;
    }

    private bool IsStuck(SettledPoint point, int limit)
    {
        if (evidence.Count < StuckReadings - 1)
            return false;
        var reading = point.Readings[limit];
        var isMoved = false;
        for (var i = 1; i < StuckReadings; i++)
        {
            if (!readings[^i][limit].Equals(reading))
                return false;
            isMoved |= !points[^i].AsSpan().SequenceEqual([.. point.SetPoints]);
        }
        return isMoved;
    }

    private static Problem Doubted(string what, string where, string mend) => new("urn:dure:optimize:doubtful-measurement", what, where, mend);
}
