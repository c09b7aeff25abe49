using Dure.Optimize.Numerics;
using Dure.Optimize.Spaces;
using Dure.Optimize.Surrogates;

namespace Dure.Optimize.Campaigns;

/// <summary>
/// Seeks the point of a space that promises the most: of a table the best row; elsewhere many drawn points and neighbours of good trials, the best of
/// which climb, numbers by slopes, the others step by step. Only feasible points are ever looked at.
/// </summary>
internal sealed class PromiseSearch
{
    private const int Drawn = 1000;
    private const int Climbers = 8;
    private const int MostRounds = 12;
    private const int Steps = 30;
    private const int MostHalvings = 8;
    private const int MostNeighbours = 400;
    private const double Enough = 1e-6;

    private readonly SearchSpace space;
    private readonly Random random;
    private readonly TrialCost? cost;
    private readonly int[] numbers;
    private readonly bool isBox, hasChoices;

    public PromiseSearch(CampaignProblem problem, Random random)
    {
        (space, this.random, cost) = (problem.Space, random, problem.Cost);
        numbers = [.. Enumerable.Range(0, space.Factors.Count).Where(factor => space.Factors[factor] is Factor.Continuous && space.LowOf(factor) < space.HighOf(factor))];
        isBox = numbers.All(factor => !space.Rules.IsCoupled[factor] && !space.Rules.IsInClause[factor]);
        hasChoices = numbers.Length < space.Factors.Count || space.Rules.Supports.Length > 0;
    }

    /// <param name="promise">What is to be made large.</param>
    /// <param name="good">Good trials, to look about them.</param>
    /// <param name="taken">Points not to be proposed again.</param>
    public (double[] Point, double Promise)? Best(Promise promise, IReadOnlyList<double[]> good, HashSet<double[]> taken, CancellationToken cancel)
    {
        var points = space.Candidates is { } table ? table.Rows : Spread(good);
        var logs = new double[points.Length];
        promise.At(space.Candidates?.Coded ?? Coded(points), logs);
        for (var i = 0; i < logs.Length; i++)
            logs[i] = taken.Contains(points[i]) ? double.NegativeInfinity : logs[i] - LogCost(points[i]) + 1e-12 * random.NextDouble();
        var order = Leaders(logs, space.Candidates is null ? Climbers : 1);
        if (order.Length == 0)
            return null;
        if (space.Candidates is not null)
            return (points[order[0]], logs[order[0]]);
        var best = (Point: points[order[0]], Promise: logs[order[0]]);
        foreach (var start in order)
        {
            cancel.ThrowIfCancellationRequested();
            var climbed = Climb(promise, (points[start], logs[start]), taken, cancel);
            if (climbed.Promise > best.Promise)
                best = climbed;
        }
        return best;
    }

    public TrialTable Coded(IReadOnlyList<double[]> points)
    {
        var coded = new TrialTable(space.Coding, points.Count);
        var row = new double[space.Coding.Columns];
        foreach (var point in points)
        {
            space.Encode(point, row);
            coded.Add(row);
        }
        return coded;
    }

    /// <summary>What is made large is promise per cost.</summary>
    private double LogCost(double[] point) => cost is null ? 0 : Math.Log(cost.Of(space, point));

    private double[][] Spread(IReadOnlyList<double[]> good)
    {
        var sampler = new SpaceSampler(space, random);
        var points = new double[Drawn][];
        for (var i = 0; i < points.Length; i++)
            points[i] = good.Count > 0 && i % 3 == 0 ? Near(good[i / 3 % good.Count]) : sampler.Next();
        return points;
    }

    /// <summary>One to three steps away.</summary>
    private double[] Near(double[] point)
    {
        for (var step = random.Next(3); step >= 0; step--)
            point = space.Step(point, random, 0.1);
        return point;
    }

    /// <summary>The numbers of the largest, the largest first; none that is not to be proposed.</summary>
    private static int[] Leaders(double[] logs, int count)
    {
        var leaders = new List<int>(count + 1);
        for (var i = 0; i < logs.Length; i++)
        {
            if (!(logs[i] > double.NegativeInfinity) || leaders.Count == count && !(logs[i] > logs[leaders[^1]]))
                continue;
            leaders.Insert(leaders.FindIndex(other => logs[i] > logs[other]) is var at and >= 0 ? at : leaders.Count, i);
            if (leaders.Count > count)
                leaders.RemoveAt(count);
        }
        return [.. leaders];
    }

