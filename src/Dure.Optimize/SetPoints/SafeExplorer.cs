using System.Globalization;
using Dure.Kernel;
using Dure.Optimize.Bayesian;

namespace Dure.Optimize.SetPoints;

/// <summary>
/// Moves a running plant towards better set-points and commands only what is certified: <see cref="SafetyCertificate"/> decides what may be commanded, a
/// Gaussian process where to go within it. It aims at the most promising set-points that are thought to be allowed; where those are certified it goes
/// there, else to the certified ones from which the most of the way to them would be certified next (after Turchetta, Berkenkamp and Krause 2019), and
/// where that opens nothing, to the most promising certified ones (after Sui et al. 2015). By seed and reports everything is determined.
/// </summary>
public sealed class SafeExplorer
{
    private const int Rounds = 4;
    private const double Shrink = 0.4;

    /// <summary>Least further margin, as a share, for which a move is made to open a way.</summary>
    private const double WorthOpening = 2e-4;

    /// <summary>Share of the noise bound that a target has to keep from its limits: nearer ones are never certified, for readings there are noisy too.</summary>
    internal const double Reserve = 0.7;

    /// <summary>Least share of the missing margin for which a move is made only to open a way.</summary>
    private const double LeastShare = 0.03;

    /// <summary>In this share of the moves ways are opened to far targets; the rest gathers what is within reach.</summary>
    private const double OpeningMoves = 0.4;

    /// <summary>How many deviations of the belief count as hope while ways are opened; after that only what is expected counts.</summary>
    private const double OpeningCuriosity = 0.5;

    private readonly SetPointProblem problem;
    private readonly SafeExplorerOptions options;
    private readonly SafetyCertificate certificate;
    private readonly double[] noises, spreads;
    private readonly Random random;
    private OperatingBelief? belief;
    private double[] current;
    private int moves;
    private Problem? doubt;

    /// <param name="start">Settled points at which the plant has run; the last is where it is.</param>
    /// <exception cref="ProblemException">No point to start from, one that is doubtful, or none at which every limit is certain to hold.</exception>
    public SafeExplorer(SetPointProblem problem, SafeExplorerOptions options, IReadOnlyList<SettledPoint> start)
    {
        (this.problem, this.options, random) = (problem, options, new Random(options.Seed));
        certificate = new SafetyCertificate(problem);
        noises = [options.ObjectiveNoise, .. problem.Limits.Select(limit => limit.NoiseBound / 3)];
        spreads = [0, .. problem.Limits.Select((_, limit) => 0.25 * certificate.Scale(limit))];
        if (start.Count == 0)
            throw Unsafe("No settled point was given.", "start", "Let the plant settle where it runs now and report that.");
        foreach (var point in start)
            if (certificate.Add(point) is { } problemOfPoint)
                throw new ProblemException(problemOfPoint);
        current = [.. start[^1].SetPoints];
        if (!IsWithinRange(current))
            throw Unsafe($"The plant is at ({Shown(current)}), outside the ranges.", "start", "Bring the plant into the ranges, or widen them to where its slopes are still bounded.");
        if (!start.Any(point => certificate.IsCertified([.. point.SetPoints], start[^1].At)))
            throw Unsafe(WhyNot(start[^1]), "start", "Bring the plant by hand to set-points where every limit holds by more than its noise bound, let it settle, and begin there.");
    }

    public SetPointProblem Problem => problem;

    /// <summary>What has been executed and is believed.</summary>
    public IReadOnlyList<SettledPoint> Evidence => certificate.Evidence;

    /// <summary>Why a measurement is not believed; from then on only retreats are commanded. Null: nothing is doubted.</summary>
    public Problem? Doubt => doubt;

    public SafetyCertificate Certificate => certificate;

    /// <summary>Where the plant is commanded to be.</summary>
    public IReadOnlyList<double> Current => current;

    /// <summary>The executed point that is expected to be the best of those that are certified; null: none is any more.</summary>
    /// <param name="inOneMove">Whether only points count that one certified move reaches.</param>
    public SettledPoint? Best(TimeSpan at, bool inOneMove = false)
    {
        var safe = Evidence.Where(point => certificate.IsCertified([.. point.SetPoints], at) && (!inOneMove || (IsWithinReach(point.SetPoints) && IsAllowed([.. point.SetPoints], at)))).ToArray();
        if (safe.Length == 0)
            return null;
        var batch = new CandidateBatch(Belief(), [.. safe.Select(point => (double[])[.. point.SetPoints])], problem);
        return safe[Enumerable.Range(0, safe.Length).MaxBy(i => batch.Means[0][i])];
    }

    /// <summary>Tells what the plant settled at. What cannot be true is not believed, and <see cref="Doubt"/> says why.</summary>
    public void Report(SettledPoint point)
    {
        if (doubt is not null)
            return;
        doubt = certificate.Add(point);
        if (doubt is null)
            belief = null;
    }

