using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Dure.Learn;

/// <summary>The highest correlation of each window with one before it (left) and one after it (right), and where that is; -1: none.</summary>
internal sealed class BestMatches
{
    /// <param name="apart">Windows that take no part: nothing is better than what they have.</param>
    public BestMatches(bool[] apart)
    {
        var windows = apart.Length;
        (Left, Right, LeftPlace, RightPlace) = (new double[windows], new double[windows], new int[windows], new int[windows]);
        for (var i = 0; i < windows; i++)
            Left[i] = Right[i] = apart[i] ? double.PositiveInfinity : double.NegativeInfinity;
        Array.Fill(LeftPlace, -1);
        Array.Fill(RightPlace, -1);
    }

    public double[] Left { get; }

    public double[] Right { get; }

    public int[] LeftPlace { get; }

    public int[] RightPlace { get; }

    /// <summary>Takes over what is better; of equals the earlier window, whatever the order of merging.</summary>
    public void Merge(BestMatches other)
    {
        for (var i = 0; i < Left.Length; i++)
        {
            if (other.LeftPlace[i] >= 0 && (other.Left[i] > Left[i] || (other.Left[i] == Left[i] && other.LeftPlace[i] < LeftPlace[i])))
                (Left[i], LeftPlace[i]) = (other.Left[i], other.LeftPlace[i]);
            if (other.RightPlace[i] >= 0 && (other.Right[i] > Right[i] || (other.Right[i] == Right[i] && other.RightPlace[i] < RightPlace[i])))
                (Right[i], RightPlace[i]) = (other.Right[i], other.RightPlace[i]);
        }
    }
}

/// <summary>Correlates all pairs of windows that are far enough apart, a strip of neighbouring diagonals at a time: along a diagonal a covariance
/// follows from the one before by two products, and neighbouring diagonals lie beside each other in memory.</summary>
internal static class DiagonalSearch
{
    // Four vectors of four diagonals: enough independent sums to hide their latency, few enough for the registers.
    private const int Lanes = 4, Vectors = 4, Strip = Lanes * Vectors;

    // A fixed number of parts, so that the result does not hang on the number of threads.
    private const int Parts = 16;

    public static BestMatches Run(WindowShapes[] signals, bool[] apart, int exclusion, int threads, CancellationToken cancel)
    {
        var windows = apart.Length;
        var strips = (windows - exclusion + Strip - 1) / Strip;
        var parts = new BestMatches[Math.Min(Parts, strips)];
        InParallel.For(parts.Length, part =>
        {
            var best = new BestMatches(apart);
            // Long and short diagonals go to all parts alike.
            for (var strip = part; strip < strips; strip += parts.Length)
            {
                cancel.ThrowIfCancellationRequested();
                Search(signals, exclusion + strip * Strip, best);
            }
            parts[part] = best;
        }, cancel, threads);
        foreach (var other in parts.AsSpan(1))
            parts[0].Merge(other);
        return parts[0];
    }

    private static void Search(WindowShapes[] signals, int diagonal, BestMatches best)
    {
        var windows = best.Left.Length;
        Span<double> covariance = stackalloc double[signals.Length * Strip];
        for (var s = 0; s < signals.Length; s++)
            for (var k = 0; k < Strip && diagonal + k < windows; k++)
                covariance[s * Strip + k] = signals[s].First(diagonal + k);
        var whole = windows - diagonal - Strip + 1; // rows in which all diagonals of the strip still have a window
        var row = 0;
        if (signals.Length == 1)
            for (; row < whole; row++)
                OneSignal(signals[0], row, diagonal, covariance, best);
        else
            for (; row < whole; row++)
                AllSignals(signals, row, diagonal, covariance, best);
        for (; row + diagonal < windows; row++)
            Rest(signals, row, diagonal, covariance, best);
    }

    private static void OneSignal(WindowShapes signal, int row, int diagonal, Span<double> covariance, BestMatches best)
    {
        ref var sums = ref Unsafe.As<double, Vector256<double>>(ref MemoryMarshal.GetReference(covariance));
        var (half, spread, norm) = (Vector256.Create(signal.HalfStep[row]), Vector256.Create(signal.Spread[row]), Vector256.Create(signal.InverseNorm[row]));
        var bestRight = Vector256.Create(best.Right[row]);
        for (var v = 0; v < Vectors; v++)
        {
            var at = (nuint)(row + diagonal + v * Lanes);
            ref var sum = ref Unsafe.Add(ref sums, v);
            sum = sum + half * Load(signal.Spread, at) + Load(signal.HalfStep, at) * spread;
            var correlation = sum * norm * Load(signal.InverseNorm, at);
            if (Vector256.GreaterThanAny(correlation, Vector256.Min(bestRight, Load(best.Left, at))))
            {
                Take(correlation, row, (int)at, signal.InverseNorm, best);
                bestRight = Vector256.Create(best.Right[row]);
            }
        }
    }

    private static void AllSignals(WindowShapes[] signals, int row, int diagonal, Span<double> covariance, BestMatches best)
    {
        var share = Vector256.Create(1.0 / signals.Length);
        for (var v = 0; v < Vectors; v++)
        {
            var at = (nuint)(row + diagonal + v * Lanes);
            var mean = Vector256<double>.Zero;
            for (var s = 0; s < signals.Length; s++)
            {
                var signal = signals[s];
                ref var sum = ref Unsafe.As<double, Vector256<double>>(ref covariance[s * Strip + v * Lanes]);
                sum = sum + Vector256.Create(signal.HalfStep[row]) * Load(signal.Spread, at) + Load(signal.HalfStep, at) * Vector256.Create(signal.Spread[row]);
                mean += sum * Vector256.Create(signal.InverseNorm[row]) * Load(signal.InverseNorm, at);
            }
            mean *= share;
            if (Vector256.GreaterThanAny(mean, Vector256.Min(Vector256.Create(best.Right[row]), Load(best.Left, at))))
                Take(mean, row, (int)at, signals[0].InverseNorm, best);
        }
    }

    // The end of a strip, where its later diagonals have run out.
    private static void Rest(WindowShapes[] signals, int row, int diagonal, Span<double> covariance, BestMatches best)
    {
        for (var k = 0; row + diagonal + k < best.Left.Length; k++)
        {
            var (at, mean) = (row + diagonal + k, 0.0);
            for (var s = 0; s < signals.Length; s++)
            {
                var signal = signals[s];
                ref var sum = ref covariance[s * Strip + k];
                sum = sum + signal.HalfStep[row] * signal.Spread[at] + signal.HalfStep[at] * signal.Spread[row];
                mean += sum * signal.InverseNorm[row] * signal.InverseNorm[at];
            }
            Take(mean / signals.Length, row, at, signals[0].InverseNorm, best);
        }
    }

    private static void Take(Vector256<double> correlations, int row, int at, double[] norms, BestMatches best)
    {
        for (var lane = 0; lane < Lanes; lane++)
            Take(correlations[lane], row, at + lane, norms, best);
    }

    // Windows that stand apart have a norm of zero.
    private static void Take(double correlation, int row, int at, double[] norms, BestMatches best)
    {
        if (norms[row] == 0 || norms[at] == 0)
            return;
        if (correlation > best.Left[at])
            (best.Left[at], best.LeftPlace[at]) = (correlation, row);
        if (correlation > best.Right[row])
            (best.Right[row], best.RightPlace[row]) = (correlation, at);
    }

    // Within bounds: the strip's last diagonal still has a window in this row.
    private static Vector256<double> Load(double[] values, nuint at) => Vector256.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(values), at);
}
