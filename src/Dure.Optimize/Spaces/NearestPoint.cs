using Dure.Optimize.Numerics;

namespace Dure.Optimize.Spaces;

/// <summary>
/// The point of a cell that keeps all sums and lies nearest to a wish, by the sum of distances measured in widths of the cell: few factors move.
/// Whole numbers and levels count as continuous.
/// </summary>
internal static class NearestPoint
{
    /// <param name="into">The point found; of factors that no sum reads the wish, held within the cell.</param>
    public static LinearOutcome TryFind(SpaceRules rules, Cell cell, ReadOnlySpan<double> wish, Span<double> into)
    {
        for (var i = 0; i < into.Length; i++)
        {
            if (cell.Low[i] > cell.High[i])
                return LinearOutcome.Infeasible;
            into[i] = Math.Clamp(wish[i], cell.Low[i], cell.High[i]);
        }
        var isKept = true;
        foreach (var row in rules.Rows)
            isKept &= row.Excess(row.Sum(into)) <= row.Tolerance / 4;
        return isKept ? LinearOutcome.Best : Solve(rules, cell, into);
    }

    private static LinearOutcome Solve(SpaceRules rules, Cell cell, Span<double> point)
    {
        var place = new int[point.Length];
        var active = new List<int>();
        for (var i = 0; i < point.Length; i++)
            if (rules.IsCoupled[i] && !cell.IsFixed(i))
            {
                place[i] = active.Count;
                active.Add(i);
            }
        // Each factor may rise or fall from where it is; both cost the same.
        var (rows, columns) = (rules.Rows.Length, 2 * active.Count);
        var (weights, bounds, relations) = (new double[rows * columns], new double[rows], new Relation[rows]);
        var used = 0;
        foreach (var row in rules.Rows)
        {
            var excess = row.Bound - row.Sum(point);
            var own = weights.AsSpan(used * columns, columns);
            var size = 0.0;
            for (var i = 0; i < row.Factors.Length; i++)
            {
                var factor = row.Factors[i];
                if (cell.IsFixed(factor))
                    continue;
                var weight = row.Weights[i] * (cell.High[factor] - cell.Low[factor]);
                (own[place[factor]], own[active.Count + place[factor]]) = (weight, -weight);
                size = Math.Max(size, Math.Abs(weight));
            }
            if (size <= row.Tolerance)
            {
                own.Clear();
                if (row.Excess(row.Sum(point)) > row.Tolerance)
                    return LinearOutcome.Infeasible;
                continue;
            }
            for (var j = 0; j < columns; j++)
                own[j] /= size;
            (bounds[used], relations[used]) = (excess / size, row.Relation);
            used++;
        }
        var (low, high, cost) = (new double[columns], new double[columns], new double[columns]);
        for (var j = 0; j < active.Count; j++)
        {
            var factor = active[j];
            var width = cell.High[factor] - cell.Low[factor];
            (high[j], high[active.Count + j]) = ((cell.High[factor] - point[factor]) / width, (point[factor] - cell.Low[factor]) / width);
        }
        Array.Fill(cost, 1);
        var program = new LinearProgram(weights.AsSpan(0, used * columns), relations.AsSpan(0, used), bounds.AsSpan(0, used), low, high);
        var outcome = program.Solve(cost);
        if (outcome != LinearOutcome.Best)
            return outcome;
        for (var j = 0; j < active.Count; j++)
        {
            var factor = active[j];
            var at = point[factor] + (program.Point[j] - program.Point[active.Count + j]) * (cell.High[factor] - cell.Low[factor]);
            point[factor] = Math.Clamp(at, cell.Low[factor], cell.High[factor]);
        }
        return LinearOutcome.Best;
    }
}