    /// <summary>The next command, at a time not before the last report.</summary>
    public SafeMove Next(TimeSpan at)
    {
        if (doubt is not null)
            return Retreat(at, $"A measurement is doubted. {doubt}");
        if (!IsAllowed(current, at))
            return Withdraw(at, "Where the plant is, it is not certain any more that every limit holds.");
        var move = Choose(at);
        // The last look before a command goes out: whatever chose it, it has to pass here.
        if (!IsWithinRange(move.SetPoints) || !IsWithinReach(move.SetPoints) || !IsAllowed([.. move.SetPoints], at))
            return new SafeMove(MoveKind.Hold, [.. current], certificate.Margin(current, at), 0, "The chosen set-points did not pass the last check.");
        (current, moves) = ([.. move.SetPoints], moves + 1);
        return move;
    }

    /// <summary>Back to the safest executed set-points, and there as far as one move may go.</summary>
    public SafeMove Retreat(TimeSpan at, string reason) => Back(Evidence.MaxBy(point => certificate.Margin([.. point.SetPoints], at))!, at, reason);

    /// <summary>Back to the nearest executed set-points that are certified, or to the safest where none is.</summary>
    private SafeMove Withdraw(TimeSpan at, string reason)
    {
        var nearest = Evidence.Where(point => certificate.IsCertified([.. point.SetPoints], at)).MinBy(point => point.SetPoints.Select((value, j) => Math.Abs(value - current[j]) / (problem.SetPoints[j].High - problem.SetPoints[j].Low)).Max());
        return nearest is null ? Retreat(at, reason) : Back(nearest, at, reason);
    }

    private SafeMove Back(SettledPoint point, TimeSpan at, string reason)
    {
        double[] to = [.. point.SetPoints];
        for (var j = 0; j < to.Length; j++)
            to[j] = current[j] + Math.Clamp(to[j] - current[j], -problem.SetPoints[j].MostChange, problem.SetPoints[j].MostChange);
        current = to;
        return new SafeMove(MoveKind.Retreat, [.. to], certificate.Margin(to, at), 0, reason);
    }

    /// <summary>A set-point the plant was moved to by others: people, or a monitor that tripped.</summary>
    public void Moved(IReadOnlyList<double> setPoints) => current = [.. setPoints];

    private bool IsOpening => moves <= OpeningMoves * options.Moves;

    private double Curiosity => IsOpening ? OpeningCuriosity : 0;

    private SafeMove Choose(TimeSpan at)
    {
        var all = Candidates(at);
        var allowed = new bool[all.Count];
        for (var i = 0; i < all.Count; i++)
            allowed[i] = IsWithinReach(all.Points[i]) && IsAllowed(all.Points[i], at);
        var floor = all.BestMean(Evidence.Count);
        var target = Most(all.Count, i => all.IsThoughtAllowed(i, 0, Reserve) ? all.Hope(i, Curiosity) : double.NegativeInfinity);
        var inside = Most(all.Count, i => allowed[i] ? all.Hope(i, Curiosity) : double.NegativeInfinity);
        if (target >= 0 && !allowed[target] && IsOpening)
        {
            var towards = Sharpened(all.Points[target]);
            var (from, share) = Opening(all, allowed, towards, at);
            if (from >= 0 && share > LeastShare)
                return Explore(Refined(all.Points[from], at, towards), at, floor, $"From here more of the way to ({Shown(all.Points[target])}) becomes certain.");
        }
        return inside < 0
            ? new SafeMove(MoveKind.Hold, [.. current], certificate.Margin(current, at), 0, "Nothing else is certified.")
            : Explore(Refined(all.Points[inside], at, toward: null), at, floor, "The most promising of what is certified.");
    }

    private static int Most(int count, Func<int, double> worth)
    {
        var (best, most) = (-1, double.NegativeInfinity);
        for (var i = 0; i < count; i++)
            if (worth(i) is var its && its > most)
                (best, most) = (i, its);
        return best;
    }

    /// <summary>A target made better by ever closer points around it.</summary>
    private double[] Sharpened(double[] target) => Closer(target, (batch, i) => batch.IsThoughtAllowed(i, 0, Reserve) ? batch.Hope(i, Curiosity) : double.NegativeInfinity);

    private SafeMove Explore(double[] to, TimeSpan at, double floor, string reason)
    {
        var batch = new CandidateBatch(Belief(), [to], problem);
        return new SafeMove(MoveKind.Explore, to, certificate.Margin(to, at), Math.Exp(batch.LogGains(floor)[0]), reason);
    }

    /// <summary>Executed points first, then points over the ranges, then points around the best and around where the plant is.</summary>
    private CandidateBatch Candidates(TimeSpan at)
    {
        var points = new List<double[]>();
        foreach (var point in Evidence)
            points.Add([.. point.SetPoints]);
        var shift = Array.ConvertAll(new double[problem.SetPoints.Count], _ => random.NextDouble());
        for (var i = 0; i < options.Candidates; i++)
            points.Add(Halton(i, shift, centre: null, 1));
        var centres = (double[][])[current, [.. (Best(at) ?? Evidence[^1]).SetPoints]];
        foreach (var centre in centres)
            for (var i = 0; i < options.Candidates / 4; i++)
                points.Add(Halton(i, shift, centre, i % 2 == 0 ? 0.3 : 0.08));
        return new CandidateBatch(Belief(), points, problem);
    }