    private (double[] Point, double Promise) Climb(Promise promise, (double[] Point, double Promise) at, HashSet<double[]> taken, CancellationToken cancel)
    {
        for (var round = 0; round < MostRounds; round++)
        {
            cancel.ThrowIfCancellationRequested();
            var before = at.Promise;
            if (promise.HasSlopes && numbers.Length > 0)
                at = Better(at, isBox ? ClimbBox(promise, at.Point, cancel) : ClimbChords(promise, at), taken);
            else
                at = Better(at, Walk(promise, at.Point), taken);
            at = Better(at, Switch(promise, at.Point, taken), taken);
            if (!(at.Promise > before + Enough))
                break;
        }
        return at;
    }

    private (double[] Point, double Promise) Better((double[] Point, double Promise) at, (double[] Point, double Promise) other, HashSet<double[]> taken) =>
        other.Promise > at.Promise && !taken.Contains(other.Point) && space.Contains(other.Point) ? other : at;

    /// <summary>Numbers that no sum reads: straight up within their ranges.</summary>
    private (double[] Point, double Promise) ClimbBox(Promise promise, double[] from, CancellationToken cancel)
    {
        var (coded, low, high, isFree) = (new double[space.Coding.Columns], new double[space.Coding.Columns], new double[space.Coding.Columns], new bool[space.Coding.Columns]);
        space.Encode(from, coded);
        coded.CopyTo(low, 0);
        coded.CopyTo(high, 0);
        foreach (var factor in numbers)
        {
            var column = space.Code.FirstColumn(factor);
            (low[column], high[column], isFree[column]) = (space.Code.Coded(factor, space.LowOf(factor)), space.Code.Coded(factor, space.HighOf(factor)), true);
        }
        var height = BoxAscent.Climb(promise.At, coded, low, high, isFree, Steps, Enough, cancel);
        var point = (double[])from.Clone();
        foreach (var factor in numbers)
            point[factor] = Math.Clamp(space.Code.Decoded(factor, coded[space.Code.FirstColumn(factor)]), space.LowOf(factor), space.HighOf(factor));
        return (point, height - LogCost(point));
    }

    /// <summary>Numbers that sums bind: along the slope as far as it goes up, again and again.</summary>
    private (double[] Point, double Promise) ClimbChords(Promise promise, (double[] Point, double Promise) at)
    {
        var (coded, slope, next) = (new double[space.Coding.Columns], new double[space.Coding.Columns], new double[space.Factors.Count]);
        var costly = LogCost(at.Point); // which is the same along every chord: only numbers between move
        for (var (step, length) = (0, 0.1); step < Steps; step++)
        {
            space.Encode(at.Point, coded);
            at.Promise = promise.At(coded, slope) - costly;
            var chord = space.Chord(at.Point, slope);
            var steepness = Math.Sqrt(Vectors.Dot(chord.Direction, chord.Direction));
            if (!(steepness > 0) || !(chord.Longest > 0))
                break;
            var isHigher = false;
            for (var halving = 0; halving < MostHalvings && !isHigher; halving++, length /= 3)
            {
                chord.At(Math.Min(chord.Longest, length / steepness), next);
                space.Encode(next, coded);
                var found = promise.At(coded, slope) - costly;
                if (!(found > at.Promise + Enough) || !space.Contains(next))
                    continue;
                (at, isHigher) = (((double[])next.Clone(), found), true);
                length *= 6; // of which the loop takes a third back
            }
            if (!isHigher)
                break;
        }
        return at;
    }

    /// <summary>Small steps by chance, for promises without slopes: the best of some.</summary>
    private (double[] Point, double Promise) Walk(Promise promise, double[] from) => BestOf(promise, [.. Enumerable.Range(0, Steps).Select(i => space.Step(from, random, 0.3 / (1 + i % 6)))], from);

    /// <summary>One choice other than it is: the best of all there are.</summary>
    private (double[] Point, double Promise) Switch(Promise promise, double[] from, HashSet<double[]> taken) =>
        BestOf(promise, hasChoices ? [.. space.Neighbours(from, MostNeighbours).Where(point => !taken.Contains(point))] : [], from);

    private (double[] Point, double Promise) BestOf(Promise promise, IReadOnlyList<double[]> points, double[] otherwise)
    {
        if (points.Count == 0)
            return (otherwise, double.NegativeInfinity);
        var logs = new double[points.Count];
        promise.At(Coded(points), logs);
        for (var i = 0; i < logs.Length && cost is not null; i++)
            logs[i] -= LogCost(points[i]);
        var best = Leaders(logs, 1);
        return best.Length == 0 ? (otherwise, double.NegativeInfinity) : (points[best[0]], logs[best[0]]);
    }
}
