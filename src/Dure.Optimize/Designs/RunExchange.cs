using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs;

/// <summary>
/// One descent of coordinate exchange without whole plots. What an exchange of run z for x would change follows from D = (X'X)⁻¹ without factoring anew:
/// |X'X + xx' - zz'| / |X'X| = (1 + x'Dx)(1 - z'Dz) + (x'Dz)² (Fedorov 1972), and likewise for the trace of D times the region's moments.
/// </summary>
internal sealed class RunExchange
{
    private const int MostPasses = 100;
    private const int MostDraws = 50;
    private const double LeastGain = 1e-7; // of a pass: relative, of the determinant or of the average variance

    private readonly DesignRegion region;
    private readonly DesignModel model;
    private readonly double[] moments;
    private readonly bool isD;
    private readonly int kept, p;
    private readonly double[][] rows;
    private readonly double[] old, candidate, timesOld; // a run as it is and as it might be, expanded; D times the former
    private readonly Moves moves;
    private double[] inverse = [], weighted = []; // D, and D times the moments times D
    private double logDeterminant, ownOld, weightedOld, trace;

    public RunExchange(DesignRegion region, DesignModel model, double[] moments, OptimalSearch search, int runs)
    {
        (this.region, this.model, this.moments) = (region, model, moments);
        (isD, kept, p) = (search.Optimality == Optimality.D, search.Kept?.Runs ?? 0, model.Columns);
        rows = new double[runs][];
        for (var run = 0; run < kept; run++)
            rows[run] = search.Kept!.Coded(run).ToArray(); // there are runs kept, so there is a table
        (old, candidate, timesOld, moves) = (new double[p], new double[p], new double[p], new Moves(region));
    }

    /// <summary>The rows found and how good they are; minus infinity where no start could tell the terms apart.</summary>
    public (double[][] Rows, double Score) Run(Random random, CancellationToken cancel)
    {
        if (!TryStart(random))
            return (rows, double.NegativeInfinity);
        var (before, hasImproved) = (Score(), true);
        for (var pass = 0; pass < MostPasses && hasImproved; pass++)
        {
            cancel.ThrowIfCancellationRequested();
            for (var run = kept; run < rows.Length; run++)
                Improve(run);
            if (!TryFactor()) // anew, so that rounding does not add up
                return (rows, double.NegativeInfinity);
            hasImproved = Score() - before > LeastGain * (isD ? 1 : Math.Abs(before));
            before = Score();
        }
        return (rows, Score());
    }

    private bool TryStart(Random random)
    {
        for (var draw = 0; draw < MostDraws; draw++)
        {
            for (var run = kept; run < rows.Length; run++)
                rows[run] = region.Draw(random);
            if (TryFactor())
                return true;
        }
        return false;
    }

    private bool TryFactor()
    {
        var (information, row) = (new double[p * p], new double[p]);
        foreach (var run in rows)
        {
            model.Expand(run, row);
            DesignQuality.AddSquare(information, row, 1);
        }
        if (DesignQuality.Factor(information, p) is not { } found)
            return false;
        (inverse, logDeterminant) = (found.Inverse, found.LogDeterminant);
        Weigh();
        return true;
    }

    private double Score() => isD ? logDeterminant : -DesignQuality.Trace(inverse, moments);

    private void Weigh()
    {
        if (isD)
            return;
        trace = DesignQuality.Trace(inverse, moments);
        weighted = new double[p * p];
        var half = new double[p * p];
        for (var i = 0; i < p; i++)
            for (var k = 0; k < p; k++)
                Vectors.Add(half.AsSpan(i * p, p), inverse[i * p + k], moments.AsSpan(k * p, p));
        for (var i = 0; i < p; i++)
            for (var k = 0; k < p; k++)
                Vectors.Add(weighted.AsSpan(i * p, p), half[i * p + k], inverse.AsSpan(k * p, p));
    }

    private void Improve(int run)
    {
        for (var move = 0; move < moves.Count; move++)
        {
            model.Expand(rows[run], old);
            for (var i = 0; i < p; i++)
                timesOld[i] = Vectors.Dot(inverse.AsSpan(i * p, p), old);
            ownOld = Vectors.Dot(old, timesOld);
            weightedOld = isD ? 0 : DesignQuality.Quadratic(weighted, old);
            var best = isD ? 1.0 : 0.0;
            if (moves.TryImprove(rows[run], move, Gain, ref best))
                Exchange(rows[run]);
        }
    }

    private double Gain(ReadOnlySpan<double> coded)
    {
        model.Expand(coded, candidate);
        var own = DesignQuality.Quadratic(inverse, candidate);
        var cross = Vectors.Dot(candidate, timesOld);
        var growth = (1 + own) * (1 - ownOld) + cross * cross;
        if (isD)
            return growth;
        if (growth < 1e-9)
            return double.NegativeInfinity;
        // The trace falls by what x brings, then rises by what z takes from the design that already has x.
        var (weightedNew, weightedCross, share) = (DesignQuality.Quadratic(weighted, candidate), DesignQuality.Between(weighted, candidate, old), cross / (1 + own));
        var taken = weightedOld - 2 * share * weightedCross + share * share * weightedNew;
        var left = 1 - ownOld + share * cross;
        return (weightedNew / (1 + own) - taken / left) / trace;
    }

    private void Exchange(double[] row)
    {
        model.Expand(row, candidate);
        Update(candidate, 1);
        Update(old, -1);
        Weigh();
    }

    /// <summary>D after a row is added or taken away; Sherman and Morrison (1950).</summary>
    private void Update(double[] row, double sign)
    {
        var times = new double[p];
        for (var i = 0; i < p; i++)
            times[i] = Vectors.Dot(inverse.AsSpan(i * p, p), row);
        DesignQuality.AddSquare(inverse, times, -sign / (1 + sign * Vectors.Dot(row, times)));
    }
}