    /// <summary>The certified candidate from which a target is the nearest to being certified, and what share of the missing margin that is; -1 where it is hardly any.</summary>
    private (int From, double Share) Opening(CandidateBatch all, bool[] allowed, double[] target, TimeSpan at)
    {
        var missing = Math.Min(-WorthOpening, certificate.Margin(target, at));
        var (best, most) = (-1, missing + WorthOpening);
        for (var i = 0; i < all.Count; i++)
            if (allowed[i] && Opened(all, i, target) is var opened && opened > most)
                (best, most) = (i, opened);
        return (best, Math.Min(1, (most - missing) / -missing));
    }

    /// <summary>The margin a target would have were a candidate executed and measured as expected.</summary>
    private double Opened(CandidateBatch all, int candidate, double[] target)
    {
        var margin = double.PositiveInfinity;
        for (var limit = 0; limit < problem.Limits.Count; limit++)
            margin = Math.Min(margin, certificate.MarginFrom(limit, all.Points[candidate], all.Means[1 + limit][candidate], target));
        return margin;
    }

    /// <summary>Improves a choice within what is certified.</summary>
    private double[] Refined(double[] from, TimeSpan at, double[]? toward) => Closer(from,
        (batch, i) => !IsWithinReach(batch.Points[i]) || !IsAllowed(batch.Points[i], at) ? double.NegativeInfinity : toward is null ? batch.Hope(i, Curiosity) : Opened(batch, i, toward));

    /// <summary>The best of ever closer points around one.</summary>
    private double[] Closer(double[] from, Func<CandidateBatch, int, double> worth)
    {
        var (best, size) = (from, 0.15);
        for (var round = 0; round < Rounds; round++, size *= Shrink)
        {
            var shift = Array.ConvertAll(new double[from.Length], _ => random.NextDouble());
            var points = new List<double[]> { best };
            for (var i = 0; i < options.Candidates / 4; i++)
                points.Add(Halton(i, shift, best, size));
            var batch = new CandidateBatch(Belief(), points, problem);
            best = points[Math.Max(0, Most(batch.Count, i => worth(batch, i)))];
        }
        return best;
    }

    /// <summary>A low-discrepancy point (Halton 1960), shifted, over the ranges or around a centre, cut to the ranges and to one move's reach.</summary>
    private double[] Halton(int number, double[] shift, double[]? centre, double size)
    {
        ReadOnlySpan<int> primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
        var point = new double[problem.SetPoints.Count];
        for (var j = 0; j < point.Length; j++)
        {
            var (share, part, rest) = (shift[j], 1.0, number + 1);
            for (var prime = primes[j % primes.Length]; rest > 0; rest /= prime)
                share += (part /= prime) * (rest % prime);
            share -= Math.Floor(share);
            var range = problem.SetPoints[j];
            var at = centre is null ? range.Low + share * (range.High - range.Low) : centre[j] + (2 * share - 1) * size * (range.High - range.Low);
            point[j] = Math.Clamp(at, range.Low, range.High);
        }
        return point;
    }

    private bool IsAllowed(ReadOnlySpan<double> setPoints, TimeSpan at)
    {
        if (options.DeviationsInsteadOfSlopes is { } deviations)
            return new CandidateBatch(Belief(), [setPoints.ToArray()], problem).IsThoughtAllowed(0, deviations, 0);
        return certificate.IsCertified(setPoints, at) && (!options.CertifiesPath || certificate.IsPathCertified(current, setPoints, at));
    }

    private bool IsWithinRange(IReadOnlyList<double> setPoints)
    {
        for (var j = 0; j < setPoints.Count; j++)
            if (!(setPoints[j] >= problem.SetPoints[j].Low && setPoints[j] <= problem.SetPoints[j].High))
                return false;
        return true;
    }

    private bool IsWithinReach(IReadOnlyList<double> setPoints)
    {
        for (var j = 0; j < setPoints.Count; j++)
            if (!(Math.Abs(setPoints[j] - current[j]) <= problem.SetPoints[j].MostChange * (1 + 1e-12)))
                return false;
        return true;
    }

    private OperatingBelief Belief() => belief ??= new OperatingBelief(problem, options.Model, certificate.Evidence, noises, spreads);

    private string WhyNot(SettledPoint point)
    {
        var broken = problem.Limits.Index().First(one => certificate.Margin(one.Index, [.. point.SetPoints], point.At) < 0);
        return $"At ({string.Join(", ", point.SetPoints)}) {broken.Item.Name} reads {point.Readings[broken.Index]} {broken.Item.Unit}, known within {broken.Item.NoiseBound}; it should be from {broken.Item.Low?.ToString() ?? "anything"} to {broken.Item.High?.ToString() ?? "anything"}.";
    }

    private static string Shown(double[] setPoints) => string.Join(", ", setPoints.Select(value => value.ToString("G4", CultureInfo.InvariantCulture)));

    private static ProblemException Unsafe(string what, string where, string mend) => new("urn:dure:optimize:unsafe-start", what, where, mend);
}
