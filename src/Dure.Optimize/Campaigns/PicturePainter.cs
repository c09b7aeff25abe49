using Dure.Optimize.Spaces;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>Makes a <see cref="CampaignPicture"/>: at most some ten thousand points are asked of one surrogate.</summary>
internal sealed class PicturePainter(SearchSpace space, ISurrogate surrogate, int sign, double[] around)
{
    private const int AlongLine = 33, AlongMap = 24, MostBars = 48, MostOptions = 2_000;

    /// <summary>Points of which each factor is varied once, and predictions for it in all.</summary>
    private const int MostBases = 256, MostVaried = 8_192;

    /// <summary>Null where the outcome was not measured yet.</summary>
    public static CampaignPicture? Paint(CampaignProblem problem, CampaignBeliefs beliefs, IReadOnlyList<CampaignTrial> trials, PictureOptions show)
    {
        var outcome = show.Outcome is { } name ? problem.NumberOf(name) : Enumerable.Range(0, problem.Outcomes.Count).First(k => problem.Outcomes[k].Aim != Aim.Held);
        if (beliefs.Outcomes[outcome] is not { } surrogate)
            return null;
        var at = show.Around is { } given ? trials[given].Point : beliefs.Good().Count > 0 ? beliefs.Good()[0] : null;
        var painter = new PicturePainter(problem.Space, surrogate, problem.Outcomes[outcome].Sign, at ?? problem.Space.Centre());
        var shares = painter.Shares();
        var mattering = Enumerable.Range(0, shares.Length).Where(painter.CanTurn).OrderByDescending(factor => shares[factor]).Select(factor => (int?)factor).ToList();
        int? across = show.Across is { } first ? problem.Space.NumberOf(first) : null, up = show.Up is { } second ? problem.Space.NumberOf(second) : null;
        across ??= mattering.Find(factor => factor != up);
        up ??= mattering.Find(factor => factor != across);
        return new CampaignPicture(outcome, painter.Around, trials.ToList().FindIndex(trial => ReferenceEquals(trial.Point, at)) is var number and >= 0 ? number : null,
            [.. shares.Select((share, factor) => painter.Profile(factor, share))], across is { } x && up is { } y ? painter.Map(x, y) : null);
    }

    private double[] Around => around;

    private FactorProfile Profile(int factor, double share)
    {
        var at = Shown(factor, Levels(factor), MostBars);
        var (means, variances, isAllowed) = Predict(Array.ConvertAll(at, value => Completed((factor, value))));
        var wide = Array.ConvertAll(variances, variance => Suggestion.NineInTen * Math.Sqrt(variance + surrogate.Noise * surrogate.Noise));
        return new FactorProfile(factor, share, at, means, [.. means.Zip(wide, (mean, half) => mean - half)], [.. means.Zip(wide, (mean, half) => mean + half)], isAllowed);
    }

    private PictureMap Map(int across, int up)
    {
        var (acrossAt, upAt) = (Shown(across, Levels(across), AlongMap), Shown(up, Levels(up), AlongMap));
        var (means, variances, isAllowed) = Predict([.. upAt.SelectMany(_ => acrossAt, (u, a) => Completed((across, a), (up, u)))]);
        return new PictureMap(across, up, acrossAt, upAt, means, Array.ConvertAll(variances, Math.Sqrt), isAllowed);
    }

    /// <summary>Whether a factor has two values or more here.</summary>
    private bool CanTurn(int factor) => Levels(factor).Length > 1;

    /// <summary>For each factor its total effect: half the mean square by which the mean changes when that factor alone is taken from another point, over the variance of the mean (Jansen 1999).</summary>
    private double[] Shares()
    {
        var factors = space.Factors.Count;
        var bases = Bases(Math.Max(16, Math.Min(MostBases, MostVaried / (factors + 1))));
        var points = new List<double[]>(bases.Length * (factors + 1));
        points.AddRange(bases);
        for (var factor = 0; factor < factors; factor++)
            for (var i = 0; i < bases.Length; i++)
            {
                var varied = (double[])bases[i].Clone();
                varied[factor] = bases[(i + 1) % bases.Length][factor];
                points.Add(varied);
            }
        var means = new double[points.Count];
        surrogate.Predict(Coded(points), means, new double[points.Count]);
        var plain = means.AsSpan(0, bases.Length);
        var (mean, variance) = (0.0, 0.0);
        foreach (var value in plain)
            mean += value / plain.Length;
        foreach (var value in plain)
            variance += (value - mean) * (value - mean) / plain.Length;
        var shares = new double[factors];
        for (var factor = 0; factor < factors && variance > 0; factor++)
        {
            var changed = 0.0;
            for (var i = 0; i < bases.Length; i++)
                changed += Math.Pow(means[(factor + 1) * bases.Length + i] - plain[i], 2);
            shares[factor] = Math.Min(1, changed / bases.Length / 2 / variance);
        }
        return shares;
    }

