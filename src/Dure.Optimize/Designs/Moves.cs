namespace Dure.Optimize.Designs;

/// <summary>How good coded settings are; the more the better.</summary>
internal delegate double Score(ReadOnlySpan<double> coded);

/// <summary>
/// The ways in which one run of a design can be changed within its region: each factor alone; of a mixture one component against another, and one against all
/// others in proportion (Cox 1971). Between the points of a coarse grid the best setting is found by golden section.
/// </summary>
internal sealed class Moves
{
    private const int GridPoints = 5;
    private const int Sections = 24;
    private static readonly double Golden = (Math.Sqrt(5) - 1) / 2;

    private readonly DesignRegion region;
    private readonly (int A, int B)[] moves; // B: the component that gives way; -1: all others; -2: no mixture
    private readonly double[] direction, trial;

    public Moves(DesignRegion region)
    {
        this.region = region;
        (direction, trial) = (new double[region.Factors.Count], new double[region.Factors.Count]);
        var parts = Enumerable.Range(0, region.Factors.Count).Where(f => region.Factors[f] is MixtureComponent).ToArray();
        moves = [.. Enumerable.Range(0, region.Factors.Count).Except(parts).Select(f => (f, -2)),
            .. from a in parts from b in parts where a < b select (a, b), .. parts.Select(a => (a, -1))];
    }

    public int Count => moves.Length;

    /// <summary>The factor that a move changes.</summary>
    public int FactorOf(int move) => moves[move].A;

    /// <summary>Looks for better settings along a move and leaves the best in the run.</summary>
    /// <param name="best">The score of the run as it is; only what exceeds it by more than rounding is taken.</param>
    public bool TryImprove(Span<double> run, int move, Score score, ref double best)
    {
        var enough = best + 1e-9 * Math.Max(1, Math.Abs(best));
        var (found, bestScore) = region.Factors[moves[move].A].CodedLevels is { } levels ? Try(run, moves[move].A, levels, score) : Along(run, moves[move], score);
        if (!(bestScore > enough))
            return false;
        found.CopyTo(run);
        best = bestScore;
        return true;
    }

    private (double[] At, double Score) Try(ReadOnlySpan<double> run, int factor, double[] levels, Score score)
    {
        var (best, bestLevel) = (double.NegativeInfinity, run[factor]);
        run.CopyTo(trial);
        foreach (var level in levels)
        {
            trial[factor] = level;
            if (score(trial) is var value && value > best)
                (best, bestLevel) = (value, level);
        }
        trial[factor] = bestLevel;
        return (trial, best);
    }

    private (double[] At, double Score) Along(ReadOnlySpan<double> run, (int A, int B) move, Score score)
    {
        Direct(run, move);
        var (back, forth) = region.Reach(run, direction);
        if (!(forth - back > 1e-12) || !double.IsFinite(forth - back))
            return (trial, double.NegativeInfinity);
        var (best, bestAt, step) = (double.NegativeInfinity, 0.0, (forth - back) / (GridPoints - 1));
        for (var i = 0; i < GridPoints; i++)
            Take(run, back + i * step, score, ref best, ref bestAt);
        var (low, high) = (Math.Max(back, bestAt - step), Math.Min(forth, bestAt + step));
        for (var i = 0; i < Sections; i++)
        {
            var (a, b) = (high - Golden * (high - low), low + Golden * (high - low));
            (low, high) = Take(run, a, score, ref best, ref bestAt) > Take(run, b, score, ref best, ref bestAt) ? (low, b) : (a, high);
        }
        Place(run, bestAt);
        return (trial, best);
    }

    private double Take(ReadOnlySpan<double> run, double at, Score score, ref double best, ref double bestAt)
    {
        Place(run, at);
        var value = score(trial);
        // A section that gains nothing but rounding leaves the point of the grid as it is.
        if (value - 1e-12 * Math.Abs(value) > best)
            (best, bestAt) = (value, at);
        return value;
    }

    private void Place(ReadOnlySpan<double> run, double at)
    {
        for (var f = 0; f < trial.Length; f++)
        {
            var (low, high) = region.Factors[f].Coded;
            trial[f] = direction[f] == 0 ? run[f] : Math.Clamp(run[f] + at * direction[f], low, high);
        }
    }

    private void Direct(ReadOnlySpan<double> run, (int A, int B) move)
    {
        Array.Clear(direction);
        direction[move.A] = 1;
        if (move.B >= 0)
            direction[move.B] = -1;
        if (move.B != -1)
            return;
        var rest = 1 - run[move.A];
        for (var f = 0; f < direction.Length; f++)
            if (f != move.A && region.Factors[f] is MixtureComponent)
                direction[f] = rest > 1e-9 ? -run[f] / rest : -1.0 / (region.Parts - 1);
    }
}
