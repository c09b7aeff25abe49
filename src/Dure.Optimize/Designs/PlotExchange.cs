using Dure.Optimize.Numerics;

namespace Dure.Optimize.Designs;

/// <summary>One descent of coordinate exchange with whole plots: of factors that are hard to change the runs of a plot are set together.</summary>
internal sealed class PlotExchange
{
    private const int MostPasses = 60;
    private const int MostDraws = 50;

    private readonly DesignRegion region;
    private readonly DesignModel model;
    private readonly double[] moments;
    private readonly bool isD;
    private readonly double ratio;
    private readonly int p;
    private readonly double[][] rows;
    private readonly int[][] plots;
    private readonly bool[] isHard;
    private readonly Moves moves;
    private readonly double[] others, information, expanded, sum; // what the other plots tell, what all tell, one run and a plot's sum

    public PlotExchange(DesignRegion region, DesignModel model, double[] moments, OptimalSearch search, int runs)
    {
        (this.region, this.model, this.moments) = (region, model, moments);
        (isD, ratio, p) = (search.Optimality == Optimality.D, search.WholePlotRatio, model.Columns);
        (rows, moves) = (new double[runs][], new Moves(region));
        plots = [.. PlotsOf(runs, search.WholePlots).Index().GroupBy(r => r.Item, r => r.Index).Select(g => g.ToArray())];
        isHard = [.. region.Factors.Select(f => f.IsHardToChange)];
        (others, information, expanded, sum) = (new double[p * p], new double[p * p], new double[p], new double[p]);
    }

    /// <summary>The plot of each run: plots as even in size as can be.</summary>
    public static int[] PlotsOf(int runs, int plots) => [.. Enumerable.Range(0, runs).Select(run => (int)((long)run * plots / runs))];

    public (double[][] Rows, double Score) Run(Random random, CancellationToken cancel)
    {
        var best = double.NegativeInfinity;
        for (var draw = 0; draw < MostDraws && double.IsNegativeInfinity(best); draw++)
            best = Start(random);
        var hasImproved = !double.IsNegativeInfinity(best);
        for (var pass = 0; pass < MostPasses && hasImproved; pass++)
        {
            hasImproved = false;
            foreach (var plot in plots)
            {
                cancel.ThrowIfCancellationRequested();
                Gather(plot);
                for (var move = 0; move < moves.Count; move++)
                    if (isHard[moves.FactorOf(move)])
                        hasImproved |= ImproveTogether(plot, move, ref best);
                    else
                        foreach (var run in plot)
                            hasImproved |= moves.TryImprove(rows[run], move, coded => Score(plot, run, -1, coded), ref best);
            }
        }
        return (rows, best);
    }

    private double Start(Random random)
    {
        foreach (var plot in plots)
        {
            var shared = region.Draw(random);
            foreach (var run in plot)
            {
                rows[run] = region.Draw(random);
                for (var f = 0; f < shared.Length; f++)
                    if (isHard[f])
                        rows[run][f] = shared[f];
            }
        }
        Gather(plots[0]);
        return Score(plots[0], -1, -1, []);
    }

    private bool ImproveTogether(int[] plot, int move, ref double best)
    {
        var factor = moves.FactorOf(move);
        if (!moves.TryImprove(rows[plot[0]], move, coded => Score(plot, -1, factor, coded), ref best))
            return false;
        foreach (var run in plot)
            rows[run][factor] = rows[plot[0]][factor];
        return true;
    }

    /// <summary>What the plots other than one tell.</summary>
    private void Gather(int[] without)
    {
        Array.Clear(others);
        foreach (var plot in plots)
            if (plot != without)
                Add(others, plot, -1, -1, []);
    }

    /// <summary>How good the design is with one run of a plot changed, or with one factor changed in all its runs.</summary>
    private double Score(int[] plot, int changed, int factor, ReadOnlySpan<double> coded)
    {
        others.CopyTo(information, 0);
        Add(information, plot, changed, factor, coded);
        if (Cholesky.TryOf(information, p, 1) is not { } cholesky)
            return double.NegativeInfinity;
        if (cholesky.LogDeterminant < -25 * p) // told apart by rounding alone
            return double.NegativeInfinity;
        return isD ? cholesky.LogDeterminant : -DesignQuality.Trace(cholesky.Inverse(1), moments);
    }

    private void Add(double[] into, int[] plot, int changed, int factor, ReadOnlySpan<double> coded)
    {
        Array.Clear(sum);
        foreach (var run in plot)
        {
            var kept = factor >= 0 ? rows[run][factor] : 0;
            if (factor >= 0)
                rows[run][factor] = coded[factor];
            model.Expand(run == changed ? coded : rows[run], expanded);
            if (factor >= 0)
                rows[run][factor] = kept;
            DesignQuality.AddSquare(into, expanded, 1);
            Vectors.Add(sum, 1, expanded);
        }
        DesignQuality.AddSquare(into, sum, -ratio / (1 + plot.Length * ratio));
    }
}
