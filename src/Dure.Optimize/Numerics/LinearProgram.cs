namespace Dure.Optimize.Numerics;

/// <summary>How a linear program ended.</summary>
public enum LinearOutcome
{
    /// <summary>The point is the best one.</summary>
    Best,

    /// <summary>No point keeps all rows and bounds.</summary>
    Infeasible,

    /// <summary>The cost falls without end.</summary>
    Unbounded,

    /// <summary>The bound on the number of steps was met: nothing is said.</summary>
    Undecided,
}

/// <summary>Whether a weighted sum is at most, at least or exactly a number.</summary>
public enum Relation
{
    AtMost,
    AtLeast,
    Equal,
}

/// <summary>
/// Small dense linear programs: least cost·x with rows·x at most, at least or equal to a number, and low ≤ x ≤ high. The bounded simplex method on a
/// full table, in two phases (Maros 2003, ch. 9: the sum of infeasibilities first), with Bland's rule (1977) once steps make no headway. Rows are
/// expected to be of size about 1.
/// </summary>
public sealed class LinearProgram
{
    /// <summary>What a basic variable may lie outside its bounds.</summary>
    public const double Tolerance = 1e-10;

    private const double SmallestPivot = 1e-9;

    private readonly int rows;
    private readonly int columns;
    private readonly double[] table;
    private readonly double[] low;
    private readonly double[] high;
    private readonly double[] value;
    private readonly double[] rates;
    private readonly int[] basis;
    private readonly bool[] isBasic;

