using Dure.Kernel;

namespace Dure.Learn;

/// <summary>For each window of a repeating signal how far the most alike window is: a window that has none alike is unusual. Windows are
/// z-normalised, so that shape counts and level and size do not. Yeh et al. (2016); computed along diagonals as Zimmerman et al. (2019).</summary>
/// <param name="Window">Rows a window.</param>
/// <param name="Distances">By the first row of a window; the largest possible is 2 sqrt(window). NaN where a window stands apart.</param>
/// <param name="Neighbours">Where the most alike window begins; -1 when there is none.</param>
/// <param name="LeftDistances">The same among earlier windows only: what could be known when the window ended.</param>
/// <param name="LeftNeighbours">Where the most alike earlier window begins; -1 when there is none.</param>
/// <remarks>Of several signals the distance is the root mean square of their own. A window in which a signal is constant or missing has no
/// shape: it stands apart, with distance NaN and no neighbour, and is nobody's neighbour.</remarks>
public sealed record MatrixProfile(int Window, double[] Distances, int[] Neighbours, double[] LeftDistances, int[] LeftNeighbours)
{
    /// <summary>The work grows with the square of the length; so many windows take about 20 s on one core.</summary>
    public const int MostWindows = 200_000;

    private const int MostSignals = 64;

    /// <summary>The profile of row-major rows.</summary>
    /// <param name="rows">Row-major; a missing value is NaN.</param>
    /// <param name="columns">Signals a row.</param>
    /// <param name="window">Rows a window, about one repetition; at least 4.</param>
    /// <param name="exclusion">Windows nearer than so many rows are no neighbours, for they share most of their rows; null: half a window, as Yeh et al.</param>
    /// <param name="threads">On how many at most; 0: on all cores. The result is the same on any number.</param>
    /// <param name="cancel">Ends the work within a second.</param>
    public static MatrixProfile Of(ReadOnlySpan<double> rows, int columns, int window, int? exclusion = null, int threads = 0, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, MostSignals);
        ArgumentOutOfRangeException.ThrowIfLessThan(window, 4);
        var (length, apartFrom) = (rows.Length / columns, Math.Max(1, exclusion ?? (window + 1) / 2));
        var windows = length - window + 1;
        if (windows <= apartFrom)
            throw new ProblemException("urn:dure:learn:too-few-rows", $"{length} rows hold no two windows of {window} rows that are {apartFrom} apart.", "matrix profile",
                "Give more rows or take a shorter window.");
        if (windows > MostWindows)
            throw new ProblemException("urn:dure:learn:too-many-rows", $"{windows} windows; {MostWindows} are possible.", "matrix profile",
                "Thin the rows, or profile them a part at a time.");
        var signals = new WindowShapes[columns];
        for (var j = 0; j < columns; j++)
            signals[j] = WindowShapes.Of(Column(rows, j, columns), window);
        var apart = new bool[windows];
        for (var i = 0; i < windows; i++)
            apart[i] = Array.Exists(signals, s => s.IsApart[i]);
        foreach (var signal in signals)
            signal.SetApart(apart);
        return From(window, DiagonalSearch.Run(signals, apart, apartFrom, threads, cancel), apart);
    }

    /// <summary>Starts of the windows least like any other, the least first; none within half a window of another.</summary>
    public IReadOnlyList<int> Discords(int most)
    {
        var found = new List<int>();
        foreach (var i in Enumerable.Range(0, Distances.Length).Where(i => double.IsFinite(Distances[i])).OrderByDescending(i => Distances[i]).ThenBy(i => i))
        {
            if (found.Count == most)
                break;
            if (found.TrueForAll(other => Math.Abs(other - i) >= (Window + 1) / 2))
                found.Add(i);
        }
        return found;
    }

    private static MatrixProfile From(int window, BestMatches best, bool[] apart)
    {
        var (all, places) = (new double[apart.Length], new int[apart.Length]);
        for (var i = 0; i < all.Length; i++)
            (all[i], places[i]) = best.Left[i] >= best.Right[i] ? (best.Left[i], best.LeftPlace[i]) : (best.Right[i], best.RightPlace[i]);
        return new(window, ToDistances(all, places, window), places, ToDistances(best.Left, best.LeftPlace, window), best.LeftPlace);
    }

    // d = sqrt(2 m (1 - r)), Yeh et al. (2016), section III.
    private static double[] ToDistances(double[] correlations, int[] places, int window) =>
        [.. correlations.Select((r, i) => places[i] < 0 ? double.NaN : Math.Sqrt(Math.Max(0, 2 * window * (1 - r))))];

    private static double[] Column(ReadOnlySpan<double> rows, int column, int columns)
    {
        var values = new double[rows.Length / columns];
        for (var i = 0; i < values.Length; i++)
            values[i] = rows[i * columns + column];
        return values;
    }
}