    /// <summary>Points all over the space in no order: neighbours in the list lie anywhere.</summary>
    private double[][] Bases(int count)
    {
        var random = new Random(1);
        if (space.Candidates is not { } table)
            return space.Sample(count, random);
        var rows = Enumerable.Range(0, table.Count).ToArray();
        random.Shuffle(rows);
        return [.. rows.Take(count).Select(row => table.Rows[row])];
    }

    /// <summary>Values that a factor may have here: all of a list, of a range steps that are even in its code.</summary>
    private double[] Levels(int factor)
    {
        var (low, high) = (space.LowOf(factor), space.HighOf(factor));
        double[] listed = (space.Candidates, space.Factors[factor]) switch
        {
            ({ } table, _) => [.. table.Rows.Select(row => row[factor]).Distinct().Order()],
            (_, Factor.Category category) => [.. Enumerable.Range(0, category.Options.Count).Where(option => space.IsAllowed(factor, option)).Select(option => (double)option)],
            (_, Factor.Ordinal ordinal) => [.. ordinal.LevelValues.Where(level => level >= low && level <= high)],
            _ => [],
        };
        var isRange = listed.Length == 0 || space.Factors[factor] is Factor.Continuous && listed.Length > MostBars;
        if (!isRange)
            return listed;
        var (from, to) = (space.Code.Coded(factor, low), space.Code.Coded(factor, high));
        var steps = Enumerable.Range(0, AlongLine).Select(step => Math.Clamp(space.Code.Decoded(factor, from + (to - from) * step / (AlongLine - 1)), low, high));
        return [.. (space.Factors[factor] is Factor.Integer ? steps.Select(at => Math.Round(at)) : steps).Distinct()];
    }

    /// <summary>At most so many: of options the best, of numbers evenly.</summary>
    private double[] Shown(int factor, double[] levels, int most)
    {
        if (levels.Length <= most)
            return levels;
        if (space.Factors[factor] is not Factor.Category)
            return [.. Enumerable.Range(0, most).Select(i => levels[i * (levels.Length - 1) / (most - 1)])];
        var some = levels[..Math.Min(levels.Length, MostOptions)];
        var (means, _, _) = Predict(Array.ConvertAll(some, value => Completed((factor, value))));
        return [.. Enumerable.Range(0, some.Length).OrderByDescending(i => sign * means[i]).Take(most).Select(i => some[i]).Order()];
    }

    /// <summary>The point around which is looked with some factors held elsewhere; the others move where that alone keeps the sums.</summary>
    private double[] Completed(params ReadOnlySpan<(int Factor, double Value)> held)
    {
        var (point, isCoupled) = ((double[])around.Clone(), false);
        foreach (var (factor, value) in held)
            (point[factor], isCoupled) = (value, isCoupled || space.Rules.IsCoupled[factor]);
        if (!isCoupled || space.Candidates is not null || Violations.IsFree(space.Rules, point))
            return point;
        var (cell, moved) = (CellAround.WithChoicesOf(space.Rules, point), new double[point.Length]);
        foreach (var (factor, value) in held)
            cell.Fix(factor, value);
        return NearestPoint.TryFind(space.Rules, cell, point, moved) == Numerics.LinearOutcome.Best && Violations.IsFree(space.Rules, moved) ? moved : point;
    }

    private (double[] Means, double[] Variances, bool[] IsAllowed) Predict(double[][] points)
    {
        var (means, variances) = (new double[points.Length], new double[points.Length]);
        surrogate.Predict(Coded(points), means, variances);
        return (means, variances, Array.ConvertAll(points, point => space.Candidates is null ? space.Contains(point) : Violations.IsFree(space.Rules, point)));
    }

    private TrialTable Coded(IReadOnlyList<double[]> points)
    {
        var (coded, row) = (new TrialTable(space.Coding, points.Count), new double[space.Coding.Columns]);
        foreach (var point in points)
        {
            space.Encode(point, row);
            coded.Add(row);
        }
        return coded;
    }
}