    /// <param name="weights">Row by row, one weight for each variable.</param>
    /// <param name="relations">One for each row.</param>
    /// <param name="bounds">The right sides.</param>
    /// <param name="low">For each variable its least value; may be infinite.</param>
    /// <param name="high">For each variable its greatest.</param>
    public LinearProgram(ReadOnlySpan<double> weights, ReadOnlySpan<Relation> relations, ReadOnlySpan<double> bounds, ReadOnlySpan<double> low, ReadOnlySpan<double> high)
    {
        var variables = low.Length;
        ArgumentOutOfRangeException.ThrowIfNotEqual(high.Length, variables);
        ArgumentOutOfRangeException.ThrowIfNotEqual(bounds.Length, relations.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(weights.Length, checked(variables * bounds.Length));
        (rows, columns) = (bounds.Length, variables + bounds.Length);
        table = new double[rows * columns];
        (this.low, this.high, value, rates) = (new double[columns], new double[columns], new double[columns], new double[columns]);
        (basis, isBasic) = (new int[rows], new bool[columns]);
        low.CopyTo(this.low);
        high.CopyTo(this.high);
        for (var j = 0; j < variables; j++)
            value[j] = double.IsFinite(low[j]) ? low[j] : double.IsFinite(high[j]) ? high[j] : 0;
        for (var i = 0; i < rows; i++)
        {
            var slack = variables + i;
            weights.Slice(i * variables, variables).CopyTo(table.AsSpan(i * columns));
            table[i * columns + slack] = 1;
            (basis[i], isBasic[slack]) = (slack, true);
            this.low[slack] = relations[i] == Relation.AtLeast ? double.NegativeInfinity : 0;
            this.high[slack] = relations[i] == Relation.AtMost ? double.PositiveInfinity : 0;
            value[slack] = bounds[i] - Vectors.Dot(weights.Slice(i * variables, variables), value);
        }
    }

    /// <summary>The variables' values where it ended.</summary>
    public ReadOnlySpan<double> Point => value.AsSpan(0, columns - rows);

    /// <summary>Finds the point of least cost; an empty cost asks for any point that keeps all.</summary>
    public LinearOutcome Solve(ReadOnlySpan<double> cost)
    {
        for (var j = 0; j < columns - rows; j++)
            if (low[j] > high[j] + Tolerance)
                return LinearOutcome.Infeasible;
        var left = 200 + 40 * columns;
        var outcome = Phase(default, ref left, isFirst: true);
        return outcome != LinearOutcome.Best || cost.IsEmpty ? outcome : Phase(cost, ref left, isFirst: false);
    }

    private LinearOutcome Phase(ReadOnlySpan<double> cost, ref int left, bool isFirst)
    {
        var blandFrom = left / 2;
        if (!isFirst)
            CostRates(cost);
        while (left-- > 0)
        {
            if (isFirst && !InfeasibilityRates())
                return LinearOutcome.Best;
            var entering = Entering(isBland: left < blandFrom, out var sign);
            if (entering < 0)
                return isFirst ? LinearOutcome.Infeasible : LinearOutcome.Best;
            if (!Move(entering, sign, isBland: left < blandFrom))
                return isFirst ? LinearOutcome.Undecided : LinearOutcome.Unbounded;
        }
        return LinearOutcome.Undecided;
    }

    /// <summary>By how much the sum of infeasibilities changes with each variable that is not in the basis; false where there is none.</summary>
    private bool InfeasibilityRates()
    {
        var isAny = false;
        for (var i = 0; i < rows; i++)
        {
            var b = basis[i];
            var side = value[b] < low[b] - Tolerance ? 1.0 : value[b] > high[b] + Tolerance ? -1.0 : 0;
            if (side == 0)
                continue;
            if (!isAny)
                rates.AsSpan().Clear();
            isAny = true;
            Vectors.Add(rates, side, table.AsSpan(i * columns, columns));
        }
        return isAny;
    }

    private void CostRates(ReadOnlySpan<double> cost)
    {
        rates.AsSpan().Clear();
        cost.CopyTo(rates);
        for (var i = 0; i < rows; i++)
            if (basis[i] < cost.Length && cost[basis[i]] != 0)
                Vectors.Add(rates, -cost[basis[i]], table.AsSpan(i * columns, columns));
    }

    /// <summary>The variable whose change promises most, or by Bland the first that promises any; -1 for none.</summary>
    private int Entering(bool isBland, out double sign)
    {
        var (best, most) = (-1, 1e-9);
        sign = 0;
        for (var j = 0; j < columns; j++)
        {
            if (isBasic[j] || low[j] >= high[j])
                continue;
            var rate = rates[j];
            var promise = rate < 0 && value[j] < high[j] ? -rate : rate > 0 && value[j] > low[j] ? rate : 0;
            if (promise <= most)
                continue;
            (best, most, sign) = (j, promise, rate < 0 ? 1 : -1);
            if (isBland)
                break;
        }
        return best;
    }

    /// <summary>Moves a variable until the first bound is met, and lets the one that meets it leave the basis; false where none is met.</summary>
    private bool Move(int entering, double sign, bool isBland)
    {
        var (step, leaving, pivot) = (high[entering] - low[entering], -1, 0.0);
        for (var i = 0; i < rows; i++)
        {
            var weight = table[i * columns + entering];
            if (Math.Abs(weight) < SmallestPivot)
                continue;
            var limit = StepUntilBound(basis[i], -sign * weight);
            if (double.IsInfinity(limit))
                continue;
            var isTie = Math.Abs(limit - step) <= 1e-12 && leaving >= 0;
            if (isTie ? (isBland ? basis[i] < basis[leaving] : Math.Abs(weight) > Math.Abs(pivot)) : limit < step)
                (step, leaving, pivot) = (Math.Min(step, limit), i, weight);
        }
        if (double.IsInfinity(step))
            return false;
        for (var i = 0; i < rows; i++)
            value[basis[i]] -= sign * step * table[i * columns + entering];
        if (leaving < 0)
            value[entering] = sign > 0 ? high[entering] : low[entering];
        else
        {
            value[entering] += sign * step;
            Pivot(leaving, entering);
        }
        return true;
    }

    /// <summary>How far a basic variable may go at a rate; one outside its bounds stops where it comes in.</summary>
    private double StepUntilBound(int variable, double rate)
    {
        var (at, least, most) = (value[variable], low[variable], high[variable]);
        if (at < least - Tolerance)
            return rate > 0 ? (least - at) / rate : double.PositiveInfinity;
        if (at > most + Tolerance)
            return rate < 0 ? (most - at) / rate : double.PositiveInfinity;
        return Math.Max(0, rate > 0 ? (most - at) / rate : (least - at) / rate);
    }

    private void Pivot(int row, int entering)
    {
        var leaving = basis[row];
        // It has just met one of its bounds: the nearer one.
        value[leaving] = Math.Abs(value[leaving] - low[leaving]) <= Math.Abs(value[leaving] - high[leaving]) ? low[leaving] : high[leaving];
        var own = table.AsSpan(row * columns, columns);
        var inverse = 1 / own[entering];
        for (var j = 0; j < own.Length; j++)
            own[j] *= inverse;
        own[entering] = 1;
        for (var i = 0; i < rows; i++)
            if (i != row && table[i * columns + entering] is var weight and not 0)
            {
                Vectors.Add(table.AsSpan(i * columns, columns), -weight, own);
                table[i * columns + entering] = 0;
            }
        Vectors.Add(rates, -rates[entering], own);
        rates[entering] = 0;
        (basis[row], isBasic[entering], isBasic[leaving]) = (entering, true, false);
    }
}
